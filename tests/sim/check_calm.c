/* What must be equal when faults have stopped: order by order, contract by contract, rupee by rupee; and after the end, from the disk alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/core_priv.h"
#include "lib/journal/journal.h"
#include "tests/sim/check_priv.h"
#include "tests/sim/dice.h"

/* One tag at the broker: usually one order, more if it came to be twice. */
struct there { qty_t filled; int64_t value; unsigned orders, live, hidden; };

static struct there at_broker(const char *tag)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);
	struct there t = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (o[i].actor != SIM_OURS || strcmp(o[i].tag, tag) != 0)
			continue;
		t.orders++;
		t.hidden += o[i].hidden;
		t.live += o[i].status < SIM_FILLED && !o[i].hidden;
		t.filled += o[i].filled;
		t.value += o[i].value;
	}
	return t;
}

/* Fills that the journal could put into no strategy's book are told to a person instead. */
static bool told_apart(const struct check *c)
{
	return c->story.alerts[ALERT_LATE_FILL] > 0;
}

/* Somebody else's order with the very terms of one whose fate is not known: it may be that one under another tag, and only a person can tell. */
bool check_may_be_stranger(const struct check *c, const struct chain *k)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	for (size_t i = 0; i < n && (k->state == ORDER_UNKNOWN || k->state == ORDER_ABSENT); i++)
		if (o[i].actor != SIM_OURS && o[i].qty == k->qty && o[i].sell == (k->side == SIDE_SELL) && check_same_symbol(c->story.symbol[k->instrument], o[i].symbol))
			return true;
	return false;
}

static bool order_differs(const struct check *c, const struct chain *k, char *why, size_t size)
{
	const struct order *o = order_find(c->node->core, k->order);
	struct there t = at_broker(k->tag);
	bool known = o && strcmp(o->request.tag, k->tag) == 0;
	bool live = known && order_live((enum order_state)o->state);

	if (t.hidden)
		return false; /* nobody can know of it yet */
	if (t.filled != k->told) {
		snprintf(why, size, "%s: the broker filled %lld, the journal %lld", k->tag, (long long)t.filled, (long long)k->told);
		return true;
	}
	if (t.live && !live) {
		snprintf(why, size, "%s works at the broker and is %s here", k->tag, known ? order_state_name((enum order_state)o->state) : "forgotten");
		return true;
	}
	if (live && o->state != ORDER_ABSENT && t.live == 0 && !check_may_be_stranger(c, k)) {
		snprintf(why, size, "%s is %s here and %s at the broker", k->tag, order_state_name((enum order_state)o->state), t.orders ? "has ended" : "was never");
		return true;
	}
	return false;
}

static bool position_differs(const struct check *c, const struct held *h, char *why, size_t size)
{
	if (check_adopted(c, h->strategy))
		return false; /* taken over: it came by no trade of ours. What the account holds is compared with all books */
	const struct core *core = c->node->core;
	const struct book *b = h->strategy < core->s->strategies ? &core->slot[h->strategy].book : NULL;
	qty_t here = b && b->qty && strncmp(core->instrument[b->instrument].symbol, h->symbol, strlen(core->instrument[b->instrument].symbol)) == 0 ? b->qty : 0;

	if (here == h->net || told_apart(c))
		return false;
	snprintf(why, size, "strategy %u holds %lld of %s, the broker's trades make %lld", h->strategy, (long long)here, h->symbol, (long long)h->net);
	return true;
}

/* Trades of others in the account must have been noticed. */
static bool strangers_unseen(const struct check *c, char *why, size_t size)
{
	struct kotak_broker_stats s;
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o), theirs = 0;

	for (size_t i = 0; i < n; i++)
		theirs += o[i].actor != SIM_OURS;
	kotak_broker_stats(c->node->broker, &s);
	snprintf(why, size, "%zu orders of others in the account, and none was noticed", theirs);
	return theirs > 0 && s.foreign_orders == 0;
}

qty_t check_own_net(const struct core *core, const char *symbol)
{
	qty_t net = 0;

	for (uint32_t i = 0; i < core->s->strategies; i++)
		net += core->slot[i].book.qty && strcmp(core->instrument[core->slot[i].book.instrument].symbol, symbol) == 0 ? core->slot[i].book.qty : 0;
	return net;
}

/* Every position in the account is in our books or told as somebody else's. */
bool check_account_differs(const struct check *c, char *why, size_t size)
{
	const struct core *core = c->node->up ? c->node->core : NULL;
	const struct sim_position *p;
	size_t n = sim_broker_positions(sim_world->broker, &p);

	snprintf(why, size, "the engine is down");
	for (size_t i = 0; core && i < n; i++) {
		uint32_t at = core_find_foreign(core, p[i].symbol);
		const struct foreign *f = at != UINT32_MAX ? &core->s->foreign[at] : NULL;
		qty_t net = 0, told = f ? f->manual + f->broker + f->unexplained : 0, ours = check_own_net(core, p[i].symbol);

		for (size_t j = 0; j < n; j++)
			net += strcmp(p[j].symbol, p[i].symbol) == 0 ? p[j].net : 0;
		if (net == ours + told)
			continue;
		snprintf(why, size, "the account holds %lld of %s, our books %lld, of others %lld are told", (long long)net, p[i].symbol, (long long)ours, (long long)told);
		return true;
	}
	return core == NULL;
}

bool check_differs(const struct check *c, char *why, size_t size)
{
	if (!c->node->up) {
		snprintf(why, size, "the engine is down");
		return true;
	}
	for (uint32_t l = LINK_FEED; l <= LINK_BROKER; l++)
		if (!c->node->core->s->link[l].up) {
			snprintf(why, size, "the %s is down: %s", l == LINK_FEED ? "feed" : "broker", c->node->core->s->link[l].reason);
			return true;
		}
	for (size_t i = 0; i < c->story.n; i++)
		if (order_differs(c, &c->story.chain[i], why, size))
			return true;
	for (size_t i = 0; i < c->n_held; i++)
		if (position_differs(c, &c->held[i], why, size))
			return true;
	return check_left_at_work(c, why, size) || strangers_unseen(c, why, size);
}

/* By its own name: which fills the journal does not have. */
void check_fills(struct check *c)
{
	for (size_t i = 0; i < c->story.n; i++) {
		const struct chain *k = &c->story.chain[i];
		struct there t = at_broker(k->tag);

		check_that(c, 7, t.hidden || t.filled == k->told, "%s: the broker filled %lld, the journal %lld", k->tag, (long long)t.filled, (long long)k->told);
	}
}

/* What was gained and what open books have cost is what the fills brought in and took out, but for books that followed the account by a person's word. */
static void check_profit(struct check *c)
{
	const struct core *core = c->node->core;
	money_t made = core->s->account.realised;

	for (uint32_t i = 0; i < core->s->strategies; i++)
		if (core->slot[i].book.qty != 0)
			made += core->slot[i].book.sell_value - core->slot[i].book.buy_value;
	check_that(c, 21, made == c->story.flow || c->story.followed, "the account has made %lld, its fills %lld", (long long)made, (long long)c->story.flow);
}

/* Amounts to the paisa, and every order of ours in the journal. */
void check_amounts(struct check *c)
{
	bool edited = check_struck(SIM_TRADE_BUST);

	if (c->node->up)
		check_profit(c);
	for (size_t i = 0; i < c->story.n; i++) {
		const struct chain *k = &c->story.chain[i];
		struct there t = at_broker(k->tag);

		if (t.filled != k->filled)
			continue; /* said by I26 */
		check_that(c, 21, t.value * 100 == k->value || edited || told_apart(c), "%s: the broker's fills are worth %lld paise, ours %lld", k->tag, (long long)t.value,
		           (long long)(k->value / 100));
		check_that(c, 3, t.orders <= k->places + k->lost_places, "%s is at the broker %u times for %u decisions", k->tag, t.orders,
		           k->places + k->lost_places);
	}
}

/* What our trades have opened of it: exits of what was taken over close what others did, and what a lost host did besides is others'. */
static int64_t opened(const struct check *c, const struct sim_position *p)
{
	return p->ours - check_adopted_net(c, p->symbol, p->product) - check_beyond_net(c, p->symbol, p->product);
}

/* Somebody else closed some of it: to sell that once more would turn the account round, so the engine must not, and a person settles it. */
static bool closed_by_others(const struct sim_position *p, int64_t ours)
{
	return ours > 0 ? p->net < ours : p->net > ours;
}

bool check_is_flat(const struct check *c, char *why, size_t size)
{
	const struct sim_order *o;
	const struct sim_position *p;
	size_t orders = sim_broker_orders(sim_world->broker, &o), positions = sim_broker_positions(sim_world->broker, &p);

	for (uint32_t i = 0; c->node->up && i < c->node->core->s->strategies; i++)
		if (slot_adopted(&c->node->core->slot[i]) && c->node->core->slot[i].book.qty != 0) {
			snprintf(why, size, "%lld that were taken over remain", (long long)c->node->core->slot[i].book.qty);
			return false;
		}
	for (size_t i = 0; i < positions; i++)
		if (opened(c, &p[i]) != 0 && !closed_by_others(&p[i], opened(c, &p[i]))) {
			snprintf(why, size, "%lld of %s remain", (long long)opened(c, &p[i]), p[i].symbol);
			return false;
		}
	for (size_t i = 0; i < orders; i++)
		if (o[i].actor == SIM_OURS && o[i].status < SIM_FILLED && !o[i].hidden && !check_beyond(c, o[i].tag)) {
			snprintf(why, size, "order %s still works", o[i].tag);
			return false;
		}
	return !check_left_at_work(c, why, size);
}

/* What each strategy is at, for whoever reads the failure. */
void check_show(const struct check *c)
{
	const struct core *core = c->node->core;

	for (uint32_t i = 0; core && !c->quiet && i < core->s->strategies; i++) {
		const struct slot *s = &core->slot[i];
		const struct order *o = order_find(core, s->plan.order);

		if (s->plan.state == PLAN_IDLE && s->book.qty == 0)
			continue;
		printf("# strategy %u holds %lld of %s, plan %u, leaving for %s, order %s %s%s%s\n", i, (long long)s->book.qty, core->instrument[s->plan.contract].symbol,
		       s->plan.state, exit_reason_name((enum exit_reason)s->plan.exit_reason), o ? o->request.tag : "none",
		       o ? order_state_name((enum order_state)o->state) : "", o && o->modifying ? ", modifying" : "", o && o->cancelling ? ", cancelling" : "");
	}
}

/* -- the end: from the disk ------------------------------------------------------------------------------------------------------------- */

/* The state as the journal makes it again, in one more engine that nothing is plugged into. */
static void replay(struct check *c, const char *what, const void *state, size_t len)
{
	const struct node *n = c->node;
	struct journal_options jo = { .dir = n->journal_dir, .sync = true };
	struct engine_options eo = { .limits = { 128, 64, NODE_STRATEGIES + NODE_ADOPTED, NODE_ORDERS }, .tables = n->o->tables, .ops = dice_only, .journal_dir = n->journal_dir };
	struct engine_recovery recovery = { 0 };
	struct journal_error error = { "" };
	struct engine *e = NULL;
	size_t again_len = 0;
	const void *again = NULL;

	if (!check_that(c, 17, journal_open(&jo, &eo.journal, &error) == ERR_OK, "the journal cannot be opened again: %s", error.text))
		return;
	int err = engine_new(&eo, &e);
	assert(err == ERR_OK);
	err = engine_recover(e, &recovery, &error);
	check_that(c, 16, err == ERR_OK && recovery.differences == 0, "replay %s: %s %s %s", what, err_text(err), error.text, recovery.first_difference);
	if (err == ERR_OK)
		again = core_state_bytes(engine_core(e), &again_len);
	check_that(c, 16, again && again_len == len && memcmp(again, state, len) == 0, "the state replayed %s is another", what);
	engine_free(&e);
	journal_close(&eo.journal);
}

static void remove_checkpoints(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -f %s/checkpoint-*", dir);
	assert(system(command) == 0);
}

void check_audit(struct check *c, const void *state, size_t len)
{
	struct journal_report report;
	const struct sim_order *o;
	struct story story;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	replay(c, "from the checkpoint", state, len);
	check_that(c, 17, journal_verify(c->node->journal_dir, &report) == ERR_OK, "the journal does not verify: %s", report.damage);
	if (report.state.first_seq <= 1) { /* else a lost host had its beginning */
		remove_checkpoints(c->node->journal_dir);
		replay(c, "from the beginning", state, len);
	}
	story_init(&story);
	check_that(c, 17, check_read_story(c, &story, c->node->journal_dir), "the journal cannot be read");
	check_secrets(c, c->node->journal_dir);
	for (size_t i = 0; i < n; i++)
		if (o[i].actor == SIM_OURS)
			check_that(c, 2, story_find(&story, o[i].tag) || check_beyond(c, o[i].tag), "%s is at the broker and not in the journal", o[i].tag);
	for (size_t i = 0; i < story.n; i++) {
		const struct chain *k = story_find(&c->story, story.chain[i].tag);

		check_that(c, 7, k && k->filled == story.chain[i].filled && k->value == story.chain[i].value, "%s was filled otherwise on disk", story.chain[i].tag);
	}
	story_done(&story);
}
