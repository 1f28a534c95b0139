#include "lib/store/project.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/strategy.h"

static_assert(NAMES_STRATEGIES_MAX < STRATEGY_MANUAL, "manual orders have no entry in the map");

/* A number of the journal is foreign input: a value beyond its enum must not index a name table. */
#define NAMED(name, value, count) ((uint32_t)(value) < (uint32_t)(count) ? (name)(value) : "unknown")

static const char *side_text(uint32_t side)
{
	return side == SIDE_BUY ? "buy" : side == SIDE_SELL ? "sell" : "unknown";
}

static const char *pick(const char *const *texts, size_t n, uint32_t value)
{
	return value < n ? texts[value] : "unknown";
}

static const char *const type_text[] = { [ORDER_LIMIT] = "limit", [ORDER_SL] = "sl" };
static const char *const product_text[] = { [PRODUCT_MIS] = "MIS", [PRODUCT_NRML] = "NRML", [PRODUCT_CNC] = "CNC" };
static const char *const purpose_text[] = {
	[PURPOSE_ENTRY] = "entry", [PURPOSE_EXIT] = "exit", [PURPOSE_STOP] = "stop", [PURPOSE_MANUAL] = "manual",
};
static const char *const mode_text[] = { [MODE_DEMO] = "demo", [MODE_REPLAY] = "replay", [MODE_PAPER] = "paper", [MODE_LIVE] = "live" };
#define PICK(texts, value) pick(texts, ARRAY_LEN(texts), value)
#define CHARS(row, column, field) row_chars(row, column, field, sizeof(field))

/* -- definitions --------------------------------------------------------------------------------------------------- */

static void instrument_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct instrument *i = payload;

	(void)c;
	row_begin(ret, TABLE_INSTRUMENTS);
	row_number(ret, INSTRUMENTS_SEQ, (int64_t)head->seq);
	row_number(ret, INSTRUMENTS_AT, head->stamp);
	row_number(ret, INSTRUMENTS_ID, i->id);
	CHARS(ret, INSTRUMENTS_SYMBOL, i->symbol);
	CHARS(ret, INSTRUMENTS_UNDERLYING, i->underlying);
}

static void strategy_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct event_strategy *s = payload;

	(void)c;
	row_begin(ret, TABLE_STRATEGIES);
	row_number(ret, STRATEGIES_SEQ, (int64_t)head->seq);
	row_number(ret, STRATEGIES_AT, head->stamp);
	row_number(ret, STRATEGIES_ID, s->index);
	CHARS(ret, STRATEGIES_STRATEGY, s->id);
	CHARS(ret, STRATEGIES_OPS, s->ops);
	CHARS(ret, STRATEGIES_UNDERLYING, s->underlying);
	row_number(ret, STRATEGIES_COMMONS, s->commons);
}

static void session_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct event_session *s = payload;

	(void)c;
	row_begin(ret, TABLE_SESSIONS);
	row_number(ret, SESSIONS_SEQ, (int64_t)head->seq);
	row_number(ret, SESSIONS_AT, head->stamp);
	row_number(ret, SESSIONS_DATE, s->date);
	row_name(ret, SESSIONS_EDGE, s->edge == SESSION_BEGIN ? "begin" : s->edge == SESSION_END ? "end" : "unknown");
	row_nonzero(ret, SESSIONS_OPEN, s->open);
	row_nonzero(ret, SESSIONS_CLOSE, s->close);
	row_number(ret, SESSIONS_ASSUMED, (s->flags & SESSION_ASSUMED) != 0);
	row_number(ret, SESSIONS_NO_TRADE, (s->flags & SESSION_NO_TRADE) != 0);
}

/* -- books --------------------------------------------------------------------------------------------------------- */

static void request_values(const struct order_request *q, struct row *ret)
{
	row_number(ret, ORDERS_NUMBER, (int64_t)q->order);
	CHARS(ret, ORDERS_TAG, q->tag);
	row_name(ret, ORDERS_SIDE, side_text(q->side));
	row_name(ret, ORDERS_TYPE, PICK(type_text, q->type));
	row_name(ret, ORDERS_PURPOSE, PICK(purpose_text, q->purpose));
	row_name(ret, ORDERS_PRODUCT, PICK(product_text, q->product));
	row_number(ret, ORDERS_QTY, q->qty);
	row_nonzero(ret, ORDERS_PRICE, q->price);
	row_nonzero(ret, ORDERS_TRIGGER, q->trigger);
}

static void order_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_order *o = payload;

	row_begin(ret, TABLE_ORDERS);
	row_number(ret, ORDERS_SEQ, (int64_t)head->seq);
	row_number(ret, ORDERS_UPDATED_SEQ, (int64_t)head->seq);
	row_number(ret, ORDERS_AT, o->created ? o->created : head->stamp);
	row_number(ret, ORDERS_UPDATED, head->stamp);
	row_name(ret, ORDERS_SYMBOL, c->symbol);
	row_name(ret, ORDERS_STRATEGY, c->strategy);
	request_values(&o->request, ret);
	row_number(ret, ORDERS_FILLED, o->filled);
	row_nonzero(ret, ORDERS_AVERAGE, o->average);
	row_name(ret, ORDERS_STATE, NAMED(order_state_name, o->state, ORDER_STATES));
	row_number(ret, ORDERS_MODIFIES, o->modifies);
	CHARS(ret, ORDERS_REASON, o->reason);
	CHARS(ret, ORDERS_BROKER_REF, o->broker_ref);
}

static_assert((int)TRADES_GST - (int)TRADES_BROKERAGE + 1 == (int)CHARGE_COUNT, "a column for each kind of charge, in order");

/* The known part, in the sum and apart; an unknown charge is NULL, never 0. */
static void charge_values(const struct charge_set *s, struct row *ret)
{
	money_t known = 0;

	for (uint32_t k = 0; k < CHARGE_COUNT; k++) {
		if (s->unknown & (1u << k))
			continue;
		row_money(ret, TRADES_BROKERAGE + k, s->amount[k]);
		if (!num_add(known, s->amount[k], &known))
			return;
	}
	row_number(ret, TRADES_CHARGES, known);
}

static void fill_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_fill *f = payload;

	row_begin(ret, TABLE_TRADES);
	row_number(ret, TRADES_SEQ, (int64_t)head->seq);
	row_number(ret, TRADES_AT, head->stamp);
	row_number(ret, TRADES_NUMBER, (int64_t)f->order);
	row_number(ret, TRADES_TRADE, (int64_t)f->trade);
	row_name(ret, TRADES_SYMBOL, c->symbol);
	row_name(ret, TRADES_STRATEGY, c->strategy);
	row_name(ret, TRADES_UNDERLYING, c->underlying);
	row_name(ret, TRADES_SIDE, side_text(f->side));
	row_number(ret, TRADES_QTY, f->qty);
	row_nonzero(ret, TRADES_PRICE, f->price);
	row_number(ret, TRADES_POSITION, f->position);
	charge_values(&f->charges, ret);
	row_number(ret, TRADES_UNKNOWN, f->charges.unknown);
	row_number(ret, TRADES_ASSUMED, f->charges.assumed);
}

static void trade_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_trade *t = payload;

	row_begin(ret, TABLE_HISTORY);
	row_number(ret, HISTORY_SEQ, (int64_t)head->seq);
	row_number(ret, HISTORY_AT, head->stamp);
	row_number(ret, HISTORY_NUMBER, (int64_t)t->number);
	row_name(ret, HISTORY_SYMBOL, c->symbol);
	row_name(ret, HISTORY_STRATEGY, c->strategy);
	row_name(ret, HISTORY_SIDE, side_text(t->side));
	row_number(ret, HISTORY_QTY, t->qty);
	row_nonzero(ret, HISTORY_ENTRY, t->entry);
	row_nonzero(ret, HISTORY_EXIT, t->exit);
	row_nonzero(ret, HISTORY_ENTERED, t->entered);
	row_nonzero(ret, HISTORY_LEFT, t->left);
	row_name(ret, HISTORY_EXIT_REASON, NAMED(exit_reason_name, t->exit_reason, EXIT_REASONS));
	row_money(ret, HISTORY_GROSS, t->gross);
	row_money(ret, HISTORY_CHARGES, t->charges);
	row_money(ret, HISTORY_NET, t->incomplete ? NUM_UNKNOWN : t->net);
	row_number(ret, HISTORY_UNKNOWN, t->incomplete);
	row_nonzero(ret, HISTORY_INDEX_STOP, t->index_stop);
	row_nonzero(ret, HISTORY_SIGNAL_PRICE, t->signal_price);
}

static void equity_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_equity *e = payload;

	(void)c;
	row_begin(ret, TABLE_EQUITY);
	row_number(ret, EQUITY_SEQ, (int64_t)head->seq);
	row_number(ret, EQUITY_AT, head->stamp);
	row_money(ret, EQUITY_EQUITY, e->equity);
	row_money(ret, EQUITY_REALISED, e->realised);
	row_money(ret, EQUITY_UNREALISED, e->unrealised);
	row_money(ret, EQUITY_CHARGES, e->charges);
	row_money(ret, EQUITY_DAY_PNL, e->day_pnl);
	row_money(ret, EQUITY_CASH_FREE, e->cash_free);
}

static void bar_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_bar *b = payload;

	row_begin(ret, TABLE_BARS);
	row_number(ret, BARS_SEQ, (int64_t)head->seq);
	row_name(ret, BARS_SYMBOL, c->symbol);
	row_number(ret, BARS_INTERVAL, b->interval_s);
	row_number(ret, BARS_AT, b->bar.start);
	row_nonzero(ret, BARS_OPEN, b->bar.open);
	row_nonzero(ret, BARS_HIGH, b->bar.high);
	row_nonzero(ret, BARS_LOW, b->bar.low);
	row_nonzero(ret, BARS_CLOSE, b->bar.close);
	row_number(ret, BARS_VOLUME, b->bar.volume);
}

static void day_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_day *d = payload;

	(void)c;
	row_begin(ret, TABLE_DAYS);
	row_number(ret, DAYS_SEQ, (int64_t)head->seq);
	row_number(ret, DAYS_AT, head->stamp);
	row_number(ret, DAYS_DATE, d->date);
	row_number(ret, DAYS_TRADES, d->trades);
	row_money(ret, DAYS_GROSS, d->gross);
	row_money(ret, DAYS_CHARGES, d->charges);
	row_money(ret, DAYS_NET, d->incomplete ? NUM_UNKNOWN : d->net);
	row_money(ret, DAYS_EQUITY, d->equity);
	row_number(ret, DAYS_UNKNOWN, d->incomplete);
}

static void decision_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_decision *d = payload;

	row_begin(ret, TABLE_DECISIONS);
	row_number(ret, DECISIONS_SEQ, (int64_t)head->seq);
	row_number(ret, DECISIONS_AT, head->stamp);
	row_name(ret, DECISIONS_SYMBOL, c->symbol);
	row_name(ret, DECISIONS_STRATEGY, c->strategy);
	row_name(ret, DECISIONS_DIRECTION, d->direction > 0 ? "bullish" : d->direction < 0 ? "bearish" : NULL);
	row_number(ret, DECISIONS_TAKEN, d->refusal == REFUSAL_NONE);
	if (d->refusal != REFUSAL_NONE)
		row_name(ret, DECISIONS_REFUSAL, NAMED(refusal_code, d->refusal, REFUSAL_COUNT));
	row_number(ret, DECISIONS_LOTS, d->lots);
	row_nonzero(ret, DECISIONS_CLOSE, d->close);
	row_nonzero(ret, DECISIONS_INDEX_STOP, d->index_stop);
	row_nonzero(ret, DECISIONS_INDEX_TARGET, d->index_target);
	row_nonzero(ret, DECISIONS_STOP, d->stop);
	row_nonzero(ret, DECISIONS_TARGET, d->target);
	row_nonzero(ret, DECISIONS_PREMIUM, d->premium);
	row_nonzero(ret, DECISIONS_NUMBER, (int64_t)d->order);
}

/* -- audit --------------------------------------------------------------------------------------------------------- */

static void audit_begin(const struct record *head, const char *kind, const char *name, const struct called *c, struct row *ret)
{
	row_begin(ret, TABLE_AUDIT);
	row_number(ret, AUDIT_SEQ, (int64_t)head->seq);
	row_number(ret, AUDIT_AT, head->stamp);
	row_name(ret, AUDIT_KIND, kind);
	row_name(ret, AUDIT_NAME, name);
	row_name(ret, AUDIT_STRATEGY, c->strategy);
}

/* value is the epoch. */
static void start_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct event_start *s = payload;

	audit_begin(head, "start", project_mode(s->mode), c, ret);
	row_number(ret, AUDIT_VALUE, s->epoch);
	CHARS(ret, AUDIT_REASON, s->source);
}

static void command_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct event_command *m = payload;

	audit_begin(head, "command", NAMED(command_name, m->command, COMMAND_KINDS), c, ret);
	CHARS(ret, AUDIT_PRINCIPAL, m->principal);
	if (m->command == COMMAND_STRATEGY_PARAM || m->command == COMMAND_LIMIT)
		row_number(ret, AUDIT_PARAM, m->param);
	if (m->command == COMMAND_STRATEGY_PARAM || m->command == COMMAND_LIMIT || m->command == COMMAND_SHUTDOWN)
		row_money(ret, AUDIT_VALUE, m->value); /* a limit may be lifted: null */
	CHARS(ret, AUDIT_REASON, m->reason);
}

/* An order by hand, or the cancel of one: value is its quantity, or the number of the order. */
static void manual_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct event_manual *m = payload;

	audit_begin(head, "command", m->cancel ? "order_cancel" : "order_place", c, ret);
	CHARS(ret, AUDIT_PRINCIPAL, m->principal);
	row_number(ret, AUDIT_VALUE, m->cancel ? (int64_t)m->cancel : m->qty);
	CHARS(ret, AUDIT_REASON, m->reason);
}

static void state_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_state *s = payload;

	audit_begin(head, "state", NAMED(engine_state_name, s->state, ENGINE_STATES), c, ret);
	CHARS(ret, AUDIT_PRINCIPAL, s->principal);
	CHARS(ret, AUDIT_REASON, s->reason);
}

static void alert_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_alert *a = payload;

	audit_begin(head, "alert", NAMED(alert_name, a->alert, ALERT_KINDS), c, ret);
	row_money(ret, AUDIT_VALUE, a->value);
	CHARS(ret, AUDIT_REASON, a->text);
}

static void refused_row(const struct record *head, const void *payload, const struct called *c, struct row *ret)
{
	const struct outcome_reply *r = payload;

	audit_begin(head, "refused", err_text(r->err), c, ret);
	CHARS(ret, AUDIT_REASON, r->text);
}

/* -- which strategy a record names --------------------------------------------------------------------------------- */

static uint32_t order_strategy(const void *p) { return ((const struct outcome_order *)p)->request.strategy; }
static uint32_t fill_strategy(const void *p) { return ((const struct outcome_fill *)p)->strategy; }
static uint32_t trade_strategy(const void *p) { return ((const struct outcome_trade *)p)->strategy; }
static uint32_t decision_strategy(const void *p) { return ((const struct outcome_decision *)p)->strategy; }

/* UINT32_MAX means "the engine" below, not "by hand": no name there. */
#define NOBODY NAMES_STRATEGIES_MAX

static uint32_t or_nobody(uint32_t strategy) { return strategy == UINT32_MAX ? NOBODY : strategy; }
static uint32_t state_strategy(const void *p) { return or_nobody(((const struct outcome_state *)p)->strategy); }
static uint32_t alert_strategy(const void *p) { return or_nobody(((const struct outcome_alert *)p)->strategy); }

static uint32_t command_strategy(const void *p)
{
	const struct event_command *m = p;
	bool one = m->command == COMMAND_STRATEGY_PAUSE || m->command == COMMAND_STRATEGY_RESUME ||
	           m->command == COMMAND_STRATEGY_PARAM;

	return one ? m->index : NOBODY;
}

/* -- the list ------------------------------------------------------------------------------------------------------ */

static const struct projection projections[] = {
	{ EVENT_START, sizeof(struct event_start), "start", NULL, start_row },
	{ EVENT_STRATEGY, sizeof(struct event_strategy), NULL, NULL, strategy_row },
	{ EVENT_INSTRUMENT, sizeof(struct instrument), NULL, NULL, instrument_row },
	{ EVENT_SESSION, sizeof(struct event_session), "session", NULL, session_row },
	{ EVENT_COMMAND, sizeof(struct event_command), "command", command_strategy, command_row },
	{ EVENT_MANUAL, sizeof(struct event_manual), "command", NULL, manual_row },
	{ OUTCOME_ORDER, sizeof(struct outcome_order), "order", order_strategy, order_row },
	{ OUTCOME_FILL, sizeof(struct outcome_fill), "fill", fill_strategy, fill_row },
	{ OUTCOME_TRADE, sizeof(struct outcome_trade), "trade", trade_strategy, trade_row },
	{ OUTCOME_DECISION, sizeof(struct outcome_decision), "decision", decision_strategy, decision_row },
	{ OUTCOME_EQUITY, sizeof(struct outcome_equity), NULL, NULL, equity_row },
	{ OUTCOME_BAR, sizeof(struct outcome_bar), NULL, NULL, bar_row },
	{ OUTCOME_STATE, sizeof(struct outcome_state), "state", state_strategy, state_row },
	{ OUTCOME_ALERT, sizeof(struct outcome_alert), "alert", alert_strategy, alert_row },
	{ OUTCOME_DAY, sizeof(struct outcome_day), NULL, NULL, day_row },
	{ OUTCOME_REPLY, sizeof(struct outcome_reply), "refused", NULL, refused_row },
};

const struct projection *projection_of(uint16_t kind)
{
	for (size_t i = 0; i < ARRAY_LEN(projections); i++)
		if (projections[i].kind == kind)
			return &projections[i];
	return NULL;
}

/* -- what a record means by what stood before it ------------------------------------------------------------------- */

static const char *const run_names[RUN_ENDS] = { "", "cut", "flat", "kept", "not_flat" };

const char *project_mode(uint32_t mode)
{
	return PICK(mode_text, mode);
}

const char *project_run_name(enum run_end end)
{
	return run_names[end];
}

enum run_end project_run(const char *state, const char *reason)
{
	if (strcmp(reason, "NOT FLAT") == 0)
		return RUN_NOT_FLAT;
	if (strcmp(state, engine_state_name(ENGINE_FLAT)) != 0)
		return RUN_CUT;
	return strncmp(reason, "positions kept", strlen("positions kept")) == 0 ? RUN_KEPT : RUN_FLAT;
}

/* As evaluate_param() of the core counts; without knowing how many common parameters the definition had, what every build counted alike. */
static const char *param_name(const struct event_command *m, const struct strategy_name *s)
{
	const struct strategy_ops *ops = strategy_find(s->ops);
	uint32_t commons = s->commons >= COMMON_FIRST && s->commons <= COMMON_COUNT ? s->commons : COMMON_FIRST;
	uint32_t number = m->param < commons ? m->param : m->param + COMMON_COUNT - commons;

	if (!ops || number < m->param || number >= strategy_param_count(ops) || (s->commons == NAMES_COMMONS_UNKNOWN && number >= COMMON_FIRST))
		return NULL;
	return strategy_param_at(ops, number)->name;
}

static void put_about(const struct record *head, const void *payload, const struct names *names, const struct strategy_name *s, char *ret)
{
	const struct event_command *m = payload;
	const char *param = head->kind == EVENT_COMMAND && m->command == COMMAND_STRATEGY_PARAM && s ? param_name(m, s) : NULL;

	ret[0] = '\0';
	if (param)
		snprintf(ret, ABOUT_TEXT, "%s.%s", s->ops, param);
	else if (head->kind == EVENT_START)
		snprintf(ret, ABOUT_TEXT, "%s", head->seq == 1 ? "new" : project_run_name(names->run));
}

void project_called(const struct projection *p, const struct record *head, const void *payload, const struct names *names,
                    struct called *ret)
{
	const struct instrument_name *i = names_instrument(names, head->instrument);
	uint32_t index = p->strategy ? p->strategy(payload) : NOBODY;
	const struct strategy_name *s = names_strategy(names, index);

	ret->symbol = i ? i->symbol : NULL;
	ret->strategy = s ? s->id : index == STRATEGY_MANUAL ? "manual" : NULL;
	ret->underlying = s ? s->underlying : i ? i->underlying : NULL;
	put_about(head, payload, names, s, ret->about);
}

void project_event(const struct record *head, const void *payload, size_t len, const struct called *c, struct row *ret)
{
	row_begin(ret, TABLE_EVENTS);
	row_number(ret, EVENTS_SEQ, (int64_t)head->seq);
	row_number(ret, EVENTS_AT, head->stamp);
	row_number(ret, EVENTS_KIND, head->kind);
	row_name(ret, EVENTS_SYMBOL, c->symbol);
	row_name(ret, EVENTS_STRATEGY, c->strategy);
	row_blob(ret, EVENTS_PAYLOAD, payload, len);
	if (c->about[0])
		row_name(ret, EVENTS_ABOUT, c->about);
}

bool project_ignores(const struct record *head, const void *payload)
{
	const struct outcome_reply *r = payload;

	return head->kind == OUTCOME_REPLY && (r->err == ERR_OK || r->refusal != REFUSAL_NONE);
}

bool project_repeats(const struct record *head, const void *payload)
{
	const struct outcome_state *s = payload;

	return head->kind == OUTCOME_STATE && s->strategy == UINT32_MAX && strncmp(s->principal, "config", sizeof(s->principal)) == 0;
}

static int name_strategy(struct names *names, const struct event_strategy *s)
{
	struct strategy_name name = { .commons = s->commons };

	memcpy(name.id, s->id, sizeof(name.id));
	memcpy(name.underlying, s->underlying, sizeof(name.underlying));
	memcpy(name.ops, s->ops, sizeof(name.ops));
	return names_set_strategy(names, s->index, &name);
}

/* A field of a record may lack its NUL. */
static void follow_run(struct names *names, const struct outcome_state *s)
{
	char reason[sizeof(s->reason) + 1] = "";

	memcpy(reason, s->reason, sizeof(s->reason));
	if (s->strategy == UINT32_MAX)
		names->run = project_run(NAMED(engine_state_name, s->state, ENGINE_STATES), reason);
}

int project_names(struct names *names, const struct record *head, const void *payload)
{
	const struct instrument *i = payload;

	if (head->kind == EVENT_INSTRUMENT)
		return names_set_instrument(names, i->id, i->symbol, i->underlying);
	if (head->kind == EVENT_STRATEGY)
		return name_strategy(names, payload);
	if (head->kind == OUTCOME_STATE)
		follow_run(names, payload);
	return 0;
}
