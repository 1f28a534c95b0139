/* Websocket clients on the event loop: libwebsockets joined to libuv. No sub-protocol, no extension; messages come whole. Pings every
 * 20 s (real time) and a connection without a pong within 20 s is closed: that tells a dead TCP connection, not a mute server, which is the caller's
 * to detect by content. wss:// is verified; ws:// is taken for loopback addresses only. One client at a time in a process:
 * libwebsockets 4.1 keeps an index of OpenSSL's in a global, and leaks the older client's TLS context when two live at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

struct websockets;
struct websocket;
struct websockets_options { const char *ca_file; int ip_version; unsigned ping_ms; /* 0 = 20,000 */ };
int websockets_open(uv_loop_t *loop, const struct websockets_options *o, struct websockets **ret); /* ERR_UNSUPPORTED: libwebsockets or its plug-in is not there */
void websockets_close(struct websockets **w); /* closes every socket without telling its owner */

struct websocket_events {
	void (*open)(void *ctx);
	void (*text)(void *ctx, const char *text, size_t len);     /* NUL-terminated */
	void (*binary)(void *ctx, const void *bytes, size_t len);
	void (*closed)(void *ctx, const char *why);                /* once, also when the connection never came up; the socket is gone after it */
	void *ctx;
};
/* message_max: a longer one closes the connection (a lie or a fault, and never unbounded memory). No callback from within. */
int websocket_open(struct websockets *w, const char *url, size_t message_max, unsigned connect_ms, const struct websocket_events *e,
                   struct websocket **ret);
int websocket_send_text(struct websocket *s, const char *text, size_t len); /* queued, at most 1 MiB */
void websocket_close(struct websocket **s); /* no closed() call follows */
