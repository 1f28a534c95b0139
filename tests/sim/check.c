#include "tests/sim/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define SOCKETS_A_MINUTE 60

struct check *check_of(void *ctx)
{
	struct check *c = ctx;

	CHECK_OBJ(c, CHECK_MAGIC);
	return c;
}

bool check_that(struct check *c, unsigned invariant, bool holds, const char *format, ...)
{
	char at[STAMP_TEXT];
	va_list args;

	assert(invariant < CHECK_INVARIANTS);
	c->checked[invariant]++;
	if (holds || c->failed)
		return holds;
	va_start(args, format);
	vsnprintf(c->text, sizeof(c->text), format, args);
	va_end(args);
	c->failed = invariant;
	c->failed_at = sim_world->events;
	c->failed_when = sim_world->now;
	time_of_day_format(stamp_time_of_day(sim_world->now), at);
	if (!c->quiet)
		printf("FAIL I%u at event %llu t=%s.%03d  %s  repro: sim --seed %llu --until %llu\n", invariant, (unsigned long long)c->failed_at, at,
		       (int)(sim_world->now / NANOS_MS % 1000), c->text, (unsigned long long)c->seed, (unsigned long long)c->failed_at);
	return false;
}

bool check_struck(enum sim_dial dial)
{
	struct sim_counts counts;

	sim_broker_counts(sim_world->broker, &counts);
	return counts.struck[dial] > 0;
}

/* The story of one order, as it happens. */
void check_explain(struct check *c, const char *tag, const char *format, ...)
{
	char at[STAMP_TEXT];
	va_list args;

	if (!c->explain || (strcmp(c->explain, tag) != 0 && strcmp(c->explain, "all") != 0))
		return;
	time_of_day_format(stamp_time_of_day(sim_world->now), at);
	printf("%s.%06d event %-7llu %s ", at, (int)(sim_world->now / NANOS_US % 1000000), (unsigned long long)sim_world->events, tag);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static int64_t size_of(int64_t signed_qty)
{
	return signed_qty < 0 ? -signed_qty : signed_qty;
}

/* -- records: before they are folded --------------------------------------------------------------------------------------------------- */

static bool terminal(uint32_t s)
{
	return s == ORDER_DENIED || s == ORDER_FILLED || s == ORDER_CANCELLED || s == ORDER_REJECTED || s == ORDER_EXPIRED;
}

/* Written from the rule, not from the core's table: what has ended stays so, but for fills; only what is proven absent begins again; a number once known
 * is not forgotten. */
static bool may_follow(uint32_t from, uint32_t to)
{
	if (terminal(from))
		return to == from || to == ORDER_FILLED;
	if (to == ORDER_INTENT)
		return from == ORDER_ABSENT || from == ORDER_INTENT;
	if (to == ORDER_ABSENT)
		return from == ORDER_UNKNOWN || from == ORDER_ABSENT;
	return to != ORDER_NEW && to != ORDER_DENIED;
}

static void record_order(struct check *c, const struct outcome_order *o)
{
	const struct chain *k = story_find(&c->story, o->request.tag);

	check_explain(c, o->request.tag, "is %s, filled %lld of %lld %s", order_state_name((enum order_state)o->state), (long long)o->filled,
	              (long long)o->request.qty, o->reason);
	if (!check_that(c, 5, k != NULL, "order %s has an outcome and no intent", o->request.tag))
		return;
	check_that(c, 5, may_follow(k->state, o->state), "%s: %s after %s", o->request.tag, order_state_name((enum order_state)o->state),
	           order_state_name((enum order_state)k->state));
	check_that(c, 5, o->filled >= 0 && (o->filled <= o->request.qty || c->twice > 0 || check_struck(SIM_OVERFILL)), "%s: filled %lld of %lld", o->request.tag,
	           (long long)o->filled, (long long)o->request.qty);
	check_that(c, 5, (o->average > 0) == (o->filled > 0), "%s: average %lld with %lld filled", o->request.tag, (long long)o->average, (long long)o->filled);
}

static const struct sim_order *ledger_order(const char *tag)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	while (n-- > 0)
		if (o[n].actor == SIM_OURS && strcmp(o[n].tag, tag) == 0)
			return &o[n];
	return NULL;
}

/* The broker hid an order, replaced its tag or showed a book that was not so: nobody can know then. */
bool check_books_lied(void)
{
	static const enum sim_dial lies[] = { SIM_LATE_MATERIALISE, SIM_VANISH_ROW, SIM_TAG_CUT, SIM_TAG_REPLACED, SIM_STALE_BOOK, SIM_PAGE_CUT, SIM_FIELD_MISSING,
	                                      SIM_FIELD_TYPE, SIM_EMPTY_BOOK };
	struct sim_counts counts;

	sim_broker_counts(sim_world->broker, &counts);
	for (size_t i = 0; i < ARRAY_LEN(lies); i++)
		if (counts.struck[lies[i]])
			return true;
	return false;
}

static void record_report(struct check *c, const struct event_order *e)
{
	const struct chain *k = story_by_order(&c->story, e->order);
	const struct sim_order *o = k ? ledger_order(k->tag) : NULL;

	if (!k)
		return;
	check_explain(c, k->tag, "reported %s %s (broker: %s)", order_report_name((enum order_report)e->report), e->reason,
	              !o ? "has none" : o->hidden ? "hidden" : o->status == SIM_FILLED ? "filled" : o->status == SIM_CANCELLED ? "cancelled" :
	              o->status == SIM_REJECTED ? "rejected" : "working");
	if (e->report == REPORT_ABSENT)
		check_that(c, 4, !o || o->hidden || check_books_lied(), "%s is called absent and the broker has it", k->tag);
	if (e->report == REPORT_REJECTED && k->left > 0)
		check_that(c, 4, !o || o->hidden || o->status == SIM_REJECTED, "%s is called rejected and the broker has it", k->tag);
	if (e->report == REPORT_REJECTED && k->left > 0 && k->state == ORDER_UNKNOWN) /* silence is no evidence, however long it lasts */
		check_that(c, 4, o && o->status == SIM_REJECTED, "%s was unknown and is called rejected, and the broker has rejected nothing", k->tag);
	if (e->report == REPORT_CANCELLED && o && k->state != ORDER_ABSENT)
		check_that(c, 4, o->hidden || o->status == SIM_CANCELLED || o->status == SIM_FILLED || o->status == SIM_REJECTED || check_books_lied(),
		           "%s is called cancelled and works at the broker", k->tag);
}

static void record_place(struct check *c, const struct record *head, const struct order_request *r)
{
	const struct core *core = c->node->core;
	const struct chain *k = story_find(&c->story, r->tag);

	check_explain(c, r->tag, "%s %s %lld %s at %lld", k ? "placed again:" : "placed:", r->side == SIDE_BUY ? "buy" : "sell", (long long)r->qty,
	              core->instrument[head->instrument].symbol, (long long)r->price);
	bool again = check_decided_again(c, r);

	check_that(c, 3, again || (k ? k->absents >= k->places : !check_beyond(c, r->tag)), "%s is placed again without a proof that it is not there", r->tag);
	check_that(c, 19, k || strncmp(r->tag, core->s->tag, 7) == 0, "%s is not of this epoch", r->tag);
	check_that(c, 22, k || r->purpose != PURPOSE_EXIT || r->strategy >= STORY_STRATEGIES || c->story.held[r->strategy] != 0,
	           "%s closes what strategy %u does not hold: no order may make books agree", r->tag, r->strategy);
	if (r->purpose != PURPOSE_ENTRY) { /* the record of what was taken over may follow in the same event; check_turn() holds the book against those */
		qty_t book = r->strategy < core->s->strategies ? size_of(core->slot[r->strategy].book.qty) : 0;

		check_that(c, 11, !check_adopted(c, r->strategy) || r->qty <= book, "%s closes %lld of %lld that were taken over", r->tag, (long long)r->qty, (long long)book);
		return;
	}
	if (!check_repeats(c)) {
		check_entry(c, r->tag, head->instrument, "is decided");
		check_price(c, r->tag, head->instrument);
	}
	if (!k)
		check_slices(c, r);
}

/* At the least price that was asked for: a modify may have failed. */
static price_t least_price(const struct chain *k)
{
	price_t least = k->price[0];

	for (uint32_t i = 1; i < k->prices; i++)
		least = k->price[i] < least ? k->price[i] : least;
	return least;
}

/* What the journal says is held and may come to be: orders of unknown fate count, whatever has become of them. */
static void check_committed(struct check *c)
{
	int64_t limit = c->node->o->limit[LIMIT_EXPOSURE], sum = c->node->core->s->account.open_cost;

	for (size_t i = 0; i < c->story.n && limit != NUM_UNKNOWN; i++) {
		const struct chain *k = &c->story.chain[i];

		if (k->purpose == PURPOSE_ENTRY && order_live((enum order_state)k->state) && k->told < k->qty)
			sum += (k->qty - k->told) * least_price(k);
	}
	check_that(c, 8, limit == NUM_UNKNOWN || sum <= limit, "held and decided makes %lld, the limit is %lld", (long long)sum, (long long)limit);
}

static void record_decision(struct check *c, uint32_t instrument, const struct outcome_decision *d)
{
	const struct core *core = c->node->core;

	check_explain(c, "decision", "strategy %u: %s of %s", d->strategy, refusal_code((enum refusal)d->refusal),
	              instrument < core->s->instruments ? core->instrument[instrument].symbol : "nothing");
}

static void record_alert(struct check *c, const struct outcome_alert *a)
{
	check_explain(c, "alert", "%s: %s", alert_name((enum alert)a->alert), a->text);
	bool ordered = a->alert == ALERT_REJECTED && (c->node->core->s->paused || c->node->core->s->kill); /* an entry that stays here by a person's word */
	bool none_rests = a->alert == ALERT_STOP && strncmp(a->text, "no stop rests", 13) == 0; /* beyond the freeze quantity, or cheaper than its risk */
	check_that(c, 13, !c->zero_fault || a->alert == ALERT_LINK || ordered || none_rests, "a false alarm: %s: %s", alert_name((enum alert)a->alert), a->text);
}

/* What trades of ours make, without exits of what was taken over: that came by none. */
static int64_t traded_net(const struct check *c, const char *symbol)
{
	int64_t net = 0;

	for (size_t i = 0; i < c->n_held; i++)
		net += !check_adopted(c, c->held[i].strategy) && strcmp(c->held[i].symbol, symbol) == 0 ? c->held[i].net : 0;
	return net;
}

static void record_state(struct check *c, const struct outcome_state *s)
{
	const struct sim_position *p;
	size_t n = sim_broker_positions(sim_world->broker, &p);

	check_explain(c, "state", "%s %s %s", engine_state_name((enum engine_state)s->state), s->principal, s->reason);
	for (size_t i = 0; i < n && s->state == ENGINE_FLAT && s->strategy == UINT32_MAX; i++)
		check_that(c, 13, traded_net(c, p[i].symbol) == 0 || check_books_lied() || c->late > 0 || check_struck(SIM_OVERFILL) || check_struck(SIM_TRADE_BUST),
		           "called flat with %lld of %s", (long long)traded_net(c, p[i].symbol), p[i].symbol);
}

/* Greater than any that is known, and than those that went with a lost host: tags are told apart by it. Those go by the machine's time: of a process that
 * begins behind the true one, or behind one that began ahead of it, none can know that. */
static void check_epoch(struct check *c, const struct event_start *e)
{
	check_that(c, 19, e->epoch > c->story.epoch, "the epoch does not grow");
	c->begun_ahead = c->begun_ahead || check_clock_off(c) >= NANOS_SECOND;
	check_that(c, 19, e->epoch > c->epoch_most || c->begun_ahead || check_clock_off(c) <= -NANOS_SECOND, "epoch %u begins, and a lost host was at %u", e->epoch, c->epoch_most);
	c->epoch_most = e->epoch > c->epoch_most ? e->epoch : c->epoch_most;
}

void check_recorded(void *check, const struct record *head, const void *payload, size_t len)
{
	struct check *c = check_of(check);

	world_trace(head, sizeof(*head));
	world_trace(payload, len);
	check_that(c, 16, head->seq == c->story.last_seq + 1, "record %llu follows %llu", (unsigned long long)head->seq, (unsigned long long)c->story.last_seq);
	if (head->kind == EVENT_START)
		check_epoch(c, payload);
	if (head->kind == OUTCOME_ORDER)
		record_order(c, payload);
	else if (head->kind == EVENT_ORDER)
		record_report(c, payload);
	else if (head->kind == ACTION_PLACE)
		record_place(c, head, payload);
	else if (head->kind == OUTCOME_DECISION)
		record_decision(c, head->instrument, payload);
	else if (head->kind == OUTCOME_ALERT)
		record_alert(c, payload);
	else if (head->kind == OUTCOME_STATE)
		record_state(c, payload);
	bool again = head->kind == ACTION_PLACE && check_decided_again(c, payload);
	story_take(&c->story, head, payload);
	if (again)
		check_take_again(c, payload);
	if (head->kind == ACTION_PLACE && ((const struct order_request *)payload)->purpose == PURPOSE_ENTRY)
		check_committed(c);
}

const struct chain *check_chain_of(const struct check *c, const char *number)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	while (n-- > 0)
		if (strcmp(o[n].number, number) == 0)
			return story_find(&c->story, o[n].tag);
	return NULL;
}

static bool is_beyond(const struct check *c, const char *number)
{
	const struct sim_order *o;
	size_t n = sim_broker_orders(sim_world->broker, &o);

	while (n-- > 0)
		if (strcmp(o[n].number, number) == 0)
			return check_beyond(c, o[n].tag) != NULL;
	return false;
}

/* -- the ledger ------------------------------------------------------------------------------------------------------------------------------ */

bool check_same_symbol(const char *ours, const char *theirs)
{
	size_t len = strlen(ours);

	return strncmp(ours, theirs, len) == 0 && (theirs[len] == '\0' || strcmp(theirs + len, "-EQ") == 0);
}

static bool price_known(const struct chain *k, sim_paise price)
{
	for (uint32_t i = 0; i < k->prices; i++)
		if (k->price[i] == price * 100)
			return true;
	return false;
}

/* Of one that the journal knows with fewer prices than a lost host did. */
static bool lost_price(const struct check *c, const struct sim_order *o)
{
	const struct chain *k = story_find(&c->beyond, o->tag);

	return k && price_known(k, o->price);
}

static void new_order(struct check *c, const struct sim_order *o)
{
	struct chain *k = story_find(&c->story, o->tag);

	if (check_beyond_order(c, o))
		return;
	c->lost += k == NULL;
	if (!check_that(c, 2, k != NULL, "the broker has %s with tag \"%s\", the journal has not", o->number, o->tag))
		return;
	check_explain(c, k->tag, "is order %s at the broker%s", o->number, o->hidden ? ", hidden" : "");
	check_that(c, 2, check_same_symbol(c->story.symbol[k->instrument], o->symbol) && o->qty == k->qty && o->sell == (k->side == SIDE_SELL),
	           "%s: the journal says %s %lld of %s, the broker %s %lld of %s", k->tag, k->side == SIDE_SELL ? "sell" : "buy", (long long)k->qty,
	           c->story.symbol[k->instrument], o->sell ? "sell" : "buy", (long long)o->qty, o->symbol);
	check_that(c, 4, k->state != ORDER_REJECTED, "%s arrives at the broker and was called rejected before", k->tag);
	check_that(c, 2, price_known(k, o->price) || lost_price(c, o), "%s at %lld paise was never decided", k->tag, (long long)o->price);
	k->accepted++;
	unsigned places = k->places + k->lost_places;
	c->doubled += k->accepted > places;
	check_that(c, 3, k->accepted <= places, "%s is at the broker %u times for %u decisions", k->tag, k->accepted, places);
	c->twice += k->accepted == 2;
	c->late += o->hidden;
}

static struct held *held_of(struct check *c, const struct chain *k, const char *symbol)
{
	size_t i = 0;

	while (i < c->n_held && (c->held[i].strategy != k->strategy || c->held[i].product != k->product || strcmp(c->held[i].symbol, symbol) != 0))
		i++;
	assert(i < CHECK_HELD);
	if (i == c->n_held) {
		c->held[c->n_held++] = (struct held){ .strategy = k->strategy, .product = k->product };
		memcpy(c->held[i].symbol, symbol, sizeof(c->held[i].symbol));
	}
	return &c->held[i];
}

/* An exit makes the position smaller and never turns it round. */
bool check_may_flip(const struct check *c)
{
	return check_books_lied() || c->late > 0 || c->twice > 0 || check_struck(SIM_OVERFILL) || check_struck(SIM_TRADE_BUST);
}

struct held *check_fold_trade(struct check *c, const struct sim_trade *t)
{
	const struct chain *k = check_chain_of(c, t->order);

	if (!k) {
		check_beyond_trade(c, t);
		return NULL;
	}
	struct held *h = held_of(c, k, t->symbol);
	int64_t before = h->net, after = before + (t->sell ? -t->qty : t->qty);

	if (size_of(after) > size_of(before))
		h->cost += size_of(after - before) * t->price;
	else if (before != 0)
		h->cost = (int64_t)((__int128)h->cost * size_of(after) / size_of(before));
	h->net = after;
	return h;
}

static void new_trade(struct check *c, const struct sim_trade *t)
{
	const struct chain *k = check_chain_of(c, t->order);
	const struct held *h = check_fold_trade(c, t);

	if (!check_that(c, 7, k != NULL || is_beyond(c, t->order), "a trade of order %s, which nobody knows", t->order) || !k)
		return;
	int64_t after = h->net, before = after - (t->sell ? -t->qty : t->qty);
	check_explain(c, k->tag, "trades %lld at %lld paise: %lld -> %lld of %s", (long long)t->qty, (long long)t->price, (long long)before, (long long)after, t->symbol);
	if (k->purpose != PURPOSE_ENTRY && !check_adopted(c, k->strategy))
		check_that(c, 11, (size_of(after) < size_of(before) && (before > 0 ? after >= 0 : after <= 0)) || check_may_flip(c),
		           "exit %s took strategy %u from %lld to %lld of %s", k->tag, k->strategy, (long long)before, (long long)after, t->symbol);
	check_turned(c, t, k);
}

static void keep_live(struct check *c, const struct sim_order *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_live; i++)
		if (o[c->live[i]].status < SIM_FILLED)
			c->live[kept++] = c->live[i];
	c->n_live = kept;
}

/* What everything open costs if every live entry order of ours fills, hidden ones too. */
static void check_exposure(struct check *c, const struct sim_order *o)
{
	int64_t limit = c->node->o->limit[LIMIT_EXPOSURE], sum = 0;
	const struct chain *k;

	for (size_t i = 0; i < c->n_live; i++) {
		const struct sim_order *order = &o[c->live[i]];

		if ((k = story_find(&c->story, order->tag)) != NULL && k->purpose == PURPOSE_ENTRY)
			sum += (order->qty - order->filled) * order->price;
	}
	for (size_t i = 0; i < c->n_held; i++)
		sum += c->held[i].net && !check_adopted(c, c->held[i].strategy) ? c->held[i].cost : 0;
	check_that(c, 8, limit == NUM_UNKNOWN || sum * 100 <= limit || check_may_flip(c), "positions and live entries cost %lld paise, the limit is %lld", (long long)sum,
	           (long long)(limit / 100));
}

void check_ledger(void *check)
{
	struct check *c = check_of(check);
	const struct sim_order *o;
	const struct sim_trade *t;
	size_t orders = sim_broker_orders(sim_world->broker, &o), trades = sim_broker_trades(sim_world->broker, &t);
	bool news = orders > c->orders_seen || trades > c->trades_seen;

	for (; c->orders_seen < orders; c->orders_seen++) {
		if (o[c->orders_seen].actor != SIM_OURS)
			continue;
		new_order(c, &o[c->orders_seen]);
		if (c->n_live < ARRAY_LEN(c->live))
			c->live[c->n_live++] = (uint32_t)c->orders_seen;
	}
	for (; c->trades_seen < trades; c->trades_seen++) {
		if (t[c->trades_seen].actor == SIM_OURS)
			new_trade(c, &t[c->trades_seen]);
		check_adopt_trade(c, &t[c->trades_seen], check_chain_of(c, t[c->trades_seen].order));
	}
	if (!news)
		return;
	keep_live(c, o);
	check_exposure(c, o);
}

/* -- the core ---------------------------------------------------------------------------------------------------------------------------------- */

void check_turn(struct check *c)
{
	const struct core *core = c->node->core;

	for (uint32_t i = 0; core && i < core->s->strategies && i < STORY_STRATEGIES; i++)
		check_that(c, 7, core->slot[i].book.qty == c->story.held[i], "strategy %u holds %lld, its fills make %lld", i, (long long)core->slot[i].book.qty,
		           (long long)c->story.held[i]);
	if (core)
		check_that(c, 12, core->s->live_orders <= 2 * c->node->o->strategies, "%u orders at work for %u strategies", core->s->live_orders, c->node->o->strategies);
	check_clock(c);
	if (sim_world->now >= c->socket_minute + NANOS_MINUTE) {
		check_that(c, 20, sim_world->sockets_opened - c->sockets_then <= SOCKETS_A_MINUTE, "%u websockets in a minute", sim_world->sockets_opened - c->sockets_then);
		c->socket_minute = sim_world->now;
		c->sockets_then = sim_world->sockets_opened;
	}
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------------------ */

void check_init(struct check *c, uint64_t seed, struct node *node)
{
	*c = (struct check){ .magic = CHECK_MAGIC, .seed = seed, .node = node };
	story_init(&c->story);
	story_init(&c->beyond);
}

void check_done(struct check *c)
{
	story_done(&c->story);
	story_done(&c->beyond);
	c->magic = 0;
}
