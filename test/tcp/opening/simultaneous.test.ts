import { expect, it } from 'vitest';
import { Host } from '../../../src/host/host.ts';
import { Cable } from '../../../src/link/cable.ts';
import { SeededRandom } from '../../../src/time/random.ts';
import { address } from '../../../src/wire/address.ts';
import { RecordingUser, stream } from '../../support/user.ts';

it('two hosts that open to each other at once get one connection, and may close it at once (RFC 9293, figures 7 and 13)', () => {
  const cable = new Cable();
  const names = ['10.0.0.1', '10.0.0.2'];
  const ends = [cable.a, cable.b].map((end, i) => {
    const host = new Host({
      addresses: [{ address: address(names[i]!), prefix: 24 }],
      mtu: end.mtu,
      random: new SeededRandom(i + 1),
      output: (frame) => end.send(frame),
    });
    let segments = 0;
    end.attach({
      receive: (packet) => {
        segments++;
        host.receive(packet, 1000);
      },
      batchEnd: () => {},
      linkDown: () => {},
    });
    return { host, end, user: new RecordingUser(), received: () => segments };
  });
  const exchange = (): void => {
    for (let turn = 0; turn < 20; turn++) {
      for (const { host, end } of ends) {
        host.deliver(1000);
        host.flush(1000);
        end.flush();
      }
      cable.deliver();
    }
  };
  const connections = ends.map(({ host, user }, i) => {
    const remote = address(names[1 - i]!);
    const c = host.tcp.connect({ remote, remotePort: 7, localPort: 7, user });
    user.connection = c;
    return c;
  });
  exchange();
  expect(connections.map((c) => c.state)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
  expect(ends.map(({ user }) => user.events)).toEqual([['connected'], ['connected']]);
  expect(Math.max(...ends.map(({ received }) => received()))).toBeLessThan(6); // no storm of SYN-ACKs

  for (const c of connections) {
    c.send(stream('peer', 0, 1000));
    c.shutdown();
  }
  exchange();
  expect(connections.map((c) => c.state)).toEqual(['TIME_WAIT', 'TIME_WAIT']);
  expect(ends.map(({ user }) => user.received)).toEqual([1000, 1000]);
});
