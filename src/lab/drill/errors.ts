/** The script is wrong: it can't be read, or says what makes no sense. */
export class ScriptError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** The script asks what can't be had here. That is neither a pass nor a failure. */
export class Unsupported extends Error {}

/** What came is not what the script expects. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly actual: string;
  constructor(what: string, expected: string, actual: string) {
    super(what);
    this.expected = expected;
    this.actual = actual;
  }
}
