/** The core without any I/O: what a lab, a browser or another device needs. */
export { Host, type HostOptions, type Sysctls } from './host.ts';
export { parseSysctl, sysctlTable } from './sysctls.ts';
