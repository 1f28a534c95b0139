/* Recorded days in memory: one tape a day for each underlying and each contract, found by their terms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

#define TAPES_MAGIC 0x54415045u
struct tapes {
	uint32_t magic;
	struct tape **tape;
	size_t n, cap;
	struct table by_key;
};

static uint64_t tape_key(const char *name, int32_t date, int32_t expiry, int64_t strike, char option)
{
	return table_key(((uint64_t)date << 40) ^ ((uint64_t)expiry << 24) ^ ((uint64_t)strike << 2) ^ (option == 'P' ? 2 : option == 'C'), name);
}

static struct tape *tape_find(const struct tapes *t, const char *name, int32_t date, int32_t expiry, int64_t strike, char option)
{
	return table_get(&t->by_key, tape_key(name, date, expiry, strike, option));
}

struct tape *tapes_make(struct tapes *t, const char *name, int32_t date, int32_t expiry, int64_t strike, char option)
{
	struct tape *found = tape_find(t, name, date, expiry, strike, option);

	if (found)
		return found;
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 256;
		struct tape **bigger = realloc(t->tape, cap * sizeof(struct tape *));
		if (!bigger)
			return NULL;
		t->tape = bigger;
		t->cap = cap;
	}
	found = calloc(1, sizeof(*found));
	if (!found || !table_put(&t->by_key, tape_key(name, date, expiry, strike, option), found)) {
		free(found);
		return NULL;
	}
	snprintf(found->name, sizeof(found->name), "%s", name);
	found->date = date;
	found->expiry = expiry;
	found->strike = strike;
	found->option = option;
	return t->tape[t->n++] = found;
}

struct tapes *tapes_new(void)
{
	struct tapes *t = calloc(1, sizeof(*t));

	if (t)
		t->magic = TAPES_MAGIC;
	return t;
}

void tapes_close(struct tapes **tapes)
{
	struct tapes *t = *tapes;

	if (!t)
		return;
	CHECK_OBJ(t, TAPES_MAGIC);
	for (size_t i = 0; i < t->n; i++)
		free(t->tape[i]);
	free(t->tape);
	table_done(&t->by_key);
	free(t);
	*tapes = NULL;
}

/* -- completing ------------------------------------------------------------------------------------------------------------- */

/* Minutes without a trade keep the price; what comes before the first one is unknown and stays 0. */
static void fill_gaps(struct tape *t)
{
	for (int i = 1; i < TAPE_MINUTES; i++) {
		int32_t last = t->minute[i - 1].close;
		if (!t->minute[i].close && last)
			t->minute[i] = (struct minute){ last, last, last, last };
	}
}

static int32_t nearest_expiry(const struct tapes *t, const struct tape *like)
{
	int32_t nearest = like->expiry;

	for (size_t i = 0; i < t->n; i++) {
		const struct tape *x = t->tape[i];
		if (x->option && x->date == like->date && x->expiry < nearest && x->expiry >= x->date && !strcmp(x->name, like->name))
			nearest = x->expiry;
	}
	return nearest;
}

/* A chain that came without its index tells it: where call and put cost nearly the same, strike + call - put. */
static void parity_minute(const struct tapes *t, const struct tape *call, int minute, int32_t *gap, struct minute *spot)
{
	const struct tape *put = tape_find(t, call->name, call->date, call->expiry, call->strike, 'P');
	int32_t c = call->minute[minute].close, p = put ? put->minute[minute].close : 0, apart = c > p ? c - p : p - c;

	if (c == 0 || p == 0 || (spot->close && apart >= *gap))
		return;
	int32_t at = (int32_t)call->strike + c - p;
	*gap = apart;
	*spot = (struct minute){ at, at, at, at };
}

static int parity_tape(struct tapes *t, const struct tape *like)
{
	int32_t expiry = nearest_expiry(t, like), gap[TAPE_MINUTES] = { 0 };
	size_t n = t->n;
	struct tape *spot = tapes_make(t, like->name, like->date, 0, 0, 0);

	if (!spot)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct tape *x = t->tape[i];
		if (x->option == 'C' && x->date == like->date && x->expiry == expiry && !strcmp(x->name, like->name))
			for (int minute = 0; minute < TAPE_MINUTES; minute++)
				parity_minute(t, x, minute, &gap[minute], &spot->minute[minute]);
	}
	fill_gaps(spot);
	return ERR_OK;
}

int tapes_complete(struct tapes *t)
{
	size_t n = t->n;
	int err = ERR_OK;

	for (size_t i = 0; i < n; i++)
		fill_gaps(t->tape[i]);
	for (size_t i = 0; err == ERR_OK && i < n; i++)
		if (t->tape[i]->option && !tapes_index(t, t->tape[i]->name, t->tape[i]->date))
			err = parity_tape(t, t->tape[i]);
	return err;
}

/* -- finding ---------------------------------------------------------------------------------------------------------------- */

const struct tape *tapes_index(const struct tapes *t, const char *name, int32_t date)
{
	return t ? tape_find(t, name, date, 0, 0, 0) : NULL;
}

static int by_date(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/* Distinct days of recorded underlyings, or of option chains only, sorted. */
static size_t days_of(const struct tapes *t, bool chains, int32_t *days)
{
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < t->n; i++)
		if (!chains || t->tape[i]->option)
			if (n == 0 || days[n - 1] != t->tape[i]->date)
				days[n++] = t->tape[i]->date;
	qsort(days, n, sizeof(*days), by_date);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || days[i] != days[i - 1])
			days[distinct++] = days[i];
	return distinct;
}

int32_t tapes_day(const struct tapes *t, int32_t date, uint64_t seed, int32_t day)
{
	int32_t *days = calloc(t->n + 1, sizeof(*days)), found = 0;
	size_t n = days ? days_of(t, true, days) : 0;

	if (days && n == 0)
		n = days_of(t, false, days);
	if (n > 0)
		found = days[(seed + (uint64_t)day) % n];
	for (size_t i = 0; i < t->n; i++)
		if (t->tape[i]->date == date && !t->tape[i]->option)
			found = date;
	free(days);
	return found;
}

static int64_t tape_last(const struct tape *t)
{
	for (int i = TAPE_MINUTES; i-- > 0;)
		if (t->minute[i].close)
			return t->minute[i].close;
	return 0;
}

int64_t tapes_previous_close(const struct tapes *t, const char *name, int32_t date)
{
	for (int32_t back = 1; back <= 5; back++) {
		const struct tape *before = tapes_index(t, name, date - back);
		if (before)
			return tape_last(before);
	}
	return 0;
}

/* The rank-th of the expiries recorded that day. */
static int32_t expiry_ranked(const struct tapes *t, const char *name, int32_t date, int rank)
{
	int32_t at = date;

	for (int found = -1; found < rank; found++) {
		int32_t next = INT32_MAX;
		for (size_t i = 0; i < t->n; i++) {
			const struct tape *x = t->tape[i];
			if (x->date == date && x->option && !strcmp(x->name, name) && x->expiry < next && x->expiry >= at)
				next = x->expiry;
		}
		if (next == INT32_MAX)
			return 0;
		if (found + 1 == rank)
			return next;
		at = next + 1;
	}
	return 0;
}

const struct tape *tapes_option(const struct tapes *t, const char *name, int32_t date, int rank, int64_t strike, char option)
{
	int32_t expiry = expiry_ranked(t, name, date, rank);

	return expiry ? tape_find(t, name, date, expiry, strike, option) : NULL;
}
