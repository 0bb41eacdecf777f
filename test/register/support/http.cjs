// A program that knows nothing of tcpglass: an http server, and clients of it, in CommonJS.
const http = require('node:http');
const net = require('node:net');

const server = http.createServer((request, response) =>
  response.end(`${request.method} ${request.url} from ${request.socket.remoteAddress}`),
);
server.listen(Number(process.env.PORT ?? 0), () => {
  const { port } = server.address();
  http.get({ port, path: '/get' }, (response) => {
    response.setEncoding('utf8').on('data', (text) => console.log(`http.get: ${text}`));
    response.on('end', async () => {
      const answer = await fetch(`http://localhost:${port}/fetch`);
      console.log(`fetch: ${await answer.text()}`);
      const socket = new net.Socket();
      socket.connect(port, 'localhost', () => socket.end('GET /socket HTTP/1.0\r\n\r\n'));
      let got = '';
      socket.on('data', (data) => {
        got += data;
      });
      socket.on('close', () => {
        console.log(`net.Socket: ${got.split('\r\n\r\n')[1]}, ${socket instanceof net.Socket}`);
        server.close(() => console.log('closed'));
        server.closeAllConnections();
      });
    });
  });
});
