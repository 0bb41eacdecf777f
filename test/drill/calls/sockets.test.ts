import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';

/** A connection is accepted as descriptor 4: MSS 1000, window 50000, an RTT of 10 ms. */
const CONNECTED = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 50000 <mss 1000>
+0   > S. 0:0(0) ack 1 <mss 1460>
+.01 < . 1:1(0) ack 1 win 50000
+0   accept(3, ..., ...) = 4
`;

function passes(script: string): void {
  const verdict = drill(CONNECTED + script);
  const { line, source, message, expected, actual } = verdict;
  expect(verdict.status, `${line}: ${source}: ${message}: ${expected} / ${actual}`).toBe('passed');
}

function failsAt(script: string, source: string): void {
  expect(drill(CONNECTED + script)).toMatchObject({ status: 'failed', source });
}

describe('sockets of a script', () => {
  it('write what fits, and tell when there is room again', () => {
    passes(`+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [10000], 4) = 0
+0   getsockopt(4, SOL_SOCKET, SO_SNDBUF, [20000], [4]) = 0
+0   fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   write(4, ..., 100000) = 35000
+0   write(4, ..., 1) = -1 EAGAIN (full)
+0   poll([{fd=4, events=POLLOUT, revents=0}], 1, 0) = 0
+0...0.02 poll([{fd=4, events=POLLOUT, revents=POLLOUT}], 1, 100) = 1
+0   > P. 1:10001(10000) ack 1
+.01 < . 1:1(0) ack 10001 win 60000
+0   > P. 10001:30001(20000) ack 1
+.01 < . 1:1(0) ack 30001 win 60000
+0   > P. 30001:35001(5000) ack 1`);
  });

  it('stop writing at TCP_NOTSENT_LOWAT', () => {
    passes(`+0 setsockopt(4, SOL_TCP, TCP_NOTSENT_LOWAT, [2000], 4) = 0
+0   fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   write(4, ..., 100000) = 35000
+0   poll([{fd=4, events=POLLOUT, revents=0}], 1, 0) = 0`);
  });

  it('have from their listener what was set there', () => {
    const script = CONNECTED.replace('+0   bind', '+0   setsockopt(3, SOL_SOCKET, SO_PRIORITY, [3], 4) = 0\n+0   bind');
    expect(drill(`${script}+0 getsockopt(4, SOL_SOCKET, SO_PRIORITY, [3], [4]) = 0`).status).toBe('passed');
  });

  it('wait with poll and epoll, no longer than they are told', () => {
    passes(`+0...0.1 poll([{fd=4, events=POLLIN, revents=0}], 1, 100) = 0
+.1  epoll_create(1) = 5
+0   epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0
+0   epoll_wait(5, {events=0, fd=0}, 1, 0) = 0
+0...0.02 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, -1) = 1
+.02 < P. 1:11(10) ack 1 win 50000
+0   > . 1:1(0) ack 11
+0   epoll_wait(5, {events=0, fd=0}, 1, 0) = 0
+0   < P. 11:21(10) ack 1 win 50000
+0   epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0) = 1`);
    failsAt(
      '+0...0.1 poll([{fd=4, events=POLLIN, revents=0}], 1, 200) = 0',
      '+0...0.1 poll([{fd=4, events=POLLIN, revents=0}], 1, 200) = 0',
    );
  });

  it('gather, scatter, look ahead and wait for all', () => {
    passes(`+0 writev(4, [{..., 300}, {"abc", 3}, {..., 0}], 3) = 303
+0   > P. 1:304(303) ack 1
+0   sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {..., 20}], msg_flags=0}, 0) = 30
+.01 < P. 1:101(100) ack 304 win 50000
+0   > P. 304:334(30) ack 101
+0   recv(4, ..., 1000, MSG_PEEK) = 100
+0   ioctl(4, SIOCINQ, [100]) = 0
+0   recvmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {..., 30}], msg_flags=0}, 0) = 40
+0   recv(4, ..., 100, MSG_DONTWAIT) = 60
+0   recv(4, ..., 100, MSG_DONTWAIT) = -1 EAGAIN (nothing left)
+0...0.02 recv(4, ..., 20, MSG_WAITALL) = 20
+.01 < P. 101:111(10) ack 334 win 50000
+.01 < P. 111:121(10) ack 334 win 50000`);
  });

  it('check every octet in both directions', () => {
    const script = `${CONNECTED}+0 write(4, "hello", 5) = 5\n+0 > P. 1:6(5) ack 1\n`;
    expect(drill(script).status).toBe('passed');
  });

  it('step over the urgent octet, or have it inline', () => {
    passes(`+0 < PU. 1:6(5) ack 1 win 50000 urg 5
+0   > . 1:1(0) ack 6
+0   read(4, ..., 100) = 4
+0   ioctl(4, SIOCATMARK, [1]) = 0
+0   recv(4, ..., 1, MSG_OOB) = 1
+0   fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   read(4, ..., 100) = -1 EAGAIN (the urgent octet is no part of the stream)`);
    passes(`+0 setsockopt(4, SOL_SOCKET, SO_OOBINLINE, [1], 4) = 0
+0   < PU. 1:6(5) ack 1 win 50000 urg 5
+0   > . 1:1(0) ack 6
+0   read(4, ..., 100) = 5`);
  });

  it('linger, and reset with a lingering time of zero', () => {
    passes(`+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0
+0   getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, [8]) = 0
+0   close(4) = 0
+0   > R. 1:1(0) ack 1`);
    passes(`+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0
+0...0.02 close(4) = 0
+0   > F. 1:1(0) ack 1
+.02 < . 1:1(0) ack 2 win 50000`);
  });

  it('dissolve a connection, and begin another', () => {
    passes(`+0 connect(4, AF_UNSPEC, ...) = 0
+0   > R. 1:1(0) ack 1
+0   fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0   connect(4, ..., ...) = -1 EINPROGRESS (another)
+0   > S 0:0(0) <...>`);
  });

  it('know which calls make no sense', () => {
    passes(`+0 listen(4, 1) = -1 EINVAL (connected)
+0   accept(4, ..., ...) = -1 EINVAL (does not listen)
+0   read(3, ..., 1) = -1 ENOTCONN (listens)
+0   close(9) = -1 EBADF (not open)
+0   setsockopt(4, SOL_TCP, TCP_KEEPCNT, [0], 4) = -1 EINVAL (out of range)
+0   setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 2) = -1 EINVAL (too short)
+0   write(4, NULL, 5) = -1 EFAULT (bad address)
+0   close(4) = 0
+0   > F. 1:1(0) ack 1
+0   write(4, ..., 1) = -1 EBADF (closed)`);
  });
});
