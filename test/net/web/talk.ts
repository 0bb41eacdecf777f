import { type EventEmitter, once } from 'node:events';
import type * as http from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { Log } from '../support/record.ts';
import type { TwoWebs } from './two-webs.ts';

/** Something a web does, told as a log: with Node's modules and with ours the same. */
export type WebBehaviour = (webs: TwoWebs, log: Log) => Promise<unknown>;

export async function listens(webs: TwoWebs, server: Server): Promise<number> {
  server.listen(0, webs.address);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export const closes = (server: Server): Promise<Error | undefined> => new Promise((done) => void server.close(done));

/** Waits for 'close', also behind an 'error'. */
export const gone = (emitter: EventEmitter): Promise<unknown> => new Promise((done) => emitter.once('close', done));

export async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return String(Buffer.concat(chunks));
}

/** The answer to a request that has been ended. */
export async function answer(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return `${response.statusCode} ${response.headers.connection} ${await text(response)}`;
}

/** What a bare connection gets when it has said `words`, until its end. */
export async function says(webs: TwoWebs, port: number, words: string): Promise<string> {
  const socket = webs.client.connect(port, webs.address).setEncoding('latin1');
  socket.on('error', () => {});
  socket.write(words);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  await gone(socket);
  return heard.replace(/Date: .*/, 'Date');
}
