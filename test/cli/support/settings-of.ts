import { Command } from 'commander';
import {
  addDeviceOptions,
  type DeviceDefaults,
  type DeviceFlags,
  type StackSettings,
  stackSettings,
} from '../../../src/cli/arguments/device-options.ts';

/** What a command makes of these device flags. */
export function parseArguments(args: string[], network: DeviceDefaults['network'] = 'documented'): StackSettings {
  const command = addDeviceOptions(new Command(), { device: 'tun0', network }).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  command.parse(args, { from: 'user' });
  return stackSettings(command.opts<DeviceFlags>());
}
