/* kotak_drive --engine: the adapter behind the broker port, with the master from the server. Commands are the core's actions; every event the
 * adapter emits is printed, with the state the core's table makes of it ("legal":false when the table forbids it).
 *     place SEGMENT SYMBOL B|S L|SL QTY PRICE TRIGGER MIS|NRML DAY [TAG|-] [entry|exit]     -> {"command":"place","order":N}
 *     modify ORDER PRICE [TRIGGER]    cancel ORDER    resend ORDER PRICE    kill    unkill
 *     wait MS (real)    orders    stats    positions
 * --adopt FILE: lines "STATE NUMBER|- SEGMENT SYMBOL B|S QTY PRICE TAG", orders of an earlier life, taken over at the start. */
#include "tests/broker/kotak/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak.h"
#include "lib/kotak/master_fetch.h"
#include "lib/kotak/reports.h"

#define ORDERS 1024
#define SYMBOLS 256

static struct world {
	struct drive *d;
	struct core core;
	void *memory;
	struct actions actions;
	struct market_tables tables;
	struct order order[ORDERS];      /* the core's view, by number */
	uint64_t orders;
	struct broker *broker;
	struct master_fetch *fetch;
	struct master *master;
	char dir[64];
	uv_timer_t waiting;
	uint32_t epoch;
} world;

/* -- events out -------------------------------------------------------------------------------------------------------------------------- */

static void put_order(struct json *j, const struct event_order *e, const struct order *o, bool legal)
{
	json_str(j, "event", "order");
	json_uint(j, "order", e->order);
	json_str(j, "report", order_report_name((enum order_report)e->report));
	json_str(j, "state", order_state_name((enum order_state)o->state));
	json_bool(j, "legal", legal);
	json_int(j, "filled", e->filled);
	json_decimal(j, "price", e->price);
	json_str(j, "number", e->broker_ref);
	json_str(j, "reason", e->reason);
}

static bool apply_report(const struct event_order *e, struct order *o)
{
	enum order_state next;

	if (!order_next((enum order_state)o->state, (enum order_report)e->report, &next))
		return false;
	o->state = next;
	if (e->price > 0)
		o->request.price = e->price;
	if (e->broker_ref[0])
		memcpy(o->broker_ref, e->broker_ref, sizeof(o->broker_ref));
	return true;
}

static void apply_fill(const struct event_fill *e, struct order *o)
{
	o->filled += e->qty;
	if (o->filled >= o->request.qty)
		o->state = ORDER_FILLED;
	else if (!order_terminal((enum order_state)o->state))
		o->state = ORDER_PARTIAL;
}

static void put_fill(struct json *j, const struct event_fill *e, const struct order *o)
{
	char id[24];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)e->trade);
	json_str(j, "event", "fill");
	json_uint(j, "order", e->order);
	json_str(j, "trade", id);
	json_str(j, "side", e->side == SIDE_BUY ? "B" : "S");
	json_int(j, "qty", e->qty);
	json_decimal(j, "price", e->price);
	json_str(j, "number", e->broker_ref);
	json_str(j, "state", o ? order_state_name((enum order_state)o->state) : NULL);
}

static struct order *order_of(uint64_t number)
{
	return number > 0 && number <= world.orders ? &world.order[number] : NULL;
}

static void put_event(struct json *j, const struct event *e)
{
	struct order *o;

	switch (e->head.kind) {
	case EVENT_ORDER:
		o = order_of(e->order.order);
		assert(o);
		bool legal = apply_report(&e->order, o);
		put_order(j, &e->order, o, legal);
		break;
	case EVENT_FILL:
		o = order_of(e->fill.order);
		if (o)
			apply_fill(&e->fill, o);
		put_fill(j, &e->fill, o);
		break;
	case EVENT_LINK:
		json_str(j, "event", "link");
		json_bool(j, "up", e->link.up);
		json_str(j, "reason", e->link.reason);
		break;
	case EVENT_FUNDS:
		json_str(j, "event", "funds");
		json_decimal(j, "cash", e->funds.cash);
		json_decimal(j, "margin_used", e->funds.margin_used);
		break;
	default:
		json_str(j, "event", event_kind_name(e->head.kind));
	}
	json_stamp(j, "at", e->head.stamp);
}

static void emitted(void *ctx, struct event *e)
{
	struct buf line = { 0 };
	struct json j;

	(void)ctx;
	json_begin(&j, &line);
	json_object(&j, NULL);
	put_event(&j, e);
	json_object_end(&j);
	drive_print(&line);
}

static void note(void *ctx, const char *text)
{
	(void)ctx;
	drive_say("note", text);
}

static const struct master *todays(void *ctx)
{
	(void)ctx;
	return world.master && master_day(world.master) == stamp_date(drive_now(world.d)) ? world.master : NULL;
}

/* -- the core's tables --------------------------------------------------------------------------------------------------------------------- */

static void post(struct event *e)
{
	e->head.seq = world.core.s->seq + 1;
	e->head.stamp = drive_now(world.d) > world.core.s->now ? drive_now(world.d) : world.core.s->now;
	core_step(&world.core, e, &world.actions);
	world.core.s->seq += world.actions.count;
}

static uint32_t instrument_of(const char *segment, const char *symbol)
{
	uint32_t at = core_find_instrument(&world.core, symbol);
	const struct master_row *row = NULL;
	enum segment s;
	struct event e;

	if (at != INSTRUMENT_NONE || !segment_of_wire(segment, &s) || s == SEGMENT_COUNT)
		return at;
	event_init(&e, EVENT_INSTRUMENT, 0, world.core.s->instruments);
	if (world.master)
		row = master_by_symbol(world.master, s, symbol);
	if (row)
		master_instrument(row, &e.instrument);
	else
		e.instrument = (struct instrument){ .kind = INSTRUMENT_EQUITY, .tick = 500, .lot = 1 };
	snprintf(e.instrument.symbol, sizeof(e.instrument.symbol), "%s", symbol);
	if (!e.instrument.underlying[0])
		snprintf(e.instrument.underlying, sizeof(e.instrument.underlying), "%.15s", symbol);
	e.instrument.id = world.core.s->instruments;
	e.instrument.segment = (uint8_t)s;
	e.instrument.flags = INSTRUMENT_TRADABLE;
	post(&e);
	return core_find_instrument(&world.core, symbol);
}

static bool take_price(const char *text, price_t *ret)
{
	return num_parse(text, strlen(text), ret) == ERR_OK;
}

/* Into the core's own slots: where the adapter looks for what lived before. */
static void adopt_line(char **w)
{
	struct order *o = &world.order[world.orders + 1];
	struct order_request *r = &o->request;

	for (uint32_t s = 0; s < ORDER_STATES; s++)
		if (strcmp(order_state_name((enum order_state)s), w[0]) == 0)
			o->state = s;
	r->order = ++world.orders;
	r->side = w[4][0] == 'S' ? SIDE_SELL : SIDE_BUY;
	r->qty = strtoll(w[5], NULL, 10);
	take_price(w[6], &r->price);
	snprintf(r->tag, sizeof(r->tag), "%s", w[7]);
	if (strcmp(w[1], "-") != 0)
		snprintf(o->broker_ref, sizeof(o->broker_ref), "%s", w[1]);
	o->instrument = instrument_of(w[2], w[3]);
	o->created = drive_now(world.d);
	world.core.order[r->order & (world.core.s->limits.orders - 1)] = *o;
}

static void adopt_file(const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");

	assert(f);
	while (fgets(line, sizeof(line), f)) {
		char *w[8] = { 0 };
		unsigned n = 0;

		for (char *at = strtok(line, " \t\r\n"); at && n < 8; at = strtok(NULL, " \t\r\n"))
			w[n++] = at;
		if (n == 8)
			adopt_line(w);
	}
	fclose(f);
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------------ */

static void master_done(void *ctx, int err, const char *text)
{
	struct master_error error;
	char path[96];

	(void)ctx;
	snprintf(path, sizeof(path), "%s/master.bin", world.dir);
	if (err == ERR_OK && master_map(path, &world.master, &error) != ERR_OK)
		text = error.text;
	drive_say("master", world.master ? "here" : text);
	if (!world.broker || world.core.s->link[LINK_BROKER].up == 2)
		return;
	world.core.s->link[LINK_BROKER].up = 2; /* started */
	if (world.d->adopt)
		adopt_file(world.d->adopt);
	kotak_broker_start(world.broker);
	drive_next(world.d);
}

/* A core that lets entries go: the adapter asks it when their bytes would leave. */
static void allow(void)
{
	nanos_t now = drive_now(world.d);
	struct event e;

	for (uint32_t l = 0; l < LINK_COUNT; l++) {
		event_init(&e, EVENT_LINK, now, INSTRUMENT_NONE);
		e.link = (struct event_link){ .link = l, .up = 1 };
		post(&e);
	}
	event_init(&e, EVENT_ACCOUNT, now, INSTRUMENT_NONE);
	post(&e);
	event_init(&e, EVENT_SESSION, now, INSTRUMENT_NONE);
	e.session = (struct event_session){ stamp_date(now), SESSION_BEGIN, 0, now, now + 5 * NANOS_HOUR };
	post(&e);
	assert(core_ready(&world.core) == REFUSAL_NONE);
}

static void core_open(void)
{
	const struct core_limits limits = { SYMBOLS, 16, 1, ORDERS };
	size_t size = core_size(&limits);
	struct event e;

	world.memory = aligned_alloc(64, size);
	assert(world.memory && core_init(&world.core, world.memory, size, &limits, &world.tables, strategy_builtin) == ERR_OK);
	event_init(&e, EVENT_START, 0, INSTRUMENT_NONE);
	e.start.mode = MODE_LIVE;
	e.start.epoch = world.epoch;
	e.start.capital = 10000000000;
	post(&e);
	allow();
}

static void session_changed(void *ctx, enum session_state state, const char *reason)
{
	static const enum segment segments[] = { SEGMENT_NSE_FO, SEGMENT_NSE_CM, SEGMENT_BSE_FO };
	struct world *w = ctx;
	struct master_fetch_options o = { .session = w->d->session, .rest = w->d->rest, .dir = w->dir, .segments = segments,
	                                  .n_segments = ARRAY_LEN(segments), .least = { 1, 1, 1, 1 }, .done = master_done };

	drive_say("session", state == SESSION_UP ? "up" : reason);
	if (state == SESSION_UP && !w->fetch)
		assert(master_fetch_start(&o, &w->fetch) == ERR_OK);
}

void engine_begin(struct drive *d)
{
	struct kotak_listener l = { .changed = session_changed, .ctx = &world };
	struct kotak_broker_options o = { .session = d->session, .rest = d->rest, .master = todays, .core = &world.core, .note = note };

	world.d = d;
	d->busy = true; /* until the master is there and the adapter has started */
	world.epoch = (uint32_t)(drive_now(d) / NANOS_SECOND);
	snprintf(world.dir, sizeof(world.dir), "%s/kotak_drive.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	assert(mkdtemp(world.dir));
	core_open();
	uv_timer_init(d->loop, &world.waiting);
	assert(kotak_broker_open(&o, emitted, NULL, &world.broker) == ERR_OK);
	kotak_session_listen(d->session, &l);
	kotak_session_start(d->session, true);
}

void engine_end(struct drive *d)
{
	char path[96];

	(void)d;
	world.broker->ops->close(world.broker);
	if (world.fetch)
		master_fetch_stop(&world.fetch);
	if (world.master)
		master_unmap(&world.master);
	uv_close((uv_handle_t *)&world.waiting, NULL);
	snprintf(path, sizeof(path), "%s/master.bin", world.dir);
	unlink(path);
	rmdir(world.dir);
	free(world.memory);
}

/* -- commands ------------------------------------------------------------------------------------------------------------------------------------ */

static void answer(const char *command, uint64_t order, const char *fault)
{
	struct buf line = { 0 };
	struct json j;

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_str(&j, "command", command);
	json_uint(&j, "order", order);
	if (fault)
		json_str(&j, "fault", fault);
	json_object_end(&j);
	drive_print(&line);
}

static void do_place(char **w, unsigned n)
{
	struct order *o = &world.order[world.orders + 1];
	struct order_request *r = &o->request;

	*o = (struct order){ .state = ORDER_INTENT, .created = drive_now(world.d) };
	if (n < 10 || world.orders + 1 >= ORDERS || (o->instrument = instrument_of(w[1], w[2])) == INSTRUMENT_NONE ||
	    !take_price(w[6], &r->price) || !take_price(w[7], &r->trigger)) {
		answer("place", 0, "usage");
		return;
	}
	r->order = ++world.orders;
	r->side = w[3][0] == 'S' ? SIDE_SELL : SIDE_BUY;
	r->type = strcmp(w[4], "SL") == 0 ? ORDER_SL : ORDER_LIMIT;
	r->qty = strtoll(w[5], NULL, 10);
	r->product = strcmp(w[8], "NRML") == 0 ? PRODUCT_NRML : PRODUCT_MIS;
	r->purpose = n > 11 && strcmp(w[11], "exit") == 0 ? PURPOSE_EXIT : PURPOSE_ENTRY;
	if (n > 10 && strcmp(w[10], "-") != 0)
		snprintf(r->tag, sizeof(r->tag), "%s", w[10]);
	else
		order_tag(world.epoch, r->order, r->tag);
	answer("place", r->order, NULL);
	world.broker->ops->place(world.broker, r, o->instrument, drive_now(world.d));
}

static void do_change(char **w, unsigned n)
{
	struct order *o = order_of(n > 1 ? strtoull(w[1], NULL, 10) : 0);
	const struct broker_ops *ops = world.broker->ops;

	if (!o || (w[0][0] != 'c' && (n < 3 || !take_price(w[2], &o->request.price))) || (w[0][0] == 'r' && o->state != ORDER_ABSENT)) {
		answer(w[0], 0, "usage, or no such order");
		return;
	}
	if (n > 3)
		take_price(w[3], &o->request.trigger);
	answer(w[0], o->request.order, NULL);
	if (w[0][0] == 'c')
		ops->cancel(world.broker, &o->request, o->instrument, drive_now(world.d));
	else if (w[0][0] == 'm')
		ops->modify(world.broker, &o->request, o->instrument, drive_now(world.d));
	else {
		o->state = ORDER_INTENT;
		ops->place(world.broker, &o->request, o->instrument, drive_now(world.d));
	}
}

static void do_orders(void)
{
	struct buf line = { 0 };
	struct json j;

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_array(&j, "orders");
	for (uint64_t i = 1; i <= world.orders; i++) {
		const struct order *o = &world.order[i];

		json_object(&j, NULL);
		json_uint(&j, "order", i);
		json_str(&j, "tag", o->request.tag);
		json_str(&j, "state", order_state_name((enum order_state)o->state));
		json_str(&j, "number", o->broker_ref);
		json_int(&j, "filled", o->filled);
		json_int(&j, "qty", o->request.qty);
		json_decimal(&j, "price", o->request.price);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	drive_print(&line);
}

static void do_stats(void)
{
	struct kotak_broker_stats s;
	struct buf line = { 0 };
	struct json j;

	kotak_broker_stats(world.broker, &s);
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "placed", s.placed }, { "modified", s.modified }, { "cancelled", s.cancelled }, { "unknown", s.unknown }, { "absent_proven", s.absent_proven },
		{ "resent", s.resent }, { "foreign_orders", s.foreign_orders }, { "foreign_fills", s.foreign_fills }, { "rows_bad", s.rows_bad },
		{ "frames", s.frames }, { "frames_bad", s.frames_bad }, { "duplicates", s.duplicates }, { "reconnects", s.reconnects }, { "polls", s.polls },
	};
	json_begin(&j, &line);
	json_object(&j, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		json_uint(&j, rows[i].name, rows[i].value);
	json_bool(&j, "feed_up", s.feed_up);
	json_bool(&j, "books_read", s.books_read);
	json_object_end(&j);
	drive_print(&line);
}

static void do_positions(void)
{
	struct kotak_position p[64];
	struct buf line = { 0 };
	struct json j;
	nanos_t stamp;
	size_t n = kotak_broker_positions(world.broker, p, ARRAY_LEN(p), &stamp);

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_stamp(&j, "stamp", stamp);
	json_array(&j, "positions");
	for (size_t i = 0; i < n && i < ARRAY_LEN(p); i++) {
		json_object(&j, NULL);
		json_str(&j, "symbol", p[i].symbol);
		json_str(&j, "product", p[i].product);
		json_int(&j, "net", p[i].net);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	drive_print(&line);
}

static void waited(uv_timer_t *t)
{
	(void)t;
	drive_next(world.d);
}

void engine_command(struct drive *d)
{
	char **w = d->word;

	if (strcmp(w[0], "wait") == 0 && d->words > 1) {
		uv_timer_start(&world.waiting, waited, strtoull(w[1], NULL, 10), 0);
		return;
	}
	if (strcmp(w[0], "place") == 0)
		do_place(w, d->words);
	else if (strcmp(w[0], "modify") == 0 || strcmp(w[0], "cancel") == 0 || strcmp(w[0], "resend") == 0)
		do_change(w, d->words);
	else if (strcmp(w[0], "kill") == 0 || strcmp(w[0], "unkill") == 0) {
		world.core.s->kill = w[0][0] == 'k' ? KILL_FLATTEN : KILL_NONE;
		answer(w[0], 0, NULL);
	} else if (strcmp(w[0], "orders") == 0)
		do_orders();
	else if (strcmp(w[0], "stats") == 0)
		do_stats();
	else if (strcmp(w[0], "positions") == 0)
		do_positions();
	else
		answer(w[0], 0, "no such command");
	drive_next(d);
}
