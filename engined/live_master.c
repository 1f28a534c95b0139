/* The day's scrip master: the cache when it is of today, else fetched once the session is up, and again each day. */
#include "engined/live_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/err.h"
#include "lib/base/log.h"

static date_t today(const struct live *l)
{
	return stamp_date(clock_now(&l->app->clock));
}

const struct master *live_master(struct live *l)
{
	return l->master && master_day(l->master) == today(l) ? l->master : NULL;
}

/* A master that the feed was given stays mapped until the feed has the next. */
static bool take_cache(struct live *l)
{
	struct master_error error = { "" };
	struct master *fresh = NULL;
	char path[600];

	snprintf(path, sizeof(path), "%s/master.bin", l->master_dir);
	if (master_map(path, &fresh, &error) != ERR_OK) {
		log_debug("kotak", "%s", error.text);
		return false;
	}
	if (master_day(fresh) != today(l)) {
		master_unmap(&fresh);
		return false;
	}
	kotak_feed_master(l->feed, fresh);
	if (l->master)
		master_unmap(&l->master);
	l->master = fresh;
	log_info("kotak", "scrip master of today: %u rows", master_count(fresh));
	return true;
}

/* Both options of each strike of one expiry, or of one strike. */
static size_t search_chain(const struct master *m, const struct instrument_query *q, struct instrument *ret, size_t max)
{
	static const enum segment segments[] = { SEGMENT_NSE_FO, SEGMENT_BSE_FO };
	static const enum instrument_kind kinds[] = { INSTRUMENT_CALL, INSTRUMENT_PUT };
	price_t strike[LIVE_SEARCH_MAX] = { q->strike };
	size_t n = 0;

	for (size_t s = 0; s < ARRAY_LEN(segments); s++) {
		size_t strikes = q->strike ? 1 : master_strikes(m, segments[s], q->text, q->expiry, strike, LIVE_SEARCH_MAX);

		for (size_t i = 0; i < 2 * strikes && n < max; i++) {
			const struct master_row *row = master_contract(m, segments[s], q->text, q->expiry, strike[i / 2], kinds[i % 2]);

			if (row)
				master_instrument(row, &ret[n++]);
		}
	}
	return n;
}

size_t live_search(struct app *a, const struct instrument_query *q, struct instrument *ret, size_t max)
{
	const struct master *m = live_master(a->live);
	const struct master_row *row[LIVE_SEARCH_MAX];
	size_t n = m && q->expiry ? search_chain(m, q, ret, max) : 0;

	if (!m || n > 0)
		return n;
	n = master_search(m, q->text, row, max < LIVE_SEARCH_MAX ? max : LIVE_SEARCH_MAX);
	for (size_t i = 0; i < n; i++) {
		master_instrument(row[i], &ret[i]);
		if (ret[i].kind == INSTRUMENT_EQUITY)
			master_ticker(ret[i].symbol);
	}
	return n;
}

static void fetched(void *ctx, int err, const char *text)
{
	struct live *l = ctx;

	CHECK_OBJ(l, LIVE_MAGIC);
	snprintf(l->master_text, sizeof(l->master_text), "%s", text);
	if (err != ERR_OK)
		app_note_error(l->app, "scrip master: %s", text);
	else if (!take_cache(l))
		app_note_error(l->app, "scrip master: the new cache cannot be used");
}

static bool on_bse(const struct live *l)
{
	for (size_t i = 0; i < l->underlyings; i++)
		if (strcmp(l->underlying[i], "SENSEX") == 0 || strcmp(l->underlying[i], "BANKEX") == 0)
			return true;
	return false;
}

static void fetch(struct live *l)
{
	static const enum segment segments[] = { SEGMENT_NSE_FO, SEGMENT_NSE_CM, SEGMENT_BSE_FO, SEGMENT_BSE_CM };
	struct master_fetch_options o = { .session = l->session, .rest = l->rest, .dir = l->master_dir, .segments = segments,
	                                  .n_segments = on_bse(l) ? 4 : 2, .least = { [SEGMENT_NSE_FO] = 1000, [SEGMENT_NSE_CM] = 5,
	                                  [SEGMENT_BSE_FO] = 5, [SEGMENT_BSE_CM] = 1 }, .done = fetched, .ctx = l };
	int err;

	if (l->fetch)
		master_fetch_stop(&l->fetch);
	if ((err = master_fetch_start(&o, &l->fetch)) != ERR_OK)
		app_note_error(l->app, "scrip master: %s", err_text(err));
}

/* Each login of a new day finds yesterday's master here. */
static void session_changed(void *ctx, enum session_state state, const char *reason)
{
	struct live *l = ctx;

	CHECK_OBJ(l, LIVE_MAGIC);
	if (state == SESSION_UP && !live_master(l) && !take_cache(l))
		fetch(l);
	else if (state != SESSION_UP && reason[0])
		log_info("kotak", "%s", reason);
}

void live_master_begin(struct live *l)
{
	l->listener = (struct kotak_listener){ session_changed, l };
	snprintf(l->master_dir, sizeof(l->master_dir), "%.500s/kotak", l->app->root_dir);
	if (mkdir(l->master_dir, 0750) != 0 && errno != EEXIST)
		app_note_error(l->app, "%s: %s", l->master_dir, strerror(errno));
	kotak_session_listen(l->session, &l->listener);
	take_cache(l);
}

void live_master_stop(struct live *l)
{
	if (l->fetch)
		master_fetch_stop(&l->fetch);
}
