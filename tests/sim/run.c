#include "tests/sim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/sim/clocks.h"
#include "tests/sim/dice.h"
#include "tests/sim/disk.h"
#include "tests/sim/fake.h"
#include "tests/sim/host.h"
#include "tests/sim/people.h"
#include "tests/sim/vfs.h"

#define PEOPLE_BUSY 1000000 /* of a million minutes in which one trades */
#define RUPEE ((int64_t)NUM_SCALE)
#define WARM_MOST (4 * NANOS_MINUTE)
#define WARM_LEAST (10 * NANOS_SECOND)
#define SAFETY_LEAST (30 * NANOS_SECOND)
#define SAFETY_MOST (3 * NANOS_MINUTE)     /* the books grow with the orders, and so does what an order costs */
#define SAFETY_LONG (15 * NANOS_MINUTE)    /* now and then, for what takes long */
#define HEALTHY_MOST (6 * NANOS_MINUTE)    /* login, master, sockets: how long until links are up again */
#define LAST_REQUESTS (12 * NANOS_SECOND) /* from then on its client waits no longer */
#define CONVERGE (15 * NANOS_SECOND)
#define FLAT (30 * NANOS_SECOND)
#define ATTRIBUTE (30 * NANOS_SECOND) /* two readings of the positions, at their pace */
#define PAUSE_MOST (2 * NANOS_MINUTE)
#define RESTART_LEAST (100 * NANOS_MS)
#define RESTART_MOST (2 * NANOS_MINUTE)    /* 10 in long runs */
#define RESTART_CALM (5 * NANOS_SECOND)    /* its supervisor's, when no weather keeps it */
#define CHECKPOINT_OFTEN 1000
#define STRIKE_STEPS (150 * RUPEE)
#define STRIKES 4

struct run {
	const struct run_options *o;
	struct run_result *ret;
	struct world world;
	struct node node;
	struct node_options options;
	struct check check;
	struct dials dials;             /* as drawn */
	nanos_t start_at;               /* when the engine starts again; STAMP_NEVER */
	bool over, faults, long_run;
	uint64_t durable;               /* of the process that ended */
	uint64_t settled;               /* the record by which the first process had begun: no copy is older */
};

/* -- the engine's lives --------------------------------------------------------------------------------------------------------------- */

static void start(struct run *r)
{
	r->start_at = STAMP_NEVER;
	if (r->check.story.last_seq > 0)
		check_restart(&r->check, r->node.journal_dir, r->durable);
	if (r->faults)
		clocks_restart();
	if (!node_start(&r->node, &r->options)) {
		r->durable = 0; /* told anew by the next one that gets so far; what is on disk stays */
		r->start_at = sim_world->now + 5 * NANOS_SECOND;
		return;
	}
	check_begun(&r->check);
	r->settled = r->settled ? r->settled : r->node.durable;
	r->ret->restarts += r->node.life > 1;
}

/* Good weather: a start that bad weather put off need not be waited for so long. */
static void start_soon(struct run *r)
{
	if (r->start_at != STAMP_NEVER && r->start_at > sim_world->now + RESTART_CALM)
		r->start_at = sim_world->now + RESTART_CALM;
}

static void end_process(struct run *r, bool keep)
{
	r->durable = r->node.durable;
	node_crash(&r->node, keep);
	r->start_at = sim_world->now + world_spread(WORLD_LIFE, RESTART_LEAST, r->long_run ? 5 * RESTART_MOST : RESTART_MOST);
	if (!r->faults)
		start_soon(r);
}

/* Another host takes a while. */
static void lose_host(struct run *r)
{
	char kept[160];

	end_process(r, true);
	snprintf(kept, sizeof(kept), "%s/lost-%zu", r->o->dir, r->check.hosts);
	uint64_t last = host_lose(&r->node, r->settled, kept);
	if (last == 0)
		return;
	check_host_lost(&r->check, kept, last);
	r->durable = last;
	r->start_at = sim_world->now + world_spread(WORLD_HOST, NANOS_SECOND, RESTART_MOST);
}

/* -- what befalls the machine ------------------------------------------------------------------------------------------------------------ */

static void misfortune(struct run *r)
{
	if (world_strikes(WORLD_LIFE, DIAL_CRASH)) {
		end_process(r, world_below(WORLD_LIFE, 2));
		return;
	}
	if (r->check.hosts < CHECK_HOSTS && world_strikes(WORLD_HOST, DIAL_HOST_LOST)) {
		lose_host(r);
		return;
	}
	if (r->dials.net.chance[DIAL_HOST_LOST] > 0 && world_below(WORLD_HOST, CHECKPOINT_OFTEN) == 0 && !r->node.leaving)
		node_checkpoint(&r->node); /* the copy begins there */
	if (world_strikes(WORLD_LIFE, DIAL_PAUSE))
		sim_world->now += world_spread(WORLD_LIFE, 50 * NANOS_MS, PAUSE_MOST);
	clocks_turn();
	if (world_strikes(WORLD_PEOPLE, DIAL_PEOPLE))
		people_act(&r->node);
	if (r->node.up && !r->node.leaving && world_below(WORLD_LIFE, 20000) == 0)
		node_checkpoint(&r->node);
}

static void turn(struct run *r)
{
	if (!r->node.up)
		return;
	if (r->faults)
		misfortune(r);
	if (!r->node.up)
		return;
	node_turn(&r->node);
	check_turn(&r->check);
	if (sim_world->dead)
		end_process(r, false);
	else if (r->node.leaving) /* it ends itself: its supervisor starts it again */
		end_process(r, true);
}

/* -- time -------------------------------------------------------------------------------------------------------------------------------- */

static nanos_t earliest(nanos_t a, nanos_t b)
{
	return a < b ? a : b;
}

static bool one_event(struct run *r, nanos_t until)
{
	struct world *w = &r->world;
	nanos_t broker = sim_broker_due(w->broker), world = world_next(w), due = r->node.up ? r->node.due : STAMP_NEVER;
	nanos_t next = earliest(earliest(broker, world), earliest(due, r->start_at));

	if (next > until) {
		w->now = until > w->now ? until : w->now;
		return false;
	}
	if (next > w->now)
		w->now = next;
	if (broker == next) {
		sim_broker_run(w->broker, w->now);
		check_ledger(&r->check);
		return true;
	}
	if (r->start_at == next)
		start(r);
	else if (world == next)
		world_step(w);
	turn(r);
	return true;
}

static bool stopped(struct run *r)
{
	r->over = r->over || r->check.failed || (r->o->until && r->world.events > r->o->until);
	return r->over;
}

static void advance(struct run *r, nanos_t until)
{
	while (!stopped(r) && one_event(r, until))
		;
}

/* Until it says no more, looked at four times a second; false: time is over. */
static bool wait_for(struct run *r, nanos_t most, bool (*unfit)(const struct check *c, char *why, size_t size), char *why, size_t size)
{
	nanos_t end = sim_world->now + most;

	while (unfit(&r->check, why, size)) {
		if (sim_world->now >= end || stopped(r))
			return false;
		advance(r, sim_world->now + NANOS_SECOND / 4);
	}
	return true;
}

/* -- a run's shape ----------------------------------------------------------------------------------------------------------------------- */

enum dials_kind run_kind(uint64_t seed)
{
	return seed % 20 == 0 ? DIALS_NONE : seed % 20 <= 4 ? DIALS_ONE : DIALS_SWARM;
}

/* Days whose policy is `adopt`; the others are as they were before there was one. */
static bool adopts(uint64_t seed)
{
	return prng_mix(seed ^ UINT64_C(0x61646F7074)) % 4 == 0; /* "adopt" */
}

void run_dials(const struct run_options *o, struct dials *ret)
{
	dials_draw(ret, run_kind(o->seed), o->seed);
	if (adopts(o->seed) && dials_any(ret))
		ret->broker.manual_trade = PEOPLE_BUSY; /* there must be something to take over */
	for (size_t i = 0; o->off && i < dials_count(); i++)
		if (o->off[i])
			dials_off(ret, i);
	if (o->cut.loud)
		dials_louder(ret, o->cut.loud);
}

/* A trading day's instant: mostly in the midst of a session, sometimes before its open or near its end. */
static nanos_t choose_begin(void)
{
	static const int days[] = { 18, 19, 20, 23, 25, 26, 27 }; /* of November 2026 */
	date_t day = date_from_civil(2026, 11, days[world_below(WORLD_LIFE, ARRAY_LEN(days))]);
	uint64_t kind = world_below(WORLD_LIFE, 10);

	if (kind == 0)
		return stamp_at(day, TIME_OF_DAY(9, 13)) + world_between(WORLD_LIFE, 0, NANOS_MINUTE);
	if (kind == 1)
		return stamp_at(day, TIME_OF_DAY(14, 57)) + world_between(WORLD_LIFE, 0, 3 * NANOS_MINUTE);
	return stamp_at(day, TIME_OF_DAY(9, 20)) + world_between(WORLD_LIFE, 0, 5 * NANOS_HOUR);
}

static void choose_strategy(struct event_strategy *s, uint32_t index)
{
	bool share = index % 6 == 5;

	*s = (struct event_strategy){ .index = index, .ops = "dice" };
	snprintf(s->id, sizeof(s->id), "dice%u", index);
	snprintf(s->underlying, sizeof(s->underlying), "%s", share ? "RELIANCE" : "NIFTY");
	s->commons = COMMON_COUNT;
	strategy_params_standard(dice_only[0], s->params);
	s->params[COMMON_bar] = 4;
	s->params[COMMON_trade] = share;
	s->params[COMMON_live] = 1;
	s->params[COMMON_resting_stop] = index % 3 == 1;
	s->params[COMMON_entry_from] = TIME_OF_DAY(9, 15);
	s->params[COMMON_entry_to] = TIME_OF_DAY(15, 20);
	s->params[COMMON_cooldown] = s->params[COMMON_stopout_cooldown] = 0;
	s->params[COMMON_entries_per_day] = s->params[COMMON_loss_streak] = 1000;
	s->params[COMMON_risk_pct] = s->params[COMMON_risk_cap_pct] = 20 * RUPEE;
	s->params[COMMON_cost_pct] = 1000 * RUPEE;
	s->params[COMMON_stop_pct] = 100 * RUPEE;
	s->params[COMMON_lots_max] = share ? 50 : world_below(WORLD_LIFE, 4) ? 3 : 100; /* above the freeze quantity: slices */
	s->params[COMMON_COUNT + DICE_NUMBER] = index;
	s->params[COMMON_COUNT + DICE_ENTER] = (int64_t)(100 << world_below(WORLD_LIFE, 4));
	s->params[COMMON_COUNT + DICE_LEAVE] = (int64_t)(100 << world_below(WORLD_LIFE, 4));
}

/* Those that the cut leaves out never trade; behind the last that does there are none. */
static void cut_strategies(struct node_options *o, uint64_t kept)
{
	uint32_t last = 0;

	for (uint32_t i = 0; kept && i < o->strategies; i++) {
		if (kept >> i & 1)
			last = i;
		else
			o->strategy[i].params[COMMON_COUNT + DICE_ENTER] = 0;
	}
	o->strategies = kept ? last + 1 : o->strategies;
}

static bool has_store(const struct run_options *o)
{
	return o->store > 0 && prng_mix(o->seed ^ UINT64_C(0x726F7773)) % o->store == 0; /* "rows" */
}

static void choose_engine(struct run *r)
{
	struct node_options *o = &r->options;

	*o = (struct node_options){ .dir = r->o->dir, .tables = r->o->tables, .seed = r->o->seed, .recorded = check_recorded, .ctx = &r->check,
	                            .capital = 50000000 * RUPEE, .store = has_store(r->o) };
	o->adopt = adopts(r->o->seed);
	o->strategies = 4 + (uint32_t)world_below(WORLD_LIFE, NODE_STRATEGIES - 3);
	for (uint32_t i = 0; i < o->strategies; i++)
		choose_strategy(&o->strategy[i], i);
	for (int l = 0; l < LIMIT_COUNT; l++)
		o->limit[l] = limit_table[l].standard;
	o->limit[LIMIT_DAY_LOSS_PCT] = world_below(WORLD_LIFE, 8) || r->check.zero_fault ? NUM_UNKNOWN : RUPEE / 100;
	if (world_below(WORLD_LIFE, 2))
		o->limit[LIMIT_EXPOSURE] = (200000 << world_below(WORLD_LIFE, 6)) * RUPEE; /* low enough to bind */
	cut_strategies(o, r->o->cut.strategies);
	o->strikes = r->o->cut.strikes ? r->o->cut.strikes : STRIKES;
}

static void begin(struct run *r)
{
	struct sim_broker_options b = { .seed = r->o->seed, .cash = 50000000 * INT64_C(100), .reroll = r->o->cut.reroll, .strikes = world_overrules, .frame = fake_frame,
	                                .closed = fake_closed };

	world_init(&r->world, r->o->seed, 0);
	r->world.cut = r->o->cut;
	r->world.begin = r->world.now = b.begin = choose_begin() + (nanos_t)r->o->cut.later * NANOS_SECOND;
	r->world.broker = sim_broker_new(&b);
	disk_begin();
	vfs_begin(fake_thread_pause);
	fake_reset();
	check_init(&r->check, r->o->seed, &r->node);
	r->check.explain = r->o->explain;
	r->check.quiet = r->o->quiet;
	r->check.zero_fault = !dials_any(&r->dials) && r->o->cut.faults == 0;
	r->world.leaves = check_leaves;
	r->world.happened = check_ledger;
	r->world.ctx = &r->check;
	r->start_at = r->world.now;
	choose_engine(r);
	if (r->o->cut.reroll)
		world_reroll(&r->world, r->o->cut.reroll);
}

static void set_dials(struct run *r, const struct dials *d)
{
	r->world.dials = *d;
	sim_broker_dials(r->world.broker, &d->broker);
}

/* -- phases ------------------------------------------------------------------------------------------------------------------------------- */

static bool nothing_traded(const struct check *c, char *why, size_t size)
{
	snprintf(why, size, "nothing was traded");
	return c->story.fills == 0;
}

/* The broker lists fifteen strikes around yesterday's close: an index that went further leaves nothing to trade. */
static bool index_outran(const struct node *n)
{
	price_t least = STRIKE_STEPS;

	for (uint32_t i = 1; n->up && i < n->core->s->instruments; i++) {
		const struct instrument *in = &n->core->instrument[i];
		price_t away = in->strike - n->core->quote[in->underlying_id].last;

		if (in->strike > 0)
			least = away < 0 ? (-away < least ? -away : least) : away < least ? away : least;
	}
	return least == STRIKE_STEPS;
}

/* Nothing is held yet, and one entry alone is more than the limit that was drawn. */
static bool limit_too_low(const struct node *n)
{
	for (uint32_t i = 0; n->up && i < n->core->s->strategies; i++)
		if (n->core->slot[i].funnel.refused[REFUSAL_EXPOSURE] > 0)
			return true;
	return false;
}

static void warm_up(struct run *r)
{
	char why[200];

	if (r->o->cut.cold)
		return;
	advance(r, sim_world->now + WARM_LEAST);
	r->ret->warm = wait_for(r, WARM_MOST, nothing_traded, why, sizeof(why));
	if (!r->over)
		check_that(&r->check, 26, r->ret->warm || index_outran(&r->node) || limit_too_low(&r->node),
		           "without any fault nothing was traded in %d minutes", (int)(WARM_MOST / NANOS_MINUTE));
}

/* Some of the days that begin late last until the broker closes what is open. */
static nanos_t safety_ends(const struct run *r)
{
	nanos_t midnight = sim_world->now - stamp_time_of_day(sim_world->now);

	if (r->o->cut.safety)
		return sim_world->now + (nanos_t)r->o->cut.safety * NANOS_SECOND;
	if (sim_world->now - midnight > TIME_OF_DAY(14, 56) && world_below(WORLD_LIFE, 4) == 0)
		return midnight + TIME_OF_DAY(15, 20) + world_between(WORLD_LIFE, 0, 4 * NANOS_MINUTE);
	return sim_world->now + world_spread(WORLD_LIFE, SAFETY_LEAST, r->long_run ? SAFETY_LONG : SAFETY_MOST);
}

static void safety(struct run *r)
{
	uint64_t before = r->check.placed;

	set_dials(r, &r->dials);
	r->faults = true;
	r->long_run = world_below(WORLD_LIFE, 16) == 0;
	advance(r, safety_ends(r));
	r->ret->faulted = dials_any(&r->dials) ? r->check.placed - before : 0;
	r->faults = false;
}

static bool links_down(const struct check *c, char *why, size_t size)
{
	const struct core_state *s = c->node->up ? c->node->core->s : NULL;

	snprintf(why, size, "%s", !s ? "the engine is down" : !s->link[LINK_BROKER].up ? s->link[LINK_BROKER].reason : s->link[LINK_FEED].reason);
	return !s || !s->link[LINK_BROKER].up || !s->link[LINK_FEED].up;
}

static bool not_flat(const struct check *c, char *why, size_t size)
{
	return !check_is_flat(c, why, size);
}

static void heal(struct run *r)
{
	static const struct dials none;

	set_dials(r, &none);
	clocks_heal();
	disk_heal();
	vfs_heal();
	fake_heal();
	start_soon(r);
	people_help(&r->node);
}

/* What stays wrong after the weather: orders whose tag the broker has replaced or cut, one that was filled beyond its quantity, whose row nobody believes, a trade that
 * was taken back, which the order's row still counts; and one whose fate is not known while somebody else's looks like it. */
static bool for_people(const struct run *r)
{
	struct sim_counts counts;

	sim_broker_counts(r->world.broker, &counts);
	for (size_t i = 0; i < r->check.story.n; i++)
		if (check_may_be_stranger(&r->check, &r->check.story.chain[i]))
			return true;
	return counts.struck[SIM_TAG_REPLACED] || counts.struck[SIM_TAG_CUT] || counts.struck[SIM_OVERFILL] ||
	       counts.struck[SIM_TRADE_BUST];
}

/* The market's own troubles go when they go: no healing ends a halt or a locked circuit. */
static nanos_t market_patience(void)
{
	static const struct { enum sim_dial dial; nanos_t lasts; } troubles[] = {
		{ SIM_HALT, 15 * NANOS_MINUTE }, { SIM_CIRCUIT_LOCK, 10 * NANOS_MINUTE }, { SIM_ILLIQUID, 10 * NANOS_MINUTE },
	};
	nanos_t most = 0;

	for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
		if (check_struck(troubles[i].dial) && troubles[i].lasts > most)
			most = troubles[i].lasts;
	return most;
}

/* Nobody can get flat while an order of his works where no book shows it, or after a trade was cancelled behind his back: that is for people to settle. */
static bool cannot_get_flat(const struct run *r)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(r->world.broker, &o);

	if (r->check.story.alerts[ALERT_LATE_FILL] || for_people(r))
		return true;
	while (n-- > 0)
		if (o[n].actor == SIM_OURS && o[n].hidden)
			return true;
	return false;
}

static bool hours_past(nanos_t end)
{
	nanos_t tod = stamp_time_of_day(sim_world->now);

	return tod < TIME_OF_DAY(9, 15) || tod >= end;
}

static bool session_closed(void)
{
	return hours_past(TIME_OF_DAY(15, 30));
}

/* From here on the engine's own square-off and then the broker's are at work. */
static bool day_ends(void)
{
	return hours_past(TIME_OF_DAY(15, 14));
}

/* What left in bad weather is over by then, and so is what waits for a sync that began in it. */
static nanos_t last_requests(const struct run *r)
{
	nanos_t synced = r->node.up ? r->node.synced_at : 0;

	return LAST_REQUESTS + (synced > sim_world->now ? synced : sim_world->now);
}

/* One that was told to shut down, and did, is waited for and looked at when it is back. */
static bool converge(struct run *r, char *why, size_t size)
{
	uint64_t life = r->node.life;

	if (wait_for(r, CONVERGE, check_differs, why, size))
		return true;
	if (r->node.up && r->node.life == life)
		return false;
	return wait_for(r, HEALTHY_MOST, links_down, why, size) && wait_for(r, CONVERGE, check_differs, why, size);
}

static void liveness(struct run *r)
{
	char why[200] = "";
	bool people;

	heal(r);
	advance(r, last_requests(r));
	people_help(&r->node);
	people = for_people(r);
	if (!wait_for(r, HEALTHY_MOST + market_patience(), links_down, why, sizeof(why))) {
		check_that(&r->check, 26, r->over || session_closed() || people, "healed, and after %d minutes: %s", (int)(HEALTHY_MOST / NANOS_MINUTE), why);
		return;
	}
	people_pause(&r->node);
	nanos_t from = sim_world->now;
	bool agreed = converge(r, why, sizeof(why));
	r->ret->converged_ns = agreed ? sim_world->now - from : 0;
	if (r->over)
		return;
	if (!agreed && !session_closed() && !people)
		check_fills(&r->check);
	if (!check_that(&r->check, 26, agreed || session_closed() || people, "healed for 15 s: %s", why))
		check_show(&r->check);
	check_amounts(&r->check);
	if (day_ends())
		return;
	people_flatten(&r->node);
	agreed = wait_for(r, FLAT + market_patience() + (nanos_t)(r->options.strategies * 2 / 8) * NANOS_SECOND, not_flat, why, sizeof(why));
	if (!check_that(&r->check, 27, agreed || r->over || day_ends() || cannot_get_flat(r), "ordered flat: %s", why))
		check_show(&r->check);
	if (!agreed || r->over)
		return;
	uint64_t life = r->node.life;
	agreed = wait_for(r, ATTRIBUTE, check_account_differs, why, sizeof(why));
	if (!r->node.up || r->node.life != life)
		return; /* it was told to shut down, did, and is on its way back */
	people = people && r->node.up && r->node.core->s->live_orders > 0; /* what may be ours and cannot be told keeps the positions from being compared */
	check_that(&r->check, 22, agreed || r->over || day_ends() || people, "flat for %d s: %s", (int)(ATTRIBUTE / NANOS_SECOND), why);
}

static void audit(struct run *r)
{
	size_t len;
	const void *state;
	void *copy;

	if (!r->node.up || r->over)
		return;
	if (journal_commit(r->node.journal) != ERR_OK)
		return;
	check_store(&r->check);
	state = core_state_bytes(r->node.core, &len);
	copy = malloc(len);
	assert(copy);
	memcpy(copy, state, len);
	node_crash(&r->node, false);
	check_audit(&r->check, copy, len);
	free(copy);
}

/* -- the end -------------------------------------------------------------------------------------------------------------------------------- */

static void end(struct run *r)
{
	struct run_result *ret = r->ret;
	struct sim_counts counts;

	if (r->node.up)
		node_crash(&r->node, false);
	while (world_next(&r->world) != STAMP_NEVER)
		world_step(&r->world);
	sim_broker_counts(r->world.broker, &counts);
	memcpy(ret->broker, counts.struck, sizeof(ret->broker));
	memcpy(ret->net, r->world.struck, sizeof(ret->net));
	memcpy(ret->checked, r->check.checked, sizeof(ret->checked));
	memcpy(ret->text, r->check.text, sizeof(ret->text));
	ret->failed = r->check.failed;
	ret->failed_at = r->check.failed_at;
	ret->failed_after = r->check.failed ? r->check.failed_when - r->world.begin : 0;
	ret->struck = r->world.faults;
	memcpy(ret->fault, r->world.fault, sizeof(ret->fault));
	ret->events = r->world.events;
	ret->trace = r->world.trace;
	ret->orders = r->check.placed;
	ret->twice = r->check.twice;
	ret->late = r->check.late;
	ret->stored = r->check.stored;
	ret->lost = r->check.lost;
	ret->doubled = r->check.doubled;
	ret->unknown = r->check.unknown;
	ret->fills = r->check.story.fills;
	ret->requests = r->check.requests;
	ret->virtual_ns = (uint64_t)(r->world.now - r->world.begin);
	check_done(&r->check);
	disk_end();
	vfs_end();
	sim_broker_free(&r->world.broker);
	world_done(&r->world);
}

static void remove_dir(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert(system(command) == 0);
}

void run_seed(const struct run_options *o, struct run_result *ret)
{
	static struct run r;

	*ret = (struct run_result){ .kind = run_kind(o->seed) };
	memset(&r, 0, sizeof(r));
	r.o = o;
	r.ret = ret;
	remove_dir(o->dir);
	mkdir(o->dir, 0700);
	run_dials(o, &r.dials);
	begin(&r);
	warm_up(&r);
	safety(&r);
	liveness(&r);
	audit(&r);
	end(&r);
	remove_dir(o->dir);
}
