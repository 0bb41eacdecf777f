import { SNIPPET_CONSTANTS } from '../terms/constants.ts';
import { Mismatch, ScriptError, Unsupported } from '../terms/errors.ts';

type Value = number | string | boolean | null;

/**
 * Runs the Python-like text between %{ and }%: `assert`, `print`, assignments, comparisons, arithmetic. Our own small
 * interpreter: nothing of a script is ever executed by anything else.
 *
 * @param info the fields of tcp_info, by name
 * @returns what it printed
 * @throws Mismatch when an assertion fails
 */
export function runSnippet(text: string, line: number, info: Readonly<Record<string, number>>): string[] {
  return new Snippet(text, line, info).run();
}

const TOKEN =
  /\s*(?:(\d+\.\d*|\.\d+|0x[0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|("[^"\n]*"|'[^'\n]*')|(\*\*|\/\/|<<|>>|[=!<>]=|[-+*/%<>=(),&|^~[\]])|$)/y;

/** Statements of a snippet: lines (a bracket that is open holds them together) and what semicolons part. */
function statementsOf(text: string): { source: string; line: number }[] {
  const statements: { source: string; line: number }[] = [];
  let source = '';
  let line = 0;
  let begin = 0;
  let depth = 0;
  let quote = '';
  const end = (): void => {
    if (source.trim() !== '') statements.push({ source: source.trim(), line: begin });
    source = '';
    begin = line;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n') line++;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '#') {
      while (i + 1 < text.length && text[i + 1] !== '\n') i++;
      continue;
    } else if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (c === '\\' && text[i + 1] === '\n') continue;
    else if ((c === '\n' && depth <= 0 && text[i - 1] !== '\\') || c === ';') {
      end();
      continue;
    }
    if (source.trim() === '') begin = line;
    source += c;
  }
  end();
  return statements;
}

class Snippet {
  private readonly statements: { source: string; line: number }[];
  private readonly firstLine: number;
  private readonly info: Readonly<Record<string, number>>;
  private readonly variables = new Map<string, Value>();
  private readonly printed: string[] = [];
  private tokens: string[] = [];
  private at = 0;
  private line = 0;

  constructor(text: string, line: number, info: Readonly<Record<string, number>>) {
    this.statements = statementsOf(text);
    this.firstLine = line;
    this.info = info;
  }

  run(): string[] {
    for (const { source, line } of this.statements) {
      this.line = this.firstLine + line;
      this.tokens = this.cut(source);
      this.at = 0;
      this.statement(source);
      if (this.at < this.tokens.length) this.fail(`Can't read on at "${this.tokens[this.at]}" in "${source}"`);
    }
    return this.printed;
  }

  private cut(source: string): string[] {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < source.length) {
      const match = TOKEN.exec(source);
      if (match === null) this.fail(`Can't read "${source}"`);
      const token = match[1] ?? match[2] ?? match[3] ?? match[4];
      if (token !== undefined) tokens.push(token);
    }
    return tokens;
  }

  private statement(source: string): void {
    const [first = '', second = ''] = this.tokens;
    if (this.accept('assert')) {
      const value = this.expression();
      const message = this.accept(',') ? this.expression() : null;
      if (!value) throw this.failedAssertion(source, message);
    } else if (this.accept('print')) {
      const values = [this.expression()];
      while (this.accept(',')) values.push(this.expression());
      this.printed.push(values.map(String).join(' '));
    } else if (this.accept('pass')) {
      return;
    } else if (second === '=' && /^[A-Za-z_]/.test(first)) {
      this.at = 2;
      this.variables.set(first, this.expression());
    } else if (['import', 'from', 'if', 'for', 'while', 'def', 'class', 'try', 'with'].includes(first)) {
      throw new Unsupported(`Python's "${first}" in a snippet`);
    } else {
      this.expression();
    }
  }

  /** Says what the names in the assertion stood for. */
  private failedAssertion(source: string, message: Value): Mismatch {
    const names = new Set(source.match(/[A-Za-z_]\w*/g) ?? []);
    const values = [...names].filter((name) => Object.hasOwn(this.info, name)).map((n) => `${n} = ${this.info[n]}`);
    const said = message === null || typeof message === 'number' ? '' : ` (${message})`;
    return new Mismatch(`The assertion fails${said}`, source, values.join(', ') || 'not so');
  }

  // Precedence from loose to tight: or, and, not, comparisons, |, ^, &, shifts, + -, * / // %, signs, **.

  private expression(): Value {
    let left = this.conjunction();
    while (this.accept('or')) {
      const right = this.conjunction();
      left = left || right;
    }
    return left;
  }

  private conjunction(): Value {
    let left = this.negation();
    while (this.accept('and')) {
      const right = this.negation();
      left = left && right;
    }
    return left;
  }

  private negation(): Value {
    return this.accept('not') ? !this.negation() : this.comparison();
  }

  /** Chains as in Python: `1 <= x < 3`. */
  private comparison(): Value {
    let left = this.bits(0);
    let result: boolean | null = null;
    for (let operator = this.tokens[this.at]; COMPARE[operator ?? ''] !== undefined; operator = this.tokens[this.at]) {
      this.at++;
      const right = this.bits(0);
      result = (result ?? true) && COMPARE[operator!]!(left, right);
      left = right;
    }
    return result ?? left;
  }

  private bits(level: number): Value {
    const operators = LEVELS[level];
    if (operators === undefined) return this.signed();
    let left = this.bits(level + 1);
    for (let f = operators[this.tokens[this.at] ?? '']; f !== undefined; f = operators[this.tokens[this.at] ?? '']) {
      const formats = typeof left === 'string' && this.tokens[this.at] === '%';
      this.at++;
      left = formats ? this.formatted(left as string) : f(this.number(left), this.number(this.bits(level + 1)));
    }
    return left;
  }

  /** `'...%d...' % value`, or of several values between brackets: as much of Python's formatting as messages need. */
  private formatted(text: string): string {
    const values: Value[] = [];
    if (this.accept('(')) {
      do values.push(this.expression());
      while (this.accept(','));
      if (!this.accept(')')) this.fail('A bracket is not closed');
    } else values.push(this.signed());
    return text.replace(/%[-+0-9.]*([a-zA-Z%])/g, (_, kind: string) => (kind === '%' ? '%' : String(values.shift())));
  }

  private signed(): Value {
    if (this.accept('-')) return -this.number(this.signed());
    if (this.accept('+')) return this.number(this.signed());
    if (this.accept('~')) return ~this.number(this.signed());
    const base = this.atom();
    return this.accept('**') ? this.number(base) ** this.number(this.signed()) : base;
  }

  private atom(): Value {
    const token = this.tokens[this.at++] ?? '';
    if (token === '(') {
      const value = this.expression();
      if (!this.accept(')')) this.fail('A bracket is not closed');
      return value;
    }
    if (/^[\d.]/.test(token)) return Number(token);
    if (/^["']/.test(token)) return token.slice(1, -1);
    if (!/^[A-Za-z_]/.test(token))
      this.fail(token === '' ? 'The statement breaks off' : `No value begins with "${token}"`);
    return this.accept('(') ? this.call(token) : this.name(token);
  }

  private name(name: string): Value {
    if (name === 'True' || name === 'False') return name === 'True';
    if (name === 'None') return null;
    if (this.variables.has(name)) return this.variables.get(name)!;
    if (Object.hasOwn(this.info, name)) return this.info[name]!;
    if (Object.hasOwn(SNIPPET_CONSTANTS, name)) return SNIPPET_CONSTANTS[name]!;
    if (name.startsWith('SK_MEMINFO_')) throw new Unsupported(`${name} of a socket's memory`);
    if (name.startsWith('tcpi_')) throw new Unsupported(`${name} of tcp_info`);
    return this.fail(`"${name}" is not known`);
  }

  private call(name: string): Value {
    const args: number[] = [];
    if (!this.accept(')')) {
      do args.push(this.number(this.expression()));
      while (this.accept(','));
      if (!this.accept(')')) this.fail('A bracket is not closed');
    }
    const f = FUNCTIONS[name];
    if (f === undefined) throw new Unsupported(`Python's ${name}() in a snippet`);
    return f(...args);
  }

  private number(value: Value): number {
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    return this.fail(`${value === null ? 'None' : `"${value}"`} is no number`);
  }

  private accept(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }

  private fail(message: string): never {
    throw new ScriptError(this.line, message);
  }
}

const plain = (v: Value): number | string | null => (typeof v === 'boolean' ? Number(v) : v);
const order = (a: Value, b: Value): number => Number(plain(a)) - Number(plain(b));

const COMPARE: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '==': (a, b) => plain(a) === plain(b),
  '!=': (a, b) => plain(a) !== plain(b),
  '<': (a, b) => order(a, b) < 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>': (a, b) => order(a, b) > 0,
  '>=': (a, b) => order(a, b) >= 0,
};

const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { '|': (a, b) => a | b },
  { '^': (a, b) => a ^ b },
  { '&': (a, b) => a & b },
  { '<<': (a, b) => a * 2 ** b, '>>': (a, b) => Math.floor(a / 2 ** b) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  {
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '//': (a, b) => Math.floor(a / b),
    // Python's remainder has the sign of the divisor.
    '%': (a, b) => ((a % b) + b) % b,
  },
];

const FUNCTIONS: Readonly<Record<string, (...args: number[]) => number>> = {
  abs: (a = 0) => Math.abs(a),
  min: (...args) => Math.min(...args),
  max: (...args) => Math.max(...args),
  int: (a = 0) => Math.trunc(a),
  float: (a = 0) => a,
  round: (a = 0) => Math.round(a),
  bool: (a = 0) => (a ? 1 : 0),
};
