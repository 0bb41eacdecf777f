import assert from 'node:assert/strict';
import { once } from 'node:events';
import ssh2 from 'ssh2';

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** A command with its output and exit code, megabytes through a shell's pipe, and a forwarded connection. */
export default async ({ server, client, address }) => {
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private;
  const sshd = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    peer.on('authentication', (asked) => (asked.method === 'password' ? asked.accept() : asked.reject(['password'])));
    peer.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const stream = acceptExec();
        if (command === 'cat') return stream.pipe(stream);
        stream.write(`ran ${command}`);
        stream.exit(3);
        stream.end();
      });
    });
    peer.on('tcpip', (accept) => accept().end('forwarded'));
    peer.on('error', () => {});
  });
  const listener = server.createServer({ noDelay: true }, (socket) => sshd.injectSocket(socket));
  await once(listener.listen(2222), 'listening');

  const connection = new ssh2.Client();
  connection.connect({ sock: client.connect(2222, address), username: 'me', password: 'any' });
  await once(connection, 'ready');
  const exec = (command) =>
    new Promise((done, failed) => {
      connection.exec(command, (error, stream) => (error ? failed(error) : done([stream, once(stream, 'exit')])));
    });
  const [ls, exited] = await exec('ls');
  assert.equal(String(await read(ls)), 'ran ls');
  assert.equal((await exited)[0], 3);
  const [cat] = await exec('cat');
  const bytes = Buffer.alloc(300_000, 'to and fro');
  cat.end(bytes);
  assert.ok((await read(cat)).equals(bytes));
  const forwarded = await new Promise((done, failed) =>
    connection.forwardOut('127.0.0.1', 1, 'there', 2, (error, stream) => (error ? failed(error) : done(stream))),
  );
  assert.equal(String(await read(forwarded)), 'forwarded');
  connection.end();
  await once(connection, 'close');
  await new Promise((done) => listener.close(done));
};
