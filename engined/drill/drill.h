/* `enginectl crash-drill`: the engine of this machine, killed again and again in a rehearsal of a trading day, and the proof that nothing was lost.
 * The broker is neosim on 127.0.0.1, the state a folder of the drill's own: an operator's engine, state and account are never touched. */
#pragma once

#include <sys/types.h>

#include "engined/drill/books.h"
#include "lib/base/buf.h"
#include "lib/loop/clock.h"

struct journal_reader;

/* -- child.c: processes, which end with the drill whatever ends it -------------------------------------------- */

/* Standard output goes to `out` (-1: with the errors), errors at the end of the file `log`. The pid, or -1. */
pid_t drill_child_start(const char *const argv[], const char *const env[], int out, const char *log);
/* True once it has ended, with its wait status; at most `ms`. */
bool drill_child_ended(pid_t pid, int ms, int *ret_status);
void drill_child_kill(pid_t *pid);

/* -- broker.c: the simulated broker --------------------------------------------------------------------------- */

struct drill_broker {
	pid_t pid;
	int port, tls_port;
	char ca[512];
	struct clock clock;
	char clock_text[80];     /* what --clock takes */
};
bool drill_broker_start(struct drill_broker *b, const char *neosim, const char *dir, const char *at, uint64_t seed);
bool drill_broker_ledger(const struct drill_broker *b, struct buf *ret);

/* -- point.c: where it is killed ------------------------------------------------------------------------------ */

enum drill_point {
#define POINT(name, early, text) DRILL_##name,
#include "engined/drill/point.tbl.h"
#undef POINT
	DRILL_POINTS,
};
const char *drill_point_text(enum drill_point p);
bool drill_point_early(enum drill_point p); /* comes while a start is under way */
/* The point that a record is; that a name which came up in the journal's folder is. DRILL_POINTS: none. */
enum drill_point drill_point_of_record(const struct record *head, const void *payload);
enum drill_point drill_point_of_file(const char *name, bool renamed);

/* -- watch.c: the journal, read while it is written ----------------------------------------------------------- */

struct drill_watch {
	int inotify;
	struct journal_reader *reader;
	struct drill_books books;
	uint64_t records;
	int err;                 /* enum err: the journal is damaged */
	char damage[256];
};
bool drill_watch_open(struct drill_watch *w, const char *dir);
void drill_watch_close(struct drill_watch *w);
/* Waits for news, at most `ms`, and reads all there are; the points passed, as bits. */
uint32_t drill_watch_next(struct drill_watch *w, int ms);

/* -- day.c: one simulated day, one state folder, many lives --------------------------------------------------- */

struct drill_paths { char engined[512], neosim[512], tables[512]; };

struct drill_tally {
	unsigned kills, missed[DRILL_POINTS], at[DRILL_POINTS];
	unsigned holding;        /* of the kills: with positions open */
	unsigned working;        /* with orders under way */
	unsigned lives, days;
	uint64_t records, segments;
	unsigned *restored, n_restored; /* milliseconds from exec to the first answer that is not `starting` */
	struct drill_verdict verdict;
	char broken[512];        /* why it ended early; "" = it did not */
};
/* Kills until `kills` are done or the day is over. False: t->broken says why the proof fails. */
bool drill_day(const struct drill_paths *paths, const char *dir, unsigned kills, uint64_t *rng, struct drill_tally *t);
bool drill_interrupted(void);
