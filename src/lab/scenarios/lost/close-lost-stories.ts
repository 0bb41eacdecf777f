import {
  enters,
  gets,
  happens,
  isLost,
  type Lab,
  type LabHost,
  type Pattern,
  retransmits,
  sends,
  type Text,
  timeWait,
} from '../../story/index.ts';

/** What `close-lost` tells, for each of the four segments. */

export interface Scene {
  readonly lab: Lab;
  /** Who closes first, and the other one. */
  readonly first: LabHost;
  readonly second: LabHost;
  readonly isForEver: boolean;
  /** It is lost once, and the other one closes while FIN_WAIT_2 still lasts: from then on the close is as always. */
  readonly endsAsUsual: boolean;
  /** The first one has only shut its sending direction down, and goes on reading. */
  readonly isShutDown: boolean;
}

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toPrecision(3))}`;

/** How often a host has sent its FIN again: by the tail loss probe, and by the time-outs after it. */
const timesAgain = ({ host }: LabHost): number => host.tcp.counters.TCPLossProbes + host.tcp.counters.TCPTimeouts;

const gaveUp = (host: LabHost): Pattern =>
  happens(
    { en: `${host.name} gives up`, zh: `${host.name} 放弃` },
    (entry) =>
      entry.host === host.index &&
      entry.type === 'state' &&
      entry.to === 'CLOSED' &&
      entry.cause.text.startsWith('retransmissions exhausted'),
  );

/** The end of a run in which `host` never gets an ACK of its FIN. @returns seconds until it gives up; null: it did not */
function tellGivingUp({ lab, isForEver }: Scene, host: LabHost, isOrphan: boolean): () => string | null {
  let after: string | null = null;
  const knob = isOrphan ? 'tcp_orphan_retries' : 'tcp_retries2';
  lab[isForEver ? 'turn' : 'whenever'](
    gaveUp(host),
    ({ entry }) => {
      after = seconds(entry.type === 'state' ? entry.lasted / 1000 : 0);
      const times = timesAgain(host);
      return {
        en: `${times} times sent again, ${after} s: the ${host.name} gives up (${knob}${isOrphan ? '; 0 means 8' : ''}). CLOSED without TIME_WAIT, and the other end isn't told.`,
        zh: `重传 ${times} 次，共 ${after} s：${host.name} 放弃（${knob}${isOrphan ? '；0 表示 8' : ''}）。直接 CLOSED，没有 TIME_WAIT，也不通知对端。`,
      };
    },
    'tcp_timer.c, tcp_write_err',
  );
  return () => after;
}

/** `host` repeats its FIN. @returns after how many milliseconds it did first */
function tellRepetition({ lab }: Scene, host: LabHost, why: Text): () => number {
  let first = 0;
  lab.turn(
    retransmits(host),
    ({ entry, since }) => {
      first = Math.round(since);
      const isProbe = entry.type === 'retransmit' && entry.reason === 'tail loss probe';
      return isProbe
        ? {
            en: `${why.en} ${first} ms later, when the RTO would be over, the ${host.name} sends its FIN again: a tail loss probe, once. The RTO follows, and doubles each time.`,
            zh: `${why.zh}${first} ms 后，也就是 RTO 本该超时的时候，${host.name} 重发 FIN：尾部丢失探测，只有一次。之后才是 RTO，每次加倍。`,
          }
        : {
            en: `${why.en} ${first} ms later the ${host.name}'s RTO is over: it sends its FIN again. The RTO doubles each time.`,
            zh: `${why.zh}${first} ms 后 ${host.name} 的 RTO 超时：重传 FIN。RTO 每次加倍。`,
          };
    },
    'RFC 8985, 7.2; 7.3; RFC 6298, 5.4; 5.5',
  );
  return () => first;
}

/** Both ends at last. */
function checkEnds(lab: Lab, host: LabHost, states: string[]): void {
  lab.check(
    { en: `connections that the ${host.name} is left with`, zh: `${host.name} 最后剩下的连接` },
    () => [...host.host.tcp.connections].map(({ state }) => state),
    states,
  );
}

/** The first FIN. */
function firstLost(scene: Scene): void {
  const { lab, first, second, isForEver, isShutDown } = scene;
  lab.turn(isLost('FIN'), {
    en: `The FIN is lost: the ${first.name} is in FIN_WAIT_1. The ${second.name} has seen nothing, and is ESTABLISHED.`,
    zh: `FIN 丢失：${first.name} 处于 FIN_WAIT_1。${second.name} 什么也没看到，仍是 ESTABLISHED。`,
  });
  const rto = tellRepetition(scene, first, {
    en: 'A FIN takes 1 sequence number, so it has to be acknowledged.',
    zh: 'FIN 占用 1 个序号，必须被确认。',
  });
  const after = tellGivingUp(scene, first, !isShutDown);
  if (isForEver) {
    checkEnds(lab, first, []);
    checkEnds(lab, second, ['ESTABLISHED']);
  } else tellUsualEnd(scene);
  lab.answer(() => {
    const times = timesAgain(first);
    return after() === null
      ? {
          en: `The ${first.name} sent its FIN again after ${rto()} ms (${times} × in all), and from then on the close went as always.`,
          zh: `${first.name} 在 ${rto()} ms 后重传 FIN（共 ${times} 次），之后的挥手和平常一样。`,
        }
      : {
          en: `The ${first.name} sent its FIN ${times} times again, gave up after ${after()} s and was CLOSED without TIME_WAIT. The ${second.name} stays ESTABLISHED and knows nothing: only what it sends (data, keep-alive) would bring it a RST.`,
          zh: `${first.name} 重传 FIN ${times} 次，${after()} s 后放弃，直接 CLOSED，没有 TIME_WAIT。${second.name} 一直是 ESTABLISHED，毫不知情：只有它发送数据或 keep-alive 探测时才会得到 RST。`,
        };
  });
}

/** The ACK of the first FIN. */
function secondLost(scene: Scene): void {
  const { lab, first, second, isForEver, endsAsUsual } = scene;
  lab.turn(isLost('ACK'), {
    en: `The ACK is lost: the ${second.name} is in CLOSE_WAIT, the ${first.name} still in FIN_WAIT_1. It can't tell which of both was lost.`,
    zh: `ACK 丢失：${second.name} 处于 CLOSE_WAIT，${first.name} 仍在 FIN_WAIT_1。它分不清丢的是哪一个。`,
  });
  let isRepeated = false;
  lab.whenever(retransmits(first), () => {
    isRepeated = true;
    return {
      en: `An ACK takes no sequence number and is never sent again by itself. When no ACK comes within the RTO, the ${first.name} sends its FIN again (a tail loss probe, then time-outs).`,
      zh: `ACK 不占序号，从不主动重传。RTO 之内没有 ACK，${first.name} 就重发 FIN（先是尾部丢失探测，之后是超时重传）。`,
    };
  });
  lab.whenever(
    sends(second, 'ACK', { cause: 'the segment was here already' }),
    {
      en: `The ${second.name} has this FIN already: it answers with the same ACK, in CLOSE_WAIT as before.`,
      zh: `${second.name} 已经收过这个 FIN：再回同样的 ACK，仍是 CLOSE_WAIT。`,
    },
    'RFC 9293, 3.10.7.4, first',
  );
  const after = tellGivingUp({ ...scene, isForEver: false }, first, !scene.isShutDown);
  if (endsAsUsual) tellUsualEnd(scene);
  let isSaved = false;
  lab.whenever(timeWait(first, 'enter'), ({ entry }) => {
    isSaved = entry.type === 'timeWait' && isForEver;
    return isSaved
      ? {
          en: `The ${second.name}'s FIN repeats ack = u+1, and so does the work of the lost ACK: FIN_WAIT_1 to TIME_WAIT; FIN_WAIT_2 is passed within this one segment.`,
          zh: `${second.name} 的 FIN 带着同样的 ack = u+1，完成了丢失的 ACK 的工作：从 FIN_WAIT_1 到 TIME_WAIT，FIN_WAIT_2 在这一个报文段内就过去了。`,
        }
      : {
          en: `Now the ${second.name}'s FIN is here, too.`,
          zh: `${second.name} 的 FIN 也到了。`,
        };
  });
  lab.answer(() => {
    const times = timesAgain(first);
    const head = {
      en: `The ACK was never sent again by itself: the ${first.name} sent its FIN again (${times} ×), and each one was acknowledged again in CLOSE_WAIT.`,
      zh: `ACK 不会主动重传：${first.name} 重传 FIN（${times} 次），${second.name} 在 CLOSE_WAIT 中每次都再确认。`,
    };
    if (!isRepeated)
      return {
        en: `The ACK was never sent again: the ${second.name}'s FIN came before the RTO, and it repeats ack = u+1.`,
        zh: `ACK 没有重传：${second.name} 的 FIN 在 RTO 之前到达，它重复了 ack = u+1。`,
      };
    if (after() !== null)
      return {
        en: `${head.en} After ${after()} s the ${first.name} gave up: CLOSED without TIME_WAIT, and the ${second.name}'s own FIN is answered with RST.`,
        zh: `${head.zh}${after()} s 后 ${first.name} 放弃：直接 CLOSED，没有 TIME_WAIT，${second.name} 之后的 FIN 得到 RST。`,
      };
    if (isSaved)
      return {
        en: `${head.en} The ${second.name}'s FIN, which repeats ack = u+1, ended that.`,
        zh: `${head.zh}直到 ${second.name} 的 FIN 带着同样的 ack = u+1 到达。`,
      };
    return {
      en: `${head.en} The first of these ACKs that arrived took the ${first.name} to FIN_WAIT_2.`,
      zh: `${head.zh}第一个到达的 ACK 让 ${first.name} 进入 FIN_WAIT_2。`,
    };
  });
}

/** The second FIN. */
function thirdLost(scene: Scene): void {
  const { lab, first, second, isForEver, endsAsUsual, isShutDown } = scene;
  lab.turn(isLost('FIN'), {
    en: `The ${second.name}'s FIN is lost: it is in LAST_ACK, the ${first.name} waits for that FIN in FIN_WAIT_2.`,
    zh: `${second.name} 的 FIN 丢失：它处于 LAST_ACK，${first.name} 在 FIN_WAIT_2 中等这个 FIN。`,
  });
  const rto = tellRepetition(scene, second, {
    en: 'LAST_ACK waits for the ACK of its FIN.',
    zh: 'LAST_ACK 等待对自己 FIN 的确认。',
  });
  let waited: string | null = null;
  if (!isShutDown) {
    lab[isForEver ? 'turn' : 'whenever'](
      happens(
        { en: `${first.name} leaves FIN_WAIT_2`, zh: `${first.name} 离开 FIN_WAIT_2` },
        (entry) =>
          entry.host === first.index &&
          entry.type === 'timeWait' &&
          entry.state === 'FIN_WAIT_2' &&
          entry.action === 'leave',
      ),
      () => {
        waited = `${first.host.sysctls.tcp_fin_timeout}`;
        return {
          en: `The ${first.name}'s application has closed, so FIN_WAIT_2 ends after tcp_fin_timeout = ${waited} s: CLOSED without TIME_WAIT.`,
          zh: `${first.name} 的应用程序已经 close，所以 FIN_WAIT_2 在 tcp_fin_timeout = ${waited} s 后结束：直接 CLOSED，没有 TIME_WAIT。`,
        };
      },
      'ip-sysctl.rst, tcp_fin_timeout',
    );
  }
  let isRefused = false;
  lab.whenever(gets(second, 'RST'), () => {
    isRefused = true;
    return {
      en: `This FIN comes after FIN_WAIT_2 is over: there is no connection any more, so it gets a RST.`,
      zh: `这个 FIN 到得比 FIN_WAIT_2 结束还晚：连接已不存在，得到 RST。`,
    };
  });
  const after = tellGivingUp(scene, second, true);
  if (isForEver) {
    checkEnds(lab, first, isShutDown ? ['FIN_WAIT_2'] : []);
    checkEnds(lab, second, []);
  } else if (endsAsUsual) tellUsualEnd(scene);
  lab.answer(() => {
    const times = timesAgain(second);
    const head = {
      en: `The ${second.name} sends its FIN again from LAST_ACK, first after ${rto()} ms, ${times} × here`,
      zh: `${second.name} 在 LAST_ACK 中重传 FIN，第一次在 ${rto()} ms 后，这里共 ${times} 次`,
    };
    if (isRefused)
      return {
        en: `${head.en}. The ${first.name} had left FIN_WAIT_2 after ${waited} s: the late FIN got a RST.`,
        zh: `${head.zh}。${first.name} 在 ${waited} s 后已离开 FIN_WAIT_2：迟到的 FIN 得到 RST。`,
      };
    if (after() === null)
      return {
        en: `${head.en}. The ${first.name} waits in FIN_WAIT_2 until it comes; then both end as always.`,
        zh: `${head.zh}。${first.name} 在 FIN_WAIT_2 中等到它到达；然后双方照常结束。`,
      };
    return isShutDown
      ? {
          en: `${head.en}, and gives up after ${after()} s. The ${first.name} has not closed, it only shut down: its FIN_WAIT_2 lasts for ever.`,
          zh: `${head.zh}，${after()} s 后放弃。${first.name} 没有 close，只是 shutdown：它的 FIN_WAIT_2 永远不结束。`,
        }
      : {
          en: `${head.en}, and gives up after ${after()} s. The ${first.name}, whose application has closed, leaves FIN_WAIT_2 after ${waited} s (tcp_fin_timeout); a FIN after that would get a RST.`,
          zh: `${head.zh}，${after()} s 后放弃。${first.name} 的应用程序已经 close，${waited} s（tcp_fin_timeout）后离开 FIN_WAIT_2；再晚到的 FIN 会得到 RST。`,
        };
  });
}

/** The ACK of the second FIN. */
function fourthLost(scene: Scene): void {
  const { lab, first, second, isForEver, endsAsUsual } = scene;
  let began = 0;
  lab.turn(timeWait(first, 'enter'), ({ at }) => {
    began = at;
    return {
      en: `The ${first.name} has the second FIN, acknowledges it and waits in TIME_WAIT.`,
      zh: `${first.name} 收到第二个 FIN，回 ACK，进入 TIME_WAIT。`,
    };
  });
  lab.turn(isLost('ACK'), {
    en: `The last ACK is lost: the ${second.name} stays in LAST_ACK.`,
    zh: `最后的 ACK 丢失：${second.name} 停在 LAST_ACK。`,
  });
  tellRepetition(scene, second, { en: `The ${second.name} can't know.`, zh: `${second.name} 无从得知。` });
  let restarts = 0;
  lab.turn(
    timeWait(first, 'restart'),
    {
      en: 'The FIN again: its ACK again, and 2MSL begins anew. That is what TIME_WAIT is there for.',
      zh: 'FIN 又来了：再回 ACK，2MSL 重新计时。TIME_WAIT 正是为此存在。',
    },
    'RFC 9293, 3.10.7.4',
  );
  const after = tellGivingUp(scene, second, true);
  if (endsAsUsual)
    lab.turn(enters(second, 'CLOSED'), {
      en: `This ACK arrives: the ${second.name} is done.`,
      zh: `这个 ACK 到了：${second.name} 结束。`,
    });
  let lasted = '';
  lab[isForEver || endsAsUsual ? 'turn' : 'whenever'](timeWait(first, 'leave'), ({ at }) => {
    restarts = timesAgain(second);
    lasted = seconds(at - began);
    return {
      en: `TIME_WAIT is over, ${lasted} s after it began: 60 s after the last FIN.`,
      zh: `TIME_WAIT 结束，距开始 ${lasted} s：即最后一个 FIN 之后 60 s。`,
    };
  });
  checkEnds(lab, first, []);
  lab.answer(() => ({
    en: `The ${second.name} sends its FIN again (${restarts} ×); each one gets its ACK again and starts the ${first.name}'s 2MSL anew: ${lasted} s of TIME_WAIT in all.${after() === null ? '' : ` No ACK arrives: after ${after()} s the ${second.name} gives up.`}`,
    zh: `${second.name} 重传 FIN（${restarts} 次）；每次都再得到 ACK，并让 ${first.name} 的 2MSL 重新计时：TIME_WAIT 总共 ${lasted} s。${after() === null ? '' : `ACK 一直不到：${second.name} 在 ${after()} s 后放弃。`}`,
  }));
}

/** Nothing more is lost: how it ends. */
function tellUsualEnd({ lab, first, second, endsAsUsual }: Scene): void {
  if (!endsAsUsual) return;
  lab.turn(enters(second, 'CLOSED'), {
    en: `From here on all goes as always: the ${second.name} is done, the ${first.name} waits in TIME_WAIT.`,
    zh: `之后一切照常：${second.name} 结束，${first.name} 在 TIME_WAIT 中等待。`,
  });
  lab.turn(timeWait(first, 'leave'), ({ since }) => ({
    en: `TIME_WAIT is over, ${Math.round(since / 1000)} s later.`,
    zh: `${Math.round(since / 1000)} s 后 TIME_WAIT 结束。`,
  }));
}

export const STORIES = { 1: firstLost, 2: secondLost, 3: thirdLost, 4: fourthLost } as const;
