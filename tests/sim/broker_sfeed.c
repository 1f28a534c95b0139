/* The market feed: JSON in, packed little-endian packets out, several to a frame. Every packet is the whole state of its level. */
#include "tests/sim/broker_priv.h"

#include <endian.h>

#define INDEX_TOKEN 4247863880u /* not the file's */
#define LEVEL_MINI 1
#define LEVEL_TOUCH 4
#define LEVEL_DEPTH 8
#define LEVEL_FULL 16
#define LEVEL_INDEX 32

/* Room for a packet and eight bytes more is made by its header: every number is stored as eight bytes and counted as it is long. */
static void put(struct sim_broker *b, uint64_t value, size_t bytes)
{
	struct buf *f = &b->frame;
	uint64_t little = htole64(value);

	assert(f->len + sizeof(little) <= f->cap);
	memcpy(f->data + f->len, &little, sizeof(little));
	f->len += bytes;
}

static void put_double(struct sim_broker *b, int64_t value)
{
	double number = (double)value;
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	put(b, bits, 8);
}

/* -- packets -------------------------------------------------------------------------------------------------------------------------- */

static void put_header(struct sim_broker *b, struct connection *c, size_t size, unsigned code, unsigned exchange, unsigned level)
{
	assert(buf_reserve(&b->frame, size + sizeof(uint64_t)));
	put(b, size, 2);
	put(b, code, 2);
	put(b, exchange, 1);
	put(b, level, 1);
	put(b, 0, 1);
	put(b, c->sequence++, 1);
	put(b, 0, 1);
}

static uint64_t last_price(struct sim_broker *b, const struct instrument *in)
{
	static const uint32_t wrong[] = { 0, UINT32_MAX, 1 };

	if (!dice(b, SIM_BAD_TICK))
		return (uint64_t)in->ltp;
	size_t i = below(&b->dice_fault, ARRAY_LEN(wrong) + 1);

	return i == ARRAY_LEN(wrong) ? (uint64_t)in->ltp * 100 & UINT32_MAX : wrong[i];
}

static int64_t change_percent(const struct instrument *in)
{
	return in->ltp ? (in->ltp - in->previous) * 10000 / in->previous : 0;
}

static void put_mini(struct sim_broker *b, struct connection *c, const struct instrument *in, unsigned exchange)
{
	put_header(b, c, 54, 7208, exchange, LEVEL_MINI);
	put(b, in->token, 4);
	put(b, (uint64_t)(in->traded / SECOND), 8);
	put(b, last_price(b, in), 4);
	put(b, (uint64_t)in->ltq, 8);
	put(b, (uint64_t)in->previous, 4);
	put(b, (uint64_t)change_percent(in), 4);
	put(b, (uint64_t)(in->ltp ? in->ltp - in->previous : 0), 4);
	put(b, (uint64_t)in->lot, 4);
	put(b, 2, 1);
	put(b, 1, 4);
}

static void put_index(struct sim_broker *b, struct connection *c, const struct instrument *in)
{
	char name[21] = { 0 };

	memcpy(name, sim_index_name, strlen(sim_index_name));
	put_header(b, c, 87, 7207, 1, LEVEL_TOUCH);
	put(b, INDEX_TOKEN, 4);
	put(b, (uint64_t)in->open, 4);
	put(b, (uint64_t)in->previous, 4);
	put(b, (uint64_t)in->high, 4);
	put(b, (uint64_t)in->low, 4);
	put(b, last_price(b, in), 4);
	put(b, (uint64_t)(in->traded / SECOND), 8);
	put(b, (uint64_t)in->previous + 173000, 4);
	put(b, (uint64_t)in->previous - 290000, 4);
	put(b, (uint64_t)change_percent(in), 4);
	put(b, 0, 8);
	put(b, 2, 1);
	put(b, 100, 4);
	buf_put(&b->frame, name, sizeof(name));
}

static void put_rows(struct sim_broker *b, const struct level *levels, int n)
{
	for (int i = 0; i < n; i++) {
		put(b, (uint64_t)levels[i].qty, 8);
		put(b, (uint64_t)levels[i].price, 4);
		put(b, (uint64_t)levels[i].orders, 4);
	}
}

static int64_t total(const struct level *levels, int n)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += levels[i].qty;
	return sum * 40;
}

static void put_day(struct sim_broker *b, const struct instrument *in)
{
	put(b, (uint64_t)(in->traded / SECOND), 8);
	put(b, (uint64_t)(in->traded / SECOND), 8);
	put(b, (uint64_t)in->open, 4);
	put(b, (uint64_t)in->previous, 4);
	put(b, (uint64_t)in->high, 4);
	put(b, (uint64_t)in->low, 4);
	put(b, last_price(b, in), 4);
	put(b, (uint64_t)in->ltq, 8);
	put(b, (uint64_t)(in->volume ? in->turnover / in->volume : 0), 4);
	put(b, 0, 4);
}

static void put_rest(struct sim_broker *b, const struct instrument *in)
{
	put(b, 2, 2);
	put(b, (uint64_t)change_percent(in), 4);
	put(b, (uint64_t)in->interest, 4);
	put_double(b, in->turnover);
	put(b, (uint64_t)(in->ltp ? in->ltp - in->previous : 0), 4);
	put(b, (uint64_t)in->band_high, 4);
	put(b, (uint64_t)in->band_low, 4);
	put(b, (uint64_t)(in->previous * 3 / 2), 4);
	put(b, (uint64_t)(in->previous / 2), 4);
	put(b, (uint64_t)in->lot, 4);
	put(b, 2, 1);
	put(b, 1, 4);
}

/* A touch line has one row a side even where there is nothing to show. */
static void put_picture(struct sim_broker *b, struct connection *c, const struct instrument *in, unsigned exchange, unsigned level)
{
	struct level buy[SIM_DEPTH] = { 0 }, sell[SIM_DEPTH] = { 0 };
	bool open = b->now < in->close && !b->halted;
	int n_buy = open ? market_levels(b, in, 0, buy) : 0, n_sell = open ? market_levels(b, in, 1, sell) : 0;
	int rows_buy = level == LEVEL_TOUCH ? 1 : n_buy, rows_sell = level == LEVEL_TOUCH ? 1 : n_sell;

	put_header(b, c, 144 + 16 * (size_t)(rows_buy + rows_sell), 7208, exchange, level);
	put(b, in->token, 4);
	put(b, (uint64_t)total(buy, n_buy), 8);
	put(b, (uint64_t)total(sell, n_sell), 8);
	put(b, (uint64_t)in->volume, 8);
	put_day(b, in);
	put(b, (uint64_t)rows_buy, 4);
	put(b, (uint64_t)rows_sell, 4);
	put_rest(b, in);
	put_rows(b, buy, rows_buy);
	put_rows(b, sell, rows_sell);
}

/* The reference price of the closing auction, in either of its lengths. */
static void put_reference(struct sim_broker *b, struct connection *c, const struct instrument *in, bool padded)
{
	put_header(b, c, padded ? 48 : 33, 104, 1, 0);
	put(b, in->token, 4);
	put(b, (uint64_t)in->ltp, 4);
	put(b, (uint64_t)-12500, 8);
	put(b, (uint64_t)-3000, 8);
	for (int i = 0; padded && i < 15; i++)
		put(b, 0, 1);
}

static void put_levels(struct sim_broker *b, struct connection *c, size_t i, unsigned levels)
{
	const struct instrument *in = &b->instruments[i];
	unsigned exchange = master_option(in) ? 2 : 1;

	if (levels & LEVEL_INDEX)
		put_index(b, c, in);
	if (levels & LEVEL_MINI)
		put_mini(b, c, in, exchange);
	for (unsigned level = LEVEL_TOUCH; level <= LEVEL_FULL; level *= 2)
		if (levels & level)
			put_picture(b, c, in, exchange, level);
}

static void put_status(struct sim_broker *b, struct connection *c, unsigned exchange, uint16_t code)
{
	put_header(b, c, 16, 105, exchange, 0);
	put(b, code, 2);
	put(b, 0, 5);
}

/* Phases of the closing auction (8 to 12) are of the cash market alone. */
void sfeed_status(struct sim_broker *b, uint16_t code)
{
	for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
		struct connection *c = &b->connections[i];

		if (c->feed != FEED_MARKET || !c->status)
			continue;
		buf_clear(&b->frame);
		put_status(b, c, 1, code);
		if (code < 8)
			put_status(b, c, 2, code);
		feed_send(b, c, true);
	}
}

/* -- control -------------------------------------------------------------------------------------------------------------------------- */

/* The greeting numbers the exchanges, the acceptance names them only. */
static void greet(struct sim_broker *b, struct connection *c, int code)
{
	static const struct { const char *name; int value; } exchanges[] = { { "nse_cm", 1 }, { "nse_fo", 2 }, { "bse_cm", 5 }, { "bse_fo", 6 } };

	buf_clear(&b->frame);
	buf_printf(&b->frame, "{\"message_code\":%d,\"id\":\"SFD_SIM_%u\",\"version\":1,\"format\":\"native_batch\",\"exchanges\":{", code, c->id);
	for (size_t i = 0; i < ARRAY_LEN(exchanges); i++) {
		buf_printf(&b->frame, "%s\"%s\":{", i ? "," : "", exchanges[i].name);
		if (code == 1119)
			buf_printf(&b->frame, "\"value\":%d,", exchanges[i].value);
		buf_puts(&b->frame, "\"divider\":100}");
	}
	buf_puts(&b->frame, "}}");
	feed_send(b, c, false);
}

/* Some servers greet before they know who it is, some do not. */
void sfeed_open(struct sim_broker *b, struct connection *c)
{
	if (below(&b->dice_life, 2))
		greet(b, c, 1119);
}

static bool says(const struct fields *f, const char *key, const char *value)
{
	const char *given = fields_get(f, key);

	return given && !strcmp(given, value);
}

static void authenticate(struct sim_broker *b, struct connection *c, const struct fields *f)
{
	const struct session *s = session_find(b, NULL, fields_get(f, "auth"));

	if (s && s->trade && !s->ended && !s->stolen && says(f, "user", sim_broker_account()->ucc) && says(f, "format", "native_batch") && says(f, "source", "NEOTRADEAPI")) {
		c->authenticated = true;
		c->session = s->number;
		greet(b, c, 1117);
		return;
	}
	buf_clear(&b->frame);
	buf_puts(&b->frame, "{\"message_code\":1120,\"message\":\"Auth failed : invalid session\"}");
	feed_send(b, c, false);
	feed_close(b, c);
}

static const struct intent { const char *event; uint8_t level; enum { SUBSCRIBE, UNSUBSCRIBE, SNAPSHOT } what; } intents[] = {
	{ "subscribeScripsLite", LEVEL_MINI, SUBSCRIBE }, { "unsubscribeScripsLite", LEVEL_MINI, UNSUBSCRIBE }, { "snapshotScripsLite", LEVEL_MINI, SNAPSHOT },
	{ "subscribeScrips", LEVEL_TOUCH, SUBSCRIBE }, { "unsubscribeScrips", LEVEL_TOUCH, UNSUBSCRIBE }, { "snapshotScrips", LEVEL_TOUCH, SNAPSHOT },
	{ "subscribeDepth", LEVEL_DEPTH, SUBSCRIBE }, { "unsubscribeDepth", LEVEL_DEPTH, UNSUBSCRIBE }, { "snapshotDepth", LEVEL_DEPTH, SNAPSHOT },
	{ "subscribeFullDepth", LEVEL_FULL, SUBSCRIBE }, { "unsubscribeFullDepth", LEVEL_FULL, UNSUBSCRIBE },
	{ "subscribeIndices", LEVEL_INDEX, SUBSCRIBE }, { "unsubscribeIndices", LEVEL_INDEX, UNSUBSCRIBE }, { "snapshotIndices", LEVEL_INDEX, SNAPSHOT },
};

/* The next "segment|id" of the list; -1 for one that is not there. False at the end. */
static bool next_token(const struct sim_broker *b, const char **list, int *ret, char text[64])
{
	size_t len = strcspn(*list, ",");
	char segment[16];

	if (!**list)
		return false;
	*ret = -1;
	text[0] = '\0';
	if (len < 64) {
		memcpy(text, *list, len);
		text[len] = '\0';
		char *bar = strchr(text, '|');

		if (bar && (size_t)(bar - text) < sizeof(segment)) {
			memcpy(segment, text, (size_t)(bar - text));
			segment[bar - text] = '\0';
			*ret = master_token(b, segment, bar + 1, strlen(bar + 1));
		}
	}
	*list += len + ((*list)[len] == ',');
	return true;
}

static void acknowledge(struct sim_broker *b, struct connection *c, const char *list)
{
	char text[64];
	int i;

	buf_clear(&b->frame);
	buf_puts(&b->frame, "{\"message_code\":1109,\"message\":\"Subscribed\",\"error_code\":0,\"description\":\"SUBSCRIBED\",\"trading_symbols\":{");
	bool first = true;

	for (const char *at = list; next_token(b, &at, &i, text); )
		if (i >= 0) {
			buf_printf(&b->frame, "%s\"%s\":\"%s\"", first ? "" : ",", text, i ? b->instruments[i].symbol : b->instruments[0].display);
			first = false;
		}
	buf_puts(&b->frame, "},\"data\":{");
	first = true;
	for (const char *at = list; next_token(b, &at, &i, text); )
		if (i >= 0) {
			buf_printf(&b->frame, "%s\"%s\":{\"cas_status\":%d,\"trading_symbols\":\"%s\"}", first ? "" : ",", text, i == 1,
				i ? b->instruments[i].symbol : b->instruments[0].display);
			first = false;
		}
	buf_puts(&b->frame, "}}");
	feed_send(b, c, false);
}

static void send_now(struct sim_broker *b, struct connection *c, const char *list, uint8_t level)
{
	char text[64];
	int i;

	buf_clear(&b->frame);
	while (next_token(b, &list, &i, text))
		if (i >= 0 && (i == 0) == (level == LEVEL_INDEX) && b->instruments[i].ltp)
			put_levels(b, c, (size_t)i, level);
	if (b->frame.len)
		feed_send(b, c, true);
}

/* The first packets may come before the acknowledgement. */
static void serve_intent(struct sim_broker *b, struct connection *c, const struct intent *in, const char *list, bool ack)
{
	bool ticks_first = below(&b->dice_life, 4) == 0;
	char text[64];
	int i;

	for (const char *at = list; in->what != SNAPSHOT && next_token(b, &at, &i, text); ) {
		if (i < 0 || (i == 0) != (in->level == LEVEL_INDEX))
			continue;
		if (in->what == SUBSCRIBE)
			c->levels[i] |= in->level;
		else
			c->levels[i] &= (uint8_t)~in->level;
	}
	if (in->what == UNSUBSCRIBE)
		return;
	if (ack && !ticks_first)
		acknowledge(b, c, list);
	send_now(b, c, list, in->level);
	if (ack && ticks_first)
		acknowledge(b, c, list);
}

static void exchange_event(struct sim_broker *b, struct connection *c, bool wanted)
{
	bool open = b->trading_day && !b->halted && b->now >= b->market_open && b->now < b->day + (15 * 60 + 40) * MINUTE;

	c->status = wanted;
	if (!wanted)
		return;
	buf_clear(&b->frame);
	put_status(b, c, 1, open ? 1 : 2);
	put_status(b, c, 2, open ? 1 : 2);
	feed_send(b, c, true);
}

void sfeed_text(struct sim_broker *b, struct connection *c, const char *text, size_t len)
{
	struct fields f;

	if (!fields_of_json(&f, text, len))
		f.n = 0;
	if (!c->authenticated) {
		authenticate(b, c, &f);
		return;
	}
	if (says(&f, "event", "subscribeExchange") || says(&f, "event", "unsubscribeExchange")) {
		exchange_event(b, c, says(&f, "event", "subscribeExchange"));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(intents); i++)
		if (says(&f, "event", intents[i].event) && fields_get(&f, "inputtoken"))
			serve_intent(b, c, &intents[i], fields_get(&f, "inputtoken"), says(&f, "ack_symbol", "true"));
}

/* -- each second ---------------------------------------------------------------------------------------------------------------------- */

static void tick(struct sim_broker *b, struct connection *c)
{
	bool split = below(&b->dice_life, 8) == 0;

	buf_clear(&b->frame);
	if (c->levels[1] && b->now >= b->day + (15 * 60 + 20) * MINUTE && b->now < b->day + (15 * 60 + 30) * MINUTE)
		put_reference(b, c, &b->instruments[1], split);
	for (size_t i = 0; i < SIM_INSTRUMENTS; i++) {
		if (!c->levels[i] || b->now >= b->instruments[i].close)
			continue;
		put_levels(b, c, i, c->levels[i]);
		if (split) {
			feed_send(b, c, true);
			buf_clear(&b->frame);
		}
	}
	if (b->frame.len)
		feed_send(b, c, true);
}

void sfeed_step(struct sim_broker *b)
{
	for (size_t i = 0; i < SIM_CONNECTIONS && !b->halted; i++) {
		struct connection *c = &b->connections[i];

		if (c->feed != FEED_MARKET || !c->authenticated || c->silent_until > b->now)
			continue;
		if (dice(b, SIM_MARKET_SILENT))
			c->silent_until = b->now + 5 * SECOND + (sim_ns)below(&b->dice_fault, 300 * (uint64_t)SECOND);
		else
			tick(b, c);
	}
}
