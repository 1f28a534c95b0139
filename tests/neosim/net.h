/* One epoll loop that serves HTTP/1.1 and websockets, plain and over TLS, and is a CONNECT proxy whose every tunnel ends here: the official SDK
 * reaches "mis.kotaksecurities.com" through it, its package unmodified. Connections are ours to maltreat: a reply can be
 * delayed, cut, dropped, or sent twice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;
struct net_conn;

struct net_header { const char *name, *value; };
struct net_request {
	const char *method, *path /* without query, percent-decoded */, *target /* as sent */, *query, *host;
	const struct net_header *headers;
	size_t n_headers;
	const char *body;
	size_t body_len;
	bool tls;
	uint64_t connection, number; /* which connection, which request on it */
};
const char *net_header(const struct net_request *r, const char *name); /* any case; NULL = absent */

enum net_cut { NET_WHOLE, NET_DROP_REQUEST /* close unanswered, before anything was done */, NET_DROP_REPLY /* close unanswered, after it was done */,
               NET_CUT_BODY /* half of it, then close */, NET_HOLD /* never answer */, NET_RESET /* TCP reset */ };
struct net_reply {
	int status;
	const char *type;            /* content type */
	char extra[512];             /* further header lines, each with \r\n */
	char *body;                  /* malloc'ed; the net frees it */
	size_t len;
	int64_t delay_ms;            /* real time */
	enum net_cut cut;
	bool chunked;
};
typedef void net_serve(void *ctx, const struct net_request *r, struct net_reply *ret);

/* Websockets: open() says whether to accept; text/binary come whole (fragments joined). */
struct net_ws_events {
	bool (*open)(void *ctx, struct net_conn *c, const struct net_request *r);
	void (*text)(void *ctx, struct net_conn *c, const char *text, size_t len);
	void (*closed)(void *ctx, struct net_conn *c);
	void *ctx;
};
void net_ws_text(struct net_conn *c, const char *text, size_t len);
void net_ws_binary(struct net_conn *c, const void *bytes, size_t len);
void net_ws_fragments(struct net_conn *c, bool binary, const void *bytes, size_t len, size_t piece);
void net_ws_ping(struct net_conn *c);
void net_ws_close(struct net_conn *c, int code);
void net_reset(struct net_conn *c);
size_t net_backlog(const struct net_conn *c); /* bytes not yet taken by the peer */
void *net_data(const struct net_conn *c);
void net_set_data(struct net_conn *c, void *data);

struct net_options {
	const char *bind;            /* 127.0.0.1 */
	int port, tls_port, proxy_port; /* 0 = any; -1 = none */
	const char *cert, *key;      /* PEM; the server's for every name */
	net_serve *serve;
	struct net_ws_events ws;
	void *ctx;
};
int net_open(const struct net_options *o, struct net **ret, char error[256]);
int net_port(const struct net *n, int which /* 0 plain, 1 TLS, 2 proxy */);
size_t net_connections(const struct net *n); /* open now */
/* One turn: waits at most `ms`, serves what is there. */
int net_turn(struct net *n, int ms);
void net_close(struct net **n);

/* A test CA and a server certificate for the names given, written as ca.pem, cert.pem, key.pem into dir (made anew when missing or about to end). */
int net_make_certificates(const char *dir, const char *const *names, char error[256]);
