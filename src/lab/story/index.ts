// What a scenario's file imports.

export type { Text } from '../terms/text.ts';
export type { LabHost } from '../world/lab-host.ts';
export { listed } from '../world/listed.ts';
export type { LabEntry } from '../world/notes.ts';
export type { LabSocket } from '../world/socket.ts';
export { Lab } from './lab.ts';
export {
  calls,
  drops,
  enters,
  fails,
  gets,
  happens,
  isLost,
  type Pattern,
  retransmits,
  type SegmentKind,
  type SegmentTraits,
  sends,
  timeWait,
} from './patterns.ts';
export { type Scenario, scenario } from './scenario.ts';
