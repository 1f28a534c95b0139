/* lib/loop/websocket.h over the world. Frames go out in order; what comes in may be lost, doubled, late or out of order as the dials say, the socket may fall
 * silent and it may break. */
#include "lib/loop/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/url.h"
#include "tests/sim/fake.h"
#include "tests/sim/world.h"

#define FAKE_SOCKETS_MAGIC 0x46575331u
#define FAKE_SOCKET_MAGIC 0x46575332u
#define SOCKETS_MAX 64                 /* at one time */
#define CONNECT_MOST (60 * NANOS_MS)
#define WAY_MOST (8 * NANOS_MS)
#define REORDER_MOST (2 * NANOS_SECOND)
#define STALL_MOST (20 * NANOS_MINUTE)
#define HEARD (3 * NANOS_SECOND / 2)

struct websockets { uint32_t magic; };
struct websocket {
	uint32_t magic, id;
	struct websocket_events events;
	char url[256];
	size_t message_max;
	bool up;
	nanos_t since;                      /* it is up */
	nanos_t next_in, next_out;          /* frames keep their order */
	nanos_t stalled_until;
};

/* The open ones, by number: an event finds its socket here or nowhere. */
static struct websocket *sockets[SOCKETS_MAX];
static uint32_t last_id;

struct message { uint32_t id; bool binary, out; size_t len; char bytes[]; };

static struct websocket *find(uint32_t id)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (sockets[i] && sockets[i]->id == id)
			return sockets[i];
	return NULL;
}

static void gone(void *ctx, uint64_t number)
{
	(void)number;
	free(ctx);
}

static void forget(struct websocket *s)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (sockets[i] == s)
			sockets[i] = NULL;
	s->magic = 0;
	world_at(sim_world->now, gone, s); /* its owner may be inside one of its callbacks */
}

static void *number_of(uint32_t id)
{
	return (void *)(uintptr_t)id;
}

static void end(struct websocket *s, const char *why)
{
	struct websocket_events e = s->events;

	forget(s);
	e.closed(e.ctx, why);
}

/* -- messages ---------------------------------------------------------------------------------------------------------------------------- */

static struct message *message_new(uint32_t id, bool binary, bool out, const void *bytes, size_t len)
{
	struct message *m = malloc(sizeof(*m) + len + 1);

	assert(m);
	*m = (struct message){ id, binary, out, len };
	memcpy(m->bytes, bytes, len);
	m->bytes[len] = '\0';
	return m;
}

static void deliver(void *ctx, uint64_t number)
{
	struct message *m = ctx;
	struct websocket *s = find(m->id);

	(void)number;
	if (m->out) {
		sim_broker_ws_text(sim_world->broker, sim_world->now, m->id, m->bytes, m->len);
	} else if (s && s->up && m->len > s->message_max) {
		end(s, "a message that is too long");
	} else if (s && s->up) {
		world_trace(m->bytes, m->len);
		if (m->binary)
			s->events.binary(s->events.ctx, m->bytes, m->len);
		else
			s->events.text(s->events.ctx, m->bytes, m->len);
	}
	free(m);
}

static void broke(void *ctx, uint64_t number)
{
	uint32_t id = (uint32_t)(uintptr_t)ctx;
	struct websocket *s = find(id);

	(void)number;
	if (s)
		end(s, s->up ? "the connection broke" : "connecting failed");
}

static void send_in(struct websocket *s, bool binary, const void *bytes, size_t len)
{
	nanos_t at = sim_world->now + world_between(WORLD_SOCKETS, NANOS_MS, WAY_MOST);

	if (world_strikes(WORLD_SOCKETS, DIAL_SOCKET_REORDER))
		at += world_spread(WORLD_SOCKETS, 10 * NANOS_MS, REORDER_MOST);
	else
		at = s->next_in = at > s->next_in ? at : s->next_in + 1;
	world_at(at, deliver, message_new(s->id, binary, false, bytes, len));
}

/* A second of the market that the cut leaves out. What a subscription brings at once is heard. */
static bool unheard(const struct websocket *s, bool binary)
{
	uint64_t every = sim_world->cut.ticks;

	return binary && every > 1 && sim_world->now > s->since + HEARD && (uint64_t)(sim_world->now / NANOS_SECOND) % every != 0;
}

void fake_frame(void *ctx, uint32_t id, bool binary, const void *bytes, size_t len)
{
	struct websocket *s = find(id);

	(void)ctx;
	if (!s || unheard(s, binary) || sim_world->now < s->stalled_until || world_strikes(WORLD_SOCKETS, DIAL_SOCKET_DROP))
		return;
	if (world_strikes(WORLD_SOCKETS, DIAL_SOCKET_STALL))
		s->stalled_until = sim_world->now + world_spread(WORLD_SOCKETS, NANOS_SECOND, STALL_MOST);
	if (world_strikes(WORLD_SOCKETS, DIAL_SOCKET_CUT)) {
		sim_broker_ws_close(sim_world->broker, id);
		world_at(sim_world->now, broke, number_of(id));
		return;
	}
	send_in(s, binary, bytes, len);
	if (world_strikes(WORLD_SOCKETS, DIAL_SOCKET_DOUBLE))
		send_in(s, binary, bytes, len);
}

void fake_closed(void *ctx, uint32_t id)
{
	struct websocket *s = find(id);

	(void)ctx;
	if (s)
		world_at(s->next_in + 1, broke, number_of(id));
}


void fake_reset(void)
{
	last_id = 0;
}

void fake_heal(void)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		if (sockets[i])
			sockets[i]->stalled_until = 0;
}

/* -- connecting -------------------------------------------------------------------------------------------------------------------------- */

static void connected(void *ctx, uint64_t number)
{
	uint32_t id = (uint32_t)(uintptr_t)ctx;
	struct websocket *s = find(id);

	(void)number;
	if (!s)
		return;
	if (!sim_broker_ws_open(sim_world->broker, sim_world->now, id, s->url)) {
		end(s, "connecting failed");
		return;
	}
	s->up = true;
	s->since = sim_world->now;
	s->events.open(s->events.ctx);
}

int websocket_open(struct websockets *w, const char *url, size_t message_max, unsigned connect_ms, const struct websocket_events *e,
                   struct websocket **ret)
{
	struct websocket *s;
	struct url parts;
	size_t place = 0;
	bool refused;

	CHECK_OBJ(w, FAKE_SOCKETS_MAGIC);
	if (url_split(url, "ws", "wss", &parts) != ERR_OK || strlen(url) >= sizeof(s->url))
		return ERR_INVAL;
	while (place < SOCKETS_MAX && sockets[place])
		place++;
	assert(place < SOCKETS_MAX);
	s = sockets[place] = calloc(1, sizeof(*s));
	assert(s);
	*s = (struct websocket){ .magic = FAKE_SOCKET_MAGIC, .id = ++last_id, .events = *e, .message_max = message_max };
	strcpy(s->url, url);
	sim_world->sockets_opened++;
	refused = sim_world->dead || world_strikes(WORLD_SOCKETS, DIAL_SOCKET_REFUSED);
	world_at(sim_world->now + world_between(WORLD_SOCKETS, NANOS_MS, refused ? connect_ms * NANOS_MS : CONNECT_MOST), refused ? broke : connected, number_of(s->id));
	*ret = s;
	return ERR_OK;
}

int websocket_send_text(struct websocket *s, const char *text, size_t len)
{
	nanos_t at = sim_world->now + world_between(WORLD_SOCKETS, NANOS_MS, WAY_MOST);

	CHECK_OBJ(s, FAKE_SOCKET_MAGIC);
	if (!s->up)
		return ERR_CLOSED;
	s->next_out = at > s->next_out ? at : s->next_out + 1;
	if (!sim_world->dead)
		world_at(s->next_out, deliver, message_new(s->id, false, true, text, len));
	return ERR_OK;
}

static void left(void *ctx, uint64_t number)
{
	(void)number;
	sim_broker_ws_close(sim_world->broker, (uint32_t)(uintptr_t)ctx);
}

void websocket_close(struct websocket **ref)
{
	struct websocket *s = *ref;

	CHECK_OBJ(s, FAKE_SOCKET_MAGIC);
	*ref = NULL;
	if (s->up)
		world_at(s->next_out + 1, left, number_of(s->id));
	forget(s);
}

/* -- the client -------------------------------------------------------------------------------------------------------------------------- */

int websockets_open(uv_loop_t *loop, const struct websockets_options *o, struct websockets **ret)
{
	(void)loop;
	(void)o;
	*ret = calloc(1, sizeof(**ret));
	assert(*ret);
	(*ret)->magic = FAKE_SOCKETS_MAGIC;
	return ERR_OK;
}

void websockets_close(struct websockets **ref)
{
	struct websockets *w = *ref;

	if (!w)
		return;
	CHECK_OBJ(w, FAKE_SOCKETS_MAGIC);
	*ref = NULL;
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct websocket *s = sockets[i];

		if (s)
			websocket_close(&s);
	}
	w->magic = 0;
	free(w);
}
