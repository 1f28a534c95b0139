/* One day of the drill: neosim at sixty times real time, strategies that are in and out all day, and an engine that is killed at a point of its
 * journal, over and over. The last life may end: it closes what is open, and then both books are laid side by side. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engined/drill/drill_priv.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/journal/journal.h"

#define POINT_MS   5000    /* a point that does not come in that is killed elsewhere */
#define START_MS   60000
#define SETTLE_MS  4000    /* more than quarantine and proofs of absence take at sixty times */
#define FLAT_MS    180000
#define LAST_ENTRY ((15 * 60 + 4) * NANOS_MINUTE) /* the square-off belongs to the life that reaches the end */
#define RARE       (1u << DRILL_CANCEL | 1u << DRILL_CHECKPOINT_BEGUN | 1u << DRILL_CHECKPOINT_NAMED | 1u << DRILL_SEGMENT_BEGUN | \
                    1u << DRILL_SEGMENT_NAMED)

static const char *const dates[] = { "2026-11-20", "2026-11-18", "2026-11-13", "2026-11-12", "2026-11-11", "2026-11-17", "2026-11-19", "2026-11-16" };

static bool broken(struct day *d, const char *what, const char *why)
{
	if (!d->tally->broken[0])
		snprintf(d->tally->broken, sizeof(d->tally->broken), "life %u: %.120s%s%.330s", d->lives, what, why[0] ? ": " : "", why);
	return false;
}

/* -- a life --------------------------------------------------------------------------------------------------------- */

static bool ended(struct day *d)
{
	char why[96];
	int status = 0;

	if (!drill_child_ended(d->engine, 0, &status))
		return false;
	d->engine = -1;
	snprintf(why, sizeof(why), "%s %d, its words are in engined.log", WIFEXITED(status) ? "status" : "signal",
	         WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	broken(d, "the engine ended by itself", why);
	return true;
}

static void note_restored(struct day *d, nanos_t took)
{
	unsigned *at = realloc(d->tally->restored, (d->tally->n_restored + 1) * sizeof(*at));

	if (!at)
		return;
	at[d->tally->n_restored++] = (unsigned)(took / NANOS_MS);
	d->tally->restored = at;
}

/* A life begun; `wait`: until it says that it is restored. */
static bool begin(struct day *d, bool wait)
{
	nanos_t began = clock_mono();

	d->lives++;
	d->tally->lives++;
	d->engine = drill_engine_start(d);
	if (d->engine < 0)
		return broken(d, "the engine cannot be started", "");
	if (!wait)
		return true;
	while (!drill_engine_restored(d)) {
		if (drill_interrupted() || ended(d))
			return false;
		if (clock_mono() - began > START_MS * NANOS_MS)
			return broken(d, "the engine does not become ready", "its words are in engined.log");
		usleep(1000);
	}
	if (d->lives > 1)
		note_restored(d, clock_mono() - began);
	if (d->paused)
		d->paused = !drill_engine_ask(d, "resume");
	drill_watch_next(&d->watch, 0);
	return true;
}

/* The first of the points that comes, DRILL_POINTS when none does. */
static enum drill_point await(struct day *d, uint32_t armed, uint64_t ms)
{
	nanos_t until = clock_mono() + (nanos_t)ms * NANOS_MS;
	uint32_t seen = 0;

	while (!seen && clock_mono() < until && d->watch.err == ERR_OK && !drill_interrupted())
		seen = drill_watch_next(&d->watch, 10) & armed;
	return seen ? (enum drill_point)__builtin_ctz(seen) : DRILL_POINTS;
}

/* At once, or a little later: between an intention and its bytes lies less than a millisecond. */
static void hesitate(struct day *d)
{
	static const unsigned most_us[] = { 0, 2000, 50000 };
	unsigned most = most_us[prng_below(d->rng, ARRAY_LEN(most_us))];

	if (most)
		usleep((useconds_t)prng_below(d->rng, most));
}

static void count_kill(struct day *d, enum drill_point target, enum drill_point at)
{
	struct drill_tally *t = d->tally;
	unsigned working = 0;

	drill_watch_next(&d->watch, 0);
	for (size_t i = 0; i < d->watch.books.n; i++)
		working += !d->watch.books.at[i].ended;
	t->kills++;
	t->holding += d->watch.books.uneven > 0;
	t->working += working > 0;
	t->at[at == DRILL_POINTS ? DRILL_CHANCE : at]++;
	t->missed[target] += at == DRILL_POINTS;
}

/* Killed at its target, or at a rarer point that came first. */
static bool life(struct day *d, enum drill_point target, uint32_t rare)
{
	bool chance = target == DRILL_CHANCE || target == DRILL_EARLY;
	uint64_t ms = target == DRILL_CHANCE ? prng_below(d->rng, 2000) : target == DRILL_EARLY ? prng_below(d->rng, 150) : POINT_MS;

	if (!begin(d, !drill_point_early(target)))
		return false;
	if (target == DRILL_COMMAND)
		d->paused = drill_engine_tell(d, "pause");
	enum drill_point at = await(d, rare | 1u << target, ms);
	if (at == DRILL_POINTS && chance)
		at = target;
	hesitate(d);
	if (drill_interrupted() || ended(d))
		return false;
	drill_child_kill(&d->engine);
	count_kill(d, target, at);
	return d->watch.err == ERR_OK || broken(d, "the journal is damaged", d->watch.damage);
}

/* -- all of them ---------------------------------------------------------------------------------------------------- */

/* The one that had the least; a point that did not come twice is not waited for again before the others had as many. The first lives die while the
 * journal is being made. */
static enum drill_point choose(struct day *d)
{
	const struct drill_tally *t = d->tally;
	unsigned from = (unsigned)prng_below(d->rng, DRILL_POINTS), least = UINT_MAX;
	enum drill_point best = DRILL_CHANCE;

	if (d->watch.records == 0)
		return DRILL_START;
	for (unsigned i = 0; i < DRILL_POINTS; i++) {
		unsigned p = (from + i) % DRILL_POINTS, had = t->at[p] + t->missed[p] * 2;

		if (!(RARE & 1u << p) && had < least) {
			least = had;
			best = (enum drill_point)p;
		}
	}
	return best;
}

/* The rare ones come when they come: armed in every life until they had their share. */
static uint32_t rare_wanted(const struct drill_tally *t, unsigned share)
{
	uint32_t armed = 0;

	for (unsigned p = 0; p < DRILL_POINTS; p++)
		armed |= (RARE & 1u << p) && t->at[p] < share ? 1u << p : 0;
	return armed;
}

static bool day_over(const struct day *d)
{
	nanos_t now = clock_now(&d->broker.clock);

	return now - stamp_at(stamp_date(now), 0) > LAST_ENTRY;
}

static bool lives(struct day *d, unsigned kills)
{
	unsigned share = (kills + DRILL_POINTS - 1) / DRILL_POINTS;

	while (d->tally->kills < kills && !day_over(d)) {
		if (!life(d, choose(d), rare_wanted(d->tally, share)))
			return false;
		drill_progress(d->tally, kills);
	}
	return true;
}

/* -- the end -------------------------------------------------------------------------------------------------------- */

static bool stop_flat(struct day *d)
{
	int status = 0;

	if (!begin(d, true))
		return false;
	await(d, 0, SETTLE_MS);
	if (drill_interrupted() || ended(d))
		return false;
	kill(d->engine, SIGTERM);
	bool over = false;
	for (int ms = 0; ms < FLAT_MS && !over && !drill_interrupted(); ms += 100)
		over = drill_child_ended(d->engine, 100, &status);
	if (!over)
		return broken(d, "the last life does not end", "its words are in engined.log");
	d->engine = -1;
	drill_watch_next(&d->watch, 0);
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) || broken(d, "the last life did not end flat", "its words are in engined.log");
}

static bool compare(struct day *d)
{
	struct drill_books broker = { 0 };
	struct journal_report report;
	struct buf ledger = { 0 };
	bool good = drill_broker_ledger(&d->broker, &ledger) && drill_ledger_read(&broker, ledger.data, ledger.len);

	if (good)
		drill_verdict_add(&d->tally->verdict, &d->watch.books, &broker);
	drill_keep(d, "ledger.json", &ledger);
	buf_done(&ledger);
	drill_books_done(&broker);
	if (!good)
		return broken(d, "the simulated broker gives no ledger", "");
	if (d->watch.err != ERR_OK)
		return broken(d, "the journal is damaged", d->watch.damage);
	if (journal_verify(d->journal, &report) != ERR_OK || report.records != d->watch.records)
		return broken(d, "the journal is not whole", report.damage[0] ? report.damage : "it holds other records than were read while it was written");
	d->tally->records += report.records;
	d->tally->segments += report.segments;
	return true;
}

bool drill_day(const struct drill_paths *paths, const char *dir, unsigned kills, uint64_t *rng, struct drill_tally *t)
{
	struct day d = { .paths = paths, .rng = rng, .tally = t, .engine = -1, .broker.pid = -1, .watch.inotify = -1 };
	char at[40];

	snprintf(at, sizeof(at), "%sT09:14:00+05:30", dates[t->days++ % ARRAY_LEN(dates)]);
	bool good = drill_folders(&d, dir) || broken(&d, "its folder cannot be made", dir);
	good = good && (drill_watch_open(&d.watch, d.journal) || broken(&d, "its journal cannot be followed", err_text(d.watch.err)));
	good = good && (drill_broker_start(&d.broker, paths->neosim, d.neosim, at, *rng) || broken(&d, "the simulated broker does not start", paths->neosim));
	good = good && lives(&d, kills) && stop_flat(&d) && compare(&d);
	drill_child_kill(&d.engine);
	drill_child_kill(&d.broker.pid);
	drill_watch_close(&d.watch);
	return good;
}
