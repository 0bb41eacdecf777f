/* Many packets per call. The kernel takes and hands over one packet per read or write; the loops are here. */
#include "batch.h"
#include "busy-poll.h"
#include "checksum.h"
#include "device.h"
#include "napi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
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
 * table gets three numbers per packet: where it begins in the slab (with its virtio_net_hdr), its length, and, without
 * offload, the ones-complement sum of all its bytes (else -1).
 */
enum { READ_AT, READ_LENGTH, READ_SUM, READ_FIELDS };

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
  while (count < capacity / READ_FIELDS && at <= size - MAX_READ) {
    ssize_t got = read(device->fd, slab + at, MAX_READ);
    if (got < 0) {
      if (errno == EINTR) continue;
      device->more = false;
      if (errno == EAGAIN || count > 0) break; /* an error behind packets comes again at the next call */
      return throw_errno(env, errno, "read", "TUN device");
    }
    int32_t *entry = table + (size_t)count * READ_FIELDS;
    entry[READ_AT] = (int32_t)at;
    entry[READ_LENGTH] = (int32_t)got;
    entry[READ_SUM] = header > 0 ? -1 : (int32_t)checksum_of(slab + at, (size_t)got);
    count++;
    octets += (size_t)got;
    at = align_packet(at + (size_t)got, header);
  }
  busy_poll_note_octets(&device->environment->busy_poll, octets);
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/*
 * writev takes 1024 pieces (IOV_MAX), and each costs the kernel a little. A frame of more than this many is sent as its
 * header, the first slices as they are, and all further ones copied together into one: never refused, and the copy is
 * paid only by senders of very short pieces.
 */
#define MAX_PIECES 64

/* The longest headers that a frame with a partial checksum may have: IPv6's and TCP's with all options, twice over. */
#define MAX_HEADERS 256

enum {
  FRAME_HEADER_FROM,
  FRAME_HEADER_LENGTH,
  FRAME_FIRST_SLICE,
  FRAME_SLICES,
  FRAME_SUM_FROM,
  FRAME_CHECKSUM,
  FRAME_FIELDS
};
enum { SLICE_BUFFER, SLICE_FROM, SLICE_TO, SLICE_FIELDS };
enum { STATS_DOWN, STATS_REJECTED, STATS_LAST_ERROR, STATS_FIELDS };

struct outgoing {
  uint8_t *headers;
  size_t headers_size;
  int32_t *frames;
  size_t frames_size;
  napi_value buffers;
  int32_t *slices;
  size_t slices_size;
  /* The buffer that was looked at last: neighbouring slices are often pieces of one. */
  int32_t buffer;
  uint8_t *data;
  size_t size;
};

/* A slice's bytes, checked against its buffer. False: an exception is pending. */
static bool get_slice(napi_env env, struct outgoing *out, uint32_t index, struct iovec *piece) {
  const int32_t *slice = out->slices + (size_t)index * SLICE_FIELDS;
  if (slice[SLICE_BUFFER] != out->buffer) {
    napi_value value;
    if (napi_get_element(env, out->buffers, (uint32_t)slice[SLICE_BUFFER], &value) != napi_ok ||
        !get_bytes(env, value, "buffer", &out->data, &out->size))
      return false;
    out->buffer = slice[SLICE_BUFFER];
  }
  const int64_t from = slice[SLICE_FROM], to = slice[SLICE_TO];
  if (from < 0 || to < from || (uint64_t)to > out->size) {
    throw_range(env, "slice lies outside of its buffer");
    return false;
  }
  piece->iov_base = out->data + from;
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

/*
 * Completes the frame's partial checksum. The arrays are JavaScript's, and may be written once more when the device is full
 * now: so the headers are copied, to `headers`, and `pieces` is made to begin there.
 */
static bool complete_checksum(napi_env env, const int32_t *frame, struct iovec *pieces, int count,
                              uint8_t headers[MAX_HEADERS]) {
  const int64_t start = frame[FRAME_SUM_FROM], field = frame[FRAME_CHECKSUM];
  const size_t length = pieces[0].iov_len;
  if (length > MAX_HEADERS || start < 0 || (uint64_t)start > length || field < start || (uint64_t)field + 2 > length) {
    throw_range(env, "checksum lies outside of the headers");
    return false;
  }
  memcpy(headers, pieces[0].iov_base, length);
  pieces[0].iov_base = headers;
  checksum_complete(pieces, count, (size_t)start, (size_t)field);
  return true;
}

/* Describes frame `index` in `pieces`. Returns their number, 0 if it is longer than a packet can be, -1: exception. */
static int gather(napi_env env, struct device *device, struct outgoing *out, uint32_t index,
                  struct iovec pieces[MAX_PIECES]) {
  const int32_t *frame = out->frames + (size_t)index * FRAME_FIELDS;
  const int64_t from = frame[FRAME_HEADER_FROM], length = frame[FRAME_HEADER_LENGTH];
  const int64_t first = frame[FRAME_FIRST_SLICE], slices = frame[FRAME_SLICES];
  if (from < 0 || length < 0 || (uint64_t)(from + length) > out->headers_size || first < 0 || slices < 0 ||
      (uint64_t)(first + slices) > out->slices_size / SLICE_FIELDS) {
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
  out->buffers = args[4];
  out->buffer = -1; /* none */
  out->data = NULL;
  out->size = 0;
  bool is_array;
  if (napi_is_array(env, args[4], &is_array) != napi_ok || !is_array) {
    throw_type(env, "buffers must be an array");
    return false;
  }
  return get_ints(env, args[5], "slices", &out->slices, &out->slices_size);
}

/*
 * write(handle, headers, frames, frameCount, buffers, slices, stats): frames done with, from the first on.
 *
 * One writev per frame, straight out of the arrays. A frame may ask for its checksum: FRAME_CHECKSUM is its place in the
 * headers (0: nothing is asked for), FRAME_SUM_FROM where the transport header begins. Fewer than frameCount are done when
 * the device is full. A frame that
 * the kernel refuses counts as done and is counted in `stats`: [device down, refused, last errno], added to.
 */
napi_value tun_write(napi_env env, napi_callback_info info) {
  napi_value args[7], result;
  struct device *device;
  struct outgoing out;
  struct iovec pieces[MAX_PIECES];
  uint8_t headers[MAX_HEADERS];
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
    const int32_t *frame = out.frames + (size_t)done * FRAME_FIELDS;
    if (frame[FRAME_CHECKSUM] != 0 && count > 0 && !complete_checksum(env, frame, pieces, count, headers)) return NULL;
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
