import { Option } from 'commander';

/** Of the commands that open a stack and stay: where its control socket is. */
export const controlOption = (): Option =>
  new Option(
    '--control <path>',
    'where the control socket is, for `tcpglass ss` and others; none for none (default: in the runtime directory)',
  );
