import type { Micros } from '../../../time/wheel.ts';
import type { Chance } from './terms.ts';

/** Numbers with units: how they are read, and how they are written so that they read back as the same. */

interface Unit {
  /** All spellings, in lower case; the first is written. */
  readonly names: readonly string[];
  readonly factor: number;
}

/** A kind of quantity: its units from the smallest to the largest, and what the reader is told that it looks like. */
export interface Measure {
  readonly units: readonly Unit[];
  readonly most: number;
  readonly what: string;
}

const DAY = 86_400_000_000;

export const TIME: Measure = {
  units: [
    { names: ['us', 'µs', 'μs', 'usec', 'usecs'], factor: 1 },
    { names: ['ms', 'msec', 'msecs'], factor: 1000 },
    { names: ['s', 'sec', 'secs', 'second', 'seconds'], factor: 1e6 },
    { names: ['min', 'minute', 'minutes'], factor: 6e7 },
  ],
  most: DAY,
  what: 'a time such as 20ms, 3s or 500us (a day at the most)',
};

export const SIZE: Measure = {
  units: [
    { names: ['bytes', 'b', 'byte', 'octets'], factor: 1 },
    { names: ['kb'], factor: 1e3 },
    { names: ['kib'], factor: 2 ** 10 },
    { names: ['mb'], factor: 1e6 },
    { names: ['mib'], factor: 2 ** 20 },
    { names: ['gb'], factor: 1e9 },
    { names: ['gib'], factor: 2 ** 30 },
  ],
  most: 2 ** 40,
  what: 'a size such as 1500bytes, 64KiB or 1MB',
};

export const RATE: Measure = {
  units: [
    { names: ['bit', 'bit/s'], factor: 1 },
    { names: ['kbit', 'kbit/s'], factor: 1e3 },
    { names: ['mbit', 'mbit/s'], factor: 1e6 },
    { names: ['gbit', 'gbit/s'], factor: 1e9 },
  ],
  most: 1e12,
  what: 'a rate such as 10mbit, 64kbit or 1gbit (bits per second)',
};

const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;

/** How units are spelled where not as they are read. */
const SPELLING: Readonly<Record<string, string>> = {
  kb: 'kB',
  kib: 'KiB',
  mb: 'MB',
  mib: 'MiB',
  gb: 'GB',
  gib: 'GiB',
};

export const isNumber = (text: string): boolean => NUMBER.test(text);

/** The names of all units. */
export const UNITS: readonly string[] = [TIME, SIZE, RATE].flatMap(({ units }) => units.flatMap(({ names }) => names));

/** Is it the name of a unit of anything? Then a number before it belongs to it: "3 s". */
export const isUnit = (text: string): boolean => UNITS.includes(text.toLowerCase());

/** The quantity that a text such as `20ms` stands for, in the smallest unit and whole; null: it is none, or too large. */
export function readQuantity(text: string, { units, most }: Measure): number | null {
  const [, digits = '', name = ''] = /^([\d.]+)(.+)$/.exec(text) ?? [];
  const unit = units.find(({ names }) => names.includes(name.toLowerCase()));
  if (unit === undefined || !NUMBER.test(digits)) return null;
  const value = Math.round(Number(digits) * unit.factor);
  return value <= most ? value : null;
}

/** In the largest unit of which it is a whole number. */
export function writeQuantity(value: number, { units }: Measure): string {
  const fitting = units.filter(({ factor }) => value % factor === 0 && value >= factor);
  const unit = fitting.at(-1) ?? units[0]!;
  const [name] = unit.names as [string];
  return `${value / unit.factor}${SPELLING[name] ?? name}`;
}

export const timeText = (time: Micros): string => writeQuantity(time, TIME);
export const sizeText = (bytes: number): string => writeQuantity(bytes, SIZE);
export const rateText = (bits: number): string => writeQuantity(bits, RATE);

/** A share of a millionth of a percent is the smallest: percents are whole numbers of those, so that they read back. */
const PER_CHANCE = 1e8;

/** `3%`, `0.5%`; null: it is none, or more than 100. */
export function readPercent(text: string): Chance | null {
  const [, digits = ''] = /^([\d.]+)%$/.exec(text) ?? [];
  if (!NUMBER.test(digits)) return null;
  const parts = Math.round((Number(digits) * PER_CHANCE) / 100);
  return parts <= PER_CHANCE ? parts / PER_CHANCE : null;
}

/** Percents with up to six decimals, never in powers of ten. */
export function percentText(chance: Chance): string {
  const parts = Math.round(chance * PER_CHANCE);
  const decimals = (parts % 1e6).toString().padStart(6, '0').replace(/0+$/, '');
  return `${Math.floor(parts / 1e6)}${decimals === '' ? '' : `.${decimals}`}%`;
}

/** A whole number from 1 on. */
export function readCount(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
