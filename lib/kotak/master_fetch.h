/* Fetching the day's master: file paths, the CSV files one after the other (streamed, bounded), sanity against yesterday's cache (row counts, columns,
 * expiries), compile on a thread of its own, atomic swap. A failure keeps the last good one and says so; yesterday's tokens are never used
 * for orders of today: master_day() tells. */
#pragma once

#include "lib/kotak/master.h"
#include "lib/kotak/rest.h"

struct master_fetch;
struct master_fetch_options {
	struct kotak_session *session;
	struct rest *rest;
	const char *dir;                 /* cache file DIR/master.bin */
	const enum segment *segments;    /* wanted */
	size_t n_segments;
	uint32_t least[SEGMENT_COUNT];   /* fewest believable rows */
	void (*done)(void *ctx, int err, const char *text); /* a newer master.bin is there, or why not; more tries follow by themselves (after 1, 2, 2 ... minutes) */
	void *ctx;
};
int master_fetch_start(const struct master_fetch_options *o, struct master_fetch **ret);
void master_fetch_stop(struct master_fetch **f);
