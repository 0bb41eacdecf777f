/* One open TUN device. */
#ifndef TCPGLASS_DEVICE_H
#define TCPGLASS_DEVICE_H

#include "environment.h"

/* struct virtio_net_hdr without mergeable buffers (linux/virtio_net.h). */
#define VNET_HEADER 10
/* The longest packet that the kernel hands over: GSO_LEGACY_MAX_SIZE (linux/netdevice.h), plus the virtio_net_hdr. */
#define MAX_READ (65536 + VNET_HEADER)
/* Packets start where their IP header is aligned to this. */
#define ALIGNMENT 16
/* The longest packet that may be written: an IPv6 header and its 16-bit payload length, plus the virtio_net_hdr. */
#define MAX_WRITE (40 + 65535 + VNET_HEADER)

/* One open file of /dev/net/tun. JavaScript knows it by number, so a stale or forged handle is found out, not followed. */
struct device {
  uv_poll_t poll;
  struct environment *environment;
  struct device *next;
  uint32_t id;
  int fd;
  int vnet_header;             /* bytes in front of each packet: VNET_HEADER or 0 */
  bool more;                   /* the last read stopped before the device had no more */
  uint8_t *scratch;            /* MAX_WRITE bytes, see batch.c; allocated when first needed */
  napi_ref on_event;           /* NULL until watched */
  napi_async_context context;  /* likewise */
};

struct device *get_device(napi_env env, napi_value handle);
napi_value tun_open(napi_env env, napi_callback_info info);
napi_value tun_watch(napi_env env, napi_callback_info info);
napi_value tun_watch_writable(napi_env env, napi_callback_info info);
napi_value tun_set_ref(napi_env env, napi_callback_info info);
napi_value tun_close(napi_env env, napi_callback_info info);
napi_value tun_features(napi_env env, napi_callback_info info);
void close_device(struct device *device);

#endif
