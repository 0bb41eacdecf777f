import { readBehind, readLength, readTime } from './parse-amounts.ts';
import { isNumber, RATE, readCount, readPercent, readQuantity, SIZE, TIME } from './quantities.ts';
import type { Words } from './scan.ts';
import type { Chance, CodelSettings, Delay, Faults, Limits, Loss, Rate, Reorder, Truncate } from './terms.ts';

/** How many packets in a row are lost on average, where a burst's length isn't given. */
const BURST = 4;
/** How many packets go by one that is reordered, where it isn't said: as many as make a duplicate ACK a loss (RFC 5681). */
const BEHIND = 3;
/** RFC 8289, section 5.3. */
const CODEL_TARGET = 5000;
const CODEL_INTERVAL = 100_000;
const MOST_PACKETS = 1_000_000;

const PERCENT = 'a percentage such as 5% or 0.1%';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads what follows a fault's name. */
export const FAULTS: { readonly [F in keyof Faults]: (words: Words) => NonNullable<Faults[F]> } = {
  delay: readDelay,
  loss: readLoss,
  duplicate: readChance,
  reorder: readReorder,
  corrupt: readChance,
  truncate: readTruncate,
  rate: readRate,
};

function readChance(words: Words): Chance {
  return words.need(readPercent, PERCENT);
}

function readDelay(words: Words): Delay {
  const delay = readTime(words);
  const jitter = words.take('jitter') ? readTime(words) : 0;
  if (jitter > delay) words.wrong('The jitter is more than the delay: a packet would arrive before it was sent');
  return { time: delay, jitter };
}

function readLoss(words: Words): Loss {
  if (words.take('gemodel')) return readGilbertElliott(words);
  const mean = words.need(readPercent, `${PERCENT}, or gemodel`);
  if (!words.take('burst')) {
    const always = { form: 'random', mean, burst: 1, toBad: 0, toGood: 1, whenBad: mean, whenGood: mean } as const;
    return { ...always, ecn: readEcn(words) };
  }
  const burst = words.takeAs((text) => (isNumber(text) ? Number(text) : null)) ?? BURST;
  if (burst < 1) words.wrong('A burst has at least 1 packet on average');
  // In the long run the path is bad for the share toBad / (toBad + toGood) of all packets: that is to be the mean.
  const toGood = 1 / burst;
  const toBad = mean === 1 ? 2 : (toGood * mean) / (1 - mean);
  if (toBad > 1) {
    const least = mean === 1 ? 'no burst' : `bursts of ${Math.ceil((mean / (1 - mean)) * 100) / 100} packets at least`;
    words.wrong(`So much loss in so short bursts cannot be: it takes ${least}`);
  }
  return { form: 'burst', mean, burst, toBad, toGood, whenBad: 1, whenGood: 0, ecn: readEcn(words) };
}

/** The parameters of `tc qdisc ... netem loss gemodel`, in its order: p, r, 1-h, 1-k. */
function readGilbertElliott(words: Words): Loss {
  const toBad = words.need(readPercent, `the chance to become bad, ${PERCENT}`);
  const toGood = words.need(readPercent, `the chance to become good, ${PERCENT}`);
  const whenBad = words.takeAs(readPercent) ?? 1;
  const whenGood = words.takeAs(readPercent) ?? 0;
  return { form: 'gemodel', mean: 0, burst: 1, toBad, toGood, whenBad, whenGood, ecn: readEcn(words) };
}

const readEcn = (words: Words): boolean => words.take('ecn') !== null;

function readReorder(words: Words): Reorder {
  const chance = readChance(words);
  if (words.take('by')) return { chance, behind: null, time: readTime(words) };
  const behind = words.take('behind') ? readBehind(words) : BEHIND;
  return { chance, behind, time: null };
}

function readTruncate(words: Words): Truncate {
  return { chance: readChance(words), to: words.take('to') ? readLength(words) : null };
}

function readRate(words: Words): Rate {
  const bitsPerSecond = words.need((text) => readQuantity(text, RATE), RATE.what);
  if (bitsPerSecond === 0) words.wrong('A rate is more than 0: use "drop any" for a path that carries nothing');
  const queue = words.take('queue') ? readLimits(words) : { packets: null, bytes: null, time: null };
  const mark = words.take('mark') ? readLimits(words) : null;
  return { bitsPerSecond, ...queue, mark, codel: words.take('codel') ? readCodel(words) : null };
}

function readLimits(words: Words): Limits {
  const limits: Writable<Limits> = { packets: null, bytes: null, time: null };
  for (let some = false; ; some = true) {
    const packets = limits.packets === null ? words.takeAs(readPackets) : null;
    const bytes = limits.bytes === null ? words.takeAs((text) => readQuantity(text, SIZE)) : null;
    const time = limits.time === null ? words.takeAs((text) => readQuantity(text, TIME)) : null;
    if (packets === null && bytes === null && time === null) {
      if (some) return limits;
      words.expected('a number of packets, a size such as 64KiB, or a time such as 50ms');
    }
    limits.packets ??= packets;
    limits.bytes ??= bytes;
    limits.time ??= time;
  }
}

/** The queue may have no room at all: then a packet passes when none is on the wire. */
const readPackets = (text: string): number | null => {
  const packets = text === '0' ? 0 : readCount(text);
  return packets !== null && packets <= MOST_PACKETS ? packets : null;
};

function readCodel(words: Words): CodelSettings {
  const settings: Writable<CodelSettings> = { target: CODEL_TARGET, interval: CODEL_INTERVAL, ecn: false };
  for (;;) {
    const option = words.take('target', 'interval', 'ecn');
    if (option === null) return settings;
    if (option === 'ecn') settings.ecn = true;
    else settings[option as 'target' | 'interval'] = readTime(words);
  }
}
