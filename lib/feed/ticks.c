/* One instrument's last prices as received: ltp ticks with the day's running volume, and the index once a second. Faults of
 * a recording are delivered as they came: late rows at the newest time, repeats marked. */
#include "lib/feed/load.h"

enum column { TIMESTAMP, PRICE, VOLUME };

/* Exact repeat of the contract's row before, time as written included. */
static bool repeats(const struct tape *t, const struct contract *c, nanos_t written, uint32_t last, int64_t volume)
{
	if (c->row_last == SIZE_MAX || c->row_stamp != written)
		return false;
	const struct row *before = &t->rows[c->row_last];
	return before->tick.last == last && before->tick.volume == volume;
}

static void tick_row(struct load *l)
{
	struct fields *f = &l->fields;
	nanos_t written = fields_stamp(f, l->map[TIMESTAMP]);
	uint32_t last = fields_price(f, l->map[PRICE]);
	int64_t volume = fields_count(f, l->map[VOLUME]);
	uint32_t contract;

	if (f->reason != NULL || (contract = load_file_own(l)) == CONTRACT_NONE)
		return;
	struct contract *c = &l->tape->contracts[contract];
	bool stale = repeats(l->tape, c, written, last, volume);
	struct row *row = tape_add(l->tape, load_hold(l, written), contract, stale ? ROW_STALE : 0);
	if (row == NULL)
		return;
	row->tick.last = last;
	row->tick.volume = volume;
	c->row_last = l->tape->row_count - 1;
	c->row_stamp = written;
}

const struct layout layout_ltp_ticks = {
	.kind = "ltp ticks", .form = FORM_TICKS, .row = tick_row,
	.columns = { [TIMESTAMP] = "timestamp", [PRICE] = "ltp", [VOLUME] = "volume" },
};

const struct layout layout_index_ticks = {
	.kind = "index ticks", .form = FORM_TICKS, .every_second = true, .row = tick_row,
	.columns = { [TIMESTAMP] = "timestamp", [PRICE] = "price" }, /* an index has no volume */
};
