/* An account as its broker shows it, on the bench of fake.h: books, trades and positions answered one by one, and what the core is told of others. */
#pragma once

#include "tests/broker/kotak/fake.h"

#define ORDERS "/quick/user/orders"
#define TRADES "/quick/user/trades"
#define POSITIONS "/portfolio/v2/positions"
#define LIMITS "/quick/user/limits"
#define OTHER "261123000000900"
#define FILL(id, qty) "{\"nOrdNo\":\"" NUMBER "\",\"flId\":\"" id "\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"B\",\"fldQty\":" qty ",\"avgPrc\":\"100.00\"}"

#define ROW(status, t, filled) "{\"nOrdNo\":\"" NUMBER "\",\"ordSt\":\"" status "\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\",\"trnsTp\":\"B\"," \
	"\"prc\":\"100\",\"qty\":75,\"fldQty\":" filled ",\"updRecvTm\":" t ",\"rejRsn\":\"--\"}"

unsigned account_told(void);
const struct event_foreign *account_newest(void);
const struct event_account *account_armed(void);
void account_assert_told(qty_t manual, qty_t broker, qty_t unexplained, unsigned orders);
void account_answer(const char *path, const char *rows);
void account_asked(const char *path);
void account_positions(int bought, int sold);
void account_trade(int qty);
void account_book(const char *status);
void account_hold(qty_t qty);
void account_works(void);
void account_ended(const char *status, int filled);
