/* The steering: memory, dispatch of events, actions out. The rules live in the files named for them. */
#include "lib/core/core.h"

#include "lib/base/err.h"
#include "lib/core/core_priv.h"

#define ALIGN 64
#define ROUND(n) (((n) + ALIGN - 1) / ALIGN * ALIGN)

const struct limit_info limit_table[LIMIT_COUNT] = {
#define LIMIT(id, label, value, measure, stricter, words) \
	[LIMIT_##id] = { .name = (label), .unit = (measure), .text = (words), .standard = (value), .tighter = (stricter) },
#include "lib/core/limits.tbl.h"
#undef LIMIT
};

/* -- memory ---------------------------------------------------------------------------------------------------------- */

struct layout { size_t quote, link, instrument, series, slot, order, series_slot, waits_for, active, fill_key, dry_quote, dry_series, dry_state, size; };

static struct layout layout_of(const struct core_limits *l)
{
	struct layout at = { .quote = ROUND(sizeof(struct core_state)) };

	at.link = at.quote + ROUND(sizeof(struct quote) * l->instruments);
	at.instrument = at.link + ROUND(sizeof(struct feedlink) * l->instruments);
	at.series = at.instrument + ROUND(sizeof(struct instrument) * l->instruments);
	at.slot = at.series + ROUND(sizeof(struct series) * l->series);
	at.order = at.slot + ROUND(sizeof(struct slot) * l->strategies);
	at.series_slot = at.order + ROUND(sizeof(struct order) * l->orders);
	at.waits_for = at.series_slot + ROUND(sizeof(uint32_t) * l->series);
	at.active = at.waits_for + ROUND(sizeof(uint32_t) * l->strategies);
	at.fill_key = at.active + ROUND(sizeof(uint32_t) * l->strategies);
	at.dry_quote = at.fill_key + ROUND(sizeof(uint64_t) * l->orders * CORE_FILLS_PER_ORDER);
	at.dry_series = at.dry_quote + ROUND(sizeof(struct quote) * l->instruments);
	at.dry_state = at.dry_series + ROUND(sizeof(struct series) * l->series);
	at.size = at.dry_state + ROUND((size_t)STRATEGY_STATE_MAX * l->strategies);
	return at;
}

size_t core_size(const struct core_limits *l)
{
	return layout_of(l).size;
}

static bool limits_valid(const struct core_limits *l)
{
	return l->instruments > 0 && l->series > 0 && l->strategies > 0 && l->orders > 1 && (l->orders & (l->orders - 1)) == 0 &&
	       l->instruments <= 1u << 20 && l->series <= 1u << 20 && l->strategies <= 1u << 16 && l->orders <= 1u << 20;
}

/* layout_of() aligned it. */
static void *part(void *mem, size_t offset)
{
	return (char *)mem + offset;
}

/* Asked many times a step, and another once a day. */
SELDOM static void find_today(struct core *c)
{
	c->today = stamp_date(c->s->now);
	c->midnight = stamp_at(c->today, 0);
}

static void view_onto(struct core *c, void *mem, const struct market_tables *tables, const struct strategy_ops *const *ops)
{
	struct layout l = layout_of(&((struct core_state *)mem)->limits);

	*c = (struct core){ .magic = CORE_MAGIC, .s = mem, .tables = tables, .ops = ops };
	c->quote = part(mem, l.quote);
	c->link = part(mem, l.link);
	c->instrument = part(mem, l.instrument);
	c->series = part(mem, l.series);
	c->slot = part(mem, l.slot);
	c->order = part(mem, l.order);
	c->series_slot = part(mem, l.series_slot);
	c->waits_for = part(mem, l.waits_for);
	c->active = part(mem, l.active);
	c->fill_key = part(mem, l.fill_key);
	c->dry_quote = part(mem, l.dry_quote);
	c->dry_series = part(mem, l.dry_series);
	c->dry_state = part(mem, l.dry_state);
	while (ops[c->n_ops])
		c->n_ops++;
	find_today(c);
}

/* Memory fresh from the kernel is zero, and what is only read of it takes no room: most of a state is never used. */
static void clear(void *mem, size_t size)
{
	static const char zero[4096];

	for (size_t at = 0, n; at < size; at += n) {
		n = size - at < sizeof(zero) ? size - at : sizeof(zero);
		if (memcmp(part(mem, at), zero, n) != 0)
			memset(part(mem, at), 0, n);
	}
}

int core_init(struct core *c, void *mem, size_t len, const struct core_limits *l, const struct market_tables *tables,
              const struct strategy_ops *const *ops)
{
	struct core_state *s = mem;

	if (!limits_valid(l) || (uintptr_t)mem % ALIGN != 0)
		return ERR_INVAL;
	if (len < core_size(l))
		return ERR_NOMEM;
	clear(mem, core_size(l));
	*s = (struct core_state){ .magic = CORE_MAGIC, .version = CORE_VERSION, .size = core_size(l), .limits = *l,
	                          .next_order = 1, .wake_at = STAMP_NEVER, .bars_at = STAMP_NEVER, .plans_at = STAMP_NEVER };
	for (int i = 0; i < LIMIT_COUNT; i++)
		s->limit[i] = limit_table[i].standard;
	s->funds = (struct event_funds){ NUM_UNKNOWN, NUM_UNKNOWN, NUM_UNKNOWN };
	order_tag(0, s->next_order, s->tag);
	view_onto(c, mem, tables, ops);
	return ERR_OK;
}

int core_attach(struct core *c, void *mem, size_t len, const struct market_tables *tables, const struct strategy_ops *const *ops)
{
	struct core_state *s = mem;

	if (len < sizeof(*s) || s->magic != CORE_MAGIC)
		return ERR_CORRUPT;
	if (s->version != CORE_VERSION)
		return ERR_VERSION;
	if (!limits_valid(&s->limits) || s->size != len || core_size(&s->limits) != len || (uintptr_t)mem % ALIGN != 0)
		return ERR_CORRUPT;
	view_onto(c, mem, tables, ops);
	return ERR_OK;
}

const void *core_state_bytes(const struct core *c, size_t *ret_len)
{
	CHECK_OBJ(c, CORE_MAGIC);
	*ret_len = (size_t)c->s->size;
	return c->s;
}

/* -- actions out ------------------------------------------------------------------------------------------------------- */

void core_alert(struct core *c, enum alert alert, uint32_t strategy, uint32_t instrument, int64_t value, const char *text)
{
	struct outcome_alert *a = &core_emit(c, OUTCOME_ALERT, instrument)->alert;

	a->alert = alert;
	a->strategy = strategy;
	a->value = value;
	text_copy(a->text, sizeof(a->text), text);
}

void core_state_changed(struct core *c, uint32_t strategy, const char *by, const char *reason)
{
	struct outcome_state *a = &core_emit(c, OUTCOME_STATE, INSTRUMENT_NONE)->state;

	a->state = strategy == UINT32_MAX ? (uint32_t)core_engine_state(c) :
	           c->slot[strategy].paused ? ENGINE_PAUSED : ENGINE_RUNNING;
	a->strategy = strategy;
	text_copy(a->principal, sizeof(a->principal), by);
	text_copy(a->reason, sizeof(a->reason), reason);
}

void core_wake(struct core *c, nanos_t at)
{
	if (at < c->s->wake_at)
		c->s->wake_at = at;
}

/* -- events in ----------------------------------------------------------------------------------------------------------- */

static void apply_start(struct core *c, const struct event_start *e)
{
	struct core_state *s = c->s;

	if (!s->started)
		s->account.capital = e->capital;
	s->start = *e;
	dry_forget(c);
	order_tag(e->epoch, s->next_order, s->tag);
	s->started = 1;
	s->stop = STOP_NONE;
	s->feed_ended = 0;
	memset(s->link, 0, sizeof(s->link));
	s->link[LINK_JOURNAL].up = 1;
	reconcile_start(c);
	not_flat_start(c);
	core_state_changed(c, UINT32_MAX, "engine", "started");
}

static void apply_link(struct core *c, const struct event_link *e)
{
	if (e->link >= LINK_COUNT)
		return;
	c->s->link[e->link].up = e->up != 0;
	text_copy(c->s->link[e->link].reason, REASON_TEXT, e->reason);
	if (!e->up)
		core_alert(c, ALERT_LINK, UINT32_MAX, INSTRUMENT_NONE, e->link, c->s->link[e->link].reason);
}

static void apply_feed_end(struct core *c)
{
	c->s->feed_ended = 1;
	c->s->link[LINK_FEED].up = 0;
	text_copy(c->s->link[LINK_FEED].reason, REASON_TEXT, "the data has ended");
	account_equity(c);
}

SELDOM static void apply_other(struct core *c, const struct event *e)
{
	switch (e->head.kind) {
	case EVENT_DEPTH:      break; /* for the paper broker and the dashboard */
	case EVENT_TIMER:      schedule_due(c); break;
	case EVENT_ORDER:      orders_report(c, &e->order); break;
	case EVENT_FILL:       orders_fill(c, &e->fill, e->head.instrument); break;
	case EVENT_START:      apply_start(c, &e->start); break;
	case EVENT_STRATEGY:   evaluate_define(c, &e->strategy); break;
	case EVENT_INSTRUMENT: market_instrument(c, &e->instrument); break;
	case EVENT_SESSION:    market_session(c, &e->session); break;
	case EVENT_LINK:       apply_link(c, &e->link); break;
	case EVENT_FUNDS:      c->s->funds = e->funds; break;
	case EVENT_COMMAND:    command_apply(c, &e->command); break;
	case EVENT_FEED_END:   apply_feed_end(c); break;
	case EVENT_FOREIGN:    reconcile_foreign(c, &e->foreign, e->head.instrument); break;
	case EVENT_ACCOUNT:    reconcile_account(c, &e->account); break;
	case EVENT_MANUAL:     manual_apply(c, &e->manual, e->head.instrument); break;
	case EVENT_ADOPT:      adopt_apply(c, &e->adopt, e->head.instrument); break;
	default:               WRONG("event kind of no known meaning reached the core");
	}
}

/* Nearly all are prices. */
static inline void apply(struct core *c, const struct event *e)
{
	if (e->head.kind == EVENT_BAR)
		market_bar(c, e);
	else if (e->head.kind == EVENT_TICK)
		market_tick(c, e->head.instrument, &e->tick, e->head.flags);
	else
		apply_other(c, e);
}

void core_step(struct core *c, const struct event *e, struct actions *out)
{
	struct core_state *s = c->s;
	uint64_t seq = e->head.seq;
	nanos_t now = e->head.stamp;

	assert(seq > s->seq && now >= s->now);
	s->seq = seq;
	s->now = now;
	out->count = 0;
	c->out = out;
	if (now - c->midnight >= NANOS_DAY)
		find_today(c);
	apply(c, e);
	if (s->stop == STOP_RUNNING)
		command_stop_progress(c);
	if (s->reschedule)
		schedule_next(c);
	c->out = NULL;
}

/* -- questions ------------------------------------------------------------------------------------------------------------- */

enum engine_state core_engine_state(const struct core *c)
{
	const struct core_state *s = c->s;

	if (!s->started)
		return ENGINE_STARTING;
	if (s->stop != STOP_NONE)
		return s->stop == STOP_FLAT || s->stop == STOP_KEPT ? ENGINE_FLAT : ENGINE_STOPPING;
	if (s->kill != KILL_NONE)
		return s->kill == KILL_FLATTEN ? ENGINE_LOCKED : ENGINE_STOPPED;
	return s->paused ? ENGINE_PAUSED : ENGINE_RUNNING;
}

enum refusal core_ready(const struct core *c)
{
	return risk_engine(c, NULL);
}

uint32_t core_find_instrument(const struct core *c, const char *symbol)
{
	for (uint32_t i = 0; i < c->s->instruments; i++)
		if (strcmp(c->instrument[i].symbol, symbol) == 0)
			return i;
	return INSTRUMENT_NONE;
}

uint32_t core_find_strategy(const struct core *c, const char *id)
{
	for (uint32_t i = 0; i < c->s->strategies; i++)
		if (strcmp(c->slot[i].id, id) == 0)
			return i;
	return UINT32_MAX;
}

money_t core_exposure(const struct core *c)
{
	return exposure_account(c);
}

nanos_t core_age_limit(const struct core *c)
{
	return c->s->start.feed_step > 0 ? 2 * c->s->start.feed_step : 2 * NANOS_SECOND;
}
