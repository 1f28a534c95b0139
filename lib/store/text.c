#include "lib/store/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/rupees.h"
#include "lib/core/core.h"

/* For %.*s: a field of a record may lack its NUL. */
#define CHARS(field) (int)strnlen(field, sizeof(field)), (field)

static void put_price(struct buf *out, const char *lead, int64_t value)
{
	char text[NUM_TEXT];

	num_format(value, text);
	buf_printf(out, "%s%s", lead, value == NUM_UNKNOWN ? "unknown" : text);
}

/* A result as people read it; data.net beside it is exact. */
static void put_result(struct buf *out, money_t net)
{
	char text[RUPEES_TEXT];

	rupees_format(text, rupees_to_paisa(net), true);
	buf_printf(out, ": net %s", net == NUM_UNKNOWN ? "unknown" : text);
}

static const char *symbol_of(const struct called *c)
{
	return c->symbol ? c->symbol : "an unknown instrument";
}

static void put_strategy(struct buf *out, const struct called *c)
{
	if (c->strategy)
		buf_printf(out, "%s: ", c->strategy);
}

/* ": because" and " by whom", each only when it was said. */
static void put_reason(struct buf *out, const char *reason, size_t reason_size, const char *principal, size_t principal_size)
{
	if (principal && principal[0])
		buf_printf(out, " by %.*s", (int)strnlen(principal, principal_size), principal);
	if (reason[0])
		buf_printf(out, ": %.*s", (int)strnlen(reason, reason_size), reason);
}

static void decision_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_decision *d = payload;

	put_strategy(out, c);
	buf_printf(out, "%s signal ", d->direction > 0 ? "bullish" : d->direction < 0 ? "bearish" : "no");
	if (c->symbol) /* a refusal may come before a contract is chosen */
		buf_printf(out, "on %s ", c->symbol);
	if (d->refusal == REFUSAL_NONE)
		buf_printf(out, "taken, %" PRIu32 " lot%s", d->lots, d->lots == 1 ? "" : "s");
	else
		buf_printf(out, "refused: %s", d->refusal < REFUSAL_COUNT ? refusal_text(d->refusal) : "unknown reason");
}

static void order_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_order *o = payload;
	static const char *const purposes[] = { "entry", "exit", "stop", "manual" };

	put_strategy(out, c);
	if (o->request.purpose < ARRAY_LEN(purposes))
		buf_printf(out, "%s ", purposes[o->request.purpose]);
	buf_printf(out, "order to %s %" PRId64 " %s", o->request.side == SIDE_BUY ? "buy" : "sell", o->request.qty, symbol_of(c));
	put_price(out, " at ", o->request.price);
	buf_printf(out, ": %s", o->state < ORDER_STATES ? order_state_name(o->state) : "unknown");
	if (o->filled > 0 && o->filled < o->request.qty)
		buf_printf(out, ", %" PRId64 " filled", o->filled);
	if (o->reason[0])
		buf_printf(out, " (%.*s)", CHARS(o->reason));
}

static void fill_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_fill *f = payload;

	put_strategy(out, c);
	buf_printf(out, "%s %" PRId64 " %s", f->side == SIDE_BUY ? "bought" : "sold", f->qty, symbol_of(c));
	put_price(out, " at ", f->price);
}

static void trade_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_trade *t = payload;

	put_strategy(out, c);
	buf_printf(out, "closed %" PRId64 " %s, %s", t->qty, symbol_of(c), t->side == SIDE_BUY ? "bought" : "sold");
	put_price(out, " at ", t->entry);
	put_price(out, t->side == SIDE_BUY ? ", sold at " : ", bought at ", t->exit);
	if (t->incomplete)
		buf_puts(out, ": net not known, a charge is missing");
	else
		put_result(out, t->net);
	buf_printf(out, " (%s)", t->exit_reason < EXIT_REASONS ? exit_reason_name(t->exit_reason) : "unknown");
}

static void state_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_state *s = payload;

	buf_printf(out, "%s %s", s->strategy == UINT32_MAX ? "engine" : c->strategy ? c->strategy : "an unknown strategy",
	           s->state < ENGINE_STATES ? engine_state_name(s->state) : "unknown");
	put_reason(out, s->reason, sizeof(s->reason), s->principal, sizeof(s->principal));
}

static void alert_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_alert *a = payload;

	put_strategy(out, c);
	buf_puts(out, a->alert < ALERT_KINDS ? alert_name(a->alert) : "unknown alert");
	put_reason(out, a->text, sizeof(a->text), NULL, 0);
}

/* "3.50 %", "8/s", "20 orders", "on": units stand after numbers only, and a count has no hundredths. */
static void put_amount(struct buf *out, char *value, const char *unit)
{
	size_t len = strlen(value);
	bool rate = strncmp(unit, "1/", 2) == 0, money = strcmp(unit, "%") == 0 || strcmp(unit, "rupees") == 0;

	if (!money && len > 3 && strcmp(value + len - 3, ".00") == 0)
		value[len - 3] = '\0';
	buf_printf(out, " set to %s", value);
	if (unit[0] && value[0] >= '0' && value[0] <= '9')
		buf_printf(out, "%s%s", rate ? "" : " ", rate ? unit + 1 : unit);
}

/* Thirty lines "limit" tell nobody who loosened what. */
static void put_limit(struct buf *out, enum limit l, int64_t value)
{
	char text[NUM_TEXT];

	buf_printf(out, " %s", limit_table[l].name);
	if (value == NUM_UNKNOWN) {
		buf_puts(out, " lifted");
		return;
	}
	num_format(value, text);
	put_amount(out, text, limit_table[l].unit);
}

/* The description of "amd.stop_pct"; NULL when this build has no such parameter any more. */
static const struct param *param_of(const char *about)
{
	const char *dot = strchr(about, '.');
	char kind[ABOUT_TEXT];

	if (!dot)
		return NULL;
	snprintf(kind, sizeof(kind), "%.*s", (int)(dot - about), about);
	const struct strategy_ops *ops = strategy_find(kind);
	int index = ops ? strategy_param_index(ops, dot + 1) : -1;
	return index < 0 ? NULL : strategy_param_at(ops, (uint32_t)index);
}

static void put_param(struct buf *out, const struct event_command *m, const char *about)
{
	const struct param *p = param_of(about);
	char text[32]; /* param_format() */

	if (!p) {
		buf_printf(out, "parameter %" PRIu32 " set to %" PRId64 " of the journal", m->param, m->value);
		return;
	}
	buf_puts(out, p->name);
	if (m->value < p->min || m->value > p->max) { /* it was refused, and has no words */
		buf_puts(out, " set out of bounds");
		return;
	}
	param_format(p, m->value, text);
	put_amount(out, text, p->unit);
}

static void command_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct event_command *m = payload;

	if (m->command == COMMAND_STRATEGY_PARAM) {
		put_strategy(out, c);
		put_param(out, m, c->about);
	} else {
		buf_puts(out, m->command < COMMAND_KINDS ? command_name(m->command) : "unknown command");
		if (m->command == COMMAND_LIMIT && m->param < LIMIT_COUNT)
			put_limit(out, (enum limit)m->param, m->value);
		if (c->strategy)
			buf_printf(out, " of %s", c->strategy);
	}
	put_reason(out, m->reason, sizeof(m->reason), m->principal, sizeof(m->principal));
}

/* What an operator asks first: which build, on what, and what became of the run before. */
static void start_text(struct buf *out, const void *payload, const struct called *c)
{
	static const struct { const char *about, *words; } before[] = {
		{ "new", "a new journal" }, { "flat", "the run before was stopped, flat" }, { "kept", "the run before was stopped, positions kept" },
		{ "not_flat", "the run before was stopped, NOT FLAT" }, { "cut", "the run before did not end in order: crash, kill or power cut" },
	};
	const struct event_start *s = payload;

	buf_printf(out, "%s engine %.*s starts on %.*s, epoch %" PRIu32, project_mode(s->mode), CHARS(s->build),
	           CHARS(s->source), s->epoch);
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (strcmp(c->about, before[i].about) == 0)
			buf_printf(out, "; %s", before[i].words);
}

static void refused_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct outcome_reply *r = payload;

	(void)c;
	buf_printf(out, "the command before was refused: %.*s", CHARS(r->text));
}

static void manual_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct event_manual *m = payload;

	if (m->cancel)
		buf_printf(out, "cancel of order %" PRIu64, m->cancel);
	else {
		buf_printf(out, "order to %s %" PRId64 " %s", m->side == SIDE_BUY ? "buy" : "sell", m->qty, symbol_of(c));
		if (m->price)
			put_price(out, " at ", m->price);
		else
			buf_puts(out, " at the market's price");
	}
	put_reason(out, m->reason, sizeof(m->reason), m->principal, sizeof(m->principal));
}

static void session_text(struct buf *out, const void *payload, const struct called *c)
{
	const struct event_session *s = payload;
	char date[STAMP_TEXT], open[STAMP_TEXT], close[STAMP_TEXT];

	(void)c;
	date_format(s->date, date);
	time_of_day_format(stamp_time_of_day(s->open), open);
	time_of_day_format(stamp_time_of_day(s->close), close);
	buf_printf(out, "session of %s %s", date, s->edge == SESSION_BEGIN ? "begins" : "ends");
	if (s->open && s->close)
		buf_printf(out, ", %s to %s", open, close);
	if (s->flags & SESSION_NO_TRADE)
		buf_puts(out, ", no entries");
	if (s->flags & SESSION_ASSUMED)
		buf_puts(out, " (assumed)");
}

static const struct { uint16_t kind; void (*text)(struct buf *, const void *, const struct called *); } texts[] = {
	{ OUTCOME_DECISION, decision_text }, { OUTCOME_ORDER, order_text }, { OUTCOME_FILL, fill_text },
	{ OUTCOME_TRADE, trade_text }, { OUTCOME_STATE, state_text }, { OUTCOME_ALERT, alert_text },
	{ EVENT_START, start_text }, { EVENT_COMMAND, command_text }, { EVENT_MANUAL, manual_text }, { EVENT_SESSION, session_text },
	{ OUTCOME_REPLY, refused_text },
};

void text_event(struct buf *out, const struct record *head, const void *payload, const struct called *c)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].kind == head->kind)
			texts[i].text(out, payload, c);
}
