/* The real feed over the real loop, session and REST against a server, for test_feed.py: every event but prices is a JSON line on stdout, prices are
 * answered when asked for on stdin: "stats", "quote SYMBOL", "bars SYMBOL", "watch SYMBOL" (from then on each of its ticks is a line, too),
 * "master DAY FO.csv CM.csv", "clock V,R,S". Ends with its stdin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/feed/kotak/live.h"

#define LINE_TEXT 1024
#define FILE_LARGEST (64u << 20)
#define INSTRUMENTS 4096

static struct {
	uv_loop_t loop;
	uv_timer_t turn;
	uv_pipe_t input;
	struct clock clock;
	struct market_tables tables;
	struct core core;
	struct actions actions;
	uint64_t seq, kinds[EVENT_COUNT], back;
	struct kotak_options account;
	struct kotak_session *session;
	struct rest *rest;
	struct kotak_feed *feed;
	struct master *master;
	struct buf line;
	const char *dir;
	bool watched[INSTRUMENTS];
} d;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "feed_drive: %s: %s\n", what, why);
	exit(2);
}

static void need(int err, const char *what)
{
	if (err != ERR_OK)
		die(what, err_text(err));
}

/* -- lines out ------------------------------------------------------------------------------------------------------------ */

static struct buf out;
static struct json j;

static void begin_line(const char *what)
{
	buf_clear(&out);
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_str(&j, "what", what);
	json_stamp(&j, "at", clock_now(&d.clock));
}

static void end_line(void)
{
	json_object_end(&j);
	puts(out.data);
	fflush(stdout);
}

static void say_event(const struct event *e)
{
	begin_line(event_kind_name(e->head.kind));
	switch (e->head.kind) {
	case EVENT_LINK:
		json_bool(&j, "up", e->link.up);
		json_str(&j, "reason", e->link.reason);
		break;
	case EVENT_SESSION:
		json_date(&j, "date", e->session.date);
		json_bool(&j, "begin", e->session.edge == SESSION_BEGIN);
		json_uint(&j, "flags", e->session.flags);
		break;
	case EVENT_TICK:
		json_str(&j, "symbol", d.core.instrument[e->head.instrument].symbol);
		json_int(&j, "last", e->tick.last);
		json_int(&j, "bid", e->tick.bid);
		json_int(&j, "ask", e->tick.ask);
		json_int(&j, "volume", e->tick.volume);
		break;
	default:
		break;
	}
	end_line();
}

static void post(void *ctx, struct event *e)
{
	(void)ctx;
	d.back += e->head.kind == EVENT_TICK && e->head.stamp < d.core.s->now;
	e->head.seq = ++d.seq;
	if (e->head.stamp < d.core.s->now)
		e->head.stamp = d.core.s->now;
	d.kinds[e->head.kind]++;
	core_step(&d.core, e, &d.actions);
	if (e->head.kind == EVENT_LINK || e->head.kind == EVENT_SESSION || (e->head.kind == EVENT_TICK && d.watched[e->head.instrument]))
		say_event(e);
}

static void note(void *ctx, const char *text)
{
	(void)ctx;
	begin_line("note");
	json_str(&j, "text", text);
	end_line();
}

/* -- the loop ----------------------------------------------------------------------------------------------------------------- */

static void on_turn(uv_timer_t *t)
{
	nanos_t now = clock_now(&d.clock), due = kotak_feed_due(d.feed, now);

	uv_update_time(&d.loop);
	uv_timer_start(t, on_turn, clock_ms(&d.clock, due - now), 0);
}

/* -- commands --------------------------------------------------------------------------------------------------------------- */

static void say_stats(void)
{
	struct kotak_feed_stats s;

	kotak_feed_stats(d.feed, &s);
	begin_line("stats");
	json_uint(&j, "frames", s.frames);
	json_uint(&j, "packets", s.packets);
	json_uint(&j, "ticks", s.ticks);
	json_uint(&j, "bad", s.bad);
	json_uint(&j, "reconnects", s.reconnects);
	json_uint(&j, "mute", s.mute);
	json_uint(&j, "subscriptions", s.subscriptions);
	json_uint(&j, "backfilled", s.backfilled);
	json_bool(&j, "authenticated", s.authenticated);
	json_bool(&j, "fresh", s.fresh);
	json_str(&j, "reason", s.reason);
	json_uint(&j, "back", d.back);
	json_uint(&j, "instruments", d.core.s->instruments);
	for (uint16_t k = EVENT_NONE + 1; k < EVENT_COUNT; k++)
		json_uint(&j, event_kind_name(k), d.kinds[k]);
	end_line();
}

static void say_quote(const char *symbol)
{
	uint32_t id = core_find_instrument(&d.core, symbol);

	begin_line("quote");
	json_str(&j, "symbol", symbol);
	json_bool(&j, "known", id != INSTRUMENT_NONE);
	if (id != INSTRUMENT_NONE) {
		const struct quote *q = &d.core.quote[id];
		const struct instrument *i = &d.core.instrument[id];

		json_uint(&j, "id", id);
		json_int(&j, "last", q->last);
		json_int(&j, "bid", q->bid);
		json_int(&j, "ask", q->ask);
		json_int(&j, "bid_qty", q->bid_qty);
		json_int(&j, "ask_qty", q->ask_qty);
		json_int(&j, "volume", q->volume);
		json_int(&j, "oi", q->oi);
		json_int(&j, "age_ms", q->stamp ? (clock_now(&d.clock) - q->stamp) / NANOS_MS : -1);
		json_int(&j, "strike", i->strike);
		json_int(&j, "lot", i->lot);
		json_date(&j, "expiry", i->expiry);
	}
	end_line();
}

static void watch(const char *symbol)
{
	uint32_t id = core_find_instrument(&d.core, symbol);

	if (id != INSTRUMENT_NONE)
		d.watched[id] = true;
	begin_line("watch");
	json_bool(&j, "known", id != INSTRUMENT_NONE);
	end_line();
}

/* Bars of the one-minute series, newest first. */
static void say_bars(const char *symbol)
{
	uint32_t id = core_find_instrument(&d.core, symbol), s = id == INSTRUMENT_NONE ? SERIES_NONE : d.core.link[id].series;

	while (s != SERIES_NONE && d.core.series[s].interval_s != 60)
		s = d.core.series[s].next;
	begin_line("bars");
	json_array(&j, "bars");
	for (uint32_t i = 0; s != SERIES_NONE && i < d.core.series[s].count && i < SERIES_BARS; i++) {
		const struct bar *b = series_at(&d.core.series[s], i);

		json_array(&j, NULL);
		json_stamp(&j, NULL, b->start);
		json_int(&j, NULL, b->open);
		json_int(&j, NULL, b->high);
		json_int(&j, NULL, b->low);
		json_int(&j, NULL, b->close);
		json_array_end(&j);
	}
	json_array_end(&j);
	end_line();
}

static void read_whole(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char block[65536];
	size_t n;

	buf_clear(text);
	if (!f)
		die(path, "cannot be opened");
	while ((n = fread(block, 1, sizeof(block), f)) > 0 && text->len < FILE_LARGEST)
		buf_put(text, block, n);
	fclose(f);
}

static void add_file(struct master_builder *b, enum segment segment, const char *path, date_t day)
{
	struct master_counts counts;
	struct master_error error = { "" };
	struct buf text = { 0 };

	read_whole(path, &text);
	if (master_add_csv(b, segment, text.data, text.len, day, 1, &counts, &error) != ERR_OK)
		die(path, error.text);
	buf_done(&text);
}

static void take_master(char *arguments)
{
	char *day = strtok(arguments, " "), *fo = strtok(NULL, " "), *cm = strtok(NULL, " "), path[512];
	struct master_builder *b = NULL;
	struct master_error error = { "" };
	struct master *fresh = NULL;
	date_t date = 0;

	if (!cm || date_parse(day, strlen(day), &date) != ERR_OK)
		die("master", "takes a day and two files");
	need(master_build(&b), "master");
	add_file(b, SEGMENT_NSE_FO, fo, date);
	add_file(b, SEGMENT_NSE_CM, cm, date);
	snprintf(path, sizeof(path), "%s/master-%s.bin", d.dir, day);
	if (master_write(b, date, path, &error) != ERR_OK || master_map(path, &fresh, &error) != ERR_OK)
		die(path, error.text);
	master_build_free(&b);
	kotak_feed_master(d.feed, fresh);
	if (d.master)
		master_unmap(&d.master);
	d.master = fresh;
	begin_line("master");
	json_uint(&j, "rows", master_count(fresh));
	end_line();
}

/* The day goes on by hours at once, for the server and for us. The clock that everybody shares is the session's. */
static void set_clock(const char *text)
{
	need(clock_parse(text, &d.clock), "clock");
	*(struct clock *)kotak_session_clock(d.session) = d.clock;
	uv_timer_start(&d.turn, on_turn, 0, 0);
}

static void obey(char *line)
{
	char *space = strchr(line, ' ');
	char *rest_of = space ? space + 1 : line + strlen(line);

	if (space)
		*space = '\0';
	if (strcmp(line, "stats") == 0)
		say_stats();
	else if (strcmp(line, "quote") == 0)
		say_quote(rest_of);
	else if (strcmp(line, "watch") == 0)
		watch(rest_of);
	else if (strcmp(line, "bars") == 0)
		say_bars(rest_of);
	else if (strcmp(line, "master") == 0)
		take_master(rest_of);
	else if (strcmp(line, "clock") == 0)
		set_clock(rest_of);
	else
		die(line, "no such command");
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *ret)
{
	static char room[LINE_TEXT];

	(void)h;
	(void)size;
	*ret = uv_buf_init(room, sizeof(room));
}

static void on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	(void)s;
	if (n < 0) {
		uv_stop(&d.loop);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (b->base[i] != '\n') {
			buf_putc(&d.line, b->base[i]);
			continue;
		}
		obey(d.line.data ? d.line.data : (char[]){ "" });
		buf_clear(&d.line);
	}
}

/* -- start ---------------------------------------------------------------------------------------------------------------------- */

static void load_table(const char *dir, const char *name, int (*parse)(const char *, size_t, struct calendar *, uint32_t *))
{
	struct buf text = { 0 };
	char path[512];
	uint32_t line = 0;

	snprintf(path, sizeof(path), "%s/%s.csv", dir, name);
	read_whole(path, &text);
	need(parse(text.data, text.len, &d.tables.calendar, &line), path);
	buf_done(&text);
}

static void open_core(void)
{
	struct core_limits l = { .instruments = INSTRUMENTS, .series = 16, .strategies = 4, .orders = 16 };
	size_t size = core_size(&l);
	void *memory = aligned_alloc(64, size);
	struct event e;

	if (!memory)
		die("core", "out of memory");
	need(core_init(&d.core, memory, size, &l, &d.tables, strategy_builtin), "core");
	event_init(&e, EVENT_START, clock_now(&d.clock), INSTRUMENT_NONE);
	e.start.mode = MODE_PAPER;
	e.start.epoch = 1;
	post(NULL, &e);
	event_init(&e, EVENT_STRATEGY, clock_now(&d.clock), INSTRUMENT_NONE);
	snprintf(e.strategy.ops, sizeof(e.strategy.ops), "%s", strategy_builtin[0]->name);
	snprintf(e.strategy.id, sizeof(e.strategy.id), "one");
	snprintf(e.strategy.underlying, sizeof(e.strategy.underlying), "NIFTY");
	e.strategy.commons = COMMON_COUNT;
	strategy_params_standard(strategy_builtin[0], e.strategy.params);
	post(NULL, &e);
}

static void set(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}
#define SET(field, from) set(d.account.field, sizeof(d.account.field), from)

static const char *argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	die(name, "is missing");
	return NULL;
}

static void open_all(int argc, char **argv)
{
	static const char *const underlyings[] = { "NIFTY", "RELIANCE" };
	char error[256] = "";

	d.dir = argument(argc, argv, "--dir");
	need(clock_parse(argument(argc, argv, "--clock"), &d.clock), "--clock");
	load_table(argument(argc, argv, "--tables"), "holidays", calendar_parse_holidays);
	load_table(argument(argc, argv, "--tables"), "special_sessions", calendar_parse_specials);
	load_table(argument(argc, argv, "--tables"), "timetable", calendar_parse_timetable);
	open_core();
	d.account = (struct kotak_options){ .ip_version = 4, .order_rate = 8, .order_reserve = 4, .report_rate = 5, .quote_rate = 10, .login_at = TIME_OF_DAY(8, 30) };
	SET(consumer_key, "11111111-2222-3333-4444-555555555555");
	SET(mobile, "+919876543210");
	SET(ucc, "ABC12");
	SET(mpin, "123456");
	SET(totp_secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	SET(session_url, argument(argc, argv, "--base"));
	SET(config_url, "none");
	SET(ca_file, argument(argc, argv, "--ca"));
	if (kotak_session_open(&d.loop, &d.account, &d.clock, &d.session, error) != ERR_OK)
		die("session", error);
	need(rest_open(d.session, &d.rest), "rest");
	struct kotak_feed_options o = { .session = d.session, .rest = d.rest, .tables = &d.tables, .core = &d.core, .underlyings = underlyings,
	                                .n_underlyings = ARRAY_LEN(underlyings), .strikes = 10, .depth = true, .post = post, .note = note };
	need(kotak_feed_open(&o, &d.feed), "feed");
}

int main(int argc, char **argv)
{
	uv_loop_init(&d.loop);
	open_all(argc, argv);
	uv_pipe_init(&d.loop, &d.input, 0);
	uv_pipe_open(&d.input, 0);
	uv_read_start((uv_stream_t *)&d.input, on_alloc, on_input);
	uv_timer_init(&d.loop, &d.turn);
	uv_timer_start(&d.turn, on_turn, 0, 0);
	kotak_session_start(d.session, false);
	uv_run(&d.loop, UV_RUN_DEFAULT);
	kotak_feed_close(&d.feed);
	rest_close(&d.rest);
	kotak_session_close(&d.session);
	if (d.master)
		master_unmap(&d.master);
	uv_close((uv_handle_t *)&d.turn, NULL);
	uv_close((uv_handle_t *)&d.input, NULL);
	uv_run(&d.loop, UV_RUN_DEFAULT);
	int err = uv_loop_close(&d.loop);
	buf_done(&d.line);
	buf_done(&out);
	free(d.core.s);
	return err ? 3 : 0;
}
