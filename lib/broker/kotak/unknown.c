/* Orders whose fate is not known. Only the broker's books end that: a row with the tag or the number (order_merge.c), or absence, proven by two
 * whole books of a valid session in which nothing could be it. Elapsed time and errors are never evidence. reliability.md I4. */
#include <string.h>

#include "lib/broker/kotak/order_merge_priv.h"

#define CLOCKS_APART NANOS_MINUTE /* what the broker's stamps and ours may differ by, generously */

/* Last touched before the order was made, or seen then: not it. */
static bool older(const struct merge_order *o, const struct order_row *r, nanos_t first_seen)
{
	return (!o->adopted && first_seen < o->placed) || (r->updated > 0 && r->updated + CLOCKS_APART < o->created);
}

/* A row that belongs to none of ours: a tag may have been replaced, so it may be any that equals it, unless it is older, or still carries
 * the tag of another order of ours. */
void unknown_like(struct merge *m, const struct order_row *r, nanos_t first_seen)
{
	uint32_t epoch;
	uint64_t order;

	if (order_tag_parse(r->tag, &epoch, &order))
		return;
	for (size_t i = 0; i < m->n; i++) {
		struct merge_order *o = &m->order[i];

		if (o->number[0] || o->copy || (o->told != ORDER_UNKNOWN && o->told != ORDER_ABSENT) || !merge_same_terms(o, r) || older(o, r, first_seen))
			continue;
		if (!o->like && m->book_began > 0)
			merge_note(m, MERGE_NOTE_LIKE, "order %s may be %s, whose outcome is not known: look at it", r->number, o->request.tag);
		o->like = true;
	}
}

/* An order of an earlier day: day orders end with their day, and its books can no longer be read. */
static void unknown_earlier(struct merge *m, struct merge_order *o)
{
	if (!o->in_book && ++o->proofs >= 2)
		merge_tell(m, o, REPORT_EXPIRED, 0, "a day order of an earlier day; compare the positions");
}

static void prove(struct merge *m, struct merge_order *o)
{
	if (m->book_began < o->ended + MERGE_UNKNOWN_FIRST)
		return;
	if (++o->proofs < 2 || m->book_began < o->ended + MERGE_UNKNOWN_LAST)
		return;
	m->counts.absent_proven++;
	o->absent = m->span;
	o->unproven = false;
	if (o->told != ORDER_ABSENT)
		merge_tell(m, o, REPORT_ABSENT, 0, "two order books without it");
}

/* It never reached the broker: the core hears an end; a row that comes yet is still found by its tag. */
static void give_up(struct merge *m, struct merge_order *o)
{
	if (m->book_began < o->absent + MERGE_QUARANTINE)
		return;
	o->lost = true;
	merge_tell(m, o, REPORT_CANCELLED, 0, "it never reached the broker");
}

void unknown_book(struct merge *m, bool proof)
{
	for (size_t i = 0; i < m->n; i++) {
		struct merge_order *o = &m->order[i];

		if (o->placing || o->copy || order_terminal((enum order_state)o->told) || !proof || o->like)
			continue;
		if (o->earlier)
			unknown_earlier(m, o);
		else if (o->number[0] == '\0' && (o->told == ORDER_UNKNOWN || o->unproven))
			prove(m, o);
		else if (o->number[0] == '\0' && o->told == ORDER_ABSENT)
			give_up(m, o);
	}
}
