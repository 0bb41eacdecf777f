/*
 * Looking for events for a little while before the thread sleeps.
 *
 * A thread that sleeps in epoll_wait has to be woken by the sender of the packet, and its core has to wake up: on a virtual
 * machine more than ten microseconds of both sides' time. Where the next packet comes sooner than that, looking for it
 * costs less than sleeping (measured: a ping-pong over one connection went from 64 to 31 us). Whether it will is learned
 * as KVM learns it for idle cores (Documentation/virt/kvm/halt-polling.rst): a packet after a short wait makes us look
 * during the next one, and looking in vain stops it. So an idle loop sleeps, and a pause wastes `limit` once.
 *
 * Where both share a core (more processes have work than there are cores), looking keeps from its work the very process that
 * would send the packet: it comes as soon as we sleep, and each look in vain has delayed it by `limit` (measured: of a connect
 * that took 330 us, 130 were such looks). A look in vain with a packet at its heels is the sign of it, and has us look no more
 * for a while: a millisecond, four times as long with each further one, up to LONGEST_REST; a look that found something takes
 * a quarter off. What looking gains is a quarter of what it loses there.
 *
 * What is looked at is the loop's own epoll file, so any event ends it, a socket of the kernel's just as well as a packet.
 * Linux has the same for its sockets, as `net.core.busy_poll`.
 */
#include "busy-poll.h"
#include "napi.h"

#include <poll.h>

/* Half of the longest super-segment. */
#define BULK_OCTETS 32768

/* Nanoseconds. Trying once more costs a two-thousandth of the longest. */
#define FIRST_REST 1000000
#define LONGEST_REST 100000000

/* Right before the loop would sleep. */
static void on_prepare(uv_prepare_t *prepare) {
  struct busy_poll *busy = prepare->data;
  busy->waits_since = busy->gave_up = 0;
  if (uv_backend_timeout(prepare->loop) == 0) return; /* it won't */
  struct pollfd loop = {.fd = uv_backend_fd(prepare->loop), .events = POLLIN};
  const uint64_t began = uv_hrtime();
  if (busy->on && !busy->bulk && began >= busy->rests_until) {
    if (poll(&loop, 1, 0) != 0) return; /* it was there already: no look was needed */
    while (uv_hrtime() - began < busy->limit) {
      if (poll(&loop, 1, 0) == 0) continue;
      busy->rest -= busy->rest / 4;
      return;
    }
    busy->on = false;
    busy->gave_up = uv_hrtime();
  }
  busy->waits_since = began;
}

/* We stopped looking, and there it is: it waited for our core. */
static void rest(struct busy_poll *busy, uint64_t now) {
  busy->rest = busy->rest < FIRST_REST / 4 ? FIRST_REST : busy->rest * 4;
  if (busy->rest > LONGEST_REST) busy->rest = LONGEST_REST;
  busy->rests_until = now + busy->rest;
}

/* The device is readable, after a wait or without one. */
void busy_poll_note_packet(struct busy_poll *busy) {
  if (busy->waits_since == 0) return;
  const uint64_t now = uv_hrtime();
  busy->on = now - busy->waits_since < busy->limit;
  if (busy->gave_up != 0 && now - busy->gave_up < busy->limit) rest(busy, now);
  busy->waits_since = 0;
}

/*
 * A batch of so many octets was read. Where much comes at once, the next packets are better left to gather: taken one by
 * one, each would cost a turn of the loop and an ACK of its own (measured: a tenth less received).
 */
void busy_poll_note_octets(struct busy_poll *busy, size_t octets) { busy->bulk = octets > BULK_OCTETS; }

/* It keeps no process alive: it only watches the loop go to sleep. */
bool busy_poll_init(struct environment *environment) {
  struct busy_poll *busy = &environment->busy_poll;
  if (uv_prepare_init(environment->loop, &busy->prepare) != 0) return false;
  busy->prepare.data = busy;
  uv_unref((uv_handle_t *)&busy->prepare);
  return true;
}

/* The last device is closed: the loop is none of our business any more. */
void busy_poll_stop(struct busy_poll *busy) {
  busy->limit = 0;
  uv_prepare_stop(&busy->prepare);
}

static void on_closed(uv_handle_t *handle) {
  handle_closed((struct environment *)((char *)handle->data - offsetof(struct environment, busy_poll)));
}

void busy_poll_close(struct environment *environment) {
  environment->closing++;
  uv_close((uv_handle_t *)&environment->busy_poll.prepare, on_closed);
}

/* busyPoll(limit): for how many microseconds to look, on this environment's loop; 0 (as at first): not at all. */
napi_value tun_busy_poll(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t limit;
  if (!get_args(env, info, 1, args) || !get_number(env, args[0], 0, 1000, "busyPoll", &limit)) return NULL;
  struct busy_poll *busy = &this_environment(env)->busy_poll;
  busy->limit = (uint64_t)limit * 1000;
  busy->on = false;
  busy->waits_since = busy->rest = busy->rests_until = 0;
  if (limit == 0) busy_poll_stop(busy);
  else uv_prepare_start(&busy->prepare, on_prepare);
  return NULL;
}
