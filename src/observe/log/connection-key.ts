import type { EntryHead } from './schema.ts';

/** More connections than any host numbers. */
const HOST = 2 ** 40;

/** One number for each connection of a log: in a log of several hosts each has numbers of its own. @returns undefined: of none */
export const connectionKey = ({ connection, host = 0 }: EntryHead): number | undefined =>
  connection === undefined ? undefined : host * HOST + connection;
