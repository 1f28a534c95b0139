/* A stop that rests at the broker for a position, while the engine watches its own stops all the same: it is for the time when the engine cannot.
 *
 * It is the plan's one order at work (plan.c), so two exits can never both fill: whatever else wants the position closed makes the exit of this very
 * order, by a modify to a limit; where the broker refuses that it is cancelled, and nothing leaves before its end is proven. Its quantity is never
 * modified: a stop that no longer fits the book is withdrawn and placed anew. docs/stops.md */
#include "lib/core/core_priv.h"

#define LOOK (5 * NANOS_SECOND)     /* from one look at it to the next, and so from one move to the next */
#define PATIENCE (2 * NANOS_SECOND) /* its trigger traded and its limit does not fill: then the exit walk */
#define TRIES 3                     /* stops lost or put right in a day, then the engine's own stops go on alone */
#define MOVES_MAX 8                 /* of the modifies an order may see; the others are the exit's */

struct terms { price_t trigger, price; };

/* -- small facts --------------------------------------------------------------------------------------------------------- */

bool stop_untriggered(const struct order *o)
{
	return o->request.purpose == PURPOSE_STOP && o->request.type == ORDER_SL && (o->state == ORDER_PENDING || o->state == ORDER_TRIGGER_PENDING);
}

bool stop_probed(const struct core *c)
{
	return c->s->start.mode != MODE_LIVE || c->s->stop_probe == STOP_PROBE_PASSED;
}

static qty_t held(const struct slot *s)
{
	return s->book.qty > 0 ? s->book.qty : -s->book.qty;
}

static enum side side_of(const struct slot *s)
{
	return s->book.qty > 0 ? SIDE_SELL : SIDE_BUY;
}

static bool own_trail(const struct plan *p)
{
	return p->trail != 0 && (p->direction > 0 ? p->trail > p->index_stop : p->trail < p->index_stop);
}

/* On the contract; 0 = none. An option's trailing stop is the underlying's, and no broker watches that for us. */
static price_t level(const struct plan *p)
{
	if (p->contract != p->underlying)
		return p->side == SIDE_BUY ? p->stop : 0;
	return own_trail(p) ? p->trail : p->index_stop;
}

static enum exit_reason reason_of(const struct plan *p)
{
	if (p->contract != p->underlying)
		return EXIT_OPTION_STOP;
	return own_trail(p) ? EXIT_TRAILING_STOP : EXIT_INDEX_STOP;
}

static nanos_t look_at(const struct core *c)
{
	nanos_t step = plan_interval(c);

	return c->s->now + (step > LOOK ? step : LOOK);
}

static void say(struct core *c, uint32_t strategy, const char *text)
{
	core_alert(c, ALERT_STOP, strategy, c->slot[strategy].plan.contract, c->slot[strategy].book.qty, text);
}

static void say_once(struct core *c, uint32_t strategy, const char *text)
{
	struct plan *p = &c->slot[strategy].plan;

	if (!(p->stop_flags & STOP_SAID))
		say(c, strategy, text);
	p->stop_flags |= STOP_SAID;
}

/* -- terms ------------------------------------------------------------------------------------------------------------------ */

/* The limit lies past the trigger by the broker's own grid for protected orders, which is well inside the exchange's price protection. */
static price_t gap(const struct instrument *i, price_t trigger)
{
	static const struct { price_t below; int64_t option, other; /* 1/10,000 of the price */ } grid[] = {
		{ 5 * NUM_SCALE, 1000, 200 }, { 10 * NUM_SCALE, 500, 200 }, { 100 * NUM_SCALE, 300, 200 }, { 500 * NUM_SCALE, 200, 100 }, { INT64_MAX, 100, 50 },
	};
	int64_t away;
	size_t at = 0;

	while (trigger >= grid[at].below)
		at++;
	if (!num_mul_div(trigger, sizing_is_option(i) ? grid[at].option : grid[at].other, NUM_SCALE, &away))
		away = 0;
	if (sizing_is_option(i) && trigger < NUM_SCALE)
		away = NUM_SCALE / 10;
	return away > i->tick ? price_ceil(away, i->tick) : i->tick;
}

/* False: nothing that an exchange would take. */
static bool terms_at(const struct core *c, const struct slot *s, price_t at, struct terms *ret)
{
	const struct instrument *i = &c->instrument[s->plan.contract];
	bool sell = side_of(s) == SIDE_SELL;

	if (at <= 0)
		return false;
	ret->trigger = sell ? price_floor(at, i->tick) : price_ceil(at, i->tick);
	ret->price = plan_within_band(i, sell ? ret->trigger - gap(i, ret->trigger) : ret->trigger + gap(i, ret->trigger));
	return ret->trigger > 0 && plan_within_band(i, ret->trigger) == ret->trigger && (sell ? ret->price <= ret->trigger : ret->price >= ret->trigger);
}

static bool tighter(const struct slot *s, price_t a, price_t b)
{
	return side_of(s) == SIDE_SELL ? a > b : a < b;
}

/* A trigger at or through the last price would be refused; the engine's own stop is about to close there. */
static bool behind_market(const struct core *c, const struct slot *s, price_t trigger)
{
	price_t last = c->quote[s->plan.contract].last;

	return last > 0 && tighter(s, last, trigger);
}

/* -- placing ------------------------------------------------------------------------------------------------------------------ */

/* Why none can rest, for as long as things stand as they do; NULL = it can. */
static const char *none_rests(const struct core *c, const struct slot *s, struct terms *ret)
{
	if (!stop_probed(c))
		return "no stop rests at the broker: no probe has shown that it draws no margin";
	if (s->plan.stop_tries >= TRIES)
		return "no stop rests at the broker any more: the engine's own stops go on alone";
	if (held(s) > plan_slice(&c->instrument[s->plan.contract], held(s)))
		return "no stop rests at the broker: one order cannot hold the quantity";
	if (!terms_at(c, s, level(&s->plan), ret))
		return "no stop rests at the broker: there is no price for it";
	return NULL;
}

static void count_anew(const struct core *c, struct plan *p)
{
	if (p->stop_day == c->s->day.date)
		return;
	p->stop_day = c->s->day.date;
	p->stop_tries = 0;
	p->stop_flags = 0;
}

static void send(struct core *c, uint32_t strategy, const struct terms *t)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	struct order *o = orders_place_stop(c, strategy, p->contract, side_of(s), held(s), t->price, t->trigger);

	o->walk_at = c->s->now + plan_interval(c);
	p->order = o->request.order;
	p->stop_rests = t->trigger;
	p->stop_flags &= STOP_SAID;
}

/* Half of the rate is not for stops: it is the exits'. */
static void place(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	struct terms t;
	const char *why;

	if (!plan_market_open(c)) { /* the next day's beginning tends it */
		if (c->s->day_active && c->s->now < c->s->day.open)
			plan_retry_later(c, p, c->s->day.open);
		return;
	}
	count_anew(c, p);
	if ((why = none_rests(c, s, &t)) != NULL)
		say_once(c, strategy, why);
	else if (!c->s->link[LINK_BROKER].up || reconcile_closed_by_others(c, s) || !behind_market(c, s, t.trigger))
		plan_retry_later(c, p, look_at(c));
	else if (!risk_rate_take(c, true))
		plan_retry_later(c, p, risk_rate_free(c));
	else
		send(c, strategy, &t);
}

/* -- one that rests ------------------------------------------------------------------------------------------------------------ */

static void look_later(struct core *c, struct order *o, nanos_t at)
{
	o->walk_at = at > c->s->now ? at : c->s->now + NANOS_MS;
	plan_due_by(c, o->walk_at);
}

static void withdraw(struct core *c, struct plan *p, struct order *o)
{
	if (!risk_rate_take(c, false)) {
		look_later(c, o, risk_rate_free(c));
		return;
	}
	p->stop_flags |= STOP_WITHDRAWN;
	orders_cancel(c, o);
}

/* Exactly what is held, on the other side, and held by the account too. */
static bool fits(const struct core *c, const struct slot *s, const struct order *o)
{
	return s->params[COMMON_resting_stop] && stop_probed(c) && o->request.side == side_of(s) && o->request.qty - o->filled == held(s) &&
	       !reconcile_closed_by_others(c, s);
}

/* Only ever tighter, unless it is to be put right. */
static void move(struct core *c, struct slot *s, struct order *o)
{
	struct plan *p = &s->plan;
	price_t at = level(p), rests = p->stop_rests;
	struct terms t;

	if (at == 0 || !tighter(s, at, rests))
		at = rests;
	if (!terms_at(c, s, at, &t) || !behind_market(c, s, t.trigger) || (t.trigger == rests && !(p->stop_flags & STOP_OTHER)))
		return;
	if (o->modifies >= MOVES_MAX) {
		withdraw(c, p, o);
		return;
	}
	if (!risk_rate_take(c, true)) {
		look_later(c, o, risk_rate_free(c));
		return;
	}
	p->stop_flags &= ~(uint32_t)STOP_OTHER;
	orders_terms(o, t.trigger);
	orders_modify(c, o, t.price);
}

/* Proven absent: the same order again under the same tag. Never cancelled here, so that an exit need not wait for what is not there. */
static void again(struct core *c, uint32_t strategy, struct order *o)
{
	struct slot *s = &c->slot[strategy];
	struct terms t;

	count_anew(c, &s->plan);
	if (!fits(c, s, o) || none_rests(c, s, &t) || !behind_market(c, s, t.trigger) || !risk_rate_take(c, true))
		return;
	s->plan.stop_tries++;
	s->plan.stop_rests = t.trigger;
	orders_terms(o, t.trigger);
	orders_resend(c, o, t.price);
}

static void tend(struct core *c, uint32_t strategy, struct order *o)
{
	struct slot *s = &c->slot[strategy];

	if (!plan_market_open(c)) {
		if (c->s->day_active && c->s->now < c->s->day.open) /* it outlived a close */
			look_later(c, o, c->s->day.open);
		return;
	}
	look_later(c, o, look_at(c));
	if (o->modifying || o->cancelling)
		return;
	if (o->state == ORDER_ABSENT)
		again(c, strategy, o);
	else if (!stop_untriggered(o))
		return;
	else if (!fits(c, s, o))
		withdraw(c, &s->plan, o);
	else if (c->s->stop == STOP_NONE)
		move(c, s, o);
}

void stop_tend(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct order *o = order_find(c, s->plan.order);

	if (s->plan.state != PLAN_OPEN || s->plan.exit_reason != EXIT_NONE || s->book.qty == 0)
		return;
	if (manual_tend(c, strategy))
		return; /* a person's exit is the one order at work, or will be */
	if (o && order_live((enum order_state)o->state))
		tend(c, strategy, o);
	else if (s->params[COMMON_resting_stop] && c->s->stop == STOP_NONE)
		place(c, strategy);
}

void stop_tend_all(struct core *c, uint32_t instrument)
{
	if (instrument >= c->s->instruments)
		return;
	for (uint32_t node = c->link[instrument].watch; node != WATCH_NONE; node = c->slot[node / 2].watch_next[node % 2])
		if (c->slot[node / 2].plan.contract == instrument)
			stop_tend(c, node / 2);
}

uint32_t stop_resting(const struct core *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->s->active; i++) {
		const struct plan *p = &c->slot[c->active[i]].plan;
		const struct order *o = order_find(c, p->order);

		n += o && p->exit_reason == EXIT_NONE && stop_untriggered(o) && !o->modifying && !o->cancelling;
	}
	return n;
}

/* -- the position leaves ---------------------------------------------------------------------------------------------------------- */

/* One whose trigger traded is a limit at the market already: the walk moves that. */
void stop_exit(struct core *c, uint32_t strategy, struct order *o)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	price_t price = plan_exit_price(c, s, (enum side)o->request.side);

	if (!stop_untriggered(o) || o->modifying || o->cancelling || !plan_market_open(c))
		return;
	p->state = PLAN_EXITING;
	look_later(c, o, c->s->now + plan_interval(c));
	if (price == 0)
		return;
	if (!risk_rate_take(c, false)) {
		look_later(c, o, risk_rate_free(c));
		return;
	}
	if ((p->stop_flags & STOP_REFUSED) || o->modifies >= PLAN_MODIFIES_MAX) {
		orders_cancel(c, o);
		return;
	}
	orders_terms(o, 0);
	orders_modify(c, o, price);
}

/* -- what the broker says ------------------------------------------------------------------------------------------------------------ */

static void leave(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;

	p->exit_reason = (uint32_t)reason_of(p);
	p->exit_since = c->s->now;
	p->state = PLAN_EXITING;
	core_reschedule(c);
}

/* Before that the limit has a moment to fill where it is. */
static void triggered(struct core *c, uint32_t strategy, struct order *o)
{
	nanos_t step = plan_interval(c);

	leave(c, strategy);
	look_later(c, o, c->s->now + (step > PATIENCE ? step : PATIENCE));
}

static void modified(struct core *c, uint32_t strategy, struct order *o, const struct event_order *e)
{
	struct plan *p = &c->slot[strategy].plan;

	p->stop_rests = o->request.trigger;
	if (!e->other_terms || p->exit_reason != EXIT_NONE)
		return;
	count_anew(c, p);
	p->stop_flags |= STOP_OTHER;
	if (++p->stop_tries > TRIES) {
		withdraw(c, p, o);
		say_once(c, strategy, "the stop at the broker is changed by somebody again and again: it is withdrawn");
		return;
	}
	say(c, strategy, "the stop at the broker rests at terms that were not asked for: it is put right");
	stop_tend(c, strategy);
}

/* What was asked for last is not what rests. */
static void refused(struct core *c, uint32_t strategy, struct order *o)
{
	struct plan *p = &c->slot[strategy].plan;

	if (o->state != ORDER_PENDING && o->state != ORDER_TRIGGER_PENDING)
		return;
	if (o->request.type == ORDER_LIMIT)
		p->stop_flags |= STOP_REFUSED;
	orders_terms(o, p->stop_rests);
}

void stop_reported(struct core *c, struct order *o, const struct event_order *e)
{
	uint32_t strategy = o->request.strategy;
	struct plan *p = &c->slot[strategy].plan;

	if (p->state == PLAN_IDLE || p->order != o->request.order || !order_live((enum order_state)o->state))
		return;
	if (e->report == REPORT_MODIFIED)
		modified(c, strategy, o, e);
	else if (e->report == REPORT_MODIFY_REJECTED)
		refused(c, strategy, o);
	else if (e->report == REPORT_CANCEL_REJECTED)
		p->stop_flags &= ~(uint32_t)(STOP_WITHDRAWN | STOP_REFUSED); /* the one and the other by turns */
	else if (o->state == ORDER_OPEN && p->exit_reason == EXIT_NONE)
		triggered(c, strategy, o);
	if (p->exit_reason != EXIT_NONE && (e->report == REPORT_MODIFIED || e->report == REPORT_MODIFY_REJECTED))
		plan_advance(c, strategy); /* what waited for the answer */
}

/* A fill of an earlier stop counts, too, however late: the level was reached. */
void stop_filling(struct core *c, const struct order *o)
{
	struct plan *p = &c->slot[o->request.strategy].plan;
	struct order *rests = order_find(c, p->order);

	if (p->state == PLAN_IDLE || p->exit_reason != EXIT_NONE)
		return;
	if (rests == o && order_live((enum order_state)o->state))
		triggered(c, o->request.strategy, rests);
	else
		leave(c, o->request.strategy);
}

/* Gone, and the position stays. What ended with its day is placed again on the next. */
void stop_ended(struct core *c, uint32_t strategy, const struct order *o)
{
	struct plan *p = &c->slot[strategy].plan;
	bool ours = (p->stop_flags & STOP_WITHDRAWN) || o->state == ORDER_EXPIRED;

	p->stop_flags &= STOP_SAID;
	p->stop_rests = 0;
	if (!ours) {
		count_anew(c, p);
		p->stop_tries++;
		if (p->stop_tries < TRIES)
			say(c, strategy, "the stop at the broker ended, and not by us: it is placed again");
	}
	if (plan_market_open(c))
		plan_retry_later(c, p, ours ? c->s->now + plan_interval(c) : look_at(c));
	else
		stop_tend(c, strategy);
}
