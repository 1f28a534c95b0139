/* The screen of `enginectl top`: answers of the engine as lines of text. Knows no terminal. */
#include "engined/ctl/top.h"

#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engined/ctl/ctl.h"
#include "lib/core/order.h"

struct screen {
	struct buf *out;
	const struct top_view *view;
	size_t width, height, lines;
	bool colour;
};

enum tone { TONE_PLAIN, TONE_HEAD, TONE_GOOD, TONE_BAD, TONE_DIM };

/* -- lines --------------------------------------------------------------------------------------------------------------------------------- */

/* At most `width` columns; how many there were. A code point is one column: nothing printed here is wider. */
static size_t put_cut(struct buf *out, const char *text, size_t width)
{
	size_t at = 0;

	for (; *text; text++) {
		bool begins = ((unsigned char)*text & 0xC0) != 0x80;

		if (begins && at == width)
			break;
		at += begins;
		buf_putc(out, *text);
	}
	return at;
}

static void line(struct screen *s, enum tone tone, const char *text)
{
	static const char *const colours[] = { "", "\033[1m", "\033[32m", "\033[1;31m", "\033[2m" };
	bool coloured = s->colour && tone != TONE_PLAIN;

	if (s->lines == s->height)
		return;
	s->lines++;
	if (coloured)
		buf_puts(s->out, colours[tone]);
	put_cut(s->out, text, s->width);
	buf_puts(s->out, coloured ? "\033[0m\n" : "\n");
}

static void line_of(struct screen *s, enum tone tone, struct buf *text)
{
	line(s, tone, text->data ? text->data : "");
	buf_clear(text);
}

/* -- values -------------------------------------------------------------------------------------------------------------------------------- */

/* "feed.up" goes into a member. */
static const cJSON *at(const cJSON *root, const char *path)
{
	char key[32];
	size_t len = strcspn(path, ".");

	snprintf(key, sizeof(key), "%.*s", (int)len, path);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);

	return path[len] == '.' && item ? at(item, path + len + 1) : item;
}

static const cJSON *of(const struct screen *s, enum top_part part, const char *path)
{
	return at(s->view->part[part], path);
}

static const char *last_key(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static void put(struct buf *out, const cJSON *root, const char *path)
{
	ctl_format_value(out, last_key(path), at(root, path));
}

/* In a column: negative widths are flush right, as numbers are. */
static void cell(struct buf *out, const cJSON *root, const char *path, int width)
{
	struct buf text = { 0 };
	size_t room = (size_t)(width < 0 ? -width : width);

	put(&text, root, path);
	struct buf cut = { 0 };
	size_t used = put_cut(&cut, text.data ? text.data : "", room);

	buf_printf(out, "%*s%s%*s ", width < 0 ? (int)(room - used) : 0, "", cut.data ? cut.data : "", width < 0 ? 0 : (int)(room - used), "");
	buf_done(&text);
	buf_done(&cut);
}

static bool is_true(const cJSON *item)
{
	return cJSON_IsTrue(item);
}

static const char *word(const cJSON *item)
{
	return cJSON_IsString(item) ? item->valuestring : "";
}

static enum tone tone_of(const cJSON *gain)
{
	return !cJSON_IsNumber(gain) || gain->valuedouble == 0 ? TONE_PLAIN : gain->valuedouble > 0 ? TONE_GOOD : TONE_BAD;
}

/* Milliseconds as a person reads them. */
static void put_age(struct buf *out, const cJSON *ms)
{
	if (!cJSON_IsNumber(ms))
		buf_puts(out, "\xE2\x80\x94");
	else if (ms->valuedouble < 10000)
		buf_printf(out, "%.0f ms", ms->valuedouble);
	else
		buf_printf(out, "%.0f s", ms->valuedouble / 1000);
}

/* -- parts --------------------------------------------------------------------------------------------------------------------------------- */

static void put_head(struct screen *s)
{
	const cJSON *status = s->view->part[TOP_STATUS];
	struct buf text = { 0 };

	buf_puts(&text, "Sauda ");
	put(&text, status, "mode");
	buf_puts(&text, "  ");
	put(&text, status, "state");
	buf_puts(&text, "  ");
	put(&text, status, "now");
	buf_puts(&text, "  ");
	put(&text, status, "session.phase");
	buf_puts(&text, "  broker ");
	put(&text, status, "broker.name");
	buf_puts(&text, is_true(at(status, "broker.connected")) ? " connected" : " NOT CONNECTED");
	line_of(s, TONE_HEAD, &text);
	buf_done(&text);
}

/* What a person must see before all else. */
static void put_alarms(struct screen *s)
{
	const cJSON *status = s->view->part[TOP_STATUS], *reason;
	struct buf text = { 0 };

	if (s->view->trouble[0])
		line(s, TONE_BAD, s->view->trouble);
	if (cJSON_IsObject(at(status, "kill"))) {
		buf_puts(&text, "KILLED: ");
		put(&text, status, "kill.rung");
		buf_puts(&text, " by ");
		put(&text, status, "kill.by");
		buf_puts(&text, ": ");
		put(&text, status, "kill.reason");
		line_of(s, TONE_BAD, &text);
	}
	if (cJSON_IsObject(at(status, "not_flat"))) {
		put(&text, status, "not_flat.text");
		line_of(s, TONE_BAD, &text);
	}
	cJSON_ArrayForEach(reason, of(s, TOP_READY, "reasons")) {
		buf_puts(&text, "no entries: ");
		put(&text, reason, "text");
		line_of(s, TONE_BAD, &text);
	}
	cJSON_ArrayForEach(reason, at(status, "broker.foreign")) {
		buf_puts(&text, "foreign: ");
		put(&text, reason, "symbol");
		line_of(s, TONE_BAD, &text);
	}
	buf_done(&text);
}

static void put_account(struct screen *s)
{
	const cJSON *b = s->view->part[TOP_BALANCE], *status = s->view->part[TOP_STATUS];
	struct buf text = { 0 };

	buf_puts(&text, "equity ");
	put(&text, b, "equity");
	buf_puts(&text, "  day ");
	put(&text, b, "day_pnl");
	buf_puts(&text, " (realised ");
	put(&text, b, "realised");
	buf_puts(&text, ", unrealised ");
	put(&text, b, "unrealised");
	buf_puts(&text, ", charges ");
	put(&text, b, "charges");
	buf_puts(&text, is_true(at(status, "day.locked")) ? ")  LOCKED for the day" : ")");
	line_of(s, tone_of(at(b, "day_pnl")), &text);
	buf_puts(&text, "free ");
	put(&text, b, "cash_free");
	buf_puts(&text, "  used ");
	put(&text, b, "used");
	line_of(s, TONE_PLAIN, &text);
	buf_done(&text);
}

static void put_health(struct screen *s)
{
	const cJSON *status = s->view->part[TOP_STATUS], *lag = of(s, TOP_DEBUG, "loop.lag_us");
	struct buf text = { 0 };

	buf_puts(&text, "feed ");
	buf_puts(&text, is_true(at(status, "feed.up")) ? "up, age " : "DOWN, age ");
	put_age(&text, at(status, "feed.age_ms"));
	buf_puts(&text, "  account ");
	put_age(&text, of(s, TOP_BALANCE, "age_ms"));
	if (cJSON_IsNumber(lag))
		buf_printf(&text, "  loop %.1f ms", lag->valuedouble / 1000);
	buf_puts(&text, "  journal ");
	put(&text, status, "journal.seq");
	buf_puts(&text, "  store lag ");
	put(&text, status, "store.lag");
	buf_puts(&text, "  up ");
	put(&text, status, "uptime_s");
	buf_puts(&text, " s");
	line_of(s, is_true(at(status, "feed.up")) || !status ? TONE_PLAIN : TONE_BAD, &text);
	buf_done(&text);
}

struct column { const char *path, *title; int width; };

static void put_titles(struct screen *s, const char *name, const struct column *columns)
{
	struct buf text = { 0 };

	line(s, TONE_PLAIN, "");
	buf_printf(&text, "%-12.12s ", name);
	for (const struct column *c = columns; c->path; c++)
		buf_printf(&text, "%*s ", c->width < 0 ? c->width * -1 : -c->width, c->title);
	line_of(s, TONE_HEAD, &text);
	buf_done(&text);
}

static void put_row(struct screen *s, const cJSON *row, const struct column *columns, const char *gain)
{
	struct buf text = { 0 };

	buf_printf(&text, "%-12s ", "");
	for (const struct column *c = columns; c->path; c++)
		cell(&text, row, c->path, c->width);
	line_of(s, gain ? tone_of(at(row, gain)) : TONE_PLAIN, &text);
	buf_done(&text);
}

/* An order that is on its way, rests or is being cancelled. */
static bool works(const cJSON *order)
{
	for (int st = 0; st < ORDER_STATES; st++) {
		if (strcmp(order_state_name((enum order_state)st), word(at(order, "state"))) == 0)
			return order_live((enum order_state)st);
	}
	return false;
}

static bool is_open(const cJSON *position)
{
	const cJSON *qty = at(position, "qty");

	return cJSON_IsNumber(qty) && qty->valuedouble != 0;
}

static bool any(const cJSON *row)
{
	return row != NULL;
}

static void put_list(struct screen *s, enum top_part part, const char *name, const struct column *columns, bool (*wanted)(const cJSON *row), const char *gain)
{
	const cJSON *items = of(s, part, "items"), *row;
	struct buf text = { 0 };
	size_t shown = 0;

	put_titles(s, name, columns);
	cJSON_ArrayForEach(row, items) {
		if (!wanted(row))
			continue;
		put_row(s, row, columns, gain);
		shown++;
	}
	buf_printf(&text, "%-12s %s", "", items ? "none" : "\xE2\x80\x94");
	if (shown == 0)
		line_of(s, TONE_DIM, &text);
	buf_done(&text);
}

static void put_lists(struct screen *s)
{
	static const struct column positions[] = { { "symbol", "symbol", 24 }, { "strategy", "strategy", 18 }, { "qty", "qty", -8 }, { "average", "average", -12 },
	                                           { "last", "last", -12 }, { "pnl", "P&L", -14 }, { "last_age_ms", "age ms", -8 }, { 0 } };
	static const struct column orders[] = { { "symbol", "symbol", 24 }, { "strategy", "strategy", 18 }, { "side", "side", 4 }, { "filled", "filled", -7 },
	                                        { "qty", "of", -7 }, { "price", "price", -12 }, { "state", "state", 10 }, { "purpose", "for", 8 }, { 0 } };
	static const struct column strategies[] = { { "id", "strategy", 24 }, { "state", "state", 9 }, { "day_pnl", "day P&L", -14 }, { "trades_today", "trades", -6 },
	                                            { "why_not.text", "why it does not trade", 60 }, { 0 } };

	put_list(s, TOP_POSITIONS, "positions", positions, is_open, "pnl");
	put_list(s, TOP_ORDERS, "orders", orders, works, NULL);
	put_list(s, TOP_STRATEGIES, "strategies", strategies, any, "day_pnl");
}

static void put_help(struct screen *s)
{
	static const char *const words[] = { "", "q  leave; the engine goes on", "p  pause: no new entries, exits live on; asks first", "?  this help",
	                                     "", "Kill, resume, orders: enginectl kill, resume, order.place (enginectl help)" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		line(s, TONE_PLAIN, words[i]);
}

void top_screen(struct buf *out, const struct top_view *v, size_t width, size_t height, bool colour)
{
	struct screen s = { .out = out, .view = v, .width = width, .height = height, .colour = colour };

	put_head(&s);
	if (v->prompt[0])
		line(&s, TONE_HEAD, v->prompt);
	put_alarms(&s);
	put_account(&s);
	put_health(&s);
	(v->help ? put_help : put_lists)(&s);
}

void top_json(struct buf *out, const struct top_view *v)
{
	static const char *const names[TOP_PARTS] = { "status", "balance", "positions", "orders", "strategies", "debug", "ready" };

	buf_putc(out, '{');
	for (int i = 0; i < TOP_PARTS; i++) {
		char *text = v->part[i] ? cJSON_PrintUnformatted(v->part[i]) : NULL;

		buf_printf(out, "%s\"%s\":%s", i > 0 ? "," : "", names[i], text ? text : "null");
		cJSON_free(text);
	}
	buf_puts(out, "}");
}
