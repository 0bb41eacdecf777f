/**
 * tcpglass/testing: a network that fails at the level of packets, for tests of programs that use one.
 *
 * @module
 */
export { BadNetwork, type BadNetworkOptions, badNetwork } from './bad-network.ts';
export type { HostName } from './journal.ts';
export { matchers, type NetworkMatchers } from './matchers.ts';
export { type BadRule, RulesError } from './rules.ts';
export type { SegmentKind } from './segments.ts';
