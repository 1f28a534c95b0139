/* CRC-32C (Castagnoli), the checksum of each journal record. Uses the SSE4.2 instruction where the machine has it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Chain: crc32c(crc32c(0, a), b) == crc32c(0, a ++ b). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);
