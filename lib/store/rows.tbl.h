/* The row types every backend keeps: COLUMN list per table. C(TABLE, FIELD, "column", TYPE, ROLE, "JSON key" or NULL = hidden).
 * KEY: with the journal, names the row. GUARD: a row with a key that exists replaces it when its guard is greater; a table
 * without one keeps the first. KEEP: written once. SET: the rest. Types: docs/store.md. A change here needs a migration. */
#pragma once

#define STORE_TABLES(T) \
	T(INSTRUMENTS, "instruments") T(STRATEGIES, "strategies") T(ORDERS, "orders") T(TRADES, "trades") T(HISTORY, "history") \
	T(EQUITY, "equity") T(BARS, "bars") T(DECISIONS, "decisions") T(AUDIT, "audit") T(DAYS, "days") T(SESSIONS, "sessions") \
	T(EVENTS, "events") T(MARKS, "marks")

#define INSTRUMENTS_COLUMNS(C) \
	C(INSTRUMENTS, SEQ, "seq", UINT, GUARD, NULL) \
	C(INSTRUMENTS, AT, "at", STAMP, SET, NULL) \
	C(INSTRUMENTS, ID, "id", UINT, KEY, NULL) \
	C(INSTRUMENTS, SYMBOL, "symbol", TEXT, SET, NULL) \
	C(INSTRUMENTS, UNDERLYING, "underlying", TEXT, SET, NULL)

#define STRATEGIES_COLUMNS(C) \
	C(STRATEGIES, SEQ, "seq", UINT, GUARD, NULL) \
	C(STRATEGIES, AT, "at", STAMP, SET, NULL) \
	C(STRATEGIES, ID, "id", UINT, KEY, NULL) \
	C(STRATEGIES, STRATEGY, "strategy", TEXT, SET, NULL) \
	C(STRATEGIES, OPS, "ops", TEXT, SET, NULL) \
	C(STRATEGIES, UNDERLYING, "underlying", TEXT, SET, NULL) \
	C(STRATEGIES, COMMONS, "commons", UINT, SET, NULL)

#define ORDERS_COLUMNS(C) \
	C(ORDERS, SEQ, "seq", UINT, KEEP, "seq") \
	C(ORDERS, UPDATED_SEQ, "updated_seq", UINT, GUARD, NULL) \
	C(ORDERS, NUMBER, "number", UINT, SET, "order") \
	C(ORDERS, TAG, "tag", TEXT, KEY, "tag") \
	C(ORDERS, AT, "at", STAMP, KEEP, "at") \
	C(ORDERS, UPDATED, "updated", STAMP, SET, "updated") \
	C(ORDERS, SYMBOL, "symbol", TEXT, SET, "symbol") \
	C(ORDERS, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(ORDERS, SIDE, "side", TEXT, SET, "side") \
	C(ORDERS, TYPE, "type", TEXT, SET, "type") \
	C(ORDERS, PURPOSE, "purpose", TEXT, SET, "purpose") \
	C(ORDERS, PRODUCT, "product", TEXT, SET, "product") \
	C(ORDERS, QTY, "qty", INT, SET, "qty") \
	C(ORDERS, FILLED, "filled", INT, SET, "filled") \
	C(ORDERS, PRICE, "price", MONEY, SET, "price") \
	C(ORDERS, TRIGGER, "trigger_price", MONEY, SET, "trigger") \
	C(ORDERS, AVERAGE, "average", MONEY, SET, "average") \
	C(ORDERS, STATE, "state", TEXT, SET, "state") \
	C(ORDERS, MODIFIES, "modifies", UINT, SET, NULL) \
	C(ORDERS, REASON, "reason", TEXT, SET, "reason") \
	C(ORDERS, BROKER_REF, "broker_ref", TEXT, SET, "broker_ref")

#define TRADES_COLUMNS(C) \
	C(TRADES, SEQ, "seq", UINT, KEY, "seq") \
	C(TRADES, AT, "at", STAMP, SET, "at") \
	C(TRADES, NUMBER, "number", UINT, SET, "order") \
	C(TRADES, TRADE, "trade", UINT, SET, "trade") \
	C(TRADES, SYMBOL, "symbol", TEXT, SET, "symbol") \
	C(TRADES, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(TRADES, UNDERLYING, "underlying", TEXT, SET, NULL) \
	C(TRADES, SIDE, "side", TEXT, SET, "side") \
	C(TRADES, QTY, "qty", INT, SET, "qty") \
	C(TRADES, PRICE, "price", MONEY, SET, "price") \
	C(TRADES, POSITION, "position", INT, SET, NULL) \
	C(TRADES, BROKERAGE, "brokerage", MONEY, SET, NULL) \
	C(TRADES, STT, "stt", MONEY, SET, NULL) \
	C(TRADES, EXCHANGE, "exchange", MONEY, SET, NULL) \
	C(TRADES, IPFT, "ipft", MONEY, SET, NULL) \
	C(TRADES, SEBI, "sebi", MONEY, SET, NULL) \
	C(TRADES, STAMP, "stamp", MONEY, SET, NULL) \
	C(TRADES, GST, "gst", MONEY, SET, NULL) \
	C(TRADES, CHARGES, "charges", MONEY, SET, "charges") \
	C(TRADES, UNKNOWN, "charges_unknown", UINT, SET, NULL) \
	C(TRADES, ASSUMED, "charges_assumed", UINT, SET, NULL)

#define HISTORY_COLUMNS(C) \
	C(HISTORY, SEQ, "seq", UINT, KEY, "seq") \
	C(HISTORY, AT, "at", STAMP, SET, NULL) \
	C(HISTORY, NUMBER, "number", UINT, SET, "number") \
	C(HISTORY, SYMBOL, "symbol", TEXT, SET, "symbol") \
	C(HISTORY, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(HISTORY, SIDE, "side", TEXT, SET, "side") \
	C(HISTORY, QTY, "qty", INT, SET, "qty") \
	C(HISTORY, ENTRY, "entry", MONEY, SET, "entry") \
	C(HISTORY, EXIT, "exit", MONEY, SET, "exit") \
	C(HISTORY, ENTERED, "entered", STAMP, SET, "entered") \
	C(HISTORY, LEFT, "left_at", STAMP, SET, "left") \
	C(HISTORY, EXIT_REASON, "exit_reason", TEXT, SET, "exit_reason") \
	C(HISTORY, GROSS, "gross", MONEY, SET, "gross") \
	C(HISTORY, CHARGES, "charges", MONEY, SET, "charges") \
	C(HISTORY, NET, "net", MONEY, SET, "net") \
	C(HISTORY, UNKNOWN, "charges_unknown", UINT, SET, NULL) \
	C(HISTORY, INDEX_STOP, "index_stop", MONEY, SET, NULL) \
	C(HISTORY, SIGNAL_PRICE, "signal_price", MONEY, SET, NULL)

#define EQUITY_COLUMNS(C) \
	C(EQUITY, SEQ, "seq", UINT, KEY, "seq") \
	C(EQUITY, AT, "at", STAMP, SET, "at") \
	C(EQUITY, EQUITY, "equity", MONEY, SET, "equity") \
	C(EQUITY, REALISED, "realised", MONEY, SET, "realised") \
	C(EQUITY, UNREALISED, "unrealised", MONEY, SET, "unrealised") \
	C(EQUITY, CHARGES, "charges", MONEY, SET, "charges") \
	C(EQUITY, DAY_PNL, "day_pnl", MONEY, SET, "day_pnl") \
	C(EQUITY, CASH_FREE, "cash_free", MONEY, SET, NULL)

#define BARS_COLUMNS(C) \
	C(BARS, SEQ, "seq", UINT, GUARD, NULL) \
	C(BARS, SYMBOL, "symbol", TEXT, KEY, NULL) \
	C(BARS, INTERVAL, "interval_s", UINT, KEY, NULL) \
	C(BARS, AT, "at", STAMP, KEY, "at") \
	C(BARS, OPEN, "open", MONEY, SET, "o") \
	C(BARS, HIGH, "high", MONEY, SET, "h") \
	C(BARS, LOW, "low", MONEY, SET, "l") \
	C(BARS, CLOSE, "close", MONEY, SET, "c") \
	C(BARS, VOLUME, "volume", INT, SET, "v")

#define DECISIONS_COLUMNS(C) \
	C(DECISIONS, SEQ, "seq", UINT, KEY, "seq") \
	C(DECISIONS, AT, "at", STAMP, SET, "at") \
	C(DECISIONS, SYMBOL, "symbol", TEXT, SET, "symbol") \
	C(DECISIONS, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(DECISIONS, DIRECTION, "direction", TEXT, SET, "direction") \
	C(DECISIONS, TAKEN, "taken", BOOL, SET, "taken") \
	C(DECISIONS, REFUSAL, "refusal", TEXT, SET, "refusal") \
	C(DECISIONS, LOTS, "lots", UINT, SET, "lots") \
	C(DECISIONS, CLOSE, "close", MONEY, SET, "close") \
	C(DECISIONS, INDEX_STOP, "index_stop", MONEY, SET, "index_stop") \
	C(DECISIONS, INDEX_TARGET, "index_target", MONEY, SET, "index_target") \
	C(DECISIONS, STOP, "stop", MONEY, SET, "stop") \
	C(DECISIONS, TARGET, "target", MONEY, SET, "target") \
	C(DECISIONS, PREMIUM, "premium", MONEY, SET, "premium") \
	C(DECISIONS, NUMBER, "number", UINT, SET, "order")

#define AUDIT_COLUMNS(C) \
	C(AUDIT, SEQ, "seq", UINT, KEY, "seq") \
	C(AUDIT, AT, "at", STAMP, SET, "at") \
	C(AUDIT, KIND, "kind", TEXT, SET, "kind") \
	C(AUDIT, NAME, "name", TEXT, SET, "name") \
	C(AUDIT, PRINCIPAL, "principal", TEXT, SET, "principal") \
	C(AUDIT, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(AUDIT, PARAM, "param", UINT, SET, "param") \
	C(AUDIT, VALUE, "value", INT, SET, "value") \
	C(AUDIT, REASON, "reason", TEXT, SET, "reason")

#define DAYS_COLUMNS(C) \
	C(DAYS, SEQ, "seq", UINT, GUARD, "seq") \
	C(DAYS, AT, "at", STAMP, SET, NULL) \
	C(DAYS, DATE, "date", DATE, KEY, "date") \
	C(DAYS, TRADES, "trades", UINT, SET, "trades") \
	C(DAYS, GROSS, "gross", MONEY, SET, "gross") \
	C(DAYS, CHARGES, "charges", MONEY, SET, "charges") \
	C(DAYS, NET, "net", MONEY, SET, "net") \
	C(DAYS, EQUITY, "equity", MONEY, SET, "equity") \
	C(DAYS, UNKNOWN, "charges_unknown", UINT, SET, NULL)

#define SESSIONS_COLUMNS(C) \
	C(SESSIONS, SEQ, "seq", UINT, KEY, "seq") \
	C(SESSIONS, AT, "at", STAMP, SET, "at") \
	C(SESSIONS, DATE, "date", DATE, SET, "date") \
	C(SESSIONS, EDGE, "edge", TEXT, SET, "edge") \
	C(SESSIONS, OPEN, "open", STAMP, SET, "open") \
	C(SESSIONS, CLOSE, "close", STAMP, SET, "close") \
	C(SESSIONS, ASSUMED, "assumed", BOOL, SET, "assumed") \
	C(SESSIONS, NO_TRADE, "no_trade", BOOL, SET, "no_trade")

/* What /api/events lists. The payload is the journal's own bytes, so that text and data are always this build's words; `about` is what
 * those bytes mean by what stood before them in the journal (project.h). */
#define EVENTS_COLUMNS(C) \
	C(EVENTS, SEQ, "seq", UINT, KEY, "seq") \
	C(EVENTS, AT, "at", STAMP, SET, "at") \
	C(EVENTS, KIND, "kind", UINT, SET, NULL) \
	C(EVENTS, SYMBOL, "symbol", TEXT, SET, NULL) \
	C(EVENTS, STRATEGY, "strategy", TEXT, SET, NULL) \
	C(EVENTS, PAYLOAD, "payload", BLOB, SET, NULL) \
	C(EVENTS, ABOUT, "about", TEXT, SET, NULL)

/* Read only, never stored: own fills on a chart of their strategy's underlying. */
#define MARKS_COLUMNS(C) \
	C(MARKS, AT, "at", STAMP, SET, "at") \
	C(MARKS, SIDE, "side", TEXT, SET, "side") \
	C(MARKS, PRICE, "price", MONEY, SET, "price") \
	C(MARKS, STRATEGY, "strategy", TEXT, SET, "strategy") \
	C(MARKS, PURPOSE, "purpose", TEXT, SET, "purpose") \
	C(MARKS, SYMBOL, "symbol", TEXT, SET, "symbol") \
	C(MARKS, FILL, "fill", MONEY, SET, "fill")
