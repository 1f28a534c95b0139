/* Record -> row: which kinds of records the store keeps, and what each becomes. Pure: bytes and names in, a row out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/action.h"
#include "lib/store/names.h"
#include "lib/store/row.h"

/* The names that hold for one record; NULL = not known. `about`: of a changed parameter the strategy's kind and its name, "amd.stop_pct"; of a start
 * how the run before it ended, "flat"; else "". */
#define ABOUT_TEXT 64
struct called { const char *symbol, *strategy, *underlying; char about[ABOUT_TEXT]; };

struct projection {
	uint16_t kind;
	size_t size;                /* of the payload, exactly */
	const char *event;          /* its name in /api/events; NULL = not listed there */
	uint32_t (*strategy)(const void *payload); /* NULL = the record names none */
	void (*row)(const struct record *head, const void *payload, const struct called *c, struct row *ret);
};

/* NULL for kinds the store does not keep (ticks, requests, broker reports). */
const struct projection *projection_of(uint16_t kind);

/* The names of a record by the map as it stands. */
void project_called(const struct projection *p, const struct record *head, const void *payload, const struct names *names,
                    struct called *ret);

/* The row of /api/events: the record itself, with its names. */
void project_event(const struct record *head, const void *payload, size_t len, const struct called *c, struct row *ret);

/* A reply says something only when a command was refused; what the gate refuses is a decision. */
bool project_ignores(const struct record *head, const void *payload);

/* Each limit of the settings leaves the engine's state behind it at a start, always the same: not listed. */
bool project_repeats(const struct record *head, const void *payload);

const char *project_mode(uint32_t mode);

/* What a state of the engine says about its run: "flat", "positions kept". */
enum run_end project_run(const char *state, const char *reason);
const char *project_run_name(enum run_end end);

/* Keeps the map in step with what defines names, and with the engine's state; other kinds change nothing. */
int project_names(struct names *names, const struct record *head, const void *payload);
