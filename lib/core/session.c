/* What kind of day a date is, and the marks of a trading day. It must never guess: a year without a complete holiday list
 * is unknown, and a special session whose times were not published has none. */
#include "lib/core/session.h"

#include <string.h>

#include "lib/base/csv.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"

#define BIT_CM 1
#define BIT_FO 2
#define NOON TIME_OF_DAY(12, 0)
#define PRE_OPEN_SPECIAL (15 * NANOS_MINUTE)

static uint8_t group_bit(enum session_group group)
{
	return group == GROUP_FO ? BIT_FO : BIT_CM;
}

/* -- reading --------------------------------------------------------------------------------------------------- */

/* Into a copy, so that a broken text leaves the calendar as it was. */
struct reading { struct calendar calendar; uint32_t before; }; /* rows of its kind there were already */

static int take_segments(const struct csv_field *f, uint8_t *ret)
{
	static const char *const words[] = { "CM", "FO", "CM+FO" };

	for (uint8_t i = 0; i < ARRAY_LEN(words); i++) {
		if (csv_is(f, words[i])) {
			*ret = (uint8_t)(i + 1);
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

static int take_group(const struct csv_field *f, uint8_t *ret)
{
	static const char *const words[GROUP_COUNT] = { "fo", "cash_cas", "cash" };

	for (uint8_t i = 0; i < GROUP_COUNT; i++) {
		if (csv_is(f, words[i])) {
			*ret = i;
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

static int take_flag(const struct csv_field *f, uint8_t *ret)
{
	if (!csv_is(f, "yes") && !csv_is(f, "no"))
		return ERR_PARSE;
	*ret = csv_is(f, "yes");
	return ERR_OK;
}

/* A pair of times of day, both given or both empty (then 0). */
static int take_times(const struct csv_field *from, const struct csv_field *to, nanos_t *ret_from, nanos_t *ret_to)
{
	int err;

	*ret_from = *ret_to = 0;
	if (from->len == 0 && to->len == 0)
		return ERR_OK;
	if ((err = time_of_day_parse(from->text, from->len, ret_from)) != ERR_OK ||
	    (err = time_of_day_parse(to->text, to->len, ret_to)) != ERR_OK)
		return err;
	return *ret_from < *ret_to ? ERR_OK : ERR_RANGE;
}

/* Years of complete lists must follow each other, so that two numbers describe them. */
static int add_year(struct calendar *c, const struct csv_field *f)
{
	int64_t year;
	int err = num_parse_int(f->text, f->len, 1990, 2200, &year);

	if (err != ERR_OK)
		return err;
	if (c->year_from == 0)
		c->year_from = c->year_to = (int16_t)year;
	else if (year == c->year_to + 1)
		c->year_to = (int16_t)year;
	else if (year < c->year_from || year > c->year_to)
		return ERR_RANGE;
	return ERR_OK;
}

/* A row of an earlier text gives up the segments that a new row names (an operator's file goes after the shipped one);
 * the same date twice in one text is a mistake. */
static int add_holiday(void *reading, const struct csv_field *f)
{
	struct reading *into = reading;
	struct calendar *c = &into->calendar;
	struct holiday h = { 0 };
	int err;

	if (csv_is(&f[1], "complete"))
		return add_year(c, &f[0]);
	if ((err = date_parse(f[0].text, f[0].len, &h.date)) != ERR_OK || (err = take_segments(&f[1], &h.segments)) != ERR_OK ||
	    (err = csv_copy(&f[2], h.name, sizeof(h.name))) != ERR_OK)
		return err;
	for (uint32_t i = 0; i < c->holidays; i++) {
		struct holiday *old = &c->holiday[i];
		if (old->date == h.date && (old->segments & h.segments) && i >= into->before)
			return ERR_EXIST;
		if (old->date == h.date)
			old->segments &= (uint8_t)~h.segments;
	}
	if (c->holidays == CALENDAR_HOLIDAYS_MAX)
		return ERR_FULL;
	c->holiday[c->holidays++] = h;
	return ERR_OK;
}

static int add_special(void *reading, const struct csv_field *f)
{
	struct reading *into = reading;
	struct calendar *c = &into->calendar;
	struct special_session s = { 0 };
	int err;

	if ((err = date_parse(f[0].text, f[0].len, &s.date)) != ERR_OK || (err = take_segments(&f[1], &s.segments)) != ERR_OK ||
	    (err = take_times(&f[2], &f[3], &s.open, &s.close)) != ERR_OK || (err = take_flag(&f[4], &s.no_trade)) != ERR_OK ||
	    (err = csv_copy(&f[5], s.name, sizeof(s.name))) != ERR_OK)
		return err;
	s.times_known = s.open != s.close;
	for (uint32_t i = 0; i < c->specials; i++) {
		struct special_session *old = &c->special[i];
		if (old->date == s.date && (old->segments & s.segments) && i >= into->before)
			return ERR_EXIST;
		if (old->date == s.date)
			old->segments &= (uint8_t)~s.segments;
	}
	if (c->specials == CALENDAR_SPECIAL_MAX)
		return ERR_FULL;
	c->special[c->specials++] = s;
	return ERR_OK;
}

static bool times_clash(const struct timetable_row *a, const struct timetable_row *b)
{
	return a->group == b->group && dates_meet(a->from, a->to, b->from, b->to);
}

static int take_row(const struct csv_field *f, struct timetable_row *r)
{
	nanos_t close;
	int err;

	*r = (struct timetable_row){ 0 };
	if ((err = date_parse(f[0].text, f[0].len, &r->from)) != ERR_OK ||
	    (f[1].len > 0 && (err = date_parse(f[1].text, f[1].len, &r->to)) != ERR_OK) ||
	    (err = take_group(&f[2], &r->group)) != ERR_OK ||
	    (err = time_of_day_parse(f[3].text, f[3].len, &r->pre_open)) != ERR_OK ||
	    (err = take_times(&f[4], &f[5], &r->open, &close)) != ERR_OK ||
	    (err = take_times(&f[6], &f[7], &r->auction_from, &r->auction_to)) != ERR_OK)
		return err;
	r->close = close;
	bool sane = r->open > 0 && r->pre_open <= r->open && (r->to == 0 || r->to >= r->from) &&
	            (r->auction_from == 0 || r->auction_from >= r->close);
	return sane ? ERR_OK : ERR_RANGE;
}

static int add_times(void *reading, const struct csv_field *f)
{
	struct calendar *c = &((struct reading *)reading)->calendar;
	struct timetable_row r;
	int err = take_row(f, &r);

	if (err != ERR_OK)
		return err;
	for (uint32_t i = 0; i < c->times; i++)
		if (times_clash(&c->timetable[i], &r))
			return ERR_EXIST;
	if (c->times == CALENDAR_TIMES_MAX)
		return ERR_FULL;
	c->timetable[c->times++] = r;
	return ERR_OK;
}

static int parse(const char *text, size_t len, const char *header, csv_add *add, uint32_t before, struct calendar *c, uint32_t *ret_line)
{
	struct reading into = { *c, before };
	int err = csv_table(text, len, header, add, &into, ret_line);

	if (err == ERR_OK)
		*c = into.calendar;
	return err;
}

int calendar_parse_holidays(const char *text, size_t len, struct calendar *c, uint32_t *ret_line)
{
	return parse(text, len, "date,segments,name,source", add_holiday, c->holidays, c, ret_line);
}

int calendar_parse_specials(const char *text, size_t len, struct calendar *c, uint32_t *ret_line)
{
	return parse(text, len, "date,segments,open,close,no_trade,name,source", add_special, c->specials, c, ret_line);
}

int calendar_parse_timetable(const char *text, size_t len, struct calendar *c, uint32_t *ret_line)
{
	return parse(text, len, "from,to,group,pre_open,open,close,auction_from,auction_to,source", add_times, c->times, c, ret_line);
}

/* -- looking up ------------------------------------------------------------------------------------------------ */

static nanos_t earlier(nanos_t a, nanos_t b) { return a < b ? a : b; }
static nanos_t later(nanos_t a, nanos_t b) { return a > b ? a : b; }

/* The clock marks (09:20, 14:45, 15:05, 15:10) belong to the day session, the one that spans noon. Any other session (muhurat,
 * a demo at night) gets the same distances from its own open and close; each mark stays inside the session. */
static void set_marks(struct session_day *d)
{
	bool day_session = d->open < stamp_at(d->date, NOON) && d->close > stamp_at(d->date, NOON);
	nanos_t from = d->open + 5 * NANOS_MINUTE, to = d->close - 45 * NANOS_MINUTE;

	d->square_off = d->close - 25 * NANOS_MINUTE;
	d->flat_by = d->close - 20 * NANOS_MINUTE;
	if (day_session) {
		from = later(d->open, stamp_at(d->date, TIME_OF_DAY(9, 20)));
		to = stamp_at(d->date, TIME_OF_DAY(14, 45));
		d->square_off = earlier(d->square_off, stamp_at(d->date, TIME_OF_DAY(15, 5)));
		d->flat_by = earlier(d->flat_by, stamp_at(d->date, TIME_OF_DAY(15, 10)));
	}
	d->square_off = later(d->square_off, d->open);
	d->flat_by = later(d->flat_by, d->open);
	d->entries_from = earlier(from, d->close);
	d->entries_to = later(d->entries_from, earlier(to, d->square_off));
}

void session_from_times(date_t date, nanos_t open, nanos_t close, struct session_day *ret)
{
	assert(open < close);
	*ret = (struct session_day){ .date = date, .kind = DAY_NORMAL, .pre_open = open, .open = open, .close = close };
	set_marks(ret);
}

static const struct special_session *find_special(const struct calendar *c, date_t date, uint8_t segment)
{
	for (uint32_t i = 0; i < c->specials; i++)
		if (c->special[i].date == date && (c->special[i].segments & segment))
			return &c->special[i];
	return NULL;
}

static const struct holiday *find_holiday(const struct calendar *c, date_t date, uint8_t segment)
{
	for (uint32_t i = 0; i < c->holidays; i++)
		if (c->holiday[i].date == date && (c->holiday[i].segments & segment))
			return &c->holiday[i];
	return NULL;
}

static const struct timetable_row *find_times(const struct calendar *c, date_t date, enum session_group group)
{
	for (uint32_t i = 0; i < c->times; i++) {
		const struct timetable_row *r = &c->timetable[i];
		if (r->group == group && date >= r->from && (r->to == 0 || date <= r->to))
			return r;
	}
	return NULL;
}

static void set_times(struct session_day *d, const struct timetable_row *r)
{
	d->pre_open = stamp_at(d->date, r->pre_open);
	d->open = stamp_at(d->date, r->open);
	d->close = stamp_at(d->date, r->close);
	if (r->auction_from != 0) {
		d->auction_from = stamp_at(d->date, r->auction_from);
		d->auction_to = stamp_at(d->date, r->auction_to);
	}
	set_marks(d);
}

/* A special session of the segment's ordinary hours (budget day) is an ordinary day, closing auction and all. */
static void set_special(const struct calendar *c, const struct special_session *s, enum session_group group, struct session_day *d)
{
	const struct timetable_row *own = find_times(c, d->date, group);
	const struct timetable_row *plain = find_times(c, d->date, group == GROUP_CASH_CAS ? GROUP_CASH : group);

	d->kind = DAY_SPECIAL;
	d->no_trade = s->no_trade || !s->times_known;
	memcpy(d->name, s->name, sizeof(d->name));
	if (!s->times_known)
		return;
	if (own && plain && s->open == plain->open && s->close == plain->close) {
		set_times(d, own);
		return;
	}
	d->open = stamp_at(d->date, s->open);
	d->close = stamp_at(d->date, s->close);
	d->pre_open = d->open - PRE_OPEN_SPECIAL;
	set_marks(d);
}

void session_lookup(const struct calendar *c, date_t date, enum session_group group, struct session_day *ret)
{
	const struct special_session *special = find_special(c, date, group_bit(group));
	const struct holiday *holiday = find_holiday(c, date, group_bit(group));
	const struct timetable_row *times = find_times(c, date, group);
	int year = date_to_civil(date).year;

	*ret = (struct session_day){ .date = date, .kind = DAY_UNKNOWN };
	if (special) {
		set_special(c, special, group, ret);
	} else if (holiday) {
		ret->kind = DAY_CLOSED;
		memcpy(ret->name, holiday->name, sizeof(ret->name));
	} else if (year < c->year_from || year > c->year_to) {
		return;
	} else if (date_weekday(date) >= WEEKDAY_SAT) {
		ret->kind = DAY_CLOSED;
		memcpy(ret->name, "weekend", sizeof("weekend"));
	} else if (times) {
		ret->kind = DAY_NORMAL;
		set_times(ret, times);
	}
}

date_t session_next(const struct calendar *c, date_t date, enum session_group group)
{
	struct session_day d;

	do {
		session_lookup(c, ++date, group, &d);
	} while (d.kind == DAY_CLOSED);
	return d.kind == DAY_UNKNOWN ? 0 : date;
}

/* -- phases ---------------------------------------------------------------------------------------------------- */

static const char *const phase_names[] = { "closed", "pre_open", "open", "square_off", "auction", "after", "unknown" };

const char *session_phase_name(enum session_phase p)
{
	return p <= PHASE_UNKNOWN ? phase_names[p] : phase_names[PHASE_UNKNOWN];
}

enum session_phase session_phase(const struct session_day *day, nanos_t now)
{
	if (day->kind == DAY_CLOSED)
		return PHASE_CLOSED;
	if (day->kind == DAY_UNKNOWN || day->open == day->close)
		return PHASE_UNKNOWN;
	if (now < day->pre_open)
		return PHASE_CLOSED;
	if (now < day->open)
		return PHASE_PRE_OPEN;
	if (now < day->close)
		return now < day->square_off ? PHASE_OPEN : PHASE_SQUARE_OFF;
	if (now >= day->auction_from && now < day->auction_to)
		return PHASE_AUCTION;
	return PHASE_AFTER;
}
