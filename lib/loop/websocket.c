#include "lib/loop/websocket.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/load.h"
#include "lib/loop/url.h"

#define WEBSOCKETS_MAGIC 0x7eb50c11u
#define WEBSOCKET_MAGIC  0x7eb50c4eu
#define PING_MS          20000
#define QUEUE_MAX        (1024 * 1024)
#define READ_AT_ONCE     (64 * 1024)
#define WHY_MAX          160

struct websockets {
	uint32_t magic;
	uv_loop_t *loop;
	struct lws_context *context;
	struct websocket *first;
	uv_timer_t sweeper;
	char *ca_file;
	int ip_version;
	unsigned ping_ms;
	unsigned handles;           /* sockets not yet freed, and the sweeper */
	unsigned failures;          /* turns through a name's addresses */
};

struct frame_out { struct frame_out *next; size_t len; unsigned char bytes[]; /* LWS_PRE, then the text */ };

struct websocket {
	uint32_t magic;
	struct websockets *owner;
	struct websocket *prev, *next;
	struct websocket_events events;
	char *text;                 /* the URL; `url.path` points into it */
	struct url url;
	char host_header[URL_HOST + 8];
	struct lws *wsi;            /* NULL before the name is known and after the end */
	uv_timer_t timer;           /* the connect deadline, then the pings */
	uv_getaddrinfo_t lookup;
	unsigned refs;              /* timer, lookup */
	struct buf in;
	struct frame_out *out, **out_end;
	size_t out_len;
	bool looking, up, ended, inside, ping_due, ping_open;
	char why[WHY_MAX];
};

/* -- ends ---------------------------------------------------------------------------------------------------------- */

static void owner_release(struct websockets *w)
{
	if (--w->handles > 0)
		return;
	free(w->ca_file);
	w->magic = 0;
	free(w);
}

static void queue_free(struct websocket *s)
{
	while (s->out) {
		struct frame_out *f = s->out;

		s->out = f->next;
		explicit_bzero(f->bytes, LWS_PRE + f->len); /* the first frames carry tokens */
		free(f);
	}
}

static void release(struct websocket *s)
{
	struct websockets *w = s->owner;

	if (--s->refs > 0)
		return;
	queue_free(s);
	buf_done(&s->in);
	free(s->text);
	s->magic = 0;
	free(s);
	owner_release(w);
}

static void timer_closed(uv_handle_t *handle)
{
	struct websocket *s = handle->data;

	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	release(s);
}

/* The socket is over for its owner; libwebsockets is told apart, since inside its callback that is done by the return value. */
static void forget(struct websocket *s)
{
	s->ended = true;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->owner->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	if (s->wsi)
		lws_set_opaque_user_data(s->wsi, NULL);
	if (s->looking)
		uv_cancel((uv_req_t *)&s->lookup);
	uv_close((uv_handle_t *)&s->timer, timer_closed);
}

static void drop_wsi(struct websocket *s)
{
	struct lws *wsi = s->wsi;

	s->wsi = NULL;
	if (wsi && !s->inside)
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void end(struct websocket *s, const char *why)
{
	if (s->ended)
		return;
	if (why != s->why)
		snprintf(s->why, sizeof(s->why), "%s", why);
	s->owner->failures += !s->up;
	forget(s);
	drop_wsi(s);
	s->events.closed(s->events.ctx, s->why);
}

void websocket_close(struct websocket **ref)
{
	struct websocket *s = *ref;

	if (!s)
		return;
	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	*ref = NULL;
	if (s->ended)
		return;
	forget(s);
	drop_wsi(s);
}

/* -- messages ------------------------------------------------------------------------------------------------------ */

static void receive(struct websocket *s, struct lws *wsi, const void *bytes, size_t len)
{
	bool whole = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

	buf_put(&s->in, bytes, len);
	if (s->in.failed) {
		end(s, "a message was longer than expected");
		return;
	}
	if (!whole)
		return;
	if (lws_frame_is_binary(wsi))
		s->events.binary(s->events.ctx, s->in.data ? s->in.data : "", s->in.len);
	else
		s->events.text(s->events.ctx, s->in.data ? s->in.data : "", s->in.len);
	buf_clear(&s->in);
}

static void write_next(struct websocket *s, struct lws *wsi)
{
	unsigned char nothing[LWS_PRE + 1] = { 0 };
	struct frame_out *f = s->out;
	int sent = 0;

	if (s->ping_due) {
		s->ping_due = false;
		s->ping_open = true;
		sent = lws_write(wsi, nothing + LWS_PRE, 0, LWS_WRITE_PING);
	} else if (f) {
		s->out = f->next;
		if (!s->out)
			s->out_end = &s->out;
		s->out_len -= f->len;
		sent = lws_write(wsi, f->bytes + LWS_PRE, f->len, LWS_WRITE_TEXT);
		explicit_bzero(f->bytes, LWS_PRE + f->len);
		free(f);
	}
	if (sent < 0)
		end(s, "writing failed");
	else if (s->out || s->ping_due)
		lws_callback_on_writable(wsi);
}

static void ping(uv_timer_t *timer)
{
	struct websocket *s = timer->data;

	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	if (s->ping_open || s->ping_due) {
		end(s, "no answer to a ping");
		return;
	}
	s->ping_due = true;
	lws_callback_on_writable(s->wsi);
}

static void came_up(struct websocket *s)
{
	s->up = true;
	uv_timer_start(&s->timer, ping, s->owner->ping_ms, s->owner->ping_ms);
	s->events.open(s->events.ctx);
}

/* What the server said when it closed: a code of two bytes and text; else how it ended without a word. */
static void closing_words(struct websocket *s, const unsigned char *in, size_t len)
{
	if (len < 2)
		return;
	int at = snprintf(s->why, sizeof(s->why), "closed by the server (%d", in[0] << 8 | in[1]);
	if (len > 2)
		s->why[at++] = ' ';
	for (size_t i = 2; i < len && at < WHY_MAX - 2; i++)
		s->why[at++] = in[i] >= ' ' && in[i] <= '~' ? (char)in[i] : '?';
	s->why[at++] = ')';
	s->why[at] = '\0';
}

static void happened(struct websocket *s, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		came_up(s);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		receive(s, wsi, in, len);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		s->ping_open = false;
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		write_next(s, wsi);
		break;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		closing_words(s, in, len);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		end(s, in ? in : "connecting failed");
		break;
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY:
		end(s, s->why[0] ? s->why : s->up ? "the connection broke" : "connecting failed");
		break;
	default:
		break;
	}
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct websocket *s = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	bool conversation = reason == LWS_CALLBACK_CLIENT_ESTABLISHED || reason == LWS_CALLBACK_CLIENT_RECEIVE ||
	                    reason == LWS_CALLBACK_CLIENT_RECEIVE_PONG || reason == LWS_CALLBACK_CLIENT_WRITEABLE;

	(void)user;
	if (!s)
		return conversation ? -1 : 0;
	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	bool outer = s->inside;
	s->inside = true;
	happened(s, wsi, reason, in, len);
	s->inside = outer; /* freed by its timer's close at the earliest, a turn of the loop later */
	return s->ended && conversation ? -1 : 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "sauda", .callback = callback, .rx_buffer_size = READ_AT_ONCE },
	{ 0 },
};

/* -- connecting ---------------------------------------------------------------------------------------------------- */

static void connect_late(uv_timer_t *timer)
{
	struct websocket *s = timer->data;

	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	end(s, "connecting took too long");
}

static void connect_to(struct websocket *s, const char *address)
{
	struct lws_client_connect_info i = {
		.context = s->owner->context, .address = address, .port = s->url.port, .path = s->url.path, .host = s->host_header,
		.ssl_connection = s->url.tls ? LCCSCF_USE_SSL : 0, .local_protocol_name = protocols[0].name,
		.ietf_version_or_minus_one = -1, .alpn = "http/1.1", .opaque_user_data = s, .pwsi = &s->wsi,
	};

	s->inside = true;
	struct lws *wsi = lws_client_connect_via_info(&i);
	s->inside = false;
	if (!wsi)
		end(s, "connecting failed");
	if (s->ended)
		s->wsi = NULL;
}

static void looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct websocket *s = lookup->data;
	char address[INET6_ADDRSTRLEN] = "", why[WHY_MAX];
	unsigned n = 0;

	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	s->looking = false;
	for (struct addrinfo *a = found; a; a = a->ai_next)
		n++;
	struct addrinfo *chosen = found;
	for (unsigned skip = n > 0 ? s->owner->failures % n : 0; skip > 0; skip--)
		chosen = chosen->ai_next;
	if (!s->ended && (status != 0 || !chosen || uv_ip_name(chosen->ai_addr, address, sizeof(address)) != 0)) {
		snprintf(why, sizeof(why), "%s: %s", s->url.host, status != 0 ? uv_strerror(status) : "no address");
		end(s, why);
	}
	uv_freeaddrinfo(found);
	if (!s->ended)
		connect_to(s, address);
	release(s);
}

int websocket_open(struct websockets *w, const char *url, size_t message_max, unsigned connect_ms, const struct websocket_events *e,
                   struct websocket **ret)
{
	CHECK_OBJ(w, WEBSOCKETS_MAGIC);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_family = w->ip_version == 4 ? AF_INET : w->ip_version == 6 ? AF_INET6 : AF_UNSPEC };
	struct websocket *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NOMEM;
	*s = (struct websocket){ .magic = WEBSOCKET_MAGIC, .owner = w, .events = *e, .next = w->first,
		.in.limit = message_max, .out_end = &s->out, .text = strdup(url) };
	int err = s->text ? url_split(s->text, "ws", "wss", &s->url) : ERR_NOMEM;
	s->lookup.data = s;
	if (err == ERR_OK && uv_getaddrinfo(w->loop, &s->lookup, looked_up, s->url.host, NULL, &hints) != 0)
		err = ERR_NOMEM;
	if (err != ERR_OK) {
		free(s->text);
		free(s);
		return err == ERR_NOMEM ? err : ERR_INVAL;
	}
	bool usual = s->url.port == (s->url.tls ? 443 : 80);
	snprintf(s->host_header, sizeof(s->host_header), usual ? "%s" : "%s:%u", s->url.host, s->url.port);
	uv_timer_init(w->loop, &s->timer);
	s->timer.data = s;
	uv_timer_start(&s->timer, connect_late, connect_ms, 0);
	s->refs = 2;
	s->looking = true;
	w->handles++;
	if (s->next)
		s->next->prev = s;
	w->first = s;
	*ret = s;
	return ERR_OK;
}

int websocket_send_text(struct websocket *s, const char *text, size_t len)
{
	CHECK_OBJ(s, WEBSOCKET_MAGIC);
	if (s->ended || !s->up)
		return ERR_CLOSED;
	if (len > QUEUE_MAX - s->out_len)
		return ERR_FULL;
	struct frame_out *f = calloc(1, sizeof(*f) + LWS_PRE + len);
	if (!f)
		return ERR_NOMEM;
	f->len = len;
	memcpy(f->bytes + LWS_PRE, text, len);
	*s->out_end = f;
	s->out_end = &f->next;
	s->out_len += len;
	lws_callback_on_writable(s->wsi);
	return ERR_OK;
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

int websockets_open(uv_loop_t *loop, const struct websockets_options *o, struct websockets **ret)
{
	void *loops[1] = { loop };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols, .foreign_loops = loops, .gid = (gid_t)-1, .uid = (uid_t)-1,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT, .client_ssl_ca_filepath = o->ca_file,
		/* Suites that came with TLS 1.2: nothing older can be agreed on. */
		.client_ssl_cipher_list = "ECDHE+AESGCM:ECDHE+CHACHA20",
		.http_proxy_address = "", /* not NULL: the environment is not asked */
	};
	if (!load_websockets())
		return ERR_UNSUPPORTED;
	struct websockets *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_NOMEM;
	lws_set_log_level(0, NULL);
	*w = (struct websockets){ .magic = WEBSOCKETS_MAGIC, .loop = loop, .handles = 1, .ip_version = o->ip_version,
		.ping_ms = o->ping_ms ? o->ping_ms : PING_MS };
	if (o->ca_file && o->ca_file[0]) {
		w->ca_file = strdup(o->ca_file);
		info.client_ssl_ca_filepath = w->ca_file;
		info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	} else {
		info.client_ssl_ca_filepath = NULL;
	}
	info.pcontext = &w->context;
	w->context = lws_create_context(&info);
	if (!w->context) {
		owner_release(w);
		return ERR_UNSUPPORTED;
	}
	uv_timer_init(loop, &w->sweeper);
	w->sweeper.data = w;
	*ret = w;
	return ERR_OK;
}

static void sweeper_closed(uv_handle_t *handle)
{
	owner_release(handle->data);
}

static void note_closing(uv_handle_t *handle, void *any)
{
	*(bool *)any |= uv_is_closing(handle);
}

/* On a loop of ours libwebsockets 4.1 does the second half of its end only when asked again after its own handles are closed, and tells nobody when
 * that is. Its handles begin to close at the first call; so when nothing on the loop is closing any more, they are gone. */
static void sweep(uv_timer_t *timer)
{
	struct websockets *w = timer->data;
	bool any = false;

	CHECK_OBJ(w, WEBSOCKETS_MAGIC);
	uv_walk(w->loop, note_closing, &any);
	if (any)
		return;
	if (w->context) /* later versions need no second call, and clear it when they are through */
		lws_context_destroy(w->context);
	uv_close((uv_handle_t *)&w->sweeper, sweeper_closed);
}

void websockets_close(struct websockets **ref)
{
	struct websockets *w = *ref;

	if (!w)
		return;
	CHECK_OBJ(w, WEBSOCKETS_MAGIC);
	*ref = NULL;
	while (w->first) {
		struct websocket *s = w->first;

		websocket_close(&s);
	}
	lws_context_destroy(w->context);
	uv_timer_start(&w->sweeper, sweep, 1, 1);
}
