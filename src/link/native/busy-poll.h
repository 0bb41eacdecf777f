/* Looking for packets for a moment before the thread sleeps. */
#ifndef TCPGLASS_BUSY_POLL_H
#define TCPGLASS_BUSY_POLL_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct environment;

/* Times in nanoseconds. */
struct busy_poll {
  uv_prepare_t prepare;
  uint64_t limit;       /* for how long to look; 0: never */
  bool on;              /* the last wait was shorter than that */
  bool bulk;            /* the last batch was long */
  uint64_t waits_since; /* when the wait began that the loop is in; 0: in none */
};

napi_value tun_busy_poll(napi_env env, napi_callback_info info);
bool busy_poll_init(struct environment *environment);
void busy_poll_stop(struct busy_poll *busy);
void busy_poll_close(struct environment *environment);
void busy_poll_note_packet(struct busy_poll *busy);
void busy_poll_note_octets(struct busy_poll *busy, size_t octets);

#endif
