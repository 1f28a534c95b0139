/* Account limits: LIMIT(NAME, "name", standard, "unit", tighter, "what it bounds"). Values are decimals (1/10,000).
 * A row's place is its number in the journal: new ones go to the end.
 * tighter = -1 when a smaller value is the stricter one. NUM_UNKNOWN as standard = no limit until one is set. */
LIMIT(DAY_LOSS_PCT,   "day_loss_pct",   40000,       "%",      -1, "loss of a day as part of capital; flattens and locks until tomorrow")
LIMIT(ORDER_RATE,     "order_rate",     80000,       "1/s",    -1, "orders, modifies and cancels in any rolling second; entries may use half")
LIMIT(OPEN_ORDERS,    "open_orders",    200000,      "orders", -1, "orders at work at one time")
LIMIT(QTY,            "qty_max",        NUM_UNKNOWN, "units",  -1, "quantity of one order")
LIMIT(NOTIONAL,       "notional_max",   NUM_UNKNOWN, "rupees", -1, "value of one order")
LIMIT(EXPOSURE,       "exposure_max",   NUM_UNKNOWN, "rupees", -1, "cost of all positions if every live entry order filled")
LIMIT(PRICE_AWAY_PCT, "price_away_pct", 400000,      "%",      -1, "distance of an entry's price from the last price (fat finger)")
LIMIT(EXPOSURE_INSTRUMENT, "exposure_instrument_max", NUM_UNKNOWN, "rupees", -1, "cost of the positions in one instrument if every live entry order filled")
LIMIT(EXPOSURE_STRATEGY, "exposure_strategy_max", NUM_UNKNOWN, "rupees", -1, "cost of the positions of one strategy if every live entry order filled")
LIMIT(DRAWDOWN_PCT,   "drawdown_pct",   NUM_UNKNOWN, "%",      -1, "fall of the day's result from its peak as part of capital; flattens and locks until tomorrow")
LIMIT(PROFIT_LOCK_PCT, "profit_lock_pct", NUM_UNKNOWN, "%",    -1, "a day's profit as part of capital from which give_back_pct holds")
LIMIT(GIVE_BACK_PCT,  "give_back_pct",  500000,      "%",      -1, "of the day's peak profit, once it reached profit_lock_pct, that may be given back; flattens and locks until tomorrow")
LIMIT(ENTRIES_DAY,    "entries_day",    NUM_UNKNOWN, "entries", -1, "entries of all strategies in a day")
LIMIT(EXECUTIONS,     "executions_max", NUM_UNKNOWN, "1/min",  -1, "entries sent and executions of them, of one strategy; beyond it a person must resume it")
