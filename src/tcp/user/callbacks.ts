import type { Tcb } from '../tcb/tcb.ts';

/** Is there something that the user has not been told? */
export const hasPendingCallbacks = (c: Tcb): boolean =>
  c.tellConnected ||
  c.tellReadable ||
  c.tellWritable ||
  c.tellUrgent ||
  c.tellThreshold ||
  c.untoldSoftError !== null ||
  c.tellClosed;

/** Calls of the user that these bring about are effects of what is told. */
export function tellUser(c: Tcb): void {
  const { events } = c.tcp;
  if (c.links !== null) events.toldOf = c.links.woken;
  if (c.tellConnected) {
    c.tellConnected = false;
    c.user?.onConnected?.();
  }
  if (c.tellThreshold) {
    c.tellThreshold = false;
    c.user?.onRetransmissionThreshold?.(c.retransmits);
  }
  if (c.untoldSoftError !== null) {
    const error = c.untoldSoftError;
    c.untoldSoftError = null;
    c.user?.onSoftError?.(error);
  }
  if (c.tellUrgent) {
    c.tellUrgent = false;
    c.user?.onUrgent?.();
  }
  if (c.tellReadable) {
    c.tellReadable = false;
    c.user?.onReadable();
  }
  if (c.tellWritable) {
    c.tellWritable = false;
    c.user?.onWritable?.();
  }
  if (c.tellClosed) {
    c.tellClosed = false;
    c.user?.onClosed(c.closedBy);
  }
  events.toldOf = 0;
}
