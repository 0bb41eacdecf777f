/** Virtual-time worlds. */
export { type DrillOptions, drill, ipVersionsOf, type Verdict } from './drill.ts';
export { type DrillReport, reportText, summaryText } from './report.ts';
export type { IpVersion } from './script/settings.ts';
