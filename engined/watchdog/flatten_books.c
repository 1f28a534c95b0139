/* Readings of the broker's books, taken so that none of them can undo what an earlier one proved: what was filled stays filled, what ended stays ended, and a row that is
 * missing proves nothing by itself. */
#include "engined/watchdog/flatten.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/order.h"

#define REFUSED_MOST (30 * NANOS_SECOND)

int flatten_open(struct flatten *f, uint32_t epoch, bool foreign)
{
	*f = (struct flatten){ .magic = FLATTEN_MAGIC, .epoch = epoch, .foreign = foreign, .next = 1, .cap = 64 };
	f->order = calloc(f->cap, sizeof(*f->order));
	return f->order ? ERR_OK : ERR_NOMEM;
}

void flatten_close(struct flatten *f)
{
	free(f->order);
	free(f->known);
	*f = (struct flatten){ 0 };
}

static void copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memset(to, 0, size);
	memcpy(to, from, len);
}

/* -- finding ------------------------------------------------------------------------------------------------------------------ */

static uint32_t contract_of(struct flatten *f, const char *symbol, enum segment segment, uint32_t token)
{
	struct flatten_contract *c;

	for (uint32_t i = 0; i < f->contracts; i++) {
		c = &f->contract[i];
		if (strcmp(c->symbol, symbol) == 0 && (c->segment == segment || segment == SEGMENT_COUNT || c->segment == SEGMENT_COUNT)) {
			c->segment = segment == SEGMENT_COUNT ? c->segment : segment;
			c->token = c->token ? c->token : token;
			return i;
		}
	}
	if (f->contracts == FLATTEN_CONTRACTS) {
		f->overfull = true; /* never flat then */
		return UINT32_MAX;
	}
	c = &f->contract[f->contracts];
	*c = (struct flatten_contract){ .segment = segment, .token = token };
	copy(c->symbol, sizeof(c->symbol), symbol);
	return (uint32_t)f->contracts++;
}

static bool is_known(const struct flatten *f, const char *number)
{
	for (size_t i = 0; i < f->n_known; i++)
		if (strcmp(f->known[i], number) == 0)
			return true;
	return false;
}

/* Of this engine's making, or of a watchdog's before us. A tag of a later epoch is somebody's who took over: not ours to touch. */
static bool tag_is_ours(const struct flatten *f, const char *tag)
{
	uint32_t epoch;
	uint64_t order;

	return order_tag_parse(tag, &epoch, &order) && epoch >= ORDER_EPOCH_LIVE && epoch <= f->epoch;
}

struct flatten_order *flatten_add(struct flatten *f)
{
	if (f->n == f->cap) {
		struct flatten_order *grown = realloc(f->order, 2 * f->cap * sizeof(*grown));

		assert(grown); /* an order that is forgotten is worse than a crash */
		f->order = grown;
		f->cap *= 2;
	}
	f->order[f->n] = (struct flatten_order){ 0 };
	return &f->order[f->n++];
}

void flatten_know(struct flatten *f, const char *number)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (number[0] == '\0' || is_known(f, number))
		return;
	if (f->n_known == f->cap_known) {
		size_t cap = f->cap_known ? 2 * f->cap_known : 64;
		char (*grown)[24] = realloc(f->known, cap * sizeof(*grown));

		assert(grown);
		f->known = grown;
		f->cap_known = cap;
	}
	copy(f->known[f->n_known++], sizeof(f->known[0]), number);
}

void flatten_recall(struct flatten *f, const struct order_row *r)
{
	struct flatten_order *o;
	uint32_t at;

	CHECK_OBJ(f, FLATTEN_MAGIC);
	at = contract_of(f, r->symbol, r->segment, r->token);
	if (at == UINT32_MAX)
		return;
	o = flatten_add(f);
	*o = (struct flatten_order){ .contract = at, .side = (uint8_t)r->side, .mis = true, .ours = true, .exit = true, .qty = r->qty, .price = r->price,
	                             .sent = r->number[0] ? SENT_TOLD : SENT_UNKNOWN };
	copy(o->number, sizeof(o->number), r->number);
	copy(o->tag, sizeof(o->tag), r->tag);
}

/* -- the order book ------------------------------------------------------------------------------------------------------------ */

void flatten_book(struct flatten *f, nanos_t began)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	f->book_began = began;
	f->book_whole = f->positions_whole = f->book_old = false;
	for (size_t i = 0; i < f->n; i++)
		f->order[i].like = f->order[i].in_book = false;
}

static struct flatten_order *by_number(struct flatten *f, const char *number)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->order[i].number, number) == 0)
			return &f->order[i];
	return NULL;
}

/* An exit of ours whose number was not told yet. */
static struct flatten_order *by_tag(struct flatten *f, const struct order_row *r)
{
	for (size_t i = 0; i < f->n; i++) {
		struct flatten_order *o = &f->order[i];

		if (o->exit && o->number[0] == '\0' && strcmp(o->tag, r->tag) == 0 && o->side == r->side && o->qty == r->qty)
			return o;
	}
	return NULL;
}

/* A second order under the tag of one that has its number already is nobody's exit: it is cancelled like any other of ours. */
static struct flatten_order *row_order(struct flatten *f, const struct order_row *r)
{
	struct flatten_order *o = by_number(f, r->number);
	uint32_t at;

	if (o)
		return o;
	at = contract_of(f, r->symbol, r->segment, r->token);
	if (at == UINT32_MAX)
		return NULL;
	o = by_tag(f, r);
	if (!o) {
		o = flatten_add(f);
		o->created = f->book_began;
		o->contract = at;
		o->side = (uint8_t)r->side;
		o->ours = tag_is_ours(f, r->tag) || is_known(f, r->number);
		copy(o->tag, sizeof(o->tag), r->tag);
	}
	copy(o->number, sizeof(o->number), r->number);
	if (o->exit)
		o->sent = SENT_TOLD;
	return o;
}

nanos_t flatten_patience(unsigned refusals)
{
	return refusals < 5 ? NANOS_SECOND << refusals : REFUSED_MOST;
}

/* It went back to the market for nothing: later again, from the first step of the walk. */
static void rejected(struct flatten *f, struct flatten_contract *c)
{
	c->refusals++;
	c->step = 0;
	c->again = f->book_began + flatten_patience(c->refusals);
}

void flatten_row(struct flatten *f, const struct order_row *r)
{
	struct flatten_order *o = row_order(f, r);
	bool ended = row_status_terminal(r->status), newer;

	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (!o)
		return;
	newer = r->updated >= o->updated;
	o->seen = o->in_book = true;
	f->book_old = f->book_old || !newer || r->filled < o->filled || (o->ended && !ended);
	if (r->filled > o->filled) {
		o->filled = r->filled;
		f->contract[o->contract].refusals = 0;
	}
	o->ours = o->ours || is_known(f, r->number);
	o->mis = strcmp(r->product, "MIS") == 0;
	o->average = r->average ? r->average : o->average;
	if (!newer && !ended)
		return;
	if (ended && !o->ended && r->status == ROW_REJECTED && o->exit)
		rejected(f, &f->contract[o->contract]);
	o->updated = newer ? r->updated : o->updated;
	o->qty = r->qty;
	o->price = r->price;
	o->amo = r->amo;
	o->ended = o->ended || ended;
}

static bool alike(const struct flatten_order *o, const struct flatten_order *other)
{
	return !other->ours && other->contract == o->contract && other->side == o->side && other->qty == o->qty && other->created >= o->created;
}

/* Kotak may replace a tag: a stranger's order that came after ours and equals it may be ours. */
static void look_for_likes(struct flatten *f, struct flatten_order *o)
{
	for (size_t i = 0; i < f->n && !o->like; i++)
		o->like = alike(o, &f->order[i]);
}

static void prove_absence(struct flatten *f, struct flatten_order *o)
{
	if (o->sent != SENT_UNKNOWN)
		return;
	look_for_likes(f, o);
	if (o->like && f->book_began >= o->tried + FLATTEN_QUARANTINE)
		o->sent = SENT_REFUSED; /* it is that one, or it never was: the broker's own count bounds what follows */
	if (o->like || f->book_began < o->tried + FLATTEN_UNKNOWN_FIRST)
		return;
	o->proofs++;
	o->late_proof = o->late_proof || f->book_began >= o->tried + FLATTEN_UNKNOWN_LAST;
	if (o->proofs >= 2 && o->late_proof)
		o->sent = SENT_DUE;
}

void flatten_book_end(struct flatten *f, bool whole)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	for (size_t i = 0; i < f->n; i++)
		f->book_old = f->book_old || (f->order[i].seen && !f->order[i].in_book);
	f->book_whole = whole;
	for (size_t i = 0; i < f->n && whole && !f->book_old; i++)
		prove_absence(f, &f->order[i]);
}

/* -- positions -------------------------------------------------------------------------------------------------------------------- */

void flatten_positions(struct flatten *f)
{
	CHECK_OBJ(f, FLATTEN_MAGIC);
	for (size_t i = 0; i < f->contracts; i++) {
		f->contract[i].net = 0;
		f->contract[i].shown = false;
	}
}

void flatten_position(struct flatten *f, const char *symbol, enum segment segment, const char *product, qty_t net)
{
	uint32_t at;

	CHECK_OBJ(f, FLATTEN_MAGIC);
	if (strcmp(product, "MIS") != 0)
		return;
	at = contract_of(f, symbol, segment, 0);
	if (at == UINT32_MAX)
		return;
	f->contract[at].net += net;
	f->contract[at].shown = true;
}

