/* How a run is cut down to what makes it fail: fewer faults, fewer strategies, less time, fewer ticks. A cut is text on the command line (--cut), and with seed and
 * dials it is the same run to the bit. The empty one leaves the seed's day as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CUT_FAULTS 512
#define CUT_TEXT (CUT_FAULTS * 32)

/* The n-th occasion of a dial, from 1, among order requests or among all others: it stays the same occasion when polls and ticks around it go. */
struct cut_fault { uint16_t dial; uint16_t order; uint32_t n; };
struct cut {
	uint64_t reroll;                /* other dice for what befalls it; market and settings stay */
	uint64_t later;                 /* seconds: the day begins so much later */
	uint64_t cold;                  /* bad weather from the first event on */
	uint64_t safety;                /* seconds of bad weather; 0 = as drawn */
	uint64_t loud;                  /* chances are so many times as high; 0 = as drawn */
	uint64_t ticks;                 /* only each so manieth second of the market is heard */
	uint64_t timers;                /* milliseconds: timers that repeat do not ring more often */
	uint64_t strikes;               /* of options, each side of the money; 0 = as ever */
	uint64_t strategies;            /* bit i: strategy i trades; 0 = all do */
	bool listed;                    /* only the faults listed happen, whatever the dials say */
	struct cut_fault fault[CUT_FAULTS];
	size_t faults;
};

/* "later=30,cold=1,faults=ANSWER_LOST:3+stale_book.17"; a colon: among order requests. False: not one. */
bool cut_parse(struct cut *ret, const char *text);
/* Empty for the empty cut. */
void cut_print(const struct cut *c, char ret[CUT_TEXT]);
bool cut_keeps(const struct cut *c, const struct cut_fault *f); /* always, when there is no list */
