/* For the tests: a market under a clock that stands still until the test moves it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "tests/neosim/market.h"

struct sim_rig { struct sim_clock clock; struct market *market; uint64_t heard; };

static inline int64_t rig_stamp(const char *text)
{
	nanos_t stamp = 0;

	assert_int_equal(stamp_parse(text, strlen(text), &stamp), ERR_OK);
	return stamp;
}

static inline void rig_open_with(struct sim_rig *r, const char *at, const struct market_options *o)
{
	char error[256];

	*r = (struct sim_rig){ .clock = { .virtual_from = rig_stamp(at), .speed = 0 } };
	if (market_open(o, &r->clock, &r->market, error) != ERR_OK)
		fail_msg("%s", error);
}

static inline void rig_open(struct sim_rig *r, const char *at)
{
	rig_open_with(r, at, &(struct market_options){ .seed = 1 });
}

static inline void rig_hear(void *ctx, const struct scrip *s, const struct sim_quote *q)
{
	struct sim_rig *r = ctx;

	assert_non_null(s);
	assert_non_null(q);
	r->heard++;
}

/* Moves the clock and the market; returns how many quotes changed. */
static inline uint64_t rig_to(struct sim_rig *r, const char *at)
{
	r->clock.virtual_from = rig_stamp(at);
	r->heard = 0;
	market_advance(r->market, rig_hear, r);
	return r->heard;
}

static inline uint64_t rig_pass(struct sim_rig *r, int64_t ns)
{
	r->clock.virtual_from += ns;
	r->heard = 0;
	market_advance(r->market, rig_hear, r);
	return r->heard;
}

static inline const struct sim_quote *rig_quote(const struct sim_rig *r, int segment, const char *symbol)
{
	const struct scrip *s = market_find_symbol(r->market, segment, symbol);

	if (!s)
		fail_msg("%s is not listed", symbol);
	return market_quote(r->market, s);
}

static inline void rig_close(struct sim_rig *r)
{
	market_close(&r->market);
	assert_null(r->market);
}
