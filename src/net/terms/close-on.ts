/** `listen({ signal })`: an abort closes the server. */
export function closeOn(signal: AbortSignal, server: Closing): void {
  const abort = (): void => void server.close();
  if (signal.aborted) process.nextTick(abort);
  else {
    signal.addEventListener('abort', abort, { once: true });
    server.once('close', () => signal.removeEventListener('abort', abort));
  }
}

interface Closing {
  close(): unknown;
  once(event: 'close', listener: () => void): unknown;
}
