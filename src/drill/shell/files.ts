import { Unsupported } from '../terms/errors.ts';

const SIZE = { '': 1, c: 1, w: 2, b: 512, k: 1024, kB: 1000, K: 1024, M: 1 << 20, MB: 1e6, G: 1 << 30 } as const;
const FILE_MAX = 1 << 26;

/** The files of a script: they exist while it runs, and nowhere else. */
export class Files {
  private readonly byName = new Map<string, Uint8Array>();

  /** @throws Unsupported for a file that the script hasn't made: what the machine has is not looked at */
  read(name: string): Uint8Array {
    const found = this.byName.get(name);
    if (found === undefined) throw new Unsupported(`the file ${name}`);
    return found;
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  write(name: string, octets: Uint8Array): void {
    this.byName.set(name, octets);
  }

  append(name: string, octets: Uint8Array): void {
    const before = this.byName.get(name) ?? new Uint8Array(0);
    const whole = new Uint8Array(before.length + octets.length);
    whole.set(before);
    whole.set(octets, before.length);
    this.byName.set(name, whole);
  }

  remove(name: string): boolean {
    return this.byName.delete(name);
  }

  /** dd(1), as far as it fills a file with zeros: `dd if=/dev/zero of=FILE bs=1k count=5`. */
  dd(args: readonly string[]): void {
    const given = new Map(args.map((arg) => arg.split('=', 2) as [string, string]));
    const from = given.get('if');
    const to = given.get('of');
    const known = [...given.keys()].every((name) => ['if', 'of', 'bs', 'count', 'status'].includes(name));
    if (from !== '/dev/zero' || to === undefined || !known) throw new Unsupported(`dd ${args.join(' ')}`);
    this.write(
      to,
      new Uint8Array(Math.min(FILE_MAX, octets(given.get('bs') ?? '512') * octets(given.get('count') ?? '1'))),
    );
  }

  /** truncate(1): `truncate -s 5000 FILE`. */
  truncate(args: readonly string[]): void {
    const [flag, size, name] = args;
    if (flag !== '-s' || size === undefined || name === undefined) throw new Unsupported(`truncate ${args.join(' ')}`);
    const whole = new Uint8Array(Math.min(FILE_MAX, octets(size)));
    if (this.has(name)) whole.set(this.read(name).subarray(0, whole.length));
    this.write(name, whole);
  }
}

/** `5`, `4k`, `1M`. */
function octets(text: string): number {
  const match = /^(\d+)([a-zA-Z]*)$/.exec(text);
  const unit = SIZE[(match?.[2] ?? '') as keyof typeof SIZE];
  if (!match || unit === undefined) throw new Unsupported(`the size ${text}`);
  return Number(match[1]) * unit;
}
