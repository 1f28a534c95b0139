#include "lib/feed/kotak/universe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/kotak/reports.h"

#define TABLE_SIZE 8192u /* power of two, more than twice the slots */
#define INDEX_TICK 500   /* 0.05 rupee */
#define LIQUID_REACH 5   /* strikes each side of the money that trade all the time */

static_assert(TABLE_SIZE > 2 * SFEED_TOKENS_MAX, "the table must stay half empty");

/* -- segments and keys --------------------------------------------------------------------------------------------------- */

static const uint8_t exchanges[SEGMENT_COUNT] = { [SEGMENT_NSE_CM] = 1, [SEGMENT_NSE_FO] = 2, [SEGMENT_BSE_CM] = 5, [SEGMENT_BSE_FO] = 6 };

static uint8_t universe_exchange(enum segment s)
{
	return exchanges[s];
}

const char *universe_segment(uint8_t exchange)
{
	for (enum segment s = 0; s < SEGMENT_COUNT; s++)
		if (exchanges[s] == exchange)
			return segment_wire_name(s);
	return NULL;
}

void universe_key(const struct universe_slot *s, char ret[UNIVERSE_KEY])
{
	if (s->index)
		snprintf(ret, UNIVERSE_KEY, "%s|%s", universe_segment(s->exchange), s->index->feed);
	else
		snprintf(ret, UNIVERSE_KEY, "%s|%u", universe_segment(s->exchange), s->token);
}

struct universe_slot *universe_by_key(struct universe *u, const char *key)
{
	const char *bar = strchr(key, '|'), *id = bar ? bar + 1 : "";
	struct universe_slot *s;
	enum segment segment;
	char name[16];
	int64_t token;

	if (!bar || (size_t)(bar - key) >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(bar - key), key);
	if (!segment_of_wire(name, &segment) || segment == SEGMENT_COUNT)
		return NULL;
	if ((s = universe_by_name(u, exchanges[segment], id, strlen(id))))
		return s;
	return num_parse_int(id, strlen(id), 0, UINT32_MAX, &token) == ERR_OK ? universe_by_token(u, exchanges[segment], (uint32_t)token) : NULL;
}

/* -- tokens -------------------------------------------------------------------------------------------------------------- */

static uint32_t table_at(uint8_t exchange, uint32_t token)
{
	return (uint32_t)prng_mix((uint64_t)exchange << 32 | token) & (TABLE_SIZE - 1);
}

struct universe_slot *universe_by_token(struct universe *u, uint8_t exchange, uint32_t token)
{
	for (uint32_t at = table_at(exchange, token); u->table[at] != 0; at = (at + 1) & (TABLE_SIZE - 1)) {
		struct universe_slot *s = &u->slot[u->table[at] - 1];

		if (s->token == token && s->exchange == exchange)
			return s;
	}
	return NULL;
}

struct universe_slot *universe_by_name(struct universe *u, uint8_t exchange, const char *name, size_t len)
{
	for (uint32_t i = 0; i < u->underlyings; i++) {
		const struct universe_underlying *n = &u->underlying[i];

		if (!n->index || n->slot == UINT32_MAX || u->slot[n->slot].exchange != exchange)
			continue;
		if (strlen(n->index->feed) == len && memcmp(n->index->feed, name, len) == 0)
			return &u->slot[n->slot];
	}
	return NULL;
}

static void table_put(struct universe *u, const struct universe_slot *s)
{
	uint32_t at = table_at(s->exchange, s->token);

	while (u->table[at] != 0)
		at = (at + 1) & (TABLE_SIZE - 1);
	u->table[at] = (uint16_t)(s - u->slot + 1);
}

/* -- announcing ---------------------------------------------------------------------------------------------------------- */

/* The core's id of that symbol: its own for a known one, the next for a new one. False when they are not the same thing. */
static bool identify(const struct universe *u, struct instrument *i, const struct instrument **ret_known, nanos_t now)
{
	uint32_t id = core_find_instrument(u->core, i->symbol);

	*ret_known = NULL;
	if (id == INSTRUMENT_NONE) {
		i->id = u->core->s->instruments;
		if (i->id < u->core->s->limits.instruments)
			return true;
		notes_say(u->notes, NOTE_ROOM, now, "no room for %s: the engine holds %u instruments; raise engine.instruments", i->symbol, i->id);
		return false;
	}
	const struct instrument *known = &u->core->instrument[id];
	i->id = id;
	*ret_known = known;
	if (known->kind == i->kind && known->segment == i->segment && known->expiry == i->expiry && known->strike == i->strike)
		return true;
	notes_say(u->notes, NOTE_SYMBOL, now, "%s of today's master is not the instrument the journal knows by that symbol; it is left out", i->symbol);
	return false;
}

static bool announce(const struct universe *u, struct instrument *i, nanos_t now)
{
	const struct instrument *known;
	struct event e;

	if (!instrument_valid(i)) {
		notes_say(u->notes, NOTE_SYMBOL, now, "the master's row of %.40s makes no sense; it is left out", i->symbol);
		return false;
	}
	if (!identify(u, i, &known, now))
		return false;
	if (known && i->underlying_id == INSTRUMENT_NONE)
		i->underlying_id = known->underlying_id; /* held, and of an underlying that is watched no more */
	if (i->underlying_id == INSTRUMENT_NONE && (i->kind == INSTRUMENT_INDEX || i->kind == INSTRUMENT_EQUITY))
		i->underlying_id = i->id;
	if (known && memcmp(known, i, sizeof(*i)) == 0)
		return true;
	event_init(&e, EVENT_INSTRUMENT, now, i->id);
	e.instrument = *i;
	return u->post(u->ctx, &e) && u->core->s->instruments > i->id;
}

/* A slot for an instrument; NULL when it cannot be had. `i` is completed. */
static struct universe_slot *add(struct universe *u, struct instrument *i, const struct master_row *row, const struct index_name *index, nanos_t now)
{
	struct universe_slot *s = &u->slot[u->slots];

	if (u->slots == SFEED_TOKENS_MAX) {
		notes_say(u->notes, NOTE_ROOM, now, "%s is not watched: one connection takes %d instruments; lower feed strikes", i->symbol, SFEED_TOKENS_MAX);
		return NULL;
	}
	if (row && universe_by_token(u, universe_exchange(row->segment), row->token))
		return NULL; /* two of one token: neither may stand in for the other */
	if (!announce(u, i, now))
		return NULL;
	*s = (struct universe_slot){ .instrument = *i, .index = index, .underlying = UINT32_MAX, .level = index ? LEVEL_INDEX : u->level };
	s->exchange = universe_exchange(i->segment);
	if (row) {
		s->token = row->token;
		memcpy(s->trading, row->symbol, sizeof(s->trading));
	}
	u->slots++;
	u->unsent++;
	if (row)
		table_put(u, s);
	return s;
}

static bool watched(const struct universe *u, const struct master_row *row)
{
	return universe_by_token((struct universe *)u, universe_exchange(row->segment), row->token) != NULL;
}

static struct universe_slot *add_row(struct universe *u, const struct master_row *row, uint32_t underlying, nanos_t now)
{
	const struct universe_underlying *n = underlying == UINT32_MAX ? NULL : &u->underlying[underlying];
	struct universe_slot *s;
	struct instrument i;

	if (watched(u, row))
		return NULL;
	memset(&i, 0, sizeof(i));
	master_instrument(row, &i);
	i.underlying_id = n && n->slot != UINT32_MAX ? u->slot[n->slot].instrument.id : INSTRUMENT_NONE;
	i.flags |= INSTRUMENT_TRADABLE;
	if ((s = add(u, &i, row, NULL, now)))
		s->underlying = underlying;
	return s;
}

/* -- underlyings --------------------------------------------------------------------------------------------------------- */

static void add_index(struct universe *u, uint32_t underlying, nanos_t now)
{
	struct universe_underlying *n = &u->underlying[underlying];
	struct universe_slot *s;
	struct instrument i;

	memset(&i, 0, sizeof(i));
	memcpy(i.symbol, n->symbol, sizeof(n->symbol));
	memcpy(i.underlying, n->symbol, sizeof(i.underlying));
	i.underlying_id = INSTRUMENT_NONE;
	i.kind = INSTRUMENT_INDEX;
	i.segment = (uint8_t)n->index->segment;
	i.tick = INDEX_TICK;
	i.lot = 1;
	if (!(s = add(u, &i, NULL, n->index, now)))
		return;
	s->underlying = underlying;
	s->own = s->liquid = true;
	n->slot = (uint32_t)(s - u->slot);
}

/* The core, its strategies and the pages name a share by its ticker alone. */
static void add_share(struct universe *u, uint32_t underlying, nanos_t now)
{
	struct universe_underlying *n = &u->underlying[underlying];
	const struct master_row *row = master_share(u->master, SEGMENT_NSE_CM, n->symbol);
	struct universe_slot *s;
	struct instrument i;

	if (!row) {
		notes_say(u->notes, NOTE_SYMBOL, now, "today's master lists no share or index %s; correct feed underlyings", n->symbol);
		return;
	}
	memset(&i, 0, sizeof(i));
	master_instrument(row, &i);
	memset(i.symbol, 0, sizeof(i.symbol));
	memcpy(i.symbol, n->symbol, sizeof(n->symbol));
	memcpy(i.underlying, n->symbol, sizeof(i.underlying));
	i.underlying_id = INSTRUMENT_NONE;
	i.flags |= INSTRUMENT_TRADABLE;
	if (!(s = add(u, &i, row, NULL, now)))
		return;
	s->underlying = underlying;
	s->own = s->liquid = true;
	n->slot = (uint32_t)(s - u->slot);
}

static void add_future(struct universe *u, uint32_t underlying, nanos_t now)
{
	const struct universe_underlying *n = &u->underlying[underlying];
	const struct master_row *row;
	struct universe_slot *s;
	date_t expiry;

	if (master_expiries(u->master, n->derivatives, n->symbol, INSTRUMENT_FUTURE, u->day, &expiry, 1) == 0)
		return;
	if ((row = master_contract(u->master, n->derivatives, n->symbol, expiry, 0, INSTRUMENT_FUTURE)) && (s = add_row(u, row, underlying, now)))
		s->liquid = true;
}

static void find_chain(struct universe *u, struct universe_underlying *n)
{
	n->expiry = 0;
	n->strikes = n->low = n->high = 0;
	if (master_expiries(u->master, n->derivatives, n->symbol, INSTRUMENT_CALL, u->day, &n->expiry, 1) > 0)
		n->strikes = (uint32_t)master_strikes(u->master, n->derivatives, n->symbol, n->expiry, n->strike, UNIVERSE_STRIKES_MAX);
}

/* -- what is held -------------------------------------------------------------------------------------------------------- */

/* Whatever is held or may be filled must have a price, wherever the money went meanwhile. */
static void add_held(struct universe *u, uint32_t instrument, nanos_t now)
{
	const struct instrument *i;
	const struct master_row *row;
	uint32_t underlying = UINT32_MAX;

	if (instrument >= u->core->s->instruments || u->held[instrument])
		return;
	u->held[instrument] = true;
	i = &u->core->instrument[instrument];
	if (i->kind == INSTRUMENT_INDEX || i->kind == INSTRUMENT_EQUITY || (i->expiry != 0 && i->expiry < u->day))
		return; /* a share is watched as an underlying, or was dropped from them: then add_share() has said so */
	for (uint32_t n = 0; n < u->underlyings; n++)
		if (strcmp(u->underlying[n].symbol, i->underlying) == 0)
			underlying = n;
	if ((row = master_by_symbol(u->master, i->segment, i->symbol)))
		add_row(u, row, underlying, now);
	else
		notes_say(u->notes, NOTE_SYMBOL, now, "%s is held or ordered, and today's master does not list it: it has no price", i->symbol);
}

void universe_held(struct universe *u, nanos_t now)
{
	const struct core *c = u->core;

	if (!u->master)
		return;
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		if (c->slot[i].book.qty != 0)
			add_held(u, c->slot[i].book.instrument, now);
		if (c->slot[i].plan.state != PLAN_IDLE)
			add_held(u, c->slot[i].plan.contract, now);
	}
	for (uint32_t i = 0; i < c->s->limits.orders && c->s->live_orders > 0; i++)
		if (order_live(c->order[i].state))
			add_held(u, c->order[i].instrument, now);
}

/* -- the window of strikes ------------------------------------------------------------------------------------------------ */

static uint32_t nearest_strike(const struct universe_underlying *n, price_t price)
{
	uint32_t low = 0, high = n->strikes;

	while (low < high) { /* the first strike at or above the price */
		uint32_t middle = (low + high) / 2;

		if (n->strike[middle] < price)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == n->strikes || (low > 0 && price - n->strike[low - 1] < n->strike[low] - price))
		low--;
	return low;
}

static void add_strike(struct universe *u, uint32_t underlying, uint32_t strike, nanos_t now)
{
	const struct universe_underlying *n = &u->underlying[underlying];

	for (int kind = INSTRUMENT_CALL; kind <= INSTRUMENT_PUT; kind++) {
		const struct master_row *row = master_contract(u->master, n->derivatives, n->symbol, n->expiry, n->strike[strike], kind);
		struct universe_slot *s = row ? add_row(u, row, underlying, now) : NULL;
		uint32_t away = strike > n->money ? strike - n->money : n->money - strike;

		if (s)
			s->liquid = away <= LIQUID_REACH;
	}
}

void universe_price(struct universe *u, const struct universe_slot *slot, price_t price, nanos_t now)
{
	uint32_t underlying = slot->underlying;

	if (underlying == UINT32_MAX || !u->master || price <= 0)
		return;
	struct universe_underlying *n = &u->underlying[underlying];
	if (&u->slot[n->slot] != slot || n->strikes == 0)
		return;
	uint32_t money = nearest_strike(n, price);
	if (n->high > 0 && money == n->money)
		return;
	uint32_t low = money > u->reach ? money - u->reach : 0;
	uint32_t high = money + u->reach < n->strikes ? money + u->reach + 1 : n->strikes;

	bool first = n->high == 0;

	n->money = money;
	if (first)
		n->low = n->high = money; /* empty, and grows from the money outward: what is nearest is there first */
	while (n->high < high)
		add_strike(u, underlying, n->high++, now);
	while (n->low > low)
		add_strike(u, underlying, --n->low, now);
	if (first)
		master_rest(u->master); /* a few hundred lookups all over it */
}

void universe_band(struct universe *u, struct universe_slot *slot, price_t low, price_t high, nanos_t now)
{
	struct instrument i = slot->instrument;

	if (low <= 0 || high <= low || (low == i.band_low && high == i.band_high))
		return;
	i.band_low = low;
	i.band_high = high;
	if (announce(u, &i, now))
		slot->instrument = i;
}

/* -- days ---------------------------------------------------------------------------------------------------------------- */

void universe_day(struct universe *u, date_t day, nanos_t now)
{
	u->day = day;
	u->master = NULL;
	u->slots = u->unsent = 0;
	memset(u->table, 0, TABLE_SIZE * sizeof(*u->table));
	memset(u->held, 0, u->core->s->limits.instruments * sizeof(*u->held));
	for (uint32_t i = 0; i < u->underlyings; i++) {
		struct universe_underlying *n = &u->underlying[i];

		n->slot = UINT32_MAX;
		n->expiry = 0;
		n->strikes = n->low = n->high = 0;
		if (n->index)
			add_index(u, i, now);
	}
}

bool universe_master(struct universe *u, const struct master *m, nanos_t now)
{
	if (master_day(m) != u->day) {
		u->master = NULL;
		return false;
	}
	u->master = m;
	for (uint32_t i = 0; i < u->underlyings; i++) {
		if (!u->underlying[i].index && u->underlying[i].slot == UINT32_MAX)
			add_share(u, i, now);
		add_future(u, i, now);
		find_chain(u, &u->underlying[i]);
		if (u->underlying[i].slot != UINT32_MAX) { /* an index may have told its price before the master came */
			const struct universe_slot *s = &u->slot[u->underlying[i].slot];
			universe_price(u, s, s->price, now);
		}
	}
	universe_held(u, now);
	master_rest(m); /* expiries and strikes were looked for among all rows */
	return true;
}

int universe_open(struct universe *u, const struct universe_options *o)
{
	memset(u, 0, sizeof(*u));
	if (o->n_underlyings == 0 || o->n_underlyings > UNIVERSE_UNDERLYINGS_MAX)
		return ERR_INVAL;
	for (size_t i = 0; i < o->n_underlyings; i++) {
		struct universe_underlying *n = &u->underlying[i];
		size_t len = strlen(o->underlyings[i]);

		if (len == 0 || len >= sizeof(n->symbol))
			return ERR_INVAL;
		memcpy(n->symbol, o->underlyings[i], len);
		n->index = index_by_symbol(n->symbol);
		n->derivatives = n->index && n->index->segment == SEGMENT_BSE_CM ? SEGMENT_BSE_FO : SEGMENT_NSE_FO;
		n->slot = UINT32_MAX;
	}
	u->underlyings = (uint32_t)o->n_underlyings;
	u->core = o->core;
	u->notes = o->notes;
	u->reach = o->strikes;
	u->level = o->depth ? LEVEL_DEPTH : LEVEL_TOUCH;
	u->post = o->post;
	u->ctx = o->ctx;
	u->slot = calloc(SFEED_TOKENS_MAX, sizeof(*u->slot));
	u->table = calloc(TABLE_SIZE, sizeof(*u->table));
	u->held = calloc(u->core->s->limits.instruments, sizeof(*u->held));
	if (u->slot && u->table && u->held)
		return ERR_OK;
	universe_done(u);
	return ERR_NOMEM;
}

void universe_done(struct universe *u)
{
	free(u->slot);
	free(u->table);
	free(u->held);
	memset(u, 0, sizeof(*u));
}
