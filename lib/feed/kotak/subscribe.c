#include "lib/feed/kotak/subscribe.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/obj.h"

#define SILENT_AGAIN 6 /* times the wait */

static const struct { uint8_t level; const char *event; } intents[] = {
	{ LEVEL_INDEX, "subscribeIndices" }, { LEVEL_TOUCH, "subscribeScrips" }, { LEVEL_DEPTH, "subscribeDepth" },
};

void subscribe_forget(struct universe *u)
{
	u->unsent = 0;
	for (uint32_t i = 0; i < u->slots; i++) {
		struct universe_slot *s = &u->slot[i];

		s->sent = s->again = false;
		s->sent_at = s->heard = 0;
		u->unsent += !s->blocked;
		tick_reconnected(&s->seen);
	}
}

/* -- requests ------------------------------------------------------------------------------------------------------------- */

static bool wanted(const struct universe_slot *s, uint8_t level)
{
	return !s->sent && !s->blocked && s->level == level;
}

/* The next tokens of a level, at most a frame's; *at is where the next frame goes on. Returns their number. */
static uint32_t gather(const struct universe *u, uint8_t level, uint32_t *at, struct buf *tokens)
{
	char key[UNIVERSE_KEY];
	uint32_t n = 0;

	buf_clear(tokens);
	for (; *at < u->slots && n < SFEED_TOKENS_PER_FRAME; ++*at) {
		if (!wanted(&u->slot[*at], level))
			continue;
		universe_key(&u->slot[*at], key);
		buf_printf(tokens, "%s%s", n++ ? "," : "", key);
	}
	return n;
}

static bool send_frame(const char *event, const struct buf *tokens, struct buf *frame, subscribe_send *send, void *ctx)
{
	struct json j;

	buf_clear(frame);
	json_begin(&j, frame);
	json_object(&j, NULL);
	json_str(&j, "event", event);
	json_str(&j, "inputtoken", tokens->data);
	json_bool(&j, "ack_symbol", true);
	json_object_end(&j);
	return !tokens->failed && !frame->failed && send(ctx, frame->data, frame->len);
}

static void mark(struct universe *u, uint8_t level, uint32_t from, uint32_t to, nanos_t now)
{
	for (uint32_t i = from; i < to; i++) {
		struct universe_slot *s = &u->slot[i];

		if (!wanted(s, level))
			continue;
		s->sent = true;
		s->sent_at = now;
		u->unsent--;
	}
}

uint32_t subscribe_missing(struct universe *u, nanos_t now, subscribe_send *send, void *ctx)
{
	struct buf tokens = { 0 }, frame = { 0 };
	uint32_t total = 0;
	bool ok = u->unsent > 0;

	for (size_t k = 0; k < ARRAY_LEN(intents) && ok; k++) {
		for (uint32_t at = 0, from = 0, n; ok && (n = gather(u, intents[k].level, &at, &tokens)) > 0; from = at) {
			if ((ok = send_frame(intents[k].event, &tokens, &frame, send, ctx))) {
				mark(u, intents[k].level, from, at, now);
				total += n;
			}
		}
	}
	buf_done(&tokens);
	buf_done(&frame);
	return total;
}

/* A contract that spoke once may have nothing to say for long; an index is computed each second. */
static bool overdue(const struct universe_slot *s, nanos_t now, nanos_t wait, bool indices)
{
	bool again_too_soon = s->again && now - s->sent_at < SILENT_AGAIN * wait;

	if (!s->sent || s->blocked || again_too_soon || now - s->sent_at < wait)
		return false;
	return s->heard == 0 || (s->index && indices && now - s->heard >= wait);
}

uint32_t subscribe_silent(struct universe *u, nanos_t now, nanos_t wait, bool indices)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < u->slots; i++) {
		struct universe_slot *s = &u->slot[i];

		if (!overdue(s, now, wait, indices))
			continue;
		s->sent = false;
		s->again = true;
		u->unsent++;
		n++;
	}
	return n;
}

/* -- acknowledgements ----------------------------------------------------------------------------------------------------- */

enum subscribe_ack subscribe_symbol(struct universe *u, const char *key, const char *symbol, const struct universe_slot **ret)
{
	struct universe_slot *s = universe_by_key(u, key);

	if (!s || symbol[0] == '\0') /* of a key that is not ours, or without a word about it */
		return ACK_FOREIGN;
	*ret = s;
	if (s->index || strcmp(s->trading, symbol) == 0) /* an index was asked for by its name */
		return ACK_RIGHT;
	u->unsent -= !s->sent && !s->blocked;
	s->blocked = true;
	return ACK_WRONG;
}
