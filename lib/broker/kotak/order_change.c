/* Modifies and cancels. An answer is only receipt; the order's row says what became of it, and one that stays silent is judged by books that
 * began after the answer. Every change ends with a report: the core's walk waits for it. kotak-neo-api.md 2.6, 2.7, 7.4. */
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/order_merge_priv.h"

#define READS_ENOUGH 2     /* settled books that show nothing of the change */
#define READS_PENDING 15   /* books that show it pending: longer than any exchange takes */
#define CANCEL_TRIES 3     /* an unanswered cancel is repeated: repeating it is harmless */
#define ZOMBIE_TRIES 5       /* at the pace of the books; then less often, and for ever: nobody else looks after it */
#define ZOMBIE_PAUSE (10 * NANOS_SECOND)

void change_clear(struct merge_order *o)
{
	o->modify.stage = CHANGE_NONE;
	o->cancel.stage = CHANGE_NONE;
}

/* -- modify ---------------------------------------------------------------------------------------------------------------------- */

static void modify_failed(struct merge *m, struct merge_order *o, const char *text)
{
	o->modify.stage = CHANGE_NONE;
	if (o->price > 0)
		o->request.price = o->price;
	merge_tell(m, o, REPORT_MODIFY_REJECTED, o->price, text);
}

static void modify_done(struct merge *m, struct merge_order *o, const struct order_row *r)
{
	o->modify.stage = CHANGE_NONE;
	o->request.price = r->price;
	o->request.trigger = o->modify.trigger;
	o->request.type = o->modify.trigger > 0 ? ORDER_SL : ORDER_LIMIT;
	o->qty_shown = 0;
	merge_tell(m, o, REPORT_MODIFIED, r->price, "");
}

bool merge_modify(struct merge *m, struct merge_order *o, const struct order_request *r)
{
	if (order_terminal((enum order_state)o->told))
		return false;
	if (o->number[0] == '\0' || o->modify.stage != CHANGE_NONE) {
		merge_tell(m, o, REPORT_MODIFY_REJECTED, 0, o->number[0] ? "another modify is under way" : "the broker has not numbered it yet");
		return false;
	}
	o->modify = (struct change){ .stage = CHANGE_UNDER_WAY, .serial = ++m->serial, .base = o->has_row ? o->row.updated : 0, .price = r->price,
	                             .trigger = r->type == ORDER_SL ? r->trigger : 0 };
	return true;
}

void merge_modify_answer(struct merge *m, struct merge_order *o, uint32_t serial, enum change_answer a, const char *text)
{
	struct change *c = &o->modify;

	if (c->stage != CHANGE_UNDER_WAY || c->serial != serial)
		return;
	c->ended = m->span;
	m->want_book = m->want_book || a != ANSWER_NOT_DONE;
	if (a == ANSWER_OK)
		c->stage = CHANGE_TOLD;
	else if (a == ANSWER_UNKNOWN)
		c->stage = CHANGE_UNKNOWN;
	else
		modify_failed(m, o, text);
}

/* A stop that was made a limit waits for no trigger any more, whatever its price; its quantity may be what is put right. */
static bool terms_wanted(const struct merge_order *o, const struct order_row *r)
{
	if (r->price != o->modify.price || (o->request.purpose == PURPOSE_STOP && r->qty != o->request.qty))
		return false;
	return o->modify.trigger == 0 ? r->status != ROW_TRIGGER_PENDING : r->trigger == o->modify.trigger;
}

/* A frame may come before the answer, so a newer row counts while the request is under way, too. */
static void modify_row(struct merge *m, struct merge_order *o, const struct order_row *r, nanos_t began)
{
	struct change *c = &o->modify;
	bool newer = r->updated > c->base, settled = merge_settled(r->status) && r->price > 0;
	bool asked_after = c->stage != CHANGE_UNDER_WAY && began >= c->ended + MERGE_SETTLE;

	if (row_status_terminal(r->status))
		return; /* the end of the order ends it */
	if (newer && r->status == ROW_NOT_MODIFIED)
		modify_failed(m, o, r->reason[0] ? r->reason : "the exchange did not modify it");
	else if (settled && terms_wanted(o, r) && (newer || asked_after))
		modify_done(m, o, r);
	else if (asked_after && settled && ++c->reads >= READS_ENOUGH)
		modify_failed(m, o, "the order still rests at its old price");
	else if (asked_after && !settled && ++c->reads >= READS_PENDING)
		modify_failed(m, o, "the modify is still pending at the broker");
}

/* -- cancel ----------------------------------------------------------------------------------------------------------------------- */

void merge_cancel(struct merge *m, struct merge_order *o)
{
	(void)m;
	if (o->cancel.stage == CHANGE_NONE && !order_terminal((enum order_state)o->told))
		o->cancel = (struct change){ .stage = CHANGE_DUE };
}

struct merge_order *merge_cancel_next(struct merge *m)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	for (size_t i = 0; i < m->n; i++) {
		struct merge_order *o = &m->order[i];

		if (o->cancel.stage != CHANGE_DUE || o->number[0] == '\0')
			continue;
		o->cancel.stage = CHANGE_UNDER_WAY;
		o->cancel.serial = ++m->serial;
		o->cancel.tries++;
		o->cancel.reads = 0;
		o->cancel.over = false;
		o->cancel.base = o->has_row ? o->row.updated : 0;
		return o;
	}
	return NULL;
}

static void cancel_failed(struct merge *m, struct merge_order *o, const char *text)
{
	o->cancel.stage = CHANGE_NONE;
	merge_tell(m, o, REPORT_CANCEL_REJECTED, 0, text);
}

void merge_cancel_answer(struct merge *m, struct merge_order *o, uint32_t serial, enum change_answer a, const char *text)
{
	struct change *c = &o->cancel;

	if (c->stage != CHANGE_UNDER_WAY || c->serial != serial)
		return;
	c->ended = m->span;
	c->over = a == ANSWER_ENDED;
	m->want_book = m->want_book || a != ANSWER_NOT_DONE;
	if (a == ANSWER_NOT_DONE)
		cancel_failed(m, o, text);
	else
		c->stage = a == ANSWER_UNKNOWN ? CHANGE_UNKNOWN : CHANGE_TOLD;
}

/* Refused because the order had ended, and its row shows a word that nobody knows: the two together are an end, or the core would ask for ever. If it
 * works all the same, change_zombie() cancels it. */
static bool ended_unnamed(const struct change *c, const struct order_row *r)
{
	return c->over && r->status == ROW_WORKING_UNKNOWN;
}

static void end_unnamed(struct merge *m, struct merge_order *o)
{
	o->cancel.stage = CHANGE_NONE;
	merge_tell(m, o, REPORT_CANCELLED, 0, "the broker says that it has ended; its status is not known");
}

static unsigned reads_enough(const struct order_row *r)
{
	return r->status == ROW_CANCELLING ? READS_PENDING : READS_ENOUGH;
}

static void cancel_row(struct merge *m, struct merge_order *o, const struct order_row *r, nanos_t began)
{
	struct change *c = &o->cancel;

	if (row_status_terminal(r->status)) {
		if (order_terminal((enum order_state)o->told)) /* else the end of the order ends it, with its fills */
			c->stage = CHANGE_NONE;
		return;
	}
	if (r->updated > c->base && r->status == ROW_NOT_CANCELLED && c->stage != CHANGE_DUE) {
		cancel_failed(m, o, r->reason[0] ? r->reason : "the exchange did not cancel it");
		return;
	}
	if ((c->stage != CHANGE_TOLD && c->stage != CHANGE_UNKNOWN) || began < c->ended + MERGE_SETTLE)
		return;
	if (++c->reads < reads_enough(r) || (ended_unnamed(c, r) && o->traded < r->filled)) /* no end before its fills, however late they come */
		return;
	if (ended_unnamed(c, r))
		end_unnamed(m, o);
	else if (c->stage == CHANGE_UNKNOWN && c->tries < CANCEL_TRIES)
		c->stage = CHANGE_DUE;
	else
		cancel_failed(m, o, "the order still works");
}

/* -- both -------------------------------------------------------------------------------------------------------------------------- */

void change_row(struct merge *m, struct merge_order *o, const struct order_row *r, nanos_t began)
{
	if (o->modify.stage != CHANGE_NONE)
		modify_row(m, o, r, began);
	if (o->cancel.stage != CHANGE_NONE && o->cancel.stage != CHANGE_DUE)
		cancel_row(m, o, r, began);
}

static bool nothing_shown(const struct merge *m, const struct change *c)
{
	return (c->stage == CHANGE_TOLD || c->stage == CHANGE_UNKNOWN) && m->span - c->ended >= MERGE_CHANGE_PATIENCE;
}

/* The row is missing, or cannot be read, or no book can. Asking again is harmless, waiting for ever is not. */
void change_tick(struct merge *m, struct merge_order *o)
{
	bool ended = o->has_row && row_status_terminal(o->row.status); /* only its fills are waited for */

	if (nothing_shown(m, &o->modify) && !ended)
		modify_failed(m, o, "nothing shows whether it was modified");
	if (nothing_shown(m, &o->cancel) && !ended)
		cancel_failed(m, o, "nothing shows whether it was cancelled");
}

/* An order the core thinks ended (refused, given up, a copy, filled by its copy) works at the broker: it is cancelled without being asked, since
 * the core may have sent another in its place. */
void change_zombie(struct merge *m, struct merge_order *o)
{
	bool ended = order_terminal((enum order_state)o->told) && o->traded < o->request.qty;
	nanos_t pause = o->cancel.tries < ZOMBIE_TRIES ? MERGE_SETTLE : ZOMBIE_PAUSE;

	if (!ended || row_status_terminal(o->row.status) || o->cancel.stage != CHANGE_NONE)
		return;
	if (o->cancel.tries > 0 && m->span - o->cancel.ended < pause)
		return;
	o->cancel.stage = CHANGE_DUE;
	merge_note(m, MERGE_NOTE_ZOMBIE, "order %s works at the broker although it had ended here: it is cancelled", o->number);
}
