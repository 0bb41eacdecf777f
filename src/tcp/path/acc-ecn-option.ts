import type { Segment } from '../../wire/segment.ts';
import type { Tcb } from '../tcb/tcb.ts';
import { tellEcn } from '../tcb/tell.ts';
import { eventCauses } from '../terms/causes.ts';
import {
  type Ecn,
  OPTION_COUNTERS_SEEN,
  OPTION_EMPTY_SEEN,
  OPTION_FAIL_RECV,
  OPTION_NOT_SEEN,
  OPTION_ZEROED_SEEN,
} from '../variables/ecn.ts';

/** Does the path carry the peer's AccECN options, and as they were sent (RFC 9768, section 3.2.3.2)? */

/**
 * Looks at the peer's option until one with counters has come: where the first ones are 0, the path clears them, and none is
 * believed (section 3.2.3.2.4; tcp_accecn_option_init). @returns whether the segment has one that was looked at
 */
export function noteOption(c: Tcb, ecn: Ecn, segment: Segment): boolean {
  const { accEcnCount: count, accEcnCounters: counters } = segment;
  if (count < 0 || ecn.optionSeen >= OPTION_COUNTERS_SEEN) return false;
  if (count === 0) ecn.optionSeen = OPTION_EMPTY_SEEN;
  else if (counters[0] === 0 || (count === 3 && counters[2] === 0)) {
    ecn.optionSeen = OPTION_ZEROED_SEEN;
    ecn.failMode |= OPTION_FAIL_RECV;
    tellEcn(c, eventCauses.accEcnOptionZeroed);
  } else ecn.optionSeen = OPTION_COUNTERS_SEEN;
  return true;
}

/** Of so many octets and more that were sent without that an option came, none counts: its counters may have wrapped. */
const OPTION_IN_TIME = 2 ** 23 - 1;

/** A segment has none. @returns whether any has come */
export function noteNoOption(c: Tcb, ecn: Ecn): boolean {
  if (ecn.optionSeen !== OPTION_NOT_SEEN) return true;
  if (c.bytesSent >= OPTION_IN_TIME) {
    ecn.optionSeen = OPTION_ZEROED_SEEN;
    ecn.failMode |= OPTION_FAIL_RECV;
    tellEcn(c, eventCauses.accEcnOptionAbsent);
  }
  return false;
}
