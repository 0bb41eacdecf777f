import type { LabHost, LabSocket } from '../../story/index.ts';

/**
 * An application goes on with a connection whose other end is gone since: it has keep-alive, or writes something, or only reads.
 * @param after milliseconds until it does
 * @param failed told of the error's code; the error ends the application
 */
export async function goOn(
  owner: LabHost,
  socket: LabSocket,
  what: string,
  after: number,
  failed: (code: string) => void,
): Promise<void> {
  if (what === 'keep-alive') socket.setKeepAlive();
  await owner.wait(after);
  try {
    if (what === 'data') await socket.write(100);
    await socket.readAll();
    socket.close();
  } catch (error) {
    failed((error as { code: string }).code);
    throw error;
  }
}
