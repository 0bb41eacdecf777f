import { expect, it } from 'vitest';
import { lacking } from '../../support/tools.ts';
import { describeKernel } from '../namespace.ts';
import { inScenario } from '../scenario.ts';

describeKernel('HTTP keep-alive', () => {
  it.skipIf(lacking(['curl']).length > 0)('curl asks four times on one connection', async () => {
    const result = await inScenario(async ({ sh, address }) => {
      const url = `http://${address}`;
      return sh(
        `curl -sS -o /dev/null -w '%{num_connects} ' ${url}/hello ${['/', '/bytes/100000', '/hello'].map((path) => `--next -sS -o /dev/null -w '%{num_connects} ' ${url}${path}`).join(' ')}`,
      );
    }, []);
    expect(result).toBe('1 0 0 0');
  });

  it("node:http's agent sends 200 requests on one connection to our node:http", async () => {
    const result = await inScenario(async ({ http, address }) => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      const ask = (n: number): Promise<number> =>
        new Promise((resolve, reject) => {
          const request = http.get(`http://${address}/bytes/${n * 100}`, { agent }, async (response) => {
            let length = 0;
            response.on('data', (data) => (length += data.length));
            response.on('end', () => resolve(length));
          });
          request.on('socket', (socket) => socket.once('connect', () => ports.add(socket.localPort)));
          request.on('error', reject);
        });
      let right = 0;
      for (let n = 0; n < 200; n++) if ((await ask(n)) === n * 100) right++;
      return { right, connections: ports.size };
    }, []);
    expect(result).toEqual({ right: 200, connections: 1 });
  });

  it("our node:http client asks the kernel's server on one connection", async () => {
    const result = await inScenario(async ({ stack, http, kernelAddress, listen }) => {
      let connections = 0;
      const server = http.createServer((request, response) => void response.end(`you asked ${request.url}`));
      server.on('connection', () => connections++);
      const port = await listen(server, 0);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      agent.createConnection = stack.createConnection as typeof agent.createConnection;
      const answers: string[] = [];
      for (const path of ['/a', '/b', '/c']) {
        answers.push(
          await new Promise((resolve, reject) => {
            const url = `http://${kernelAddress}:${port}${path}`;
            const request = http.get(url, { agent }, (response) => {
              let text = '';
              response.on('data', (data) => (text += data));
              response.on('end', () => resolve(text));
            });
            request.on('error', reject);
          }),
        );
      }
      return { answers, connections };
    }, []);
    expect(result).toEqual({ answers: ['you asked /a', 'you asked /b', 'you asked /c'], connections: 1 });
  });
});
