// Servers for this machine alone, by each of its names, and clients that go there.
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';

const forms = {
  '127.0.0.1': (server) => server.listen(0, '127.0.0.1'),
  localhost: (server) => server.listen({ port: 0, host: 'localhost' }),
  '::': (server) => server.listen(0, '::', 10),
  none: (server) => server.listen({ port: 0 }),
};
for (const [name, listen] of Object.entries(forms)) {
  const server = listen(net.createServer((socket) => socket.end('hello')));
  await once(server, 'listening');
  for (const host of ['127.0.0.1', 'localhost', server.address().address]) {
    let text = '';
    for await (const chunk of net.connect(server.address().port, host)) text += chunk;
    if (text !== 'hello') throw new Error(`${name} ${host}: ${text}`);
  }
  server.close();
  console.log(name);
}
const web = http.createServer((_request, response) => response.end('web')).listen(0, '127.0.0.1');
await once(web, 'listening');
console.log(await (await fetch(`http://127.0.0.1:${web.address().port}`)).text());
web.close();
const web2 = http2.createServer((_request, response) => response.end('web2')).listen(0, '127.0.0.1');
await once(web2, 'listening');
const session = http2.connect(`http://127.0.0.1:${web2.address().port}`);
const stream = session.request();
console.log(`${(await once(stream, 'data'))[0]}`);
session.close();
web2.close();
