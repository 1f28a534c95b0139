/* Puts the parts together for a mode: tables, feed, core, journal, paper broker, store; recovers what was; posts what begins. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/app.h"
#include "engined/live.h"
#include "engined/market.h"
#include "engined/summary.h"
#include "engined/tell.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/broker/paper/paper.h"
#include "lib/journal/digest.h"

#define CHECKPOINT_EVENTS 20000
#define DEMO_HISTORY (90 * NANOS_MINUTE) /* a new one has so much behind it at once: charts are filled, windows warm */
#define DEMO_RESUME (DEMO_HISTORY + 60 * NANOS_MINUTE) /* a demo that stood still for an hour begins anew; one that died while it lived through its history did not stand still */

static int fail(const char *area, const char *text)
{
	log_error(area, "%s", text);
	return 1;
}

/* -- folders ----------------------------------------------------------------------------------------------------------------- */

static int make_folder(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1; *at; at++)
		if (*at == '/') {
			*at = '\0';
			mkdir(part, 0755);
			*at = '/';
		}
	if (mkdir(part, 0750) == 0 || errno == EEXIST)
		return 0;
	log_error("engine", "%s: %s; choose a folder that can be written (engine.state_dir, engine.runtime_dir)", path, strerror(errno));
	return 1;
}

static int folders(struct app *a)
{
	const struct config *c = a->config;

	snprintf(a->root_dir, sizeof(a->root_dir), "%s", a->options.state_dir ? a->options.state_dir : c->engine_state_dir);
	snprintf(a->state_dir, sizeof(a->state_dir), "%.480s/%s", a->root_dir, mode_name(a->mode));
	snprintf(a->runtime_dir, sizeof(a->runtime_dir), "%s", a->options.runtime_dir ? a->options.runtime_dir : c->engine_runtime_dir);
	snprintf(a->journal_dir, sizeof(a->journal_dir), "%.480s/journal", a->state_dir);
	return make_folder(a->state_dir) || make_folder(a->runtime_dir);
}

/* One process trades an account. Another engine of the same state folder is found by the journal's lock; this one also finds a watchdog at work. */
static int hold_account(struct app *a)
{
	struct authority_facts f;
	char path[600];
	int err;

	if (a->mode != MODE_LIVE)
		return 0;
	snprintf(path, sizeof(path), "%s/authority", a->root_dir);
	err = authority_open(&a->authority, path);
	if (err == ERR_OK)
		err = authority_lock(a->authority);
	if (err == ERR_BUSY) {
		authority_facts(a->authority, &f);
		log_error("engine", "the account is held by %s (pid %lld): %s", f.holder == HOLDER_WATCHDOG ? "the watchdog, which closes its positions" : "another engine",
		          (long long)f.pid, f.holder == HOLDER_WATCHDOG ? "wait until it is done, or stop it" : "stop it first, or use another --state");
	} else if (err != ERR_OK)
		log_error("engine", "%s: %s", path, err_text(err));
	return err != ERR_OK;
}

/* Larger than any that was: in the journal, in each tag, and where whoever else would send looks before it does. */
static int take_account(struct app *a)
{
	struct authority_facts before = { 0 };

	if (a->authority)
		authority_facts(a->authority, &before);
	a->was_flattened = before.flattened;
	a->was_left_open = before.left_open;
	int err = a->authority ? authority_take(a->authority, a->epoch, HOLDER_ENGINE, &a->epoch) : ERR_OK;

	if (err != ERR_OK)
		log_error("engine", "%s/authority: %s", a->root_dir, err_text(err));
	return err;
}

/* The watchdog closed positions since: no entry before a person has looked at why. */
static int latch_after_watchdog(struct app *a, nanos_t at)
{
	struct event e;

	if (!a->was_flattened && !a->was_left_open)
		return ERR_OK;
	event_init(&e, EVENT_COMMAND, at, INSTRUMENT_NONE);
	e.command.command = COMMAND_KILL_STOP;
	e.command.value = a->was_left_open ? KILL_LEFT_OPEN : 0;
	snprintf(e.command.principal, sizeof(e.command.principal), "watchdog");
	snprintf(e.command.reason, sizeof(e.command.reason), a->was_left_open ? "it ended before all positions were closed" : "it closed positions while the engine was gone");
	return engine_post(a->engine, &e);
}

static bool in_use(const struct app *a)
{
	char path[600];
	bool locked;
	int fd;

	snprintf(path, sizeof(path), "%s/lock", a->journal_dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;
	if (fd >= 0)
		close(fd);
	return locked;
}

/* Nothing is ever deleted: an old journal and its database move to folders of their own. */
static int move_aside(struct app *a)
{
	char to[600];

	if (in_use(a))
		return fail("engine", "another engine runs on this state folder; stop it first, or use another --state");
	for (int n = 1; n < 100000; n++) {
		snprintf(to, sizeof(to), "%s.old-%d", a->state_dir, n);
		if (access(to, F_OK) == 0)
			continue;
		if (rename(a->state_dir, to) != 0)
			break;
		log_info("engine", "the earlier journal was moved to %s", to);
		return make_folder(a->state_dir);
	}
	log_error("engine", "%s: %s", a->state_dir, strerror(errno));
	return 1;
}

/* Of the first record from a number on, or of the last there is. */
static bool stamp_from(const struct app *a, uint64_t from, bool last, nanos_t *ret)
{
	struct journal_reader *reader;
	struct journal_error error;
	struct record head;
	const void *payload;
	size_t len;
	bool some = false;

	if (access(a->journal_dir, F_OK) != 0 || journal_reader_open(a->journal_dir, from, &reader, &error) != ERR_OK)
		return false;
	while ((last || !some) && journal_reader_next(reader, &head, &payload, &len) == 1) {
		*ret = head.stamp;
		some = true;
	}
	journal_reader_close(&reader);
	return some;
}

/* Its two ends alone: a start must not take longer the longer a demo has run. */
static bool has_journal(const struct app *a, nanos_t *ret_begin, nanos_t *ret_end)
{
	return stamp_from(a, 1, false, ret_begin) && (stamp_from(a, journal_needed_from(a->journal_dir), true, ret_end) || stamp_from(a, 1, true, ret_end));
}

/* -- parts ----------------------------------------------------------------------------------------------------------------------- */

static bool waiting(void *ctx, uint32_t instrument)
{
	struct app *a = ctx;

	return engine_waiting(a->engine, instrument);
}

static nanos_t demo_begin(void)
{
	return (app_wall() - DEMO_HISTORY) / NANOS_MINUTE * NANOS_MINUTE;
}

/* "2023-04-10T11:00:00+05:30", or a time of the first recorded day. The place is part of the replay's identity. */
static int seek(struct app *a)
{
	const char *text = a->options.seek;
	struct feed_progress p;
	nanos_t at, time_of_day;
	char source[sizeof(a->feed_info.source)];
	int err;

	a->feed->ops->progress(a->feed, &p);
	if (time_of_day_parse(text, strlen(text), &time_of_day) == ERR_OK)
		at = stamp_at(stamp_date(p.first), time_of_day);
	else if (stamp_parse(text, strlen(text), &at) != ERR_OK)
		return fail("feed", "--seek takes an instant as 2023-04-10T11:00:00+05:30 or a time as 11:00");
	if (a->mode != MODE_REPLAY || at < p.first - NANOS_DAY || at > p.last)
		return fail("feed", a->mode != MODE_REPLAY ? "only a replay can be sought in" : "--seek lies outside the recorded time");
	if ((err = a->feed->ops->seek(a->feed, at)) != ERR_OK)
		return fail("feed", err_text(err));
	memcpy(source, a->feed_info.source, sizeof(source));
	snprintf(a->feed_info.source, sizeof(a->feed_info.source), "%.*s from %.30s", (int)sizeof(source) - 40, source, text);
	return 0;
}

static int open_feed(struct app *a)
{
	struct feed_hooks hooks = { waiting, a };
	struct feed_error error = { "" };
	nanos_t begin = demo_begin(), end = 0;
	int err;

	if (a->mode >= MODE_PAPER) { /* it pushes: live.c */
		live_info(&a->feed_info);
		return 0;
	}
	if (a->mode == MODE_DEMO) {
		if (has_journal(a, &begin, &end) && app_wall() - end > DEMO_RESUME) {
			if (move_aside(a))
				return 1;
			begin = demo_begin();
		}
		err = feed_demo_open((uint64_t)a->config->feed_seed, begin, &a->tables, &hooks, &a->feed, &error);
	} else
		err = feed_replay_open(a->options.data, a->options.n_data, &a->tables, &hooks, &a->feed, &error);
	if (err != ERR_OK)
		return fail("feed", error.text);
	a->feed->ops->info(a->feed, &a->feed_info);
	if (a->options.seek && seek(a))
		return 1;
	log_info("feed", "%s from %s; signals from %s (%s)", a->feed_info.kind, a->feed_info.source,
	         a->feed_info.underlying[0] ? a->feed_info.underlying : "each instrument", a->feed_info.underlying_source);
	return 0;
}

static void committed(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct app *a = ctx;

	if (a->store)
		store_put(a->store, head, payload, len);
}

static void journal_failed(void *ctx, int err)
{
	struct app *a = ctx;

	atomic_store(&a->journal_failed, true);
	log_error("journal", "cannot be written any more (%s): no entries; free the disk and restart", err_text(err));
}

/* The same source, seed and settings give a replay the same name, so two runs give the same bytes. */
static void replay_id(const struct app *a, uint64_t config_hash, uint8_t id[16])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, 16);
	crypto_generichash_update(&h, (const unsigned char *)a->feed_info.source, strlen(a->feed_info.source));
	crypto_generichash_update(&h, (const unsigned char *)&config_hash, sizeof(config_hash));
	crypto_generichash_update(&h, (const unsigned char *)&a->tables.hash, sizeof(a->tables.hash));
	crypto_generichash_final(&h, id, 16);
}

static int open_journal(struct app *a, uint64_t config_hash)
{
	uint8_t id[16];
	struct journal_options o = { .dir = a->journal_dir, .sync = true, .reserve = a->mode != MODE_REPLAY, .committed = committed, .failed = journal_failed,
	                             .health = journal_watch_news,
	                             .durable = a->mode == MODE_LIVE ? live_durable : NULL, .ctx = a };
	struct journal_error error;

	if (a->mode == MODE_REPLAY) {
		replay_id(a, config_hash, id);
		o.id = id;
	}
	int err = journal_open(&o, &a->journal, &error);
	if (err == ERR_CORRUPT)
		log_error("journal", "%s; nothing was changed: `enginectl journal verify %s` says what is whole, --fresh begins anew and keeps this one",
		          error.text, a->journal_dir);
	return err == ERR_OK ? 0 : err == ERR_CORRUPT ? 1 : fail("journal", error.text);
}

static void note_alert(struct app *a, uint32_t instrument, const struct outcome_alert *e)
{
	const char *name = alert_name((enum alert)e->alert);

	if ((e->alert == ALERT_NOT_FLAT || e->alert == ALERT_EXIT_LATE) && instrument < a->core->s->instruments)
		app_note_error(a, "%s: %s %+lld: %s", name, a->core->instrument[instrument].symbol, (long long)e->value, e->text);
	else
		app_note_error(a, "%s: %s", name, e->text);
}

static void recorded(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct app *a = ctx;

	notify_record(a->notify, head, payload, len);
	if (head->kind == EVENT_LINK)
		restore_heard(a, payload);
	else if (head->kind == OUTCOME_REPLY)
		handlers_reply(a, head->seq, payload);
	else if (head->kind == OUTCOME_ALERT)
		note_alert(a, head->instrument, payload);
}

const struct core_limits app_limits = { .instruments = 8192, .series = 64, .strategies = 64, .orders = 4096 };

static int open_engine(struct app *a)
{
	struct engine_options o = { .limits = app_limits, .tables = &a->tables, .ops = strategy_builtin, .journal = a->journal,
	                            .journal_dir = a->journal_dir, .checkpoint_events = CHECKPOINT_EVENTS,
	                            .lost_tail = restore_marked(a),
	                            .wait_durable = a->mode != MODE_LIVE, /* its loop never waits for the disk */
	                            .clock = a->mode == MODE_REPLAY ? NULL : app_mono, /* a replay is as quick as it can be, and nobody waits for it */
	                            .recorded = recorded, .ctx = a };
	const struct config *c = a->config;
	struct paper_options paper = { .seed = (uint64_t)c->paper_seed, .latency = c->paper_latency_ms * NANOS_MS,
	                               .slippage_ticks = (uint32_t)c->paper_slippage_ticks,
	                               .partial_pct = (uint32_t)(c->paper_partial_fill_pct / NUM_SCALE),
	                               .reject_pct = (uint32_t)(c->paper_reject_pct / NUM_SCALE) };

	if (engine_new(&o, &a->engine) != ERR_OK)
		return fail("engine", "out of memory");
	a->core = engine_core(a->engine);
	if (a->mode >= MODE_PAPER && live_open(a))
		return 1;
	if (a->mode != MODE_LIVE && paper_open(&paper, a->core, engine_emit, a->engine, &a->broker) != ERR_OK)
		return fail("broker", "out of memory");
	engine_plug(a->engine, a->broker, a->feed);
	return 0;
}

/* -- what begins --------------------------------------------------------------------------------------------------------------------- */

static size_t strategies(struct app *a, struct event_strategy *list, size_t max)
{
	const struct config *c = a->config;
	size_t n = 0;

	if (c->strategies == 0 && a->feed_info.underlying[0] == '\0')
		log_warn("engine", "the data has several instruments and no strategy names one, so nothing will be traded; "
		         "add [strategy.NAME] sections with underlying = SYMBOL to the settings");
	if (c->strategies == 0)
		n = market_strategies(a->feed_info.underlying, &a->feed_info, list, max);
	for (size_t i = 0; i < n && a->mode == MODE_DEMO; i++) { /* a demo is looked at by day and by night */
		list[i].params[COMMON_entry_from] = 0;
		list[i].params[COMMON_entry_to] = TIME_OF_DAY(24, 0);
	}
	if (c->strategies == 0)
		return n;
	for (uint32_t i = 0; i < c->strategies && n < max; i++) {
		const struct config_strategy *s = &c->strategy[i];

		if (!s->enabled)
			continue;
		memset(&list[n], 0, sizeof(list[n]));
		list[n].index = (uint32_t)n;
		snprintf(list[n].ops, sizeof(list[n].ops), "%s", s->ops->name);
		snprintf(list[n].id, sizeof(list[n].id), "%s", s->id);
		snprintf(list[n].underlying, sizeof(list[n].underlying), "%s", s->underlying[0] ? s->underlying : a->feed_info.underlying);
		memcpy(list[n].params, s->params, sizeof(list[n].params));
		n++;
	}
	return n;
}

static void limits_of(const struct config *c, int64_t limit[LIMIT_COUNT])
{
	limit[LIMIT_DAY_LOSS_PCT] = c->limits_day_loss_pct;
	limit[LIMIT_DRAWDOWN_PCT] = c->limits_drawdown_pct;
	limit[LIMIT_PROFIT_LOCK_PCT] = c->limits_profit_lock_pct;
	limit[LIMIT_GIVE_BACK_PCT] = c->limits_give_back_pct;
	limit[LIMIT_ENTRIES_DAY] = c->limits_entries_day;
	limit[LIMIT_EXECUTIONS] = c->limits_executions_max;
	limit[LIMIT_ORDER_RATE] = c->limits_order_rate;
	limit[LIMIT_OPEN_ORDERS] = c->limits_open_orders;
	limit[LIMIT_QTY] = c->limits_qty_max;
	limit[LIMIT_NOTIONAL] = c->limits_notional_max;
	limit[LIMIT_EXPOSURE] = c->limits_exposure_max;
	limit[LIMIT_EXPOSURE_INSTRUMENT] = c->limits_exposure_instrument_max;
	limit[LIMIT_EXPOSURE_STRATEGY] = c->limits_exposure_strategy_max;
	limit[LIMIT_PRICE_AWAY_PCT] = c->limits_price_away_pct;
}

static uint64_t hash_config(const struct app *a, const struct event_strategy *list, size_t n)
{
	const struct config *c = a->config;
	int64_t limit[LIMIT_COUNT], paper[] = { c->account_capital, c->paper_latency_ms, c->paper_slippage_ticks, c->paper_partial_fill_pct,
	                                        c->paper_reject_pct, c->paper_seed, c->feed_seed };
	crypto_generichash_state h;
	uint64_t hash[2];

	limits_of(c, limit);
	crypto_generichash_init(&h, NULL, 0, sizeof(hash));
	crypto_generichash_update(&h, (const unsigned char *)list, n * sizeof(*list));
	crypto_generichash_update(&h, (const unsigned char *)limit, sizeof(limit));
	crypto_generichash_update(&h, (const unsigned char *)paper, sizeof(paper));
	crypto_generichash_final(&h, (unsigned char *)hash, sizeof(hash));
	return hash[0];
}

static int post_limits(struct app *a, nanos_t at)
{
	int64_t limit[LIMIT_COUNT];
	int err = ERR_OK;

	limits_of(a->config, limit);
	for (int l = 0; l < LIMIT_COUNT && err == ERR_OK; l++) {
		struct event e;

		event_init(&e, EVENT_COMMAND, at, INSTRUMENT_NONE);
		e.command.command = COMMAND_LIMIT;
		e.command.param = (uint32_t)l;
		e.command.value = limit[l];
		snprintf(e.command.principal, sizeof(e.command.principal), "config");
		err = engine_post(a->engine, &e);
	}
	return err;
}

static uint32_t start_flags(const struct app *a)
{
	static const uint32_t foreign[] = { 0, START_FOREIGN_IGNORE, START_FOREIGN_ADOPT }; /* by kotak.foreign */

	if (a->mode < MODE_PAPER)
		return START_ASSUME_UNKNOWN;
	return foreign[a->config->kotak_foreign] | (a->config->engine_allow_after_market ? START_AFTER_MARKET : 0u);
}

/* Settings are posted when they are new or were changed in the file; else what an operator set since then stands. */
static int post_beginning(struct app *a, struct event_strategy *list, size_t n, uint64_t config_hash)
{
	const struct core_state *s = a->core->s;
	bool changed = a->recovery.fresh || s->start.config_hash != config_hash;
	struct feed_progress progress = { 0 };
	int err;

	if (!strategies_number(a, list, n))
		return ERR_FULL;
	if (changed)
		strategies_products(a, list, n);
	if (a->feed)
		a->feed->ops->progress(a->feed, &progress);
	nanos_t now = a->live ? clock_now(&a->clock) : app_wall();
	nanos_t at = a->live ? now : !a->recovery.fresh ? s->now : progress.first ? progress.first : now;
	a->epoch = order_epoch(a->recovery.fresh ? 0 : s->start.epoch, a->mode == MODE_REPLAY ? at : now, a->mode == MODE_LIVE && restore_marked(a));
	if ((err = take_account(a)) != ERR_OK)
		return err;
	struct market_begin b = { .mode = a->mode, .epoch = a->epoch, .seed = (uint64_t)a->config->paper_seed, .config_hash = config_hash,
	                          .capital = a->config->account_capital, .flags = start_flags(a), .strategies = list,
	                          .n_strategies = changed ? n : 0, .at = at, .source = a->feed_info.source,
	                          .feed_down = a->live, .broker_down = a->mode == MODE_LIVE };
	err = market_begin(a->engine, &b, &a->feed_info, a->tables.hash);
	if (err == ERR_OK && changed)
		err = post_limits(a, at);
	if (err == ERR_OK)
		err = strategies_removed(a, list, n, at);
	if (err == ERR_OK)
		err = latch_after_watchdog(a, at);
	return err == ERR_OK ? engine_submit(a->engine, true) : err;
}

static int recover(struct app *a)
{
	struct journal_error error = { "" };
	nanos_t from = app_mono();
	int err = engine_recover(a->engine, &a->recovery, &error);

	if (err == ERR_MISMATCH && !error.text[0])
		snprintf(error.text, sizeof(error.text), "it was made with other data files, or in another order");
	if (err != ERR_OK) {
		log_error("engine", "the journal in %s cannot be taken up: %s%s%s; start with --fresh to begin anew (the old one is kept)",
		          a->journal_dir, err_text(err), error.text[0] ? ": " : "", error.text);
		return 1;
	}
	if (!a->recovery.fresh)
		log_info("engine", "taken up at record %llu: checkpoint %llu and %llu records more in %.1f ms, %llu differences, %u open books",
		         (unsigned long long)a->core->s->seq, (unsigned long long)a->recovery.checkpoint_seq,
		         (unsigned long long)a->recovery.records, (double)(app_mono() - from) / 1e6,
		         (unsigned long long)a->recovery.differences, a->core->s->open_books);
	if (a->recovery.differences)
		app_note_error(a, "this build decides otherwise than the journal: %s (%llu differences; what was recorded stands)",
		               a->recovery.first_difference, (unsigned long long)a->recovery.differences);
	return 0;
}

static int choose_mode(struct app *a)
{
	static const char *const names[] = { "demo", "replay", "paper", "live" };
	int mode = (int)a->config->engine_mode;

	for (int i = 0; a->options.mode && i < 4; i++)
		if (strcmp(names[i], a->options.mode) == 0)
			mode = i;
	if (a->options.n_data > 0 && !a->options.mode)
		mode = MODE_REPLAY;
	a->mode = (enum engine_mode)mode;
	if (mode < MODE_PAPER && a->config->engine_allow_after_market)
		log_warn("engine", "engine.allow_after_market (ALLOW_AFTER_MARKET) is of paper and live only: without effect in %s", mode_name(a->mode));
	if (mode == MODE_PAPER || mode == MODE_LIVE)
		return live_check(a);
	if (mode == MODE_REPLAY && a->options.n_data == 0)
		return fail("engine", "replay needs recorded data; name it with --data FILE");
	return 0;
}

static int choose_speed(struct app *a)
{
	int64_t speed = a->config->feed_speed / NUM_SCALE;
	const char *text = a->options.speed;

	if (text && strcmp(text, "max") == 0)
		speed = 0;
	else if (text && num_parse_int(text, strlen(text), 1, 100000, &speed) != ERR_OK)
		return fail("engine", "--speed takes 1 to 100000, or max");
	a->pacer.speed = speed;
	return 0;
}

int app_open(struct app *a, const struct app_options *o, struct config *config)
{
	static struct event_strategy list[64];
	struct market_error market;
	uint64_t hash;
	size_t n;

	*a = (struct app){ .magic = APP_MAGIC, .options = *o, .config = config, .started_mono = app_mono(), .started_wall = app_wall(), .clock = CLOCK_SYSTEM, .step = "" };
	a->options.keep = o->keep || config->engine_on_stop == 1;
	if (sodium_init() < 0 || uv_loop_init(&a->loop) != 0)
		return fail("engine", "the event loop or libsodium cannot be started");
	if (choose_mode(a) || choose_speed(a) || folders(a) || hold_account(a))
		return 1;
	if (beat_open(a) != ERR_OK || app_catch_signals(a) != ERR_OK || start_serving(a) != ERR_OK || store_link_open(a) != ERR_OK)
		return 1;
	if (o->fresh && access(a->journal_dir, F_OK) == 0 && move_aside(a)) /* readable or not */
		return 1;
	if (restore_wanted(a) && start_answering(a, "restoring from MongoDB", restore_journal))
		return 1;
	start_step(a, "market tables");
	if (market_load(o->tables_dir ? o->tables_dir : config->engine_tables_dir, &a->tables, &market) != ERR_OK)
		return fail("engine", market.text);
	if (start_answering(a, "market data", open_feed))
		return 1;
	n = strategies(a, list, 64);
	if (a->mode == MODE_LIVE && (start_flags(a) & START_FOREIGN_ADOPT))
		n = market_adopted(list, n, 64);
	hash = hash_config(a, list, n);
	start_step(a, "journal");
	if (open_journal(a, hash) || open_engine(a))
		return 1;
	if (start_answering(a, "recovery", recover))
		return 1;
	start_step(a, "store");
	if (store_link_database(a))
		return 1;
	live_clock_settle(a);
	if (tell_open(a) || (a->notify && start_answering(a, "messages", tell_catch_up)))
		return 1;
	if (post_beginning(a, list, n, hash) != ERR_OK || restore_done(a) != ERR_OK)
		return fail("engine", "the first events could not be journalled");
	start_done(a);
	return 0;
}

void app_close(struct app *a, int status)
{
	beat_ending(a);
	/* Not of a start that was refused: half a recovery must not become what the next one begins with. */
	if (a->engine && a->journal && !a->step && a->core->s->seq > 0 && engine_checkpoint(a->engine) != ERR_OK)
		log_warn("engine", "the last checkpoint could not be written; the next start replays more");
	live_stop(a); /* a start that failed; else it was done */
	notify_close(a->notify);
	if (a->control) /* the same: its socket must not stay */
		control_server_close(&a->control);
	snapshot_close(&a->snapshot);
	auth_close(&a->auth);
	if (a->journal)
		journal_close(&a->journal);
	if (a->store)
		store_close(&a->store);
	if (a->broker)
		a->broker->ops->close(a->broker);
	if (a->feed)
		a->feed->ops->close(a->feed);
	live_close(a);
	notify_free(&a->notify);
	engine_free(&a->engine);
	authority_close(&a->authority);
	buf_done(&a->scratch);
	beat_end(a, status);
}

/* -- the summary ------------------------------------------------------------------------------------------------------------------------ */

/* Counted from the journal itself, so that it holds what runs before this one did too. */
static int count_journal(struct app *a, struct summary *s, uint8_t digest[JOURNAL_HASH])
{
	crypto_generichash_state state;
	struct journal_reader *reader;
	struct journal_error error;
	struct record head;
	const void *payload;
	size_t len;
	int got = journal_reader_open(a->journal_dir, 1, &reader, &error);

	if (got != ERR_OK)
		return got;
	journal_digest_begin(&state);
	while ((got = journal_reader_next(reader, &head, &payload, &len)) == 1) {
		summary_record(s, &head, payload, len);
		journal_digest_add(&state, &head, payload, len);
	}
	journal_digest_end(&state, digest);
	journal_reader_close(&reader);
	return got;
}

int app_print_summary(struct app *a)
{
	struct summary s = { 0 };
	struct feed_progress p;
	struct buf out = { 0 };
	uint8_t digest[JOURNAL_HASH];
	char hash[2 * JOURNAL_HASH + 1];
	int err;

	engine_submit(a->engine, true);
	journal_wait(a->journal, a->core->s->seq);
	if ((err = count_journal(a, &s, digest)) != ERR_OK)
		return err;
	sodium_bin2hex(hash, sizeof(hash), digest, sizeof(digest));
	memset(&p, 0, sizeof(p));
	if (a->feed)
		a->feed->ops->progress(a->feed, &p);
	struct summary_facts f = { .mode = mode_name(a->mode), .source = a->feed_info.source, .kind = a->feed_info.kind,
	                           .underlying = a->feed_info.underlying, .underlying_source = a->feed_info.underlying_source,
	                           .rows = p.rows, .bad_rows = p.bad, .journal_hash = hash };
	summary_print(&s, a->core, &f, &out);
	fwrite(out.data, 1, out.len, stdout);
	fflush(stdout);
	buf_done(&out);
	return ERR_OK;
}
