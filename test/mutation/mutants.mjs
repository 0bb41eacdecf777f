import { parseAst } from 'rolldown/parseAst';

/** What an operator is taken for: its opposite, or its neighbour at the boundary. */
const OPERATORS = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
  '&&': '||',
  '||': '&&',
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
  '++': '--',
  '--': '++',
};

/**
 * Every mutant of a file: operators, constants, conditions, statements and calls left out, flags. `within` is where the
 * statement around it begins; null outside of functions.
 */
export function mutantsOf(file, source) {
  const found = [];
  visit(parseAst(source, { lang: 'ts' }), null, null, (node, parent, within) => {
    mutate(node, parent, source, (at, text, what, start = at.start, end = at.end) => {
      if (source.slice(start, end) === text) return;
      found.push({ file, line: lineAt(source, start), start, end, text, what, within });
    });
  });
  return found;
}

/** The file with a probe before the statement of each mutant: it puts the mutant's number into the set `reached`. */
export function probed(mutants, source) {
  let text = source;
  const inside = mutants.filter(({ within }) => within !== null);
  for (const { within, number } of inside.sort((a, b) => b.within - a.within)) {
    text = `${text.slice(0, within)}globalThis.reached?.add(${number});${text.slice(within)}`;
  }
  return text;
}

function mutate(node, parent, source, add) {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
      exchangeOperator(node, node.left.end, node.right.start, source, add);
      break;
    case 'UpdateExpression':
      if (node.prefix) exchangeOperator(node, node.start, node.argument.start, source, add);
      else exchangeOperator(node, node.argument.end, node.end, source, add);
      break;
    case 'IfStatement':
    case 'ConditionalExpression':
      add(node.test, `!(${source.slice(node.test.start, node.test.end)})`, 'condition negated');
      break;
    case 'UnaryExpression':
      if (node.operator === '!' || node.operator === '-') {
        add(node, `(${source.slice(node.argument.start, node.argument.end)})`, `${node.operator} left out`);
      }
      break;
    case 'Literal':
      constant(node, parent, add);
      break;
    case 'ExpressionStatement':
      leftOut(node, add);
      break;
    case 'ReturnStatement':
      if (node.argument === null) add(node, ';', 'return left out');
      break;
    case 'MemberExpression':
      if (node.object.name === 'Math' && /^(min|max)$/.test(node.property.name)) {
        const other = node.property.name === 'min' ? 'max' : 'min';
        add(node.property, other, `${node.property.name} -> ${other}`);
      }
      break;
  }
}

function exchangeOperator(node, from, to, source, add) {
  const other = OPERATORS[node.operator];
  // A text put together has no minus.
  if (other === undefined || (node.operator.startsWith('+') && isText(node))) return;
  const start = from + source.slice(from, to).indexOf(node.operator);
  add(node, other, `${node.operator} -> ${other}`, start, start + node.operator.length);
}

const isText = (node) =>
  [node.left, node.right].some((side) => side?.type === 'TemplateLiteral' || typeof side?.value === 'string');

function constant(node, parent, add) {
  if (typeof node.value === 'boolean') add(node, String(!node.value), `${node.value} -> ${!node.value}`);
  if (typeof node.value !== 'number' || parent.type.startsWith('TS')) return;
  add(node, String(node.value + 1), `${node.raw} -> ${node.value + 1}`);
  // A negative literal would not fit behind every operator.
  if (node.value >= 1) add(node, String(node.value - 1), `${node.raw} -> ${node.value - 1}`);
}

function leftOut(node, add) {
  const { expression } = node;
  const kind = { CallExpression: 'call', AssignmentExpression: 'assignment', UpdateExpression: 'counting' }[
    expression.type
  ];
  const isSuper = expression.type === 'CallExpression' && expression.callee.type === 'Super';
  if (kind !== undefined && !isSuper) add(node, ';', `${kind} left out`);
}

/** Types and imports are not run, and what an error says is not tested. */
function visit(node, parent, within, see) {
  if (/^(TSType|TSInterface|Import|ThrowStatement|TSEnum)/.test(node.type)) return;
  see(node, parent, within);
  for (const [name, value] of Object.entries(node)) {
    // A statement has room for another before it in a block, and in a case.
    const hasRoom =
      /^(BlockStatement|StaticBlock)$/.test(node.type) || (node.type === 'SwitchCase' && name === 'consequent');
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visit(child, node, hasRoom ? child.start : within, see);
    }
  }
}

const lineAt = (source, at) => source.slice(0, at).split('\n').length;

/** The file with the fault in it. */
export const applied = (mutant, source) => source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end);

/** The lines that a mutant changes, as in a diff. */
export function diffOf(mutant, source) {
  const first = source.lastIndexOf('\n', mutant.start - 1) + 1;
  const behind = (text, at) => {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  };
  const changed = applied(mutant, source);
  const lines = (text, sign) => text.split('\n').map((line) => `${sign} ${line}`);
  return [
    ...lines(source.slice(first, behind(source, mutant.end)), '-'),
    ...lines(changed.slice(first, behind(changed, mutant.start + mutant.text.length)), '+'),
  ];
}

/** `count` of them, the same for the same seed. */
export function sample(mutants, count, seed) {
  const left = [...mutants];
  const chosen = [];
  let state = seed >>> 0;
  while (chosen.length < count && left.length > 0) {
    // Mulberry32: a small generator that is even enough for a choice.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    const [mutant] = left.splice(((mixed ^ (mixed >>> 14)) >>> 0) % left.length, 1);
    chosen.push(mutant);
  }
  return chosen;
}
