import type { Socket } from 'node:net';
import { addonIsBuilt, loadAddon } from '../../link/native.ts';

/**
 * Whether the process at the other end is this user's, or root's (SO_PEERCRED). The modes of directory and socket say the same;
 * they are all there is where the addon isn't built.
 */
export function isOurs(socket: Socket, uid = process.geteuid!()): boolean {
  if (!addonIsBuilt()) return true;
  // Node has no public way to a socket's descriptor.
  const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return false;
  try {
    const peer = loadAddon().peerCredentials(fd);
    return peer.uid === uid || peer.uid === 0;
  } catch {
    return false;
  }
}
