#include "lib/feed/recording.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/error.h"
#include "lib/feed/load.h"

/* -- files ----------------------------------------------------------------------------------------------------------- */

static int add_name(struct recording *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	char **moved = reallocarray(r->names, r->name_count + 1, sizeof(*moved));

	if (moved == NULL)
		return ERR_NOMEM;
	r->names = moved;
	if ((moved[r->name_count] = strdup(slash != NULL ? slash + 1 : path)) == NULL)
		return ERR_NOMEM;
	r->name_count++;
	return ERR_OK;
}

static int load_one(struct recording *r, const char *path, struct feed_error *error)
{
	const struct layout *layout = NULL;
	uint32_t crc = 0;
	int err = add_name(r, path);

	if (err != ERR_OK)
		return feed_fail(error, err, "out of memory");
	if ((err = load_file(path, (uint32_t)r->name_count - 1, &r->tape, &layout, &crc, error)) != ERR_OK)
		return err;
	if (r->layout != NULL && r->layout != layout)
		return feed_fail(error, ERR_UNSUPPORTED, "%s holds %s and %s %s of another shape; play them one at a time",
		                 r->names[0], r->layout->kind, r->names[r->name_count - 1], layout->kind);
	r->layout = layout;
	r->identity = r->identity * UINT64_C(0x9E3779B97F4A7C15) + crc;
	return ERR_OK;
}

/* -- the usual step -------------------------------------------------------------------------------------------------- */

static int gap_compare(const void *a, const void *b)
{
	const nanos_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The median gap between neighbouring groups of one day: halts and nights do not matter. */
static int measure_step(struct recording *r)
{
	const struct tape *t = &r->tape;
	nanos_t *gaps = malloc(t->row_count * sizeof(*gaps));
	size_t count = 0;

	if (gaps == NULL)
		return ERR_NOMEM;
	for (size_t i = 1; i < t->row_count; i++)
		if (t->rows[i].stamp != t->rows[i - 1].stamp && stamp_date(t->rows[i].stamp) == stamp_date(t->rows[i - 1].stamp))
			gaps[count++] = t->rows[i].stamp - t->rows[i - 1].stamp;
	if (count > 0) {
		qsort(gaps, count, sizeof(*gaps), gap_compare);
		r->step = gaps[(count - 1) / 2] / NANOS_SECOND * NANOS_SECOND;
	}
	if (r->step < NANOS_SECOND || r->step > NANOS_DAY)
		r->step = NANOS_MINUTE;
	if (count == 0)
		tape_note(&r->tape, "one group of rows a day: their length is taken to be a minute");
	free(gaps);
	return ERR_OK;
}

/* -- rows that come twice --------------------------------------------------------------------------------------------- */

/* A contract has one bar or quote at a time; a second one (a file given twice) is put aside. */
static void drop_doubles(struct recording *r)
{
	static const char reason[] = "a second row of the same contract and time";
	struct tape *t = &r->tape;
	size_t kept = 0;

	for (uint32_t i = 0; i < t->contract_count; i++)
		t->contracts[i].row_stamp = INT64_MIN;
	for (size_t i = 0; i < t->row_count; i++) {
		struct contract *c = &t->contracts[t->rows[i].contract];
		bool twice = c->row_stamp == t->rows[i].stamp;
		if (twice && !(t->rows[i].flags & (ROW_DERIVED | ROW_SECOND)))
			tape_bad(t, UINT32_MAX, 0, reason, c->symbol, strlen(c->symbol));
		c->row_stamp = t->rows[i].stamp;
		if (!twice)
			t->rows[kept++] = t->rows[i];
	}
	t->row_count = kept;
}

/* -- opening --------------------------------------------------------------------------------------------------------- */

/* Where the underlying's prices came from while loading: a spot column's are real prints, the near future's a stand-in. */
static void name_source(struct recording *r)
{
	bool spot = false;

	if (!r->layout->options) {
		r->underlying_source = "the index itself";
		return;
	}
	for (uint32_t i = 0; i < r->tape.contract_count; i++)
		spot = spot || (r->tape.contracts[i].kind == INSTRUMENT_INDEX && !(r->tape.contracts[i].flags & INSTRUMENT_DERIVED));
	r->underlying_source = spot ? "spot column" : "near future";
}

static int prepare(struct recording *r)
{
	int err = tape_sort(&r->tape);

	if (err == ERR_OK)
		err = r->layout->form == FORM_TICKS ? ERR_OK : measure_step(r);
	if (r->layout->every_second)
		r->step = NANOS_SECOND;
	name_source(r);
	if (err == ERR_OK && r->layout->options)
		err = recording_parity(r);
	if (err == ERR_OK && r->layout->form != FORM_TICKS)
		drop_doubles(r);
	if (err == ERR_OK)
		err = recording_lots(r);
	if (err == ERR_OK)
		err = recording_days(r);
	if (err == ERR_OK)
		err = recording_announce(r);
	return err == ERR_OK && r->tape.failed ? ERR_NOMEM : err;
}

int recording_open(const char *const *paths, size_t n, const struct market_tables *tables, struct recording *ret,
                   struct feed_error *error)
{
	struct recording r = { .tables = tables, .identity = n };
	int err = ERR_OK;

	if (n == 0)
		return feed_fail(error, ERR_INVAL, "no file to replay; give at least one");
	for (size_t i = 0; i < n && err == ERR_OK; i++)
		err = load_one(&r, paths[i], error);
	if (err == ERR_OK && (err = prepare(&r)) != ERR_OK)
		feed_fail(error, err, "%s: %s", r.names[0], err_text(err));
	if (err != ERR_OK) {
		recording_done(&r);
		return err;
	}
	*ret = r;
	return ERR_OK;
}

void recording_done(struct recording *r)
{
	tape_done(&r->tape);
	for (size_t i = 0; i < r->name_count; i++)
		free(r->names[i]);
	free(r->names);
	free(r->days);
	free(r->lots);
	memset(r, 0, sizeof(*r));
}
