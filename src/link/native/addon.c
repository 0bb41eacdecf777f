/*
 * The module: its table of functions, its beginning and end. Below it lie
 *
 *   batch.c         many packets per call: the read and the write loop
 *   device.c        one open TUN device: TUNSETIFF, offload, readiness (uv_poll), closing
 *   busy-poll.c     looking for packets for a moment before the thread sleeps
 *   environment.c   what the devices of one JavaScript environment share
 *   netlink.c       addresses, MTU, up and down, without an `ip` binary
 *   capabilities.c  giving up root's rights, in every thread
 *   peer.c          who is at the other end of a Unix socket
 *   listener.c      listening sockets of the kernel that are accepted from one by one
 *   socket-state.c  the state of one of the kernel's TCP sockets
 *   checksum.c      the Internet checksum, where the kernel leaves it to us
 *   napi.c          arguments, results, errors
 */
#include <errno.h>
#include <stdlib.h>

#include "batch.h"
#include "busy-poll.h"
#include "capabilities.h"
#include "device.h"
#include "listener.h"
#include "napi.h"
#include "netlink.h"
#include "peer.h"
#include "socket-state.h"

/* The environment ends (process exit, or a worker was terminated): close what is still open. */
static void on_environment_end(napi_async_cleanup_hook_handle hook, void *data) {
  struct environment *environment = data;
  environment->ending = true;
  while (environment->devices) close_device(environment->devices);
  busy_poll_close(environment);
}

static bool add_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  struct environment *environment = calloc(1, sizeof *environment);
  if (!environment) return throw_errno(env, ENOMEM, "malloc", "addon");
  environment->env = env;
  /* Last what libuv remembers: a handle of its can't be taken back at once. */
  if (napi_get_uv_event_loop(env, &environment->loop) != napi_ok ||
      napi_set_instance_data(env, environment, NULL, NULL) != napi_ok || !busy_poll_init(environment)) {
    free(environment);
    napi_throw_error(env, NULL, "Cannot set up the TUN addon");
    return NULL;
  }
  if (napi_add_async_cleanup_hook(env, on_environment_end, environment, &environment->cleanup) != napi_ok) {
    napi_throw_error(env, NULL, "Cannot set up the TUN addon");
    return NULL;
  }
  if (add_function(env, exports, "open", tun_open) && add_function(env, exports, "watch", tun_watch) &&
      add_function(env, exports, "watchWritable", tun_watch_writable) &&
      add_function(env, exports, "setRef", tun_set_ref) && add_function(env, exports, "close", tun_close) &&
      add_function(env, exports, "features", tun_features) && add_function(env, exports, "read", tun_read) &&
      add_function(env, exports, "write", tun_write) && add_function(env, exports, "linkInfo", link_info) &&
      add_function(env, exports, "busyPoll", tun_busy_poll) && add_function(env, exports, "setLink", link_set) &&
      add_function(env, exports, "addAddress", link_add_address) &&
      add_function(env, exports, "routeTo", link_route_to) &&
      add_function(env, exports, "dropCapabilities", drop_capabilities) &&
      add_function(env, exports, "peerCredentials", peer_credentials) &&
      add_function(env, exports, "openListener", listener_open) &&
      add_function(env, exports, "acceptFrom", listener_accept) &&
      add_function(env, exports, "closeListener", listener_close) &&
      add_function(env, exports, "socketState", socket_state) &&
      set_number(env, exports, "roomForRead", MAX_READ + ALIGNMENT))
    return exports;
  return NULL;
}
