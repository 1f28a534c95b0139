/* The market itself: opens, follows the clock from step to step and day to day, and finds what is listed. */
#include "tests/neosim/market.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

static const struct { int segment; const char *name; } segments[] = {
	{ SIM_NSE_CM, "nse_cm" }, { SIM_NSE_FO, "nse_fo" }, { SIM_CDE_FO, "cde_fo" }, { SIM_BSE_CM, "bse_cm" }, { SIM_BSE_FO, "bse_fo" }, { SIM_MCX_FO, "mcx_fo" },
};

const char *sim_segment_name(int segment)
{
	for (size_t i = 0; i < ARRAY_LEN(segments); i++)
		if (segments[i].segment == segment)
			return segments[i].name;
	return NULL;
}

int sim_segment_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(segments); i++)
		if (!strcmp(segments[i].name, name))
			return segments[i].segment;
	return 0;
}

/* -- time ---------------------------------------------------------------------------------------------------------------- */

static int32_t step_at(const struct market *m, int64_t now)
{
	if (!m->trades || now < m->open)
		return -1;
	int64_t step = (now - m->open) / MARKET_STEP;
	return step < m->steps ? (int32_t)step : m->steps;
}

/* Before the open: the close of the day before, about. */
int64_t market_second(const struct market *m, int32_t step)
{
	if (step < 0)
		return stamp_at(calendar_previous(m->date), TIME_OF_DAY(15, 29)) / NANOS_SECOND;
	return (m->open + step * MARKET_STEP) / NANOS_SECOND;
}

static int32_t step_of_time(const struct market *m, int64_t time_of_day)
{
	int64_t step = (time_of_day - m->times.open) / MARKET_STEP;

	return step < m->steps ? (int32_t)step : m->steps;
}

int32_t market_last_step(const struct market *m, const struct instrument *in)
{
	if (in->kind == KIND_INDEX || (in->kind == KIND_SHARE && in->s.auction))
		return step_of_time(m, m->times.cash_end);
	if (in->kind == KIND_SHARE)
		return step_of_time(m, m->times.auction_end);
	if (in->expires && in->expires < m->open)
		return -1;
	return m->steps;
}

bool market_scrip_trades(const struct market *m, const struct scrip *s, int64_t now)
{
	struct day_times t;
	int64_t time = stamp_time_of_day(now);

	if (stamp_date(now) != m->date || !calendar_times(s->segment, m->date, &t) || (s->expiry && s->expiry < m->date))
		return false;
	return time >= t.open && time < (s->auction ? t.cash_end : t.close);
}

/* -- moving ---------------------------------------------------------------------------------------------------------------- */

/* Far jumps look less often; the last stretch before the target is always walked step by step. */
static int32_t stride(int32_t left)
{
	return left > 14400 ? 240 : left > 2400 ? 60 : left > 40 ? 4 : 1;
}

static bool is_due(const struct instrument *in, int32_t from, int32_t to)
{
	int32_t period = market_period(in, to), phase = (int32_t)(in->s.token % (uint32_t)period);

	return from < 0 || (to + phase) / period != (from + phase) / period;
}

/* An index and a share that close by auction stand still from the end of continuous trading and jump once, to the auction's price. */
static bool stands_still(const struct market *m, const struct instrument *in, int32_t from, int32_t *to)
{
	int32_t last = market_last_step(m, in), auction = step_of_time(m, m->times.auction_end);
	bool jumps = in->kind == KIND_INDEX || in->s.auction;

	if (*to <= last)
		return false;
	if (from < last && !(jumps && *to >= auction)) {
		*to = last;
		return false;
	}
	if (!jumps || *to < auction || from >= auction)
		return true;
	*to = auction;
	return false;
}

static bool move(struct market *m, struct instrument *in, int32_t from, int32_t to)
{
	if (in->s.halted || stands_still(m, in, from, &to))
		return false;
	int32_t last = market_last_step(m, in);
	bool ends = to >= last, waits = in->pin ? from >= 0 : !is_due(in, from, to);
	if (waits && !ends)
		return false;
	market_quote_show(m, in, in->pin ? (double)in->pin : market_fair(m, in, to), to);
	if (in->kind == KIND_INDEX && !in->pin)
		market_quote_range(in, to > last ? to - 1 : from, to); /* what it did not show at the auction is nobody's high */
	if (in->kind != KIND_INDEX && ends)
		market_quote_shut(in);
	return true;
}

static void move_all(struct market *m, int32_t from, int32_t to, market_changed *changed, void *ctx)
{
	m->step = to;
	for (size_t i = 0; i < m->living.n; i++)
		if (move(m, m->living.at[i], from, to) && changed)
			changed(ctx, &m->living.at[i]->s, m->living.at[i]->quote);
}

static void shut(struct market *m, market_changed *changed, void *ctx)
{
	m->shut = true;
	for (size_t i = 0; i < m->living.n; i++) {
		struct instrument *in = m->living.at[i];
		if (in->kind == KIND_INDEX || in->kind == KIND_SHARE)
			continue;
		market_quote_shut(in);
		in->quote->changes++;
		if (changed)
			changed(ctx, &in->s, in->quote);
	}
}

static void catch_up(struct market *m, int64_t now, market_changed *changed, void *ctx)
{
	int32_t target = step_at(m, now);

	while (m->step < target) {
		int32_t to = m->step < 0 ? 0 : m->step + stride(target - m->step);
		move_all(m, m->step, to, changed, ctx);
	}
	if (m->trades && now >= m->open + m->steps * MARKET_STEP && !m->shut)
		shut(m, changed, ctx);
}

static int begin_day(struct market *m, int32_t date)
{
	m->date = date;
	m->step = -1;
	m->shut = false;
	int err = market_walk_day(m);
	return err == ERR_OK ? market_list_day(m) : err;
}

/* The clock set back: the day is begun again, and the same things happen. */
static void begin_again(struct market *m)
{
	m->step = -1;
	m->shut = false;
	for (size_t i = 0; i < m->living.n; i++) {
		struct sim_quote *q = m->living.at[i]->quote;
		q->last = q->close;
		market_quote_day(m, m->living.at[i]);
	}
}

void market_advance(struct market *m, market_changed *changed, void *ctx)
{
	CHECK_OBJ(m, MARKET_MAGIC);
	int64_t now = sim_now(m->clock);
	bool back = step_at(m, now) < m->step || (m->shut && now < m->open + m->steps * MARKET_STEP);

	if (sim_date(now) != m->date) {
		int err = begin_day(m, sim_date(now));
		WRONG(err != ERR_OK); /* only for want of memory */
	} else if (back) {
		begin_again(m);
	}
	catch_up(m, now, changed, ctx);
}

int64_t market_next_at(const struct market *m)
{
	int64_t end = m->open + m->steps * MARKET_STEP;

	CHECK_OBJ(m, MARKET_MAGIC);
	if (m->trades && m->step < 0)
		return m->open;
	if (m->trades && m->step < m->steps)
		return m->open + (m->step + 1) * MARKET_STEP;
	if (m->trades && !m->shut)
		return end;
	return stamp_at(m->date + 1, 0);
}

/* -- opening ---------------------------------------------------------------------------------------------------------------- */

int market_open(const struct market_options *o, const struct sim_clock *clock, struct market **ret, char error[256])
{
	struct market *m = calloc(1, sizeof(*m));
	int err = ERR_OK;

	snprintf(error, 256, "%s", err_text(ERR_NOMEM));
	if (!m)
		return ERR_NOMEM;
	*m = (struct market){ .magic = MARKET_MAGIC, .clock = clock, .seed = o->seed, .master_rows = o->master_rows, .n_assets = market_n_specs };
	assert(market_n_specs <= MARKET_ASSETS);
	for (size_t i = 0; i < market_n_specs; i++)
		m->asset[i].spec = &market_specs[i];
	m->first_date = sim_date(sim_now(clock));
	if (o->n_data)
		err = tapes_open(o->data, o->n_data, &m->tapes, error);
	if (err == ERR_OK)
		err = begin_day(m, m->first_date);
	if (err != ERR_OK) {
		market_close(&m);
		return err;
	}
	catch_up(m, sim_now(clock), NULL, NULL);
	error[0] = '\0';
	*ret = m;
	return ERR_OK;
}

void market_close(struct market **market)
{
	struct market *m = *market;

	if (!m)
		return;
	CHECK_OBJ(m, MARKET_MAGIC);
	for (size_t i = 0; i < m->owned.n; i++) {
		free(m->owned.at[i]->quote);
		free(m->owned.at[i]);
	}
	for (size_t i = 0; i < m->n_assets; i++)
		free(m->asset[i].path);
	for (int i = 0; i < MARKET_SEGMENTS; i++)
		free(m->segment[i].at);
	free(m->owned.at);
	free(m->living.at);
	table_done(&m->by_token);
	table_done(&m->by_symbol);
	tapes_close(&m->tapes);
	free(m);
	*market = NULL;
}

/* -- finding ---------------------------------------------------------------------------------------------------------------- */

const struct scrip *market_find(const struct market *m, int segment, const char *id)
{
	const struct instrument *in = table_get(&m->by_token, table_key((uint64_t)segment, id));

	return in ? &in->s : NULL;
}

const struct scrip *market_find_symbol(const struct market *m, int segment, const char *symbol)
{
	const struct instrument *in = table_get(&m->by_symbol, table_key((uint64_t)segment, symbol));

	return in ? &in->s : NULL;
}

const struct sim_quote *market_quote(const struct market *m, const struct scrip *s)
{
	static const struct sim_quote none;
	const struct instrument *in = instrument_of(s);

	CHECK_OBJ(m, MARKET_MAGIC);
	return in->quote ? in->quote : &none;
}

size_t market_count(const struct market *m, int segment)
{
	return segment > 0 && segment < MARKET_SEGMENTS ? m->segment[segment].n : 0;
}

const struct scrip *market_at(const struct market *m, int segment, size_t i)
{
	return i < market_count(m, segment) ? &m->segment[segment].at[i]->s : NULL;
}

int market_status(const struct market *m, int segment)
{
	int64_t now = sim_now(m->clock);

	return calendar_status(segment, sim_date(now), sim_time_of_day(now));
}

bool market_is_open(const struct market *m, int segment)
{
	return market_status(m, segment) == 1;
}
