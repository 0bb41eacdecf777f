import { type Seq, seqGt } from '../../wire/seq.ts';

/** The state of a xorshift generator. It only keeps trees balanced: what a tree answers doesn't depend on it. */
let random = 0x2545f491;

function nextRandom(): number {
  random ^= random << 13;
  random ^= random >>> 17;
  random ^= random << 5;
  return random;
}

/** What a `SequenceTree` keeps in order. A class that extends it adds what it has to remember. */
export class SequenceNode {
  /** The sequence number that it begins at. */
  seq: Seq = 0;
  /** The one behind it in order; null at the end. */
  next: this | null = null;
  /** Bits that say what it is; the owner gives them their meaning. `SequenceTree.mark` changes them. */
  marks = 0;
  /** The bits of it and of all nodes below it in the tree. */
  marksBelow = 0;
  parent: this | null = null;
  left: this | null = null;
  right: this | null = null;
  /** Random, and the same for life: no node has a parent of lower priority. */
  readonly priority = nextRandom();
}

/**
 * Nodes in the order of their sequence numbers, each with a few mark bits; it finds the node that holds a sequence number,
 * and the first, last, next or previous one with a mark.
 *
 * It is a treap (Seidel and Aragon, 1996): a search tree by sequence number in which each node also has a random
 * priority, highest at the root, which makes it as flat as a tree that was built in random order. Each node knows the
 * marks of all below it, so a search enters no subtree without what it looks for. For what is sent it fits well: a node
 * added at the end, and the first one taken off, cost a few steps, however many there are; everything else costs
 * O(log n). A change of marks goes up only as far as it is news, so that marking many in a row costs little each.
 *
 * Most of what is sent arrives, and is never looked for: so nodes that are added form a list at first, and come into the
 * tree only when something is asked (measured: 300 instructions a segment less where nothing is lost).
 */
export class SequenceTree<N extends SequenceNode> {
  first: N | null = null;
  last: N | null = null;
  private root: N | null = null;
  /** The last node that is in the tree; those behind it are in the list only. */
  private lastInTree: N | null = null;

  /** Adds a node whose `seq` lies behind all others'. */
  append(node: N): void {
    node.next = null;
    if (this.last === null) this.first = node;
    else this.last.next = node;
    this.last = node;
  }

  /** Takes the first node off. */
  removeFirst(): void {
    const node = this.first!;
    this.first = node.next;
    if (this.first === null) this.last = null;
    node.next = null;
    if (this.root === null) return;
    const { parent, right } = node;
    if (right !== null) right.parent = parent;
    if (parent === null) this.root = right;
    else parent.left = right;
    if (node === this.lastInTree) this.lastInTree = null;
    node.parent = node.right = null;
    if (parent !== null && node.marks & ~parent.marks) refresh(parent);
  }

  /** Brings what was added since the last question into the tree. */
  private complete(): void {
    if (this.lastInTree === this.last) return;
    for (let node = this.lastInTree === null ? this.first : this.lastInTree.next; node !== null; node = node.next) {
      this.addToTree(node);
    }
  }

  private addToTree(node: N): void {
    // On the right edge of the tree: all that have a lower priority come below it.
    let parent = this.lastInTree;
    let below: N | null = null;
    while (parent !== null && parent.priority < node.priority) {
      below = parent;
      parent = parent.parent;
    }
    node.left = below;
    node.right = null;
    node.parent = parent;
    if (below !== null) below.parent = node;
    if (parent === null) this.root = node;
    else parent.right = node;
    this.lastInTree = node;
    node.marksBelow = marksOf(node);
    refresh(parent);
  }

  /** Puts `node`, whose `seq` lies between those of `before` and the next one, behind `before`. */
  insertAfter(before: N, node: N): void {
    this.complete();
    node.left = node.right = null;
    node.marksBelow = node.marks;
    node.next = before.next;
    before.next = node;
    if (this.last === before) this.last = this.lastInTree = node;
    let parent = before;
    if (before.right === null) before.right = node;
    else {
      for (parent = before.right; parent.left !== null; parent = parent.left);
      parent.left = node;
    }
    node.parent = parent;
    while (node.parent !== null && node.parent.priority < node.priority) this.rotateUp(node);
    refresh(node.parent);
  }

  clear(): void {
    this.first = this.last = this.root = this.lastInTree = null;
  }

  mark(node: N, marks: number): void {
    if (node.marks === marks) return;
    this.complete();
    node.marks = marks;
    refresh(node);
  }

  /** The last node that begins at `seq` or before it. */
  at(seq: Seq): N | null {
    this.complete();
    let found: N | null = null;
    for (let node = this.root; node !== null; ) {
      if (seqGt(node.seq, seq)) node = node.left;
      else {
        found = node;
        node = node.right;
      }
    }
    return found;
  }

  firstWith(mark: number): N | null {
    this.complete();
    return firstBelow(this.root, mark);
  }

  lastWith(mark: number): N | null {
    this.complete();
    return lastBelow(this.root, mark);
  }

  /** The next one behind `node`, which was found by a question before. */
  nextWith(node: N, mark: number): N | null {
    this.complete();
    if (node.next !== null && node.next.marks & mark) return node.next;
    const below = firstBelow(node.right, mark);
    if (below !== null) return below;
    for (let n: N = node, up = node.parent; up !== null; n = up, up = up.parent) {
      if (n === up.right) continue;
      if (up.marks & mark) return up;
      if (up.right !== null && up.right.marksBelow & mark) return firstBelow(up.right, mark);
    }
    return null;
  }

  /** The next one in front of `node`, which was found by a question before. */
  previousWith(node: N, mark: number): N | null {
    const below = lastBelow(node.left, mark);
    if (below !== null) return below;
    for (let n: N = node, up = node.parent; up !== null; n = up, up = up.parent) {
      if (n === up.left) continue;
      if (up.marks & mark) return up;
      if (up.left !== null && up.left.marksBelow & mark) return lastBelow(up.left, mark);
    }
    return null;
  }

  /** Changes places with the parent; the order stays. */
  private rotateUp(node: N): void {
    const parent = node.parent!;
    const above = parent.parent;
    if (parent.left === node) {
      parent.left = node.right;
      if (node.right !== null) node.right.parent = parent;
      node.right = parent;
    } else {
      parent.right = node.left;
      if (node.left !== null) node.left.parent = parent;
      node.left = parent;
    }
    parent.parent = node;
    node.parent = above;
    if (above === null) this.root = node;
    else if (above.left === parent) above.left = node;
    else above.right = node;
    parent.marksBelow = marksOf(parent);
    node.marksBelow = marksOf(node);
  }
}

const marksOf = (node: SequenceNode): number =>
  node.marks | (node.left === null ? 0 : node.left.marksBelow) | (node.right === null ? 0 : node.right.marksBelow);

/** The marks of `node`, or of what is below it, have changed: up from here, as far as it makes a difference. */
function refresh(node: SequenceNode | null): void {
  for (let n = node; n !== null; n = n.parent) {
    const marks = marksOf(n);
    if (marks === n.marksBelow) return;
    n.marksBelow = marks;
  }
}

function firstBelow<N extends SequenceNode>(root: N | null, mark: number): N | null {
  if (root === null || !(root.marksBelow & mark)) return null;
  for (let node: N = root; ; ) {
    const left: N | null = node.left;
    if (left !== null && left.marksBelow & mark) node = left;
    else if (node.marks & mark) return node;
    else node = node.right!;
  }
}

function lastBelow<N extends SequenceNode>(root: N | null, mark: number): N | null {
  if (root === null || !(root.marksBelow & mark)) return null;
  for (let node: N = root; ; ) {
    const right: N | null = node.right;
    if (right !== null && right.marksBelow & mark) node = right;
    else if (node.marks & mark) return node;
    else node = node.left!;
  }
}
