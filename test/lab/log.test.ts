import { describe, expect, it } from 'vitest';
import { scenarioNamed } from '../../src/lab/catalogue.ts';
import { play } from '../../src/lab/story/play.ts';
import type { LogEntryType } from '../../src/observe/log/schema.ts';

/** The entries of that type in the log of a scenario. */
async function entriesOf(name: string, type: LogEntryType, parameters: Record<string, string> = {}): Promise<object[]> {
  const { log } = await play((await scenarioNamed(name))!, { parameters: new Map(Object.entries(parameters)) });
  return log.filter((entry) => entry.type === type);
}

describe('the log of a scenario', () => {
  it('introduces a connection with the first number that its SYN then has', async () => {
    const [client, server] = await entriesOf('handshake', 'connection');
    const { iss } = client as { iss: number };
    expect(iss).toBeGreaterThan(0);
    expect(server).toMatchObject({ irs: iss });
  });

  it('has a call at the time when it is made, long after anything else happened', async () => {
    const calls = await entriesOf('handshake', 'call', { accept: '5000' });
    expect(calls.at(-1)).toMatchObject({ call: 'accept', time: 6_000_000 });
  });
});
