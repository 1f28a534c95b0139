#include "engined/notify/day.h"

#include <inttypes.h>

#include <sodium.h>

#include "engined/notify/words.h"
#include "lib/base/obj.h"

#define EVENING TIME_OF_DAY(15, 30) /* of a day whose hours are not known */

/* -- ready? ------------------------------------------------------------------------------------------------------------------- */

bool day_ready_due(const struct calendar *c, nanos_t now, date_t told)
{
	date_t today = stamp_date(now);
	struct session_day s;

	if (today == told || now < stamp_at(today, DAY_READY_AT))
		return false;
	session_lookup(c, today, GROUP_FO, &s);
	return s.kind != DAY_CLOSED && now < (s.close ? s.close : stamp_at(today, EVENING));
}

static void line(struct buf *out, bool good, const char *what)
{
	buf_printf(out, "\n%s %s: ", good ? "ok" : "NO", what);
}

static void put_time(struct buf *out, nanos_t at)
{
	char text[STAMP_TEXT];

	time_of_day_format(stamp_time_of_day(at), text);
	buf_printf(out, "%.5s", text);
}

static void put_date(struct buf *out, date_t date)
{
	char text[STAMP_TEXT];

	date_format(date, text);
	buf_puts(out, text);
}

static void ready_links(const struct core_state *s, struct buf *out)
{
	const struct link_state *broker = &s->link[LINK_BROKER], *feed = &s->link[LINK_FEED];

	line(out, broker->up != 0, "login");
	buf_printf(out, "%s", broker->up ? "the broker is connected" : broker->reason[0] ? broker->reason : "the broker is not connected");
	line(out, feed->up != 0, "prices");
	buf_printf(out, "%s", feed->up ? "the feed is connected" : feed->reason[0] ? feed->reason : "the feed is not connected");
}

/* Paper and demo have no funds but their capital. */
static void ready_funds(const struct core *c, struct buf *out)
{
	const struct core_state *s = c->s;
	bool live = s->start.mode == MODE_LIVE;
	money_t cash = live ? s->funds.cash : core_cash_free(c);

	line(out, cash != NUM_UNKNOWN && cash > 0 && !(live && s->books.unread & ACCOUNT_FUNDS), "funds");
	words_rupees(out, cash, false);
	buf_puts(out, live ? " at the broker, capital " : " free, capital ");
	words_rupees(out, s->account.capital, false);
	if (live && s->books.unread)
		buf_puts(out, "; not all of the account's books are read yet");
}

/* The nearest expiry of the contracts on this underlying that have not expired; 0 = none is listed here. */
static date_t nearest(const struct core *c, const char *underlying, date_t today, qty_t *ret_lot, bool *ret_assumed)
{
	date_t best = 0;

	for (uint32_t i = 0; i < c->s->instruments; i++) {
		const struct instrument *x = &c->instrument[i];

		if (x->expiry < today || (best && x->expiry >= best) || strncmp(x->underlying, underlying, sizeof(x->underlying)) != 0 || !(x->flags & INSTRUMENT_TRADABLE))
			continue;
		best = x->expiry;
		*ret_lot = x->lot;
		*ret_assumed = (x->flags & INSTRUMENT_ASSUMED) != 0;
	}
	return best;
}

static void ready_contract(const struct core *c, const char *underlying, date_t today, struct buf *out)
{
	bool assumed = false;
	qty_t lot = 0;
	date_t expiry = nearest(c, underlying, today, &lot, &assumed);

	line(out, expiry && !assumed, underlying);
	if (!expiry) {
		buf_puts(out, "no contract is listed yet");
		return;
	}
	buf_printf(out, "lot %" PRId64 "%s, expiry ", lot, assumed ? " (assumed)" : "");
	put_date(out, expiry);
	buf_puts(out, expiry == today ? ", TODAY" : "");
}

static void ready_contracts(const struct core *c, date_t today, struct buf *out)
{
	for (uint32_t i = 0; i < c->s->strategies; i++) {
		bool seen = false;

		for (uint32_t k = 0; k < i; k++)
			seen = seen || strcmp(c->slot[k].symbol, c->slot[i].symbol) == 0;
		if (!seen)
			ready_contract(c, c->slot[i].symbol, today, out);
	}
}

static void ready_limits(const struct core *c, struct buf *out)
{
	const struct core_state *s = c->s;
	char loss[NUM_TEXT];

	num_format(s->limit[LIMIT_DAY_LOSS_PCT], loss);
	line(out, s->limit[LIMIT_DAY_LOSS_PCT] != NUM_UNKNOWN, "limits");
	buf_printf(out, "day loss %s %%", loss);
	if (s->limit[LIMIT_ENTRIES_DAY] != NUM_UNKNOWN)
		buf_printf(out, ", %" PRId64 " entries a day", s->limit[LIMIT_ENTRIES_DAY] / NUM_SCALE);
	buf_printf(out, ", %u strategies", s->strategies);
}

static void ready_calendar(const struct calendar *c, nanos_t now, struct buf *out)
{
	struct session_day s;

	session_lookup(c, stamp_date(now), GROUP_FO, &s);
	line(out, s.kind == DAY_NORMAL || (s.kind == DAY_SPECIAL && s.open), "calendar");
	if (s.kind == DAY_UNKNOWN || s.open == 0) {
		buf_puts(out, "today's hours are not known: no entries");
		return;
	}
	put_time(out, s.open);
	buf_puts(out, " to ");
	put_time(out, s.close);
	buf_puts(out, ", square-off ");
	put_time(out, s.square_off);
	buf_printf(out, "%s%s", s.name[0] ? ", " : "", s.name);
}

void day_ready(const struct core *c, nanos_t now, struct buf *out)
{
	enum refusal r = core_ready(c);
	bool wait = r == REFUSAL_SESSION_CLOSED || r == REFUSAL_NONE; /* before the open nothing else may stand in the way */

	buf_printf(out, "\n%s", wait ? "READY" : "NOT READY: ");
	buf_puts(out, wait ? "" : refusal_text(r));
	ready_links(c->s, out);
	ready_funds(c, out);
	ready_contracts(c, stamp_date(now), out);
	ready_limits(c, out);
	ready_calendar(&c->tables->calendar, now, out);
	if (c->s->open_books)
		buf_printf(out, "\n%u positions are open", c->s->open_books);
}

/* -- holidays ------------------------------------------------------------------------------------------------------------------- */

bool day_holidays_due(const struct calendar *c, nanos_t now, date_t told)
{
	date_t today = stamp_date(now);
	struct civil day = date_to_civil(today);

	return today != told && now >= stamp_at(today, DAY_READY_AT) && day.month == 12 && c->year_to <= day.year;
}

void day_holidays(const struct calendar *c, struct buf *out)
{
	buf_printf(out, "\nHOLIDAYS of %d are missing: the calendar ends with %d, and on a day it does not know no entry is taken. Bring tables/holidays.csv up to date with "
	           "the exchange's circular and restart.", c->year_to + 1, c->year_to);
}

/* -- the end ---------------------------------------------------------------------------------------------------------------------- */

static void put_books(const struct core_state *s, struct buf *out)
{
	uint32_t apart = 0;

	for (uint32_t i = 0; i < s->foreigns; i++)
		apart += s->foreign[i].unexplained != 0;
	if (s->start.mode != MODE_LIVE)
		buf_puts(out, "; no broker's books to compare with");
	else if (s->books.unread & (ACCOUNT_TRADES | ACCOUNT_POSITIONS | ACCOUNT_COMPARED))
		buf_puts(out, "; NOT compared with the broker's trades and positions: they could not be read");
	else if (apart)
		buf_printf(out, "; DIFFERS from the broker's positions in %u contracts", apart);
	else
		buf_puts(out, "; the broker's trades and positions agree");
	if (s->start.mode == MODE_LIVE)
		buf_puts(out, "; charges are computed here, the contract note has the last word");
	if (s->open_books)
		buf_printf(out, "; %u positions stay OPEN", s->open_books);
}

void day_end(const struct core *c, const struct journal_state *j, struct buf *out)
{
	char root[2 * JOURNAL_HASH + 1];

	put_books(c->s, out);
	sodium_bin2hex(root, sizeof(root), j->hash, sizeof(j->hash));
	buf_printf(out, "; journal root at record %" PRIu64 ": %s", j->last_seq, root);
}
