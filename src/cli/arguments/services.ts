import { InvalidArgumentError } from 'commander';
import { SERVICES, type ServiceName } from '../../services/index.ts';
import { parsePort } from './parse.ts';

/** Which services, at which ports: `echo,http` or `echo,http=8080`; `none` for none. */
export function parseServices(text: string): ReadonlyMap<ServiceName, number> {
  const wanted = new Map<ServiceName, number>();
  if (text === 'none') return wanted;
  for (const item of text === 'all' ? Object.keys(SERVICES) : text.split(',')) {
    const [name = '', port, ...more] = item.trim().split('=');
    if (!Object.hasOwn(SERVICES, name) || more.length > 0) {
      throw new InvalidArgumentError(`"${item}" is none of ${Object.keys(SERVICES).join(', ')}.`);
    }
    const service = name as ServiceName;
    if (wanted.has(service)) throw new InvalidArgumentError(`"${name}" is named twice.`);
    wanted.set(service, port === undefined ? SERVICES[service].port : parsePort(port));
  }
  const ports = [...wanted.values()];
  if (new Set(ports).size < ports.length) throw new InvalidArgumentError('Two services want the same port.');
  return wanted;
}
