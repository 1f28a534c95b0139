/* The wall's clock drives it: the feed pushes, the broker tells between events, and before the loop sleeps the engine takes its
 * turn, the journal gets its batch and the timer is set to what comes next. */
#include "engined/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engined/account.h"
#include "engined/live_priv.h"
#include "lib/base/err.h"
#include "lib/base/log.h"

#define NOTHING_DUE (NANOS_SECOND) /* looked at so often when nothing is due */
#define BLIND_FEED (10 * NANOS_SECOND)
#define BLIND_BOOKS (60 * NANOS_SECOND) /* asked for every 30 s when nothing is at work */

static struct live *live_of(void *ctx)
{
	struct live *l = ctx;

	CHECK_OBJ(l, LIVE_MAGIC);
	return l;
}

void live_info(struct feed_info *ret)
{
	*ret = (struct feed_info){ .kind = "live market", .underlying = "NIFTY", .underlying_source = "the index itself",
	                           .source = "Kotak Neo", .options = true };
}

/* -- what must be there -------------------------------------------------------------------------------------------------------- */

int live_check(struct app *a)
{
	static struct kotak_options o;
	char why[256] = "";
	bool good = account_options(a->config, &o, why, sizeof(why));

	explicit_bzero(&o, sizeof(o));
	if (good && a->options.clock && clock_parse(a->options.clock, &a->clock) != ERR_OK)
		snprintf(why, sizeof(why), "--clock takes VIRTUAL_NS,REAL_NS,SPEED as a simulator prints them");
	else if (good && a->options.clock && !account_is_loopback(a->config->kotak_session_url))
		snprintf(why, sizeof(why), "--clock is for a simulator on this machine; kotak.session_url names another host, or none");
	if (why[0])
		log_error("kotak", "%s", why);
	clock_begin(&a->clock, &a->clock_base);
	return why[0] != '\0';
}

/* The symbols that strategies look at, each once; NIFTY when no strategy names one. */
static void find_underlyings(struct live *l, const struct config *c)
{
	for (uint32_t i = 0; i < c->strategies && l->underlyings < LIVE_UNDERLYINGS; i++) {
		bool seen = !c->strategy[i].enabled || c->strategy[i].underlying[0] == '\0';

		for (size_t k = 0; k < l->underlyings; k++)
			seen = seen || strcmp(l->underlying[k], c->strategy[i].underlying) == 0;
		if (!seen)
			l->underlying[l->underlyings++] = c->strategy[i].underlying;
	}
	if (l->underlyings == 0)
		l->underlying[l->underlyings++] = "NIFTY";
}

/* -- is anything heard? ---------------------------------------------------------------------------------------------------------- */

static bool silent(nanos_t heard, nanos_t now, nanos_t opened, nanos_t patience)
{
	return now - (heard > opened ? heard : opened) > patience;
}

void live_blind(struct app *a, char *why, size_t size)
{
	const struct core_state *s = a->core->s;
	nanos_t now = clock_now(&a->clock);
	enum session_phase phase = session_phase(&s->day, now);
	struct kotak_broker_stats orders = { 0 };
	struct kotak_feed_stats feed;
	nanos_t since = s->day.open > a->live->began ? s->day.open : a->live->began;

	if (!s->day_active || (phase != PHASE_OPEN && phase != PHASE_SQUARE_OFF))
		return;
	kotak_feed_stats(a->live->feed, &feed);
	if (a->mode == MODE_LIVE)
		kotak_broker_stats(a->broker, &orders);
	if (silent(feed.heard, now, since, BLIND_FEED))
		snprintf(why, size, "no prices: %.90s", s->link[LINK_FEED].reason[0] ? s->link[LINK_FEED].reason : feed.reason);
	else if (a->mode == MODE_LIVE && silent(orders.book_read, now, since, BLIND_BOOKS))
		snprintf(why, size, "the order book cannot be read: %.80s", s->link[LINK_BROKER].reason);
}

/* -- callbacks ------------------------------------------------------------------------------------------------------------------ */

static void note(void *ctx, const char *text)
{
	(void)live_of(ctx);
	log_info("kotak", "%s", text);
}

static void stop_on(struct live *l, int err)
{
	if (err != ERR_OK && !l->app->leaving)
		app_stopped(l->app, err);
}

static void post(void *ctx, struct event *e)
{
	struct live *l = live_of(ctx);

	if (e->head.kind != EVENT_TICK && e->head.kind != EVENT_BAR) {
		stop_on(l, engine_post(l->app->engine, e));
		return;
	}
	l->app->last_market_mono = app_mono();
	stop_on(l, engine_post_timed(l->app->engine, e, l->app->last_market_mono));
}

static void on_wake(uv_timer_t *timer)
{
	(void)live_of(timer->data); /* what is due is done before the loop sleeps */
}

/* How long until `at`; no longer than nothing is looked at. */
static nanos_t until(nanos_t at, nanos_t now)
{
	return at < now + NOTHING_DUE ? at - now : NOTHING_DUE;
}

static void arm(struct live *l, nanos_t engine_wait, nanos_t feed_wait)
{
	nanos_t wait = engine_wait < feed_wait ? engine_wait : feed_wait;

	uv_update_time(&l->app->loop);
	uv_timer_start(&l->wake, on_wake, wait > 0 ? clock_ms(&l->app->clock, wait) : 1, 0);
}

/* A rehearsal of one day, as a replay of one: the session has been and is over. */
static void check_end(struct live *l)
{
	struct app *a = l->app;

	l->day_seen = l->day_seen || a->core->s->day_active;
	if (a->options.exit_at_end && l->day_seen && !a->core->s->day_active)
		app_leave_at_end(a);
}

/* Whoever took the account may be trading it already: nothing is decided, and nothing is sent, from here on. */
static bool fenced(struct app *a)
{
	struct authority_facts f;

	if (!a->authority || authority_mine(a->authority))
		return false;
	authority_facts(a->authority, &f);
	a->fenced = true;
	app_note_error(a, "the account was taken by %s (pid %lld, epoch %u): nothing more is sent; positions stay as they are",
	               f.holder == HOLDER_WATCHDOG ? "the watchdog" : "another engine", (long long)f.pid, f.epoch);
	app_leave(a, 4);
	return true;
}

/* Durable before sent: what the turn wants done leaves when the journal's thread says so (live), or has left already (paper). The engine's time never
 * stands still: with the wall's clock set back, walks and the square-off would wait until it has come so far again. */
static void before_sleep(uv_prepare_t *prepare)
{
	struct live *l = live_of(prepare->data);
	struct app *a = l->app;
	nanos_t wall, now, due;

	live_clock_look(l);
	if (a->leaving || fenced(a))
		return;
	a->turns++;
	wall = clock_now(&a->clock);
	now = clock_forward(&l->forward, wall, clock_steady(&a->clock));
	due = kotak_feed_due(l->feed, wall);
	stop_on(l, engine_turn(a->engine, now));
	if (!a->leaving)
		stop_on(l, engine_submit(a->engine, false));
	app_check_stop(a);
	check_end(l);
	if (!a->leaving)
		arm(l, until(core_wake_at(a->core), now), until(due, wall));
	beat_pass(a);
}

void live_durable(void *app, uint64_t seq)
{
	struct app *a = app;

	if (!a->live || a->live->stopped)
		return;
	atomic_store(&a->live->durable_seq, seq);
	uv_async_send(&a->live->durable);
}

static void on_durable(uv_async_t *async)
{
	struct live *l = live_of(async->data);

	uint64_t seq = atomic_load(&l->durable_seq);

	journal_watch_look(l->app); /* before entries that became durable in the reserve could leave */
	engine_durable(l->app->engine, seq);
	handlers_durable(l->app, seq);
}

/* -- life -------------------------------------------------------------------------------------------------------------------------- */

static int open_feed(struct live *l)
{
	struct app *a = l->app;
	struct kotak_feed_options o = { .session = l->session, .rest = l->rest, .tables = &a->tables, .core = a->core,
		.underlyings = l->underlying, .n_underlyings = l->underlyings, .strikes = (uint32_t)a->config->feed_strikes,
		.depth = a->config->feed_depth != 0, .mute_after = a->config->feed_mute_s * (NANOS_SECOND / NUM_SCALE),
		.after_market = a->config->engine_allow_after_market != 0, .post = post, .note = note, .ctx = l };

	return kotak_feed_open(&o, &l->feed);
}

static const struct master *master_now(void *ctx)
{
	return live_master(live_of(ctx));
}

static int open_broker(struct live *l)
{
	struct app *a = l->app;
	struct kotak_broker_options o = { .session = l->session, .rest = l->rest, .master = master_now, .core = a->core,
	                                  .lost_tail = restore_marked(a), .note = note, .ctx = l };

	return a->mode == MODE_LIVE ? kotak_broker_open(&o, engine_emit, a->engine, &a->broker) : ERR_OK;
}

static bool may_order(void *ctx)
{
	const struct app *a = ctx;

	CHECK_OBJ(a, APP_MAGIC);
	return authority_mine(a->authority);
}

static int open_session(struct live *l)
{
	static struct kotak_options o;
	char error[256] = "";
	int err = ERR_INVAL;

	bool good = account_options(l->app->config, &o, error, sizeof(error));
	if (good && l->app->authority) {
		o.may_order = may_order;
		o.may_order_ctx = l->app;
		o.code_used = authority_code(l->app->authority);
	}
	if (good)
		err = kotak_session_open(&l->app->loop, &o, &l->app->clock, &l->session, error);
	explicit_bzero(&o, sizeof(o));
	if (err != ERR_OK)
		log_error("kotak", "%s", error[0] ? error : err_text(err));
	return err == ERR_OK ? rest_open(l->session, &l->rest) : err;
}

int live_open(struct app *a)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		return 1;
	a->live = l;
	*l = (struct live){ .magic = LIVE_MAGIC, .app = a };
	find_underlyings(l, a->config);
	uv_prepare_init(&a->loop, &l->before_sleep);
	uv_timer_init(&a->loop, &l->wake);
	uv_async_init(&a->loop, &l->durable, on_durable);
	l->before_sleep.data = l->wake.data = l->durable.data = l;
	if (open_session(l) != ERR_OK || open_feed(l) != ERR_OK || open_broker(l) != ERR_OK) {
		log_error("kotak", "the adapter could not be opened");
		return 1;
	}
	live_clock_ask(l);
	return 0;
}

void live_begin(struct app *a)
{
	struct live *l = live_of(a->live);

	l->began = clock_now(&a->clock);
	l->forward = (struct clock_forward){ a->core->s->now, clock_steady(&a->clock) };
	live_master_begin(l);
	if (a->mode == MODE_LIVE)
		kotak_broker_start(a->broker);
	kotak_session_start(l->session, false);
	uv_prepare_start(&l->before_sleep, before_sleep);
	uv_timer_start(&l->wake, on_wake, 1, 0);
}

/* While the loop can still close handles; the broker's port goes before the session it uses. A second call does nothing. */
void live_stop(struct app *a)
{
	struct live *l = a->live;

	if (!l || l->stopped)
		return;
	CHECK_OBJ(l, LIVE_MAGIC);
	l->stopped = true;
	live_master_stop(l);
	if (a->mode == MODE_LIVE && a->broker) {
		engine_plug(a->engine, NULL, NULL);
		a->broker->ops->close(a->broker);
		a->broker = NULL;
	}
	if (l->feed)
		kotak_feed_close(&l->feed);
	if (l->rest)
		rest_close(&l->rest);
	if (l->session)
		kotak_session_close(&l->session);
	if (l->master)
		master_unmap(&l->master);
	uv_close((uv_handle_t *)&l->before_sleep, NULL);
	uv_close((uv_handle_t *)&l->wake, NULL);
	uv_close((uv_handle_t *)&l->durable, NULL);
}

void live_close(struct app *a)
{
	free(a->live);
	a->live = NULL;
}
