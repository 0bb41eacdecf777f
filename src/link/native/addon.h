/*
 * What the addon's files share.
 *
 *   addon.c      the module: its table of functions, argument checks, errors
 *   device.c     one open TUN device: TUNSETIFF, offload, readiness (uv_poll), closing
 *   batch.c      many packets per call: the read and the write loop
 *   checksum.c   the Internet checksum, where the kernel leaves it to us
 *   busy-poll.c  looking for packets for a moment before the thread sleeps
 *   netlink.c    addresses, MTU, up and down, without an `ip` binary
 *   capabilities.c  giving up root's rights, in every thread
 */
#ifndef TCPGLASS_ADDON_H
#define TCPGLASS_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include <uv.h>

/* struct virtio_net_hdr without mergeable buffers (linux/virtio_net.h). */
#define VNET_HEADER 10
/* The longest packet that the kernel hands over: GSO_LEGACY_MAX_SIZE (linux/netdevice.h), plus the virtio_net_hdr. */
#define MAX_READ (65536 + VNET_HEADER)
/* Packets start where their IP header is aligned to this. */
#define ALIGNMENT 16
/* The longest packet that may be written: an IPv6 header and its 16-bit payload length, plus the virtio_net_hdr. */
#define MAX_WRITE (40 + 65535 + VNET_HEADER)

/* Where a UDP header has its checksum. */
#define UDP_CHECKSUM 6

struct addon;

/* One open file of /dev/net/tun. JavaScript knows it by number, so a stale or forged handle is found out, not followed. */
struct device {
  uv_poll_t poll;
  struct addon *addon;
  struct device *next;
  uint32_t id;
  int fd;
  int vnet_header;             /* bytes in front of each packet: VNET_HEADER or 0 */
  bool more;                   /* the last read stopped before the device had no more */
  uint8_t *scratch;            /* MAX_WRITE bytes, see batch.c; allocated when first needed */
  napi_ref on_event;           /* NULL until watched */
  napi_async_context context;  /* likewise */
};

/* busy-poll.c; times in nanoseconds */
struct busy_poll {
  uv_prepare_t prepare;
  uint64_t limit;       /* for how long to look; 0: never */
  bool on;              /* the last wait was shorter than that */
  bool bulk;            /* the last batch was long */
  uint64_t waits_since; /* when the wait began that the loop is in; 0: in none */
};

/* One per environment: the main thread and each worker has its own devices on its own loop. */
struct addon {
  napi_env env;
  uv_loop_t *loop;
  struct device *devices;
  uint32_t last_id;
  uint32_t closing; /* libuv handles whose uv_close has not called back yet */
  napi_async_cleanup_hook_handle cleanup;
  bool ending;
  struct busy_poll busy_poll;
};

/* addon.c: every helper that returns false, and every throw_*, leaves an exception pending. */
napi_value throw_errno(napi_env env, int error, const char *syscall, const char *subject);
napi_value throw_type(napi_env env, const char *message);
napi_value throw_range(napi_env env, const char *message);
const char *error_name(int error);
bool get_args(napi_env env, napi_callback_info info, size_t count, napi_value *args);
bool get_number(napi_env env, napi_value value, int64_t least, int64_t most, const char *what, int64_t *out);
bool get_text(napi_env env, napi_value value, const char *what, char *out, size_t size);
bool get_bytes(napi_env env, napi_value value, const char *what, uint8_t **data, size_t *length);
bool get_ints(napi_env env, napi_value value, const char *what, int32_t **data, size_t *length);
bool set_number(napi_env env, napi_value object, const char *key, int64_t value);
bool set_bool(napi_env env, napi_value object, const char *key, bool value);
bool set_text(napi_env env, napi_value object, const char *key, const char *value);
struct addon *this_addon(napi_env env);
void handle_closed(struct addon *addon);
struct device *get_device(napi_env env, napi_value handle);

/* device.c */
napi_value tun_open(napi_env env, napi_callback_info info);
napi_value tun_watch(napi_env env, napi_callback_info info);
napi_value tun_watch_writable(napi_env env, napi_callback_info info);
napi_value tun_set_ref(napi_env env, napi_callback_info info);
napi_value tun_close(napi_env env, napi_callback_info info);
napi_value tun_features(napi_env env, napi_callback_info info);
void close_device(struct device *device);

/* batch.c */
napi_value tun_read(napi_env env, napi_callback_info info);
napi_value tun_write(napi_env env, napi_callback_info info);

/* checksum.c */
uint32_t checksum_of(const uint8_t *bytes, size_t length);
void checksum_complete(const struct iovec *pieces, int count, size_t start, size_t field);

/* busy-poll.c */
napi_value tun_busy_poll(napi_env env, napi_callback_info info);
bool busy_poll_init(struct addon *addon);
void busy_poll_stop(struct busy_poll *busy);
void busy_poll_close(struct addon *addon);
void busy_poll_note_packet(struct busy_poll *busy);
void busy_poll_note_octets(struct busy_poll *busy, size_t octets);

/* netlink.c */
napi_value link_info(napi_env env, napi_callback_info info);
napi_value link_set(napi_env env, napi_callback_info info);
napi_value link_add_address(napi_env env, napi_callback_info info);
napi_value link_route_to(napi_env env, napi_callback_info info);

/* capabilities.c */
napi_value drop_capabilities(napi_env env, napi_callback_info info);

#endif
