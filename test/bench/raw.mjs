// The services that the load generators want, on the raw interface (stack.tcp): echo 7, discard 9, chargen 19, HTTP 80 with
// one answer. What it gains beside node:net's streams:
//
//   ../shared/bench/run -n 3 -s 3 -w 'W3C W4C W5' net='node dist/cli/main.js up --quiet --device tun0 --address 10.9.0.2' \
//     raw="node $PWD/test/bench/raw.mjs"
//
// It runs on `dist` (npm run build) and attaches to tun0, where it is 10.9.0.2.
import { openStack } from '../../dist/index.js';

const stack = await openStack({ device: 'tun0', kernelAddress: '10.9.0.1', address: '10.9.0.2' });
const socketOptions = { noDelay: true };

/** What came is sent back in the memory that it came in. */
class Echo {
  constructor(connection) {
    this.connection = connection;
  }
  onReadable() {
    const { connection } = this;
    while (connection.sendSpace > 0) {
      const octets = connection.read();
      if (octets === null) break;
      connection.send(octets);
    }
    if (connection.atEnd) connection.close();
  }
  onWritable() {
    if (this.connection.readableLength > 0 || this.connection.atEnd) this.onReadable();
  }
  onClosed() {}
}

class Discard {
  constructor(connection) {
    this.connection = connection;
  }
  onReadable() {
    this.connection.skip();
    if (this.connection.atEnd) this.connection.close();
  }
  onClosed() {}
}

const block = Buffer.alloc(262_144, 'tcpglass ');

class Chargen extends Discard {
  constructor(connection) {
    super(connection);
    this.onWritable();
  }
  onWritable() {
    while (this.connection.sendSpace > 0) this.connection.send(block);
  }
}

const HELLO = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nConnection: keep-alive\r\n\r\nHello, world!',
);
const END = [13, 10, 13, 10];

/** Answers each empty line that ends a request's headers, also one that comes in pieces. */
class Hello extends Discard {
  matched = 0;
  onReadable() {
    const { connection } = this;
    for (let octets = connection.read(); octets !== null; octets = connection.read()) {
      for (const octet of octets) {
        this.matched = octet === END[this.matched] ? this.matched + 1 : Number(octet === END[0]);
        if (this.matched < END.length) continue;
        this.matched = 0;
        connection.send(HELLO);
      }
    }
    if (connection.atEnd) connection.close();
  }
}

for (const [port, User] of [
  [7, Echo],
  [9, Discard],
  [19, Chargen],
  [80, Hello],
]) {
  stack.tcp.listen({ port, socketOptions }, (connection) => new User(connection));
}
