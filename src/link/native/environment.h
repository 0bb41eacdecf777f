/* What the devices of one JavaScript environment share: its loop, and the end of both. */
#ifndef TCPGLASS_ENVIRONMENT_H
#define TCPGLASS_ENVIRONMENT_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct device;

/* What busy-poll.c knows. Times in nanoseconds. */
struct busy_poll {
  uv_prepare_t prepare;
  uint64_t limit;       /* for how long to look; 0: never */
  bool on;              /* the last wait was shorter than that */
  bool bulk;            /* the last batch was long */
  uint64_t waits_since; /* when the wait began that the loop is in; 0: in none */
  uint64_t gave_up;     /* when looking ended in vain in that wait; 0: it has not */
  uint64_t rest;        /* for how long not to look when it was in the sender's way once more */
  uint64_t rests_until;
};

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
