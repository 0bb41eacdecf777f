import { expect, test } from 'vitest';
import { ListenerTable } from '../../../src/tcp/tables/listener-table.ts';
import { Address, address } from '../../../src/wire/address.ts';

const ANY = new Address();
const HERE = address('10.0.0.1');

const listener = (local: Address, reusePort: boolean) => ({ local, port: 80, ipv6Only: false, reusePort });

function tableOf(...listeners: ReturnType<typeof listener>[]): ListenerTable<ReturnType<typeof listener>> {
  const table = new ListenerTable<ReturnType<typeof listener>>();
  for (const each of listeners) table.add(each);
  return table;
}

test('listeners that share a place get connections by their port, each port always by the same', () => {
  const all = [listener(HERE, true), listener(HERE, true), listener(HERE, true)];
  const table = tableOf(...all);
  const counts = all.map(() => 0);
  for (let port = 0; port < 6000; port++) {
    const found = table.find(HERE, 80, port)!;
    expect(table.find(HERE, 80, port)).toBe(found);
    counts[all.indexOf(found)]!++;
  }
  for (const count of counts) expect(count).toBeGreaterThan(1500);
});

test('ports in a row, as one client has them, are spread as well', () => {
  const all = [listener(HERE, true), listener(HERE, true)];
  const table = tableOf(...all);
  for (const step of [1, 2]) {
    const found = Array.from({ length: 32 }, (_, i) => table.find(HERE, 80, 40_000 + i * step)!);
    for (const each of all) expect(found.filter((one) => one === each).length).toBeGreaterThan(8);
  }
});

test('of those that share, one at the very address comes before one at all addresses', () => {
  const [wide, near] = [listener(ANY, true), listener(HERE, true)];
  const table = tableOf(wide, near);
  for (let port = 1; port < 100; port++) expect(table.find(HERE, 80, port)).toBe(near);
  expect(table.find(address('10.0.0.2'), 80, 1)).toBe(wide);
});

test('a listener that shares with none gets all', () => {
  const only = listener(ANY, false);
  for (let port = 1; port < 100; port++) expect(tableOf(only).find(HERE, 80, port)).toBe(only);
});
