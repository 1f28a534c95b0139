/* Orders come in: placed now, or taken over from before the start. What the answer to a place means. kotak-neo-api.md 2.5, 3.6, 7.4. */
#include <string.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/order_merge_priv.h"

static void describe(struct merge_order *o, const struct order_request *r, uint32_t instrument, const char *symbol, enum segment segment)
{
	o->request = *r;
	o->instrument = instrument;
	o->segment = segment;
	memset(o->symbol, 0, sizeof(o->symbol));
	merge_text(o->symbol, sizeof(o->symbol), symbol);
}

/* What was asked of it before the restart may still be on its way: the books will tell. */
static void adopt_changes(struct merge *m, struct merge_order *o, const struct order *core)
{
	if (core->modifying)
		o->modify = (struct change){ .stage = CHANGE_UNKNOWN, .ended = m->span, .price = o->request.price, .trigger = o->request.trigger };
	if (core->cancelling)
		o->cancel = (struct change){ .stage = o->number[0] ? CHANGE_UNKNOWN : CHANGE_DUE, .ended = m->span };
}

void merge_adopt(struct merge *m, const struct order *core, const char *symbol, enum segment segment, bool earlier)
{
	struct merge_order *o = merge_add(m);

	CHECK_OBJ(m, MERGE_MAGIC);
	describe(o, &core->request, core->instrument, symbol, segment);
	merge_text(o->number, sizeof(o->number), core->broker_ref);
	o->told = core->state;
	o->filled = earlier ? core->filled : 0; /* the day's trades are read and told again; the core knows them by their ids */
	o->known = order_live((enum order_state)core->state) ? 0 : core->filled;
	o->adopted = true;
	o->earlier = earlier;
	o->ended = o->placed = o->bound = m->span;
	o->created = core->created;
	o->lost = o->number[0] == '\0' && core->state == ORDER_CANCELLED;
	o->doubted = o->number[0] == '\0'; /* nobody wrote down which of its attempts was refused */
	merge_index(m, o);
	if (o->told == ORDER_ABSENT)
		o->absent = m->span;
	o->unproven = o->told == ORDER_ABSENT && m->lost_tail;
	if (!order_live((enum order_state)o->told))
		return;
	adopt_changes(m, o, core);
	if (o->told == ORDER_INTENT || o->told == ORDER_SENT)
		merge_tell(m, o, REPORT_UNKNOWN, 0, "the engine was started again before its answer came");
}

/* It does not leave: where the journal ends its absence was proven, and behind that it may have been sent again. The books prove it once more. */
static void place_unproven(struct merge *m, struct merge_order *o, const struct order_request *r)
{
	o->unproven = false;
	o->request = *r;
	o->told = ORDER_INTENT;
	merge_place_unknown(m, o, "the journal has lost its end, and it may have been sent again in there");
}

struct merge_order *merge_place(struct merge *m, const struct order_request *r, uint32_t instrument, const char *symbol, enum segment segment)
{
	struct merge_order *o = merge_find(m, r->order);

	if (o && (o->told != ORDER_ABSENT || o->number[0] || o->placing))
		return NULL;
	if (o && o->unproven) {
		place_unproven(m, o, r);
		return NULL;
	}
	if (o)
		m->counts.resent++;
	else {
		o = merge_add(m);
		o->created = m->stamp;
		o->placed = m->span; /* the first time: what came since may be its first copy */
	}
	describe(o, r, instrument, symbol, segment);
	o->told = ORDER_INTENT;
	o->placing = true;
	o->proofs = 0;
	o->absent = 0;
	merge_index(m, o);
	return o;
}

void merge_place_left(struct merge *m, struct merge_order *o)
{
	merge_tell(m, o, REPORT_SENT, 0, "");
}

void merge_place_ok(struct merge *m, struct merge_order *o, const char *number)
{
	struct merge_order *other = merge_find_number(m, number);

	if (other && other != o && !(other->copy && other->request.order == o->request.order)) {
		merge_note(m, MERGE_NOTE_CONTRADICTION, "the answer to a new order names order %s, which is another", number);
		merge_place_unknown(m, o, "the answer names another order");
		return;
	}
	o->placing = false;
	if (other)
		return;
	if (o->number[0] == '\0')
		merge_bind(m, o, number);
	else
		merge_unpark(m, merge_add_copy(m, o, number));
}

/* One that was cancelled before it left is what was asked for, not a refusal. */
void merge_place_refused(struct merge *m, struct merge_order *o, const char *text)
{
	o->placing = false;
	if (o->number[0])
		merge_note(m, MERGE_NOTE_CONTRADICTION, "order %s was refused and lives: %s", o->number, text);
	else
		merge_tell(m, o, o->told == ORDER_INTENT && o->cancel.stage != CHANGE_NONE ? REPORT_CANCELLED : REPORT_REJECTED, 0, text);
}

void merge_place_unknown(struct merge *m, struct merge_order *o, const char *text)
{
	o->placing = false;
	m->want_book = true;
	if (o->number[0])
		return;
	o->doubted = true;
	o->ended = m->span;
	o->proofs = 0;
	m->counts.unknown++;
	merge_tell(m, o, REPORT_UNKNOWN, 0, text);
}
