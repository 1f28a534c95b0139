/* Both websockets' door, and the order feed: a handshake that is almost JSON, then every change of every order, whoever made it. */
#include "tests/sim/broker_priv.h"

struct connection *feed_find(struct sim_broker *b, uint32_t id)
{
	for (size_t i = 0; i < SIM_CONNECTIONS; i++)
		if (b->connections[i].feed != FEED_NONE && b->connections[i].id == id)
			return &b->connections[i];
	return NULL;
}

void feed_send(struct sim_broker *b, struct connection *c, bool binary)
{
	assert(!b->frame.failed);
	b->counts.frames++;
	if (b->options.frame)
		b->options.frame(b->options.ctx, c->id, binary, b->frame.data, b->frame.len);
}

void feed_close(struct sim_broker *b, struct connection *c)
{
	uint32_t id = c->id;

	memset(c, 0, sizeof(*c));
	if (b->options.closed)
		b->options.closed(b->options.ctx, id);
}

bool sim_broker_ws_open(struct sim_broker *b, sim_ns now, uint32_t connection, const char *url)
{
	const char *host = sim_broker_account()->base_url + strlen("https://");
	size_t len = strlen(host);

	sim_broker_run(b, now);
	sim_broker_ws_close(b, connection);
	if (strncmp(url, "wss://", 6) || strncmp(url + 6, host, len))
		return false;
	enum feed feed = !strcmp(url + 6 + len, "/realtime") ? FEED_ORDERS : !strcmp(url + 6 + len, "/apifeed") ? FEED_MARKET : FEED_NONE;
	struct connection *c = NULL;

	for (size_t i = 0; i < SIM_CONNECTIONS && !c; i++)
		c = b->connections[i].feed == FEED_NONE ? &b->connections[i] : NULL;
	if (feed == FEED_NONE || !c)
		return false;
	*c = (struct connection){ .id = connection, .feed = feed };
	if (feed == FEED_MARKET)
		sfeed_open(b, c);
	return true;
}

void sim_broker_ws_close(struct sim_broker *b, uint32_t connection)
{
	struct connection *c = feed_find(b, connection);

	if (c)
		memset(c, 0, sizeof(*c));
}

void sim_broker_ws_text(struct sim_broker *b, sim_ns now, uint32_t connection, const char *text, size_t len)
{
	sim_broker_run(b, now);
	struct connection *c = feed_find(b, connection);

	if (c && c->feed == FEED_ORDERS)
		feed_hear(b, c, text, len);
	else if (c)
		sfeed_text(b, c, text, len);
}

/* -- the order feed ------------------------------------------------------------------------------------------------------------------- */

static void say(struct sim_broker *b, struct connection *c, const char *text)
{
	buf_clear(&b->frame);
	buf_puts(&b->frame, text);
	feed_send(b, c, false);
}

/* The value after `name:` in {type:cn,Authorization:...,Sid:...,src:WEB}. */
static bool raw_value(const char *text, const char *name, char *ret, size_t cap)
{
	const char *at = strstr(text, name);
	size_t len = at ? strcspn(at + strlen(name), ",}") : cap;

	if (len >= cap)
		return false;
	memcpy(ret, at + strlen(name), len);
	ret[len] = '\0';
	return true;
}

static bool handshake(const char *text, size_t len, char token[400], char sid[48])
{
	struct fields f;
	char raw[1024];

	if (fields_of_json(&f, text, len)) {
		const char *type = fields_get(&f, "type"), *json_token = fields_get(&f, "Authorization"), *json_sid = fields_get(&f, "Sid");

		if (!type || strcmp(type, "cn") || !json_token || !json_sid || strlen(json_token) >= 400 || strlen(json_sid) >= 48)
			return false;
		text_copy(token, 400, json_token);
		text_copy(sid, 48, json_sid);
		return true;
	}
	if (len >= sizeof(raw) || memchr(text, 0, len))
		return false;
	memcpy(raw, text, len);
	raw[len] = '\0';
	return !strncmp(raw, "{type:cn,", 9) && raw_value(raw, "Authorization:", token, 400) && raw_value(raw, "Sid:", sid, 48);
}

void feed_hear(struct sim_broker *b, struct connection *c, const char *text, size_t len)
{
	char token[400], sid[48];

	if (c->authenticated) {
		say(b, c, "{\"ak\":\"nk\",\"type\":\"failed to process request\",\"task\":\"nk\",\"msg\":\"invalid request format\"}");
		return;
	}
	if (!handshake(text, len, token, sid)) {
		say(b, c, "session message format incorrect");
		return;
	}
	if (dice(b, SIM_FEED_NO_ACK))
		return;
	const struct session *s = session_find(b, token, sid);

	c->authenticated = s && s->trade && !s->ended && !s->stolen;
	c->session = s ? s->number : 0;
	if (c->authenticated)
		say(b, c, "{\"ak\":\"ok\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"connected\"}");
	else
		say(b, c, "{\"ak\":\"nk\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"Authentication Failed\"}");
}

static bool listens(struct sim_broker *b, struct connection *c)
{
	if (c->feed != FEED_ORDERS || !c->authenticated || c->silent_until > b->now)
		return false;
	if (!dice(b, SIM_FEED_SILENT))
		return true;
	c->silent_until = b->now + 5 * SECOND + (sim_ns)below(&b->dice_fault, 300 * (uint64_t)SECOND);
	return false;
}

void feed_order(struct sim_broker *b, uint32_t order)
{
	for (size_t i = 0; i < SIM_CONNECTIONS && !b->orders[order].hidden; i++) {
		if (!listens(b, &b->connections[i]))
			continue;
		buf_clear(&b->frame);
		buf_puts(&b->frame, "{\"type\":\"order\",\"data\":");
		rows_order(b, &b->frame, order, rows_mangle(b, true));
		buf_putc(&b->frame, '}');
		feed_send(b, &b->connections[i], false);
	}
}

void feed_position(struct sim_broker *b, uint32_t position)
{
	for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
		if (!listens(b, &b->connections[i]))
			continue;
		buf_clear(&b->frame);
		buf_puts(&b->frame, "{\"type\":\"position\",\"data\":");
		rows_position(b, &b->frame, position, false, rows_mangle(b, false));
		buf_putc(&b->frame, '}');
		feed_send(b, &b->connections[i], false);
	}
}
