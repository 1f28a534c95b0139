/* From a request to its answer, and every way an answer can go wrong on purpose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/neosim/net_priv.h"

static void drop_front(struct buf *b, size_t n)
{
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

/* -- answers ------------------------------------------------------------------------------------------------------ */

static void put_head(struct buf *b, const struct net_reply *r, bool keep)
{
	buf_printf(b, "HTTP/1.1 %d %s\r\n", r->status, http_reason(r->status));
	if (r->type)
		buf_printf(b, "Content-Type: %s\r\n", r->type);
	if (r->chunked)
		buf_puts(b, "Transfer-Encoding: chunked\r\n");
	else
		buf_printf(b, "Content-Length: %zu\r\n", r->len);
	buf_puts(b, r->extra);
	buf_puts(b, keep ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

/* Chunks of several sizes, so that a reader meets each boundary. */
static void put_chunks(struct buf *b, const char *body, size_t len)
{
	size_t size = 7, n;

	for (; len > 0; body += n, len -= n, size = size * 3 % 4093 + 1) {
		n = len < size ? len : size;
		buf_printf(b, "%zx\r\n", n);
		buf_put(b, body, n);
		buf_puts(b, "\r\n");
	}
	buf_puts(b, "0\r\n\r\n");
}

static void put_reply(struct buf *b, const struct net_reply *r, bool keep, bool head_only)
{
	size_t len = r->cut == NET_CUT_BODY ? r->len / 2 : r->len;

	put_head(b, r, keep);
	if (head_only)
		return;
	if (!r->chunked)
		buf_put(b, r->body, len);
	else if (r->cut == NET_CUT_BODY)
		buf_printf(b, "%zx\r\n%.*s", r->len, (int)len, r->body);
	else
		put_chunks(b, r->body, len);
}

/* `keep` false also when half of the body was promised and will not come. */
static void answer(struct net_conn *c, struct net_reply *r, bool keep, bool head_only)
{
	struct buf out = {0};

	if (r->cut == NET_CUT_BODY)
		keep = false;
	put_reply(&out, r, keep, head_only);
	assert(!out.failed);
	if (r->delay_ms > 0) {
		c->blocked = true;
		c->delayed = out;
		c->due = net_real_ms() + r->delay_ms;
		c->keep = keep;
		return;
	}
	conn_write(c, out.data, out.len);
	buf_done(&out);
	if (!keep)
		conn_end_flushed(c);
}

void serve_due(struct net_conn *c)
{
	bool keep = c->keep;

	c->blocked = false;
	conn_write(c, c->delayed.data, c->delayed.len);
	buf_done(&c->delayed);
	if (!keep)
		conn_end_flushed(c);
}

static void refuse(struct net_conn *c, int status)
{
	struct net_reply r = {.status = status, .type = "text/plain", .body = strdup(http_reason(status))};

	assert(r.body);
	r.len = strlen(r.body);
	answer(c, &r, false, false);
	free(r.body);
}

static void finish(struct net_conn *c, struct net_reply *r, bool keep, bool head_only)
{
	switch (r->cut) {
	case NET_DROP_REQUEST:
	case NET_DROP_REPLY:
		conn_end(c);
		break;
	case NET_RESET:
		net_reset(c);
		break;
	case NET_HOLD:
		c->blocked = c->held = true;
		break;
	case NET_WHOLE:
	case NET_CUT_BODY:
		answer(c, r, keep, head_only);
		break;
	}
	free(r->body);
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

static void tunnel(struct net_conn *c)
{
	static const char yes[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	struct buf behind = c->in;

	conn_write(c, yes, sizeof(yes) - 1);
	c->proxy = false;
	c->sniff = true;
	c->in = (struct buf){0};
	conn_raw(c, behind.data, behind.len);
	buf_done(&behind);
}

static void serve(struct net_conn *c, const struct http_message *m)
{
	struct net_request r = {.method = m->method, .path = m->path, .target = m->target, .query = m->query, .host = m->host, .headers = m->headers,
		.n_headers = m->n_headers, .body = m->body, .body_len = m->body_len, .tls = c->ssl != NULL, .connection = c->id, .number = ++c->requests};
	struct net_reply reply = {.status = 200, .type = "application/json"};

	if (strcmp(m->method, "CONNECT") == 0) {
		if (c->proxy)
			tunnel(c);
		else
			refuse(c, 405);
		return;
	}
	if (ws_upgrade(c, &r) || c->dead)
		return;
	c->net->o.serve(c->net->o.ctx, &r, &reply);
	if (c->dead) {
		free(reply.body);
		return;
	}
	finish(c, &reply, m->keep, strcmp(m->method, "HEAD") == 0);
}

/* A tunnel's path has no slash in front; everything else must. */
static bool path_fits(const struct http_message *m)
{
	return m->path[0] == '/' || strcmp(m->method, "CONNECT") == 0 || strcmp(m->path, "*") == 0;
}

bool serve_step(struct net_conn *c)
{
	struct http_message m;
	long taken = http_take(c->in.data, c->in.len, &m);

	if (taken < 0 || (taken > 0 && !path_fits(&m))) {
		buf_clear(&c->in);
		refuse(c, taken < 0 ? (int)-taken : 400);
	} else if (taken > 0) {
		drop_front(&c->in, (size_t)taken);
		serve(c, &m);
	} else if (m.wants_continue) {
		conn_write(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	}
	http_done(&m);
	return taken > 0;
}
