/* Every request since the start or the last DELETE /sim/requests, and how many there were of each: what a test reads to see what a client
 * really sent. */
#pragma once

#include "lib/base/json.h"
#include "tests/neosim/net.h"

struct captured { uint64_t n, connection; int64_t at; char *method, *target, *path, *body, *jdata; struct net_header *headers; size_t n_headers; };
struct counted { char path[96]; uint64_t n; };

#define COUNTED_MAX 64
struct capture {
	struct captured *list;       /* a ring once full: the oldest goes */
	size_t first, n, room;
	uint64_t total, forgotten;
	struct counted counts[COUNTED_MAX];
	size_t n_counts;
};

void capture_add(struct capture *c, const struct net_request *r, int64_t at);
/* A frame that a websocket's client sent, as method "WS". */
void capture_frame(struct capture *c, const char *path, uint64_t connection, const char *text, size_t len, int64_t at);
void capture_print(const struct capture *c, const char *prefix, struct json *j);
void capture_print_counts(const struct capture *c, struct json *j, const char *key);
void capture_clear(struct capture *c);
