/* Many packets per call. The kernel takes and hands over one packet per read or write; the loops are here. */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* The first place from `at` on where a packet may begin: its IP header, behind the link's own, is aligned. */
static size_t align_packet(size_t at, size_t header) {
  return ((at + header + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) - header;
}

/*
 * read(handle, slab: Uint8Array, from, table: Int32Array): packets read, 0 when there are none.
 *
 * Reads until the device has no more (EAGAIN), the table is full, or the slab has no room for the longest packet. The
 * table gets two numbers per packet: where it begins in the slab (with its virtio_net_hdr), and its length.
 */
napi_value tun_read(napi_env env, napi_callback_info info) {
  napi_value args[4], result;
  struct device *device;
  uint8_t *slab;
  int32_t *table;
  size_t size, capacity;
  int64_t from;
  if (!get_args(env, info, 4, args) || !(device = get_device(env, args[0])) ||
      !get_bytes(env, args[1], "slab", &slab, &size) || !get_number(env, args[2], 0, INT32_MAX, "from", &from) ||
      !get_ints(env, args[3], "table", &table, &capacity))
    return NULL;
  const size_t header = (size_t)device->vnet_header;
  size_t at = align_packet((size_t)from, header);
  /* Offsets must fit the table's 32 bits. */
  if (size > INT32_MAX) size = INT32_MAX;
  if (size < MAX_READ || at > size - MAX_READ) return throw_range(env, "slab has no room for a packet");

  uint32_t count = 0;
  size_t octets = 0;
  device->more = true;
  while (count < capacity / 2 && at <= size - MAX_READ) {
    ssize_t got = read(device->fd, slab + at, MAX_READ);
    if (got < 0) {
      if (errno == EINTR) continue;
      device->more = false;
      if (errno == EAGAIN || count > 0) break; /* an error behind packets comes again at the next call */
      return throw_errno(env, errno, "read", "TUN device");
    }
    table[2 * count] = (int32_t)at;
    table[2 * count + 1] = (int32_t)got;
    count++;
    octets += (size_t)got;
    at = align_packet(at + (size_t)got, header);
  }
  busy_poll_note_octets(&device->addon->busy_poll, octets);
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/*
 * writev takes 1024 pieces (IOV_MAX), and each costs the kernel a little. A frame of more than this many is sent as its
 * header, the first slices as they are, and all further ones copied together into one: never refused, and the copy is
 * paid only by who sends crumbs.
 */
#define MAX_PIECES 64

enum { FRAME_HEADER_FROM, FRAME_HEADER_LENGTH, FRAME_FIRST_SLICE, FRAME_SLICES, FRAME_FIELDS };
enum { STATS_DOWN, STATS_REJECTED, STATS_LAST_ERROR, STATS_FIELDS };

struct outgoing {
  uint8_t *headers;
  size_t headers_size;
  int32_t *frames;
  size_t frames_size;
  napi_value slices;
  uint32_t slices_size;
  int32_t *ranges;
  size_t ranges_size;
};

/* The next slice's bytes, checked against its array. False: an exception is pending. */
static bool get_slice(napi_env env, const struct outgoing *out, uint32_t index, struct iovec *piece) {
  napi_value value;
  uint8_t *data;
  size_t size;
  const int64_t from = out->ranges[2 * index];
  const int64_t to = out->ranges[2 * index + 1];
  if (napi_get_element(env, out->slices, index, &value) != napi_ok || !get_bytes(env, value, "slice", &data, &size))
    return false;
  if (from < 0 || to < from || (uint64_t)to > size) {
    throw_range(env, "slice range lies outside of its array");
    return false;
  }
  piece->iov_base = data + from;
  piece->iov_len = (size_t)(to - from);
  return true;
}

/* Appends a slice to the device's scratch memory, which `tail` describes. The caller has checked that it fits. */
static bool add_to_tail(napi_env env, struct device *device, struct iovec *tail, const struct iovec *piece) {
  if (!device->scratch && !(device->scratch = malloc(MAX_WRITE))) {
    throw_errno(env, ENOMEM, "malloc", "scratch");
    return false;
  }
  tail->iov_base = device->scratch;
  memcpy(device->scratch + tail->iov_len, piece->iov_base, piece->iov_len);
  tail->iov_len += piece->iov_len;
  return true;
}

/* Describes frame `index` in `pieces`. Returns their number, 0 if it is longer than a packet can be, -1: exception. */
static int gather(napi_env env, struct device *device, const struct outgoing *out, uint32_t index,
                  struct iovec pieces[MAX_PIECES]) {
  const int32_t *frame = out->frames + (size_t)index * FRAME_FIELDS;
  const int64_t from = frame[FRAME_HEADER_FROM], length = frame[FRAME_HEADER_LENGTH];
  const int64_t first = frame[FRAME_FIRST_SLICE], slices = frame[FRAME_SLICES];
  if (from < 0 || length < 0 || (uint64_t)(from + length) > out->headers_size || first < 0 || slices < 0 ||
      first + slices > (int64_t)out->slices_size || (uint64_t)(first + slices) > out->ranges_size / 2) {
    throw_range(env, "frame points outside of its arrays");
    return -1;
  }
  size_t total = (size_t)length;
  if (total > MAX_WRITE) return 0;
  pieces[0] = (struct iovec){out->headers + from, (size_t)length};
  pieces[MAX_PIECES - 1] = (struct iovec){NULL, 0};
  int count = 1;
  for (int64_t i = 0; i < slices; i++) {
    struct iovec piece;
    if (!get_slice(env, out, (uint32_t)(first + i), &piece)) return -1;
    total += piece.iov_len;
    if (total > MAX_WRITE) return 0;
    if (i < MAX_PIECES - 2) pieces[count++] = piece;
    else if (!add_to_tail(env, device, &pieces[MAX_PIECES - 1], &piece)) return -1;
  }
  return slices > MAX_PIECES - 2 ? MAX_PIECES : count;
}

/* Full: the device takes nothing more now. Gone: it was deleted. Down: `ip link set down`. The rest is this frame's. */
static bool is_full(int error) { return error == EAGAIN || error == ENOBUFS || error == ENOMEM; }

static bool get_outgoing(napi_env env, napi_value *args, struct outgoing *out) {
  if (!get_bytes(env, args[1], "headers", &out->headers, &out->headers_size) ||
      !get_ints(env, args[2], "frames", &out->frames, &out->frames_size))
    return false;
  out->slices = args[4];
  if (napi_get_array_length(env, args[4], &out->slices_size) != napi_ok) {
    throw_type(env, "slices must be an array");
    return false;
  }
  return get_ints(env, args[5], "sliceRanges", &out->ranges, &out->ranges_size);
}

/*
 * write(handle, headers, frames, frameCount, slices, sliceRanges, stats): frames done with, from the first on.
 *
 * One writev per frame, straight out of the arrays. Fewer than frameCount are done when the device is full. A frame that
 * the kernel refuses counts as done and is counted in `stats`: [device down, refused, last errno], added to.
 */
napi_value tun_write(napi_env env, napi_callback_info info) {
  napi_value args[7], result;
  struct device *device;
  struct outgoing out;
  struct iovec pieces[MAX_PIECES];
  int32_t *stats;
  size_t stats_size;
  int64_t frame_count;
  if (!get_args(env, info, 7, args) || !(device = get_device(env, args[0])) || !get_outgoing(env, args, &out) ||
      !get_number(env, args[3], 0, INT32_MAX, "frameCount", &frame_count) ||
      !get_ints(env, args[6], "stats", &stats, &stats_size))
    return NULL;
  if ((uint64_t)frame_count > out.frames_size / FRAME_FIELDS) return throw_range(env, "frames is too short");
  if (stats_size < STATS_FIELDS) return throw_range(env, "stats is too short");

  uint32_t done = 0;
  while (done < frame_count) {
    int count = gather(env, device, &out, done, pieces);
    if (count < 0) return NULL;
    int error = 0;
    if (count == 0) error = EMSGSIZE;
    else if (writev(device->fd, pieces, count) < 0) error = errno;
    if (error == EINTR) continue;
    if (error != 0) stats[STATS_LAST_ERROR] = error;
    if (is_full(error)) break;
    if (error == EBADFD || error == EBADF) return throw_errno(env, error, "write", "TUN device");
    if (error == EIO) stats[STATS_DOWN]++;
    else if (error != 0) stats[STATS_REJECTED]++;
    done++;
  }
  return napi_create_uint32(env, done, &result) == napi_ok ? result : NULL;
}
