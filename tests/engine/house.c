#include "tests/engine/house.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATE 20458 /* 2026-01-05 */

/* -- folders -------------------------------------------------------------------------------------------------------------- */

void house_dir(char path[HOUSE_PATH])
{
	const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";

	snprintf(path, HOUSE_PATH, "%s/sauda-engine-XXXXXX", base);
	assert_non_null(mkdtemp(path));
}

static void each_file(const char *dir, void (*what)(const char *dir, const char *name, const char *to), const char *to)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			what(dir, entry->d_name, to);
	closedir(d);
}

static void remove_file(const char *dir, const char *name, const char *to)
{
	char path[600];

	(void)to;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

void house_remove(const char *path)
{
	each_file(path, remove_file, NULL);
	rmdir(path);
}

static void copy_file(const char *dir, const char *name, const char *to)
{
	char path[600], bytes[16384];
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *in = fopen(path, "rb");
	snprintf(path, sizeof(path), "%s/%s", to, name);
	FILE *out = fopen(path, "wb");
	assert_true(in && out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

void house_copy(const char *from, const char *to)
{
	each_file(to, remove_file, NULL);
	each_file(from, copy_file, to);
}

static char newest[HOUSE_PATH];

static void find_newest(const char *dir, const char *name, const char *to)
{
	(void)dir;
	(void)to;
	if (strstr(name, ".journal") && strcmp(name, newest) > 0)
		snprintf(newest, sizeof(newest), "%s", name);
}

void house_tear(const char *dir)
{
	char path[600];
	long end;
	int byte = 0;

	newest[0] = '\0';
	each_file(dir, find_newest, NULL);
	snprintf(path, sizeof(path), "%s/%s", dir, newest);
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	for (end = ftell(f); end > 0 && byte <= 0; end--) {
		fseek(f, end - 1, SEEK_SET);
		byte = fgetc(f);
	}
	fseek(f, end - 12, SEEK_SET);
	for (int i = 0; i < 13; i++)
		fputc(0, f);
	assert_int_equal(fclose(f), 0);
}

/* -- the feed: one share by last price, minute bars, opens for whoever waits ------------------------------------------------- */

struct day { uint32_t at, opened; uint64_t seed; };
struct house_feed { struct feed feed; struct engine *engine; struct day s; };

static nanos_t bar_start(uint32_t k)
{
	return stamp_at(DATE, TIME_OF_DAY(14, 31)) + (nanos_t)k * NANOS_MINUTE; /* entries until 14:45, square-off at 15:05 */
}

static price_t price_at(const struct day *d, uint32_t k)
{
	price_t price = RUPEES(500);

	for (uint32_t i = 0; i <= k; i++)
		price += 500 * ((price_t)(prng_mix(d->seed * 1000 + i) % 121) - 60);
	return price;
}

static bool give_open(struct house_feed *f, struct event *e, uint32_t k)
{
	if (f->s.opened || !engine_waiting(f->engine, 0))
		return false;
	f->s.opened = 1;
	event_init(e, EVENT_TICK, bar_start(k), 0);
	e->head.flags = TICK_OPEN_OF_BAR;
	e->tick.last = k > 0 ? price_at(&f->s, k - 1) : RUPEES(500);
	return true;
}

static void give_bar(struct house_feed *f, struct event *e, uint32_t k)
{
	price_t open = k > 0 ? price_at(&f->s, k - 1) : RUPEES(500), close = price_at(&f->s, k);

	event_init(e, EVENT_BAR, bar_start(k) + NANOS_MINUTE, 0);
	e->bar.bar = (struct bar){ bar_start(k), open, (open > close ? open : close) + 1000, (open < close ? open : close) - 1000, close, 9 };
	e->bar.interval_s = 60;
	f->s.opened = 0;
}

static void give_instrument(struct event *e)
{
	event_init(e, EVENT_INSTRUMENT, bar_start(0), 0);
	e->instrument = (struct instrument){ .symbol = "SHARE", .underlying = "SHARE", .kind = INSTRUMENT_EQUITY, .tick = 500, .lot = 5,
	                                     .flags = INSTRUMENT_TRADABLE | INSTRUMENT_LTP_ONLY, .freeze = 20 };
}

static int feed_next(struct feed *feed, struct event *e)
{
	struct house_feed *f = (struct house_feed *)feed;
	uint32_t at = f->s.at;

	if (at == HOUSE_BARS + 4)
		return 0;
	if (at >= 2 && at < HOUSE_BARS + 2 && give_open(f, e, at - 2))
		return 1;
	f->s.at++;
	if (at == 0) {
		give_instrument(e);
	} else if (at == 1 || at == HOUSE_BARS + 2) {
		event_init(e, EVENT_SESSION, at == 1 ? bar_start(0) : stamp_at(DATE, TIME_OF_DAY(15, 30)), INSTRUMENT_NONE);
		e->session = (struct event_session){ DATE, at == 1 ? SESSION_BEGIN : SESSION_END, 0, stamp_at(DATE, TIME_OF_DAY(9, 15)),
		                                     stamp_at(DATE, TIME_OF_DAY(15, 30)) };
	} else if (at == HOUSE_BARS + 3) {
		event_init(e, EVENT_FEED_END, stamp_at(DATE, TIME_OF_DAY(15, 30)), INSTRUMENT_NONE);
	} else {
		give_bar(f, e, at - 2);
	}
	return 1;
}

static int feed_save(const struct feed *feed, struct buf *out)
{
	const struct house_feed *f = (const struct house_feed *)feed;

	buf_put(out, &f->s, sizeof(f->s));
	return out->failed ? ERR_NOMEM : ERR_OK;
}

static int feed_restore(struct feed *feed, const void *bytes, size_t len)
{
	struct house_feed *f = (struct house_feed *)feed;
	struct day d;

	if (len != sizeof(d))
		return ERR_CORRUPT;
	memcpy(&d, bytes, len);
	if (d.seed != f->s.seed)
		return ERR_MISMATCH;
	f->s = d;
	return ERR_OK;
}

static void feed_close(struct feed *feed)
{
	free(feed);
}

static const struct feed_ops feed_ops = { .name = "house", .next = feed_next, .save = feed_save, .restore = feed_restore, .close = feed_close };

/* -- opening ----------------------------------------------------------------------------------------------------------------- */

static struct market_tables tables;

static int post(struct house *h, struct event *e)
{
	return engine_post(h->engine, e);
}

static void begin(struct house *h)
{
	static struct rig r; /* for its stub's parameters */
	struct event e;

	rig_init(&r);
	rig_strategy(&r, 0, "SHARE");
	*rig_param(&r, 0, "wild") = 1;
	*rig_param(&r, 0, "cooldown") = *rig_param(&r, 0, "stopout_cooldown") = 0;
	*rig_param(&r, 0, "loss_streak") = *rig_param(&r, 0, "entries_per_day") = 1000;
	*rig_param(&r, 0, "cost_pct") = 1000000;
	*rig_param(&r, 0, "entry_to") = TIME_OF_DAY(15, 0);
	event_init(&e, EVENT_START, bar_start(0) - NANOS_SECOND, INSTRUMENT_NONE);
	e.start = (struct event_start){ .mode = MODE_REPLAY, .epoch = 1, .capital = RUPEES(1000000), .feed_step = NANOS_MINUTE,
	                                .flags = START_ASSUME_UNKNOWN };
	assert_int_equal(post(h, &e), ERR_OK);
	event_init(&e, EVENT_STRATEGY, bar_start(0) - NANOS_SECOND, INSTRUMENT_NONE);
	e.strategy = r.strategy[0];
	assert_int_equal(post(h, &e), ERR_OK);
	for (uint32_t link = 0; link < LINK_COUNT; link++) {
		event_init(&e, EVENT_LINK, bar_start(0) - NANOS_SECOND, INSTRUMENT_NONE);
		e.link = (struct event_link){ link, 1, "" };
		assert_int_equal(post(h, &e), ERR_OK);
	}
}

static void open_journal(struct house *h)
{
	struct journal_options o = { .dir = h->dir, .segment_bytes = 1 << 18, .sync = false };

	if (h->no_journal)
		return;
	if (journal_open(&o, &h->journal, &h->error) != ERR_OK)
		fail_msg("%s", h->error.text);
}

int house_open(struct house *h)
{
	const struct paper_options paper = { .seed = 5, .partial_pct = 40, .reject_pct = 15, .slippage_ticks = 1 };
	struct house_feed *f = calloc(1, sizeof(*f));
	int err;

	open_journal(h);
	struct engine_options o = { .limits = { 4, 4, 2, 64 }, .tables = &tables, .ops = h->ops ? h->ops : rig_ops, .journal = h->journal,
	                            .journal_dir = h->dir, .checkpoint_events = h->checkpoint_events, .wait_durable = true, .clock = h->clock };
	assert_int_equal(engine_new(&o, &h->engine), ERR_OK);
	h->core = engine_core(h->engine);
	assert_int_equal(paper_open(&paper, h->core, engine_emit, h->engine, &h->broker), ERR_OK);
	*f = (struct house_feed){ .feed = { FEED_MAGIC, &feed_ops }, .engine = h->engine, .s.seed = h->seed };
	h->feed = &f->feed;
	engine_plug(h->engine, h->broker, h->feed);
	err = h->journal ? engine_recover(h->engine, &h->recovery, &h->error) : ERR_OK;
	if (err == ERR_OK && (h->no_journal || h->recovery.fresh))
		begin(h);
	return err;
}

void house_take(struct house *h, struct engine *e)
{
	engine_free(&h->engine);
	h->engine = e;
	h->core = engine_core(e);
	((struct house_feed *)h->feed)->engine = e;
}

void house_close(struct house *h)
{
	engine_free(&h->engine);
	h->broker->ops->close(h->broker);
	h->feed->ops->close(h->feed);
	if (h->journal)
		journal_close(&h->journal);
}

/* -- the day ------------------------------------------------------------------------------------------------------------------- */

/* The operator's script: each command comes once, when its time has passed; that it came is seen in the core alone. */
static const struct { unsigned minute; enum command command; } script[] = {
	{ 9, COMMAND_PAUSE }, { 12, COMMAND_RESUME }, { 18, COMMAND_KILL_FLATTEN }, { 22, COMMAND_RESUME },
};

static bool script_next(struct house *h)
{
	const struct core_state *s = h->core->s;
	struct event e;

	for (size_t i = 0; i < ARRAY_LEN(script); i++) {
		nanos_t due = bar_start(script[i].minute) + NANOS_SECOND;

		if (s->now < due || s->control_at >= due)
			continue;
		event_init(&e, EVENT_COMMAND, s->now, INSTRUMENT_NONE);
		e.command.command = (uint32_t)script[i].command;
		memcpy(e.command.reason, "script", 7);
		assert_int_equal(post(h, &e), ERR_OK);
		return true;
	}
	return false;
}

int house_run(struct house *h, uint64_t events)
{
	struct engine_stats stats;

	engine_stats(h->engine, &stats);
	for (uint64_t end = stats.events + events; stats.events < end; engine_stats(h->engine, &stats)) {
		if (script_next(h))
			continue;
		int got = engine_advance(h->engine);
		assert_true(got >= 0);
		if (got == 0)
			return 0;
		if (stats.events % 7 == 0)
			assert_int_equal(engine_submit(h->engine, false), ERR_OK);
	}
	return 1;
}
