/* One block of memory mapped twice in a row, so that a batch that runs over the end lies contiguous all the same and goes
 * to disk in one write. Positions only grow; position p is byte p % JOURNAL_RING. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RING ((size_t)2 << 20)

int journal_ring_map(uint8_t **ret);
void journal_ring_unmap(uint8_t *ring); /* NULL is nothing */

static inline void *journal_ring_at(uint8_t *ring, uint64_t position)
{
	return ring + (position & (JOURNAL_RING - 1));
}
