/* One instrument's five best prices each way, as received. recv_time is the clock that counts (what a trader could know),
 * the exchange's last-trade time goes along. */
#include "lib/feed/load.h"

#include <string.h>

#include "lib/core/contract.h"

enum column { RECEIVED, TRADED_MS, LTP, LTQ, VOLUME, OI, LEVELS };

static bool repeats(const struct tape *t, const struct contract *c, nanos_t written, const struct row *row, const struct depth_row *d)
{
	if (c->row_last == SIZE_MAX || c->row_stamp != written)
		return false;
	const struct row *before = &t->rows[c->row_last];
	return before->tick.last == row->tick.last && before->tick.last_qty == row->tick.last_qty &&
	       before->tick.volume == row->tick.volume && before->oi == row->oi &&
	       memcmp(&t->depths[before->tick.depth - 1], d, sizeof(*d)) == 0;
}

static void take_levels(struct load *l, struct depth_row *d)
{
	for (int i = 0; i < 2 * DEPTH_LEVELS; i++) {
		d->price[i] = fields_price_or_none(&l->fields, l->map[LEVELS + 2 * i]);
		d->qty[i] = fields_count32(&l->fields, l->map[LEVELS + 2 * i + 1]);
		if (d->price[i] == 0)
			d->qty[i] = 0;
	}
}

/* Traded quantities of a contract of unknown terms are multiples of its lot. */
static void gather_lot(struct contract *c, const struct row *row)
{
	if (c->kind != INSTRUMENT_FUTURE)
		return;
	if (c->volume_seen > 0 && row->tick.volume > c->volume_seen)
		c->divisor = contract_divisor(c->divisor, row->tick.volume - c->volume_seen);
	c->volume_seen = row->tick.volume;
}

static void depth_row(struct load *l)
{
	struct fields *f = &l->fields;
	nanos_t written = fields_stamp(f, l->map[RECEIVED]);
	struct row row = { .oi = fields_count32(f, l->map[OI]) };
	struct depth_row depth = { { 0 }, { 0 }, 0 }, *kept;
	uint32_t contract;

	row.tick.last = fields_price_or_none(f, l->map[LTP]);
	row.tick.last_qty = fields_count32(f, l->map[LTQ]);
	row.tick.volume = fields_count(f, l->map[VOLUME]);
	take_levels(l, &depth);
	int64_t traded_ms = fields_count(f, l->map[TRADED_MS]);
	if (f->reason == NULL && !num_mul(traded_ms, NANOS_MS, &depth.traded))
		f->reason = "the last-trade time is no time";
	if (f->reason != NULL || (contract = load_file_own(l)) == CONTRACT_NONE)
		return;
	struct contract *c = &l->tape->contracts[contract];
	bool stale = repeats(l->tape, c, written, &row, &depth);
	struct row *added = tape_add(l->tape, load_hold(l, written), contract, stale ? ROW_STALE : 0);
	if (added == NULL || (kept = tape_add_depth(l->tape, added)) == NULL)
		return;
	row.tick.depth = added->tick.depth;
	added->tick = row.tick;
	added->oi = row.oi;
	*kept = depth;
	gather_lot(c, added);
	c->row_last = l->tape->row_count - 1;
	c->row_stamp = written;
}

#define LEVEL(side, n) side "P" n, side "Q" n

const struct layout layout_depth_ticks = {
	.kind = "depth ticks", .form = FORM_TICKS, .row = depth_row,
	.columns = { [RECEIVED] = "recv_time", [TRADED_MS] = "ltt_ms", [LTP] = "ltp", [LTQ] = "ltq", [VOLUME] = "cum_volume",
	             [OI] = "?oi",
	             [LEVELS] = LEVEL("bid", "1"), LEVEL("bid", "2"), LEVEL("bid", "3"), LEVEL("bid", "4"), LEVEL("bid", "5"),
	             LEVEL("ask", "1"), LEVEL("ask", "2"), LEVEL("ask", "3"), LEVEL("ask", "4"), LEVEL("ask", "5") },
	.ignored = " prev_close atp iv tbq tsq delta theta gamma vega ",
};
