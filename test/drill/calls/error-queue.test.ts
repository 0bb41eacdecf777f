import { describe, expect, it } from 'vitest';
import { drill } from '../../../src/drill/index.ts';

/** A connection is accepted as descriptor 4, at 20 ms: MSS 1000, window 50000, an RTT of 20 ms. */
const CONNECTED = ` 0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0   bind(3, ..., ...) = 0
+0   listen(3, 1) = 0
+0   < S 0:0(0) win 50000 <mss 1000>
+0   > S. 0:0(0) ack 1 <mss 1460>
+.02 < . 1:1(0) ack 1 win 50000
+0   accept(3, ..., ...) = 4
`;

/** recvmsg(MSG_ERRQUEUE) that gives a stamp: its kind, the octet that it is about, and when it is from. */
const stamp = (kind: string, octet: number, milliseconds: number): string =>
  `+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE|MSG_TRUNC, msg_control=[
  {cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data={scm_sec=0, scm_nsec=${milliseconds}000000}},
  {cmsg_level=CMSG_LEVEL_IP, cmsg_type=CMSG_TYPE_RECVERR, cmsg_data={ee_errno=ENOMSG,
   ee_origin=SO_EE_ORIGIN_TIMESTAMPING, ee_type=0, ee_code=0, ee_info=SCM_TSTAMP_${kind}, ee_data=${octet}}}
  ]}, MSG_ERRQUEUE) = 0
`;

/** recvmsg(MSG_ERRQUEUE) that says which calls with MSG_ZEROCOPY are done with. */
const released = (first: number, last: number): string =>
  `+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=MSG_ERRQUEUE, msg_control=[
  {cmsg_level=SOL_IP, cmsg_type=IP_RECVERR, cmsg_data={ee_errno=0, ee_origin=SO_EE_ORIGIN_ZEROCOPY,
   ee_code=SO_EE_CODE_ZEROCOPY_COPIED, ee_info=${first}, ee_data=${last}}}]}, MSG_ERRQUEUE) = 0
`;
const NOTHING =
  '+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 0}], msg_flags=0}, MSG_ERRQUEUE) = -1 EAGAIN (none)\n';

const stamping = (flags: string): string =>
  `+0 setsockopt(4, SOL_SOCKET, SO_TIMESTAMPING, [${flags}|SOF_TIMESTAMPING_SOFTWARE|SOF_TIMESTAMPING_OPT_ID], 4) = 0
`;
const SENT = `+0 > P. 1:1501(1500) ack 1
+.02 < . 1:1(0) ack 1501 win 50000
`;

const verdictOf = (script: string) => {
  const { status, line, source, message, expected, actual } = drill(CONNECTED + script);
  return { status, why: status === 'passed' ? '' : `${line}: ${source}: ${message}: ${expected} / ${actual}` };
};
const PASSED = { status: 'passed', why: '' };

describe('the error queue', () => {
  it('tells when the last octet of a write left, and when it was acknowledged', () => {
    const all = 'SOF_TIMESTAMPING_TX_SCHED|SOF_TIMESTAMPING_TX_SOFTWARE|SOF_TIMESTAMPING_TX_ACK';
    const script = `${stamping(all)}+0 write(4, ..., 1500) = 1500\n${SENT}`;
    const stamps = [stamp('SCHED', 1499, 20), stamp('SND', 1499, 20), stamp('ACK', 1499, 40), NOTHING];
    expect(verdictOf(script + stamps.join(''))).toEqual(PASSED);
    expect(verdictOf(script + stamp('SCHED', 1499, 40)).why).toMatch(/another time: 0.04 s \/ 0.02 s/);
    expect(verdictOf(script + stamp('SCHED', 1500, 20)).why).toMatch(/ee_data is wrong: 1500 \/ 1499/);
    expect(verdictOf(script + stamp('ACK', 1499, 20)).why).toMatch(/ee_info is wrong: 2 \/ 1/);
  });

  it('stamps what leaves late when it leaves', () => {
    const script = `${stamping('SOF_TIMESTAMPING_TX_SOFTWARE')}+0 write(4, ..., 11000) = 11000
+0   > P. 1:10001(10000) ack 1
${NOTHING}+.02 < . 1:1(0) ack 10001 win 50000
+0   > P. 10001:11001(1000) ack 1
${stamp('SND', 10_999, 40)}`;
    expect(verdictOf(script)).toEqual(PASSED);
  });

  it('counts octets from what was not acknowledged yet when it was asked to', () => {
    const script = `+0 write(4, ..., 1500) = 1500
${SENT}${stamping('SOF_TIMESTAMPING_TX_ACK')}+0 write(4, ..., 100) = 100
+0   > P. 1501:1601(100) ack 1
+.02 < . 1:1(0) ack 1601 win 50000
${stamp('ACK', 99, 60)}${NOTHING}`;
    expect(verdictOf(script)).toEqual(PASSED);
  });

  it('is empty without SO_TIMESTAMPING', () => {
    expect(verdictOf(`+0 write(4, ..., 1500) = 1500\n${SENT}${NOTHING}`)).toEqual(PASSED);
  });

  it('says which calls with MSG_ZEROCOPY are done with, of several at once', () => {
    const script = `+0 setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
+0   send(4, ..., 1000, MSG_ZEROCOPY) = 1000
+0   > P. 1:1001(1000) ack 1
${NOTHING}+0 poll([{fd=4, events=POLLOUT, revents=POLLOUT}], 1, 0) = 1
+.01 < . 1:1(0) ack 1001 win 50000
+0   poll([{fd=4, events=POLLOUT, revents=POLLOUT|POLLERR}], 1, 0) = 1
+0   send(4, ..., 1000, MSG_ZEROCOPY) = 1000
+0   > P. 1001:2001(1000) ack 1
+.01 < . 1:1(0) ack 2001 win 50000
${released(0, 1)}${NOTHING}+0 poll([{fd=4, events=POLLOUT, revents=POLLOUT}], 1, 0) = 1
+0   send(4, ..., 1000, MSG_ZEROCOPY) = 1000
+0   > P. 2001:3001(1000) ack 1
+.01 < . 1:1(0) ack 3001 win 50000
${released(2, 2)}`;
    expect(verdictOf(script)).toEqual(PASSED);
    expect(verdictOf(script.replace('[1], 4', '[0], 4')).why).toMatch(/POLLERR/);
  });

  it('is an event for an edge-triggered epoll each time that it grows', () => {
    const script = `+0 setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
+0   epoll_create(1) = 5
+0   epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLET, fd=4}) = 0
+0   epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
${[1, 1001]
  .map(
    (seq) => `+0   send(4, ..., 1000, MSG_ZEROCOPY) = 1000
+0   > P. ${seq}:${seq + 1000}(1000) ack 1
+.01 < . 1:1(0) ack ${seq + 1000} win 50000
+0   epoll_wait(5, {events=EPOLLERR|EPOLLOUT, fd=4}, 1, 0) = 1
+0   epoll_wait(5, {events=0, fd=0}, 1, 0) = 0
`,
  )
  .join('')}`;
    expect(verdictOf(script)).toEqual(PASSED);
  });

  it('does not know what is cut into more packets than the octets need', () => {
    const pieces = Array(18).fill('{..., 1}').join(', ');
    const many = `+0 setsockopt(4, SOL_SOCKET, SO_ZEROCOPY, [1], 4) = 0
+0 sendmsg(4, {msg_name(...)=..., msg_iov(18)=[${pieces}], msg_flags=0}, MSG_ZEROCOPY) = 18`;
    expect(verdictOf(many).status).toBe('unsupported');
  });
});
