import type { LabHost } from '../../story/index.ts';

/**
 * The server accepts one connection after another, reads each to its end, and closes it.
 * @returns what has come by each so far, as text, in the order of accepting
 */
export function readEach(server: LabHost, port: number): string[] {
  const reads: string[] = [];
  server.run(async () => {
    const listener = server.listen(port);
    for (;;) {
      const socket = await listener.accept();
      const index = reads.push('') - 1;
      for (let got = await socket.read(); got !== null; got = await socket.read()) {
        reads[index] += String.fromCharCode(...got);
      }
      socket.close();
    }
  });
  return reads;
}
