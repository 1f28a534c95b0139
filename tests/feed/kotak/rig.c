#include "tests/feed/kotak/rig.h"

#include "tests/feed/play.h"

struct rig rig;

/* -- doubles: session, sockets, REST ------------------------------------------------------------------------------------ */

struct kotak_session { int nothing; };
struct websockets { int nothing; };
struct websocket { int nothing; };
struct rest { int nothing; };
struct master { int nothing; };
static struct kotak_session session;
static struct websockets websockets;
static struct websocket websocket;
static struct rest rest;
static struct master master;

enum session_state kotak_session_state(const struct kotak_session *s) { (void)s; return rig.session; }
const char *kotak_session_reason(const struct kotak_session *s) { (void)s; return rig.session == SESSION_UP ? "" : "logging in"; }
uint64_t kotak_session_generation(const struct kotak_session *s) { (void)s; return rig.generation; }
const char *kotak_session_sid(const struct kotak_session *s) { (void)s; return "the-sid"; }
const char *kotak_session_ucc(const struct kotak_session *s) { (void)s; return "ABC12"; }
const char *kotak_session_feed(const struct kotak_session *s) { (void)s; return "wss://feed.example/1"; }
void kotak_session_feed_next(struct kotak_session *s) { (void)s; rig.feed_next++; }
const struct clock *kotak_session_clock(const struct kotak_session *s) { (void)s; return &rig.clock; }
struct websockets *kotak_session_websockets(struct kotak_session *s) { (void)s; return &websockets; }

nanos_t clock_now(const struct clock *c) { return c->virtual_from; }
nanos_t clock_steady(const struct clock *c) { return c->virtual_from; }
nanos_t clock_ahead(const struct clock *c) { (void)c; return rig.ahead; }
nanos_t clock_mono(void) { return 1; }

static void forget_sent(void)
{
	for (size_t i = 0; i < rig.n_sent; i++)
		free(rig.sent[i].text);
	rig.n_sent = 0;
}

int websocket_open(struct websockets *w, const char *url, size_t message_max, unsigned connect_ms, const struct websocket_events *e,
                   struct websocket **ret)
{
	assert_ptr_equal(w, &websockets);
	assert_false(rig.socket); /* one owner, one socket */
	assert_string_equal(url, "wss://feed.example/1");
	assert_true(message_max >= 1u << 20 && connect_ms > 0);
	forget_sent();
	rig.socket = true;
	rig.ws = *e;
	rig.opened++;
	*ret = &websocket;
	return ERR_OK;
}

int websocket_send_text(struct websocket *s, const char *text, size_t len)
{
	assert_ptr_equal(s, &websocket);
	assert_true(rig.socket && rig.n_sent < RIG_SENT);
	rig.sent[rig.n_sent].text = strndup(text, len);
	rig.sent[rig.n_sent++].len = len;
	return ERR_OK;
}

void websocket_close(struct websocket **s)
{
	assert_ptr_equal(*s, &websocket);
	assert_true(rig.socket);
	rig.socket = false;
	*s = NULL;
}

int rest_call(struct rest *r, const struct rest_call *c)
{
	assert_ptr_equal(r, &rest);
	if (rig.session != SESSION_UP)
		return ERR_CLOSED;
	assert_true(rig.n_calls < RIG_CALLS);
	struct rig_call *k = &rig.calls[rig.n_calls++];
	k->open = true;
	k->call = *c;
	snprintf(k->path, sizeof(k->path), "%s", c->path);
	return ERR_OK;
}

static void answer(const struct wire_answer *a)
{
	for (size_t i = 0; i < rig.n_calls; i++) {
		if (!rig.calls[i].open)
			continue;
		rig.calls[i].open = false;
		rig.calls[i].call.done(rig.calls[i].call.ctx, a);
		return;
	}
	fail_msg("nobody asks");
}

void rig_answer(const char *json)
{
	cJSON *parsed = cJSON_Parse(json);

	assert_non_null(parsed);
	answer(&(struct wire_answer){ .verdict = WIRE_OK, .http = 200, .json = parsed });
	cJSON_Delete(parsed);
}

void rig_refuse(enum wire_verdict verdict, const char *text)
{
	struct wire_answer a = { .verdict = verdict };

	snprintf(a.text, sizeof(a.text), "%s", text);
	answer(&a);
}

/* -- doubles: the master --------------------------------------------------------------------------------------------------- */

static const struct index_name indices[] = { { "NIFTY", "Nifty 50", SEGMENT_NSE_CM }, { "BANKNIFTY", "Nifty Bank", SEGMENT_NSE_CM } };

const struct index_name *index_by_symbol(const char *symbol)
{
	for (size_t i = 0; i < ARRAY_LEN(indices); i++)
		if (strcmp(indices[i].symbol, symbol) == 0)
			return &indices[i];
	return NULL;
}

date_t master_day(const struct master *m) { (void)m; return rig.master_date; }

const struct master_row *master_by_symbol(const struct master *m, enum segment segment, const char *symbol)
{
	(void)m;
	for (uint32_t i = 0; i < rig.n_rows; i++)
		if (rig.rows[i].segment == segment && strcmp(rig.rows[i].symbol, symbol) == 0)
			return &rig.rows[i];
	return NULL;
}

const struct master_row *master_contract(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t strike,
                                         enum instrument_kind kind)
{
	(void)m;
	for (uint32_t i = 0; i < rig.n_rows; i++) {
		const struct master_row *r = &rig.rows[i];

		if (r->segment == segment && strcmp(r->name, name) == 0 && r->expiry == expiry && r->strike == strike && r->kind == kind)
			return r;
	}
	return NULL;
}

size_t master_expiries(const struct master *m, enum segment segment, const char *name, enum instrument_kind kind, date_t from, date_t *ret, size_t max)
{
	date_t first = 0;

	(void)m;
	for (uint32_t i = 0; i < rig.n_rows; i++) {
		const struct master_row *r = &rig.rows[i];

		if (r->segment == segment && strcmp(r->name, name) == 0 && r->kind == kind && r->expiry >= from && (first == 0 || r->expiry < first))
			first = r->expiry;
	}
	if (first == 0 || max == 0)
		return 0;
	ret[0] = first;
	return 1;
}

size_t master_strikes(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t *ret, size_t max)
{
	size_t n = 0;

	(void)m;
	for (uint32_t i = 0; i < rig.n_rows && n < max; i++) /* the rig writes them in order */
		if (rig.rows[i].segment == segment && rig.rows[i].kind == INSTRUMENT_CALL && strcmp(rig.rows[i].name, name) == 0 && rig.rows[i].expiry == expiry)
			ret[n++] = rig.rows[i].strike;
	return n;
}

void master_rest(const struct master *m)
{
	(void)m;
	rig.rests++;
}

void master_instrument(const struct master_row *row, struct instrument *ret)
{
	memset(ret, 0, sizeof(*ret));
	snprintf(ret->symbol, sizeof(ret->symbol), "%s", row->symbol);
	snprintf(ret->underlying, sizeof(ret->underlying), "%.15s", row->name);
	ret->id = ret->underlying_id = INSTRUMENT_NONE;
	ret->kind = row->kind;
	ret->segment = row->segment;
	ret->expiry = row->expiry;
	ret->strike = row->strike;
	ret->tick = row->tick;
	ret->lot = row->lot;
	ret->freeze = row->freeze;
	ret->band_low = row->band_low;
	ret->band_high = row->band_high;
}

static struct master_row *add_row(enum segment segment, enum instrument_kind kind, uint32_t token, const char *name, const char *symbol)
{
	assert_true(rig.n_rows < RIG_ROWS);
	struct master_row *r = &rig.rows[rig.n_rows++];

	*r = (struct master_row){ .token = token, .segment = (uint8_t)segment, .kind = (uint8_t)kind, .tick = 500, .lot = 65, .freeze = 1755 };
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->symbol, sizeof(r->symbol), "%s", symbol);
	return r;
}

void rig_master(date_t day, date_t expiry, uint32_t first)
{
	char symbol[32];

	rig.n_rows = 0;
	rig.master_date = day;
	add_row(SEGMENT_NSE_CM, INSTRUMENT_INDEX, 26000, "NIFTY", "NIFTY");
	add_row(SEGMENT_NSE_CM, INSTRUMENT_EQUITY, first++, "RELIANCE", "RELIANCE-EQ")->lot = 1;
	snprintf(symbol, sizeof(symbol), "NIFTYF%d", expiry);
	add_row(SEGMENT_NSE_FO, INSTRUMENT_FUTURE, first++, "NIFTY", symbol)->expiry = expiry;
	for (int strike = 23000; strike <= 25000; strike += 50) {
		for (int kind = INSTRUMENT_CALL; kind <= INSTRUMENT_PUT; kind++) {
			snprintf(symbol, sizeof(symbol), "NIFTY%d%d%s", expiry, strike, kind == INSTRUMENT_CALL ? "CE" : "PE");
			struct master_row *r = add_row(SEGMENT_NSE_FO, kind, first++, "NIFTY", symbol);
			r->expiry = expiry;
			r->strike = (price_t)strike * NUM_SCALE;
			r->band_low = 500;
			r->band_high = RUPEES(2000);
		}
	}
}

void rig_give(void)
{
	kotak_feed_master(rig.feed, &master);
}

uint32_t rig_token(const char *symbol)
{
	for (uint32_t i = 0; i < rig.n_rows; i++)
		if (strcmp(rig.rows[i].symbol, symbol) == 0)
			return rig.rows[i].token;
	fail_msg("%s is not in the master", symbol);
	return 0;
}

/* -- the engine's side -------------------------------------------------------------------------------------------------------- */

static struct actions actions;

static void post(void *ctx, struct event *e)
{
	assert_ptr_equal(ctx, &rig);
	assert_true(rig.n_events < RIG_EVENTS);
	e->head.seq = ++rig.seq;
	if (e->head.stamp < rig.core.s->now)
		e->head.stamp = rig.core.s->now;
	rig.events[rig.n_events++] = *e;
	core_step(&rig.core, e, &actions);
}

static void note(void *ctx, const char *text)
{
	assert_ptr_equal(ctx, &rig);
	snprintf(rig.note, sizeof(rig.note), "%s", text);
	rig.notes++;
}

static void define_strategy(uint32_t index, int64_t bar)
{
	struct event e;

	event_init(&e, EVENT_STRATEGY, rig.clock.virtual_from, INSTRUMENT_NONE);
	e.strategy.index = index;
	snprintf(e.strategy.ops, sizeof(e.strategy.ops), "%s", strategy_builtin[0]->name);
	snprintf(e.strategy.id, sizeof(e.strategy.id), "s%u", index);
	snprintf(e.strategy.underlying, sizeof(e.strategy.underlying), "NIFTY");
	e.strategy.commons = COMMON_COUNT;
	strategy_params_standard(strategy_builtin[0], e.strategy.params);
	e.strategy.params[COMMON_bar] = bar;
	post(&rig, &e);
}

static void start_engine(void)
{
	struct event e;

	event_init(&e, EVENT_START, rig.clock.virtual_from, INSTRUMENT_NONE);
	e.start.mode = MODE_PAPER;
	e.start.flags = rig.after_market ? START_AFTER_MARKET : 0;
	e.start.epoch = 1;
	e.start.capital = RUPEES(100000);
	post(&rig, &e);
	define_strategy(0, 0);
	define_strategy(1, 3);
}

/* Days as in play.h, and derivatives trade ten minutes longer than shares. */
const struct market_tables *rig_tables(void)
{
	static struct market_tables t;

	t = *small_tables();
	for (uint32_t i = 0; i < t.calendar.times; i++) {
		t.calendar.timetable[i].close = t.calendar.timetable[i].group == GROUP_FO ? TIME_OF_DAY(15, 40) : TIME_OF_DAY(15, 15);
	}
	t.calendar.special[0] = (struct special_session){ .date = date_from_civil(2026, 11, 8), .segments = 3, .no_trade = 1, .times_known = 1,
	                                                  .open = TIME_OF_DAY(18, 0), .close = TIME_OF_DAY(19, 0), .name = "muhurat" };
	t.calendar.special[1] = (struct special_session){ .date = date_from_civil(2026, 11, 15), .segments = 3, .no_trade = 1, .name = "drill" };
	t.calendar.specials = 2;
	return &t;
}

static void open_feed(void)
{
	struct kotak_feed_options o = { .session = &session, .rest = &rest, .tables = rig_tables(), .core = &rig.core, .underlyings = rig.underlyings,
	                                .n_underlyings = rig.n_underlyings, .strikes = rig.strikes, .depth = true, .after_market = rig.after_market, .post = post, .note = note, .ctx = &rig };

	assert_int_equal(kotak_feed_open(&o, &rig.feed), ERR_OK);
}

static const char *const standard[] = { "NIFTY", "RELIANCE" };

void rig_open_with(const char *at, const char *const *underlyings, size_t n, uint32_t strikes)
{
	struct core_limits l = { .instruments = 4096, .series = 8, .strategies = 4, .orders = 16 };
	size_t size = core_size(&l);
	bool after_market = rig.after_market;

	memset(&rig, 0, sizeof(rig));
	rig.after_market = after_market;
	rig.underlyings = underlyings;
	rig.n_underlyings = n;
	rig.strikes = strikes;
	rig.clock = (struct clock){ .virtual_from = rig_at(at), .speed = 1 };
	rig.events = calloc(RIG_EVENTS, sizeof(*rig.events));
	rig.rows = calloc(RIG_ROWS, sizeof(*rig.rows));
	rig.memory = aligned_alloc(64, size);
	assert_non_null(rig.memory);
	assert_int_equal(core_init(&rig.core, rig.memory, size, &l, rig_tables(), strategy_builtin), ERR_OK);
	start_engine();
	open_feed();
}

void rig_open(const char *at)
{
	rig_open_with(at, standard, ARRAY_LEN(standard), 10);
}

void rig_open_nifty(const char *at)
{
	rig_open_with(at, standard, 1, 10);
}

void rig_reopen(void)
{
	kotak_feed_close(&rig.feed);
	assert_false(rig.socket);
	start_engine();
	open_feed();
}

void rig_close(void)
{
	kotak_feed_close(&rig.feed);
	assert_false(rig.socket);
	for (size_t i = 0; i < rig.n_calls; i++) /* answers that come after the feed went find nobody */
		if (rig.calls[i].open)
			rig.calls[i].call.done(rig.calls[i].call.ctx, &(struct wire_answer){ .verdict = WIRE_NOT_SENT });
	forget_sent();
	free(rig.events);
	free(rig.rows);
	free(rig.memory);
}

/* -- time ------------------------------------------------------------------------------------------------------------------------ */

nanos_t rig_at(const char *clock)
{
	char text[STAMP_TEXT];
	nanos_t at;

	snprintf(text, sizeof(text), "%s+05:30", clock);
	assert_int_equal(stamp_parse(text, strlen(text), &at), ERR_OK);
	return at;
}

void rig_move(nanos_t span)
{
	rig.clock.virtual_from += span;
	kotak_feed_due(rig.feed, rig.clock.virtual_from);
}

void rig_run(nanos_t span)
{
	nanos_t until = rig.clock.virtual_from + span;

	for (;;) {
		nanos_t due = kotak_feed_due(rig.feed, rig.clock.virtual_from);

		assert_true(due > rig.clock.virtual_from && due <= rig.clock.virtual_from + NANOS_SECOND);
		if (due > until)
			break;
		rig.clock.virtual_from = due;
	}
	rig.clock.virtual_from = until;
	kotak_feed_due(rig.feed, until);
}

void rig_to(const char *at)
{
	nanos_t to = rig_at(at);

	assert_true(to >= rig.clock.virtual_from);
	rig_run(to - rig.clock.virtual_from);
}

/* -- the server's side ------------------------------------------------------------------------------------------------------------- */

void rig_login(void)
{
	rig.session = SESSION_UP;
	rig.generation++;
	rig_move(0);
}

void rig_text(const char *text)
{
	assert_true(rig.socket);
	rig.ws.text(rig.ws.ctx, text, strlen(text));
}

void rig_connect(void)
{
	assert_true(rig.socket);
	rig.ws.open(rig.ws.ctx);
	rig_text("{\"message_code\":1119,\"id\":\"x\",\"format\":\"native_batch\",\"exchanges\":{\"nse_cm\":{\"value\":1,\"divider\":100},"
	         "\"nse_fo\":{\"value\":2,\"divider\":100}}}");
	rig_text("{\"message_code\":1117,\"id\":\"x\",\"format\":\"native_batch\",\"exchanges\":{\"nse_cm\":{\"divider\":100}}}");
}

void rig_drop(const char *why)
{
	assert_true(rig.socket);
	rig.socket = false;
	rig.ws.closed(rig.ws.ctx, why);
}

static void put(uint8_t *to, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void header(uint8_t *p, size_t size, unsigned code, unsigned exchange, unsigned level)
{
	memset(p, 0, size);
	put(p, size, 2);
	put(p + 2, code, 2);
	p[4] = (uint8_t)exchange;
	p[5] = (uint8_t)level;
}

static uint64_t paise(double rupees) { return (uint64_t)(rupees * 100 + 0.5); }
static uint64_t seconds(nanos_t age) { return (uint64_t)((rig.clock.virtual_from - age) / NANOS_SECOND); }

void rig_index(const char *name, double value, nanos_t age)
{
	uint8_t p[87];

	assert_true(rig.socket);
	header(p, sizeof(p), 7207, 1, 0);
	put(p + 9, 4247863880, 4);
	put(p + 17, paise(24000), 4);
	put(p + 29, paise(value), 4);
	put(p + 33, seconds(age), 8);
	memcpy(p + 66, name, strlen(name));
	rig.ws.binary(rig.ws.ctx, p, sizeof(p));
}

static void picture(unsigned exchange, uint32_t token, double bid, double ask, double last, int64_t volume, nanos_t age)
{
	uint8_t p[144 + 4 * 16];

	assert_true(rig.socket);
	header(p, sizeof(p), 7208, exchange, 8);
	put(p + 9, token, 4);
	put(p + 29, (uint64_t)volume, 8);
	put(p + 37, seconds(age), 8);
	put(p + 69, paise(last), 4);
	put(p + 73, 65, 8);
	put(p + 89, 2, 4);
	put(p + 93, 2, 4);
	put(p + 103, 1000, 4);
	for (unsigned i = 0; i < 4; i++) {
		double price = i < 2 ? bid - 0.05 * i : ask + 0.05 * (i - 2);

		put(p + 144 + 16 * i, 650 + i, 8);
		put(p + 144 + 16 * i + 8, paise(price), 4);
	}
	rig.ws.binary(rig.ws.ctx, p, sizeof(p));
}

void rig_option(const char *symbol, double bid, double ask, double last, int64_t volume, nanos_t age)
{
	picture(2, rig_token(symbol), bid, ask, last, volume, age);
}

void rig_share(double bid, double ask, double last, int64_t volume, nanos_t age)
{
	picture(1, rig_token("RELIANCE-EQ"), bid, ask, last, volume, age);
}

void rig_alive(unsigned times)
{
	static unsigned turn;
	char future[32] = "";

	for (uint32_t i = 0; i < rig.n_rows; i++)
		if (rig.rows[i].kind == INSTRUMENT_FUTURE)
			snprintf(future, sizeof(future), "%s", rig.rows[i].symbol);
	for (unsigned i = 0; i < times; i++, turn++) {
		rig_index("Nifty 50", 24010 + 0.05 * (turn % 20), 0);
		if (future[0])
			rig_option(future, 24050, 24051, 24050.05 + 0.05 * (turn % 20), 1000 + turn * 65, 0);
		rig_move(200 * NANOS_MS);
	}
}

/* -- looking --------------------------------------------------------------------------------------------------------------------------- */

struct universe_slot *rig_slot(const char *symbol)
{
	for (uint32_t i = 0; i < rig.feed->universe.slots; i++)
		if (strcmp(rig.feed->universe.slot[i].instrument.symbol, symbol) == 0)
			return &rig.feed->universe.slot[i];
	return NULL;
}

uint32_t rig_id(const char *symbol)
{
	uint32_t id = core_find_instrument(&rig.core, symbol);

	if (id == INSTRUMENT_NONE)
		fail_msg("the core does not know %s", symbol);
	return id;
}

size_t rig_count(enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < rig.n_events; i++)
		n += rig.events[i].head.kind == kind;
	return n;
}

const struct event *rig_last(enum event_kind kind)
{
	for (size_t i = rig.n_events; i-- > 0;)
		if (rig.events[i].head.kind == kind)
			return &rig.events[i];
	return NULL;
}

bool rig_said(const char *words)
{
	return strstr(rig.note, words) != NULL;
}

bool rig_sent(const char *words)
{
	for (size_t i = 0; i < rig.n_sent; i++)
		if (strstr(rig.sent[i].text, words))
			return true;
	return false;
}

bool rig_up(void)
{
	return rig.core.s->link[LINK_FEED].up;
}

/* -- days to begin a test with ------------------------------------------------------------------------------------------------ */

const char *rig_option_symbol(int strike, const char *kind)
{
	static char symbol_text[4][32];
	static unsigned turn;
	char *text = symbol_text[turn++ % 4];

	snprintf(text, sizeof(symbol_text[0]), "NIFTY%d%d%s", EXPIRY, strike, kind);
	return text;
}

void rig_morning(void)
{
	rig_open("2026-11-23T08:30:00");
	rig_move(0);
	rig_master(TODAY, EXPIRY, 40000);
	rig_give();
	rig_login();
	if (rig.n_calls > 0)
		rig_answer("{\"data\":{\"candles\":[]}}");
	rig_move(S);
	rig_connect();
}

void rig_trading(void)
{
	rig_morning();
	rig_index("Nifty 50", 24010, NANOS_DAY);
	rig_to("2026-11-23T09:14:59");
	rig_to("2026-11-23T09:15:00");
	rig_alive(50);
	assert_true(rig_up());
}
