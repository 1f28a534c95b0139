/* What the network's files share: a connection, and the steps its bytes take. Bytes from the socket go through TLS if there is any into
 * `in`; there they are requests until an upgrade, websocket frames afterwards. Whatever goes out is in `out` as the socket takes it. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "tests/neosim/net.h"

#define NET_MAGIC          0x4e455453u
#define NET_LISTENER_MAGIC 0x4e45544cu
#define NET_CONN_MAGIC     0x4e455443u

#define NET_HEAD_MAX    (64 * 1024)
#define NET_HEADERS_MAX 100
#define NET_BODY_MAX    (4 * 1024 * 1024)
#define NET_WS_MAX      (1024 * 1024)
#define NET_OUT_MAX     (256 * 1024 * 1024)

enum net_kind { NET_PLAIN, NET_TLS, NET_PROXY, NET_KINDS };

struct net_tls; /* the context: certificate and key */
struct net_ssl; /* one connection's */

struct net_listener { uint32_t magic; int fd, port; enum net_kind kind; };

struct net_conn {
	uint32_t magic;
	struct net *net;
	struct net_conn *prev, *next;
	int fd;
	uint32_t events;             /* what epoll watches now */
	struct net_ssl *ssl;         /* NULL = plain */
	bool proxy;                  /* takes CONNECT */
	bool sniff;                  /* a tunnel that has not shown yet whether it speaks TLS */
	bool blocked;                /* an answer is owed: nothing more is read from `in` */
	bool held;                   /* ... and will never come */
	bool closing;                /* ends once `out` is gone */
	bool lingering;              /* our side is shut; waiting for theirs */
	bool peer_ended, dead;
	struct buf in, out;
	size_t out_done;
	struct buf delayed;          /* the answer that comes at `due` */
	bool keep;                   /* ... after which the connection goes on */
	int64_t due, heard, pinged;  /* real ms */
	uint64_t id, requests;
	bool ws, ws_opening;         /* a websocket; one that is being agreed to */
	bool ws_closed;              /* our close frame is out */
	struct buf message;          /* fragments so far */
	int message_op;              /* 0 = none begun */
	void *data;
};

struct net {
	uint32_t magic;
	struct net_options o;
	int epoll;
	struct net_tls *tls;
	struct net_listener listeners[NET_KINDS];
	struct net_conn *conns;
	uint64_t next_id;
	int64_t swept;
};

/* net.c */
int64_t net_real_ms(void);
void conn_write(struct net_conn *c, const void *bytes, size_t len); /* plaintext; encrypted here if the connection is */
void conn_end(struct net_conn *c);                                  /* now, unanswered */
void conn_end_flushed(struct net_conn *c);                          /* when all is sent */
void conn_raw(struct net_conn *c, const char *bytes, size_t len);   /* from the socket, or what came behind a CONNECT */

/* net_tls.c */
int net_tls_open(const char *cert, const char *key, struct net_tls **ret, char error[256]);
void net_tls_close(struct net_tls **t);
struct net_ssl *net_ssl_new(struct net_tls *t);
void net_ssl_free(struct net_ssl **s);
bool net_ssl_feed(struct net_ssl *s, const void *bytes, size_t len, struct buf *in, struct buf *out); /* false: not TLS, or broken */
bool net_ssl_write(struct net_ssl *s, const void *bytes, size_t len, struct buf *out);
void net_ssl_end(struct net_ssl *s, struct buf *out); /* close_notify */

/* net_http.c: one request out of bytes */
struct http_message {
	char *text, *path, *body;    /* the head, cut into pieces in place; the decoded path; the body without its chunks */
	const char *method, *target, *query, *host;
	struct net_header headers[NET_HEADERS_MAX];
	size_t n_headers, body_len;
	bool keep, old;              /* keep the connection; HTTP/1.0 */
	bool wants_continue;
};
/* Bytes taken by the first request of `in`; 0 = not whole yet (wants_continue may be set); negative = minus the HTTP status of the refusal. */
long http_take(const char *in, size_t len, struct http_message *ret);
void http_done(struct http_message *m);
const char *http_reason(int status);

/* net_serve.c */
bool serve_step(struct net_conn *c); /* false: nothing more to do with what is in `in` */
void serve_due(struct net_conn *c);

/* net_ws.c */
bool ws_upgrade(struct net_conn *c, const struct net_request *r); /* false: not one, or not wanted */
bool ws_step(struct net_conn *c);
