import type { TcpInfo } from '../../../src/tcp/terms/tcp-info.ts';
import type { Patient, PatientDetails } from '../../../src/views/why/patient.ts';

/** A connection that is well. */
export const healthy = (more: Partial<Patient> = {}): Patient => ({
  ...{ id: 3, state: 'ESTABLISHED', local: '10.9.0.2', localPort: 80, remote: '10.9.0.1', remotePort: 40000 },
  ...{ recvQueue: 0, sendQueue: 0, synQueue: 0, age: 12_300_000, left: null, orphan: false, timers: [] },
  details: details({}),
  ...more,
});

export function details(info: Partial<TcpInfo>, memory: Partial<PatientDetails['memory']> = {}): PatientDetails {
  const usual = {
    ...{ tcpi_snd_mss: 1448, tcpi_snd_cwnd: 10, tcpi_snd_wnd: 64512, tcpi_rcv_wnd: 65536, tcpi_rtt: 10_200 },
    ...{ tcpi_min_rtt: 10_100, tcpi_rto: 210_000, tcpi_unacked: 0, tcpi_total_retrans: 0, tcpi_data_segs_out: 100 },
    ...{ tcpi_dsack_dups: 0, tcpi_last_ack_recv: 3, tcpi_bytes_received: 77 },
  };
  return {
    info: { ...usual, ...info } as TcpInfo,
    memory: { received: 0, receiveBuffer: 131072, sent: 0, unsent: 0, sendBuffer: 87040, ...memory },
  };
}
