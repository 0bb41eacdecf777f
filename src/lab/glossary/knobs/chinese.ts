import type { Sysctls } from '../../../host/sysctls.ts';

/** What each knob does, in Chinese; in English it is the `doc` of the knob itself. Both have the same numbers. */
export const chinese: Readonly<Record<keyof Sysctls, string>> = {
  // Opening and queues
  somaxconn: '监听套接字 backlog 的上限；backlog 限制全连接队列和半连接队列：每个队列能比它多容纳一个。',
  tcp_max_syn_backlog:
    '关闭 cookie 时，如果半连接队列剩余的位置不到这个数的四分之一，就丢弃 SYN。（无论是否使用 cookie，半连接数超过 listen 的 backlog 时队列即满，见 somaxconn。）',
  tcp_syncookies: '1：半连接队列满时用 cookie 回应 SYN。2：总是用 cookie 回应。0：从不使用，队列满则丢弃。',
  tcp_abort_on_overflow:
    '1：全连接队列已满时，用 RST 回应握手的最后一个 ACK。0：忽略这个 ACK，由对方的数据或我方重传的 SYN-ACK 再次尝试。',
  tcp_syn_retries:
    '主动打开在放弃之前重传 SYN 的次数，不含 tcp_syn_linear_timeouts：后者为 4 时，7 次共 251 s。Linux 的 6 次共 131 s，短于 MUST-23 要求的三分钟。',
  tcp_syn_linear_timeouts:
    'SYN 超时这么多次之后，下一次仍不比第一次长：4 表示在 1、2、3、4、5、7、11 s 等时刻重传。0：每次都是上一次的两倍（RFC 6298，5.5 节）。这些次数加在 tcp_syn_retries 之上。',
  tcp_synack_retries:
    '被动打开在放弃之前重传 SYN-ACK 的次数：5 次共 63 s。当较旧的条目占据半连接队列的大部分时次数减少，最少到 2 次。',
  tcp_fastopen:
    'Fast Open，各位相加：1 表示我方打开的连接可以使用，4 表示不用 cookie；2 表示监听套接字可以使用（由 TCP_FASTOPEN 决定是哪些），512（0x200）表示不用 cookie，1024（0x400）表示所有监听套接字，以各自的 backlog 为上限。',
  tcp_fastopen_key:
    '生成 Fast Open cookie 的密钥，供共用它的服务器使用；第二个是旧密钥，它的 cookie 仍然有效。空：主机自己的密钥。',
  tcp_fastopen_blackhole_timeout_sec:
    '一个连接遇到黑洞（收到 SYN-ACK，之后再无回音）之后，多久不用 Fast Open 打开连接。每连续一次加倍，最多 64 倍。0：从不。',
  tcp_shrink_window:
    '1：如果不缩小窗口接收缓冲区就会超出上限，则缩小窗口（仅当窗口缩放因子不为 0）；按序到达、不超过先前已承诺右边界的数据仍被接收（RFC 7323，2.4 节）。0：窗口从不缩小。',
  tcp_timestamps: '提出并接受时间戳选项：1 表示每个连接使用随机偏移，2 表示不使用偏移。',
  tcp_window_scaling: '提出并接受窗口扩大选项。',
  tcp_sack: '提出并接受选择确认。',
  tcp_dsack: '告诉对方哪些字节到达了两次。',
  tcp_ecn:
    '显式拥塞通知。0：不用。1：主动请求，也接受请求。2：只接受请求。3：请求并接受 AccECN。4：接受 AccECN，请求 RFC 3168 的 ECN。5：接受 AccECN，不主动请求。',
  tcp_ecn_fallback:
    '1：重传的 SYN 不再请求 ECN（AccECN 多试一次），因为路径可能丢弃带这些标志的 SYN；握手中 ECN 字段被路径改动时不再使用 ECT。',
  tcp_ecn_option:
    'AccECN 选项。0：从不发送。1：只在必要时发送。2：只要放得下，每个报文段都带，直到看来路径丢弃它为止。3：即使如此也带。',
  tcp_ecn_option_beacon: 'tcp_ecn_option=1 时，每个往返时间至少发送这么多次 AccECN 选项；0：只在有变化时发送。',

  // Retries and endings
  tcp_retries1: '重传多少次之后通知网络层可能有问题。',
  tcp_retries2: '重传多少次之后放弃连接：RTO 为 200 ms 时，15 次共 924.6 s。',
  tcp_orphan_retries:
    '与 tcp_retries2 相同，但用于应用程序已经关闭的连接。0 表示 8 次，并且超时时间已增长到 tcp_rto_max_ms 时不再重传。',
  tcp_max_orphans: '应用程序已关闭而仍然存在的连接最多有多少（不含 TIME_WAIT）；超过的被复位。',
  tcp_fin_timeout: '应用程序已经关闭的连接在 FIN_WAIT_2 停留多久。',
  tcp_keepalive_time: '应用程序启用保活后，空闲多久发送第一个保活探测。',
  tcp_keepalive_intvl: '没有得到回应的保活探测之间的间隔。',
  tcp_keepalive_probes: '多少个保活探测没有回应之后放弃连接。',

  // TIME_WAIT
  tcp_timewait_len: '2MSL：连接在 TIME_WAIT 停留多久。',
  tcp_max_tw_buckets: '处于 TIME_WAIT（或 close 之后等待 FIN）的连接最多有多少；超过时连接立即关闭。',
  tcp_tw_reuse:
    '1：我方新发起的连接可以使用处于 TIME_WAIT 且有时间戳的连接的临时端口。2：仅限本机到本机的连接。0：从不。',
  tcp_tw_reuse_delay: 'TIME_WAIT 至少持续多久之后才能用于 tcp_tw_reuse：要足够让时间戳时钟前进。',
  tcp_tw_recycle:
    '历史参数，请保持为 0。1：TIME_WAIT 只持续 3.5 个 RTO，并且在一分钟内来自该地址的 SYN 必须带有更新的时间戳。同一个 NAT 后面的客户端各有自己的时钟，所以其中一些无法连接；Linux 4.12 删除了它，那时时间戳已改为每个连接随机，任何人都会受影响。',
  tcp_rfc1337: '1：RST 不会结束 TIME_WAIT。0：与 Linux 相同，序号恰好正确的 RST 会结束它。',

  // Data and windows
  tcp_rmem:
    '一个连接的接收缓冲区：最小、初始和最大。窗口是它的一半，最大值决定窗口扩大因子：32 MiB 可以填满 100 ms 的 1 Gbit/s。',
  tcp_moderate_rcvbuf: '1：接收缓冲区随应用程序每个往返取走的数据量增长。0：保持初始大小。',
  tcp_rcvbuf_low_rtt: '往返时间短于此值时，接收缓冲区增长得较慢。',
  tcp_notsent_lowat:
    '从未发送过的字节少于此值时应用程序可以继续写入（某个连接没有自己的设置时）。最大值表示除 tcp_wmem 之外没有限制。',
  tcp_wmem: '一个连接的发送缓冲区：最小、初始和最大。它随拥塞窗口增长，直到其两倍。',
  tcp_limit_output_bytes: '在再次查看收到的数据包之前，多个连接合计可以发送多少。',
  tcp_reordering: '起初多少个重复 ACK 表示丢失；报文段互相超越时，这个数会增长。',
  tcp_max_reordering: '表示丢失的重复 ACK 个数最多能增长到多少。',
  tcp_recovery:
    '有 SACK 时如何发现丢失：1 表示按时间（RACK），否则按计数（RFC 6675）；2 表示乱序窗口固定为最小往返时间的四分之一；4 表示仅凭重复 ACK 不算丢失。',
  tcp_early_retrans: '3 和 4：经过两个往返时间没有 ACK 时发送尾部丢失探测；其他值不发送。',
  tcp_frto: '不为 0：超时之后查明它是否不必要（F-RTO）。',
  tcp_congestion_control:
    '应用程序没有另外设置时，新连接使用的拥塞控制算法：reno 即 NewReno（RFC 5681、RFC 6582），cubic 即 CUBIC（RFC 9438）。',
  tcp_available_congestion_control: '本机拥有的拥塞控制算法，包括自行添加的。只读。',
  tcp_allowed_congestion_control:
    '除 tcp_congestion_control 的算法之外，应用程序可以为连接选择的拥塞控制算法（TCP_CONGESTION）。空：全部。',
  tcp_cubic_hystart:
    'CUBIC 怎样在丢包之前离开第一次慢启动。2：HyStart++（RFC 9406）。1：Linux 所用的 HyStart。0：不提前离开。',
  tcp_reno_hystart: '与 tcp_cubic_hystart 相同，但用于 reno。0：完全按照 RFC 5681。',
  tcp_cubic_hystart_detect: 'HyStart 看什么。1：ACK 是否成串到达。2：往返时间是否增长。3：两者都看。',
  tcp_cubic_hystart_low_window: '窗口小于这个值时 HyStart 不起作用。',
  tcp_cubic_hystart_ack_delta_us: '间隔不超过这个值的 ACK 被 HyStart 视为成串到达。',
  tcp_cubic_fast_convergence: '1：CUBIC 丢包时的窗口比上一次小，就给别的连接让出空间。0：不让。',
  tcp_cubic_tcp_friendliness: '1：CUBIC 至少与 Reno 增长得一样快。0：只按三次函数增长。',
  tcp_slow_start_after_idle: '超过一个 RTO 没有发送之后，重新从初始窗口开始。',
  tcp_rto_min_us: '重传超时时间中由偏差决定的那部分的最小值。',
  tcp_rto_max_ms: '重传超时时间的最大值。',
  default_qdisc:
    '链路之前的队列怎样对待新连接。pfifo_fast：报文段准备好就发送。fq：所有连接都按窗口的速率步调发送（tcp_pacing_ss_ratio、tcp_pacing_ca_ratio）。自行步调的算法（bbr）和用户限速的连接（SO_MAX_PACING_RATE）总是步调发送。',
  tcp_pace_bunched_acks:
    '1：往返时间不短于 4 ms 时，如果成批到达的 ACK 一次放出了窗口的四分之一并且至少 32 个报文段（慢启动中为 128 个），这个连接从此按步调发送：用户态进程可能迟到，这样的突发会使队列溢出。0：只有 default_qdisc、算法或用户要求的连接才按步调发送。',
  tcp_pacing_ss_ratio: '慢启动中的步调速率：每个往返时间发送窗口的百分之多少。超级报文段的长度也由它决定。',
  tcp_pacing_ca_ratio: '同上，用于拥塞避免。',
  tcp_min_tso_segs: '无论速率多低，一个超级报文段都可以有这么多个报文段。',
  tcp_tso_rtt_log:
    '往返时间在 2 的这个次方微秒以内时，超级报文段取最长；再往上，这一部分每多一个这样的时间减半。0：只看速率。',
  tcp_min_rtt_wlen: '最小往返时间（tcpi_min_rtt）取最近多少秒内的最小值：路径变长之后，过了这段时间才看得出来。',

  // Attacks
  tcp_challenge_ack_limit: '整个主机每秒最多发送多少个 challenge ACK。',
  tcp_invalid_ratelimit: '同一个连接用 ACK 回应不合规报文段时，两个 ACK 之间的最短间隔。',

  // The path
  tcp_mtu_probing:
    '1：一个满长度的报文段一再丢失时，改试较短的报文段，用于不发 ICMP 就丢弃长数据包的路径（常见于 VPN）；畅通之后再试较长的。2：每个连接都从 tcp_base_mss 开始。0：只听 ICMP 的。',
  tcp_base_mss: 'tcp_mtu_probing 最先尝试的报文段长度。',
  tcp_mtu_probe_floor: 'tcp_mtu_probing 不会尝试比它更短的报文段。',
  tcp_probe_interval: 'tcp_mtu_probing 判定某个长度过长之后，隔多久再试。',
  ip_local_port_range: '临时端口的第一个和最后一个。',
  ip_default_ttl: '经 IPv4 发送的数据报的生存时间。',
  hop_limit: '经 IPv6 发送的数据报的跳数限制。',
  ip_no_pmtu_disc:
    '0：数据报带 DF，并学习路径 MTU。其他值：数据报允许分片；路由器抱怨过长时，路径 MTU 降为 min_pmtu（1），不予理会（2），或者与 0 时一样相信它（3）。仅 IPv4。',
  min_pmtu: '经 IPv4 发送时，报文段按照的最小路径 MTU；路径更窄时不带 DF。',
  mtu_expires: '学到的路径 MTU 保留多久。',
  accept_source_route: '1：接受带源路由的 IPv4 数据报，并沿该路由回应。0：丢弃。',
  ipfrag_time: '一个 IPv4 数据报的分片等待其余分片多久。',
  ipfrag_high_thresh: '用于 IPv4 分片的内存；不足时最旧的让出。0：丢弃分片。',
  ipfrag_max_dist:
    '同一个 IPv4 数据报的两个分片之间，如果从该对端到达的其他分片超过这个数，说明标识号已被再次使用，之前的分片被丢弃。0：不作此判断。',
  ip6frag_time: '一个 IPv6 数据报的分片等待其余分片多久。',
  ip6frag_high_thresh: '用于 IPv6 分片的内存；不足时最旧的让出。0：丢弃分片。',
  icmp_echo_ignore_all: '1：不回应 IPv4 的 ping。',
  echo_ignore_all: '1：不回应 IPv6 的 ping。',
  icmp_msgs_per_sec: '每秒发送的 ICMP 差错报文数，两个地址族合计。',
};
