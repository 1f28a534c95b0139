/* A scripted server beside a test (peer.py), or any other that prints its ports as JSON first; and a plain way to give it orders. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

struct peer { pid_t pid; int input; unsigned port, tls_port; cJSON *told; };

bool peer_start(struct peer *p, const char *const argv[]); /* false: it did not come up */
void peer_stop(struct peer *p);
/* The one that a group of tests shares, and the group's setup and teardown. */
extern struct peer peer;
int peer_group_setup(void **state);
int peer_group_teardown(void **state);
unsigned peer_number(const struct peer *p, const char *key);
const char *peer_text(const struct peer *p, const char *key);

/* One request over a connection of its own; the answer's JSON (to be deleted), NULL when it is none. Blocking. */
cJSON *peer_ask(const struct peer *p, const char *method, const char *target, const char *body);
void peer_script(const struct peer *p, const char *path, const char *steps); /* steps: a JSON array */
/* Requests whose target begins with `prefix`, since the start or the last peer_forget(). */
unsigned peer_count(const struct peer *p, const char *prefix);
cJSON *peer_requests(const struct peer *p);
void peer_forget(const struct peer *p);
