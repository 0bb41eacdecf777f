/* What the devices of one JavaScript environment share: its loop, and the end of both. */
#ifndef TCPGLASS_ENVIRONMENT_H
#define TCPGLASS_ENVIRONMENT_H

#include "busy-poll.h"

struct device;

/* One per environment: the main thread and each worker has its own devices on its own loop. */
struct environment {
  napi_env env;
  uv_loop_t *loop;
  struct device *devices;
  uint32_t last_id;
  uint32_t closing; /* libuv handles whose uv_close has not called back yet */
  napi_async_cleanup_hook_handle cleanup;
  bool ending;
  struct busy_poll busy_poll;
};

struct environment *this_environment(napi_env env);
void handle_closed(struct environment *environment);

#endif
