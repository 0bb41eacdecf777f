import { DOUBLE } from '../basics/double.ts';

/** What a link has done so far. `tx` is from us to the kernel, `rx` from the kernel to us. */
export class TunCounters {
  rxPackets = DOUBLE;
  rxBytes = DOUBLE;
  /** Batches handed up. */
  rxBatches = 0;
  rxSuperSegments = 0;
  /** Dropped: no IP packet behind the link header; a virtio_net_hdr that makes no sense. */
  rxDroppedEmpty = 0;
  rxDroppedBadVnetHeader = 0;
  /** Slabs taken from memory: one, as long as no received data is held beyond a batch. */
  rxSlabs = 0;
  txPackets = DOUBLE;
  txBatches = 0;
  txSuperSegments = 0;
  /** Frames the device was too full for: kept for later; dropped because too many were kept already. */
  txQueued = 0;
  txQueueFull = 0;
  /** Frames lost: the device was down, the kernel refused them, the link was closed. */
  txDeviceDown = 0;
  txRefused = 0;
  txClosed = 0;

  constructor() {
    this.rxPackets = this.rxBytes = this.txPackets = 0;
  }
}
