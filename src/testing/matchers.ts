import { BadNetwork } from './bad-network.ts';
import type { HostName } from './journal.ts';
import { isLost, isSent, type SegmentKind } from './segments.ts';

/** What a matcher answers to `expect.extend` of vitest and jest. */
interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

export interface HowOften {
  /** Of which host; default: of both. */
  readonly from?: HostName;
  /** Exactly so often; default: at least once. */
  readonly times?: number;
}

/** Matchers for a `BadNetwork`, as tests call them: `expect(net).toHaveSent('RST', { from: 'server' })`. */
export interface NetworkMatchers<R = void> {
  /** A segment of that kind left its host. */
  toHaveSent(kind: SegmentKind, howOften?: HowOften): R;
  /** Something was sent again. */
  toHaveRetransmitted(howOften?: HowOften): R;
  /** A segment of that kind was lost by a rule. */
  toHaveLost(kind: SegmentKind, howOften?: Pick<HowOften, 'times'>): R;
}

/** For `expect.extend(matchers)`. What they say when they fail has the ladder in it. */
export const matchers = {
  toHaveSent: (net: unknown, kind: SegmentKind, howOften: HowOften = {}): Verdict =>
    judge(net, `sent ${kind}`, howOften, (entry) => isSent(entry, kind)),
  toHaveRetransmitted: (net: unknown, howOften: HowOften = {}): Verdict =>
    judge(net, 'sent something again', howOften, (entry) => entry.type === 'retransmit'),
  toHaveLost: (net: unknown, kind: SegmentKind, { times }: Pick<HowOften, 'times'> = {}): Verdict =>
    judge(net, `lost ${kind}`, { from: 'client', ...(times !== undefined && { times }) }, (entry) =>
      isLost(entry, kind),
    ),
};

function judge(
  net: unknown,
  what: string,
  { from, times }: HowOften,
  is: (entry: ReturnType<BadNetwork['log']>[number]) => boolean,
): Verdict {
  if (!(net instanceof BadNetwork)) throw new TypeError('expect() was given no network that badNetwork made');
  const count = net.log(from).filter(is).length;
  const pass = times === undefined ? count > 0 : count === times;
  const who = what.startsWith('lost') ? 'the network' : (from ?? 'a host');
  const wanted = times === undefined ? '' : ` ${times} times`;
  return {
    pass,
    message: () =>
      `expected ${who} ${pass ? 'not ' : ''}to have ${what}${wanted}; it was ${count} times\n\n${net.report()}`,
  };
}
