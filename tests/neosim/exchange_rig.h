/* For the tests: an account at the simulated exchange, an ear for what it says, and hands on market and clock. */
#pragma once

#include "lib/base/prng.h"
#include "tests/neosim/exchange_priv.h"
#include "tests/neosim/sim_rig.h"

#define STEP (20 * NANOS_MS)
#define CALL "NIFTY26D0122800CE"
#define HIGHER "NIFTY26D0122900CE"

struct pit {
	struct sim_rig rig;
	struct exchange *x;
	char said[4096];             /* "number-of-order:status[filled] ..." since the last quiet() */
	size_t len;
	int64_t updated[64];         /* of each order, must grow */
	unsigned trades, positions;
	const char *text;
};
static struct pit pit;

static inline void hear_order(void *ctx, const struct sim_order *o)
{
	struct pit *p = ctx;

	assert_true(o->index < ARRAY_LEN(p->updated));
	assert_true(o->updated > p->updated[o->index]);
	p->updated[o->index] = o->updated;
	p->len += (size_t)snprintf(p->said + p->len, sizeof(p->said) - p->len, "%s%s", p->len ? ", " : "", sim_status_text(o->status));
	if (o->filled)
		p->len += (size_t)snprintf(p->said + p->len, sizeof(p->said) - p->len, " %lld", (long long)o->filled);
	assert_true(p->len < sizeof(p->said) - 100);
}

/* A trade comes before the order row that shows it, and already counts. */
static inline void hear_trade(void *ctx, const struct sim_order *o, const struct sim_trade *t)
{
	struct pit *p = ctx;

	assert_int_equal(t->order, o->index);
	assert_true(t->qty > 0 && t->price > 0 && o->filled >= t->qty);
	p->trades++;
}

static inline void hear_position(void *ctx, const struct sim_position *x)
{
	struct pit *p = ctx;

	assert_non_null(x->scrip);
	p->positions++;
}

static inline void pit_open_with(const char *at, struct exchange_options o)
{
	struct exchange_events e = { hear_order, hear_trade, hear_position, &pit };

	memset(&pit, 0, sizeof(pit));
	rig_open(&pit.rig, at);
	o.step_delay = o.step_delay ? o.step_delay : STEP;
	o.fill_delay = o.fill_delay ? o.fill_delay : STEP;
	o.cash = o.cash ? o.cash : INT64_C(5000000000);
	assert_int_equal(exchange_open(&o, pit.rig.market, &pit.rig.clock, &e, &pit.x), ERR_OK);
}

static inline void pit_open(const char *at)
{
	pit_open_with(at, (struct exchange_options){ .seed = 1 });
}

static inline void pit_close(void)
{
	exchange_close(&pit.x);
	assert_null(pit.x);
	rig_close(&pit.rig);
}

static inline void quiet(void)
{
	pit.said[0] = '\0';
	pit.len = 0;
	pit.trades = pit.positions = 0;
}

/* Only the exchange's time passes: prices stand where the test put them. */
static inline void wait_steps(int steps)
{
	for (int i = 0; i < steps; i++) {
		pit.rig.clock.virtual_from += STEP;
		exchange_advance(pit.x);
	}
}

static inline void to(const char *at)
{
	pit.rig.clock.virtual_from = rig_stamp(at);
	market_advance(pit.rig.market, NULL, NULL);
	exchange_advance(pit.x);
}

static inline const struct scrip *scrip(const char *symbol)
{
	const struct scrip *s = market_find_symbol(pit.rig.market, SIM_NSE_FO, symbol);

	s = s ? s : market_find_symbol(pit.rig.market, SIM_NSE_CM, symbol);
	if (!s)
		fail_msg("%s is not listed", symbol);
	return s;
}

static inline const struct sim_quote *quote(const char *symbol)
{
	return market_quote(pit.rig.market, scrip(symbol));
}

static inline void price(const char *symbol, int64_t paise)
{
	market_set_price(pit.rig.market, scrip(symbol), paise);
	exchange_price(pit.x, scrip(symbol));
}

static inline struct sim_request request(const char *symbol, char side, int64_t qty, int64_t paise)
{
	struct sim_request r = { .product = "NRML", .type = "L", .validity = "DAY", .side = side, .qty = qty, .price = paise };
	const struct scrip *s = market_find_symbol(pit.rig.market, SIM_NSE_FO, symbol);

	r.segment = s ? SIM_NSE_FO : SIM_NSE_CM;
	snprintf(r.symbol, sizeof(r.symbol), "%s", symbol);
	return r;
}

static inline struct sim_request stop(const char *symbol, char side, int64_t qty, int64_t trigger, int64_t paise)
{
	struct sim_request r = request(symbol, side, qty, paise);

	memcpy(r.type, "SL", 3);
	r.trigger = trigger;
	return r;
}

static inline struct sim_request typed(struct sim_request r, const char *type, const char *product, const char *validity)
{
	snprintf(r.type, sizeof(r.type), "%s", type);
	snprintf(r.product, sizeof(r.product), "%s", product);
	snprintf(r.validity, sizeof(r.validity), "%s", validity);
	return r;
}

static inline const struct sim_order *send(struct sim_request r)
{
	const struct sim_order *o = NULL;

	assert_int_equal(exchange_place(pit.x, &r, &o, &pit.text), 200);
	assert_non_null(o);
	return o;
}

static inline const struct sim_order *place(struct sim_request r)
{
	const struct sim_order *o = send(r);

	wait_steps(6);
	return o;
}

static inline int modify(const struct sim_order *o, struct sim_request r)
{
	const struct sim_order *back = NULL;

	memcpy(r.number, o->number, sizeof(r.number));
	int code = exchange_modify(pit.x, &r, &back, &pit.text);
	if (code == 200)
		assert_ptr_equal(back, o);
	return code;
}

static inline int cancel(const struct sim_order *o, bool amo)
{
	const struct sim_order *back = NULL;

	return exchange_cancel(pit.x, o->number, amo, &back, &pit.text);
}

static inline void assert_said(const char *words)
{
	if (strcmp(pit.said, words) != 0)
		fail_msg("said \"%s\", not \"%s\"", pit.said, words);
	quiet();
}

static inline int64_t available(void)
{
	struct sim_funds f;

	exchange_funds(pit.x, &f);
	return f.cash + f.collateral + f.realised + f.unrealised - f.used - f.premium;
}

static inline void assert_rejected(struct sim_request r, const char *reason)
{
	const struct sim_order *o = place(r);

	assert_int_equal(o->status, SIM_REJECTED);
	if (!strstr(o->reason, reason))
		fail_msg("rejected for \"%s\", not \"%s\"", o->reason, reason);
	assert_string_equal(o->exchange_number, "");
	quiet();
}

static const char noon[] = "2026-11-25T12:00:00+05:30";
