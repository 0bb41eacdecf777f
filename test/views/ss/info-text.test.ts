import { expect, it } from 'vitest';
import { Inspection } from '../../../src/observe/inspect/inspection.ts';
import { infoText, memoryText } from '../../../src/views/ss/info-text.ts';
import { Peer } from '../../support/peer.ts';

it('tcp_info reads as in ss: its words, their order, nothing of what is zero', () => {
  const peer = new Peer();
  peer.listen();
  peer.connectsToHost();
  peer.write(3000);
  peer.takeAll();
  const [snapshot] = [...new Inspection(peer.host).sockets({ states: ['ESTABLISHED'], details: true })];
  const details = snapshot!.details!;
  const info = {
    ...details.info,
    tcpi_rtt: 12_345,
    tcpi_rttvar: 6000,
    tcpi_rto: 212_345,
    tcpi_retrans: 1,
    tcpi_total_retrans: 2,
    tcpi_options: 7,
  };
  const text = infoText({ ...details, info }, { extended: true });
  expect(text).toMatch(
    /^ts sack cubic wscale:0,0 rto:212\.345 rtt:12\.345\/6 ato:40 mss:1460 pmtu:1500 .*cwnd:10 bytes_sent:3000 /,
  );
  expect(text).toMatch(/ send 9\.46Mbps .*unacked:\d+ retrans:1\/2 /);
  expect(text).not.toMatch(/:0(?![.,]|$)|undefined|NaN|ssthresh:2147/);
  expect(infoText({ ...details, info }, { numeric: true })).toMatch(/^cubic .* send 9461\d{3}bps /);
  expect(memoryText(details.memory)).toMatch(/^skmem:\(r0,rb\d+,t3000,tb\d+,f0,w0,o0,bl0,d0\)$/);
});

it('the rate of pacing is there, with the user’s limit behind it, and the rate of delivery', () => {
  const peer = new Peer({ sysctls: { tcp_congestion_control: 'reno' } }).connectsToHost({ mss: 1000 });
  const text = (): string => {
    const [{ details }] = [...new Inspection(peer.host).sockets({ states: ['ESTABLISHED'], details: true })] as [never];
    return infoText(details, {});
  };
  peer.wait(1);
  peer.write(2000);
  peer.takeAll();
  peer.wait(100);
  peer.send({ flags: '.', seq: 1, ack: 2001 });
  const { srtt } = peer.c.rtt;
  // Slow start: twice the window in a round trip.
  const megabits = ((8 * 2 * 10 * 1000) / srtt).toPrecision(3);
  expect(text()).toContain(` pacing_rate ${Number(megabits)}Mbps delivery_rate 160kbps delivered:3 app_limited `);
  peer.c.setMaxPacingRate(25_000);
  expect(text()).toContain(' pacing_rate 200kbps/200kbps ');
  peer.c.setMaxPacingRate(null);
  expect(text()).toContain(` pacing_rate ${Number(megabits)}Mbps delivery_rate`);
});

it('what the congestion control algorithm remembers is there, as ss has it of bbr', () => {
  const peer = new Peer({ sysctls: { tcp_cubic_hystart: 2 } }).connectsToHost({ mss: 1000 });
  const { cc } = peer.c;
  cc.cwnd = 50;
  cc.ssthresh = cc.cwnd = cc.algorithm.onCongestion(cc, 50, 'loss');
  const text = (): string => {
    const [{ details }] = [...new Inspection(peer.host).sockets({ states: ['ESTABLISHED'], details: true })] as [never];
    return infoText(details, {});
  };
  expect(text()).toMatch(/ cubic:\(w_max:50,cwnd_prior:50\)/);
  peer.write(200_000);
  peer.takeAll();
  peer.wait(10);
  peer.send({ flags: '.', seq: 1, ack: 1001 });
  peer.takeAll();
  // W_est is a little more than W_cubic at its beginning. K is the cube root of (50 - 35) / 0.4
  expect(text()).toMatch(/ cubic:\(region:Reno-friendly,w_max:50,.*,origin_point:50,k_s:3\.34716,.*w_est:35/);
  peer.c.setCongestionControl('reno');
  expect(text()).not.toContain('reno:(');
});
