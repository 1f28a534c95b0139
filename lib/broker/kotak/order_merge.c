#include "lib/broker/kotak/order_merge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/broker/kotak/order_merge_priv.h"

#define TAG_CUT_MIN 8 /* shorter than that a tag names the epoch at most */

void merge_init(struct merge *m, const struct merge_sink *sink)
{
	*m = (struct merge){ .magic = MERGE_MAGIC, .sink = *sink };
}

void merge_done(struct merge *m)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	free(m->order);
	idmap_done(&m->by_number);
	idmap_done(&m->by_tag);
	idmap_done(&m->by_order);
	idmap_done(&m->trades);
	idmap_done(&m->foreign);
	idmap_done(&m->apart);
	memset(m, 0, sizeof(*m));
}

void merge_at(struct merge *m, nanos_t stamp, nanos_t span)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	m->stamp = stamp;
	m->span = span;
}

/* -- words to the core --------------------------------------------------------------------------------------------------------- */

void merge_note(struct merge *m, enum merge_note kind, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	m->sink.note(m->sink.ctx, kind, text);
}

/* Reports that matter although they never move the state. */
static bool ends_a_change(enum order_report report)
{
	return report == REPORT_MODIFIED || report == REPORT_MODIFY_REJECTED || report == REPORT_CANCEL_REJECTED;
}

void merge_text(char *to, size_t size, const char *from)
{
	memcpy(to, from, strnlen(from, size - 1));
}

static void tell(struct merge *m, struct merge_order *o, enum order_report report, price_t price, const char *reason, bool other_terms)
{
	enum order_state state;
	struct event e;

	if (o->copy || order_terminal((enum order_state)o->told) || !order_next((enum order_state)o->told, report, &state))
		return;
	if (state == (enum order_state)o->told && !ends_a_change(report))
		return;
	event_init(&e, EVENT_ORDER, m->stamp, o->instrument);
	e.order.order = o->request.order;
	e.order.report = report;
	e.order.filled = o->has_row ? o->row.filled : -1;
	e.order.price = price;
	e.order.other_terms = other_terms;
	merge_text(e.order.broker_ref, sizeof(e.order.broker_ref), o->number);
	merge_text(e.order.reason, sizeof(e.order.reason), reason);
	o->told = state;
	if (order_terminal(state))
		change_clear(o);
	m->sink.event(m->sink.ctx, &e);
}

void merge_tell(struct merge *m, struct merge_order *o, enum order_report report, price_t price, const char *reason)
{
	tell(m, o, report, price, reason, false);
}

/* -- the table -------------------------------------------------------------------------------------------------------------------- */

uint64_t merge_key(const char *text)
{
	uint64_t key = order_text_hash(text);

	return key ? key : 1;
}

static struct merge_order *at_index(struct merge *m, const uint64_t *index)
{
	return index ? &m->order[*index - 1] : NULL;
}

struct merge_order *merge_find(struct merge *m, uint64_t order)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	return at_index(m, idmap_find(&m->by_order, prng_mix(order) | 1));
}

struct merge_order *merge_find_number(struct merge *m, const char *number)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	return number[0] ? at_index(m, idmap_find(&m->by_number, merge_key(number))) : NULL;
}

/* Pointers to orders die here: the table may move. */
struct merge_order *merge_add(struct merge *m)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 32;
		m->order = realloc(m->order, m->cap * sizeof(*m->order));
		assert(m->order); /* an order forgotten is worse than a crash: the restart finds it again */
	}
	m->order[m->n] = (struct merge_order){ .told = ORDER_INTENT };
	return &m->order[m->n++];
}

void merge_index(struct merge *m, const struct merge_order *o)
{
	uint64_t at = (uint64_t)(o - m->order) + 1;

	if (!o->copy) {
		idmap_add(&m->by_order, prng_mix(o->request.order) | 1, at);
		if (o->request.tag[0])
			idmap_add(&m->by_tag, merge_key(o->request.tag), at);
	}
	if (o->number[0])
		idmap_add(&m->by_number, merge_key(o->number), at);
}

void merge_age(struct merge *m)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	for (size_t i = 0; i < m->n; i++)
		m->order[i].earlier = true;
}

void merge_forget(struct merge *m)
{
	size_t kept = 0;
	qty_t traded = 0;

	CHECK_OBJ(m, MERGE_MAGIC);
	for (size_t i = 0; i < m->n; i++)
		if (!order_terminal((enum order_state)m->order[i].told)) {
			traded += m->order[i].traded;
			m->order[kept] = m->order[i];
			m->order[kept++].earlier = true;
		}
	m->n = kept;
	idmap_done(&m->by_number);
	idmap_done(&m->by_tag);
	idmap_done(&m->by_order);
	if (traded == 0) /* else the books may still show them */
		idmap_done(&m->trades);
	idmap_done(&m->foreign);
	idmap_done(&m->apart);
	m->n_parked = m->park_next = m->n_strangers = m->n_lost = 0;
	for (size_t i = 0; i < m->n; i++)
		merge_index(m, &m->order[i]);
}

static bool live(const struct merge_order *o)
{
	return !order_terminal((enum order_state)o->told) || o->cancel.stage != CHANGE_NONE ||
	       (o->copy && !(o->has_row && row_status_terminal(o->row.status)));
}

/* A person's price: nobody moves it as long as the plan has it. */
static bool at_a_persons_price(const struct merge_order *o, const struct core *c)
{
	const struct plan *p = o->request.strategy < c->s->strategies ? &c->slot[o->request.strategy].plan : NULL;

	return p && p->order == o->request.order && p->limit != 0;
}

/* Where it is meant to be, and may be all day. */
static bool waits(const struct merge_order *o, const struct core *c)
{
	if (o->request.purpose == PURPOSE_STOP)
		return o->told == ORDER_TRIGGER_PENDING && o->row.status == ROW_TRIGGER_PENDING;
	return o->row.status == ROW_OPEN && at_a_persons_price(o, c);
}

/* It was asked for, and no request has left: it may be refused here yet. */
static bool change_waits(const struct change *c)
{
	return c->stage == CHANGE_UNDER_WAY && !c->left;
}

static bool rests(const struct merge_order *o, const struct core *c)
{
	return !o->copy && !o->vanished && o->has_row && o->row.filled == o->traded && (o->modify.stage == CHANGE_NONE || change_waits(&o->modify)) &&
	       o->cancel.stage == CHANGE_NONE && waits(o, c);
}

/* Nothing of it is at the broker: its first request waits here, and may be refused here yet; or whole books were without it, and the newest shows none that may be it. */
static bool nowhere(const struct merge_order *o)
{
	return !o->copy && o->number[0] == '\0' && ((o->told == ORDER_INTENT && !o->doubted) || (o->told == ORDER_ABSENT && !o->placing && !o->like));
}

size_t merge_live(const struct merge *m)
{
	size_t n = merge_lost_live(m);

	for (size_t i = 0; i < m->n; i++)
		n += live(&m->order[i]);
	return n;
}

size_t merge_moving(const struct merge *m, const struct core *c)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += live(&m->order[i]) && !nowhere(&m->order[i]) && !rests(&m->order[i], c);
	return n;
}

size_t merge_unresolved(const struct merge *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct merge_order *o = &m->order[i];

		if (o->adopted && !order_terminal((enum order_state)o->told))
			n += o->told == ORDER_UNKNOWN || o->unproven || (o->number[0] && !o->has_row);
	}
	return n;
}

/* A trade may be taken back after the core had it: the row tells of it for ever, the trade book never again, and no reading is missing for that. */
static bool fills_untold(const struct merge_order *o)
{
	return o->has_row && o->row.filled > o->traded && o->row.filled > o->known;
}

bool merge_needs_trades(const struct merge *m)
{
	if (m->want_trades || m->trades_deferred)
		return true;
	for (size_t i = 0; i < m->n; i++)
		if (fills_untold(&m->order[i]))
			return true;
	return false;
}

/* -- what follows from what is known ------------------------------------------------------------------------------------------------ */

bool merge_settled(enum row_status s)
{
	return s == ROW_OPEN || s == ROW_TRIGGER_PENDING || s == ROW_MODIFIED || s == ROW_NOT_MODIFIED || s == ROW_NOT_CANCELLED ||
	       row_status_terminal(s);
}

/* Not before its fills are told, however long they take: the core would send an exit's rest out again, and that is more than is held. */
static void tell_end(struct merge *m, struct merge_order *o)
{
	const struct order_row *r = &o->row;

	if (r->status == ROW_REJECTED && r->filled == 0)
		merge_tell(m, o, REPORT_REJECTED, 0, r->reason[0] ? r->reason : "rejected, no reason told");
	else
		merge_tell(m, o, REPORT_CANCELLED, 0, r->status == ROW_COMPLETE ? "complete with less than was ordered" : r->reason);
}

static bool differs(int64_t shown, int64_t asked)
{
	return shown > 0 && shown != asked;
}

/* A stop that waits at terms the core did not ask for. */
static bool other_stop(const struct merge_order *o)
{
	const struct order_row *r = &o->row;

	return o->request.purpose == PURPOSE_STOP && o->request.type == ORDER_SL && r->status == ROW_TRIGGER_PENDING &&
	       (differs(r->trigger, o->request.trigger) || differs(r->price, o->request.price) || (r->qty != o->request.qty && r->qty != o->qty_shown));
}

/* Once each time. The quantity stays as it was asked for: by that the end of the order is judged. */
static void tell_other_stop(struct merge *m, struct merge_order *o)
{
	const struct order_row *r = &o->row;

	o->request.price = r->price > 0 ? r->price : o->request.price;
	o->request.trigger = r->trigger > 0 ? r->trigger : o->request.trigger;
	o->qty_shown = r->qty == o->request.qty ? 0 : r->qty;
	merge_note(m, MERGE_NOTE_CHANGED, "the stop %s rests at terms the engine did not ask for", o->number);
	tell(m, o, REPORT_MODIFIED, r->price, "", true);
}

static void advance_terms(struct merge *m, struct merge_order *o)
{
	if (o->modify.stage != CHANGE_NONE || order_terminal((enum order_state)o->told))
		return;
	if (other_stop(o)) {
		tell_other_stop(m, o);
		return;
	}
	if (o->price == 0 || o->price == o->request.price)
		return;
	o->request.price = o->price;
	merge_note(m, MERGE_NOTE_CHANGED, "order %s rests at a price the engine did not ask for", o->number);
	merge_tell(m, o, REPORT_MODIFIED, o->price, "");
}

static void advance_trades(struct merge *m, struct merge_order *o)
{
	if (!o->has_row || o->row.filled == o->traded) {
		o->disagree = 0;
		o->trades_noted = false;
		return;
	}
	if (o->disagree == 0)
		o->disagree = m->span;
	if (m->span - o->disagree < MERGE_DISAGREE || o->trades_noted)
		return;
	o->trades_noted = true;
	merge_note(m, MERGE_NOTE_TRADES, "order %s: the order book tells of %lld filled, the trade book of %lld", o->number, (long long)o->row.filled,
	           (long long)o->traded);
}

/* Everything that follows from what is known now. */
static void merge_advance(struct merge *m, struct merge_order *o)
{
	if (o->number[0])
		merge_tell(m, o, REPORT_ACCEPTED, 0, "");
	advance_trades(m, o);
	if (!o->has_row)
		return;
	if (row_status_terminal(o->row.status) && o->traded >= o->row.filled)
		tell_end(m, o);
	else if (o->row.status == ROW_OPEN)
		merge_tell(m, o, REPORT_OPEN, 0, "");
	else if (o->row.status == ROW_TRIGGER_PENDING)
		merge_tell(m, o, REPORT_TRIGGER_PENDING, 0, "");
	advance_terms(m, o);
	change_zombie(m, o);
}

void merge_tick(struct merge *m)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	for (size_t i = 0; i < m->n; i++) {
		change_tick(m, &m->order[i]);
		if (m->order[i].has_row)
			merge_advance(m, &m->order[i]);
	}
}

/* -- rows ------------------------------------------------------------------------------------------------------------------------------- */

static int progress(enum row_status s)
{
	static const int rank[ROW_STATUSES] = {
		[ROW_WORKING_UNKNOWN] = 0, [ROW_RECEIVED] = 1, [ROW_AMO] = 1, [ROW_VALIDATING] = 2, [ROW_OPEN_PENDING] = 3, [ROW_TRIGGER_PENDING] = 4,
		[ROW_OPEN] = 5, [ROW_MODIFYING] = 6, [ROW_NOT_MODIFIED] = 7, [ROW_MODIFIED] = 8, [ROW_CANCELLING] = 9, [ROW_NOT_CANCELLED] = 10,
		[ROW_REJECTED] = 11, [ROW_CANCELLED] = 12, [ROW_COMPLETE] = 13,
	};

	return rank[s];
}

/* A total order, so that the best row is the same whatever came first. */
static bool better(const struct order_row *a, const struct order_row *b)
{
	bool ended_a = row_status_terminal(a->status), ended_b = row_status_terminal(b->status);

	if (ended_a != ended_b)
		return ended_a;
	if (a->updated != b->updated)
		return a->updated > b->updated;
	if (a->filled != b->filled)
		return a->filled > b->filled;
	return progress(a->status) > progress(b->status);
}

static bool same_row(const struct order_row *a, const struct order_row *b)
{
	return a->status == b->status && a->filled == b->filled && a->updated == b->updated && strcmp(a->text, b->text) == 0;
}

/* An ended row's price is history, and may be shown as an average. */
static void take_terms(struct merge_order *o, const struct order_row *r)
{
	if (!merge_settled(r->status) || row_status_terminal(r->status) || r->price <= 0 || r->updated < o->terms_at)
		return;
	o->terms_at = r->updated;
	o->price = r->price;
	o->trigger = r->trigger;
}

static void note_status(struct merge *m, struct merge_order *o, const struct order_row *r)
{
	bool ended = row_status_terminal(r->status); /* by its quantities */

	if (o->status_noted || (r->status != ROW_WORKING_UNKNOWN && !ended) || row_status_of(r->text) != ROW_WORKING_UNKNOWN)
		return;
	o->status_noted = true;
	merge_note(m, MERGE_NOTE_STATUS, "order %s shows the status \"%s\", which is not known; it counts as %s", o->number, r->text, ended ? "ended" : "working");
	m->want_book = true;
}

static void apply(struct merge *m, struct merge_order *o, const struct order_row *r, nanos_t began)
{
	o->in_book = o->in_book || m->book_began > 0;
	o->vanished = false;
	m->counts.duplicates += o->has_row && same_row(&o->row, r);
	if (began > 0 && o->has_row && r->updated > 0 && o->row.updated > r->updated && o->row_at < began) {
		m->book_stale++; /* older than what was heard before the question was asked */
		m->counts.rows_stale++;
	}
	if (!o->has_row || better(r, &o->row)) {
		o->row = *r;
		o->has_row = true;
		o->row_at = m->span;
	}
	note_status(m, o, r);
	take_terms(o, r);
	change_row(m, o, r, began);
	merge_advance(m, o);
}

/* -- whose is it? -------------------------------------------------------------------------------------------------------------------------- */

static void park(struct merge *m, const struct order_row *r)
{
	for (size_t i = 0; i < m->n_parked; i++)
		if (strcmp(m->parked[i].number, r->number) == 0) {
			if (better(r, &m->parked[i]))
				m->parked[i] = *r;
			return;
		}
	if (m->n_parked < MERGE_PARKED)
		m->parked[m->n_parked++] = *r;
	else
		m->parked[m->park_next++ % MERGE_PARKED] = *r;
}

void merge_unpark(struct merge *m, struct merge_order *o)
{
	for (size_t i = 0; i < m->n_parked; i++)
		if (strcmp(m->parked[i].number, o->number) == 0) {
			struct order_row r = m->parked[i];

			m->parked[i] = m->parked[--m->n_parked];
			apply(m, o, &r, 0);
			return;
		}
}

void merge_bind(struct merge *m, struct merge_order *o, const char *number)
{
	assert(o->number[0] == '\0');
	merge_text(o->number, sizeof(o->number), number);
	o->bound = m->span;
	o->unproven = false;
	idmap_add(&m->by_number, merge_key(number), (uint64_t)(o - m->order) + 1);
	m->want_trades = m->want_trades || m->trades_deferred;
	merge_advance(m, o);
	merge_unpark(m, o);
}

bool merge_same_terms(const struct merge_order *o, const struct order_row *r)
{
	return o->segment == r->segment && o->request.side == r->side && o->request.qty == r->qty && strcmp(o->symbol, r->symbol) == 0;
}

/* The broker has two orders under our one tag. Its fills are ours; it must not work on. */
struct merge_order *merge_add_copy(struct merge *m, struct merge_order *first, const char *number)
{
	size_t at = (size_t)(first - m->order);
	struct merge_order *o = merge_add(m);

	first = &m->order[at];
	first->known = 0;
	o->request = first->request;
	o->instrument = first->instrument;
	o->segment = first->segment;
	memcpy(o->symbol, first->symbol, sizeof(o->symbol));
	o->copy = true;
	o->told = ORDER_CANCELLED;
	merge_text(o->number, sizeof(o->number), number);
	o->bound = m->span;
	merge_index(m, o);
	merge_note(m, MERGE_NOTE_TWIN, "order %s is a second copy of %s: it is cancelled", number, first->number);
	return o;
}

bool merge_findable(const struct merge_order *o)
{
	return !o->copy && o->number[0] == '\0' && (o->lost || o->told == ORDER_SENT || o->told == ORDER_UNKNOWN || o->told == ORDER_ABSENT);
}

/* One whose resend was refused: only the first attempt can be what turns up, and the tag alone tells of it. */
static bool refused_again(const struct merge_order *o)
{
	return !o->copy && o->number[0] == '\0' && o->doubted && o->told == ORDER_REJECTED;
}

/* A tag that came back cut: it must be the beginning of one unbound tag only, and everything else must agree. */
static struct merge_order *by_cut_tag(struct merge *m, const struct order_row *r)
{
	size_t len = strlen(r->tag);
	struct merge_order *found = NULL;

	if (len < TAG_CUT_MIN || len >= ORDER_TAG_TEXT - 1)
		return NULL;
	for (size_t i = 0; i < m->n; i++)
		if (!m->order[i].copy && m->order[i].number[0] == '\0' && strncmp(m->order[i].request.tag, r->tag, len) == 0) {
			if (found)
				return NULL;
			found = &m->order[i];
		}
	return found && (merge_findable(found) || refused_again(found)) && strlen(found->request.tag) > len && merge_same_terms(found, r) ? found : NULL;
}

/* The order that this row's tag names, bound to its number now; NULL for none. */
static struct merge_order *by_tag(struct merge *m, const struct order_row *r)
{
	struct merge_order *o = r->tag[0] ? at_index(m, idmap_find(&m->by_tag, merge_key(r->tag))) : NULL;

	if (o && (strcmp(o->symbol, r->symbol) != 0 || o->request.side != r->side || o->segment != r->segment)) {
		merge_note(m, MERGE_NOTE_CONTRADICTION, "order %s carries our tag and is another order", r->number);
		return NULL;
	}
	if (!o)
		o = by_cut_tag(m, r);
	if (!o)
		return NULL;
	if (o->number[0])
		return merge_add_copy(m, o, r->number);
	merge_bind(m, o, r->number);
	return o;
}

static void foreign_row(struct merge *m, const struct order_row *r)
{
	uint32_t epoch;
	uint64_t order;

	if (!idmap_add(&m->foreign, merge_key(r->number), (uint64_t)m->span))
		return;
	m->counts.foreign_orders++;
	merge_note(m, MERGE_NOTE_FOREIGN_ORDER, order_tag_parse(r->tag, &epoch, &order) ? "order %s (%s) is one of this engine's that it no longer knows" :
	           "order %s (%s) was not placed by this engine", r->number, r->symbol);
}

void merge_row(struct merge *m, const struct order_row *r, nanos_t began)
{
	struct merge_order *o = merge_find_number(m, r->number);
	const uint64_t *seen;

	m->book_rows += m->book_began > 0;
	if (!o)
		o = by_tag(m, r);
	if (o) {
		apply(m, o, r, began);
		return;
	}
	seen = idmap_find(&m->foreign, merge_key(r->number));
	unknown_like(m, r, seen ? (nanos_t)*seen : m->span);
	if (m->book_began > 0) {
		foreign_row(m, r);
		merge_lost_row(m, r, !seen);
		merge_stranger_row(m, r);
		return;
	}
	if (!seen)
		park(m, r);
	m->want_book = true; /* somebody else's, most likely: the books say */
	m->want_trades = m->want_trades || (seen && r->filled > 0);
}

void merge_book_begin(struct merge *m, nanos_t began)
{
	CHECK_OBJ(m, MERGE_MAGIC);
	m->book_began = began > 0 ? began : 1;
	m->book_rows = m->book_stale = 0;
	for (size_t i = 0; i < m->n; i++)
		m->order[i].like = m->order[i].in_book = false;
	merge_strangers_book(m, false);
}

/* Orders whose row should have been there: known for a while when the question was asked. */
static unsigned missing_rows(struct merge *m)
{
	unsigned missing = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct merge_order *o = &m->order[i];

		if (o->number[0] == '\0' || o->earlier || o->in_book || o->bound + MERGE_UNKNOWN_FIRST > m->book_began)
			continue;
		missing++;
		if (order_terminal((enum order_state)o->told) && !o->copy)
			continue;
		if (!o->vanished)
			merge_note(m, MERGE_NOTE_VANISHED, "order %s is missing from the order book; it counts as working", o->number);
		o->vanished = true;
	}
	return missing;
}

bool merge_book_end(struct merge *m, bool whole)
{
	unsigned missing;
	bool believable;

	CHECK_OBJ(m, MERGE_MAGIC);
	missing = whole ? missing_rows(m) : 0;
	believable = whole && !(m->book_rows == 0 && missing > 0);
	if (believable) {
		unknown_book(m, missing == 0 && m->book_stale == 0);
		merge_strangers_book(m, true);
		m->lost_tail = false;
	}
	m->book_began = 0;
	return believable;
}
