/* The market feed, SFeed (kotak-neo-api.md section 4): control in JSON text, ticks in binary batches, each packet a full state. A connection
 * remembers which state of each quote it sent last, so a slow one gets fewer ticks and never an old one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/stamp.h"
#include "tests/neosim/sim.h"

#define AUCTION_START 10          /* the status in which references are sent */
#define SUBS_MAX    3000
#define BATCH_MAX   8192          /* bytes of packets in one frame */
#define BACKLOG_MAX (1024 * 1024) /* a peer that has not taken this much waits for its next ticks */

static const int segments[] = {SIM_NSE_CM, SIM_NSE_FO, SIM_CDE_FO, SIM_BSE_CM, SIM_BSE_FO, SIM_MCX_FO};

/* -- the two greetings -------------------------------------------------------------------------------------------- */

static void put_exchanges(struct json *j, bool values, bool incomplete)
{
	size_t i;

	json_object(j, "exchanges");
	for (i = 0; i < ARRAY_LEN(segments); i++) {
		if (incomplete && segments[i] == SIM_NSE_FO)
			continue;
		json_object(j, sim_segment_name(segments[i]));
		if (values)
			json_int(j, "value", segments[i]);
		json_int(j, "divider", sfeed_divider(segments[i]));
		json_object_end(j);
	}
	json_object_end(j);
}

static void say_welcome(struct sim *s, struct feed_conn *c, int code, bool values, bool incomplete, const char *format)
{
	struct buf b = {0};
	struct json j;

	json_begin(&j, &b);
	json_object(&j, NULL);
	json_int(&j, "message_code", code);
	json_str(&j, "id", "SFD_SIM_701");
	json_int(&j, "version", 1);
	json_str(&j, "format", format);
	put_exchanges(&j, values, incomplete);
	json_object_end(&j);
	feed_say(s, c, b.data);
	buf_done(&b);
}

/* Every other connection is greeted before it says who it is; 1119 proves nothing. */
void market_feed_opened(struct sim *s, struct feed_conn *c)
{
	if (c->feed->opened % 2 == 0)
		say_welcome(s, c, 1119, true, false, "native_batch");
}

static void refuse(struct sim *s, struct feed_conn *c)
{
	feed_say(s, c, "{\"message_code\":1120,\"message\":\"Auth failed, invalid session\"}");
	net_ws_close(c->conn, 1008);
}

static void authenticate(struct sim *s, struct feed_conn *c, const cJSON *o)
{
	const char *user = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "user"));
	const char *auth = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "auth"));
	const char *format = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "format"));
	const char *source = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "source"));
	struct session *session = auth ? auth_trade_by_sid(&s->auth, auth) : NULL;
	bool odd = c->feed->opened % 2;

	if (feed_struck(s, c->feed, FEED_NO_ACK))
		return;
	if (feed_struck(s, c->feed, FEED_1120) || !user || strcmp(user, s->account.ucc) != 0 || !session_good(session, sim_time(s)) || !format ||
	    strcmp(format, "native_batch") != 0 || !source || strcmp(source, "NEOTRADEAPI") != 0) {
		refuse(s, c);
		return;
	}
	c->session = session;
	c->silent = false;
	say_welcome(s, c, 1117, odd, feed_struck(s, c->feed, FEED_NO_DIVIDER), feed_struck(s, c->feed, FEED_FALLBACK) ? "native_fallback" : "native_batch");
}

/* -- packets ------------------------------------------------------------------------------------------------------ */

struct batch { struct sim *sim; struct feed_conn *conn; size_t len, first; uint8_t bytes[BATCH_MAX]; };

/* A lie: the frame's last packet promises more than is there, or as many rows as no exchange shows. */
static void lie(struct batch *b, size_t last)
{
	size_t rows = last + 89;
	bool picture = b->len - last >= 144;

	if (picture && b->conn->sequence % 2)
		memset(b->bytes + rows, 0xff, 8);
	else
		b->bytes[last + 1] |= 0x40;
}

static void put_unknown(struct batch *b)
{
	static const uint8_t packet[12] = {12, 0, 0x0f, 0x27, 2, 4};

	memcpy(b->bytes + b->len, packet, sizeof(packet));
	b->len += sizeof(packet);
}

static void send_batch(struct batch *b)
{
	if (b->len == 0)
		return;
	if (feed_struck(b->sim, b->conn->feed, FEED_LIE))
		lie(b, b->first);
	if (feed_struck(b->sim, b->conn->feed, FEED_CUT))
		b->len -= 3;
	feed_send(b->sim, b->conn, false, b->bytes, b->len);
	b->len = 0;
}

static uint8_t *place(struct batch *b)
{
	if (b->len + SFEED_PACKET_MAX > BATCH_MAX)
		send_batch(b);
	if (b->len == 0 && feed_struck(b->sim, b->conn->feed, FEED_UNKNOWN_TYPE))
		put_unknown(b);
	b->first = b->len;
	return b->bytes + b->len;
}

static void put_packet(struct batch *b, const struct scrip *scrip, int level, const struct sim_quote *q)
{
	uint8_t *at = place(b), sequence = b->conn->sequence++;

	b->len += level == 0 ? sfeed_index(scrip, q, sequence, at) : level == 1 ? sfeed_mini(scrip, q, sequence, at) : sfeed_picture(scrip, q, level, sequence, at);
	b->sim->stats.packets++;
}

/* Long since: what the third party saw who got one picture and then silence. */
static void put_stale(struct batch *b, const struct scrip *scrip, int level, struct sim_quote q)
{
	q.trade_time -= 3600;
	q.update_time -= 3600;
	put_packet(b, scrip, level, &q);
}

/* The closing auction's reference travels on the subscriptions of the shares that have one. */
static void put_auction(struct batch *b, const struct scrip *scrip, const struct sim_quote *q)
{
	uint8_t *at;

	if (!scrip->auction || market_status(b->sim->market, scrip->segment) != AUCTION_START)
		return;
	at = place(b);
	b->len += sfeed_auction(scrip, q->last, q->total_buy - q->total_sell, 0, b->conn->sequence % 2, at);
}

static void put_status(struct batch *b, int segment, int code)
{
	uint8_t *at = place(b);

	b->len += sfeed_status(segment, code, (code == 1 || code == 2) && b->conn->sequence++ % 4 == 3, at); /* at times the older, shorter form */
	b->sim->stats.packets++;
}

/* -- subscriptions ------------------------------------------------------------------------------------------------ */

enum verb { SUBSCRIBE, UNSUBSCRIBE, SNAPSHOT };

static const struct { const char *event; enum verb verb; int level; } events[] = {
	{"subscribeScripsLite", SUBSCRIBE, 1}, {"unsubscribeScripsLite", UNSUBSCRIBE, 1}, {"snapshotScripsLite", SNAPSHOT, 1},
	{"subscribeScrips", SUBSCRIBE, 4}, {"unsubscribeScrips", UNSUBSCRIBE, 4}, {"snapshotScrips", SNAPSHOT, 4},
	{"subscribeDepth", SUBSCRIBE, 8}, {"unsubscribeDepth", UNSUBSCRIBE, 8}, {"snapshotDepth", SNAPSHOT, 8},
	{"subscribeFullDepth", SUBSCRIBE, 16}, {"unsubscribeFullDepth", UNSUBSCRIBE, 16},
	{"subscribeIndices", SUBSCRIBE, 0}, {"unsubscribeIndices", UNSUBSCRIBE, 0}, {"snapshotIndices", SNAPSHOT, 0},
};

struct named { char key[48]; const struct scrip *scrip; };

static struct feed_sub *sub_find(struct feed_conn *c, const struct scrip *scrip, int level)
{
	size_t i;

	for (i = 0; i < c->n_subs; i++)
		if (c->subs[i].scrip == scrip && c->subs[i].level == level)
			return &c->subs[i];
	return NULL;
}

static void sub_add(struct feed_conn *c, const struct scrip *scrip, int level)
{
	struct feed_sub *sub = sub_find(c, scrip, level);

	if (sub) {
		sub->told = false; /* a repeat gets its first picture again */
		return;
	}
	if (c->n_subs == c->subs_room) {
		c->subs_room = c->subs_room ? 2 * c->subs_room : 64;
		c->subs = realloc(c->subs, c->subs_room * sizeof(*c->subs));
		assert(c->subs);
	}
	c->subs[c->n_subs++] = (struct feed_sub){scrip, level, 0, false};
}

static void sub_remove(struct feed_conn *c, const struct scrip *scrip, int level)
{
	struct feed_sub *sub = sub_find(c, scrip, level);

	if (sub)
		*sub = c->subs[--c->n_subs];
}

static bool name_one(const struct sim *s, const char *from, size_t len, int level, struct named *ret)
{
	const char *bar = memchr(from, '|', len);
	char segment[16];

	if (!bar || len >= sizeof(ret->key) || (size_t)(bar - from) >= sizeof(segment))
		return false;
	snprintf(segment, sizeof(segment), "%.*s", (int)(bar - from), from);
	snprintf(ret->key, sizeof(ret->key), "%.*s", (int)len, from);
	ret->scrip = sim_segment_find(segment) ? market_find(s->market, sim_segment_find(segment), ret->key + (bar - from) + 1) : NULL;
	return ret->scrip && ret->scrip->index == (level == 0);
}

/* The instruments of "nse_fo|56526,nse_cm|2885"; what does not exist is passed over, as the server does. */
static size_t name_all(const struct sim *s, const char *list, int level, struct named **ret)
{
	size_t n = 0, room = 1;
	const char *at;

	for (at = list; *at; at++)
		room += *at == ',';
	*ret = calloc(room, sizeof(**ret));
	assert(*ret);
	for (at = list; *at; at += strcspn(at, ","), at += *at == ',')
		n += name_one(s, at, strcspn(at, ","), level, &(*ret)[n]);
	return n;
}

/* -- acknowledgements --------------------------------------------------------------------------------------------- */

static const char *ack_symbol(const struct named *x, char ret[64])
{
	snprintf(ret, 64, "%s%s", x->scrip->index ? x->scrip->feed_name : x->scrip->symbol, x->scrip->index ? "-IN" : "");
	return ret;
}

/* Both shapes in one: what the SDK reads, and what the documentation says. */
static void acknowledge(struct sim *s, struct feed_conn *c, const struct named *list, size_t n)
{
	struct buf b = {0};
	char symbol[64];
	struct json j;
	size_t i;

	json_begin(&j, &b);
	json_object(&j, NULL);
	json_int(&j, "message_code", 1109);
	json_str(&j, "message", "Subscribed");
	json_int(&j, "error_code", 0);
	json_str(&j, "description", "SUBSCRIBED");
	json_object(&j, "trading_symbols");
	for (i = 0; i < n; i++)
		json_str(&j, list[i].key, ack_symbol(&list[i], symbol));
	json_object_end(&j);
	json_object(&j, "data");
	for (i = 0; i < n; i++) {
		json_object(&j, list[i].key);
		json_int(&j, "cas_status", list[i].scrip->segment == SIM_NSE_CM && !list[i].scrip->index);
		json_str(&j, "trading_symbols", ack_symbol(&list[i], symbol));
		json_object_end(&j);
	}
	json_object_end(&j);
	json_object_end(&j);
	feed_say(s, c, b.data);
	buf_done(&b);
}

static void too_many(struct sim *s, struct feed_conn *c)
{
	feed_say(s, c, "{\"message_code\":1109,\"error_code\":1,\"description\":\"SUBSCRIPTION LIMIT EXCEEDED\",\"message\":\"Subscription limit exceeded\",\"data\":{}}");
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

/* A picture of each at once, also when nothing moves. */
static void show(struct sim *s, struct feed_conn *c, const struct named *list, size_t n, int level)
{
	struct batch b = {.sim = s, .conn = c};
	bool stale = feed_struck(s, c->feed, FEED_STALE);
	size_t i;

	c->silent = c->silent || stale;
	for (i = 0; i < n; i++) {
		const struct sim_quote *q = sim_quote(s, list[i].scrip);
		struct feed_sub *sub = sub_find(c, list[i].scrip, level);

		if (sub) {
			sub->seen = q->changes;
			sub->told = true;
		}
		if (stale)
			put_stale(&b, list[i].scrip, level, *q);
		else
			put_packet(&b, list[i].scrip, level, q);
		put_auction(&b, list[i].scrip, q);
	}
	send_batch(&b);
}

static size_t new_ones(struct feed_conn *c, const struct named *list, size_t n, int level)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += !sub_find(c, list[i].scrip, level);
	return count;
}

static void subscribe(struct sim *s, struct feed_conn *c, enum verb verb, int level, const struct named *list, size_t n, bool ack)
{
	bool ticks_first = ack && ++s->market_feed.subscribes % 3 == 0, lost = ack && feed_struck(s, c->feed, FEED_NO_ACK);
	size_t i;

	if (verb == SUBSCRIBE && c->n_subs + new_ones(c, list, n, level) > SUBS_MAX) {
		too_many(s, c);
		return;
	}
	for (i = 0; verb == SUBSCRIBE && i < n; i++)
		sub_add(c, list[i].scrip, level);
	if (ticks_first)
		show(s, c, list, n, level);
	if (ack && !lost)
		acknowledge(s, c, list, n);
	if (!ticks_first)
		show(s, c, list, n, level);
}

static void show_statuses(struct sim *s, struct feed_conn *c)
{
	struct batch b = {.sim = s, .conn = c};
	size_t i;

	for (i = 0; i < ARRAY_LEN(segments); i++)
		put_status(&b, segments[i], market_status(s->market, segments[i]));
	send_batch(&b);
}

static void request(struct sim *s, struct feed_conn *c, const char *event, const cJSON *o)
{
	const char *list = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "inputtoken"));
	bool ack = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "ack_symbol"));
	struct named *names;
	size_t i, k, n;

	if (strcmp(event, "subscribeExchange") == 0 || strcmp(event, "unsubscribeExchange") == 0) {
		c->statuses = event[0] == 's';
		if (c->statuses)
			show_statuses(s, c);
		return;
	}
	for (k = 0; k < ARRAY_LEN(events) && strcmp(events[k].event, event) != 0; k++)
		;
	if (k == ARRAY_LEN(events) || !list)
		return;
	n = name_all(s, list, events[k].level, &names);
	if (events[k].verb != UNSUBSCRIBE)
		subscribe(s, c, events[k].verb, events[k].level, names, n, ack);
	for (i = 0; events[k].verb == UNSUBSCRIBE && i < n; i++)
		sub_remove(c, names[i].scrip, events[k].level);
	free(names);
}

void market_feed_text(struct sim *s, struct feed_conn *c, const char *text, size_t len)
{
	cJSON *o = cJSON_ParseWithLength(text, len);
	const char *event = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "event"));

	if (!c->session)
		authenticate(s, c, o);
	else if (event)
		request(s, c, event, o);
	cJSON_Delete(o);
}

/* -- ticks -------------------------------------------------------------------------------------------------------- */

static void flush_conn(struct sim *s, struct feed_conn *c, bool statuses, bool auction)
{
	struct batch b = {.sim = s, .conn = c};
	size_t i;

	for (i = 0; i < c->n_subs && !c->silent; i++) {
		struct feed_sub *sub = &c->subs[i];
		const struct sim_quote *q = sim_quote(s, sub->scrip);

		if (q->changes != sub->seen)
			put_packet(&b, sub->scrip, sub->level, q);
		sub->seen = q->changes;
		if (auction)
			put_auction(&b, sub->scrip, q);
	}
	send_batch(&b);
	if (statuses && c->statuses)
		show_statuses(s, c);
}

static bool statuses_changed(struct sim *s)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < ARRAY_LEN(segments); i++) {
		int now = market_status(s->market, segments[i]);

		changed = changed || s->market_feed.status[segments[i]] != now;
		s->market_feed.status[segments[i]] = now;
	}
	return changed;
}

void market_feed_flush(struct sim *s)
{
	int64_t second = sim_time(s) / NANOS_SECOND;
	bool statuses = statuses_changed(s), auction = second != s->market_feed.second; /* references come once a second, though nothing trades */
	struct feed_conn *c;

	s->market_feed.second = second;
	for (c = s->market_feed.feed.conns; c; c = c->next)
		if (c->session && net_backlog(c->conn) < BACKLOG_MAX)
			flush_conn(s, c, statuses, auction);
}
