/* The pieces of kotak_drive: options and the account (kotak_drive.c), one REST call a command (drive_calls.c), the adapter behind the broker port
 * (drive_engine.c). */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/kotak/rest.h"
#include "lib/kotak/session.h"

#define DRIVE_WORDS 16
struct drive {
	uv_loop_t *loop;
	struct clock clock;
	struct kotak_options account;
	struct kotak_session *session;
	struct rest *rest;
	bool engine;                     /* --engine */
	const char *adopt;               /* --adopt FILE: orders of an earlier life */
	bool busy;                       /* a command is not answered yet: the next line waits */
	bool ended;                      /* no more lines */
	char *word[DRIVE_WORDS];
	unsigned words;
};

/* One line of JSON on standard output, at once. */
void drive_print(struct buf *line);
void drive_say(const char *key, const char *text);      /* {"key":"text"} */
void drive_next(struct drive *d);                       /* the command is answered: the next line may come */
nanos_t drive_now(const struct drive *d);

void calls_command(struct drive *d);

void engine_begin(struct drive *d);
void engine_command(struct drive *d);
void engine_end(struct drive *d);
