#include "tests/crash/day.h"

#include <stdio.h>

#define DATE 20458 /* 2026-01-05 */
#define MINUTES 60 /* from 14:11, so that the square-off is among them */
#define SEGMENT ((size_t)64 << 10)

struct day day;
const char *const plant_name[PLANTS] = { "none", "no sync", "forgetful sync", "folder not synced", "sent again", "trade not told" };

/* -- the engine --------------------------------------------------------------------------------------------------------------------- */

/* The records that led to a request, itself among them, go up to here. */
static uint64_t newest_seq(void)
{
	return day.core->s->seq;
}

static uint64_t hash_of(const struct record *head, const void *payload, size_t len)
{
	uint64_t hash = prng_mix(head->seq ^ (uint64_t)head->stamp) ^ prng_mix(((uint64_t)head->kind << 32 | head->instrument) + head->flags);

	for (size_t i = 0; i < len; i++)
		hash = prng_mix(hash + ((const uint8_t *)payload)[i]);
	return hash;
}

static void recorded(void *ctx, const struct record *head, const void *payload, size_t len)
{
	(void)ctx;
	must(head->seq < RECORDS_MAX, "a day of no more records than there is room for");
	if (!day.recovering)
		day.said[head->seq] = hash_of(head, payload, len);
}

void day_open(const char *dir)
{
	struct journal_options jo = { .dir = dir, .segment_bytes = SEGMENT, .sync = day.plant != PLANT_NO_SYNC, .reserve = true };
	struct engine_options eo = { .limits = { 4, 4, SHARES, 64 }, .tables = &day.tables.tables, .ops = rig_ops, .journal_dir = dir, .checkpoint_events = 40,
	                             .wait_durable = true, .recorded = recorded };
	struct journal_error error = { "" };
	struct engine_recovery r;

	snprintf(day.dir, sizeof(day.dir), "%s", dir);
	day.opened = false;
	must_go_on(journal_open(&jo, &day.journal, &error), error.text);
	day.opened = true;
	eo.journal = day.journal;
	must(engine_new(&eo, &day.engine) == ERR_OK, "an engine can be made");
	day.core = engine_core(day.engine);
	exchange_plug(&day.exchange, engine_emit, day.engine);
	day.exchange.seq = newest_seq;
	engine_plug(day.engine, &day.exchange.broker, NULL);
	day.recovering = true;
	must_go_on(engine_recover(day.engine, &r, &error), error.text);
	day.recovering = false;
	must(r.differences == 0, "the same decisions again");
}

void day_close(void)
{
	engine_free(&day.engine);
	journal_close(&day.journal);
}

/* -- the script ----------------------------------------------------------------------------------------------------------------------- */

static nanos_t time_of(unsigned m)
{
	return stamp_at(DATE, TIME_OF_DAY(14, 11)) + (nanos_t)m * NANOS_MINUTE;
}

static void post(struct event *e)
{
	must_go_on(engine_post(day.engine, e), "the engine takes the event");
}

/* One of no instrument, of now. */
static void post_plain(enum event_kind kind, const void *payload, size_t len)
{
	nanos_t now = day.core->s->now;
	struct event e;

	event_init(&e, kind, now > time_of(0) ? now : time_of(0), INSTRUMENT_NONE);
	memcpy(&e.head + 1, payload, len);
	post(&e);
}
#define POST(kind, value) post_plain(kind, &(value), sizeof(value))

static void post_share(uint32_t i)
{
	struct event e;

	event_init(&e, EVENT_INSTRUMENT, day.core->s->now, i);
	e.instrument = (struct instrument){ .id = i, .underlying_id = i, .kind = INSTRUMENT_EQUITY, .tick = 500, .lot = 5, .freeze = 20,
	                                    .flags = INSTRUMENT_TRADABLE | INSTRUMENT_LTP_ONLY };
	snprintf(e.instrument.symbol, sizeof(e.instrument.symbol), "S%u", i);
	snprintf(e.instrument.underlying, sizeof(e.instrument.underlying), "S%u", i);
	post(&e);
}

void day_begin(uint32_t epoch)
{
	struct event_start start = { .mode = MODE_LIVE, .epoch = epoch, .capital = RUPEES(1000000), .feed_step = NANOS_MINUTE, .flags = START_ASSUME_UNKNOWN };
	struct event_session session = { DATE, SESSION_BEGIN, 0, stamp_at(DATE, TIME_OF_DAY(9, 15)), stamp_at(DATE, TIME_OF_DAY(15, 30)) };

	POST(EVENT_START, start);
	for (uint32_t i = 0; i < SHARES; i++)
		POST(EVENT_STRATEGY, day.tables.strategy[i]);
	for (uint32_t i = 0; i < SHARES; i++)
		post_share(i);
	if (!day.core->s->day_active)
		POST(EVENT_SESSION, session);
}

void day_connect(void)
{
	struct event_funds funds = { RUPEES(1000000), 0, 0 };
	struct event_account read = { 0 };

	for (uint32_t link = 0; link < LINK_COUNT; link++) {
		struct event_link up = { link, 1, "" };

		POST(EVENT_LINK, up);
	}
	POST(EVENT_FUNDS, funds);
	POST(EVENT_ACCOUNT, read);
}

static price_t price_at(unsigned m, uint32_t share)
{
	price_t price = RUPEES(500);

	for (unsigned i = 0; i <= m; i++)
		price += 500 * ((price_t)(prng_mix(day.seed * 1000 + share * 500 + i) % 121) - 60);
	return price;
}

static void turn(nanos_t now)
{
	must_go_on(engine_turn(day.engine, now), "a turn succeeds");
}

static void turn_until(nanos_t until)
{
	for (int i = 0; i < 100 && core_wake_at(day.core) <= until; i++)
		turn(core_wake_at(day.core) > day.core->s->now ? core_wake_at(day.core) : day.core->s->now);
	turn(until);
}

static void run_share(unsigned m, uint32_t share)
{
	price_t open = m ? price_at(m - 1, share) : RUPEES(500), close = price_at(m, share);
	struct event e;

	day.exchange.now = time_of(m) + 30 * NANOS_SECOND;
	exchange_tick(&day.exchange, share, open);
	turn_until(time_of(m) + 30 * NANOS_SECOND);
	event_init(&e, EVENT_BAR, time_of(m + 1), share);
	e.bar.bar = (struct bar){ time_of(m), open, (open > close ? open : close) + 1000, (open < close ? open : close) - 1000, close, 9 };
	e.bar.interval_s = 60;
	post(&e);
	day.exchange.now = time_of(m + 1);
	exchange_tick(&day.exchange, share, close);
}

/* As the daemon does: no entries while the journal has no reserve. */
static void look_at_reserve(void)
{
	struct journal_health h;

	journal_health(day.journal, &h);
	if (h.reserve == (day.core->s->link[LINK_JOURNAL].up != 0))
		return;
	struct event_link link = { LINK_JOURNAL, h.reserve, "" };
	POST(EVENT_LINK, link);
}

static void run_minute(unsigned m)
{
	look_at_reserve();
	for (uint32_t share = 0; share < SHARES; share++)
		run_share(m, share);
	exchange_tell(&day.exchange, day.core, false);
	turn_until(time_of(m + 1));
}

/* Orders that no book can settle at once take some minutes more. */
void day_run(void)
{
	turn_until(day.core->s->now);
	while (day.minute < MINUTES)
		run_minute(day.minute++); /* a crash in a minute loses the rest of it */
	for (unsigned m = MINUTES; m < MINUTES + 10 && (day.core->s->open_books || day.core->s->live_orders); m++)
		run_minute(m);
}

void day_tables(void)
{
	struct rig *r = &day.tables;

	rig_init(r);
	for (uint32_t i = 0; i < SHARES; i++) {
		char symbol[16];

		snprintf(symbol, sizeof(symbol), "S%u", i);
		rig_strategy(r, i, symbol);
		*rig_param(r, i, "wild") = 1;
		*rig_param(r, i, "live") = 1;
		*rig_param(r, i, "cooldown") = *rig_param(r, i, "stopout_cooldown") = 0;
		*rig_param(r, i, "loss_streak") = *rig_param(r, i, "entries_per_day") = 1000;
		*rig_param(r, i, "cost_pct") = 1000000;
		*rig_param(r, i, "entry_to") = TIME_OF_DAY(15, 0);
	}
}

/* -- what must hold ---------------------------------------------------------------------------------------------------------------------- */

static void fold_record(struct core *fold, const struct record *head, const void *payload, size_t len)
{
	static struct actions actions;
	struct event e;

	must(day.said[head->seq] == hash_of(head, payload, len), "I17: a record is what it was when it was made");
	fold->s->seq = head->seq > fold->s->seq ? head->seq - 1 : fold->s->seq;
	if (head->kind < EVENT_COUNT) {
		memset(&e, 0, sizeof(e));
		e.head = *head;
		memcpy(&e.head + 1, payload, len);
		core_step(fold, &e, &actions);
	}
	fold->s->seq = head->seq;
}

static void fold_all(struct core *fold)
{
	struct journal_error error = { "" };
	struct journal_reader *reader;
	struct record head;
	const void *payload;
	size_t len;
	int got;

	must(journal_reader_open(day.dir, 1, &reader, &error) == ERR_OK, "the journal can be read");
	while ((got = journal_reader_next(reader, &head, &payload, &len)) == 1)
		fold_record(fold, &head, payload, len);
	must(got == 0, error.text);
	journal_reader_close(&reader);
}

void judge_fold(void)
{
	struct core_limits limits = day.core->s->limits;
	size_t size = core_size(&limits), len;
	void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
	struct core fold;

	must(journal_commit(day.journal) == ERR_OK, "the journal can be written");
	must(core_init(&fold, memory, size, &limits, &day.tables.tables, rig_ops) == ERR_OK, "a core can be made");
	fold_all(&fold);
	must(fold.s->seq == day.core->s->seq && memcmp(core_state_bytes(&fold, &len), core_state_bytes(day.core, &len), size) == 0,
	     "I16: the state is the fold of the journal");
	free(memory);
}

static void judge_books(void)
{
	qty_t held[SHARES] = { 0 };

	for (uint32_t i = 0; i < day.core->s->strategies; i++)
		if (day.core->slot[i].book.qty)
			held[day.core->slot[i].book.instrument] += day.core->slot[i].book.qty;
	for (uint32_t i = 0; i < SHARES; i++)
		must(exchange_net(&day.exchange, i) == held[i], "I7: the books are the exchange's");
	must(exchange_cash(&day.exchange) == day.core->s->account.realised, "I7: the result is the exchange's, to the paisa");
}

static void judge_orders(void)
{
	for (uint32_t i = 0; i < day.exchange.orders; i++) {
		must(day.exchange.order[i].arrivals == 1, "I3: no tag arrives twice");
		must(day.exchange.order[i].state != X_RESTS, "I27: nothing is at work at the end");
	}
}

void judge_end(void)
{
	struct journal_report report;

	must(!day.core->s->open_books && !day.core->s->live_orders, "I27: flat at the end of the day");
	judge_books();
	judge_orders();
	judge_fold();
	day_close();
	must(journal_verify(day.dir, &report) == ERR_OK, report.damage);
}
