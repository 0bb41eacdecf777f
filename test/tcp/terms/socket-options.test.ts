import { describe, expect, it } from 'vitest';
import { SocketOptions } from '../../../src/tcp/terms/socket-options.ts';

const names = Object.keys(new SocketOptions()) as (keyof SocketOptions)[];

describe('the options of a socket', () => {
  it.each(names)('are others where %s differs, and the same again in a copy', (name) => {
    const options = Object.assign(new SocketOptions(), { [name]: 12 });
    expect(options.equals(new SocketOptions())).toBe(false);
    expect(new SocketOptions().equals(options)).toBe(false);
    expect(options.copy().equals(options)).toBe(true);
  });

  it('with TCP_NODELAY are one object, like them in all else', () => {
    const options = Object.assign(new SocketOptions(), { ttl: 12 });
    const expected = Object.assign(options.copy(), { noDelay: true });
    expect(options.withNoDelay().equals(expected)).toBe(true);
    expect(options.withNoDelay()).toBe(options.withNoDelay());
    expect(options.noDelay).toBe(false);
  });
});
