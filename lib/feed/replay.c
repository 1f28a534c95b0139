/* Plays a recording: a cursor over its rows that turns them into events. It keeps no other state, so that a cursor written
 * to a checkpoint and read back gives the same events; it never looks ahead of the cursor. */
#include "lib/feed/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/feed/error.h"
#include "lib/feed/recording.h"

enum phase {
	PHASE_UNDERLYINGS,  /* definitions of option files' underlyings, once */
	PHASE_BEGIN,        /* a day begins at `row` */
	PHASE_OPENS,        /* bars: opens of the group that begins at `group` */
	PHASE_ROWS,         /* definition if wanted, then the price of `row` */
	PHASE_PRICE,        /* the definition is out */
	PHASE_DEPTH,        /* the tick is out, its depth follows */
	PHASE_DAY_END,
	PHASE_FEED_END,
	PHASE_DONE,
	PHASE_COUNT,
};

/* Everything that moves; plain data, written as it is. */
struct cursor {
	uint32_t phase;     /* enum phase */
	uint32_t index;     /* PHASE_UNDERLYINGS: the next one */
	uint64_t day;
	uint64_t group;     /* bars: first row of the group at hand */
	uint64_t row;       /* the row at hand; PHASE_OPENS: the row whose open is next */
	uint64_t rows;      /* data rows of the files taken */
	uint64_t events;
	nanos_t newest;     /* stamp of the newest event, or INT64_MIN */
	nanos_t seek;       /* prices before it are passed over in silence */
};

#define REPLAY_SAVED_MAGIC 0x52504c59u
#define SAVED_VERSION 1u
struct saved { uint32_t magic, version; uint64_t identity; struct cursor cursor; };

/* The lot of a contract today; only remembered, never saved. */
struct lot_today { date_t date; qty_t lot; };

struct replay {
	struct feed feed;
	struct recording rec;
	struct feed_hooks hooks;
	struct cursor at;
	size_t group_end;   /* found again from `group`, so not part of the cursor; 0 = not yet */
	struct lot_today *lots;
};

static struct replay *replay_of(struct feed *f)
{
	CHECK_OBJ(f, FEED_MAGIC);
	return (struct replay *)(void *)f; /* feed is the first member */
}

static const struct replay *replay_of_const(const struct feed *f)
{
	CHECK_OBJ(f, FEED_MAGIC);
	return (const struct replay *)(const void *)f;
}

static const struct row *row_at_hand(const struct replay *r)
{
	return &r->rec.tape.rows[r->at.row];
}

static const struct recording_day *day_at_hand(const struct replay *r)
{
	return &r->rec.days[r->at.day];
}

/* -- one event each ---------------------------------------------------------------------------------------------------- */

/* Starts an event; its stamp is held at the newest one given, stamps never go back. */
static void begin_event(struct replay *r, struct event *e, enum event_kind kind, nanos_t stamp, uint32_t instrument)
{
	if (stamp < r->at.newest)
		stamp = r->at.newest;
	r->at.newest = stamp;
	event_init(e, kind, stamp, instrument);
}

static void give_instrument(struct replay *r, struct event *e, uint32_t contract, nanos_t stamp)
{
	begin_event(r, e, EVENT_INSTRUMENT, stamp, r->rec.tape.contracts[contract].id);
	recording_instrument(&r->rec, contract, stamp_date(stamp), &e->instrument);
}

static void give_session(struct replay *r, struct event *e, enum session_edge edge, nanos_t stamp)
{
	const struct recording_day *d = day_at_hand(r);

	begin_event(r, e, EVENT_SESSION, stamp, INSTRUMENT_NONE);
	e->session = (struct event_session){ d->date, (uint16_t)edge, d->flags, d->open, d->close };
}

static void give_open(struct replay *r, struct event *e, const struct row *row)
{
	begin_event(r, e, EVENT_TICK, row->stamp, r->rec.tape.contracts[row->contract].id);
	e->head.flags = TICK_OPEN_OF_BAR;
	e->tick.last = row->bar.open;
}

static void give_bar(struct replay *r, struct event *e, const struct row *row)
{
	begin_event(r, e, EVENT_BAR, row->stamp + r->rec.step, r->rec.tape.contracts[row->contract].id);
	e->bar.bar = (struct bar){ row->stamp, row->bar.open, row->bar.high, row->bar.low, row->bar.close, row->bar.volume };
	e->bar.oi = row->oi;
	e->bar.interval_s = (uint32_t)(r->rec.step / NANOS_SECOND);
}

static qty_t lot_today(struct replay *r, uint32_t contract, date_t date)
{
	struct lot_today *l = &r->lots[contract];
	struct instrument i;

	if (l->lot == 0 || l->date != date) {
		recording_instrument(&r->rec, contract, date, &i);
		*l = (struct lot_today){ date, i.lot };
	}
	return l->lot;
}

/* Chains count volume and open interest in lots; 32 bits of lots times any lot fit. */
static void give_quote(struct replay *r, struct event *e, const struct row *row)
{
	qty_t lot = lot_today(r, row->contract, day_at_hand(r)->date);

	begin_event(r, e, EVENT_TICK, row->stamp, r->rec.tape.contracts[row->contract].id);
	e->tick.last = row->quote.last;
	e->tick.bid = row->quote.bid;
	e->tick.ask = row->quote.ask;
	e->tick.bid_qty = row->quote.bid_qty;
	e->tick.ask_qty = row->quote.ask_qty;
	e->tick.volume = row->quote.volume * lot;
	e->tick.oi = row->oi * lot;
	e->tick.exchange_stamp = tape_snapshot_page(&r->rec.tape, row->stamp);
}

static void give_tick(struct replay *r, struct event *e, const struct row *row)
{
	const struct depth_row *d = row->tick.depth > 0 ? &r->rec.tape.depths[row->tick.depth - 1] : NULL;

	begin_event(r, e, EVENT_TICK, row->stamp, r->rec.tape.contracts[row->contract].id);
	e->head.flags = row->flags & ROW_STALE ? TICK_STALE : 0;
	e->tick.last = row->tick.last;
	e->tick.last_qty = row->tick.last_qty;
	e->tick.volume = row->tick.volume;
	e->tick.oi = row->oi;
	if (d == NULL)
		return;
	e->tick.bid = d->price[0];
	e->tick.bid_qty = d->qty[0];
	e->tick.ask = d->price[DEPTH_LEVELS];
	e->tick.ask_qty = d->qty[DEPTH_LEVELS];
	e->tick.exchange_stamp = d->traded;
}

static void give_depth(struct replay *r, struct event *e, const struct row *row)
{
	const struct depth_row *d = &r->rec.tape.depths[row->tick.depth - 1];

	begin_event(r, e, EVENT_DEPTH, row->stamp, r->rec.tape.contracts[row->contract].id);
	for (int i = 0; i < DEPTH_LEVELS; i++) {
		e->depth.bid[i] = (struct depth_level){ d->price[i], d->qty[i] };
		e->depth.ask[i] = (struct depth_level){ d->price[DEPTH_LEVELS + i], d->qty[DEPTH_LEVELS + i] };
	}
}

/* -- phases: each gives an event (true) or moves on (false) ----------------------------------------------------------- */

static bool step_underlyings(struct replay *r, struct event *e)
{
	const struct tape *t = &r->rec.tape;

	for (uint32_t i = 0; i < t->contract_count && r->at.index < r->rec.underlyings; i++) {
		if (t->contracts[i].id != r->at.index)
			continue;
		r->at.index++;
		give_instrument(r, e, i, t->rows[0].stamp);
		return true;
	}
	r->at.phase = PHASE_BEGIN;
	return false;
}

/* A group of bars begins at the row: its opens come first. */
static void begin_group(struct replay *r)
{
	bool bars = r->rec.layout->form == FORM_BARS;

	r->at.group = r->at.row;
	r->group_end = 0;
	r->at.phase = bars && r->hooks.waiting != NULL && r->at.seek == INT64_MIN ? PHASE_OPENS : PHASE_ROWS;
}

static void find_group_end(struct replay *r)
{
	const struct row *rows = r->rec.tape.rows;
	size_t end = r->at.group + 1;

	while (end < r->rec.tape.row_count && rows[end].stamp == rows[r->at.group].stamp)
		end++;
	r->group_end = end;
}

static bool step_begin(struct replay *r, struct event *e)
{
	give_session(r, e, SESSION_BEGIN, row_at_hand(r)->stamp);
	begin_group(r);
	return true;
}

/* Opens of contracts already defined on which an order waits. */
static bool step_opens(struct replay *r, struct event *e)
{
	for (; r->at.row < r->group_end; r->at.row++) {
		const struct row *row = row_at_hand(r);
		const struct contract *c = &r->rec.tape.contracts[row->contract];
		if (c->first_row >= r->at.group && !c->derived)
			continue;
		if (!r->hooks.waiting(r->hooks.ctx, c->id))
			continue;
		give_open(r, e, row);
		r->at.row++;
		return true;
	}
	r->at.row = r->at.group;
	r->at.phase = PHASE_ROWS;
	return false;
}

/* The row is done: on to the next, the next group, the day's end. */
static void next_row(struct replay *r)
{
	r->at.rows += !(row_at_hand(r)->flags & (ROW_DERIVED | ROW_SECOND));
	r->at.row++;
	r->at.phase = PHASE_ROWS;
	if (r->at.row == day_at_hand(r)->end)
		r->at.phase = PHASE_DAY_END;
	else if (r->rec.layout->form == FORM_BARS && row_at_hand(r)->stamp != r->rec.tape.rows[r->at.group].stamp)
		begin_group(r);
}

static bool step_row(struct replay *r, struct event *e)
{
	const struct row *row = row_at_hand(r);

	r->at.phase = PHASE_PRICE;
	if (!(row->flags & ROW_ANNOUNCE))
		return false;
	give_instrument(r, e, row->contract, row->stamp + (r->rec.layout->form == FORM_BARS ? r->rec.step : 0));
	return true;
}

static bool step_price(struct replay *r, struct event *e)
{
	const struct row *row = row_at_hand(r);

	switch (r->rec.layout->form) {
	case FORM_BARS:  give_bar(r, e, row); break;
	case FORM_CHAIN: give_quote(r, e, row); break;
	default:         give_tick(r, e, row); break;
	}
	if (r->rec.layout->form == FORM_TICKS && row->tick.depth > 0)
		r->at.phase = PHASE_DEPTH;
	else
		next_row(r);
	return true;
}

static bool step_depth(struct replay *r, struct event *e)
{
	give_depth(r, e, row_at_hand(r));
	next_row(r);
	return true;
}

static bool step_day_end(struct replay *r, struct event *e)
{
	give_session(r, e, SESSION_END, day_at_hand(r)->close);
	r->at.day++;
	r->at.phase = r->at.day < r->rec.day_count ? PHASE_BEGIN : PHASE_FEED_END;
	return true;
}

static bool step_feed_end(struct replay *r, struct event *e)
{
	begin_event(r, e, EVENT_FEED_END, r->at.newest, INSTRUMENT_NONE);
	r->at.phase = PHASE_DONE;
	return true;
}

static bool step(struct replay *r, struct event *e)
{
	switch (r->at.phase) {
	case PHASE_UNDERLYINGS: return step_underlyings(r, e);
	case PHASE_BEGIN:       return step_begin(r, e);
	case PHASE_OPENS:
		if (r->group_end == 0)
			find_group_end(r);
		return step_opens(r, e);
	case PHASE_ROWS:        return step_row(r, e);
	case PHASE_PRICE:       return step_price(r, e);
	case PHASE_DEPTH:       return step_depth(r, e);
	case PHASE_DAY_END:     return step_day_end(r, e);
	default:                return step_feed_end(r, e);
	}
}

/* True for a price that a seek passes over. Ends the seek at the first event past it. */
static bool passed_over(struct replay *r, const struct event *e)
{
	if (r->at.seek == INT64_MIN)
		return false;
	if (e->head.stamp >= r->at.seek) {
		r->at.seek = INT64_MIN;
		return false;
	}
	return e->head.kind == EVENT_TICK || e->head.kind == EVENT_DEPTH || e->head.kind == EVENT_BAR;
}

/* -- the feed -------------------------------------------------------------------------------------------------------- */

static int replay_next(struct feed *f, struct event *ret)
{
	struct replay *r = replay_of(f);

	while (r->at.phase != PHASE_DONE) {
		if (!step(r, ret) || passed_over(r, ret))
			continue;
		r->at.events++;
		return 1;
	}
	return 0;
}

/* The one instrument that gives the signals; NULL where every one does. */
static const struct contract *signal_contract(const struct recording *r)
{
	if (r->layout->options ? r->underlyings != 1 : r->tape.contract_count != 1)
		return NULL;
	for (size_t i = 0; i < r->tape.contract_count; i++)
		if (r->tape.contracts[i].id == 0)
			return &r->tape.contracts[i];
	return NULL;
}

static void replay_info(const struct feed *f, struct feed_info *ret)
{
	const struct replay *r = replay_of_const(f);
	const struct recording *rec = &r->rec;
	const struct contract *c = signal_contract(rec);

	memset(ret, 0, sizeof(*ret));
	ret->kind = rec->layout->kind;
	if (c != NULL)
		snprintf(ret->underlying, sizeof(ret->underlying), "%.15s", c->symbol);
	snprintf(ret->underlying_source, sizeof(ret->underlying_source), "%s",
	         rec->layout->options ? rec->underlying_source :
	         c == NULL ? "each instrument itself" : c->kind == INSTRUMENT_INDEX ? "the index itself" : "the instrument itself");
	if (rec->name_count > 1)
		snprintf(ret->source, sizeof(ret->source), "%.60s and %zu more", rec->names[0], rec->name_count - 1);
	else
		snprintf(ret->source, sizeof(ret->source), "%s", rec->names[0]);
	ret->step = rec->step;
	ret->options = rec->layout->options;
	ret->one_price = rec->layout->form == FORM_CHAIN ||
	                 (rec->layout->options && strcmp(rec->underlying_source, "near future") != 0);
}

static void replay_progress(const struct feed *f, struct feed_progress *ret)
{
	const struct replay *r = replay_of_const(f);
	const struct tape *t = &r->rec.tape;

	*ret = (struct feed_progress){
		.rows = r->at.rows, .rows_total = t->lines, .bad = t->bad, .events = r->at.events,
		.first = t->rows[0].stamp, .now = r->at.newest == INT64_MIN ? 0 : r->at.newest,
		.last = t->rows[t->row_count - 1].stamp + (r->rec.layout->form == FORM_BARS ? r->rec.step : 0),
	};
}

static int replay_save(const struct feed *f, struct buf *out)
{
	const struct replay *r = replay_of_const(f);
	struct saved saved = { REPLAY_SAVED_MAGIC, SAVED_VERSION, r->rec.identity, r->at };

	buf_put(out, &saved, sizeof(saved));
	return out->failed ? ERR_NOMEM : ERR_OK;
}

/* A cursor that points into this recording: nothing foreign is taken on trust. */
static bool cursor_valid(const struct recording *r, const struct cursor *c)
{
	if (c->phase >= PHASE_COUNT || c->index > r->underlyings)
		return false;
	if (c->phase == PHASE_FEED_END || c->phase == PHASE_DONE)
		return c->day == r->day_count && c->row == r->tape.row_count;
	if (c->day >= r->day_count || c->group > c->row)
		return false;
	const struct recording_day *d = &r->days[c->day];
	bool past_end = c->phase == PHASE_DAY_END || c->phase == PHASE_OPENS;
	if (c->row < d->first || c->row >= d->end + past_end || (c->phase == PHASE_DAY_END && c->row != d->end))
		return false;
	return c->phase != PHASE_DEPTH || (r->layout->form == FORM_TICKS && r->tape.rows[c->row].tick.depth > 0);
}

static int replay_restore(struct feed *f, const void *bytes, size_t len)
{
	struct replay *r = replay_of(f);
	struct saved saved;

	if (len != sizeof(saved))
		return ERR_TRUNCATED;
	memcpy(&saved, bytes, sizeof(saved));
	if (saved.magic != REPLAY_SAVED_MAGIC)
		return ERR_CORRUPT;
	if (saved.version != SAVED_VERSION)
		return ERR_VERSION;
	if (saved.identity != r->rec.identity)
		return ERR_MISMATCH;
	if (!cursor_valid(&r->rec, &saved.cursor))
		return ERR_CORRUPT;
	r->at = saved.cursor;
	r->group_end = 0;
	return ERR_OK;
}

static const struct cursor cursor_start = { .newest = INT64_MIN, .seek = INT64_MIN };

static int replay_seek(struct feed *f, nanos_t stamp)
{
	struct replay *r = replay_of(f);

	r->at = cursor_start;
	r->at.seek = stamp;
	r->group_end = 0;
	return ERR_OK;
}

static void put_row(struct json *j, const char *file, uint64_t line, const char *reason, const char *text)
{
	json_object(j, NULL);
	if (file != NULL)
		json_str(j, "file", file);
	json_uint(j, "line", line);
	json_str(j, "reason", reason);
	json_str(j, "text", text);
	json_object_end(j);
}

/* Broken rows, then remarks on the data with line 0 and the reason "note". */
static void replay_bad_rows(const struct feed *f, struct buf *out, unsigned most)
{
	const struct replay *r = replay_of_const(f);
	const struct tape *t = &r->rec.tape;
	struct json j;

	json_begin(&j, out);
	json_array(&j, NULL);
	for (size_t i = 0; i < t->bad_kept && most > 0; i++, most--) {
		const struct bad_row *b = &t->bad_rows[i];
		put_row(&j, b->file < r->rec.name_count ? r->rec.names[b->file] : NULL, b->line, b->reason, b->text);
	}
	for (size_t i = 0; i < t->note_count && most > 0; i++, most--)
		put_row(&j, NULL, 0, "note", t->notes[i]);
	json_array_end(&j);
}

static void replay_close(struct feed *f)
{
	struct replay *r = replay_of(f);

	recording_done(&r->rec);
	free(r->lots);
	r->feed.magic = 0;
	free(r);
}

static const struct feed_ops replay_ops = {
	.name = "replay",
	.next = replay_next,
	.info = replay_info,
	.progress = replay_progress,
	.save = replay_save,
	.restore = replay_restore,
	.seek = replay_seek,
	.bad_rows = replay_bad_rows,
	.close = replay_close,
};

int feed_replay_open(const char *const *paths, size_t n, const struct market_tables *tables, const struct feed_hooks *hooks,
                     struct feed **ret, struct feed_error *error)
{
	struct replay *r = calloc(1, sizeof(*r));
	int err;

	if (r == NULL)
		return feed_fail(error, ERR_NOMEM, "out of memory");
	r->feed = (struct feed){ FEED_MAGIC, &replay_ops };
	r->at = cursor_start;
	if (hooks != NULL)
		r->hooks = *hooks;
	if ((err = recording_open(paths, n, tables, &r->rec, error)) != ERR_OK) {
		free(r);
		return err;
	}
	r->lots = calloc(r->rec.tape.contract_count, sizeof(*r->lots));
	if (r->lots == NULL) {
		replay_close(&r->feed);
		return feed_fail(error, ERR_NOMEM, "out of memory");
	}
	*ret = &r->feed;
	return ERR_OK;
}
