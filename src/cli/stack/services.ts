import { Option } from 'commander';
import { type RunningServices, SERVICES, type ServiceName, startServices } from '../../services/index.ts';
import { parseServices } from '../arguments/services.ts';
import { CliError, reasonOf } from '../terminal/errors.ts';
import type { CliStack } from './stack.ts';

/** Every service at its well-known port. */
const ALL_SERVICES: ReadonlyMap<ServiceName, number> = new Map(
  (Object.keys(SERVICES) as ServiceName[]).map((name) => [name, SERVICES[name].port]),
);

export const servicesOption = (): Option =>
  new Option('--services <list>', 'which to serve; NAME=PORT for another port than its own; none for none')
    .argParser(parseServices)
    .default(ALL_SERVICES, Object.keys(SERVICES).join(','));

/** @param onDown called when the device is deleted under us. */
export async function serve(
  stack: CliStack,
  wanted: ReadonlyMap<ServiceName, number>,
  onDown: () => void,
): Promise<RunningServices> {
  try {
    return await startServices(stack, wanted, { onNetworkDown: onDown });
  } catch (error) {
    throw new CliError(`Cannot start the services: ${reasonOf(error)}`, 1, { cause: error });
  }
}

/** "echo 7, http 80" */
export const listServices = (ports: ReadonlyMap<string, number>): string =>
  ports.size === 0 ? 'none' : [...ports].map(([name, port]) => `${name} ${port}`).join(', ');

/** The line to try first, or null when there is no HTTP to try. */
export function curlLine(address: string, ports: ReadonlyMap<ServiceName, number>): string | null {
  const port = ports.get('http');
  if (port === undefined) return null;
  return `curl http://${address}${port === 80 ? '' : `:${port}`}/hello`;
}
