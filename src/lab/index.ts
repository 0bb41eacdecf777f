/**
 * `tcpglass/lab`: what the file of a scenario imports, and what plays scenarios from a program.
 *
 * @module
 */

export { allScenarios, scenarioNamed } from './catalogue.ts';
export { type FlowResult, type Result, type Sample, type Simulation, simulate } from './simulation/simulate.ts';
export { pairTable, pathTable, type TableOptions, type TablePath } from './simulation/tables.ts';
export * from './story/index.ts';
export { type Checked, isAsTold, type Played, type PlayOptions, play } from './story/play.ts';
