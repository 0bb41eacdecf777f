import type { Cause } from '../../tcp/terms/causes.ts';
import type { Micros } from '../../time/wheel.ts';

/** A time in the unit that suits it, to three digits: `412 µs`, `31.2 ms`, `1.2 s`, `2 min 3 s`, `2 h 11 min`. */
export function timeText(micros: Micros): string {
  if (micros < 0) return `-${timeText(-micros)}`;
  if (micros < MINUTE) return shortText(micros, 3);
  const seconds = Math.round(micros / 1e6);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** What would be rounded to a minute is one. */
const MINUTE = 59_999_500;

/** Without zeros at the end: `204 ms` is not more exact than it is. */
function shortText(micros: Micros, digits: number): string {
  if (micros < 999.5) return `${Math.round(micros)} µs`;
  const [value, unit] = micros < 999_500 ? [micros / 1000, 'ms'] : [micros / 1e6, 's'];
  return `${Number(value.toPrecision(digits))} ${unit}`;
}

/** A time in at most eight columns, to four digits: `412 µs`, `31.24 ms`, `1.204 s`, `2m03s`, `2h11m`, `3d04h`. */
export function clockText(micros: Micros): string {
  if (micros < MINUTE) return shortText(micros, 4);
  const seconds = Math.round(micros / 1e6);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours === 0) return `${minutes}m${two(seconds % 60)}s`;
  return hours < 100 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

const pair = (large: number, unit: string, small: number, part: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;

/** `163 octets`, `65.2 kB`, `1.2 MB`. */
export function octetsText(octets: number): string {
  if (octets < 10_000) return counted(octets, 'octet');
  for (const unit of ['kB', 'MB', 'GB']) {
    octets /= 1000;
    if (octets < 999.95 || unit === 'GB') return `${Number(octets.toFixed(1))} ${unit}`;
  }
  return '';
}

/** `1 segment`, `2 segments`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `RFC 6298 5.5`, as short as a source can be cited. */
export const sourceText = (source: string): string => source.replace(/\b(RFC \d+), (?=\d)/g, '$1 ');

export const causeText = ({ text, source }: Cause): string => (source === '' ? text : `${text}; ${sourceText(source)}`);

/** An end of a connection: `10.9.0.2:80`, `[fd00::2]:80`. */
export const endText = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
