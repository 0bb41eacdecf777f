import { expect, it } from 'vitest';
import { DIST, describeKernel, inNamespace } from '../namespace.ts';

const REGISTERED = `${process.execPath} --import ${DIST}/register/register.js -e`;

const KERNELS = `
  const http = require('node:http');
  const server = http.createServer((request, response) => response.end('the kernel sees ' + request.socket.remoteAddress));
  server.listen(8001, '0.0.0.0', () => setTimeout(() => process.exit(), 60_000));`;

const PROGRAM = `
  const http = require('node:http');
  let fetched;
  const allFetched = new Promise((resolve) => { fetched = resolve; });
  const server = http.createServer(async (request, response) => {
    if (request.url === '/last') await allFetched;
    response.end('the program sees ' + request.socket.remoteAddress + '\\n');
    if (request.url === '/last') server.close();
  });
  server.listen(8000, async () => {
    for (const url of ['http://10.9.0.1:8001/', 'http://localhost:8000/']) {
      const answer = await fetch(url, { headers: { connection: 'close' } });
      console.log((await answer.text()).trim());
    }
    fetched();
  });`;

describeKernel.with('curl')('node --import tcpglass/register, on a TUN device', () => {
  it('a program reaches the kernel, is reached by curl and by itself, and ends when it has nothing to do', async () => {
    const { code, stdout, stderr } = await inNamespace([
      'sh',
      '-c',
      `${process.execPath} -e "$KERNELS" & KERNEL=$!
       for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:8001/ && break; sleep 0.1; done
       ${REGISTERED} "$PROGRAM" & PROGRAM_ID=$!
       for i in $(seq 200); do curl -s http://10.9.0.2:8000/ && break; sleep 0.1; done
       curl -s http://10.9.0.2:8000/last
       wait $PROGRAM_ID; echo "ended with $?"; kill $KERNEL`
        .replace('"$KERNELS"', `'${KERNELS.replaceAll("'", '"')}'`)
        .replace('"$PROGRAM"', `'${PROGRAM.replaceAll("'", '"')}'`),
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'ended with 0',
      'the kernel sees 10.9.0.2',
      'the program sees 10.9.0.1',
      'the program sees 10.9.0.1',
      expect.stringMatching(/^the program sees (127\.0\.0\.1|10\.9\.0\.2)$/),
    ]);
  });
});
