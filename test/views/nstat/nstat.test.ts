import { expect, it } from 'vitest';
import { growth, nstatLines } from '../../../src/views/nstat/nstat.ts';

const now = { TcpInSegs: 12, TcpOutSegs: 7, TcpExtTCPTimeouts: 1, TcpRetransSegs: 0 };

it('counters are told by how far they have come', () => {
  expect(growth(now, {}, {})).toEqual({ TcpInSegs: 12, TcpOutSegs: 7, TcpExtTCPTimeouts: 1 });
  expect(growth(now, { TcpInSegs: 10, TcpOutSegs: 7 }, {})).toEqual({ TcpInSegs: 2, TcpExtTCPTimeouts: 1 });
  expect(growth(now, now, { zeros: true })).toEqual({
    TcpInSegs: 0,
    TcpOutSegs: 0,
    TcpExtTCPTimeouts: 0,
    TcpRetransSegs: 0,
  });
});

it('patterns choose by name, in any case', () => {
  const names = (...patterns: string[]) => Object.keys(growth(now, {}, { zeros: true, patterns }));
  expect(names('tcpext*')).toEqual(['TcpExtTCPTimeouts']);
  expect(names('Tcp?nSegs', '*retrans*')).toEqual(['TcpInSegs', 'TcpRetransSegs']);
  expect(names('Tcp')).toEqual([]);
  expect(names('[T](cp')).toEqual([]);
});

it('lines have nstat’s columns', () => {
  expect(nstatLines('kernel', { TcpInSegs: 12 })).toEqual([
    '#kernel',
    'TcpInSegs                       12                 0.0',
  ]);
});
