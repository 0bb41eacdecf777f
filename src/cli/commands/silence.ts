import type { ServiceSocket } from '../../services/terms/net-api.ts';

/** For `--wait`: rejects, and drops the connection, after so long without anything sent or received; else never ends. */
export function limitSilence(socket: ServiceSocket, seconds: number | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (seconds === undefined) return;
    socket.setTimeout(seconds * 1000, () => {
      reject(new Error(`timed out after ${seconds} s`));
      socket.destroy();
    });
  });
}
