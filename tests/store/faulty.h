/* The database under test behind a wrapper that fails when told to: busy, full, damaged, torn in the middle of a batch. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "lib/store/ops.h"

struct faulty {
	atomic_int open, begin, apply, commit; /* enum err each call answers while not 0 */
	atomic_int apply_once;            /* answered by one call, then forgotten */
	atomic_uint dice;                 /* not 0: about one call in so many fails with busy, full or I/O */
	atomic_int max_pages;             /* PRAGMA max_page_count before each transaction; 0 = leave */
	uint64_t seed;                    /* of the dice; the store thread's own */
	void (*rolled_back)(void);        /* called after each rollback, on the store thread; NULL = nothing is */
};
extern struct faulty faulty;
const struct store_ops *faulty_ops(void);
