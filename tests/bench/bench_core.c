/* W1 (minute bars), W2 (quote ticks) and W3 (many instruments) of the common workloads: the whole engine - core, gate, sizing,
 * paper broker, books - beside the least C loop that makes the same trades, in one run. The trade hashes must agree.
 *
 *   bench_core w1 [bars] | w2 [ticks] | w3 [instruments] [bars in all]      prints one JSON line
 *   bench_core strategies [most]     cost of a bar by the number of strategies on one instrument, none of which trades */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/paper/paper.h"
#include "lib/core/indicator.h"
#include "lib/engine/engine.h"
#include "tests/bench/measure.h"
#include "tests/bench/sha256.h"
#include "tests/bench/workload.h"

#define ROUNDS 5
#define LOT 10
#define FEE 20

/* Rows of one bar an instrument, in the order in which a recorded file would have them. */
struct rows { uint64_t n; uint32_t instruments; struct bar *bar; };

static const struct bar *bar_of(const struct rows *r, uint64_t row, uint32_t instrument)
{
	return &r->bar[row * r->instruments + instrument];
}

/* -- the strategy, as an ordinary strategy of the engine ----------------------------------------------------------------- */

struct ema_state { struct ema fast, slow; };

static void ema_session(void *state, const int64_t *params) { (void)state; (void)params; }
static void ema_restart(void *state, const int64_t *params) { (void)state; (void)params; } /* days carry over in W1 */

static void ema_bar(void *state, const int64_t *params, const struct series *s, nanos_t open, struct signal *ret)
{
	struct ema_state *e = state;
	double price = (double)series_at(s, 0)->close, fast = e->fast.value, slow = e->slow.value;

	(void)open;
	ema_update(&e->fast, price, (uint32_t)params[0]);
	ema_update(&e->slow, price, (uint32_t)params[1]);
	if (e->fast.seen <= params[2])
		return;
	if (e->fast.value > e->slow.value && fast <= slow) {
		ret->direction = 1;
		ret->index_stop = 1; /* far away: this workload leaves only on the opposite cross */
		ret->failed = 1;
	}
	ret->leave_long = e->fast.value < e->slow.value && fast >= slow;
}

static const struct param ema_params[] = {
	{ "fast", PARAM_INT, 1, 100000, 12, "bars", "fast average", NULL },
	{ "slow", PARAM_INT, 1, 100000, 26, "bars", "slow average", NULL },
	{ "warm_up", PARAM_INT, 0, 1000000, 1000, "bars", "no signal before", NULL },
};
static const char *const ema_conditions[] = { "warm_up" };
static const struct strategy_ops ema_ops = {
	.name = "w1_ema", .title = "workload", .params = ema_params, .n_params = 3, .conditions = ema_conditions, .n_conditions = 1,
	.state_size = sizeof(struct ema_state), .session = ema_session, .restart = ema_restart, .bar = ema_bar,
};
static const struct strategy_ops *const bench_ops[] = { &ema_ops, NULL };

/* -- the feed: bars of M instruments merged in (time, instrument) order, or ticks ----------------------------------------- */

enum { FEED_TICKS = 1, FEED_BARS = 0 };
struct bench_feed {
	struct feed feed;
	int kind;
	uint64_t at, session_at; /* next row; the row at which a session begins */
	uint32_t next;           /* next instrument of the row */
	uint32_t announced;
	int phase;               /* 0 opens of the row, 1 its bars */
	date_t date;
	const struct rows *rows;
	struct feed_hooks hooks;
};

/* From 2026-01-05 09:15 IST on; asked for at each tick, so the calendar is not. */
static nanos_t tick_stamp(uint64_t i)
{
	return INT64_C(1767584700) * NANOS_SECOND + (nanos_t)i * 100 * NANOS_MS;
}

SELDOM static bool announce(struct bench_feed *f, struct event *ret)
{
	nanos_t start = f->kind == FEED_TICKS ? tick_stamp(f->at) : workload_start(f->at);
	struct instrument *i = &ret->instrument;

	if (f->announced < f->rows->instruments) {
		event_init(ret, EVENT_INSTRUMENT, start, f->announced);
		snprintf(i->symbol, sizeof(i->symbol), "W%u", f->announced);
		snprintf(i->underlying, sizeof(i->underlying), "W%u", f->announced);
		i->id = i->underlying_id = f->announced++;
		i->kind = INSTRUMENT_INDEX;
		i->flags = f->kind == FEED_TICKS ? INSTRUMENT_TRADABLE : INSTRUMENT_TRADABLE | INSTRUMENT_SYNTHETIC;
		i->tick = WORKLOAD_TICK;
		i->lot = f->kind == FEED_TICKS ? 1 : LOT;
		return true;
	}
	if (f->date != stamp_date(start)) {
		f->date = stamp_date(start);
		event_init(ret, EVENT_SESSION, start, INSTRUMENT_NONE);
		ret->session.date = f->date;
		ret->session.edge = SESSION_BEGIN;
		ret->session.open = start;
		ret->session.close = f->kind == FEED_TICKS ? start + 10 * NANOS_DAY : start + 23 * NANOS_HOUR; /* orders of the last bar live on to the next open */
		f->session_at = f->at + 375;
		return true;
	}
	return false;
}

SELDOM static void open_of(struct bench_feed *f, uint32_t instrument, struct event *ret)
{
	event_init(ret, EVENT_TICK, workload_start(f->at), instrument);
	ret->head.flags = TICK_OPEN_OF_BAR;
	ret->tick.last = bar_of(f->rows, f->at, instrument)->open;
	f->next = instrument + 1;
}

/* The open of the row's bar, for the next instrument on which an order waits; false when none does any more. */
static inline bool open_next(struct bench_feed *f, struct event *ret)
{
	for (uint32_t i = f->next; i < f->rows->instruments; i++)
		if (f->hooks.waiting(f->hooks.ctx, i)) {
			open_of(f, i, ret);
			return true;
		}
	f->phase = 1;
	f->next = 0;
	return false;
}

static int bars_next(struct feed *feed, struct event *ret)
{
	struct bench_feed *f = (struct bench_feed *)feed;

	if (f->at == f->rows->n)
		return 0;
	if (f->phase == 0 && ((f->at == f->session_at && announce(f, ret)) || open_next(f, ret)))
		return 1;
	const struct bar *b = bar_of(f->rows, f->at, f->next);
	ret->head = (struct record){ .stamp = b->start + NANOS_MINUTE, .kind = EVENT_BAR, .instrument = f->next };
	ret->bar = (struct event_bar){ .bar = *b, .interval_s = 60 };
	if (++f->next == f->rows->instruments) {
		f->next = 0;
		f->phase = 0;
		f->at++;
	}
	return 1;
}

static int ticks_next(struct feed *feed, struct event *ret)
{
	struct bench_feed *f = (struct bench_feed *)feed;

	if (f->at == f->rows->n)
		return 0;
	if (f->at == f->session_at && announce(f, ret))
		return 1;
	const struct bar *b = bar_of(f->rows, f->at, 0);
	ret->head = (struct record){ .stamp = tick_stamp(f->at), .kind = EVENT_TICK };
	ret->tick = (struct event_tick){ .last = b->close, .bid = b->close - WORKLOAD_TICK, .ask = b->close + WORKLOAD_TICK,
	                                 .bid_qty = b->volume, .ask_qty = b->volume };
	f->at++;
	return 1;
}

static const struct feed_ops bars_ops = { .name = "w1", .next = bars_next };
static const struct feed_ops ticks_ops = { .name = "w2", .next = ticks_next };

/* -- results -------------------------------------------------------------------------------------------------------------------- */

/* Fills are kept while the clock runs and hashed after it. */
struct fill_row { uint64_t row; price_t price; bool buy; };
struct result { uint64_t fills, cap; struct fill_row *fill; double seconds; money_t cash; qty_t position; char hash[65]; };

static void result_fill(struct result *r, uint64_t row, bool buy, price_t price, qty_t qty)
{
	if (r->fills == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 4096;
		r->fill = realloc(r->fill, r->cap * sizeof(*r->fill));
	}
	r->fill[r->fills++] = (struct fill_row){ row, price, buy };
	r->cash += (buy ? -1 : 1) * qty * price - FEE * NUM_SCALE;
	r->position += buy ? qty : -qty;
}

static void result_hash(struct result *r)
{
	crypto_hash_sha256_state sha;
	char line[64];

	crypto_hash_sha256_init(&sha);
	for (uint64_t i = 0; i < r->fills; i++) {
		int len = snprintf(line, sizeof(line), "%" PRIu64 ",%c,%" PRId64 "\n", r->fill[i].row, r->fill[i].buy ? 'B' : 'S', r->fill[i].price / 100);

		crypto_hash_sha256_update(&sha, (unsigned char *)line, (unsigned long long)len);
	}
	sha256_hex(&sha, r->hash);
	free(r->fill);
	r->fill = NULL;
}

static const struct bench_feed *row_source;
static void on_record(void *ctx, const struct record *head, const void *payload, size_t len)
{
	const struct outcome_fill *f = payload;

	(void)len;
	if (head->kind == OUTCOME_FILL)
		result_fill(ctx, row_source->kind == FEED_TICKS ? row_source->at - 1 : row_source->at, f->side == SIDE_BUY, f->price, f->qty);
}

/* -- our engine -------------------------------------------------------------------------------------------------------------------- */

static struct market_tables no_tables;

static uint32_t instruments_of_run; /* strategies beyond them share the instruments in turn */

static void define(struct engine *e, uint32_t i, uint32_t bar, int64_t fast, int64_t slow, int64_t warm)
{
	struct event s;

	event_init(&s, EVENT_STRATEGY, 0, INSTRUMENT_NONE);
	s.strategy.index = i;
	snprintf(s.strategy.ops, sizeof(s.strategy.ops), "w1_ema");
	snprintf(s.strategy.id, sizeof(s.strategy.id), "w%u", i);
	snprintf(s.strategy.underlying, sizeof(s.strategy.underlying), "W%u", i % instruments_of_run);
	s.strategy.commons = COMMON_COUNT;
	strategy_params_standard(&ema_ops, s.strategy.params);
	s.strategy.params[COMMON_bar] = bar;
	s.strategy.params[COMMON_trade] = 1;
	s.strategy.params[COMMON_entry_from] = 0;
	s.strategy.params[COMMON_entry_to] = TIME_OF_DAY(24, 0);
	s.strategy.params[COMMON_cooldown] = s.strategy.params[COMMON_stopout_cooldown] = 0;
	s.strategy.params[COMMON_entries_per_day] = s.strategy.params[COMMON_loss_streak] = 1000;
	s.strategy.params[COMMON_trail_bars] = 0;
	s.strategy.params[COMMON_product] = 1;
	s.strategy.params[COMMON_reward] = 1000000;
	s.strategy.params[COMMON_lots_max] = LOT;
	s.strategy.params[COMMON_entry_ticks] = s.strategy.params[COMMON_exit_ticks] = 100; /* meets any next price, as a market order */
	s.strategy.params[COMMON_COUNT] = fast;
	s.strategy.params[COMMON_COUNT + 1] = slow;
	s.strategy.params[COMMON_COUNT + 2] = warm;
	engine_post(e, &s);
}

/* W1's orders wait for the next open over any weekend, so its step is longer than one. */
static void begin(struct engine *e, uint32_t strategies, nanos_t step, uint32_t bar, int64_t fast, int64_t slow, int64_t warm)
{
	struct event ev;

	event_init(&ev, EVENT_START, 0, INSTRUMENT_NONE);
	ev.start.mode = MODE_REPLAY;
	ev.start.epoch = 1;
	ev.start.capital = INT64_C(100000000) * NUM_SCALE;
	ev.start.feed_step = step;
	ev.start.flags = START_ASSUME_UNKNOWN | START_QUIET;
	engine_post(e, &ev);
	for (uint32_t i = 0; i < strategies; i++)
		define(e, i, bar, fast, slow, warm);
	for (int l = 0; l < LINK_COUNT; l++) {
		event_init(&ev, EVENT_LINK, 0, INSTRUMENT_NONE);
		ev.link.link = (uint32_t)l;
		ev.link.up = 1;
		engine_post(e, &ev);
	}
	for (int l = 0; l < LIMIT_COUNT; l++) {
		event_init(&ev, EVENT_COMMAND, 0, INSTRUMENT_NONE);
		ev.command.command = COMMAND_LIMIT;
		ev.command.param = (uint32_t)l;
		ev.command.value = NUM_UNKNOWN;
		engine_post(e, &ev);
	}
}

static void run_engine(struct bench_feed *f, uint32_t strategies, uint32_t bar, int64_t fast, int64_t slow, int64_t warm, struct result *r)
{
	struct engine_options o = { .limits = { f->rows->instruments + 1, f->rows->instruments + 1, strategies + 1, 16384 }, .tables = &no_tables,
	                            .ops = bench_ops, .recorded = on_record, .outcomes_only = true, .ctx = r };
	struct paper_options paper = { .seed = 1 };
	struct engine *e;
	struct broker *broker;

	assert(engine_new(&o, &e) == ERR_OK);
	assert(paper_open(&paper, engine_core(e), engine_emit, e, &broker) == ERR_OK);
	f->hooks = (struct feed_hooks){ engine_waiting, e };
	engine_plug(e, broker, &f->feed);
	instruments_of_run = f->rows->instruments;
	begin(e, strategies, f->kind == FEED_TICKS ? 0 : 4 * NANOS_DAY, bar, fast, slow, warm);
	row_source = f;
	double from = now_s();
	while (engine_advance(e) == 1)
		;
	r->seconds = now_s() - from;
	broker->ops->close(broker);
	engine_free(&e);
}

/* -- the least loop: what the same trades cost with nothing around them ---------------------------------------------------------------- */

struct least_state { double fast, slow; };

static void run_least(const struct rows *d, int64_t warm, int64_t n_fast, int64_t n_slow, bool ticks,
                      struct result *r)
{
	uint32_t instruments = d->instruments;
	struct least_state *state = calloc(instruments, sizeof(*state));
	signed char *pending = calloc(instruments, 1), *held = calloc(instruments, 1);
	double from = now_s(), kf = 2.0 / (double)(n_fast + 1), ks = 2.0 / (double)(n_slow + 1);

	for (uint64_t i = 0; i < d->n; i++) {
		for (uint32_t m = 0; m < instruments; m++) {
			const struct bar *b = bar_of(d, i, m);

			if (!pending[m])
				continue;
			result_fill(r, i, pending[m] > 0, ticks ? b->close + (pending[m] > 0 ? 1 : -1) * WORKLOAD_TICK : b->open, LOT);
			held[m] = pending[m] > 0;
			pending[m] = 0;
		}
		for (uint32_t m = 0; m < instruments; m++) {
			struct least_state *s = &state[m];
			double price = (double)bar_of(d, i, m)->close, fast = s->fast, slow = s->slow;

			s->fast = i ? fast + kf * (price - fast) : price;
			s->slow = i ? slow + ks * (price - slow) : price;
			if (i < (uint64_t)warm || i + 1 >= d->n)
				continue;
			if (s->fast > s->slow && fast <= slow && !held[m])
				pending[m] = 1;
			else if (s->fast < s->slow && fast >= slow && held[m])
				pending[m] = -1;
		}
	}
	r->seconds = now_s() - from;
	free(state);
	free(pending);
	free(held);
}

/* -- main ------------------------------------------------------------------------------------------------------------------------------- */

static struct rows make(uint32_t instruments, uint64_t n)
{
	struct rows r = { n, instruments, malloc(n * instruments * sizeof(struct bar)) };
	struct workload w;

	for (uint32_t m = 0; m < instruments; m++) {
		workload_begin(&w, WORKLOAD_SEED + m);
		for (uint64_t i = 0; i < n; i++) {
			struct bar *b = &r.bar[i * instruments + m];

			workload_next(&w, &b->open, &b->high, &b->low, &b->close, &b->volume);
			b->start = workload_start(i);
			b->open *= WORKLOAD_TICK;
			b->high *= WORKLOAD_TICK;
			b->low *= WORKLOAD_TICK;
			b->close *= WORKLOAD_TICK;
		}
	}
	return r;
}

static double bar_cost_ns(const struct rows *d, uint32_t strategies)
{
	double took[3];

	for (int i = 0; i < 3; i++) {
		struct bench_feed f = { .feed = { FEED_MAGIC, &bars_ops }, .rows = d };
		struct result r = { 0 };

		run_engine(&f, strategies, 0, 12, 26, INT64_C(1) << 40, &r);
		took[i] = r.seconds * 1e9 / (double)d->n;
	}
	return median(took, 3);
}

static int strategies_main(uint32_t most)
{
	struct rows d = make(1, 20000);
	double one = bar_cost_ns(&d, 1);

	printf("{\"bench\":\"strategies\",\"bar_ns_with_1\":%.1f", one);
	for (uint32_t n = 10; n <= most; n *= 10) {
		double cost = bar_cost_ns(&d, n);

		printf(",\"bar_ns_with_%u\":%.0f,\"each_of_%u_ns\":%.1f", n, cost, n, (cost - one) / (n - 1));
	}
	puts("}");
	free(d.bar);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "w1";
	if (strcmp(what, "strategies") == 0)
		return strategies_main(argc > 2 ? (uint32_t)atoi(argv[2]) : 1000);
	bool ticks = strcmp(what, "w2") == 0, many = strcmp(what, "w3") == 0;
	uint32_t instruments = many ? (uint32_t)atoi(argc > 2 ? argv[2] : "1000") : 1;
	uint64_t total = strtoull(many ? (argc > 3 ? argv[3] : "3000000") : (argc > 2 ? argv[2] : "1000000"), NULL, 10);
	uint64_t n = total / instruments;
	int64_t fast = ticks ? 1200 : 12, slow = ticks ? 2600 : 26, warm = ticks ? 100000 : 1000;
	struct rows rows = make(instruments, n);
	double ours[ROUNDS], least[ROUNDS];
	struct result r = { 0 }, l = { 0 };
	struct rusage usage;
	bool agree = true;

	for (int round = 0; round < ROUNDS; round++) {
		struct bench_feed f = { .feed = { FEED_MAGIC, ticks ? &ticks_ops : &bars_ops }, .kind = ticks, .rows = &rows };

		r = l = (struct result){ 0 };
		run_engine(&f, instruments, ticks ? 4 : 0, fast, slow, warm, &r);
		run_least(&rows, warm, fast, slow, ticks, &l);
		result_hash(&r);
		result_hash(&l);
		ours[round] = r.seconds;
		least[round] = l.seconds;
		agree = agree && strcmp(r.hash, l.hash) == 0;
	}
	getrusage(RUSAGE_SELF, &usage);
	double mine = median(ours, ROUNDS), least_s = median(least, ROUNDS);
	money_t equity = r.cash + INT64_C(100000000) * NUM_SCALE + r.position * bar_of(&rows, n - 1, 0)->close;
	char text[NUM_TEXT];
	num_format(equity, text);
	printf("{\"bench\":\"%s\",\"instruments\":%u,\"events\":%" PRIu64 ",\"fills\":%" PRIu64 ",\"hash\":\"%s\",\"hash_equal\":%s,\"equity\":%s,"
	       "\"events_per_s\":%.0f,\"ns_per_event\":%.1f,\"least_events_per_s\":%.0f,\"ratio_of_least\":%.3f,\"peak_rss_mb\":%.1f}\n",
	       what, instruments, n * instruments, r.fills, r.hash, agree ? "true" : "false", instruments == 1 ? text : "null",
	       (double)(n * instruments) / mine, mine * 1e9 / (double)(n * instruments), (double)(n * instruments) / least_s, least_s / mine,
	       (double)usage.ru_maxrss / 1024);
	return agree ? 0 : 1;
}
