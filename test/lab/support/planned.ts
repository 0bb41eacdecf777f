/** Scenarios that the glossary and questions name, and that are still to come. */
export const PLANNED: readonly string[] = (
  'is-it-lost sticky-packets sequence-wrap sliding-window window-scaling mss-mtu spurious-rto fast-open tail-loss ' +
  'syn-drops silly-window bufferbloat cubic-vs-reno-vs-bbr'
).split(' ');
