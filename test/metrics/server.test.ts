import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { counterHelp } from '../../src/host/counter-help.ts';
import { type MetricsServer, serveMetrics } from '../../src/metrics/server.ts';
import { Inspection } from '../../src/observe/inspect/inspection.ts';
import { Peer } from '../support/peer.ts';

const peer = new Peer();
let server: MetricsServer;
beforeAll(async () => {
  server = await serveMetrics(new Inspection(peer.host), '127.0.0.1', 0);
});
afterAll(() => server.close());
const fetchText = async (): Promise<string> => (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();

describe('metrics', () => {
  it('are counters under their Linux names, drops by reason, and sockets by state, as they are now', async () => {
    expect(await fetchText()).toContain('tcpglass_TcpPassiveOpens_total 0\n');
    peer.listen();
    peer.connectsToHost();
    peer.send({ flags: '.', seq: 1, ack: 9999 });
    peer.takeAll();
    const text = await fetchText();
    expect(text).toContain(
      '# HELP tcpglass_TcpPassiveOpens_total Connections that peers opened\n# TYPE tcpglass_TcpPassiveOpens_total counter\ntcpglass_TcpPassiveOpens_total 1\n',
    );
    expect(text).toContain('tcpglass_drops_total{layer="tcp",reason="AckUnsent"} 1\n');
    expect(text).toContain('# TYPE tcpglass_sockets gauge\n');
    expect(text).toContain('tcpglass_sockets{state="ESTABLISHED"} 1\n');
    expect(text).toContain('tcpglass_sockets{state="TIME_WAIT"} 0\n');
    expect(text).toContain('tcpglass_orphans 0\n');
    expect(await fetchText()).toBe(text); // what is fetched twice is not counted twice
  });

  it('are nowhere else, and nothing can be put there', async () => {
    const status = async (path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`, { method })).status;
    expect(await Promise.all([status('/'), status('/metrics', 'POST'), status('/metrics?x=1', 'HEAD')])).toEqual([
      404, 405, 200,
    ]);
  });

  it('say what each counter counts', () => {
    const helps = Object.keys(new Inspection(peer.host).counters().counters).map((name) => [name, counterHelp(name)]);
    expect(helps.filter(([, help]) => /undefined|nstat/.test(help!))).toEqual([]);
  });
});
