/* The inside of the broker model. One struct, sized for one trading day, handed out zeroed: what is never touched costs no memory.
 *   broker.c          life of the model, faults' dice, events in time
 *   broker_session.c  login, tokens, whose request this is
 *   broker_http.c     url to answer
 *   broker_master.c   instruments and their files
 *   broker_market.c   prices, books, bars
 *   broker_orders.c   the desk: place, modify, cancel as calls
 *   broker_life.c     an order's way from receipt to its end, by events
 *   broker_match.c    fills and what they do to the account
 *   broker_margin.c   what positions and orders tie up
 *   broker_people.c   the human, the broker's square-off, the day's troubles
 *   broker_rows.c     an order, a trade, a position as JSON
 *   broker_reports.c  books, limits, margin
 *   broker_data.c     quotes, candles, chain
 *   broker_feed.c     order feed; broker_sfeed.c market feed */
/* Where the wire's page says "unknown", the model decides so:
 *   - a tag is taken when the order is, also while the order is late: a repeat is refused for the whole day, with 5204 or 32; 23 bytes at most
 *   - TOTP: one step either way passes, no code twice; a session lasts to six the next morning, several live side by side, the two newest may order
 *   - an order outside hours without `am` is taken and rejected later; `qt` of a modify is the total; refused changes end in "not modified", "not cancelled"
 *   - DAY orders and IOC remainders end as "cancelled"; a share with a closing auction is done at 15:15, other shares at 15:30, options at 15:40
 *   - place, modify and cancel count towards ten in any second, refused ones too; beyond it 429
 *   - invalid sessions come with 401 or 200; other refusals of the business with 200, a malformed body with 400
 *   - no charges, holdings and futures; nothing is carried over night; margin of a short is 15 % of the notional and its buying back
 *   - after a reconnect the order feed says nothing of the past */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/sim/broker.h"
#include "tests/sim/broker_text.h"

#include <string.h>

#define SIM_BROKER_MAGIC 0x5B20CE41u
#define SIM_ORDERS 20480
#define SIM_TRADES 61440
#define SIM_EVENTS 65536
#define SIM_POSITIONS 128
#define SIM_TAGS 65536 /* power of two, above three times the orders */
#define SIM_ROW 1536
#define SIM_HISTORY 24
#define SIM_SESSIONS 8
#define SIM_CONNECTIONS 8
#define SIM_STRIKES 15
#define SIM_INSTRUMENTS (3 + 2 * SIM_STRIKES)
#define SIM_MINUTES 400 /* 09:15 to 15:55 */
#define SIM_DEPTH 5

#define SECOND INT64_C(1000000000)
#define MILLI INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define NEVER INT64_MAX

enum kind { KIND_INDEX, KIND_SHARE, KIND_CALL, KIND_PUT };

/* Prices in paise. Buyers are side 0, sellers side 1, wherever an array has two. */
struct instrument {
	enum kind kind;
	uint32_t token;
	char symbol[40], display[40];
	int64_t strike, lot, tick, freeze /* most in one order */, band_low, band_high;
	int64_t previous, open, high, low, ltp, ltq, volume, turnover, interest;
	sim_ns traded, close /* of continuous trading */;
	int64_t taken[2];              /* by our own orders in this second */
	int lock;                      /* +1 at the upper circuit, -1 at the lower */
	sim_ns lock_until, illiquid_until;
};

struct bar { int32_t open, high, low, close; uint32_t volume; };

enum order_type { TYPE_LIMIT, TYPE_MARKET, TYPE_STOP, TYPE_STOP_MARKET };
struct terms { int64_t qty, price, trigger; enum order_type type; bool ioc; };

enum stage {
	STAGE_RECEIVED, STAGE_VALIDATION, STAGE_OPEN_PENDING, STAGE_OPEN, STAGE_TRIGGER, STAGE_MODIFY_VALIDATION, STAGE_MODIFY_PENDING, STAGE_MODIFIED,
	STAGE_NOT_MODIFIED, STAGE_CANCEL_PENDING, STAGE_NOT_CANCELLED, STAGE_AMO, STAGE_COMPLETE, STAGE_REJECTED, STAGE_CANCELLED, STAGE_COUNT,
};

struct history { sim_ns updated; int64_t filled, value, price, trigger, qty; enum stage stage; };

/* What the ledger does not show of an order; same index. */
struct order_more {
	uint32_t instrument;
	enum stage stage;
	struct terms terms, next;      /* as they stand; as a modify wants them */
	bool live /* at the exchange */, waiting /* for its trigger */, rested, amo, late_reject;
	uint8_t change;                /* 1 modify, 2 cancel, 0 none */
	uint32_t change_number;
	int64_t cancelled;
	sim_ns hold, updated, confirmed;
	uint64_t exchange_number;
	char shown_tag[48], reason[96];
	struct history history[SIM_HISTORY];
	uint32_t n_history;
	uint32_t row_len;              /* 0: to be printed anew */
	char row[SIM_ROW];
};

struct trade_more { uint32_t order; sim_ns updated; bool no_id; };

enum event_kind { EVENT_STEP, EVENT_MATERIALISE, EVENT_CHANGE, EVENT_BUST, EVENT_HOLD };
struct event { sim_ns at; uint64_t number; enum event_kind kind; uint32_t order, detail; };

struct session { uint32_t number /* 0: none */; bool trade, ended, stolen; int wrong_ip /* 1037 or 100008 */; char token[400], sid[48]; };

enum feed { FEED_NONE, FEED_ORDERS, FEED_MARKET };
struct connection {
	uint32_t id;
	enum feed feed;
	bool authenticated, status;
	uint32_t session;
	sim_ns silent_until;
	uint8_t levels[SIM_INSTRUMENTS], sequence;
};

/* A book's answer: as it is printed (kept while nothing changes), and two older copies that a stale answer can be. */
enum book { BOOK_ORDERS, BOOK_TRADES, BOOK_POSITIONS };
struct report { struct buf fresh, now, old; sim_ns now_at, old_at; uint64_t version; };

struct sim_broker {
	uint32_t magic;
	struct sim_broker_options options;
	struct sim_dials dials;
	struct sim_counts counts;
	uint64_t dice_fault, dice_life;
	sim_ns now, day /* its midnight in India */, market_open, next_step, halt_until;
	bool trading_day, halted;
	int64_t date;

	struct instrument instruments[SIM_INSTRUMENTS];
	struct bar bars[SIM_INSTRUMENTS][SIM_MINUTES];
	int64_t forward, drift;        /* of the index, in paise; paise in 100 seconds */
	sim_ns expiry;
	bool monthly;

	struct sim_order orders[SIM_ORDERS];
	struct order_more more[SIM_ORDERS];
	size_t n_orders;
	uint32_t work[SIM_ORDERS];     /* not over yet, oldest first */
	size_t n_work;
	uint32_t tags[SIM_TAGS];       /* order + 1, open addressing */
	struct sim_trade trades[SIM_TRADES];
	struct trade_more trades_more[SIM_TRADES];
	size_t n_trades;
	struct sim_position positions[SIM_POSITIONS];
	uint32_t positions_instrument[SIM_POSITIONS];
	int64_t bought[SIM_POSITIONS], sold[SIM_POSITIONS], bought_value[SIM_POSITIONS], sold_value[SIM_POSITIONS];
	size_t n_positions;
	sim_ns last_update;

	struct event events[SIM_EVENTS];
	size_t n_events;
	uint64_t n_event;

	struct session sessions[SIM_SESSIONS];
	uint32_t n_session;
	uint64_t code_used;            /* TOTP step + 1 of the last good login */

	struct connection connections[SIM_CONNECTIONS];
	sim_ns rms_next;
	bool rms_cancelled;

	sim_ns recent[64];             /* times of the last order calls */
	uint64_t n_recent;
	struct buf answer, frame, scratch;
	struct report books[3];
	uint64_t version[3];           /* of the books: orders, trades, positions */
	struct buf trade_rows;         /* of the first `trade_rows_of` trades, as the book prints them */
	size_t trade_rows_of;
};

/* broker.c */
bool dice(struct sim_broker *b, enum sim_dial dial);               /* strikes, and is counted */
bool chance(struct sim_broker *b, enum sim_dial dial);             /* strikes; struck() when it had an effect */
void struck(struct sim_broker *b, enum sim_dial dial);
void event_add(struct sim_broker *b, sim_ns at, enum event_kind kind, uint32_t order, uint32_t detail);
static inline uint64_t below(uint64_t *dice_state, uint64_t bound) { return prng_below(dice_state, bound); }

/* broker_session.c */
void session_login(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void session_validate(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void session_config(struct sim_broker *b, const char *rest, struct sim_answer *ret);
void session_client_ip(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
struct session *session_of(struct sim_broker *b, const struct sim_request *r); /* live and good for trading, or NULL */
struct session *session_find(struct sim_broker *b, const char *token /* or NULL */, const char *sid);
bool session_key(const struct sim_request *r);                      /* the consumer key is there */
void session_refuse(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void session_troubles(struct sim_broker *b, struct session *s);

/* broker_http.c */
const char *request_header(const struct sim_request *r, const char *name);
void answer_text(struct sim_broker *b, struct sim_answer *ret, int status, const char *type);   /* of b->answer */
void answer_json(struct sim_broker *b, struct sim_answer *ret, int status, const char *format, ...) __attribute__((format(printf, 4, 5)));
void answer_gateway(struct sim_broker *b, struct sim_answer *ret, int status);
void answer_not_ok(struct sim_broker *b, struct sim_answer *ret, int code, const char *text);
void answer_no_data(struct sim_broker *b, struct sim_answer *ret);

/* broker_master.c */
void master_init(struct sim_broker *b);
void master_paths(struct sim_broker *b, struct sim_answer *ret);
bool master_file(struct sim_broker *b, const char *path, struct sim_answer *ret); /* false: no such path */
int master_find(const struct sim_broker *b, const char *symbol);    /* index or -1 */
int master_token(const struct sim_broker *b, const char *segment, const char *id, size_t len);
const char *master_segment(const struct instrument *in);
static inline bool master_option(const struct instrument *in) { return in->kind >= KIND_CALL; }
extern const char *const sim_index_name;

/* broker_market.c */
struct level { int64_t price, qty; int32_t orders; };
void market_init(struct sim_broker *b);
void market_step(struct sim_broker *b);                             /* the second at b->next_step */
bool market_trades(const struct sim_broker *b, const struct instrument *in); /* continuous trading now */
int market_levels(const struct sim_broker *b, const struct instrument *in, int side, struct level ret[SIM_DEPTH]);
int64_t market_past(const struct sim_broker *b, size_t instrument, int64_t date, int minute); /* a price of another day */

/* broker_orders.c */
void desk_place(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void desk_modify(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void desk_cancel(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
uint32_t desk_order(struct sim_broker *b, enum sim_actor actor, size_t instrument, bool sell, const char *product, const struct terms *t);
int desk_find(const struct sim_broker *b, const char *number);    /* visible; -1 if none */
int64_t desk_protected(const struct instrument *in, bool sell);    /* the limit a market order becomes; 0: none */

/* broker_life.c */
void life_begin(struct sim_broker *b, uint32_t order, bool at_once);
void life_event(struct sim_broker *b, const struct event *e);
void life_change(struct sim_broker *b, uint32_t order, uint8_t change);
void life_stage(struct sim_broker *b, uint32_t order, enum stage stage);  /* set, recorded, announced */
void life_cancel(struct sim_broker *b, uint32_t order);             /* now, by whoever */
void life_step(struct sim_broker *b);                               /* after each second of the market */
enum stage life_resting(const struct sim_broker *b, uint32_t order);
const char *life_status(enum stage stage);
static inline bool life_over(enum stage s) { return s >= STAGE_COMPLETE; }

/* broker_match.c */
void match_order(struct sim_broker *b, uint32_t order);
int match_position(const struct sim_broker *b, uint32_t instrument, const char *product); /* -1 if none */
void match_bust(struct sim_broker *b, uint32_t trade);

/* broker_margin.c */
#define NO_ORDER UINT32_MAX
int64_t margin_available(const struct sim_broker *b, uint32_t except); /* cash free for orders; `except` is not counted */
int64_t margin_needed(const struct sim_broker *b, uint32_t order, const struct terms *t);
int64_t margin_quote(const struct sim_broker *b, uint32_t instrument, bool sell, const char *product, int64_t qty, int64_t price);
int64_t margin_used(const struct sim_broker *b, uint32_t except);

/* broker_people.c */
void people_step(struct sim_broker *b);

/* broker_rows.c */
void rows_trades_changed(struct sim_broker *b);                     /* other than by one more */
void rows_trades(struct sim_broker *b);                             /* brings trade_rows up to date */
enum mangle { MANGLE_NONE, MANGLE_STATUS, MANGLE_MISSING, MANGLE_TYPE };
void rows_order(struct sim_broker *b, struct buf *to, uint32_t order, enum mangle m);
void rows_history(struct sim_broker *b, struct buf *to, uint32_t order, const struct history *h);
void rows_trade(struct sim_broker *b, struct buf *to, uint32_t trade, enum mangle m);
void rows_position(struct sim_broker *b, struct buf *to, uint32_t position, bool v2, enum mangle m);
enum mangle rows_mangle(struct sim_broker *b, bool with_status);    /* rolls the three dials */

/* broker_reports.c */
void reports_orders(struct sim_broker *b, const char *number /* or NULL */, struct sim_answer *ret);
void reports_history(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void reports_trades(struct sim_broker *b, struct sim_answer *ret);
void reports_positions(struct sim_broker *b, bool v2, struct sim_answer *ret);
void reports_holdings(struct sim_broker *b, struct sim_answer *ret);
void reports_limits(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);
void reports_margin(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret);

/* broker_data.c */
void data_quotes(struct sim_broker *b, const char *rest, struct sim_answer *ret);
void data_candles(struct sim_broker *b, const char *query, struct sim_answer *ret);
void data_expiries(struct sim_broker *b, const char *query, struct sim_answer *ret);
void data_chain(struct sim_broker *b, const char *query, struct sim_answer *ret);

/* broker_feed.c, broker_sfeed.c */
struct connection *feed_find(struct sim_broker *b, uint32_t id);
void feed_hear(struct sim_broker *b, struct connection *c, const char *text, size_t len);
void feed_order(struct sim_broker *b, uint32_t order);
void feed_position(struct sim_broker *b, uint32_t position);
void feed_send(struct sim_broker *b, struct connection *c, bool binary); /* b->frame */
void feed_close(struct sim_broker *b, struct connection *c);
void sfeed_open(struct sim_broker *b, struct connection *c);
void sfeed_text(struct sim_broker *b, struct connection *c, const char *text, size_t len);
void sfeed_step(struct sim_broker *b);
void sfeed_status(struct sim_broker *b, uint16_t code);
