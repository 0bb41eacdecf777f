/** A scenario that can't be played as asked; the message says why, and what there is instead. */
export class LabError extends Error {
  override readonly name: string = 'LabError';
}

/** What a socket of the lab's applications throws, with the code that Linux and Node have for it. */
export class SocketError extends LabError {
  override readonly name = 'SocketError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
