import type { Link } from '../../link/terms/link.ts';
import type { StackTimer } from './clock.ts';

/** A link that can hold the process, or let it go, as a node:net handle does. */
interface ReferencedLink extends Link {
  ref?(): void;
  unref?(): void;
}

/** What keeps the process alive: open sockets and servers, and the link by itself, if the application wants that. */
export class ProcessHold {
  readonly #link: ReferencedLink;
  /** How many open sockets and servers want the process to stay alive. */
  #holders = 0;
  /** The application said that the link alone need not keep the process alive. */
  #linkUnreferenced = false;
  #timer: StackTimer | null = null;

  constructor(link: Link) {
    this.#link = link;
  }

  /** One more (or one less) socket or server that keeps the process alive. */
  hold(): void {
    if (this.#holders++ > 0) return;
    this.#timer?.ref();
    if (this.#linkUnreferenced) this.#link.ref?.();
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#timer?.unref();
    if (this.#linkUnreferenced) this.#link.unref?.();
  }

  /** The link by itself keeps the process alive (the default), or leaves that to open sockets and servers. */
  keepAlive(linkToo: boolean): void {
    this.#linkUnreferenced = !linkToo;
    if (linkToo || this.#holders > 0) this.#link.ref?.();
    else this.#link.unref?.();
  }

  /** The host's timer, which keeps the process alive as long as a socket or server does; null: none is set. */
  setTimer(timer: StackTimer | null): void {
    this.#timer = timer;
    if (this.#holders === 0) timer?.unref();
  }
}
