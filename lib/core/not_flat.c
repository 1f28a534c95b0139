/* Ordered flat and not flat: by a kill, the day's locks, square-off, the end, the watchdog. It is remembered over restarts and said again and again until an admin says, with a reason,
 * that he knows; what he does not know of yet is said anew. Being flat since then does not end it: nobody may have looked. reliability.md I13, I27. */
#include "lib/base/err.h"
#include "lib/core/core_priv.h"

static const char *const said[EXIT_REASONS] = {
	[EXIT_KILL] = "NOT FLAT after a kill", [EXIT_SHUTDOWN] = "NOT FLAT after a shutdown", [EXIT_DAY_LOSS] = "NOT FLAT after the day's loss limit",
	[EXIT_SQUARE_OFF] = "NOT FLAT after square-off", [EXIT_EXPIRY] = "NOT FLAT at expiry", [EXIT_MANUAL] = "NOT FLAT when the watchdog ended",
	[EXIT_DRAWDOWN] = "NOT FLAT after the fall from the day's peak", [EXIT_PROFIT_LOCK] = "NOT FLAT after the day's profit was locked",
};

bool not_flat_ordered(enum exit_reason reason)
{
	return reason < EXIT_REASONS && said[reason] != NULL;
}

const char *core_not_flat_text(const struct core *c)
{
	const struct not_flat *n = &c->s->not_flat;

	return n->times && n->reason < EXIT_REASONS ? said[n->reason] : NULL;
}

static bool remains(const struct core *c)
{
	return c->s->open_books > 0 || c->s->live_orders > 0;
}

nanos_t not_flat_at(const struct core *c)
{
	return c->s->not_flat.times ? c->s->not_flat.said_at + (remains(c) && plan_market_open(c) ? NANOS_MINUTE : NANOS_HOUR) : STAMP_NEVER;
}

/* Whoever calls says it himself. */
void not_flat_latch(struct core *c, enum exit_reason reason)
{
	struct not_flat *n = &c->s->not_flat;

	assert(not_flat_ordered(reason));
	if (n->times == 0)
		n->since = c->s->now;
	n->times++;
	n->reason = (uint32_t)reason;
	n->books = c->s->open_books;
	n->orders = c->s->live_orders;
	not_flat_said(c);
}

void not_flat_said(struct core *c)
{
	c->s->not_flat.said_at = c->s->now;
	core_reschedule(c);
}

void not_flat_due(struct core *c)
{
	char text[REASON_TEXT * 2];

	if (c->s->now < not_flat_at(c))
		return;
	text_copy(text, sizeof(text), core_not_flat_text(c));
	text_copy(text + strlen(text), sizeof(text) - strlen(text), remains(c) ? ", and still not" : ", flat by now");
	text_copy(text + strlen(text), sizeof(text) - strlen(text), ": to be acknowledged");
	core_alert(c, ALERT_NOT_FLAT, UINT32_MAX, INSTRUMENT_NONE, c->s->open_books, text);
	not_flat_said(c);
}

/* A start says it at once. */
void not_flat_start(struct core *c)
{
	if (c->s->not_flat.times)
		c->s->not_flat.said_at = 0;
	core_reschedule(c);
}

/* What is late by now is known; what becomes late later is not. */
int not_flat_acknowledge(struct core *c, const struct event_command *e, const char **why)
{
	struct not_flat *n = &c->s->not_flat;

	*why = n->times ? "an acknowledgement needs a reason" : "nothing was ordered flat and is not";
	if (n->times == 0 || e->reason[0] == '\0')
		return n->times ? ERR_RANGE : ERR_NOENT;
	*why = "something more did not become flat meanwhile: look again";
	if (e->value != n->times)
		return ERR_BUSY;
	*why = "";
	*n = (struct not_flat){ 0 };
	for (uint32_t i = 0; i < c->s->active; i++) {
		struct plan *p = &c->slot[c->active[i]].plan;

		p->late = p->late == LATE_SAID ? LATE_KNOWN : p->late;
	}
	core_reschedule(c);
	return ERR_OK;
}
