#include "engined/drill/books.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/order.h"

/* Positions are by instrument, and the core numbers at most so many. */
#define INSTRUMENTS_MAX 65536

void drill_books_done(struct drill_books *b)
{
	free(b->at);
	free(b->instrument);
	memset(b, 0, sizeof(*b));
}

struct drill_order *drill_books_add(struct drill_books *b)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 256;
		struct drill_order *at = realloc(b->at, cap * sizeof(*at));

		if (!at) {
			b->failed = true;
			return NULL;
		}
		b->at = at;
		b->cap = cap;
	}
	return memset(&b->at[b->n++], 0, sizeof(b->at[0]));
}

/* -- the journal ---------------------------------------------------------------------------------------------------- */

/* The newest are asked for most. */
static struct drill_order *of_number(struct drill_books *b, uint64_t number)
{
	for (size_t i = b->n; i-- > 0;)
		if (b->at[i].number == number)
			return &b->at[i];
	return NULL;
}

static struct drill_instrument *instrument(struct drill_books *b, uint32_t id)
{
	if (id >= INSTRUMENTS_MAX) {
		b->failed = true;
		return NULL;
	}
	if (id >= b->instruments) {
		size_t n = id + 1024;
		struct drill_instrument *at = realloc(b->instrument, n * sizeof(*at));

		if (!at) {
			b->failed = true;
			return NULL;
		}
		memset(at + b->instruments, 0, (n - b->instruments) * sizeof(*at));
		b->instrument = at;
		b->instruments = n;
	}
	return &b->instrument[id];
}

/* Placed again under its tag: by its rules only what was proven never to have arrived. */
static void journal_again(struct drill_books *b, struct drill_order *o)
{
	b->resent++;
	b->blind += !o->absent;
	o->absent = false;
	o->ended = false;
}

static void journal_place(struct drill_books *b, uint32_t id, const struct order_request *r)
{
	struct drill_order *known = of_number(b, r->order);

	if (known) {
		journal_again(b, known);
		return;
	}
	struct drill_instrument *of = instrument(b, id);
	struct drill_order *o = of ? drill_books_add(b) : NULL;

	if (!o)
		return;
	memcpy(o->tag, r->tag, sizeof(o->tag));
	memcpy(o->symbol, of->symbol, sizeof(o->symbol));
	o->number = r->order;
	o->side = r->side;
	o->qty = r->qty;
}

static void journal_report(struct drill_books *b, const struct event_order *e)
{
	struct drill_order *o = e->report == REPORT_ABSENT ? of_number(b, e->order) : NULL;

	if (o)
		o->absent = true;
}

static void journal_order(struct drill_books *b, const struct outcome_order *e)
{
	struct drill_order *o = of_number(b, e->request.order);

	if (!o)
		return; /* denied before it was placed */
	memcpy(o->ref, e->broker_ref, sizeof(o->ref));
	o->filled = e->filled;
	o->ended = order_terminal((enum order_state)e->state);
}

static void journal_fill(struct drill_books *b, uint32_t id, const struct outcome_fill *e)
{
	struct drill_instrument *of = instrument(b, id);
	struct drill_order *o = of_number(b, e->order);
	money_t value;

	if (!of || !o || !num_mul(e->qty, e->price, &value) || !num_add(o->value, value, &o->value)) {
		b->failed = true;
		return;
	}
	o->executions++;
	o->executed += e->qty;
	b->uneven -= of->net != 0;
	of->net += e->side == SIDE_BUY ? e->qty : -e->qty;
	b->uneven += of->net != 0;
}

void drill_journal_add(struct drill_books *b, const struct record *head, const void *payload)
{
	struct drill_instrument *of;

	switch (head->kind) {
	case EVENT_INSTRUMENT:
		of = instrument(b, head->instrument);
		if (of)
			memcpy(of->symbol, ((const struct instrument *)payload)->symbol, sizeof(of->symbol));
		break;
	case EVENT_ORDER:
		journal_report(b, payload);
		break;
	case ACTION_PLACE:
		journal_place(b, head->instrument, payload);
		break;
	case OUTCOME_ORDER:
		journal_order(b, payload);
		break;
	case OUTCOME_FILL:
		journal_fill(b, head->instrument, payload);
		break;
	default:
		break;
	}
}

/* -- the verdict ---------------------------------------------------------------------------------------------------- */

static void wrong(struct drill_verdict *v, size_t *count, const struct drill_order *o, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void wrong(struct drill_verdict *v, size_t *count, const struct drill_order *o, const char *format, ...)
{
	char what[160];
	va_list args;

	(*count)++;
	if (v->first[0])
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(v->first, sizeof(v->first), "%s %s: %s", o->symbol, o->tag[0] ? o->tag : o->ref, what);
}

static const struct drill_order *of_tag(const struct drill_books *b, const char *tag, const struct drill_order *but)
{
	for (size_t i = 0; i < b->n && tag[0]; i++)
		if (&b->at[i] != but && strcmp(b->at[i].tag, tag) == 0)
			return &b->at[i];
	return NULL;
}

/* The same order in both: what the journal lacks is lost, what it has more is invented. */
static void compare_order(struct drill_verdict *v, const struct drill_order *ours, const struct drill_order *theirs)
{
	if (strcmp(ours->ref, theirs->ref) != 0)
		wrong(v, &v->lost, theirs, "the broker's order %s is \"%s\" in the journal", theirs->ref, ours->ref);
	else if (strcmp(ours->symbol, theirs->symbol) != 0 || ours->side != theirs->side || ours->qty != theirs->qty)
		wrong(v, &v->differ, theirs, "another contract, side or quantity in the journal (%s, %lld)", ours->symbol, (long long)ours->qty);
	else if (ours->executed < theirs->executed || ours->filled < theirs->filled)
		wrong(v, &v->lost, theirs, "%lld executed at the broker, %lld in the journal", (long long)theirs->executed, (long long)ours->executed);
	else if (ours->executed > theirs->executed || ours->filled > theirs->filled)
		wrong(v, &v->invented, theirs, "%lld executed at the broker, %lld in the journal", (long long)theirs->executed, (long long)ours->executed);
	else if (ours->executions != theirs->executions || ours->value != theirs->value)
		wrong(v, &v->differ, theirs, "executed at other prices in the journal");
}

static void compare_broker(struct drill_verdict *v, const struct drill_books *journal, const struct drill_books *broker)
{
	for (size_t i = 0; i < broker->n; i++) {
		const struct drill_order *o = &broker->at[i], *ours = of_tag(journal, o->tag, NULL), *twin = of_tag(broker, o->tag, o);

		v->executions += o->executions;
		if (twin && twin < o)
			wrong(v, &v->doubled, o, "two orders at the broker, %s and %s", twin->ref, o->ref);
		else if (!ours)
			wrong(v, &v->lost, o, "the broker has it as %s, the journal does not", o->ref);
		else if (!twin)
			compare_order(v, ours, o);
	}
}

static void compare_journal(struct drill_verdict *v, const struct drill_books *journal, const struct drill_books *broker)
{
	for (size_t i = 0; i < journal->n; i++) {
		const struct drill_order *o = &journal->at[i];
		bool claimed = o->ref[0] || o->filled != 0 || o->executed != 0;

		v->journal += claimed;
		v->unsent += !claimed;
		if (claimed && !of_tag(broker, o->tag, NULL))
			wrong(v, &v->invented, o, "the journal says that the broker has it as \"%s\", and it has not", o->ref);
		if (of_tag(journal, o->tag, o) && of_tag(journal, o->tag, o) < o)
			wrong(v, &v->doubled, o, "the journal gave its tag twice");
		if (!o->ended)
			wrong(v, &v->unsettled, o, "not ended in the journal");
	}
}

void drill_verdict_add(struct drill_verdict *v, const struct drill_books *journal, const struct drill_books *broker)
{
	static const struct drill_order none = { .symbol = "books" };

	v->broker += broker->n;
	v->resent += journal->resent;
	compare_broker(v, journal, broker);
	compare_journal(v, journal, broker);
	v->uneven += broker->uneven;
	if (broker->uneven)
		wrong(v, &(size_t){ 0 }, &none, "%zu positions are open at the broker", broker->uneven);
	if (broker->uneven == 0 && journal->uneven)
		wrong(v, &v->invented, &none, "%zu positions are open in the journal and not at the broker", journal->uneven);
	for (size_t i = 0; i < journal->blind; i++)
		wrong(v, &v->doubled, &none, "%zu orders were placed again without proof that they never arrived", journal->blind);
	if (journal->failed || broker->failed)
		wrong(v, &v->differ, &none, "they could not be read to the end");
}

bool drill_verdict_holds(const struct drill_verdict *v)
{
	return v->broker > 0 && v->executions > 0 && v->broker == v->journal && v->lost + v->doubled + v->invented + v->differ + v->unsettled + v->uneven == 0;
}
