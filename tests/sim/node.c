#include "tests/sim/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/sim/dice.h"
#include "tests/sim/disk.h"
#include "tests/sim/fake.h"
#include "tests/sim/host.h"
#include "tests/sim/plant.h"
#include "tests/sim/vfs.h"

#define SEGMENT_BYTES ((size_t)8 << 20)
#define NOTHING_DUE NANOS_SECOND
#define MEND (10 * NANOS_SECOND)
#define ROOM_LEFT (SEGMENT_BYTES / 4)
#define LAZY (NANOS_SECOND / 5)
#define SYNC_LEAST (100 * NANOS_US)
#define SYNC_MOST (2 * NANOS_MS)
#define SYNC_SLOW_MOST (30 * NANOS_SECOND)

static uv_loop_t loop; /* only passed on: nothing of libuv runs */

static struct node *node_of(void *ctx)
{
	struct node *n = ctx;

	CHECK_OBJ(n, NODE_MAGIC);
	return n;
}

/* -- callbacks ------------------------------------------------------------------------------------------------------------------------- */

static void note(void *ctx, const char *text)
{
	(void)node_of(ctx);
	if (getenv("SIM_NOTES"))
		printf("# %s\n", text);
}

static void stop_on(struct node *n, int err)
{
	if (err == ERR_OK || n->leaving)
		return;
	n->errors++;
	n->leaving = true;
}

/* As engined/journal_watch.c: without a reserve no entries, and what room is left is kept for closing. */
static void watch_journal(struct node *n)
{
	struct journal_health h;
	struct event e;

	if (n->leaving)
		return;
	journal_health(n->journal, &h);
	if (h.reserve != (n->core->s->link[LINK_JOURNAL].up != 0)) {
		event_init(&e, EVENT_LINK, clock_now(&n->clock), INSTRUMENT_NONE);
		e.link = (struct event_link){ .link = LINK_JOURNAL, .up = h.reserve };
		stop_on(n, engine_post(n->engine, &e));
	}
	if (!h.reserve && h.room < ROOM_LEFT && n->core->s->stop == STOP_NONE && !n->leaving)
		node_command(n, &(struct event_command){ .command = COMMAND_SHUTDOWN, .value = SHUTDOWN_FLATTEN, .principal = "journal" });
}

static void post(void *ctx, struct event *e)
{
	struct node *n = node_of(ctx);

	stop_on(n, engine_post(n->engine, e));
	watch_journal(n);
}

static void recorded(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct node *n = node_of(ctx);

	if (head->kind == ACTION_PLACE || head->kind == ACTION_MODIFY || head->kind == ACTION_CANCEL)
		n->asked = head->seq;
	if (head->kind == EVENT_LINK)
		host_heard(n, payload);
	if (n->o->recorded)
		n->o->recorded(n->o->ctx, head, payload, len);
}

/* -- the day's scrip master, as engined/live_master.c ----------------------------------------------------------------------------------- */

static const struct master *master_now(void *ctx)
{
	struct node *n = node_of(ctx);

	return n->master && master_day(n->master) == stamp_date(clock_now(&n->clock)) ? n->master : NULL;
}

static bool take_cache(struct node *n)
{
	struct master_error error = { "" };
	struct master *fresh = NULL;
	char path[200];

	snprintf(path, sizeof(path), "%s/master.bin", n->master_dir);
	if (master_map(path, &fresh, &error) != ERR_OK)
		return false;
	if (master_day(fresh) != stamp_date(clock_now(&n->clock))) {
		master_unmap(&fresh);
		return false;
	}
	kotak_feed_master(n->feed, fresh);
	if (n->master)
		master_unmap(&n->master);
	n->master = fresh;
	return true;
}

static void fetched(void *ctx, int err, const char *text)
{
	struct node *n = node_of(ctx);

	if (err != ERR_OK)
		note(n, text);
	else
		take_cache(n);
}

static void fetch(struct node *n)
{
	static const enum segment segments[] = { SEGMENT_NSE_FO, SEGMENT_NSE_CM };
	struct master_fetch_options o = { .session = n->session, .rest = n->rest, .dir = n->master_dir, .segments = segments, .n_segments = 2,
	                                  .least = { [SEGMENT_NSE_FO] = 2, [SEGMENT_NSE_CM] = 1 }, .done = fetched, .ctx = n };

	if (n->fetch)
		master_fetch_stop(&n->fetch);
	stop_on(n, master_fetch_start(&o, &n->fetch));
}

static void session_changed(void *ctx, enum session_state state, const char *reason)
{
	struct node *n = node_of(ctx);

	if (state == SESSION_UP && !master_now(n) && !take_cache(n))
		fetch(n);
	else if (state != SESSION_UP)
		note(n, reason);
}

/* -- opening ---------------------------------------------------------------------------------------------------------------------------- */

/* From the journal's thread: what is durable becomes rows. */
static void committed(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct node *n = node_of(ctx);

	if (n->store)
		store_put(n->store, head, payload, len);
}

static int open_journal(struct node *n)
{
	struct journal_error error = { "" };
	struct journal_options o = { .dir = n->journal_dir, .id = n->journal_id, .segment_bytes = SEGMENT_BYTES, .sync = true, .reserve = true, .committed = committed,
	                             .ctx = n };
	int err;

	memcpy(n->journal_id, &n->o->seed, sizeof(n->o->seed));
	err = journal_open(&o, &n->journal, &error);
	if (err != ERR_OK)
		note(n, error.text);
	return err;
}

/* Its troubles never keep the engine from starting. */
static void open_store(struct node *n)
{
	struct store_error error = { "" };
	struct store_options o = { .path = n->store_path, .journal_id = n->journal_id, .journal_dir = n->journal_dir };

	if (n->o->store && !sim_world->dead && store_open(&o, &n->store, &error) != ERR_OK)
		note(n, error.text);
	assert(n->store || !n->o->store || sim_world->dead);
}

static int open_engine(struct node *n)
{
	struct engine_options o = { .limits = { 128, 64, NODE_STRATEGIES + NODE_ADOPTED, NODE_ORDERS }, .tables = n->o->tables, .ops = dice_only, .journal = n->journal,
	                            .journal_dir = n->journal_dir, .lost_tail = host_marked(n), .recorded = recorded, .ctx = n };
	int err = engine_new(&o, &n->engine);

	n->core = err == ERR_OK ? engine_core(n->engine) : NULL;
	return err;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static int open_session(struct node *n)
{
	const struct sim_account *a = sim_broker_account();
	struct kotak_options o = { .login_at = TIME_OF_DAY(8, 30), .order_rate = 8, .order_reserve = 4, .report_rate = 5, .quote_rate = 1 };
	char error[256] = "";
	int err;

	copy(o.consumer_key, sizeof(o.consumer_key), a->consumer_key);
	copy(o.mobile, sizeof(o.mobile), a->mobile);
	copy(o.ucc, sizeof(o.ucc), a->ucc);
	copy(o.mpin, sizeof(o.mpin), a->mpin);
	copy(o.totp_secret, sizeof(o.totp_secret), a->totp_secret);
	copy(o.session_url, sizeof(o.session_url), a->base_url);
	copy(o.config_url, sizeof(o.config_url), "none");
	err = kotak_session_open(&loop, &o, &n->clock, &n->session, error);
	if (err != ERR_OK)
		note(n, error);
	return err == ERR_OK ? rest_open(n->session, &n->rest) : err;
}

static void emit(void *ctx, struct event *e)
{
	plant_emit(node_of(ctx), e);
}

static int open_adapters(struct node *n)
{
	static const char *const underlyings[] = { "NIFTY" };
	struct kotak_feed_options f = { .session = n->session, .rest = n->rest, .tables = n->o->tables, .core = n->core, .underlyings = underlyings,
	                                .n_underlyings = 1, .strikes = (unsigned)n->o->strikes, .post = post, .note = note, .ctx = n };
	struct kotak_broker_options b = { .session = n->session, .rest = n->rest, .master = master_now, .core = n->core, .lost_tail = host_marked(n),
	                                  .note = note, .ctx = n };
	int err = kotak_feed_open(&f, &n->feed);

	return err == ERR_OK ? kotak_broker_open(&b, emit, n, &n->broker) : err;
}

/* -- what begins, as engined/wiring.c and market.c ------------------------------------------------------------------------------------- */

static int post_links(struct node *n, nanos_t at)
{
	struct event e;
	int err = ERR_OK;

	for (uint32_t l = LINK_FEED; l <= LINK_BROKER && err == ERR_OK; l++) {
		event_init(&e, EVENT_LINK, at, INSTRUMENT_NONE);
		e.link = (struct event_link){ .link = l, .reason = "not connected yet" };
		err = engine_post(n->engine, &e);
	}
	return err;
}

static void put_adopted(struct event_strategy *s, uint32_t index)
{
	*s = (struct event_strategy){ .index = index, .commons = COMMON_COUNT };
	snprintf(s->ops, sizeof(s->ops), "%s", strategy_adopted.name);
	snprintf(s->id, sizeof(s->id), "%s%u", strategy_adopted.name, index);
	strategy_params_standard(&strategy_adopted, s->params);
}

static int post_settings(struct node *n, nanos_t at)
{
	struct event e;
	int err = ERR_OK;

	for (uint32_t i = 0; i < n->o->strategies + (n->o->adopt ? NODE_ADOPTED : 0) && err == ERR_OK; i++) {
		event_init(&e, EVENT_STRATEGY, at, INSTRUMENT_NONE);
		if (i < n->o->strategies)
			e.strategy = n->o->strategy[i];
		else
			put_adopted(&e.strategy, i);
		err = engine_post(n->engine, &e);
	}
	for (uint32_t l = 0; l < LIMIT_COUNT && err == ERR_OK; l++) {
		event_init(&e, EVENT_COMMAND, at, INSTRUMENT_NONE);
		e.command = (struct event_command){ .command = COMMAND_LIMIT, .param = l, .value = n->o->limit[l], .principal = "config" };
		err = engine_post(n->engine, &e);
	}
	if (err == ERR_OK) {
		event_init(&e, EVENT_COMMAND, at, INSTRUMENT_NONE);
		e.command = (struct event_command){ .command = COMMAND_STOP_PROBE, .value = 1, .principal = "config", .reason = "simulated" };
		err = engine_post(n->engine, &e);
	}
	return err;
}

static int post_beginning(struct node *n)
{
	const struct core_state *s = n->core->s;
	nanos_t at = clock_now(&n->clock);
	struct event e;
	int err;

	n->epoch = order_epoch(n->recovery.fresh ? 0 : s->start.epoch, at, host_marked(n));
	event_init(&e, EVENT_START, at, INSTRUMENT_NONE);
	e.start = (struct event_start){ .mode = MODE_LIVE, .epoch = n->epoch, .seed = n->o->seed, .capital = n->o->capital, .config_hash = 1,
	                                .flags = n->o->adopt ? START_FOREIGN_ADOPT : 0, .tables_hash = n->o->tables->hash, .build = "sim", .source = "the simulator" };
	err = engine_post(n->engine, &e);
	if (err == ERR_OK && s->strategies == 0)
		err = post_settings(n, at);
	return err == ERR_OK ? post_links(n, at) : err;
}

/* As engined/live_clock.c: it waits for the broker's time before anything is journalled. */
static void know_time(struct node *n)
{
	kotak_session_ask_time(n->session);
	while (kotak_session_asking_time(n->session) && world_next(sim_world) != STAMP_NEVER)
		world_step(sim_world);
	clock_look(&n->clock);
	n->told_time = kotak_session_clock_offset(n->session) != NUM_UNKNOWN;
	kotak_session_take_time(n->session, n->core->s->now);
}

static int begin(struct node *n)
{
	struct journal_error error = { "" };
	int err = engine_recover(n->engine, &n->recovery, &error);

	know_time(n);
	if (err == ERR_OK)
		err = post_beginning(n);
	if (err == ERR_OK)
		err = journal_commit(n->journal);
	if (err != ERR_OK || sim_world->dead) /* a dead machine's calls say that all is well */
		return err != ERR_OK ? err : ERR_IO;
	n->durable = n->waiting = n->core->s->seq;
	n->forward = (struct clock_forward){ n->core->s->now, clock_steady(&n->clock) };
	n->listener = (struct kotak_listener){ session_changed, n };
	kotak_session_listen(n->session, &n->listener);
	take_cache(n);
	kotak_broker_start(n->broker);
	kotak_session_start(n->session, false);
	return ERR_OK;
}

/* -- the end ------------------------------------------------------------------------------------------------------------------------------ */

static void close_all(struct node *n)
{
	if (n->fetch)
		master_fetch_stop(&n->fetch);
	if (n->engine)
		engine_plug(n->engine, NULL, NULL);
	if (n->broker)
		n->broker->ops->close(n->broker);
	n->broker = NULL;
	kotak_feed_close(&n->feed);
	rest_close(&n->rest);
	kotak_session_close(&n->session);
	if (n->master)
		master_unmap(&n->master);
	if (n->journal)
		journal_close(&n->journal);
	store_close(&n->store);
	if (n->engine)
		engine_free(&n->engine);
	n->core = NULL;
	n->up = n->leaving = false;
	n->due = STAMP_NEVER;
}

void node_crash(struct node *n, bool keep)
{
	disk_crash(keep);
	close_all(n);
	vfs_crash(keep);
	disk_alive();
}

void node_stop(struct node *n)
{
	close_all(n);
}

bool node_start(struct node *n, const struct node_options *o)
{
	uint64_t life = n->life + 1;

	*n = (struct node){ .magic = NODE_MAGIC, .o = o, .clock = CLOCK_SYSTEM, .due = STAMP_NEVER, .life = life };
	clock_begin(&n->clock, &n->base);
	snprintf(n->journal_dir, sizeof(n->journal_dir), "%s/journal", o->dir);
	snprintf(n->store_path, sizeof(n->store_path), "%s/sauda.db", o->dir);
	snprintf(n->master_dir, sizeof(n->master_dir), "%s/kotak", o->dir);
	mkdir(n->master_dir, 0700);
	if (open_journal(n) != ERR_OK || open_engine(n) != ERR_OK || open_session(n) != ERR_OK || open_adapters(n) != ERR_OK) {
		node_crash(n, true);
		return false;
	}
	engine_plug(n->engine, n->broker, NULL);
	open_store(n);
	if (begin(n) != ERR_OK) {
		node_crash(n, true);
		return false;
	}
	n->up = true;
	n->lazy_at = n->due = sim_world->now;
	n->mend_at = sim_world->now + MEND;
	return true;
}

/* -- durability: the journal is waited for at once, and its word comes when the world's disk is through ---------------------------- */

struct sync { struct node *node; uint64_t life, seq; };

static void durable(void *ctx, uint64_t number)
{
	struct sync *s = ctx;
	struct node *n = node_of(s->node);

	(void)number;
	if (n->up && n->life == s->life && !sim_world->dead) {
		n->durable = s->seq > n->durable ? s->seq : n->durable;
		engine_durable(n->engine, s->seq);
	}
	free(s);
}

static void sync_later(struct node *n, uint64_t seq)
{
	nanos_t takes = world_between(WORLD_DISK, SYNC_LEAST, SYNC_MOST);
	struct sync *s = malloc(sizeof(*s));

	assert(s);
	if (world_strikes(WORLD_DISK, DIAL_DISK_SLOW))
		takes = world_spread(WORLD_DISK, SYNC_MOST, SYNC_SLOW_MOST);
	n->waiting = seq;
	n->synced_at = sim_world->now + takes;
	*s = (struct sync){ n, n->life, seq };
	world_at(sim_world->now + takes, durable, s);
}

/* Whoever wants something sent waits for its sync; the rest is handed over now and then, and the thread writes it and syncs when it thinks fit. */
static void keep_durable(struct node *n)
{
	if (n->leaving)
		return;
	if (n->asked > n->waiting) {
		stop_on(n, journal_commit(n->journal));
		if (plant == PLANT_EAGER)
			engine_durable(n->engine, n->core->s->seq);
		if (!n->leaving && !sim_world->dead)
			sync_later(n, n->core->s->seq);
	} else if (sim_world->now >= n->lazy_at) {
		stop_on(n, engine_submit(n->engine, false));
		fake_thread_run();
		n->lazy_at = sim_world->now + LAZY;
	}
}

void node_checkpoint(struct node *n)
{
	stop_on(n, engine_checkpoint(n->engine));
}

/* -- the loop ----------------------------------------------------------------------------------------------------------------------------- */

void node_turn(struct node *n)
{
	nanos_t wall, feed, now, wait;

	CHECK_OBJ(n, NODE_MAGIC);
	clock_look(&n->clock);
	wall = clock_now(&n->clock);
	if (n->leaving)
		return;
	now = clock_forward(&n->forward, wall, clock_steady(&n->clock));
	feed = kotak_feed_due(n->feed, wall);
	stop_on(n, engine_turn(n->engine, now));
	if (sim_world->now >= n->mend_at) {
		journal_mend(n->journal);
		fake_thread_run();
		n->mend_at = sim_world->now + MEND;
	}
	watch_journal(n);
	keep_durable(n);
	n->leaving = n->leaving || n->core->s->stop > STOP_RUNNING; /* the shutdown has come to its end */
	wait = feed - wall < NOTHING_DUE ? feed - wall : NOTHING_DUE;
	if (core_wake_at(n->core) < now + wait)
		wait = core_wake_at(n->core) - now;
	n->due = sim_world->now + (wait > NANOS_MS ? (wait + NANOS_MS - 1) / NANOS_MS * NANOS_MS : NANOS_MS);
}

void node_command(struct node *n, const struct event_command *c)
{
	struct event e;

	event_init(&e, EVENT_COMMAND, n->core->s->now, INSTRUMENT_NONE);
	e.command = *c;
	stop_on(n, engine_post(n->engine, &e));
}
