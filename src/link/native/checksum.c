/*
 * The Internet checksum (RFC 1071), for devices whose packets the kernel neither sums nor checks: done here it costs a
 * twentieth of what it costs in JavaScript (measured: 60 ns for 1448 bytes).
 *
 * Sums are of 16-bit words in this machine's byte order. Ones-complement addition doesn't mind: what is stored in the same
 * order is right on the wire (RFC 1071, section 2 (B)).
 */
#include "checksum.h"

#include <stdbool.h>
#include <string.h>

/* Where a UDP header has its checksum. */
#define UDP_CHECKSUM 6

static uint32_t fold(uint64_t sum) {
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return (uint32_t)((sum >> 16) + (sum & 0xffff));
}

/* 32 bits at a time: two words are added at once, and their carries at the end. */
static uint64_t sum_bytes(const uint8_t *bytes, size_t length) {
  uint64_t sum = 0;
  uint32_t word;
  size_t at = 0;
  for (; at + sizeof word <= length; at += sizeof word) {
    memcpy(&word, bytes + at, sizeof word);
    sum += word;
  }
  if (at == length) return sum;
  word = 0; /* the last bytes, as if zeros followed */
  memcpy(&word, bytes + at, length - at);
  return sum + word;
}

/* The folded sum of a packet, in network byte order's terms: what JavaScript's sumBytes gives. */
uint32_t checksum_of(const uint8_t *bytes, size_t length) {
  const uint16_t sum = (uint16_t)fold(sum_bytes(bytes, length));
  uint8_t ordered[2];
  memcpy(ordered, &sum, sizeof sum);
  return (uint32_t)(ordered[0] << 8 | ordered[1]);
}

/*
 * Completes the checksum at `field` of the first piece, which holds the sum of the pseudo-header: over the first piece from
 * `start` on, and over all others. A piece of odd length has those behind it sum with their bytes swapped.
 */
void checksum_complete(const struct iovec *pieces, int count, size_t start, size_t field) {
  uint8_t *first = pieces[0].iov_base;
  uint64_t sum = fold(sum_bytes(first + start, pieces[0].iov_len - start));
  bool odd = (pieces[0].iov_len - start) % 2 != 0;
  for (int i = 1; i < count; i++) {
    uint32_t piece = fold(sum_bytes(pieces[i].iov_base, pieces[i].iov_len));
    sum += odd ? (piece << 8 | piece >> 8) & 0xffff : piece;
    if (pieces[i].iov_len % 2 != 0) odd = !odd;
  }
  uint16_t checksum = (uint16_t)~fold(sum);
  if (checksum == 0 && field - start == UDP_CHECKSUM) checksum = 0xffff; /* in UDP 0 means "none" (RFC 768) */
  memcpy(first + field, &checksum, sizeof checksum);
}
