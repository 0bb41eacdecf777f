/*
 * Listening sockets of the kernel, for an application that decides when it accepts: Node's own server takes every connection as soon as it
 * is there, so the kernel's accept queue would always be empty.
 */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "napi.h"

/* openListener(address, port, backlog): its file number. IPv4; with SO_REUSEADDR, as Node's server has it. */
napi_value listener_open(napi_env env, napi_callback_info info) {
  napi_value args[3], result;
  char text[INET_ADDRSTRLEN];
  int64_t port, backlog;
  if (!get_args(env, info, 3, args) || !get_text(env, args[0], "address", text, sizeof text) ||
      !get_number(env, args[1], 0, 65535, "port", &port) || !get_number(env, args[2], INT_MIN, INT_MAX, "backlog", &backlog))
    return NULL;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, text, &address.sin_addr) != 1) return throw_range(env, "address must be an IPv4 address");
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) return throw_errno(env, errno, "socket", text);
  const char *failed = NULL;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) failed = "setsockopt(SO_REUSEADDR)";
  else if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) failed = "bind";
  else if (listen(fd, (int)backlog) != 0) failed = "listen";
  if (failed) {
    int error = errno;
    close(fd);
    return throw_errno(env, error, failed, text);
  }
  return napi_create_int32(env, fd, &result) == napi_ok ? result : NULL;
}

static bool listener_fd(napi_env env, napi_callback_info info, int64_t *fd) {
  napi_value args[1];
  return get_args(env, info, 1, args) && get_number(env, args[0], 0, INT_MAX, "fd", fd);
}

/* acceptFrom(fd): the file number of the next connection; -1: none is there. */
napi_value listener_accept(napi_env env, napi_callback_info info) {
  napi_value result;
  int64_t fd;
  if (!listener_fd(env, info, &fd)) return NULL;
  int accepted = accept4((int)fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
    return throw_errno(env, errno, "accept4", "listener");
  return napi_create_int32(env, accepted, &result) == napi_ok ? result : NULL;
}

/* closeListener(fd) */
napi_value listener_close(napi_env env, napi_callback_info info) {
  int64_t fd;
  if (listener_fd(env, info, &fd)) close((int)fd);
  return NULL;
}
