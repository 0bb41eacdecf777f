import { abort } from '../closing/close.ts';
import { abandonHandshake } from '../closing/end.ts';
import { ListenQueues } from '../tcb/listen-queues.ts';
import { tellCall, tellQueue } from '../tcb/tell.ts';
import { causes, eventCauses } from '../terms/causes.ts';
import type { TcpListener } from '../terms/user.ts';
import type { Connection } from './connection.ts';

/** A passive OPEN, and the user's calls on it. */
export class Listener extends ListenQueues implements TcpListener {
  accept(): Connection | null {
    const c = this.acceptQueue.shift() ?? null;
    if (c === null) return null;
    c.listener = null;
    tellCall(this.tcp, 'accept', c);
    tellQueue(this, eventCauses.accepted);
    if (c.state === 'CLOSED') {
      c.tellReadable = c.receiveQueue.length > 0 || c.finReceived;
      c.tellClosed = true;
      this.tcp.activate(c);
    }
    return c as Connection; // there are no others: `Tcp.newTcb`
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.tcp.beginCall();
    tellCall(this.tcp, 'close', this);
    this.tcp.listeners.remove(this);
    // Of a handshake under way the peer learns when it goes on (inet_csk_listen_stop); a connection has been promised.
    for (const c of this.synQueue.items()) abandonHandshake(c, causes.listenerClosed);
    for (const c of this.acceptQueue) abort(c);
    this.acceptQueue = [];
  }
}
