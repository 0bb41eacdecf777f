/* One open TUN device: creating or attaching, offload, readiness, closing. Kernel side: drivers/net/tun.c. */
#include "device.h"
#include "busy-poll.h"
#include "napi.h"

#include <errno.h>
#include <poll.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TUN_NODE "/dev/net/tun"

/* From linux/if.h's sibling <net/if.h>, which can't be included together with it. */
extern unsigned int if_nametoindex(const char *name);

/* The device that a handle stands for. A closed one is no argument error: it reads like a closed file (EBADF). */
struct device *get_device(napi_env env, napi_value handle) {
  int64_t id;
  if (!get_number(env, handle, 1, UINT32_MAX, "handle", &id)) return NULL;
  for (struct device *device = this_environment(env)->devices; device; device = device->next)
    if (device->id == id) return device;
  throw_errno(env, EBADF, "tun", "device is closed");
  return NULL;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

/*
 * TUNSETIFF creates the device, or attaches to an existing one. Whether the device has one queue or many must match
 * (tun_set_iff answers EINVAL when it doesn't), and the caller can't know that of someone else's device: so EINVAL is
 * tried once more the other way round.
 */
static int attach(int fd, struct ifreq *request, const char name[IFNAMSIZ], short flags, bool existed) {
  memset(request, 0, sizeof *request);
  memcpy(request->ifr_name, name, strlen(name) + 1);
  request->ifr_flags = flags;
  if (ioctl(fd, TUNSETIFF, request) == 0) return 0;
  if (errno != EINVAL || !existed) return -1;
  request->ifr_flags = flags ^ IFF_MULTI_QUEUE;
  if (ioctl(fd, TUNSETIFF, request) == 0) return 0;
  errno = EINVAL;
  return -1;
}

/*
 * What the device really has: a further queue of a multi-queue device takes over the flags of the first one, whatever
 * it asked for (tun_set_iff). Then the offload: what the kernel may hand to us unsplit and unsummed. In the other
 * direction the virtio_net_hdr alone is enough.
 */
static unsigned int set_offload(int fd) {
  const unsigned int wanted = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)(wanted | TUN_F_TSO_ECN)) == 0) return wanted;
  if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)wanted) == 0) return wanted;
  if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)TUN_F_CSUM) == 0) return TUN_F_CSUM;
  return 0;
}

static bool set_vnet_header(int fd) {
  int size = VNET_HEADER;
  int little = 1;
  if (ioctl(fd, TUNSETVNETHDRSZ, &size) != 0) return false;
  /* Fields are little-endian for us on every machine. Refused only by kernels older than 4.0; harmless on x86 and ARM. */
  ioctl(fd, TUNSETVNETLE, &little);
  return true;
}

static struct device *new_device(struct environment *environment, int fd) {
  struct device *device = calloc(1, sizeof *device);
  if (!device) {
    errno = ENOMEM;
    return NULL;
  }
  int status = uv_poll_init(environment->loop, &device->poll, fd);
  if (status != 0) {
    free(device);
    errno = -status;
    return NULL;
  }
  device->poll.data = device;
  device->environment = environment;
  device->fd = fd;
  device->id = ++environment->last_id;
  device->next = environment->devices;
  environment->devices = device;
  return device;
}

static napi_value fail_open(napi_env env, int fd, const char *syscall, const char *subject) {
  int error = errno;
  if (fd >= 0) close(fd);
  return throw_errno(env, error, syscall, subject);
}

/* open(name, vnetHeader: 0|1, multiQueue: 0|1): { handle, name, existed, vnetHeader, checksum, tso4, tso6, ... } */
napi_value tun_open(napi_env env, napi_callback_info info) {
  napi_value args[3], result;
  char name[IFNAMSIZ];
  int64_t vnet, many;
  if (!get_args(env, info, 3, args) || !get_text(env, args[0], "name", name, sizeof name) ||
      !get_number(env, args[1], 0, 1, "vnetHeader", &vnet) || !get_number(env, args[2], 0, 1, "multiQueue", &many))
    return NULL;

  int fd = open(TUN_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_open(env, -1, "open", TUN_NODE);

  bool existed = if_nametoindex(name) != 0;
  struct ifreq request;
  short flags = IFF_TUN | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0) | (many ? IFF_MULTI_QUEUE : 0);
  if (attach(fd, &request, name, flags, existed) != 0) return fail_open(env, fd, "ioctl(TUNSETIFF)", name);

  memcpy(name, request.ifr_name, sizeof name); /* the kernel ends it with NUL */
  if (ioctl(fd, TUNGETIFF, &request) != 0) return fail_open(env, fd, "ioctl(TUNGETIFF)", name);
  bool has_vnet = (request.ifr_flags & IFF_VNET_HDR) != 0;
  if (!(request.ifr_flags & IFF_NO_PI)) {
    errno = EPROTONOSUPPORT; /* someone else's queue fixed a packet format that we don't speak */
    return fail_open(env, fd, "ioctl(TUNGETIFF)", name);
  }
  if (has_vnet && !set_vnet_header(fd)) return fail_open(env, fd, "ioctl(TUNSETVNETHDRSZ)", name);
  unsigned int offload = has_vnet ? set_offload(fd) : 0;

  struct device *device = new_device(this_environment(env), fd);
  if (!device) return fail_open(env, fd, "uv_poll_init", name);
  device->vnet_header = has_vnet ? VNET_HEADER : 0;

  if (napi_create_object(env, &result) != napi_ok || !set_number(env, result, "handle", device->id) ||
      !set_text(env, result, "name", name) || !set_bool(env, result, "existed", existed) ||
      !set_bool(env, result, "vnetHeader", has_vnet) || !set_bool(env, result, "checksum", offload & TUN_F_CSUM) ||
      !set_bool(env, result, "tso4", offload & TUN_F_TSO4) || !set_bool(env, result, "tso6", offload & TUN_F_TSO6) ||
      !set_bool(env, result, "multiQueue", (request.ifr_flags & IFF_MULTI_QUEUE) != 0)) {
    close_device(device);
    return NULL;
  }
  return result;
}

/* features(): the IFF_* bits that this kernel's driver knows; needs no privilege beyond opening the file. */
napi_value tun_features(napi_env env, napi_callback_info info) {
  napi_value result;
  unsigned int features = 0;
  int fd = open(TUN_NODE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_open(env, -1, "open", TUN_NODE);
  if (ioctl(fd, TUNGETFEATURES, &features) != 0) return fail_open(env, fd, "ioctl(TUNGETFEATURES)", TUN_NODE);
  close(fd);
  return napi_create_uint32(env, features, &result) == napi_ok ? result : NULL;
}

/* ---- readiness ------------------------------------------------------------------------------------------------- */

/*
 * One call into JavaScript: callback(events, code). `events` has bit 1 for readable and bit 2 for writable; `code` is not 0
 * when the device is gone (tun_chr_poll reports EPOLLERR, which libuv hands on as UV_EBADF and stops).
 * napi_make_callback runs process.nextTick callbacks and promise jobs before it returns, and what they answer is written.
 */
static void call_back(struct device *device, int status, int events) {
  napi_env env = device->environment->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, receiver, args[2], error;
  if (napi_get_reference_value(env, device->on_event, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok && napi_create_int32(env, events, &args[0]) == napi_ok &&
      napi_create_int32(env, status, &args[1]) == napi_ok &&
      napi_make_callback(env, device->context, receiver, callback, 2, args, NULL) == napi_pending_exception &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok)
    napi_fatal_exception(env, error); /* an 'uncaughtException', as from any other callback */
  napi_close_handle_scope(env, scope);
}

/*
 * Each batch gets a call of its own, so that its answers leave before the next one is read: a sender that waits for ACKs
 * gets them sooner. And often the next one is there already, sent from within our own write, in which the kernel's TCP runs: to
 * look costs less than a turn of the event loop. (Measured: 10 percent more received; as much in connections and HTTP requests
 * per second.) After half a millisecond or so, other events have their turn.
 */
#define MAX_BATCHES 16

static bool more_waits(const struct device *device) {
  struct pollfd wanted = {.fd = device->fd, .events = POLLIN};
  return device->more || poll(&wanted, 1, 0) > 0;
}

static void on_poll(uv_poll_t *handle, int status, int events) {
  struct device *device = handle->data;
  if (events & UV_READABLE) busy_poll_note_packet(&device->environment->busy_poll);
  for (int left = MAX_BATCHES; left > 0 && device->on_event; left--) {
    device->more = false;
    call_back(device, status, events);
    if (!device->on_event || !more_waits(device)) return;
    events = UV_READABLE;
  }
}

/* watch(handle, callback): start waiting for packets. */
napi_value tun_watch(napi_env env, napi_callback_info info) {
  napi_value args[2], label;
  napi_valuetype type;
  struct device *device;
  if (!get_args(env, info, 2, args) || !(device = get_device(env, args[0]))) return NULL;
  if (napi_typeof(env, args[1], &type) != napi_ok || type != napi_function)
    return throw_type(env, "callback must be a function");
  if (device->on_event) return throw_type(env, "device is watched already");
  if (napi_create_string_utf8(env, "TUN", NAPI_AUTO_LENGTH, &label) != napi_ok ||
      napi_async_init(env, NULL, label, &device->context) != napi_ok ||
      napi_create_reference(env, args[1], 1, &device->on_event) != napi_ok)
    return NULL;
  int status = uv_poll_start(&device->poll, UV_READABLE, on_poll);
  return status == 0 ? NULL : throw_errno(env, -status, "uv_poll_start", "");
}

/* The arguments (handle, 0|1); NULL: they are others, and an exception is pending. */
static struct device *get_switch(napi_env env, napi_callback_info info, int64_t *on) {
  napi_value args[2];
  struct device *device;
  if (!get_args(env, info, 2, args) || !(device = get_device(env, args[0])) ||
      !get_number(env, args[1], 0, 1, "on", on))
    return NULL;
  return device;
}

/* watchWritable(handle, 0|1): also wait until the device takes packets again, or no longer. */
napi_value tun_watch_writable(napi_env env, napi_callback_info info) {
  int64_t on;
  struct device *device = get_switch(env, info, &on);
  if (!device) return NULL;
  if (!device->on_event) return throw_type(env, "device is not watched");
  int status = uv_poll_start(&device->poll, UV_READABLE | (on ? UV_WRITABLE : 0), on_poll);
  return status == 0 ? NULL : throw_errno(env, -status, "uv_poll_start", "");
}

/* setRef(handle, 0|1): whether the device keeps the process alive. */
napi_value tun_set_ref(napi_env env, napi_callback_info info) {
  int64_t on;
  struct device *device = get_switch(env, info, &on);
  if (!device) return NULL;
  if (on) uv_ref((uv_handle_t *)&device->poll);
  else uv_unref((uv_handle_t *)&device->poll);
  return NULL;
}

/* ---- closing --------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
  struct device *device = handle->data;
  struct environment *environment = device->environment;
  free(device->scratch);
  free(device);
  handle_closed(environment);
}

/*
 * uv_close stops polling at once and calls back on the loop's next turn; only the memory waits for that. The file is
 * closed right here, so the name is free and a device that we created is gone when this returns.
 */
void close_device(struct device *device) {
  struct environment *environment = device->environment;
  for (struct device **at = &environment->devices; *at; at = &(*at)->next)
    if (*at == device) {
      *at = device->next;
      break;
    }
  if (device->on_event) napi_delete_reference(environment->env, device->on_event);
  if (device->context) napi_async_destroy(environment->env, device->context);
  device->on_event = NULL;
  device->context = NULL;
  if (!environment->devices) busy_poll_stop(&environment->busy_poll);
  environment->closing++;
  uv_close((uv_handle_t *)&device->poll, on_closed);
  close(device->fd);
  device->fd = -1;
}

/* close(handle): idempotent. A number that never was a handle is as good as one that is closed. */
napi_value tun_close(napi_env env, napi_callback_info info) {
  napi_value args[1];
  int64_t id;
  if (!get_args(env, info, 1, args) || !get_number(env, args[0], 1, UINT32_MAX, "handle", &id)) return NULL;
  for (struct device *device = this_environment(env)->devices; device; device = device->next)
    if (device->id == id) {
      close_device(device);
      break;
    }
  return NULL;
}
