import { type MetricsServer, serveMetrics } from '../../metrics/server.ts';
import type { HostAndPort } from '../arguments/parse.ts';
import { CliError, reasonOf } from '../terminal/errors.ts';
import type { CliStack } from './stack.ts';

/** @throws CliError: the port can't be had */
export async function openMetrics({ inspect }: CliStack, { host, port }: HostAndPort): Promise<MetricsServer> {
  try {
    return await serveMetrics(inspect, host, port);
  } catch (error) {
    throw new CliError(`Cannot show metrics at ${host}:${port}: ${reasonOf(error)}`, 1, { cause: error });
  }
}
