/* Websockets (RFC 6455) on a connection that asked for one. No extension is ever agreed to. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/neosim/net_priv.h"
#include "tests/neosim/sha1.h"

enum { WS_MORE = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };
enum { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002, CLOSE_KIND = 1003, CLOSE_TEXT = 1007, CLOSE_BIG = 1009 };

/* -- out ---------------------------------------------------------------------------------------------------------- */

/* What open() sends waits until the handshake's answer is out. */
static void put_bytes(struct net_conn *c, const void *bytes, size_t len)
{
	if (c->ws_opening)
		buf_put(&c->delayed, bytes, len);
	else
		conn_write(c, bytes, len);
}

static void put_frame(struct net_conn *c, bool last, int op, const void *bytes, size_t len)
{
	uint8_t head[10] = {(uint8_t)((last ? 0x80 : 0) | op)};
	size_t n = 2, i;

	if (!c->ws || c->ws_closed)
		return;
	if (len < 126) {
		head[1] = (uint8_t)len;
	} else if (len < 65536) {
		head[1] = 126;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		n = 4;
	} else {
		head[1] = 127;
		for (i = 0; i < 8; i++)
			head[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
		n = 10;
	}
	put_bytes(c, head, n);
	put_bytes(c, bytes, len);
}

void net_ws_text(struct net_conn *c, const char *text, size_t len)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	put_frame(c, true, WS_TEXT, text, len);
}

void net_ws_binary(struct net_conn *c, const void *bytes, size_t len)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	put_frame(c, true, WS_BINARY, bytes, len);
}

void net_ws_fragments(struct net_conn *c, bool binary, const void *bytes, size_t len, size_t piece)
{
	const char *at = bytes;
	int op = binary ? WS_BINARY : WS_TEXT;

	CHECK_OBJ(c, NET_CONN_MAGIC);
	assert(piece > 0);
	for (; len > piece; at += piece, len -= piece, op = WS_MORE)
		put_frame(c, false, op, at, piece);
	put_frame(c, true, op, at, len);
}

void net_ws_ping(struct net_conn *c)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	put_frame(c, true, WS_PING, "neosim", 6);
}

void net_ws_close(struct net_conn *c, int code)
{
	uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};

	CHECK_OBJ(c, NET_CONN_MAGIC);
	put_frame(c, true, WS_CLOSE, body, sizeof(body));
	c->ws_closed = true;
	conn_end_flushed(c);
}

/* -- the handshake ------------------------------------------------------------------------------------------------ */

static bool asks(const struct net_request *r)
{
	const char *upgrade = net_header(r, "Upgrade"), *connection = net_header(r, "Connection"), *version = net_header(r, "Sec-WebSocket-Version");
	const char *key = net_header(r, "Sec-WebSocket-Key");

	return strcmp(r->method, "GET") == 0 && upgrade && strcasecmp(upgrade, "websocket") == 0 && connection && strcasestr(connection, "upgrade") &&
	       version && strcmp(version, "13") == 0 && key && strlen(key) == 24;
}

static void accept_key(const char *key, char *ret)
{
	char text[64];
	uint8_t digest[SHA1_LEN];

	snprintf(text, sizeof(text), "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	sha1(text, strlen(text), digest);
	base64(digest, sizeof(digest), ret);
}

bool ws_upgrade(struct net_conn *c, const struct net_request *r)
{
	char head[256], key[BASE64_SIZE(SHA1_LEN)];

	if (!asks(r) || !c->net->o.ws.open)
		return false;
	c->ws = c->ws_opening = true;
	c->ws = c->net->o.ws.open(c->net->o.ws.ctx, c, r);
	c->ws_opening = false;
	if (c->ws) {
		accept_key(net_header(r, "Sec-WebSocket-Key"), key);
		snprintf(head, sizeof(head), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", key);
		conn_write(c, head, strlen(head));
		conn_write(c, c->delayed.data, c->delayed.len);
	}
	buf_done(&c->delayed);
	return c->ws;
}

/* -- in ----------------------------------------------------------------------------------------------------------- */

struct frame { bool last; int op; size_t head, len; const uint8_t *mask; };

/* Bytes of the whole frame; 0 = not here yet; negative = minus the close code. */
static long take_frame(const uint8_t *in, size_t len, struct frame *f)
{
	size_t i;

	if (len < 2)
		return 0;
	*f = (struct frame){.last = in[0] & 0x80, .op = in[0] & 15, .head = 2, .len = in[1] & 127};
	if ((in[0] & 0x70) || !(in[1] & 0x80) || (f->op > WS_BINARY && f->op < WS_CLOSE) || f->op > WS_PONG)
		return -CLOSE_PROTOCOL;
	if (f->op >= WS_CLOSE && (!f->last || f->len > 125))
		return -CLOSE_PROTOCOL;
	if (f->len >= 126) {
		size_t bytes = f->len == 126 ? 2 : 8;

		f->head += bytes;
		if (len < f->head)
			return 0;
		for (f->len = 0, i = 2; i < f->head; i++) {
			if (f->len >> 48)
				return -CLOSE_BIG;
			f->len = f->len << 8 | in[i];
		}
	}
	if (f->len > NET_WS_MAX)
		return -CLOSE_BIG;
	f->mask = in + f->head;
	f->head += 4;
	return len < f->head + f->len ? 0 : (long)(f->head + f->len);
}

/* Well-formed UTF-8, with the shortest forms only and no surrogates. */
static bool utf8(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;

	while (p < end) {
		uint32_t c = *p++;
		int more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : -1;
		int i;

		if (more < 0 || end - p < more)
			return false;
		c &= more == 0 ? 0x7f : 0x3fu >> more;
		for (i = 0; i < more; i++, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p & 0x3f);
		}
		if ((more == 2 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (more == 3 && (c < 0x10000 || c > 0x10ffff)))
			return false;
	}
	return true;
}

static void message_whole(struct net_conn *c)
{
	struct buf whole = c->message;
	int op = c->message_op;

	c->message = (struct buf){0};
	c->message_op = 0;
	if (op == WS_BINARY)
		net_ws_close(c, CLOSE_KIND); /* neither feed takes anything but text */
	else if (!utf8(whole.data ? whole.data : "", whole.len))
		net_ws_close(c, CLOSE_TEXT);
	else
		c->net->o.ws.text(c->net->o.ws.ctx, c, whole.data ? whole.data : "", whole.len);
	buf_done(&whole);
}

static void data_frame(struct net_conn *c, const struct frame *f, const char *bytes)
{
	if ((f->op == WS_MORE) != (c->message_op != 0)) { /* a fragment of nothing, or a message inside another */
		net_ws_close(c, CLOSE_PROTOCOL);
		return;
	}
	if (f->op != WS_MORE)
		c->message_op = f->op;
	if (c->message.len + f->len > NET_WS_MAX) {
		net_ws_close(c, CLOSE_BIG);
		return;
	}
	if (f->len)
		buf_put(&c->message, bytes, f->len);
	if (f->last)
		message_whole(c);
}

static void control_frame(struct net_conn *c, const struct frame *f, const char *bytes)
{
	int code = f->len >= 2 ? (uint8_t)bytes[0] << 8 | (uint8_t)bytes[1] : CLOSE_NORMAL;

	if (f->op == WS_PING)
		put_frame(c, true, WS_PONG, bytes, f->len);
	else if (f->op == WS_CLOSE)
		net_ws_close(c, f->len == 1 || code < 1000 || code >= 5000 || !utf8(f->len > 2 ? bytes + 2 : "", f->len > 2 ? f->len - 2 : 0) ? CLOSE_PROTOCOL : code);
}

bool ws_step(struct net_conn *c)
{
	struct frame f;
	long taken = take_frame((const uint8_t *)c->in.data, c->in.len, &f);
	char *bytes;
	size_t i;

	if (taken == 0)
		return false;
	if (taken < 0) {
		net_ws_close(c, (int)-taken);
		return false;
	}
	bytes = c->in.data + f.head;
	for (i = 0; i < f.len; i++)
		bytes[i] = (char)(bytes[i] ^ f.mask[i % 4]);
	if (f.op < WS_CLOSE)
		data_frame(c, &f, bytes);
	else
		control_frame(c, &f, bytes);
	memmove(c->in.data, c->in.data + taken, c->in.len - (size_t)taken);
	c->in.len -= (size_t)taken;
	return true;
}
