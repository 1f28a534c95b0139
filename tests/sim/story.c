#include "tests/sim/story.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/journal/journal.h"

/* -- tables -------------------------------------------------------------------------------------------------------------------------- */

static uint64_t tag_key(const char *tag)
{
	uint64_t key = 0;

	for (; *tag; tag++)
		key = prng_mix(key * 131 + (unsigned char)*tag);
	return key;
}

static void put(uint32_t *table, size_t room, uint64_t key, uint32_t value)
{
	size_t at = key & (room - 1);

	while (table[at])
		at = (at + 1) & (room - 1);
	table[at] = value;
}

struct chain *story_find(const struct story *b, const char *tag)
{
	size_t room = 2 * b->cap;

	for (size_t at = room ? tag_key(tag) & (room - 1) : 0; room && b->by_tag[at]; at = (at + 1) & (room - 1))
		if (strcmp(b->chain[b->by_tag[at] - 1].tag, tag) == 0)
			return &b->chain[b->by_tag[at] - 1];
	return NULL;
}

struct chain *story_by_order(const struct story *b, uint64_t order)
{
	size_t room = 2 * b->cap;
	struct chain *newest = NULL;

	for (size_t at = room ? prng_mix(order) & (room - 1) : 0; room && b->by_order[at]; at = (at + 1) & (room - 1)) {
		struct chain *c = &b->chain[b->by_order[at] - 1];

		if (c->order == order && (!newest || c->epoch > newest->epoch))
			newest = c;
	}
	return newest;
}

static void index_chain(struct story *b, size_t i)
{
	put(b->by_tag, 2 * b->cap, tag_key(b->chain[i].tag), (uint32_t)i + 1);
	put(b->by_order, 2 * b->cap, prng_mix(b->chain[i].order), (uint32_t)i + 1);
}

static void grow(struct story *b)
{
	b->cap = b->cap ? 2 * b->cap : 256;
	b->chain = realloc(b->chain, b->cap * sizeof(*b->chain));
	free(b->by_tag);
	free(b->by_order);
	b->by_tag = calloc(2 * b->cap, sizeof(*b->by_tag));
	b->by_order = calloc(2 * b->cap, sizeof(*b->by_order));
	assert(b->chain && b->by_tag && b->by_order);
	for (size_t i = 0; i < b->n; i++)
		index_chain(b, i);
}

/* -- records ------------------------------------------------------------------------------------------------------------------------- */

static void add_price(struct chain *c, price_t price)
{
	if (c->prices == STORY_PRICES) /* the oldest goes */
		memmove(c->price, c->price + 1, sizeof(c->price[0]) * --c->prices);
	c->price[c->prices++] = price;
}

static struct chain *room(struct story *b)
{
	if (b->n == b->cap)
		grow(b);
	return &b->chain[b->n];
}

static struct chain *new_chain(struct story *b, const struct record *head, const struct order_request *r)
{
	struct chain *c = room(b);

	*c = (struct chain){ .order = r->order, .instrument = head->instrument, .strategy = r->strategy, .side = r->side, .purpose = r->purpose,
	                     .product = r->product, .qty = r->qty, .state = ORDER_INTENT };
	memcpy(c->tag, r->tag, sizeof(c->tag));
	c->epoch = b->epoch;
	index_chain(b, b->n++);
	b->orders++;
	if (r->purpose == PURPOSE_ENTRY && r->strategy < STORY_STRATEGIES)
		b->sent[r->strategy] += r->qty;
	return c;
}

static void take_place(struct story *b, const struct record *head, const struct order_request *r)
{
	struct chain *c = story_find(b, r->tag);

	c = c ? c : new_chain(b, head, r);
	c->places++;
	c->place_seq = head->seq;
	add_price(c, r->price);
}

static void take_modify(struct story *b, const struct record *head, const struct order_request *r)
{
	struct chain *c = story_find(b, r->tag);

	if (!c)
		return;
	c->modify_seq = head->seq;
	add_price(c, r->price);
}

static void take_fill(struct story *b, const struct outcome_fill *f)
{
	struct chain *c = story_by_order(b, f->order);

	b->fills++;
	if (f->strategy < STORY_STRATEGIES)
		b->held[f->strategy] += f->side == SIDE_BUY ? f->qty : -f->qty;
	b->flow += f->side == SIDE_BUY ? -f->qty * f->price : f->qty * f->price;
	if (!c)
		return;
	c->filled += f->qty;
	c->value += f->qty * f->price;
}

static void take_command(struct story *b, const struct record *head, const struct event_command *c)
{
	if (c->command == COMMAND_KILL_STOP || c->command == COMMAND_KILL_FLATTEN)
		b->kill_seq = head->seq;
	else if (c->command == COMMAND_RESUME && (!b->kill_seq || c->reason[0]))
		b->kill_seq = 0;
	b->followed = b->followed || c->command == COMMAND_ACKNOWLEDGE;
}

/* Its first order stands before it. */
static void take_decision(struct story *b, const struct outcome_decision *d, const struct record *head)
{
	const struct chain *first = story_by_order(b, d->order);

	if (d->refusal != REFUSAL_NONE || d->strategy >= STORY_STRATEGIES || head->instrument >= STORY_INSTRUMENTS)
		return;
	b->decisions++;
	b->wished[d->strategy] = d->lots * b->lot[head->instrument];
	b->sent[d->strategy] = first ? first->qty : 0;
}

static void take_instrument(struct story *b, uint32_t number, const struct instrument *i)
{
	memcpy(b->symbol[number], i->symbol, sizeof(b->symbol[0]));
	b->lot[number] = i->lot;
}

static void take_order(struct chain *c, const struct outcome_order *o)
{
	c->state = o->state;
	c->outcomes++;
	c->told = o->filled;
}

/* A book that nobody's strategy decides for changes without a fill: what others traded was taken over, or they closed it themselves. */
static void take_alert(struct story *b, const struct outcome_alert *a)
{
	b->alerts[a->alert % ALERT_KINDS]++;
	if (a->alert != ALERT_FOREIGN || a->strategy >= STORY_STRATEGIES)
		return;
	if (!strstr(a->text, ": taken over") && !strstr(a->text, ": closed by others"))
		return;
	b->held[a->strategy] += a->value;
	b->followed = true;
}

static void take_outcome(struct story *b, const struct record *head, const void *payload)
{
	struct chain *c;

	if (head->kind == OUTCOME_ORDER && (c = story_find(b, ((const struct outcome_order *)payload)->request.tag)) != NULL)
		take_order(c, payload);
	else if (head->kind == OUTCOME_FILL)
		take_fill(b, payload);
	else if (head->kind == OUTCOME_DECISION)
		take_decision(b, payload, head);
	else if (head->kind == OUTCOME_STATE)
		b->flat_said = ((const struct outcome_state *)payload)->state == ENGINE_FLAT;
	else if (head->kind == OUTCOME_ALERT)
		take_alert(b, payload);
}

void story_take(struct story *b, const struct record *head, const void *payload)
{
	struct chain *c;

	b->last_seq = head->seq;
	if (head->kind == EVENT_START) {
		b->epoch = ((const struct event_start *)payload)->epoch;
		b->epochs++;
	} else if (head->kind == EVENT_INSTRUMENT && head->instrument < STORY_INSTRUMENTS)
		take_instrument(b, head->instrument, payload);
	else if (head->kind == EVENT_COMMAND)
		take_command(b, head, payload);
	else if (head->kind == EVENT_ORDER && ((const struct event_order *)payload)->report == REPORT_ABSENT &&
	         (c = story_by_order(b, ((const struct event_order *)payload)->order)) != NULL)
		c->absents++;
	else if (head->kind == ACTION_PLACE)
		take_place(b, head, payload);
	else if (head->kind == ACTION_MODIFY)
		take_modify(b, head, payload);
	else if (head->kind == ACTION_CANCEL && (c = story_find(b, ((const struct order_request *)payload)->tag)) != NULL)
		c->cancel_seq = head->seq;
	else
		take_outcome(b, head, payload);
}

void story_keep(struct story *b, const struct chain *c)
{
	struct chain *k = story_find(b, c->tag);

	if (k) {
		*k = *c;
		return;
	}
	*room(b) = *c;
	index_chain(b, b->n++);
}

/* -- life ---------------------------------------------------------------------------------------------------------------------------- */

void story_init(struct story *b)
{
	*b = (struct story){ 0 };
}

void story_done(struct story *b)
{
	free(b->chain);
	free(b->by_tag);
	free(b->by_order);
	*b = (struct story){ 0 };
}

bool story_read(struct story *b, const char *journal_dir, uint64_t last)
{
	struct journal_reader *reader;
	struct journal_error error = { "" };
	struct record head;
	const void *payload;
	size_t len;
	int got = 0;

	if (journal_reader_open(journal_dir, b->last_seq + 1, &reader, &error) != ERR_OK)
		return false;
	while (b->last_seq < last && (got = journal_reader_next(reader, &head, &payload, &len)) == 1)
		story_take(b, &head, payload);
	journal_reader_close(&reader);
	return got >= 0;
}
