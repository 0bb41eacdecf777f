/**
 * `tcpglass/lab`: what the file of a scenario imports, and what plays scenarios from a program.
 *
 * @module
 */

export { allScenarios, scenarioNamed } from './catalogue.ts';
export * from './story/index.ts';
export { type Checked, isAsTold, type Played, type PlayOptions, play } from './story/play.ts';
