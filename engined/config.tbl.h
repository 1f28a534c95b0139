/* Every key of sauda.conf but those of [strategy.NAME].
 * CONFIG_NUMBER(section, key, type, min, max, standard, unit, flags, environment variable, choices, "what it does")
 * CONFIG_STRING(section, key, standard, flags, environment variable, check, "what it does")
 * min, max in the stored unit (decimals 1/10,000); standard as an operator would write it; NULL = no variable, no choices. */
CONFIG_NUMBER(engine, mode, CONFIG_ENUM, 0, 3, "demo", "", 0, NULL, "demo|replay|paper|live", "what the engine runs on")
CONFIG_STRING(engine, state_dir, SAUDA_STATE_DIR, 0, NULL, config_is_path, "journal, checkpoints and database")
CONFIG_STRING(engine, runtime_dir, SAUDA_RUNTIME_DIR, 0, NULL, config_is_path, "sockets and lock")
CONFIG_STRING(engine, tables_dir, SAUDA_TABLES_DIR, 0, NULL, config_is_path, "market tables: charges, calendar, contracts")
CONFIG_NUMBER(engine, log_level, CONFIG_ENUM, 0, 3, "info", "", CONFIG_RELOAD, NULL, "error|warn|info|debug", "least weighty message that is printed")
CONFIG_NUMBER(engine, on_stop, CONFIG_ENUM, 0, 1, "flatten", "", CONFIG_RELOAD, NULL, "flatten|keep", "positions at a stop while the market is open")
CONFIG_NUMBER(engine, allow_after_market, CONFIG_BOOL, 0, 1, "no", "", 0, "ALLOW_AFTER_MARKET", NULL, "strategies go on after the close as a dry run; never sends an order")

CONFIG_NUMBER(account, capital, CONFIG_DECIMAL, 10000, NUM_DECIMAL_MAX, "15000", "rupees", 0, NULL, NULL, "one account, shared by all strategies")

CONFIG_NUMBER(limits, day_loss_pct, CONFIG_DECIMAL, 100, 1000000, "4", "%", CONFIG_RELOAD, NULL, NULL, "loss of a day as part of capital; flattens and locks until tomorrow")
CONFIG_NUMBER(limits, order_rate, CONFIG_DECIMAL, 10000, 100000, "8", "1/s", CONFIG_RELOAD, NULL, NULL, "orders, modifies and cancels in any rolling second; never above 10")
CONFIG_NUMBER(limits, order_reserve, CONFIG_DECIMAL, 10000, 90000, "3", "1/s", 0, NULL, NULL, "of order_rate, what only exits, cancels and stop repairs may use")
CONFIG_NUMBER(limits, open_orders, CONFIG_DECIMAL, 10000, 10000000, "20", "orders", CONFIG_RELOAD, NULL, NULL, "orders at work at one time")
CONFIG_NUMBER(limits, qty_max, CONFIG_DECIMAL, 10000, NUM_DECIMAL_MAX, "none", "units", CONFIG_RELOAD | CONFIG_OPTIONAL, NULL, NULL, "quantity of one order")
CONFIG_NUMBER(limits, notional_max, CONFIG_DECIMAL, 10000, NUM_DECIMAL_MAX, "none", "rupees", CONFIG_RELOAD | CONFIG_OPTIONAL, NULL, NULL, "value of one order")
CONFIG_NUMBER(limits, exposure_max, CONFIG_DECIMAL, 10000, NUM_DECIMAL_MAX, "none", "rupees", CONFIG_RELOAD | CONFIG_OPTIONAL, NULL, NULL, "cost of all positions if every live entry order filled")
CONFIG_NUMBER(limits, price_away_pct, CONFIG_DECIMAL, 100, 1000000, "40", "%", CONFIG_RELOAD, NULL, NULL, "distance of an entry's price from the last price")

CONFIG_NUMBER(feed, speed, CONFIG_DECIMAL, 0, 1000000000, "1", "times", CONFIG_RELOAD, NULL, NULL, "pace of replay and demo; 0 = as fast as it goes")
CONFIG_NUMBER(feed, seed, CONFIG_INT, 0, INT64_MAX, "1", "", 0, NULL, NULL, "seed of the demo market")

CONFIG_NUMBER(feed, strikes, CONFIG_INT, 1, 200, "20", "", 0, NULL, NULL, "paper and live: strikes watched on each side of the money, of the nearest expiry")
CONFIG_NUMBER(feed, depth, CONFIG_BOOL, 0, 1, "no", "", 0, NULL, NULL, "paper and live: five levels of depth for contracts; doubles the journal")
CONFIG_NUMBER(feed, mute_s, CONFIG_DECIMAL, 5000, 600000, "3", "s", 0, NULL, NULL, "paper and live: a liquid symbol silent for so long in market hours is a mute feed")

CONFIG_NUMBER(paper, latency_ms, CONFIG_INT, 0, 60000, "50", "ms", 0, NULL, NULL, "delay of each answer of the paper broker")
CONFIG_NUMBER(paper, slippage_ticks, CONFIG_INT, 0, 1000, "0", "ticks", 0, NULL, NULL, "each fill is worse by this")
CONFIG_NUMBER(paper, partial_fill_pct, CONFIG_DECIMAL, 0, 1000000, "0", "%", 0, NULL, NULL, "of orders that fill in parts")
CONFIG_NUMBER(paper, reject_pct, CONFIG_DECIMAL, 0, 1000000, "0", "%", 0, NULL, NULL, "of orders that are rejected")
CONFIG_NUMBER(paper, seed, CONFIG_INT, 0, INT64_MAX, "1", "", 0, NULL, NULL, "seed of the paper broker's chances")

CONFIG_NUMBER(http, port, CONFIG_INT, 1, 65535, "5000", "", 0, "PORT", NULL, "where the dashboard and the API listen")
CONFIG_STRING(http, bind, "127.0.0.1", 0, NULL, config_is_address, "address it listens on")

CONFIG_STRING(store, mongodb_uri, "", CONFIG_SECRET, "MONGODB_URI", config_is_mongodb, "database of the projection; SQLite in state_dir when empty")

CONFIG_STRING(kotak, consumer_key, "", CONFIG_SECRET, "KOTAK_CONSUMER_KEY", config_is_token, "key of the Trade API application")
CONFIG_STRING(kotak, access_token, "", CONFIG_SECRET, "KOTAK_ACCESS_TOKEN", config_is_token, "other name of consumer_key, used when that is empty")
CONFIG_STRING(kotak, consumer_secret, "", CONFIG_SECRET, "KOTAK_CONSUMER_SECRET", config_is_token, "accepted; the present login does not use it")
CONFIG_STRING(kotak, mobile_number, "", CONFIG_SECRET, "KOTAK_MOBILE_NUMBER", config_is_mobile, "registered mobile number with country code")
CONFIG_STRING(kotak, password, "", CONFIG_SECRET, "KOTAK_PASSWORD", NULL, "accepted; the present login does not use it")
CONFIG_STRING(kotak, mpin, "", CONFIG_SECRET, "KOTAK_MPIN", config_is_mpin, "six digits")
CONFIG_STRING(kotak, totp_secret, "", CONFIG_SECRET, "KOTAK_TOTP_SECRET", config_is_base32, "text behind the QR code of the TOTP registration")
CONFIG_STRING(kotak, ucc, "", CONFIG_SECRET, "KOTAK_UCC", config_is_ucc, "client code")

CONFIG_STRING(kotak, registered_ip, "", 0, "KOTAK_REGISTERED_IP", config_is_address, "the whitelisted address that orders come from; not checked when empty")
CONFIG_NUMBER(kotak, ip_version, CONFIG_ENUM, 0, 2, "any", "", 0, NULL, "any|4|6", "which address family is used to reach Kotak; the whitelisted one")
CONFIG_NUMBER(kotak, foreign, CONFIG_ENUM, 0, 1, "freeze", "", 0, NULL, "freeze|ignore", "what people and the broker itself trade in the account holds back our entries in that underlying, or does not")
CONFIG_NUMBER(kotak, login_at, CONFIG_TIME, 0, TIME_OF_DAY(9, 10), "08:30", "IST", 0, NULL, NULL, "daily login, before the open")
CONFIG_NUMBER(kotak, report_rate, CONFIG_INT, 1, 10, "3", "1/s", 0, NULL, NULL, "order books, trades, positions and funds asked in a second at most")
CONFIG_NUMBER(kotak, quote_rate, CONFIG_INT, 1, 25, "3", "1/s", 0, NULL, NULL, "quotes and candles asked in a second at most")
CONFIG_STRING(kotak, session_url, "", 0, "KOTAK_SESSION_URL", config_is_url, "another login host: a simulator; Kotak's own when empty")
CONFIG_STRING(kotak, config_url, "", 0, NULL, config_is_url, "another config service; Kotak's own when empty, not asked when session_url is set and this is not")
CONFIG_STRING(kotak, feed_url, "", 0, NULL, config_is_url, "market data socket in place of the one Kotak names")
CONFIG_STRING(kotak, order_feed_url, "", 0, NULL, config_is_url, "order feed socket in place of the one Kotak names")
CONFIG_STRING(kotak, ca_file, "", 0, "KOTAK_CA_FILE", config_is_path, "PEM file of authorities trusted in place of the system's")

CONFIG_STRING(telegram, bot_token, "", CONFIG_SECRET, "TELEGRAM_BOT_TOKEN", config_is_bot, "token that @BotFather gave")
CONFIG_STRING(telegram, chat_id, "", 0, "TELEGRAM_CHAT_ID", config_is_chat, "chat that gets alerts and the day's summary")
