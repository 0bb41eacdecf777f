import type { TcpInfo } from '../../tcp/terms/tcp-info.ts';
import { describe } from './tcp-facts.ts';

export interface AboutConnection {
  local: { address: string; port: number };
  remote: { address: string; port: number };
  bytesRead: number;
  bytesWritten: number;
  tcpInfo: TcpInfo | null;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #888; --accent: #0a7ea4 }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h1 + p { margin: 0 0 2rem; color: var(--soft) }
.wire { display: flex; align-items: center; gap: 1rem; margin: 0 0 2rem; flex-wrap: wrap }
.end { border: 1px solid var(--line); border-radius: .6rem; padding: .6rem 1rem }
.end b { display: block; font: 600 1.1rem/1.4 ui-monospace, monospace } .end span { color: var(--soft); font-size: .85rem }
.line { flex: 1; min-width: 4rem; border-top: 2px solid var(--accent) }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-top: 1px solid var(--line); vertical-align: top }
th { font-weight: 500; white-space: nowrap } td { font-variant-numeric: tabular-nums }
td:last-child { color: var(--soft); font-size: .85rem; white-space: nowrap } code { font-family: ui-monospace, monospace }
`;

/** The page of `/`. Everything on it that came from outside goes through `escapeHtml`. */
export function aboutPage(connection: AboutConnection): string {
  const facts = describe(connection.tcpInfo);
  const rows = facts.map(
    ({ name, value, source }) =>
      `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td><td>${escapeHtml(source)}</td></tr>`,
  );
  const table =
    rows.length > 0 ? `<table>\n${rows.join('\n')}\n</table>` : '<p>This socket keeps its TCP_INFO to itself.</p>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tcpglass: this connection</title>
<style>${STYLE}</style>
</head>
<body>
<h1>A TCP you can see through</h1>
<p>This page came to you over the connection that it describes.</p>
<div class="wire">
${end('you', connection.remote)}
<div class="line"></div>
${end('tcpglass', connection.local)}
</div>
${table}
<p>Also here: <a href="/?json">this as JSON</a>, <a href="/hello">/hello</a>, <a href="/bytes/1000000">/bytes/N</a>,
<a href="/slow">/slow</a>, and <code>POST /sink</code>. Reload to see the numbers move.</p>
</body>
</html>
`;
}

const end = (who: string, { address, port }: { address: string; port: number }): string =>
  `<div class="end"><b>${escapeHtml(address)}:${port}</b><span>${escapeHtml(who)}</span></div>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c]!);
