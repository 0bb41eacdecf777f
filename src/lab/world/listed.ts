import { Inspection } from '../../observe/inspect/inspection.ts';
import type { SocketSnapshot } from '../../observe/inspect/sockets.ts';
import type { LabHost } from './lab-host.ts';

/** What `ss` would show of a host now: its sockets, with their timers and queues. */
export const listed = ({ host }: LabHost): SocketSnapshot[] => [...new Inspection(host).sockets()];
