/* The order feed (kotak-neo-api.md section 5): a greeting that is not JSON, then every step of every order, and positions after fills. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "tests/neosim/rows.h"
#include "tests/neosim/sim.h"

#define KNOWN_OK      "{\"ak\":\"ok\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"connected\"}"
#define KNOWN_NOT     "{\"ak\":\"nk\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"Authentication Failed\"}"
#define NOT_A_REQUEST "{\"ak\":\"nk\",\"type\":\"failed to process request\",\"task\":\"nk\",\"msg\":\"invalid request format\"}"

/* -- the greeting ------------------------------------------------------------------------------------------------- */

struct greeting { char token[512], sid[40]; };

static bool cut(const char **at, const char *name, char end, char *ret, size_t size)
{
	size_t n = strlen(name);
	const char *stop;

	if (strncmp(*at, name, n) != 0)
		return false;
	stop = strchr(*at + n, end);
	if (!stop || (size_t)(stop - *at - (ptrdiff_t)n) >= size)
		return false;
	snprintf(ret, size, "%.*s", (int)(stop - *at - (ptrdiff_t)n), *at + n);
	*at = stop + 1;
	return true;
}

/* {type:cn,Authorization:<token>,Sid:<sid>,src:WEB} */
static bool read_raw(const char *text, struct greeting *g)
{
	const char *at = text;
	char type[8], source[16];

	return cut(&at, "{type:", ',', type, sizeof(type)) && strcmp(type, "cn") == 0 && cut(&at, "Authorization:", ',', g->token, sizeof(g->token)) &&
	       cut(&at, "Sid:", ',', g->sid, sizeof(g->sid)) && cut(&at, "src:", '}', source, sizeof(source)) && *source && !*at;
}

static bool read_json(const char *text, struct greeting *g)
{
	cJSON *o = cJSON_Parse(text);
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "type"));
	const char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "Authorization"));
	const char *sid = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "Sid"));
	bool ok = type && strcmp(type, "cn") == 0 && token && sid && cJSON_GetObjectItemCaseSensitive(o, "src");

	if (ok)
		ok = (size_t)snprintf(g->token, sizeof(g->token), "%s", token) < sizeof(g->token) && (size_t)snprintf(g->sid, sizeof(g->sid), "%s", sid) < sizeof(g->sid);
	cJSON_Delete(o);
	return ok;
}

static void greet(struct sim *s, struct feed_conn *c, const struct greeting *g)
{
	struct session *session = auth_trade(&s->auth, g->sid, g->token);

	if (feed_struck(s, c->feed, FEED_NO_ACK))
		return;
	if (feed_struck(s, c->feed, FEED_NK) || !session_good(session, sim_time(s))) {
		feed_say(s, c, KNOWN_NOT);
		return;
	}
	c->session = session;
	feed_say(s, c, KNOWN_OK);
}

void order_feed_text(struct sim *s, struct feed_conn *c, const char *bytes, size_t len)
{
	struct greeting g;
	char text[1024];

	if (c->session) {
		feed_say(s, c, NOT_A_REQUEST);
		return;
	}
	if (len < sizeof(text) && !memchr(bytes, 0, len)) {
		memcpy(text, bytes, len);
		text[len] = 0;
		if (read_raw(text, &g) || read_json(text, &g)) {
			greet(s, c, &g);
			return;
		}
	}
	feed_say(s, c, "session message format incorrect");
}

/* -- frames ------------------------------------------------------------------------------------------------------- */

static struct buf *new_frame(struct order_feed *f)
{
	if (f->n_waiting == f->waiting_room) {
		f->waiting_room = f->waiting_room ? 2 * f->waiting_room : 64;
		f->waiting = realloc(f->waiting, f->waiting_room * sizeof(*f->waiting));
		assert(f->waiting);
	}
	f->waiting[f->n_waiting] = (struct buf){0};
	return &f->waiting[f->n_waiting++];
}

static struct row_style style_of(struct sim *s)
{
	const struct fault *tag = faults_meet(&s->faults, FAULT_GROUP_TAG, FAULT_AT_ROW, "WS", "/realtime");
	const struct fault *missing = faults_meet(&s->faults, FAULT_GROUP_MISSING, FAULT_AT_ROW, "WS", "/realtime");

	return (struct row_style){.swap = faults_meet(&s->faults, FAULT_GROUP_TYPES, FAULT_AT_ROW, "WS", "/realtime") != NULL,
		.strings = feed_struck(s, &s->order_feed.feed, FEED_STRINGS), .cut_tag = tag && tag->kind == FAULT_TAG_CUT,
		.replace_tag = tag && tag->kind == FAULT_TAG_REPLACED, .missing = missing ? missing->body : NULL};
}

static void add_unknown(struct sim *s)
{
	if (feed_struck(s, &s->order_feed.feed, FEED_UNKNOWN_TYPE))
		buf_puts(new_frame(&s->order_feed), "{\"type\":\"alert\",\"data\":{\"text\":\"of a kind nobody knows\"}}");
}

void order_feed_order(struct sim *s, const struct past_step *step)
{
	struct row_style style;
	struct json j;

	if (!s->order_feed.feed.conns)
		return;
	add_unknown(s);
	style = style_of(s);
	json_begin(&j, new_frame(&s->order_feed));
	json_object(&j, NULL);
	json_str(&j, "type", "order");
	row_order(&j, "data", step, &s->account, &style);
	json_object_end(&j);
}

void order_feed_position(struct sim *s, const struct sim_position *p)
{
	struct row_style style;
	struct json j;

	if (!s->order_feed.feed.conns)
		return;
	style = style_of(s);
	json_begin(&j, new_frame(&s->order_feed));
	json_object(&j, NULL);
	json_str(&j, "type", "position");
	row_position(&j, "data", p, -1, sim_time(s), &s->account, &style);
	json_object_end(&j);
}

void order_feed_flush(struct sim *s)
{
	struct order_feed *f = &s->order_feed;
	struct feed_conn *c;
	size_t i;

	for (i = 0; i < f->n_waiting; i++) {
		for (c = f->feed.conns; c; c = c->next)
			if (c->session)
				feed_send(s, c, true, f->waiting[i].data, f->waiting[i].len);
		buf_done(&f->waiting[i]);
	}
	f->n_waiting = 0;
}

void order_feed_done(struct order_feed *f)
{
	size_t i;

	for (i = 0; i < f->n_waiting; i++)
		buf_done(&f->waiting[i]);
	free(f->waiting);
	*f = (struct order_feed){0};
}
