#include "tests/broker/kotak/account_rig.h"

unsigned account_told(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake.n_said; i++)
		n += fake.said[i].head.kind == EVENT_FOREIGN;
	return n;
}

const struct event_foreign *account_newest(void)
{
	const struct event *e = fake_last(EVENT_FOREIGN);

	assert_non_null(e);
	return &e->foreign;
}

/* The newest since the start, after which all was well. */
const struct event_account *account_armed(void)
{
	static const struct event_account well;
	const struct event *e = fake_last(EVENT_ACCOUNT);

	return e ? &e->account : &well;
}

void account_assert_told(qty_t manual, qty_t broker, qty_t unexplained, unsigned orders)
{
	const struct event_foreign *e = account_newest();

	assert_string_equal(e->symbol, SYMBOL);
	assert_string_equal(e->underlying, "NIFTY");
	assert_int_equal(e->manual, manual);
	assert_int_equal(e->broker, broker);
	assert_int_equal(e->unexplained, unexplained);
	assert_int_equal(e->orders, orders);
}

void account_answer(const char *path, const char *rows)
{
	char text[2048];

	snprintf(text, sizeof(text), "{\"stat\":\"ok\",\"stCode\":200,\"data\":[%s]}", rows);
	fake_answer(fake_find(path), WIRE_OK, 200, text);
}

/* Until the next question of that kind is there. */
void account_asked(const char *path)
{
	for (int i = 0; i < 400 && !fake_find(path); i++)
		fake_pass(NANOS_SECOND / 10);
	assert_non_null(fake_find(path));
}

void account_positions(int bought, int sold)
{
	char row[300];

	account_asked(POSITIONS);
	snprintf(row, sizeof(row), "{\"trdSym\":\"" SYMBOL "\",\"prod\":\"MIS\",\"cfBuyQty\":\"0\",\"cfSellQty\":\"0\",\"flBuyQty\":\"%d\",\"flSellQty\":\"%d\",\"buyAmt\":\"%d\",\"sellAmt\":\"%d\"}",
	         bought, sold, bought * 100, sold * 100);
	account_answer(POSITIONS, row);
}

void account_trade(int qty)
{
	char row[300];

	account_asked(TRADES);
	snprintf(row, sizeof(row), "{\"nOrdNo\":\"" OTHER "\",\"flId\":\"7\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"B\",\"fldQty\":%d,\"avgPrc\":\"100.00\"}", qty);
	account_answer(TRADES, row);
}

void account_book(const char *status)
{
	char row[500];

	account_asked(ORDERS);
	snprintf(row, sizeof(row), "{\"nOrdNo\":\"" OTHER "\",\"ordSt\":\"%s\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\",\"trnsTp\":\"B\",\"prc\":\"100\","
	         "\"qty\":75,\"fldQty\":0,\"GuiOrdId\":\"x\",\"updRecvTm\":10,\"rejRsn\":\"--\"}", status);
	account_answer(ORDERS, row);
}

/* A book of ours, as if a strategy held it. */
void account_hold(qty_t qty)
{
	fake.core.s->strategies = 1;
	fake.core.slot[0].book.instrument = 0;
	fake.core.slot[0].book.qty = qty;
}

/* An order of ours at the broker, then as it ended. */
void account_works(void)
{
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"" NUMBER "\",\"stCode\":200}");
}

void account_ended(const char *status, int filled)
{
	char text[400];

	snprintf(text, sizeof(text), "{\"type\":\"order\",\"data\":{\"nOrdNo\":\"" NUMBER "\",\"ordSt\":\"%s\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\","
	         "\"trnsTp\":\"B\",\"prc\":\"100\",\"qty\":75,\"fldQty\":%d,\"updRecvTm\":20,\"rejRsn\":\"--\"}}", status, filled);
	fake_frame(text);
}
