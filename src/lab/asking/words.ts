/** Different words for one thing, in both languages: each text that fits the pattern has the concept, besides its own words. */
export const CONCEPTS: Readonly<Record<string, RegExp>> = {
  why: /为什么|为何|\bwhy\b/,
  not: /没有|没|不|未|无|\b(without|no|not|never)\b|n't\b/,
  lost: /丢失|丢了|丢包|丢掉|弄丢|丢弃|被丢|没收到|没有收到|收不到|未收到|没到|没有到|\b(lost|lose[sd]?|losing|loss(es)?|drop(s|ped)?|vanish\w*|disappear\w*|missing)\b|never (arrive|come|reach)/,
  close:
    /挥手|关闭|断开|断连|关掉|拆除|释放连接|终止连接|\b(clos(e|es|ed|ing)|tear\w*[ -]?down|disconnect\w*|terminat\w+|shut\w*)\b/,
  open: /握手|建立连接|建连|连接建立|建立一个连接|打开连接|\b(handshakes?|open(s|ed|ing)?|establish\w*|connection setup)\b/,
  attack:
    /攻击|洪水|洪泛|泛洪|恶意|黑客|\b(attack\w*|flood\w*|ddos|dos|malicious|hacker|hijack\w*|inject\w*|forge[ds]?|spoof\w*)\b/,
  crash:
    /崩溃|宕机|断电|掉电|死机|关机|挂掉|挂了|重启|故障|停电|被杀|\b(crash\w*|reboot\w*|power\w*|die[sd]?|killed|restart\w*|blackout)\b/,
  cable: /网线|断网|\b(cable|unplug\w*|wire|pulled out)\b/,
  many: /大量|过多|太多|很多|许多|堆积|成千上万|\b(many|lots?|pile[sd]?|thousands|heaps?|accumulat\w*|too much)\b/,
  most: /最多|上限|最大|至多|\b(most|maximum|max|limit\w*|at most)\b/,
  queue: /队列|排队|\b(queue\w*|backlog)\b/,
  again: /重传|重发|再发|再次发送|\b(retransmi\w+|resen[dt]\w*|again|repeat\w*)\b/,
  order: /乱序|失序|顺序|\b(out[ -]of[ -]order|reorder\w*|in order|wrong order|order)\b/,
  both: /同时|双方都|\b(simultaneous\w*|at once|at the same time|both ends|cross(es|ed|ing)?)\b/,
  keepalive: /保活|心跳|长连接|\bkeep[ -_]?alives?\b|\b(heartbeats?|persistent connections?)\b/,
  reset: /复位|重置|\b(rsts?|reset\w*|econnreset)\b/,
  reuse: /复用|重用|再用|\b(reus\w+|recycl\w+)\b/,
  removed: /删除|删掉|移除|去掉|废弃|被删|\b(remov\w+|gone|deleted|deprecated|abolish\w*)\b/,
  difference: /区别|不同|差异|差别|异同|对比|比较|\b(differen\w+|versus|vs|compar\w+)\b/,
  slow: /变慢|很慢|好慢|太慢|慢|卡顿|\b(slow\w*|latency|delay\w*|lag\w*)\b/,
  header: /首部|头部|报头|包头|报文格式|\b(headers?|fields?)\b/,
  full: /满|溢出|\b(full|overflow\w*|fill(s|ed)?)\b/,
  exhausted: /用光|用完|耗尽|不够|没有端口|\b(exhaust\w*|run out|ran out|eaddrnotavail|no more|too few)\b/,
  old: /旧|老的|之前的|上一个|前一个|\b(old|previous|former|earlier|stale|last incarnation)\b/,
  message: /粘包|拆包|半包|消息边界|\b(sticky|messages?|boundar\w+|glued)\b/,
  sequence: /序号|序列号|\bisn\b|\bseq(uence)?( numbers?)?\b/,
  random: /随机|\brandom\w*\b/,
  congestion: /拥塞|慢启动|\b(congest\w+|cwnd|slow[ -]start)\b/,
  probe: /探测|\bprob(e|es|ing)\b/,
  refuse: /拒绝|没有监听|没有 ?listen|不监听|\b(refus\w+|not listening|without listen|no listener)\b/,
  data: /数据|\b(data|bytes?|octets?|payload)\b/,
};

/** One spelling for words that have several; what is replaced here is gone. */
export const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/毫秒/g, ' ms '],
  [/\b(two|three|four)[- ]way\b/g, ' $1_way '],
  [/服务端/g, '服务器'],
  [/头部|报头|包头/g, '首部'],
  [/序列号/g, '序号'],
  [/延时/g, '延迟'],
  [/应答/g, '确认'],
  [/syn ?[-+/]? ?ack\b/g, ' syn_ack '],
  [/time[-_ ]?waits?/g, ' time_wait '],
  [/close[-_ ]waits?/g, ' close_wait '],
  [/last[-_ ]ack\b/g, ' last_ack '],
  [/fin[-_ ]wait[-_ ]?([12])/g, ' fin_wait_$1 '],
  [/syn[-_ ]?(recv|rcvd|received)\b/g, ' syn_received '],
  [/syn[-_ ]sent\b/g, ' syn_sent '],
  [/(fast|fin|keep|half|dup|two|three|four|cross|syn|read|write|tail)-(?=[a-z])/g, '$1 '],
];

/** What any question may have. Longer ones first, where one begins another. */
export const STOP_CHINESE =
  /为什么|为何|是什么|什么是|什么叫|什么|怎么样|怎么办|怎么回事|怎么|怎样|如何|是不是|能不能|一直|调用|说明|意味着|代表|增长|增加|变多|是否|可以|能够|请问|请|一下|说说|讲讲|谈谈|介绍|解释|如果|那么|这个|那个|这种|那种|时候|的话|一个|哪些|哪个|多少|几个|会发生|发生|会|能|吗|呢|吧|啊|的|了|是|有|和|与|跟|或者|或|及|它|我们|我|你|就|也|都|需要|要|被|在/;

export const STOP_ENGLISH: ReadonlySet<string> = new Set(
  (
    'a an the and or but if then so of to in on at by for with from as is are was were be been being am do does did doing done ' +
    'have has had having can could may might must shall should will would it its this that these those there here i me my we ' +
    'our you your he she they them their what which who whom whose why how when where not nor yes any some all each every ' +
    'own same such than too very just also only into onto out up about after before happen get got go goes grow grows growing arrive arrives arrived s t re ll ve d m ' +
    'one mean explain tell please tcp connection'
  ).split(' '),
);

export const ORDINALS: Readonly<Record<string, number>> = {
  ...{ first: 1, second: 2, third: 3, fourth: 4, fifth: 5, '1st': 1, '2nd': 2, '3rd': 3, '4th': 4, '5th': 5 },
  ...{ 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5 },
};

export const NUMERALS: Readonly<Record<string, string>> = {
  ...{ one: '1', two: '2', three: '3', four: '4', five: '5', six: '6' },
  ...{ 二: '2', 两: '2', 三: '3', 四: '4', 五: '5', 六: '6' },
};
