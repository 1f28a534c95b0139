/* From a tick's bytes to an order: sfeed_decode(), the feed's judgement, core_step() with a strategy that trades, sizing and risk, and
 * order_place_body(). Then the same with the order's journal commit; then to the first byte handed to TLS by libcurl, over a warm connection to a server on
 * this machine. About one reading of the clock is part of what is measured; what one costs is told.
 *
 *   bench_order_path [FOLDER [PEER]]     the journal's folder (default: TMPDIR); PEER: tests/loop/peer.py, else the last stage is left out */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/order_codec.h"
#include "lib/core/core.h"
#include "lib/feed/kotak/ticks.h"
#include "lib/journal/journal.h"
#include "lib/kotak/rest.h"
#include "lib/loop/clock.h"
#include "lib/loop/http.h"
#include "tests/bench/measure.h"

#define PACKET 304
#define TICKS_A_DAY 10000
#define EVERY 20          /* ticks between two orders */
#define WARM_UP 200       /* orders that are not counted */
#define ORDERS 20000
#define ORDERS_DURABLE 400
#define ORDERS_SENT 200
#define TOKEN 56526

/* -- a strategy that goes in and out --------------------------------------------------------------------------- */

struct flip { int64_t n; };

static void flip_nothing(void *state, const int64_t *params) { (void)state; (void)params; }

static void flip_bar(void *state, const int64_t *params, const struct series *s, nanos_t open, struct signal *ret)
{
	struct flip *f = state;

	(void)params;
	(void)s;
	(void)open;
	if (++f->n % EVERY != 0)
		return;
	if (f->n / EVERY % 2) {
		ret->direction = 1;
		ret->index_stop = 500;
		ret->failed = 1;
	} else {
		ret->leave_long = true;
	}
}

static const char *const flip_conditions[] = { "warm_up" };
static const struct strategy_ops flip_ops = { .name = "flip", .title = "in and out", .conditions = flip_conditions, .n_conditions = 1,
	.state_size = sizeof(struct flip), .session = flip_nothing, .restart = flip_nothing, .bar = flip_bar };
static const struct strategy_ops *const ops[] = { &flip_ops, NULL };

/* -- the path --------------------------------------------------------------------------------------------------- */

struct path {
	struct core core;
	struct actions actions;
	struct event event;
	struct sfeed_scale scale;
	struct sfeed_counts counts;
	struct tick_seen seen;
	struct instrument instrument;
	struct master_row row;
	char body[ORDER_BODY_MAX];   /* of the newest request */
	size_t body_len;
	uint64_t seq, trades;
	nanos_t now, midnight;
	uint8_t packet[PACKET];
	const struct action *sent;   /* by this tick; NULL = nothing */
	bool time_decisions;
	nanos_t decided;             /* with time_decisions: the clock when the core had asked for it */
	uint32_t ticks;
	date_t day;
};

static void step(struct path *p, struct event *e)
{
	e->head.seq = ++p->seq;
	core_step(&p->core, e, &p->actions);
}

/* The newest request of a step becomes its form body, built where it stays: the adapter has it in the call it hands on. */
static void take_requests(struct path *p)
{
	if (p->actions.count > 0 && p->time_decisions)
		p->decided = clock_mono();
	for (uint32_t i = 0; i < p->actions.count; i++) {
		const struct action *a = &p->actions.at[i];
		size_t len = a->head.kind == ACTION_PLACE ? order_place_body(&a->request, &p->row, p->body)
		             : a->head.kind == ACTION_MODIFY ? order_modify_body(&a->request, &p->row, "261123000000001", p->body) : 0;

		if (len == 0)
			continue;
		p->body_len = len;
		p->sent = a;
	}
}

static void take_packet(void *ctx, const struct sfeed_packet *k)
{
	struct path *p = ctx;
	struct tick_now now = { p->now, p->midnight };

	if (tick_judge(&p->seen, k, &p->instrument, now) != TICK_NEWS)
		return;
	tick_event(k, &p->instrument, now, &p->event);
	p->event.head.instrument = 0;
	step(p, &p->event);
	take_requests(p);
}

static void put(uint8_t *p, size_t at, int64_t value, size_t width)
{
	memcpy(p + at, &value, width);
}

static void begin_day(struct path *p)
{
	struct event e;

	p->day++;
	p->midnight = stamp_at(p->day, 0);
	p->now = p->midnight + TIME_OF_DAY(9, 15);
	event_init(&e, EVENT_SESSION, p->now, INSTRUMENT_NONE);
	e.session.date = p->day;
	e.session.edge = SESSION_BEGIN;
	e.session.open = p->now;
	e.session.close = p->now + 12 * NANOS_HOUR;
	step(p, &e);
	p->seen = (struct tick_seen){ 0 };
}

/* The next packet: the price walks up and down by a tick, the volume grows. */
static void next_packet(struct path *p)
{
	if (p->ticks++ % TICKS_A_DAY == 0)
		begin_day(p);
	int64_t last = 20000 + 5 * (p->ticks % 7);

	p->now += NANOS_SECOND;
	put(p->packet, 29, p->ticks % TICKS_A_DAY + 1, 8);
	put(p->packet, 37, p->now / NANOS_SECOND, 8);
	put(p->packet, 69, last, 4);
	for (int i = 0; i < 5; i++) {
		put(p->packet, 152 + 16 * (size_t)i, last - 5 - 5 * i, 4);
		put(p->packet, 232 + 16 * (size_t)i, last + 5 + 5 * i, 4);
	}
	p->sent = NULL;
}

static void decode(struct path *p)
{
	sfeed_decode(&p->scale, p->packet, PACKET, take_packet, p, &p->counts);
}

/* The broker's side, outside what is measured: received, open, filled whole. */
static void fill(struct path *p)
{
	static const enum order_report reports[] = { REPORT_SENT, REPORT_ACCEPTED, REPORT_OPEN };
	struct order_request r = p->sent->request;
	struct event e;

	for (size_t i = 0; i < ARRAY_LEN(reports); i++) {
		event_init(&e, EVENT_ORDER, p->now, 0);
		e.order.order = r.order;
		e.order.report = reports[i];
		e.order.filled = -1;
		snprintf(e.order.broker_ref, sizeof(e.order.broker_ref), "261123%09" PRIu64, r.order);
		step(p, &e);
	}
	event_init(&e, EVENT_FILL, p->now, 0);
	e.fill = (struct event_fill){ .order = r.order, .trade = ++p->trades, .side = r.side, .qty = r.qty, .price = r.price };
	step(p, &e);
}

/* -- setting up ------------------------------------------------------------------------------------------------ */

static void make_packet(uint8_t *k)
{
	put(k, 0, PACKET, 2);
	put(k, 2, 7208, 2);
	k[4] = 1;
	k[5] = 8;
	put(k, 9, TOKEN, 4);
	put(k, 57, 20000, 4);
	put(k, 73, 65, 8);
	put(k, 81, 20000, 4);
	put(k, 89, 5, 4);
	put(k, 93, 5, 4);
	put(k, 135, 1, 4);
	for (int i = 0; i < 5; i++) {
		put(k, 144 + 16 * (size_t)i, 100, 8);
		put(k, 224 + 16 * (size_t)i, 100, 8);
	}
}

/* The product's own charges: to size an order asks for them. */
static void read_charges(struct charge_table *ret)
{
	const char *dir = getenv("SAUDA_TABLES");
	char path[512], text[65536];
	uint32_t line;

	snprintf(path, sizeof(path), "%s/charges.csv", dir ? dir : "tables");
	FILE *f = fopen(path, "r");
	if (!f || charges_parse(text, fread(text, 1, sizeof(text), f), ret, &line) != ERR_OK) {
		fprintf(stderr, "bench_order_path: %s cannot be read; SAUDA_TABLES names its folder\n", path);
		exit(1);
	}
	fclose(f);
}

static void begin_core(struct path *p)
{
	static struct market_tables tables;
	const struct core_limits limits = { 2, 2, 2, 4096 };
	size_t size = core_size(&limits);
	void *memory = memset(aligned_alloc(64, (size + 63) / 64 * 64), 0, size); /* in place, as a live engine's */
	int err = core_init(&p->core, memory, size, &limits, &tables, ops);
	struct event e;

	assert(err == ERR_OK);
	read_charges(&tables.charges);
	event_init(&e, EVENT_START, 0, INSTRUMENT_NONE);
	e.start = (struct event_start){ .mode = MODE_REPLAY, .epoch = 1, .capital = INT64_C(100000000) * NUM_SCALE, .flags = START_QUIET };
	step(p, &e);
	event_init(&e, EVENT_STRATEGY, 0, INSTRUMENT_NONE);
	snprintf(e.strategy.ops, sizeof(e.strategy.ops), "flip");
	snprintf(e.strategy.id, sizeof(e.strategy.id), "flip");
	snprintf(e.strategy.underlying, sizeof(e.strategy.underlying), "NIFTYBEES");
	e.strategy.commons = COMMON_COUNT;
	strategy_params_standard(&flip_ops, e.strategy.params);
	static const struct { enum common_param param; int64_t value; } params[] = {
		{ COMMON_bar, 4 }, { COMMON_trade, 1 }, { COMMON_entry_from, 0 }, { COMMON_entry_to, TIME_OF_DAY(24, 0) }, { COMMON_cooldown, 0 },
		{ COMMON_stopout_cooldown, 0 }, { COMMON_entries_per_day, 1000 }, { COMMON_loss_streak, 1000 }, { COMMON_trail_bars, 0 }, { COMMON_product, 1 },
		{ COMMON_reward, 1000000 }, { COMMON_lots_max, 10 },
	};
	for (size_t i = 0; i < ARRAY_LEN(params); i++)
		e.strategy.params[params[i].param] = params[i].value;
	step(p, &e);
	for (int l = 0; l < LINK_COUNT; l++) {
		event_init(&e, EVENT_LINK, 0, INSTRUMENT_NONE);
		e.link.link = (uint32_t)l;
		e.link.up = 1;
		step(p, &e);
	}
	for (int l = 0; l < LIMIT_COUNT; l++) {
		event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
		e.command = (struct event_command){ .command = COMMAND_LIMIT, .param = (uint32_t)l, .value = NUM_UNKNOWN };
		step(p, &e);
	}
	event_init(&e, EVENT_INSTRUMENT, 0, 0);
	e.instrument = p->instrument;
	step(p, &e);
}

static void begin(struct path *p)
{
	memset(p, 0, sizeof(*p));
	p->day = date_from_civil(2026, 1, 5);
	sfeed_scale_init(&p->scale);
	make_packet(p->packet);
	p->row = (struct master_row){ .token = TOKEN, .segment = SEGMENT_NSE_CM, .kind = INSTRUMENT_EQUITY, .tick = 100, .lot = 1, .symbol = "NIFTYBEES-EQ",
	                              .name = "NIFTYBEES", .series = "EQ" };
	master_instrument(&p->row, &p->instrument);
	snprintf(p->instrument.symbol, sizeof(p->instrument.symbol), "NIFTYBEES");
	p->instrument.id = p->instrument.underlying_id = 0;
	begin_core(p);
}

/* -- measuring --------------------------------------------------------------------------------------------------- */

struct samples { size_t n; double *value; };

static double at(struct samples *s, double share)
{
	qsort(s->value, s->n, sizeof(*s->value), ascending);
	return s->n ? s->value[(size_t)((double)(s->n - 1) * share)] : 0;
}

/* Runs until the next order: *ret_began = the clock before its packet was looked at. */
static void next_order(struct path *p, nanos_t *ret_began, struct samples *quiet)
{
	for (unsigned idle = 0;; idle++) {
		next_packet(p);
		*ret_began = clock_mono();
		decode(p);
		if (p->sent)
			return;
		if (quiet)
			quiet->value[quiet->n++] = (double)(clock_mono() - *ret_began);
		assert(idle < 10 * EVERY); /* else the strategy no longer trades */
	}
}

static double clock_cost(void)
{
	double value[1001];
	struct samples s = { 1001, value };

	for (size_t i = 0; i < s.n; i++) {
		nanos_t began = clock_mono();
		value[i] = (double)(clock_mono() - began);
	}
	return at(&s, 0.5);
}

static void measure_build(struct path *p)
{
	struct samples orders = { 0, malloc(ORDERS * sizeof(double)) }, decisions = { 0, malloc(ORDERS * sizeof(double)) };
	struct samples quiet = { 0, malloc((size_t)(2 * ORDERS + WARM_UP) * 10 * EVERY * sizeof(double)) };
	nanos_t began;

	/* Entries and exits alternate. Of every four orders two are timed to the request and two to the decision: no measure pays for the other's clock. */
	for (int i = 0; i < WARM_UP + 2 * ORDERS; i++) {
		p->time_decisions = i % 4 < 2;
		next_order(p, &began, &quiet);
		nanos_t built = clock_mono();
		if (i >= WARM_UP && p->time_decisions)
			decisions.value[decisions.n++] = (double)(p->decided - began);
		else if (i >= WARM_UP)
			orders.value[orders.n++] = (double)(built - began);
		fill(p);
	}
	p->time_decisions = false;
	printf("{\"bench\":\"order_path\",\"to\":\"request built\",\"orders\":%zu,\"p50_ns\":%.0f,\"p99_ns\":%.0f,\"p999_ns\":%.0f,\"decided_p50_ns\":%.0f,\"clock_ns\":%.0f,\"goal_p50_ns\":300,\"goal_p99_ns\":1500,"
	       "\"tick_without_order_p50_ns\":%.0f,\"body_bytes\":%zu}\n", orders.n, at(&orders, 0.5), at(&orders, 0.99), at(&orders, 0.999), at(&decisions, 0.5), clock_cost(), at(&quiet, 0.5), p->body_len);
	free(orders.value);
	free(decisions.value);
	free(quiet.value);
}

static bool measure_journal(struct path *p, const char *folder)
{
	struct samples s = { 0, malloc(ORDERS_DURABLE * sizeof(double)) };
	char dir[512];
	struct journal_error error = { "" };
	struct journal *j;
	uint64_t seq = 0;
	nanos_t began;

	snprintf(dir, sizeof(dir), "%s/bench_order_path.XXXXXX", folder);
	if (!mkdtemp(dir) || journal_open(&(struct journal_options){ .dir = dir, .sync = true }, &j, &error) != ERR_OK)
		return false;
	while (s.n < ORDERS_DURABLE) {
		next_order(p, &began, NULL);
		struct record tick = { .seq = ++seq, .stamp = p->now, .kind = EVENT_TICK }, order = { .seq = ++seq, .stamp = p->now, .kind = ACTION_PLACE };
		bool good = journal_append(j, &tick, &p->event.tick, sizeof(p->event.tick)) == 0 && journal_append(j, &order, &p->sent->request, sizeof(p->sent->request)) == 0 &&
		            journal_submit(j, true) == 0 && journal_wait(j, seq) == 0;
		assert(good);
		s.value[s.n++] = (double)(clock_mono() - began) / 1e3;
		fill(p);
	}
	journal_close(&j);
	printf("{\"bench\":\"order_path\",\"to\":\"intent durable\",\"orders\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", s.n, at(&s, 0.5), at(&s, 0.99));
	free(s.value);
	char command[600];
	snprintf(command, sizeof(command), "rm -r '%.500s'", dir);
	return system(command) == 0;
}

/* -- to the first byte of TLS -------------------------------------------------------------------------------------- */

struct peer { pid_t pid; int input; int port; char ca[256]; };

static bool start_peer(struct peer *p, const char *script)
{
	int in[2], out[2];
	char line[4096];

	if (pipe(in) != 0 || pipe(out) != 0 || (p->pid = fork()) < 0)
		return false;
	if (p->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execlp("python3", "python3", script, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	p->input = in[1];
	FILE *f = fdopen(out[0], "r");
	cJSON *told = fgets(line, sizeof(line), f) ? cJSON_Parse(line) : NULL;
	const cJSON *port = cJSON_GetObjectItem(told, "tls_port"), *ca = cJSON_GetObjectItem(told, "ca");
	bool good = cJSON_IsNumber(port) && cJSON_IsString(ca);
	if (good) {
		p->port = port->valueint;
		snprintf(p->ca, sizeof(p->ca), "%s", ca->valuestring);
	}
	cJSON_Delete(told);
	fclose(f);
	return good;
}

static struct http_answer answer;
static bool answered;

static void on_answer(void *ctx, const struct http_answer *a)
{
	(void)ctx;
	answer = *a;
	answered = true;
}

static void measure_tls(struct path *p, const struct peer *peer)
{
	static const struct http_header headers[] = { { "Content-Type", "application/x-www-form-urlencoded" }, { "Auth", "token" }, { "Sid", "sid" } };
	struct samples s = { 0, malloc(ORDERS_SENT * sizeof(double)) };
	char url[96];
	struct http *h;
	uv_loop_t loop;
	nanos_t began;

	uv_loop_init(&loop);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/quick/order/rule/ms/place", peer->port);
	int err = http_open(&loop, &(struct http_options){ .ca_file = peer->ca, .body_max = 65536 }, &h);
	assert(err == ERR_OK);
	for (int tries = 0; s.n < ORDERS_SENT && tries < 2 * ORDERS_SENT; tries++) {
		next_order(p, &began, NULL);
		err = http_call(h, &(struct http_request){ .method = "POST", .url = url, .headers = headers, .n_headers = ARRAY_LEN(headers), .body = p->body, .body_len = p->body_len,
		                                           .once = true, .timeout_ms = 5000, .done = on_answer });
		assert(err == ERR_OK);
		for (answered = false; !answered;)
			uv_run(&loop, UV_RUN_ONCE);
		if (answer.fate == HTTP_ANSWERED && answer.reused)
			s.value[s.n++] = (double)(answer.sent - began) / 1e3;
		fill(p);
	}
	printf("{\"bench\":\"order_path\",\"to\":\"first byte handed to TLS by libcurl, warm connection, no journal\",\"orders\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", s.n, at(&s, 0.5),
	       at(&s, 0.99));
	free(s.value);
	http_close(&h);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

int main(int argc, char **argv)
{
	const char *temporary = getenv("TMPDIR"), *folder = argc > 1 ? argv[1] : temporary ? temporary : "/tmp";
	struct path *p = aligned_alloc(64, (sizeof(*p) + 63) / 64 * 64);
	struct peer peer = { 0 };

	begin(p);
	measure_build(p);
	if (!measure_journal(p, folder))
		return 1;
	if (argc > 2) {
		if (!start_peer(&peer, argv[2]))
			return 1;
		measure_tls(p, &peer);
		close(peer.input);
		kill(peer.pid, SIGTERM);
		waitpid(peer.pid, NULL, 0);
	}
	free(p->core.s);
	free(p);
	return 0;
}
