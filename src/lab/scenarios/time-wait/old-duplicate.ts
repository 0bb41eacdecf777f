import { drops, enters, fails, gets, scenario, sends, timeWait } from '../../story/index.ts';
import { readEach } from './read-each.ts';

const PORT = 40_000;
/** A connection begins so many milliseconds after the beginning; the duplicate is on its way for so many. */
const SECOND_AT = 1000;
const PARKED = 3000;
/** The octets of the old connection and of the new one. */
const OLD = 'o';
const NEW = 'n';

const sumOf = (octets: string): number => [...octets].reduce((sum, octet) => sum + octet.charCodeAt(0), 0);

export default scenario({
  name: 'old-duplicate',
  topic: 'time-wait',
  kind: 'tutorial',
  title: { en: 'An old duplicate in a new connection', zh: '旧连接的重复报文段混入新连接' },
  question: {
    en: 'Why is there a TIME_WAIT? Can a late segment of an old connection get into a new one with the same addresses and ports?',
    zh: '为什么要有 TIME_WAIT？旧连接迟到的报文段会不会混入四元组相同的新连接？',
  },
  asked: [
    'why TIME_WAIT, reason 2: old duplicate segments',
    'old data of a previous connection arrive in a new one',
    'wandering duplicate, lost duplicate, router loop',
    '为什么 TIME_WAIT 要等 2MSL，让旧报文段消失',
    '防止旧连接的数据被新连接接收',
    '历史报文 序号回绕 PAWS',
  ],
  sources: ['RFC 9293, 3.4.3', 'RFC 9293, 3.6', 'RFC 7323, 5', 'RFC 6528, 3'],
  corrects: {
    en: 'It is often drawn as if any late segment did harm. Its numbers must fall into the new window, too: RFC 6528 lets each connection of one four-tuple begin higher, by 250,000 in 1 s (--isn clock), and timestamps (on by default in Linux) tell old from new. TIME_WAIT protects also where a connection sent faster than that and has no timestamps.',
    zh: '常见的图让人以为任何迟到的报文段都有害。其实它的序号还必须落在新连接的窗口内：按 RFC 6528，同一个四元组的后一个连接从更大的序号开始，每 1 s 增加 250,000（--isn clock）；时间戳（Linux 默认开启）也能区分新旧。如果连接发送得更快、又没有时间戳，仍要靠 TIME_WAIT 保护。',
  },
  parameters: {
    seq: {
      ...{ default: 1000, min: 1, max: 20_000 },
      text: { en: "the parked segment's sequence number (the SYN is 0)", zh: '滞留的报文段的序号（SYN 为 0）' },
    },
    len: { default: 1000, min: 1, max: 1400, text: { en: 'its octets', zh: '它的字节数' } },
    'time-wait': { default: false, text: { en: 'the client has a TIME_WAIT', zh: 'client 有 TIME_WAIT' } },
    timestamps: { default: false, text: { en: 'both have timestamps', zh: '双方使用时间戳' } },
    isn: {
      default: 'same',
      choices: ['same', 'clock'],
      text: {
        en: 'each connection begins with the same number, or with that of a clock (RFC 6528)',
        zh: '每个连接的初始序号相同，或取自时钟（RFC 6528）',
      },
    },
  },
  play(lab, { seq, len, 'time-wait': isWaiting, timestamps, isn }) {
    const tcp_timestamps = timestamps ? 1 : 0;
    const begins = isn === 'same' ? { initialSequence: 5_000_000 } : {};
    const none = isWaiting ? {} : { tcp_max_tw_buckets: 0 };
    const client = lab.host('client', { ...begins, sysctls: { tcp_timestamps, ...none } });
    const server = lab.host('server', { ...begins, sysctls: { tcp_timestamps } });
    lab.path(`duplicate DATA 1 seq ${seq}-${seq + len - 1} after ${PARKED}ms from client`);

    const reads = readEach(server, 80);

    const written = NEW.repeat(seq - 1 + len);
    /** Writes all before the octets in question, and after a pause those. */
    const send = async (letter: string, pause: number, localPort?: number): Promise<void> => {
      const options = { noDelay: true };
      const socket = client.connect(server, 80, { options, ...(localPort !== undefined && { localPort }) });
      await socket.connected;
      if (seq > 1) await socket.write(letter.repeat(seq - 1));
      await client.wait(pause);
      await socket.write(letter.repeat(len));
      await client.wait(100);
      socket.shutdown();
      await socket.readAll();
      socket.close();
    };
    client.run(async () => {
      await send(OLD, 300, PORT);
      await client.wait(SECOND_AT - lab.now);
      try {
        await send(NEW, PARKED, PORT);
      } catch (error) {
        if ((error as { code: string }).code !== 'EADDRINUSE') throw error;
        await send(NEW, PARKED);
      }
    });

    const [last, isMarked] = [
      seq + len - 1,
      client.host.sysctls.tcp_timestamps * server.host.sysctls.tcp_timestamps !== 0,
    ];
    const isHarmful = !isMarked && isn === 'same' && !isWaiting;
    lab.turn(
      sends(client, 'DATA', { seq, length: len }),
      {
        en: `Octets ${seq} to ${last} of the old connection. A copy is parked on the path for ${PARKED} ms, as in a loop of routers: it will come late.`,
        zh: `旧连接的字节 ${seq} 到 ${last}。它的一个副本在路上滞留 ${PARKED} ms（例如路由环路），会迟到。`,
      },
      'RFC 9293, 3.4.3',
    );
    if (isWaiting) {
      lab.turn(timeWait(client, 'enter'), {
        en: 'The client has closed first: TIME_WAIT keeps the four-tuple.',
        zh: 'client 先关闭：TIME_WAIT 占住这个四元组。',
      });
    } else {
      lab.turn(enters(client, 'CLOSED'), {
        en: 'The client has closed first, and has no TIME_WAIT (tcp_max_tw_buckets = 0): the four-tuple is free at once.',
        zh: 'client 先关闭，而且没有 TIME_WAIT（tcp_max_tw_buckets = 0）：四元组马上可用。',
      });
    }
    if (isWaiting && !isMarked) {
      lab.turn(fails(client, 'EADDRINUSE'), {
        en: `The same port ${PORT} can't be had: the kernel refuses it while TIME_WAIT lasts. The application takes another.`,
        zh: `端口 ${PORT} 不能再用：TIME_WAIT 期间内核拒绝。应用程序换一个端口。`,
      });
    }
    lab.turn(sends(client, 'SYN'), ({ entry }) => {
      const port = entry.type === 'segment' ? entry.localPort : 0;
      return { en: `The new connection, from port ${port}.`, zh: `新连接，端口 ${port}。` };
    });
    if (isHarmful) {
      lab.turn(gets(server, 'DATA', { seq, length: len }), {
        en: `The old segment arrives. Address, port and number fit: the server takes its ${len} octets for the new connection's, and acknowledges ${last + 1}.`,
        zh: `旧报文段到了。地址、端口、序号都合适：server 把这 ${len} 字节当作新连接的数据收下，并确认 ${last + 1}。`,
      });
      lab.turn(
        drops(client, 'AckUnsent'),
        {
          en: `The client gets an ACK for octets that it has not sent yet, and drops it.`,
          zh: `client 收到的 ACK 确认了它还没有发送的字节，将其丢弃。`,
        },
        'RFC 9293, 3.10.7.4',
      );
      lab.turn(gets(server, 'DATA', { seq, length: len }), {
        en: `Now the right ${len} octets come: their numbers have been received already, so they are thrown away as repeated.`,
        zh: `真正的 ${len} 字节这时才到：这些序号已经收过，被当作重复丢弃。`,
      });
    } else if (isMarked) {
      lab.turn(
        drops(server, 'Paws'),
        {
          en: "The old segment arrives. Its timestamp is older than the new connection's: PAWS drops it.",
          zh: '旧报文段到了。它的时间戳比新连接的更旧：PAWS 将其丢弃。',
        },
        'RFC 7323, 5',
      );
    } else if (isWaiting) {
      lab.turn(gets(client, 'RST'), {
        en: 'The old segment arrives: its four-tuple has no connection at the server, which answers RST. It meets the TIME_WAIT, and ends nothing.',
        zh: '旧报文段到了：server 上没有这个四元组的连接，回 RST。RST 遇到 TIME_WAIT，没有影响任何连接。',
      });
    } else {
      lab.turn(drops(server, 'OutsideWindow'), {
        en: 'The old segment arrives. The new connection began at a higher number: it lies before the window, and is dropped.',
        zh: '旧报文段到了。新连接从更大的序号开始：它落在窗口之前，被丢弃。',
      });
    }

    const wrong = (): number => [...(reads[1] ?? '')].filter((octet) => octet === OLD).length;
    lab.check(
      { en: 'octets of the old connection delivered in the new one', zh: '新连接中交付的旧连接字节数' },
      wrong,
      isHarmful ? len : 0,
    );
    lab.check(
      { en: 'octets that the new connection delivered', zh: '新连接交付的字节数' },
      () => reads[1]?.length,
      written.length,
    );
    lab.answer(() => {
      const [sent, got] = [sumOf(written), sumOf(reads[1] ?? '')];
      if (wrong() > 0) {
        return {
          en: `Without TIME_WAIT ${wrong()} of ${written.length} octets were delivered wrong, and no error was told: sum written ${sent}, sum read ${got}. TIME_WAIT keeps the four-tuple until such segments have died (--time-wait), and timestamps tell them apart (--timestamps).`,
          zh: `没有 TIME_WAIT，${written.length} 字节中有 ${wrong()} 字节交付错误，而且没有任何报错：写入的和 ${sent}，读到的和 ${got}。TIME_WAIT 占住四元组直到这样的报文段消亡（--time-wait）；时间戳也能区分它们（--timestamps）。`,
        };
      }
      const by = isMarked
        ? { en: 'PAWS dropped the old segment by its timestamp', zh: 'PAWS 根据时间戳丢弃了旧报文段' }
        : isWaiting
          ? { en: 'TIME_WAIT kept the four-tuple from the new connection', zh: 'TIME_WAIT 不让新连接使用同一个四元组' }
          : { en: 'the new connection began at a higher number (RFC 6528)', zh: '新连接从更大的序号开始（RFC 6528）' };
      return {
        en: `Nothing was delivered wrong: ${by.en}. Sum written ${sent}, sum read ${got}.`,
        zh: `没有交付错误的数据：${by.zh}。写入的和 ${sent}，读到的和 ${got}。`,
      };
    });
  },
});
