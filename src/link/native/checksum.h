/* The Internet checksum, where the kernel leaves it to us. */
#ifndef TCPGLASS_CHECKSUM_H
#define TCPGLASS_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

uint32_t checksum_of(const uint8_t *bytes, size_t length);
void checksum_complete(const struct iovec *pieces, int count, size_t start, size_t field);

#endif
