/** Virtual-time worlds. */
export { type DrillOptions, drill, ipVersionsOf, type Verdict } from './drill/drill.ts';
export { type DrillReport, reportText, summaryText } from './drill/report.ts';
export type { IpVersion } from './drill/settings.ts';
