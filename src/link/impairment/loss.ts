import { happens, type Random } from '../../time/random.ts';
import type { Loss } from './language/terms.ts';

/**
 * The path's state in the model of Gilbert (1960) and Elliott (1963). Each packet first lets the state change, and is then
 * lost by the chance of the state, as in Linux (net/sched/sch_netem.c, loss_gilb_ell).
 */
export class LossModel {
  readonly #loss: Loss;
  readonly #random: Random;
  #bad = false;

  constructor(loss: Loss, random: Random) {
    this.#loss = loss;
    this.#random = random;
  }

  /** Is the next packet lost? */
  next(): boolean {
    const { toBad, toGood, whenBad, whenGood } = this.#loss;
    if (this.#bad) this.#bad = !happens(this.#random, toGood);
    else this.#bad = happens(this.#random, toBad);
    return happens(this.#random, this.#bad ? whenBad : whenGood);
  }
}
