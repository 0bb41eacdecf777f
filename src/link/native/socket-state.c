/*
 * The state of one of the kernel's TCP sockets, looked up by its addresses and ports (sock_diag(7)). /proc/net/tcp has them all, and takes
 * as long as the kernel's whole hash table does: 262,144 places on a usual machine, some milliseconds.
 */
#include "socket-state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "napi.h"

struct request {
  struct nlmsghdr head;
  struct inet_diag_req_v2 body;
};

/* Asks, and takes the answer: 1 with `found` filled, 0 where there is no such socket, -1 with errno. */
static int ask(const struct request *request, struct inet_diag_msg *found) {
  union {
    struct nlmsghdr head;
    char bytes[4096];
  } answer;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return -1;
  /* The kernel answers within the send; the limit only makes sure that nothing can block the event loop for good. */
  struct timeval limit = {.tv_sec = 2};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ssize_t length = send(fd, request, sizeof *request, 0);
  if (length >= 0) length = recv(fd, &answer, sizeof answer, 0);
  int error = length < 0 ? errno : 0;
  close(fd);
  if (error) {
    errno = error;
    return -1;
  }
  if (!NLMSG_OK(&answer.head, (size_t)length)) return 0;
  if (answer.head.nlmsg_type == NLMSG_ERROR) {
    const struct nlmsgerr *failed = NLMSG_DATA(&answer.head);
    if (failed->error == 0 || failed->error == -ENOENT) return 0;
    errno = -failed->error;
    return -1;
  }
  if (answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.head.nlmsg_len < NLMSG_LENGTH(sizeof *found)) return 0;
  memcpy(found, NLMSG_DATA(&answer.head), sizeof *found);
  return 1;
}

/* socketState(local, localPort, remote, remotePort): { state, timer } as include/net/tcp_states.h numbers it, milliseconds; null: there is none. */
napi_value socket_state(napi_env env, napi_callback_info info) {
  napi_value args[4], result;
  char local[INET_ADDRSTRLEN], remote[INET_ADDRSTRLEN];
  int64_t local_port, remote_port;
  if (!get_args(env, info, 4, args) || !get_text(env, args[0], "local", local, sizeof local) ||
      !get_number(env, args[1], 0, 65535, "localPort", &local_port) ||
      !get_text(env, args[2], "remote", remote, sizeof remote) ||
      !get_number(env, args[3], 0, 65535, "remotePort", &remote_port))
    return NULL;
  struct request request = {
      .head = {.nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
      .body = {.sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u,
               .id = {.idiag_sport = htons((uint16_t)local_port), .idiag_dport = htons((uint16_t)remote_port),
                      .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
  if (inet_pton(AF_INET, local, request.body.id.idiag_src) != 1 || inet_pton(AF_INET, remote, request.body.id.idiag_dst) != 1)
    return throw_range(env, "addresses must be IPv4 addresses");
  struct inet_diag_msg found;
  int answer = ask(&request, &found);
  if (answer < 0) return throw_errno(env, errno, "sock_diag", "sockets");
  if (answer == 0) return napi_get_null(env, &result) == napi_ok ? result : NULL;
  if (napi_create_object(env, &result) != napi_ok || !set_number(env, result, "state", found.idiag_state) ||
      !set_number(env, result, "timer", found.idiag_timer ? found.idiag_expires : 0))
    return NULL;
  return result;
}
