#include "engined/notify/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/rupees.h"

static_assert(REFUSAL_COUNT <= 64, "a bit each in words_memory");

/* -- pieces ------------------------------------------------------------------------------------------------------------------- */

void words_rupees(struct buf *b, money_t amount, bool sign)
{
	char text[RUPEES_TEXT];

	if (amount == NUM_UNKNOWN) {
		buf_puts(b, "not known");
		return;
	}
	rupees_format(text, rupees_to_paisa(amount), sign);
	buf_puts(b, text);
}

static const char *symbol(const struct core *c, uint32_t instrument)
{
	return instrument < c->s->instruments ? c->instrument[instrument].symbol : "the underlying";
}

static const char *strategy(const struct core *c, uint32_t index)
{
	return index < c->s->strategies ? c->slot[index].id : index == STRATEGY_MANUAL ? "manual" : "?";
}

static const char *plain(const char *name, char *text, size_t size) /* index_stop -> index stop */
{
	snprintf(text, size, "%s", name);
	for (char *at = text; *at; at++)
		*at = *at == '_' ? ' ' : *at;
	return text;
}

/* -- one record each ------------------------------------------------------------------------------------------------------------ */

static void entry(const struct core *c, const struct record *head, const struct outcome_decision *d, struct buf *b)
{
	buf_printf(b, "ENTRY ordered, not filled yet: %s, %s: %s, %u lot%s at about ", strategy(c, d->strategy), d->direction > 0 ? "bullish" : "bearish",
	           symbol(c, head->instrument), d->lots, d->lots == 1 ? "" : "s");
	words_rupees(b, d->premium, false);
	if (d->stop > 0) {
		buf_puts(b, ", stop ");
		words_rupees(b, d->stop, false);
	}
	if (d->index_stop > 0) {
		buf_puts(b, ", index stop ");
		words_rupees(b, d->index_stop, false);
	}
}

/* The first of its kind each day by each strategy; the day's end has the count of all. */
static bool refusal(const struct core *c, struct words_memory *m, const struct record *head, const struct outcome_decision *d, struct buf *b)
{
	uint64_t bit = UINT64_C(1) << d->refusal, *told = &m->refused[d->strategy % ARRAY_LEN(m->refused)];

	if (m->day != stamp_date(head->stamp)) {
		memset(m->refused, 0, sizeof(m->refused));
		m->refusals = 0;
		m->day = stamp_date(head->stamp);
	}
	m->refusals++;
	if (*told & bit)
		return false;
	*told |= bit;
	buf_printf(b, "refused: %s, %s: %s (%s); the same again today is only counted", strategy(c, d->strategy), d->direction > 0 ? "bullish" : "bearish",
	           refusal_text((enum refusal)d->refusal), refusal_code((enum refusal)d->refusal));
	return true;
}

static bool decision(const struct core *c, struct words_memory *m, const struct record *head, const struct outcome_decision *d, struct words *w, struct buf *b)
{
	if (d->refusal >= REFUSAL_COUNT)
		return false;
	if (d->refusal != REFUSAL_NONE) {
		w->weight = WORDS_QUIET;
		return refusal(c, m, head, d, b);
	}
	entry(c, head, d, b);
	return true;
}

static void fill(const struct core *c, const struct record *head, const struct outcome_fill *f, struct buf *b)
{
	buf_printf(b, "FILLED: %s %" PRId64 " %s at ", f->side == SIDE_BUY ? "bought" : "sold", f->qty, symbol(c, head->instrument));
	words_rupees(b, f->price, false);
	buf_printf(b, "; %s ", strategy(c, f->strategy));
	if (f->position)
		buf_printf(b, "now holds %+" PRId64, f->position);
	else
		buf_puts(b, "is flat");
}

static void trade(const struct core *c, const struct record *head, const struct outcome_trade *t, struct buf *b)
{
	char reason[32];

	buf_printf(b, "EXIT: %s out of %" PRId64 " %s (%s), ", strategy(c, t->strategy), t->qty, symbol(c, head->instrument),
	           plain(exit_reason_name((enum exit_reason)t->exit_reason), reason, sizeof(reason)));
	words_rupees(b, t->entry, false);
	buf_puts(b, " to ");
	words_rupees(b, t->exit, false);
	buf_puts(b, "; gross ");
	words_rupees(b, t->gross, true);
	buf_puts(b, ", charges ");
	words_rupees(b, t->charges, false);
	buf_puts(b, ", net ");
	words_rupees(b, t->net, true);
	if (t->incomplete)
		buf_puts(b, " (some charges are not known)");
}

/* Of an entry that came to nothing; what became of exits is in fills, trades and alarms. */
static void unfilled(const struct core *c, const struct record *head, const struct outcome_order *o, struct buf *b)
{
	buf_printf(b, "%s NOT filled: %s, %s %s", o->request.purpose == PURPOSE_ENTRY ? "entry" : "order by hand", strategy(c, o->request.strategy), symbol(c, head->instrument),
	           order_state_name((enum order_state)o->state));
	if (o->reason[0])
		buf_printf(b, " (%.*s)", REASON_TEXT, o->reason);
}

static bool state(const struct core *c, const struct outcome_state *s, struct words *w, struct buf *b)
{
	if (strncmp(s->principal, "config", sizeof(s->principal)) == 0) /* settings as they are at each start */
		return false;
	if (s->strategy != UINT32_MAX)
		buf_printf(b, "%s: %s", strategy(c, s->strategy), s->state == ENGINE_PAUSED ? "paused" : "running");
	else
		buf_printf(b, "ENGINE: %s", engine_state_name((enum engine_state)s->state));
	buf_printf(b, " (%.*s%s%.*s)", PRINCIPAL_TEXT, s->principal, s->reason[0] ? ": " : "", REASON_TEXT, s->reason);
	w->weight = s->state == ENGINE_STOPPED || s->state == ENGINE_LOCKED ? WORDS_LOUD : WORDS_NEWS;
	return true;
}

static void alarm_of(const struct core *c, struct words_memory *m, const struct record *head, const struct outcome_alert *a, struct words *w, struct buf *b)
{
	static const char *const links[LINK_COUNT] = { [LINK_FEED] = "feed", [LINK_BROKER] = "broker", [LINK_JOURNAL] = "journal" };
	char name[32];

	w->weight = WORDS_LOUD;
	if (a->alert == ALERT_LINK && a->value >= 0 && a->value < LINK_COUNT) {
		m->down |= 1u << a->value;
		buf_printf(b, "DISCONNECTED: %s: %.*s", links[a->value], (int)sizeof(a->text), a->text);
		return;
	}
	plain(alert_name((enum alert)a->alert), name, sizeof(name));
	for (char *at = name; *at; at++)
		*at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
	buf_printf(b, "%s", name);
	if (head->instrument < c->s->instruments)
		buf_printf(b, ": %s", symbol(c, head->instrument));
	if (head->instrument < c->s->instruments && (a->alert == ALERT_NOT_FLAT || a->alert == ALERT_EXIT_LATE))
		buf_printf(b, " %+" PRId64, a->value);
	if (a->strategy < c->s->strategies)
		buf_printf(b, ", %s", strategy(c, a->strategy));
	buf_printf(b, ": %.*s", (int)sizeof(a->text), a->text);
}

static bool link_up(struct words_memory *m, const struct event_link *l, struct buf *b)
{
	static const char *const links[LINK_COUNT] = { [LINK_FEED] = "feed", [LINK_BROKER] = "broker", [LINK_JOURNAL] = "journal" };

	if (l->link >= LINK_COUNT || !l->up || !(m->down & 1u << l->link))
		return false;
	m->down &= ~(1u << l->link);
	buf_printf(b, "connected again: %s", links[l->link]);
	return true;
}

static void day(const struct words_memory *m, const struct outcome_day *d, struct words *w, struct buf *b)
{
	char date[STAMP_TEXT];

	w->day = true;
	date_format(d->date, date);
	buf_printf(b, "DAY %s: %u trades, gross ", date, d->trades);
	words_rupees(b, d->gross, true);
	buf_puts(b, ", charges ");
	words_rupees(b, d->charges, false);
	buf_puts(b, ", net ");
	words_rupees(b, d->net, true);
	buf_puts(b, d->incomplete ? " (some charges are not known), equity " : ", equity ");
	words_rupees(b, d->equity, false);
	if (m->day == d->date && m->refusals)
		buf_printf(b, "; %" PRIu64 " signals refused", m->refusals);
}

/* -- all ----------------------------------------------------------------------------------------------------------------------- */

static bool came_to_nothing(const struct outcome_order *o)
{
	return (o->request.purpose == PURPOSE_ENTRY || o->request.purpose == PURPOSE_MANUAL) && o->filled == 0 && order_terminal((enum order_state)o->state);
}

bool words_wanted(const struct record *head, const void *payload)
{
	switch (head->kind) {
	case OUTCOME_ORDER:    return came_to_nothing(payload);
	case OUTCOME_FILL:
	case OUTCOME_TRADE:
	case OUTCOME_DECISION:
	case OUTCOME_STATE:
	case OUTCOME_ALERT:
	case OUTCOME_DAY:
	case EVENT_LINK:       return true;
	default:               return false;
	}
}

static bool say(const struct core *c, struct words_memory *m, const struct record *head, const void *payload, struct words *w, struct buf *b)
{
	switch (head->kind) {
	case OUTCOME_ORDER:    unfilled(c, head, payload, b); return came_to_nothing(payload);
	case OUTCOME_FILL:     fill(c, head, payload, b); return true;
	case OUTCOME_TRADE:    trade(c, head, payload, b); return true;
	case OUTCOME_DECISION: return decision(c, m, head, payload, w, b);
	case OUTCOME_STATE:    return state(c, payload, w, b);
	case OUTCOME_ALERT:    alarm_of(c, m, head, payload, w, b); return true;
	case OUTCOME_DAY:      day(m, payload, w, b); return true;
	case EVENT_LINK:       return link_up(m, payload, b);
	default:               return false;
	}
}

bool words_of(const struct core *c, struct words_memory *m, const struct record *head, const void *payload, struct words *ret)
{
	struct buf b = { 0 };

	ret->weight = WORDS_NEWS;
	ret->day = false;
	bool said = say(c, m, head, payload, ret, &b) && !b.failed;
	snprintf(ret->text, sizeof(ret->text), "%s", said ? b.data : "");
	buf_done(&b);
	return said;
}
