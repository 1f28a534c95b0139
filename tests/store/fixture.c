#include "tests/store/fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/store/mongo/mongo.h"

const uint8_t fixture_id[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

/* -- records ------------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void name(char *to, size_t size, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memset(to, 0, size);
	memcpy(to, text, strnlen(text, size));
}

static size_t make_instrument(struct instrument *i, uint64_t r)
{
	i->id = (uint32_t)(r % 5);
	name(i->symbol, sizeof(i->symbol), "%s%.0u", i->id ? "NIFTY23APR17400CE" : "NIFTY", i->id);
	name(i->underlying, sizeof(i->underlying), "NIFTY");
	return sizeof(*i);
}

static size_t make_strategy(struct event_strategy *s, uint64_t r)
{
	s->index = (uint32_t)(r % 3);
	name(s->ops, sizeof(s->ops), "amd");
	name(s->id, sizeof(s->id), "%s%u", r % 7 ? "amd" : "renamed", s->index); /* a later definition replaces */
	name(s->underlying, sizeof(s->underlying), "NIFTY");
	return sizeof(*s);
}

static size_t make_order(struct outcome_order *o, uint64_t r, uint64_t n)
{
	o->request.order = n / 40 + r % 4; /* several records an order */
	name(o->request.tag, sizeof(o->request.tag), "T%u", (unsigned)o->request.order);
	o->request.strategy = r % 11 ? (uint32_t)(r % 3) : STRATEGY_MANUAL;
	o->request.side = r & 1;
	o->request.qty = 50;
	o->request.price = 1000000 + (price_t)(r % 1000) * 500;
	o->state = (uint32_t)(r % ORDER_STATES);
	o->created = FIXTURE_DAY;
	name(o->reason, sizeof(o->reason), "reason %u", (unsigned)(r % 10));
	return sizeof(*o);
}

static size_t make_fill(struct outcome_fill *f, uint64_t r, uint64_t n)
{
	f->order = n / 40;
	f->trade = n;
	f->strategy = (uint32_t)(r % 3);
	f->side = r & 1;
	f->qty = 50;
	f->price = 1000000;
	f->charges.amount[CHARGE_STT] = 1234;
	f->charges.unknown = r % 4 ? 0 : 1u << CHARGE_EXCHANGE;
	return sizeof(*f);
}

static size_t make_trade(struct outcome_trade *t, uint64_t r, uint64_t n)
{
	*t = (struct outcome_trade){
		.number = n, .strategy = (uint32_t)(r % 3), .exit_reason = (uint32_t)(r % EXIT_REASONS), .qty = 50, .entry = 1000000,
		.exit = 1100000, .entered = FIXTURE_DAY, .left = FIXTURE_DAY + 1, .gross = 5000000, .charges = 10000, .net = 4990000,
	};
	return sizeof(*t);
}

static size_t make_bar(struct outcome_bar *b, uint64_t r, uint64_t n)
{
	b->interval_s = 60;
	b->bar.start = FIXTURE_DAY + (nanos_t)(n / 20) * NANOS_MINUTE;
	b->bar.open = b->bar.low = 170000000;
	b->bar.high = b->bar.close = 170000000 + (price_t)(r % 100) * 500;
	return sizeof(*b);
}

static size_t make_decision(struct outcome_decision *d, uint64_t r)
{
	d->strategy = (uint32_t)(r % 3);
	d->refusal = (uint32_t)(r % REFUSAL_COUNT);
	d->direction = r & 1 ? 1 : -1;
	d->close = 170000000;
	return sizeof(*d);
}

static size_t make_command(struct event_command *c, uint64_t r)
{
	c->command = (uint32_t)(r % COMMAND_KINDS);
	c->index = (uint32_t)(r % 3);
	c->value = (int64_t)(r % 100);
	name(c->principal, sizeof(c->principal), "uid:%u", (unsigned)(r % 9));
	name(c->reason, sizeof(c->reason), "because");
	return sizeof(*c);
}

static size_t make_rare(struct fixture_record *f, uint64_t r)
{
	switch (f->head.kind) {
	case OUTCOME_STATE:
		f->action.state.state = (uint32_t)(r % ENGINE_STATES);
		f->action.state.strategy = r & 1 ? UINT32_MAX : (uint32_t)(r % 3);
		return sizeof(f->action.state);
	case OUTCOME_ALERT:
		f->action.alert.alert = (uint32_t)(r % ALERT_KINDS);
		f->action.alert.value = (int64_t)(r % 1000);
		return sizeof(f->action.alert);
	case OUTCOME_DAY:
		f->action.day.date = 19457 + (date_t)(r % 5);
		f->action.day.net = (money_t)(r % 100000);
		return sizeof(f->action.day);
	case EVENT_START:
		f->event.start.mode = (uint32_t)(r % 4);
		f->event.start.epoch = (uint32_t)(r % 1000);
		return sizeof(f->event.start);
	case EVENT_SESSION:
		f->event.session.date = 19457;
		f->event.session.edge = (uint16_t)(1 + r % 2);
		return sizeof(f->event.session);
	case OUTCOME_EQUITY:
		f->action.equity.equity = (money_t)(r % 1000000);
		f->action.equity.unrealised = r & 1 ? NUM_UNKNOWN : 5;
		return sizeof(f->action.equity);
	default:
		return sizeof(f->event.tick);
	}
}

static const uint16_t kinds[] = {
	EVENT_TICK, EVENT_TICK, EVENT_TICK, EVENT_TICK, EVENT_INSTRUMENT, EVENT_STRATEGY, EVENT_SESSION, EVENT_COMMAND, OUTCOME_ORDER,
	OUTCOME_ORDER, OUTCOME_FILL, OUTCOME_TRADE, OUTCOME_DECISION, OUTCOME_EQUITY, OUTCOME_BAR, OUTCOME_BAR, OUTCOME_STATE,
	OUTCOME_ALERT, OUTCOME_DAY, EVENT_START,
};

/* The first eight define every number that is used. */
void fixture_record(uint64_t n, struct fixture_record *ret)
{
	uint64_t r = prng_mix(n * 7919);
	uint16_t kind = n <= 5 ? EVENT_INSTRUMENT : n <= 8 ? EVENT_STRATEGY : kinds[r % ARRAY_LEN(kinds)];

	memset(ret, 0, sizeof(*ret));
	ret->head = (struct record){ n, FIXTURE_DAY + (nanos_t)n * NANOS_SECOND, kind, 0, (uint32_t)(r % 5) };
	r = n <= 5 ? n - 1 : n <= 8 ? n : prng_mix(r);
	ret->payload = ret->head.kind < 64 ? (const void *)&ret->event.tick : (const void *)&ret->action.request;
	switch (ret->head.kind) {
	case EVENT_INSTRUMENT: ret->len = make_instrument(&ret->event.instrument, r); break;
	case EVENT_STRATEGY: ret->len = make_strategy(&ret->event.strategy, r); break;
	case EVENT_COMMAND: ret->len = make_command(&ret->event.command, r); break;
	case OUTCOME_ORDER: ret->len = make_order(&ret->action.order, r, n); break;
	case OUTCOME_FILL: ret->len = make_fill(&ret->action.fill, r, n); break;
	case OUTCOME_TRADE: ret->len = make_trade(&ret->action.trade, r, n); break;
	case OUTCOME_DECISION: ret->len = make_decision(&ret->action.decision, r); break;
	case OUTCOME_BAR: ret->len = make_bar(&ret->action.bar, r, n); break;
	default: ret->len = make_rare(ret, r); break;
	}
}

void fixture_put(struct store *s, const struct record *head, const void *payload, size_t len)
{
	store_put(s, head, payload, len);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
}

void fixture_put_range(struct store *s, uint64_t from, uint64_t to)
{
	struct fixture_record f;

	for (uint64_t n = from; n <= to; n++) {
		fixture_record(n, &f);
		store_put(s, &f.head, f.payload, f.len);
	}
}

void fixture_journal(const char *dir, uint64_t first, uint64_t last, nanos_t shift)
{
	struct journal_options o = { .dir = dir, .segment_bytes = 4u << 20, .first = first };
	struct journal_error error = { "" };
	struct journal *j = NULL;
	struct fixture_record f;

	assert_int_equal(journal_open(&o, &j, &error), 0);
	for (uint64_t n = first; n <= last; n++) {
		fixture_record(n, &f);
		f.head.stamp += shift;
		assert_int_equal(journal_append(j, &f.head, f.payload, f.len), 0);
		if (n % 64 == 0)
			assert_int_equal(journal_submit(j, false), 0);
	}
	journal_close(&j);
}

/* -- store --------------------------------------------------------------------------------------------------------- */

bool fixture_mongo(void)
{
	return getenv("STORE_TEST_URI") != NULL;
}

const struct store_ops *fixture_ops(void)
{
	return fixture_mongo() ? &store_mongo_ops : &store_sqlite_ops;
}

void fixture_path(char *ret, size_t size, const char *dir, const char *name)
{
	static unsigned made;

	if (fixture_mongo())
		snprintf(ret, size, "%s%s_%d_%u", getenv("STORE_TEST_URI"), name, (int)getpid(), made++);
	else
		snprintf(ret, size, "%s/%s.db", dir, name);
}

void fixture_drop(const char *path)
{
	if (!fixture_mongo()) {
		unlink(path);
		return;
	}
	struct store_place place = { .path = path, .account = "" };
	struct store_error error = { "" };
	struct progress progress;
	struct backend *b = NULL;

	memcpy(place.journal_id, fixture_id, sizeof(place.journal_id));
	assert_int_equal(fixture_ops()->open(&place, &b, &progress, &error), 0);
	assert_int_equal(fixture_ops()->begin(b), 0);
	assert_int_equal(fixture_ops()->forget(b), 0);
	assert_int_equal(fixture_ops()->commit(b, &(struct progress){ 0 }), 0);
	fixture_ops()->close(&b);
}

struct store *fixture_open(const char *path, const char *journal_dir)
{
	char fresh[300];
	struct store_options o = { .ops = fixture_ops(), .path = path, .journal_id = fixture_id, .journal_dir = journal_dir };
	struct store_error error = { "" };
	struct store *s = NULL;

	if (fixture_mongo() && strcmp(path, ":memory:") == 0) {
		fixture_path(fresh, sizeof(fresh), "", "memory");
		o.path = fresh;
	}
	int err = store_open(&o, &s, &error);

	if (err)
		fail_msg("store_open: %d %s", err, error.text);
	return s;
}

char *fixture_query(struct store *s, const struct store_query *q)
{
	struct buf json = { 0 };

	assert_int_equal(store_query_wait(s, q, &json), 0);
	assert_non_null(json.data);
	return json.data;
}

/* -- dump ---------------------------------------------------------------------------------------------------------- */

static void dump_value(struct buf *out, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: buf_puts(out, "-|"); break;
	case VALUE_NUMBER: buf_printf(out, "%lld|", (long long)v->number); break;
	case VALUE_TEXT: buf_printf(out, "%.*s|", (int)v->len, v->text); break;
	case VALUE_BLOB:
		for (uint32_t i = 0; i < v->len; i++)
			buf_printf(out, "%02x", (uint8_t)v->text[i]);
		buf_putc(out, '|');
		break;
	}
}

struct lines { char **line; size_t n, max; };

static int dump_row(void *ctx, const struct row *row)
{
	struct lines *l = ctx;
	struct buf out = { 0 };

	buf_printf(&out, "%s: ", store_tables[row->table].name);
	for (uint32_t i = 0; i < store_tables[row->table].columns; i++)
		dump_value(&out, &row->at[i]);
	buf_putc(&out, '\n');
	assert_false(out.failed);
	if (l->n == l->max) {
		l->max = l->max ? l->max * 2 : 1024;
		l->line = realloc(l->line, l->max * sizeof(*l->line));
		assert_non_null(l->line);
	}
	l->line[l->n++] = out.data;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *fixture_dump_of(const struct store_ops *ops, const struct store_place *place)
{
	struct store_error error = { "" };
	struct progress progress;
	struct backend *b = NULL;
	struct lines l = { 0 };
	struct buf out = { 0 };

	if (ops->open(place, &b, &progress, &error) != 0)
		fail_msg("dump: %s", error.text);
	for (uint32_t t = 0; t < TABLE_COUNT; t++)
		if (t != TABLE_MARKS)
			assert_int_equal(ops->scan(b, t, dump_row, &l), 0);
	ops->close(&b);
	qsort(l.line, l.n, sizeof(*l.line), compare_lines);
	for (size_t i = 0; i < l.n; i++) {
		buf_puts(&out, l.line[i]);
		free(l.line[i]);
	}
	free(l.line);
	buf_printf(&out, "progress: %llu|%lld|\n", (unsigned long long)progress.seq, (long long)progress.stamp);
	assert_false(out.failed);
	return out.data;
}

char *fixture_dump(const char *path)
{
	struct store_place place = { .path = path, .account = "" };

	memcpy(place.journal_id, fixture_id, sizeof(place.journal_id));
	return fixture_dump_of(fixture_ops(), &place);
}

/* -- folders ------------------------------------------------------------------------------------------------------- */

void fixture_folder(char *ret, size_t size)
{
	const char *base = getenv("TMPDIR");

	snprintf(ret, size, "%s/sauda-store-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(ret));
}

void fixture_folder_done(const char *dir)
{
	char path[4096];
	struct dirent *entry;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) != 0)
			fixture_folder_done(path);
	}
	closedir(d);
	rmdir(dir);
}

int fixture_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	fixture_folder(p->dir, sizeof(p->dir));
	fixture_path(p->path, sizeof(p->path), p->dir, "store");
	fixture_path(p->straight, sizeof(p->straight), p->dir, "straight");
	snprintf(p->journal, sizeof(p->journal), "%s/journal", p->dir);
	*state = p;
	return 0;
}

int fixture_place_done(void **state)
{
	struct place *p = *state;

	fixture_folder_done(p->dir);
	free(p);
	return 0;
}
