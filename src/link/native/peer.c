/* Who is at the other end of a Unix socket. */
#include "peer.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "napi.h"

/* peerCredentials(fd): { pid, uid, gid } of the process that connected, as the kernel noted them then (SO_PEERCRED, unix(7)). */
napi_value peer_credentials(napi_env env, napi_callback_info info) {
  napi_value args[1], result;
  int64_t fd;
  if (!get_args(env, info, 1, args) || !get_number(env, args[0], 0, INT_MAX, "fd", &fd)) return NULL;
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt((int)fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
    return throw_errno(env, errno, "getsockopt(SO_PEERCRED)", "control socket");
  if (napi_create_object(env, &result) != napi_ok || !set_number(env, result, "pid", peer.pid) ||
      !set_number(env, result, "uid", peer.uid) || !set_number(env, result, "gid", peer.gid))
    return NULL;
  return result;
}
