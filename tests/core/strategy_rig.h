/* A strategy on its own: bars in, signals out, called as the core calls it. Keeps the bars so that an oracle, the rule
 * written a second time over naive indicators, can say what the answer should have been. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/strategy.h"
#include "tests/core/naive.h"

#define RS(x) ((price_t)((x) * 10000 + ((x) < 0 ? -0.5 : 0.5)))
#define RIG_GUARD 0xA5

struct rig {
	const struct strategy_ops *ops;
	struct series series;
	int64_t params[STRATEGY_PARAMS_MAX];
	_Alignas(16) unsigned char state[STRATEGY_STATE_MAX + 64];
	nanos_t open;
	int64_t number;                             /* of the day's next bar */
	struct bar row[NAIVE_BARS], day[NAIVE_BARS];/* since the windows restarted; since the session began */
	size_t rows, days;
	struct signal signal;                       /* the newest answer */
};

NAIVE void rig_day(struct rig *r, int day)
{
	r->open = stamp_at(date_from_civil(2026, 1, 5) + day, TIME_OF_DAY(9, 15));
	r->number = 0;
	r->days = 0;
	series_session(&r->series, r->open);
	r->ops->session(r->state, r->params + COMMON_COUNT);
}

NAIVE void rig_init(struct rig *r, const char *name, uint32_t interval_s)
{
	memset(r, 0, sizeof(*r));
	r->ops = strategy_find(name);
	assert_non_null(r->ops);
	series_init(&r->series, 0, interval_s);
	strategy_params_standard(r->ops, r->params);
	memset(r->state + r->ops->state_size, RIG_GUARD, sizeof(r->state) - r->ops->state_size);
	rig_day(r, 0);
}

NAIVE void rig_set(struct rig *r, const char *name, const char *text)
{
	int index = strategy_param_index(r->ops, name);

	assert_true(index >= COMMON_COUNT);
	assert_int_equal(param_parse(strategy_param_at(r->ops, (uint32_t)index), text, &r->params[index]), ERR_OK);
}

NAIVE int64_t rig_get(const struct rig *r, const char *name)
{
	return r->params[strategy_param_index(r->ops, name)];
}

NAIVE struct signal rig_bar(struct rig *r, struct bar bar)
{
	bar.start = r->open + r->number++ * r->series.interval_s * NANOS_SECOND;
	assert_true(series_fold(&r->series, &bar, r->series.interval_s));
	if (r->series.restarted) {
		r->rows = 0;
		r->ops->restart(r->state, r->params + COMMON_COUNT);
	}
	assert_true(r->rows < NAIVE_BARS && r->days < NAIVE_BARS);
	r->row[r->rows++] = bar;
	r->day[r->days++] = bar;
	r->signal = (struct signal){ 0 };
	r->ops->bar(r->state, r->params + COMMON_COUNT, &r->series, r->open, &r->signal);
	for (size_t i = r->ops->state_size; i < sizeof(r->state); i++)
		assert_int_equal(r->state[i], RIG_GUARD);
	return r->signal;
}

/* In rupees: open, high, low, close. */
NAIVE struct signal rig_ohlc(struct rig *r, double open, double high, double low, double close)
{
	return rig_bar(r, (struct bar){ 0, RS(open), RS(high), RS(low), RS(close), 0 });
}

NAIVE nanos_t rig_closed_at(const struct rig *r)
{
	return TIME_OF_DAY(9, 15) + r->number * r->series.interval_s * NANOS_SECOND;
}

/* -- random walks against an oracle -------------------------------------------------------------------------------- */

typedef void rig_oracle(const struct rig *r, struct signal *ret);

NAIVE void rig_compare(const struct rig *r, const struct signal *want, int day)
{
	const struct signal *have = &r->signal;
	price_t stop = have->index_stop - want->index_stop, target = have->index_target - want->index_target;

	if (have->failed != want->failed || have->direction != want->direction || have->leave_long != want->leave_long ||
	    have->leave_short != want->leave_short || stop < -1 || stop > 1 || target < -1 || target > 1)
		fail_msg("day %d bar %d: have %u %d stop %lld target %lld, want %u %d stop %lld target %lld", day, (int)r->number,
		         have->failed, have->direction, (long long)have->index_stop, (long long)have->index_target, want->failed,
		         want->direction, (long long)want->index_stop, (long long)want->index_target);
	if (have->direction == 0) {
		assert_int_equal(have->index_stop, 0);
		return;
	}
	price_t close = r->row[r->rows - 1].close;
	assert_int_equal(have->failed, r->ops->n_conditions);
	assert_true(have->index_stop > 0 && have->direction * (close - have->index_stop) > 0);
	assert_true(have->index_target == 0 || have->direction * (have->index_target - close) > 0);
}

/* Every rung must be reached and both wanted kinds of signal found, else agreement would prove little. */
NAIVE void rig_walk(struct rig *r, rig_oracle *oracle, int days, uint64_t seed, bool bullish, bool bearish)
{
	uint32_t reached[STRATEGY_CONDITIONS_MAX + 1] = { 0 }, signals[2] = { 0, 0 };
	int64_t bars = 375 * 60 / r->series.interval_s;
	price_t price = RS(24000);

	for (int day = 0; day < days; day++) {
		uint64_t step = 20 + prng_below(&seed, 200); /* calm days and wild ones */
		rig_day(r, day);
		if (r->rows + (size_t)bars > NAIVE_BARS)
			r->series.count = 0; /* carried windows: start anew before the oracle's memory is full */
		while (r->number < bars) {
			int64_t volume = day % 3 == 0 ? 0 : (int64_t)prng_below(&seed, 90000);
			r->number += prng_below(&seed, 400) == 0; /* a hole */
			struct bar bar = naive_walk(&seed, price, step, volume);
			struct signal want = { 0 };
			rig_bar(r, bar);
			oracle(r, &want);
			rig_compare(r, &want, day);
			reached[r->signal.failed]++;
			signals[0] += r->signal.direction > 0;
			signals[1] += r->signal.direction < 0;
			price = bar.close;
		}
	}
	for (uint32_t i = 0; i < r->ops->n_conditions; i++)
		if (reached[i] == 0)
			fail_msg("no bar failed at %s", r->ops->conditions[i]);
	assert_int_equal(signals[0] > 2, bullish);
	assert_int_equal(signals[1] > 2, bearish);
}
