/* Why a signal did not become an order, in the order the gate asks: REFUSAL(NAME, "code", "what it means").
 * The first rung that fails is the answer; tests/core/test_risk.c walks them in this order. Codes are stable. */
REFUSAL(NONE,               "none",               "allowed")
/* the engine */
REFUSAL(KILLED,             "killed",             "a kill is latched")
REFUSAL(STOPPING,           "stopping",           "the engine is shutting down")
REFUSAL(PAUSED,             "paused",             "entries are paused")
REFUSAL(STRATEGY_PAUSED,    "strategy_paused",    "this strategy is paused")
REFUSAL(NOT_LIVE,           "not_live",           "this strategy may not trade real money (live = no)")
REFUSAL(NOT_READY,          "not_ready",          "the engine has not finished starting")
REFUSAL(LINK_DOWN,          "link_down",          "the feed or the broker is not connected")
REFUSAL(JOURNAL,            "journal",            "the disk is full or failing: the journal has nothing in reserve")
/* the calendar */
REFUSAL(SESSION_CLOSED,     "session_closed",     "the market is not in continuous trading")
REFUSAL(CALENDAR_UNKNOWN,   "calendar_unknown",   "the calendar does not know this date")
REFUSAL(NO_TRADE_SESSION,   "no_trade_session",   "no entries in this special session")
REFUSAL(OUTSIDE_HOURS,      "outside_hours",      "outside the entry window")
/* the strategy's own limits */
REFUSAL(POSITION_OPEN,      "position_open",      "the strategy already has a position or an order at work")
REFUSAL(COOLDOWN,           "cooldown",           "too soon after the last entry or exit")
REFUSAL(STOPOUT_COOLDOWN,   "stopout_cooldown",   "too soon after a stop-out")
REFUSAL(ENTRIES_PER_DAY,    "entries_per_day",    "the day's number of entries is used up")
REFUSAL(LOSS_STREAK,        "loss_streak",        "too many losses in a row")
/* the account */
REFUSAL(DAY_LOSS,           "day_loss",           "the day's loss limit was reached; locked until tomorrow")
REFUSAL(DAY_FULL,           "day_full",           "too many executions today for a restart to tell them apart")
/* the contract and its market */
REFUSAL(NO_CONTRACT,        "no_contract",        "no listed contract with a price matches the signal")
REFUSAL(CONTRACT_UNKNOWN,   "contract_unknown",   "lot or tick of the contract is not known for this date")
REFUSAL(EXPIRED,            "expired",            "the contract has expired")
REFUSAL(NO_PRICE,           "no_price",           "the contract has no usable bid and ask")
REFUSAL(STALE_PRICE,        "stale_price",        "the price is older than the age limit")
REFUSAL(CHARGES_UNKNOWN,    "charges_unknown",    "charges for this date are not known")
/* sizing */
REFUSAL(STOP_INVALID,       "stop_invalid",       "the stop is not on the losing side or the option's risk is 60 % of its premium or more")
REFUSAL(COST_TOO_HIGH,      "cost_too_high",      "spread and charges exceed 20 % of the risk")
REFUSAL(RISK_OVER_CAP,      "risk_over_cap",      "one lot risks more than 5 % of capital")
REFUSAL(NO_CASH,            "no_cash",            "free cash does not pay for one lot")
/* the order */
REFUSAL(QTY_LIMIT,          "qty_limit",          "the quantity exceeds the limit")
REFUSAL(NOTIONAL_LIMIT,     "notional_limit",     "the order's value exceeds the limit")
REFUSAL(PRICE_BAND,         "price_band",         "the price is outside the band")
REFUSAL(OPEN_ORDERS,        "open_orders",        "too many orders at work")
REFUSAL(EXPOSURE,           "exposure",           "the exposure limit would be exceeded if every live order filled")
REFUSAL(ORDER_RATE,         "order_rate",         "the order rate limit is reached")
REFUSAL(SELF_TRADE,         "self_trade",         "an own order rests on the other side")
REFUSAL(DUPLICATE,          "duplicate",          "the same decision was already made on this bar")
