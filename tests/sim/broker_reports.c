/* The books: orders, trades, positions, with their own ways of being wrong; history, holdings, limits, margin. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

#define NOBODY SIZE_MAX

/* -- one list with the dials over it ------------------------------------------------------------------------------------------------ */

static size_t rows_in(const struct sim_broker *b, enum book book)
{
	return book == BOOK_ORDERS ? b->n_orders : book == BOOK_TRADES ? b->n_trades : b->n_positions;
}

static bool shown(const struct sim_broker *b, enum book book, size_t i)
{
	return book == BOOK_ORDERS ? !b->orders[i].hidden : book == BOOK_TRADES ? !b->trades[i].busted : true;
}

static size_t rows_shown(const struct sim_broker *b, enum book book)
{
	size_t n = 0;

	for (size_t i = 0; i < rows_in(b, book); i++)
		n += shown(b, book, i);
	return n;
}

static void put_row(struct sim_broker *b, enum book book, size_t i, bool v2, enum mangle m)
{
	if (book == BOOK_ORDERS)
		rows_order(b, &b->answer, (uint32_t)i, m);
	else if (book == BOOK_TRADES)
		rows_trade(b, &b->answer, (uint32_t)i, m);
	else
		rows_position(b, &b->answer, (uint32_t)i, v2, m);
}

struct faults { size_t vanished, mangled, until; enum mangle how; };

static bool odd(const struct faults *f)
{
	return f->vanished != NOBODY || f->how != MANGLE_NONE;
}

/* `until` rows are shown; the one that vanished and the one that is mangled are counted among those shown. */
static void put_rows(struct sim_broker *b, enum book book, bool v2, const struct faults *f)
{
	size_t seen = 0;
	bool first = true;

	for (size_t i = 0; i < rows_in(b, book) && seen < f->until; i++) {
		if (!shown(b, book, i) || seen++ == f->vanished)
			continue;
		if (!first)
			buf_putc(&b->answer, ',');
		first = false;
		put_row(b, book, i, v2, seen - 1 == f->mangled ? f->how : MANGLE_NONE);
	}
}

static void print_book(struct sim_broker *b, enum book book, bool v2, const struct faults *f)
{
	buf_clear(&b->answer);
	buf_printf(&b->answer, "{\"stat\":\"%s\",\"stCode\":200,\"data\":[", book == BOOK_ORDERS ? "Ok" : "ok");
	if (book == BOOK_TRADES && !odd(f) && f->until == NOBODY) {
		rows_trades(b);
		buf_put(&b->answer, b->trade_rows.data, b->trade_rows.len);
	} else {
		put_rows(b, book, v2, f);
	}
	buf_puts(&b->answer, "]}");
}

/* Which of a book's faults strike this answer; nothing of it is worth keeping then. */
static bool roll(struct sim_broker *b, enum book book, size_t n, struct faults *f)
{
	*f = (struct faults){ NOBODY, NOBODY, NOBODY, MANGLE_NONE };
	if (dice(b, SIM_VANISH_ROW))
		f->vanished = below(&b->dice_fault, n);
	f->how = rows_mangle(b, book == BOOK_ORDERS);
	f->mangled = f->how != MANGLE_NONE ? below(&b->dice_fault, n) : NOBODY;
	return odd(f);
}

/* Half of a page that ends early is valid JSON with rows missing at the end, half ends in the middle. */
static void cut_page(struct sim_broker *b, enum book book, bool v2, size_t n, struct sim_answer *ret)
{
	struct faults f = { NOBODY, NOBODY, NOBODY, MANGLE_NONE };

	if (!chance(b, SIM_PAGE_CUT))
		return;
	if (below(&b->dice_fault, 2)) {
		ret->len = 1 + below(&b->dice_fault, ret->len - 1);
	} else if (n > 1) {
		f.until = 1 + below(&b->dice_fault, n - 1);
		print_book(b, book, v2, &f);
		answer_text(b, ret, 200, "application/json");
	} else {
		return;
	}
	struck(b, SIM_PAGE_CUT);
}

static void keep(struct buf *to, const struct buf *from)
{
	buf_clear(to);
	buf_put(to, from->data, from->len);
}

static void keep_fresh(struct sim_broker *b, struct report *book, uint64_t version)
{
	keep(&book->fresh, &b->answer);
	book->version = version;
}

/* Two copies, half of the greatest age apart, so that there is always one to serve that is old but not too old. */
static void remember(struct sim_broker *b, struct report *book)
{
	sim_ns most = b->dials.stale_book ? b->dials.stale_most : 0;

	if (!most || !book->fresh.len || (book->now.len && b->now - book->now_at < most / 2))
		return;
	struct buf old = book->old;

	book->old = book->now;
	book->old_at = book->now_at;
	book->now = old;
	keep(&book->now, &book->fresh);
	book->now_at = b->now;
}

static bool serve_stale(struct sim_broker *b, struct report *book, struct sim_answer *ret)
{
	const struct buf *from = book->old.len && b->now - book->old_at <= b->dials.stale_most ? &book->old :
		book->now.len && b->now - book->now_at <= b->dials.stale_most ? &book->now : NULL;

	if (!from || !dice(b, SIM_STALE_BOOK))
		return false;
	keep(&b->answer, from);
	answer_text(b, ret, 200, "application/json");
	return true;
}

static void report(struct sim_broker *b, enum book book, bool v2, struct sim_answer *ret)
{
	struct report *kept = &b->books[book];
	size_t n = rows_shown(b, book);
	struct faults f;

	if (!n || (n && dice(b, SIM_EMPTY_BOOK))) {
		answer_no_data(b, ret);
		return;
	}
	if (serve_stale(b, kept, ret))
		return;
	if (!roll(b, book, n, &f) && book != BOOK_POSITIONS && kept->fresh.len && kept->version == b->version[book]) {
		answer_text(b, ret, 200, "application/json");
		ret->body = kept->fresh.data;
		ret->len = kept->fresh.len;
	} else {
		print_book(b, book, v2, &f);
		answer_text(b, ret, 200, "application/json");
		if (!odd(&f))
			keep_fresh(b, kept, b->version[book]);
	}
	if (n == 1 && f.vanished != NOBODY) {
		answer_no_data(b, ret);
		return;
	}
	remember(b, kept);
	cut_page(b, book, v2, n, ret);
}

void reports_orders(struct sim_broker *b, const char *number, struct sim_answer *ret)
{
	int i = number ? desk_find(b, number) : -1;

	if (!number) {
		report(b, BOOK_ORDERS, false, ret);
	} else if (i < 0) {
		answer_no_data(b, ret);
	} else {
		buf_clear(&b->answer);
		buf_puts(&b->answer, "{\"stat\":\"Ok\",\"stCode\":200,\"data\":[");
		rows_order(b, &b->answer, (uint32_t)i, rows_mangle(b, true));
		buf_puts(&b->answer, "]}");
		answer_text(b, ret, 200, "application/json");
	}
}

void reports_trades(struct sim_broker *b, struct sim_answer *ret)
{
	report(b, BOOK_TRADES, false, ret);
}

void reports_positions(struct sim_broker *b, bool v2, struct sim_answer *ret)
{
	report(b, BOOK_POSITIONS, v2, ret);
}

/* -- the others --------------------------------------------------------------------------------------------------------------------- */

static bool form(struct sim_broker *b, const struct sim_request *r, struct fields *f, struct sim_answer *ret)
{
	if (fields_of_form(f, r->body, r->body_len))
		return true;
	answer_json(b, ret, 400, "{\"stCode\":1007,\"errMsg\":\"body invalid\",\"stat\":\"bad request\"}");
	return false;
}

void reports_history(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;

	if (!form(b, r, &f, ret))
		return;
	const char *number = fields_get(&f, "nOrdNo");
	int i = number ? desk_find(b, number) : -1;

	if (i < 0 || !b->more[i].n_history) {
		answer_no_data(b, ret);
		return;
	}
	const struct order_more *m = &b->more[i];
	uint32_t first = m->n_history > SIM_HISTORY ? m->n_history - SIM_HISTORY : 0;

	buf_clear(&b->answer);
	buf_puts(&b->answer, "{\"stat\":\"Ok\",\"stCode\":200,\"data\":[");
	for (uint32_t k = m->n_history; k-- > first; ) {
		rows_history(b, &b->answer, (uint32_t)i, &m->history[k % SIM_HISTORY]);
		buf_puts(&b->answer, k > first ? "," : "]}");
	}
	answer_text(b, ret, 200, "application/json");
}

/* Nothing is held: the model's shares are bought and sold in the day. */
void reports_holdings(struct sim_broker *b, struct sim_answer *ret)
{
	answer_json(b, ret, 200, "{\"data\":[]}");
}

static void put_amount(struct sim_broker *b, const char *name, int64_t paise)
{
	buf_printf(&b->answer, "\"%s\":\"", name);
	text_put_paise(&b->answer, paise);
	buf_puts(&b->answer, "\",");
}

void reports_limits(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;
	int64_t used = margin_used(b, NO_ORDER), available = margin_available(b, NO_ORDER);

	if (!form(b, r, &f, ret))
		return;
	buf_clear(&b->answer);
	buf_puts(&b->answer, "{\"Category\":\"CLIENT_SIM\",\"BoardLotLimit\":\"5000\",");
	put_amount(b, "Net", available);
	put_amount(b, "MarginUsed", b->options.cash - available);
	put_amount(b, "MarginUsedPrsnt", b->options.cash - available);
	put_amount(b, "CollateralValue", b->options.cash);
	put_amount(b, "PremiumPrsnt", b->options.cash - available - used);
	put_amount(b, "SpanMarginPrsnt", used);
	put_amount(b, "NotionalCash", b->options.cash);
	buf_puts(&b->answer, "\"Collateral\":\"0\",\"RmsCollateral\":\"0\",\"AdhocMargin\":\"0\",\"RmsPayInAmt\":\"0\",\"RmsPayOutAmt\":\"0\",\"UnrealizedMtomPrsnt\":\"0\","
		"\"RealizedMtomPrsnt\":\"0\",\"ExposureMarginPrsnt\":\"0\",\"MarginVarPrsnt\":\"0\",");
	buf_printf(&b->answer, "\"TimeStamp\":\"%lld\",\"stat\":\"Ok\",\"stCode\":200}", (long long)(b->now / MILLI));
	answer_text(b, ret, 200, "application/json");
}

static void put_margin(struct sim_broker *b, const char *name, int64_t paise)
{
	buf_printf(&b->answer, "\"%s\":\"", name);
	text_put_paise(&b->answer, paise);
	buf_puts(&b->answer, "0000\",");
}

static void print_margin(struct sim_broker *b, int64_t order, int64_t available, int64_t used)
{
	int64_t missing = order > available ? order - available : 0;

	buf_clear(&b->answer);
	buf_puts(&b->answer, "{");
	put_margin(b, "avlCash", b->options.cash);
	put_margin(b, "totMrgnUsd", used + order);
	put_margin(b, "mrgnUsd", used);
	put_margin(b, "ordMrgn", order);
	put_margin(b, "reqdMrgn", order);
	put_margin(b, "avlMrgn", available);
	put_margin(b, "insufFund", missing);
	buf_printf(&b->answer, "\"rmsVldtd\":\"%s\",\"stat\":\"Ok\",\"stCode\":200}", missing ? "RMS:Margin Exceeds" : "OK");
}

void reports_margin(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;
	int64_t qty, price;

	if (!form(b, r, &f, ret))
		return;
	const char *token = fields_get(&f, "tok"), *segment = fields_get(&f, "exSeg"), *side = fields_get(&f, "trnsTp"), *product = fields_get(&f, "prod");
	const char *count = fields_get(&f, "qty"), *limit = fields_get(&f, "prc");
	int i = token && segment ? master_token(b, segment, token, strlen(token)) : -1;

	if (!side || !product || !count || !text_count(count, &qty) || !limit || !text_paise(limit, &price) || strlen(product) > 7) {
		answer_json(b, ret, 400, "{\"stCode\":1007,\"errMsg\":\"body invalid\",\"stat\":\"bad request\"}");
		return;
	}
	if (i <= 0) {
		answer_not_ok(b, ret, 1009, "Invalid instrument/code");
		return;
	}
	price = price ? price : b->instruments[i].ltp;
	print_margin(b, margin_quote(b, (uint32_t)i, *side == 'S', product, qty, price), margin_available(b, NO_ORDER), margin_used(b, NO_ORDER));
	answer_text(b, ret, 200, "application/json");
}
