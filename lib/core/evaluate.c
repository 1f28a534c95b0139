/* A bar closed: each strategy on its series is asked, and its wish goes through the gate. Every answer leaves a trace: the
 * funnel counts conditions, a signal leaves an OUTCOME_DECISION, the slot remembers why it did not trade. */
#include "lib/core/core_priv.h"

static const uint32_t bar_seconds[] = { 60, 180, 300, 900, SERIES_TICKS }; /* by choice of `bar` */

/* -- definition and binding -------------------------------------------------------------------------------------------- */

static uint32_t find_ops(const struct core *c, const char *name)
{
	if (strcmp(name, strategy_adopted.name) == 0)
		return OPS_ADOPTED;
	for (uint32_t i = 0; i < c->n_ops; i++)
		if (strcmp(c->ops[i]->name, name) == 0)
			return i;
	WRONG("a strategy of an unknown kind was journalled; configuration checks it first");
	return 0;
}

static const int64_t *own_params(const struct slot *s)
{
	return s->params + COMMON_COUNT;
}

static void begin_anew(struct core *c, struct slot *s)
{
	const struct strategy_ops *ops = core_ops(c, s);

	memset(s->state, 0, sizeof(s->state));
	ops->session(s->state, own_params(s));
	ops->restart(s->state, own_params(s));
}

/* The parameters as this build lays them out: common ones that a journal does not know have their standard. */
static void lay_out(const struct event_strategy *e, uint32_t commons, int64_t *ret)
{
	uint32_t more = COMMON_COUNT - commons;

	memcpy(ret, e->params, commons * sizeof(*ret));
	for (uint32_t i = commons; i < COMMON_COUNT; i++)
		ret[i] = strategy_common_params[i].standard;
	memcpy(ret + COMMON_COUNT, e->params + commons, (STRATEGY_PARAMS_MAX - commons - more) * sizeof(*ret));
}

uint32_t evaluate_param(const struct slot *s, uint32_t param)
{
	return param < s->commons ? param : param + COMMON_COUNT - s->commons;
}

void evaluate_define(struct core *c, const struct event_strategy *told)
{
	struct event_strategy laid = *told;
	const struct event_strategy *e = &laid;
	uint32_t commons = told->commons >= COMMON_FIRST && told->commons <= COMMON_COUNT ? told->commons : COMMON_FIRST;
	struct core_state *st = c->s;
	struct slot *s = &c->slot[e->index];
	uint32_t ops = find_ops(c, e->ops);

	assert(e->index < st->limits.strategies && e->index <= st->strategies);
	lay_out(told, commons, laid.params);
	bool fresh = e->index == st->strategies;
	if (!fresh && ops == OPS_ADOPTED && slot_adopted(s))
		return; /* what it may hold keeps its product */
	bool same = !fresh && s->ops == ops && strcmp(s->id, e->id) == 0 && strcmp(s->symbol, e->underlying) == 0 &&
	            s->params[COMMON_bar] == e->params[COMMON_bar] &&
	            memcmp(own_params(s), e->params + COMMON_COUNT, sizeof(s->params) - COMMON_COUNT * sizeof(s->params[0])) == 0;
	if (fresh) {
		st->strategies++;
		*s = (struct slot){ .series = SERIES_NONE, .next = UINT32_MAX, .active_at = NOT_ACTIVE, .book.instrument = INSTRUMENT_NONE };
	}
	if (slot_at_work(s))
		laid.params[COMMON_product] = s->params[COMMON_product]; /* the exit is of the product that was entered */
	s->paused &= ~(uint32_t)PAUSED_REMOVED;
	s->ops = ops;
	s->commons = commons;
	memcpy(s->params, e->params, sizeof(s->params));
	memcpy(s->id, e->id, sizeof(s->id));
	memcpy(s->kind, e->ops, sizeof(s->kind));
	memcpy(s->symbol, e->underlying, sizeof(s->symbol));
	if (!same) {
		s->underlying = INSTRUMENT_NONE;
		begin_anew(c, s);
	}
	evaluate_bind(c);
}

/* FNV-1a, never 0. */
static uint32_t symbol_hash(const char *symbol)
{
	uint32_t hash = 2166136261u;

	for (; *symbol; symbol++)
		hash = (hash ^ (unsigned char)*symbol) * 16777619u;
	return hash ? hash : 1;
}

/* Into its series' list, which is kept in the order of the strategies whatever the order of events. */
static void join_series(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];

	s->series = market_series(c, s->underlying, bar_seconds[s->params[COMMON_bar]]);
	assert(s->series != SERIES_NONE);
	c->waits_for[strategy] = 0;
	uint32_t *link = &c->series_slot[s->series];
	while (*link < strategy)
		link = &c->slot[*link].next;
	s->next = *link;
	*link = strategy;
}

/* A new instrument: the strategies that waited for it. A feed announces thousands, so their slots are not all looked at. */
void evaluate_instrument(struct core *c, uint32_t instrument)
{
	const char *symbol = c->instrument[instrument].symbol;
	uint32_t hash = symbol_hash(symbol);

	for (uint32_t i = 0; i < c->s->strategies; i++) {
		if (c->waits_for[i] != hash || strcmp(c->slot[i].symbol, symbol) != 0)
			continue;
		c->slot[i].underlying = instrument;
		join_series(c, i);
	}
}

/* Definitions or bar lengths changed: all lists anew. */
void evaluate_bind(struct core *c)
{
	dry_forget(c);
	for (uint32_t i = 0; i < c->s->series; i++)
		c->series_slot[i] = UINT32_MAX;
	for (uint32_t i = c->s->strategies; i-- > 0;) {
		if (slot_adopted(&c->slot[i])) { /* it looks at nothing */
			c->slot[i].series = SERIES_NONE;
			c->waits_for[i] = 0;
			continue;
		}
		if (c->slot[i].underlying == INSTRUMENT_NONE)
			c->slot[i].underlying = core_find_instrument(c, c->slot[i].symbol);
		if (c->slot[i].underlying != INSTRUMENT_NONE)
			join_series(c, i);
		else
			c->waits_for[i] = symbol_hash(c->slot[i].symbol);
	}
}

bool evaluate_bar_fits(struct core *c, const struct slot *s, int64_t bar)
{
	return s->underlying == INSTRUMENT_NONE || market_series(c, s->underlying, bar_seconds[bar]) != SERIES_NONE;
}

void evaluate_session(struct core *c)
{
	dry_forget(c);
	for (uint32_t i = 0; i < c->s->strategies; i++)
		core_ops(c, &c->slot[i])->session(c->slot[i].state, own_params(&c->slot[i]));
}

/* -- one evaluation ----------------------------------------------------------------------------------------------------------- */

static void count_funnel(struct slot *s, const struct signal *signal, uint32_t n_conditions)
{
	assert(signal->failed <= n_conditions);
	s->funnel.evaluations++;
	for (uint32_t i = 0; i < signal->failed; i++)
		s->funnel.passed[i]++;
}

static void remember_why(const struct core *c, struct slot *s, uint32_t condition, enum refusal refusal)
{
	if (s->why.since && s->why.condition == condition && s->why.refusal == (uint32_t)refusal)
		return;
	s->why = (struct why){ condition, (uint32_t)refusal, c->s->now };
}

static void leave(struct core *c, uint32_t strategy, const struct signal *signal)
{
	const struct plan *p = &c->slot[strategy].plan;

	if (p->state != PLAN_IDLE && ((signal->leave_long && p->direction > 0) || (signal->leave_short && p->direction < 0)))
		plan_exit(c, strategy, EXIT_SIGNAL);
}

static enum side entry_side(const struct core *c, uint32_t contract, int direction)
{
	return direction > 0 || sizing_is_option(&c->instrument[contract]) ? SIDE_BUY : SIDE_SELL;
}

static bool stop_on_losing_side(int direction, price_t close, price_t stop)
{
	return direction > 0 ? stop < close : stop > close;
}

/* The whole ladder for one signal; the first rung that refuses is the answer. */
static enum refusal gate(struct core *c, uint32_t strategy, const struct signal *signal, const struct bar *bar,
                         uint32_t *contract, struct sizing *z)
{
	struct slot *s = &c->slot[strategy];
	enum refusal r;

	if ((r = risk_strategy(c, s, NULL)) != REFUSAL_NONE)
		return r;
	if ((r = chain_choose(c, s, signal->direction, contract)) != REFUSAL_NONE)
		return r;
	if ((r = risk_contract(c, *contract, NULL)) != REFUSAL_NONE)
		return r;
	if (!stop_on_losing_side(signal->direction, bar->close, signal->index_stop))
		return REFUSAL_STOP_INVALID;
	enum side side = entry_side(c, *contract, signal->direction);
	sizing_compute(c, s, *contract, side, bar->close, signal->index_stop, z);
	if (z->refusal != REFUSAL_NONE)
		return z->refusal;
	struct intent n = { strategy, *contract, side, slot_product(s), z->qty, z->price, z->premium };
	if ((r = risk_order(c, &n, NULL)) != REFUSAL_NONE)
		return r;
	return s->decided == bar->start ? REFUSAL_DUPLICATE : REFUSAL_NONE;
}

static void decision(struct core *c, uint32_t strategy, const struct signal *signal, const struct bar *bar, enum refusal refusal,
                     uint32_t contract, const struct sizing *z)
{
	struct slot *s = &c->slot[strategy];
	struct outcome_decision *d = &core_emit(c, OUTCOME_DECISION, contract)->decision;

	d->strategy = strategy;
	d->refusal = (uint32_t)refusal;
	d->direction = signal->direction;
	d->lots = z->lots;
	d->close = bar->close;
	d->index_stop = signal->index_stop;
	d->index_target = signal->index_target;
	d->stop = z->stop;
	d->target = z->target;
	d->premium = z->premium;
	d->order = refusal == REFUSAL_NONE ? s->plan.order : 0;
	s->signal = *d;
	s->signal_at = c->s->now;
}

static void turn_down(const struct core *c, struct slot *s, enum refusal refusal)
{
	s->funnel.refused[refusal]++;
	remember_why(c, s, 0, refusal);
}

static void act_on(struct core *c, uint32_t strategy, const struct signal *signal, const struct bar *bar)
{
	struct slot *s = &c->slot[strategy];
	uint32_t contract = INSTRUMENT_NONE;
	struct sizing z = { 0 };
	enum refusal refusal = gate(c, strategy, signal, bar, &contract, &z);

	s->funnel.signals++;
	if (refusal == REFUSAL_NONE) {
		s->decided = bar->start;
		plan_enter(c, strategy, signal, contract, entry_side(c, contract, signal->direction), &z, bar->close);
	} else {
		turn_down(c, s, refusal);
	}
	decision(c, strategy, signal, bar, refusal, contract, &z);
}

/* Most bars bring nothing to act on. */
static bool wishes(const struct signal *signal)
{
	return signal->direction != 0 || signal->leave_long || signal->leave_short;
}

SELDOM static void grant(struct core *c, uint32_t strategy, const struct signal *signal, const struct bar *bar)
{
	leave(c, strategy, signal);
	if (signal->direction != 0)
		act_on(c, strategy, signal, bar);
	else
		remember_why(c, &c->slot[strategy], signal->failed, REFUSAL_NONE);
}

/* `state` is the slot's, or a copy of it. */
static inline struct signal ask(const struct core *c, const struct slot *s, void *state, const struct series *series)
{
	const struct strategy_ops *ops = c->ops[s->ops];
	struct signal signal = { 0 };

	if (series->restarted)
		ops->restart(state, own_params(s));
	ops->bar(state, own_params(s), series, series->origin, &signal);
	return signal;
}

static inline void evaluate(struct core *c, uint32_t strategy, struct slot *s, const struct series *series)
{
	struct signal signal = ask(c, s, s->state, series);

	count_funnel(s, &signal, c->ops[s->ops]->n_conditions);
	if (wishes(&signal))
		grant(c, strategy, &signal, series_at(series, 0));
	else
		remember_why(c, s, signal.failed, REFUSAL_NONE);
}

void evaluate_history(struct core *c, uint32_t series)
{
	for (uint32_t i = c->series_slot[series]; i != UINT32_MAX; i = c->slot[i].next) {
		struct slot *s = &c->slot[i];

		ask(c, s, s->state, &c->series[series]);
	}
}

void evaluate_closed(struct core *c, uint32_t series)
{
	const struct series *bars = &c->series[series];

	for (uint32_t i = c->series_slot[series]; i != UINT32_MAX;) {
		struct slot *s = &c->slot[i];

		evaluate(c, i, s, bars);
		i = s->next;
	}
}

/* -- after the close ------------------------------------------------------------------------------------------------------------ */

/* What would have been bought is told as far as the newest prices know it. The gate is not asked whether it may: nothing lets it pass. */
static void tell_dry(struct core *c, uint32_t strategy, const struct signal *signal, const struct bar *bar)
{
	struct slot *s = &c->slot[strategy];
	uint32_t contract = INSTRUMENT_NONE;
	struct sizing z = { 0 };

	if (chain_choose(c, s, signal->direction, &contract) == REFUSAL_NONE && risk_contract(c, contract, NULL) == REFUSAL_NONE &&
	    stop_on_losing_side(signal->direction, bar->close, signal->index_stop))
		sizing_compute(c, s, contract, entry_side(c, contract, signal->direction), bar->close, signal->index_stop, &z);
	s->funnel.signals++;
	turn_down(c, s, REFUSAL_AFTER_MARKET);
	decision(c, strategy, signal, bar, REFUSAL_AFTER_MARKET, contract, &z);
}

void evaluate_dry(struct core *c, uint32_t series)
{
	const struct series *bars = &c->series[series];

	for (uint32_t i = c->series_slot[series]; i != UINT32_MAX; i = c->slot[i].next) {
		struct slot *s = &c->slot[i];
		struct signal signal = ask(c, s, c->dry_state + (size_t)i * STRATEGY_STATE_MAX, bars);

		count_funnel(s, &signal, c->ops[s->ops]->n_conditions);
		if (signal.direction != 0)
			tell_dry(c, i, &signal, series_at(bars, 0));
		else
			remember_why(c, s, signal.failed, REFUSAL_NONE);
	}
}
