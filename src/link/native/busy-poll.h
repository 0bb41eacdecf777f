/* Looking for packets for a moment before the thread sleeps. */
#ifndef TCPGLASS_BUSY_POLL_H
#define TCPGLASS_BUSY_POLL_H

#include "environment.h"

#include <stddef.h>

napi_value tun_busy_poll(napi_env env, napi_callback_info info);
bool busy_poll_init(struct environment *environment);
void busy_poll_stop(struct busy_poll *busy);
void busy_poll_close(struct environment *environment);
void busy_poll_note_packet(struct busy_poll *busy);
void busy_poll_note_octets(struct busy_poll *busy, size_t octets);

#endif
