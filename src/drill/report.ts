import type { Verdict } from './drill.ts';
import { drawLadder, showsDifference } from './ladder/draw.ts';

/** One script's verdict, with the file that it came from. */
export interface DrillReport extends Verdict {
  file: string;
}

/** What a person wants to read: one line when it passed, the whole story when not. */
export function reportText(report: DrillReport, verbose: boolean): string[] {
  const { line, status, message, ipVersion } = report;
  const over = ipVersion === 'ipv4' ? '' : ` (${ipVersion})`;
  const file = report.file + over;
  const place = line > 0 ? `${report.file}:${line}${over}` : file;
  const lines: string[] = [];
  switch (status) {
    case 'passed':
      lines.push(`passed       ${file}`);
      break;
    case 'unsupported':
      lines.push(`unsupported  ${place}: ${message}`);
      break;
    case 'invalid':
      lines.push(`invalid      ${place}: ${message}`);
      break;
    case 'failed':
      lines.push(`FAILED       ${place}: ${message}`);
      break;
    default:
      status satisfies never;
  }
  if (status === 'failed' || verbose) lines.push(...drawLadder(report.ladder, line, verbose));
  if ((status === 'failed' || status === 'invalid') && !showsDifference(report.ladder)) {
    if (report.source !== '') lines.push(`    script    ${report.source}`);
    if (report.expected !== '') lines.push(`    expected  ${report.expected}`, `    came      ${report.actual}`);
  }
  if (verbose || status === 'failed') lines.push(...report.notes.map((note) => `    note: ${note}`));
  return lines;
}

/** `14 passed, 1 failed, 3 unsupported`. */
export function summaryText(reports: readonly DrillReport[]): string {
  const count = (status: Verdict['status']): number => reports.filter((r) => r.status === status).length;
  const parts = [`${count('passed')} passed`, `${count('failed')} failed`];
  if (count('invalid') > 0) parts.push(`${count('invalid')} invalid`);
  parts.push(`${count('unsupported')} unsupported`);
  return parts.join(', ');
}
