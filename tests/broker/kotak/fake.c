#include "tests/broker/kotak/fake.h"

#include "tests/broker/kotak/form_read.h"

struct fake fake;
static uv_loop_t loop;
static struct clock_base base;
static struct clock the_clock = { 0, 0, 1, &base };

/* -- the clock ---------------------------------------------------------------------------------------------------------------------- */

nanos_t clock_now(const struct clock *c)
{
	(void)c;
	return fake.wall;
}

nanos_t clock_mono(void)
{
	return fake.mono;
}

nanos_t clock_steady(const struct clock *c)
{
	(void)c;
	return fake.mono;
}

bool clock_held(const struct clock *c)
{
	(void)c;
	base.away = fake.away;
	return fake.away > CLOCK_APART || fake.away < -CLOCK_APART;
}

uint64_t clock_ms(const struct clock *c, nanos_t span)
{
	(void)c;
	return (uint64_t)(span / NANOS_MS);
}

/* -- the session ---------------------------------------------------------------------------------------------------------------------- */

enum session_state kotak_session_state(const struct kotak_session *s) { (void)s; return fake.session; }
const char *kotak_session_reason(const struct kotak_session *s) { (void)s; return fake.session == SESSION_UP ? "" : "logging in"; }
uint64_t kotak_session_generation(const struct kotak_session *s) { (void)s; return fake.generation; }
bool kotak_session_disarmed(const struct kotak_session *s) { (void)s; return fake.disarmed; }
const char *kotak_session_token(const struct kotak_session *s) { (void)s; return "TOKEN"; }
const char *kotak_session_sid(const struct kotak_session *s) { (void)s; return "SID"; }
const char *kotak_session_order_feed(const struct kotak_session *s) { (void)s; return "wss://localhost/realtime"; }
const struct clock *kotak_session_clock(const struct kotak_session *s) { (void)s; return &the_clock; }
struct kotak_clock_span kotak_session_clock_span(const struct kotak_session *s) { (void)s; return fake.offset; }
void kotak_session_clock_forget(struct kotak_session *s) { (void)s; fake.offset = (struct kotak_clock_span){ 0 }; }
uv_loop_t *kotak_session_loop(const struct kotak_session *s) { (void)s; return &loop; }
struct governor *kotak_session_governor(struct kotak_session *s) { (void)s; return &fake.governor; }
struct websockets *kotak_session_websockets(struct kotak_session *s) { (void)s; return NULL; }

int kotak_session_listen(struct kotak_session *s, const struct kotak_listener *l)
{
	(void)s;
	fake.listener = *l;
	return ERR_OK;
}

void kotak_session_unlisten(struct kotak_session *s, void *ctx)
{
	(void)s;
	assert_ptr_equal(ctx, fake.listener.ctx);
	memset(&fake.listener, 0, sizeof(fake.listener));
}

/* -- REST --------------------------------------------------------------------------------------------------------------------------------- */

int rest_call(struct rest *r, const struct rest_call *c)
{
	struct fake_call *f = &fake.call[fake.calls];

	(void)r;
	if (fake.session != SESSION_UP || (c->headers == REST_ORDER && fake.disarmed))
		return ERR_CLOSED;
	assert_true(fake.calls++ < FAKE_CALLS);
	*f = (struct fake_call){ .c = *c };
	snprintf(f->path, sizeof(f->path), "%s", c->path);
	if (c->form)
		form_read(c->form, f->jdata);
	else
		snprintf(f->jdata, sizeof(f->jdata), "%s", c->jdata ? c->jdata : "");
	return ERR_OK;
}

struct fake_call *fake_find(const char *path)
{
	for (unsigned i = fake.calls; i-- > 0;)
		if (!fake.call[i].answered && strcmp(fake.call[i].path, path) == 0)
			return &fake.call[i];
	return NULL;
}

void fake_answer(struct fake_call *c, enum wire_verdict verdict, int64_t st_code, const char *json)
{
	struct wire_answer a = { .verdict = verdict, .http = 200, .st_code = st_code };
	cJSON *parsed = json ? wire_parse(json, strlen(json)) : NULL;

	assert_non_null(c);
	assert_false(c->answered);
	c->answered = true;
	if (c->c.leaving && verdict != WIRE_NOT_SENT && !c->c.leaving(c->c.ctx))
		a.verdict = WIRE_NOT_SENT;
	if (fake.connecting && c->c.goes && a.verdict == verdict) {
		fake.connecting();
		a.verdict = c->c.goes(c->c.ctx) ? verdict : WIRE_NOT_SENT;
	}
	fake.mono += NANOS_MS;
	fake.wall += NANOS_MS;
	a.json = parsed;
	snprintf(a.text, sizeof(a.text), "said %lld", (long long)st_code);
	c->c.done(c->c.ctx, &a);
	cJSON_Delete(parsed);
}

void fake_answer_polls(void)
{
	for (unsigned i = 0; i < fake.calls; i++) {
		struct fake_call *c = &fake.call[i];

		if (c->answered || c->c.headers == REST_ORDER)
			continue;
		if (strcmp(c->path, "/quick/user/limits") == 0)
			fake_answer(c, WIRE_OK, 200, "{\"stat\":\"Ok\",\"Net\":\"1000.50\",\"MarginUsed\":\"5\"}");
		else
			fake_answer(c, WIRE_EMPTY, 5203, NULL);
	}
}

/* -- the socket ------------------------------------------------------------------------------------------------------------------------------ */

int websocket_open(struct websockets *w, const char *url, size_t most, unsigned connect_ms, const struct websocket_events *e, struct websocket **ret)
{
	(void)w;
	(void)connect_ms;
	assert_string_equal(url, "wss://localhost/realtime");
	assert_true(most >= 65536 && !fake.socket_open);
	fake.feed = *e;
	fake.socket_open = true;
	fake.sockets++;
	fake.sent[0] = '\0';
	*ret = (struct websocket *)&fake.feed;
	return ERR_OK;
}

int websocket_send_text(struct websocket *s, const char *text, size_t len)
{
	assert_ptr_equal(s, &fake.feed);
	snprintf(fake.sent, sizeof(fake.sent), "%.*s", (int)len, text);
	return ERR_OK;
}

void websocket_close(struct websocket **s)
{
	assert_true(fake.socket_open && *s == (struct websocket *)&fake.feed);
	fake.socket_open = false;
	*s = NULL;
}

void fake_frame(const char *text)
{
	assert_true(fake.socket_open);
	fake.feed.text(fake.feed.ctx, text, strlen(text));
}

void fake_ack(void)
{
	fake.feed.open(fake.feed.ctx);
	fake_frame("{\"ak\":\"ok\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"connected\"}");
}

/* -- the master ------------------------------------------------------------------------------------------------------------------------------- */

static const struct master_row row = { .token = 56526, .segment = SEGMENT_NSE_FO, .tick = 500, .lot = 75, .freeze = 1800, .symbol = SYMBOL };

date_t master_day(const struct master *m)
{
	(void)m;
	return fake.master_day;
}

const struct master_row *master_by_symbol(const struct master *m, enum segment segment, const char *symbol)
{
	(void)m;
	return segment == SEGMENT_NSE_FO && strcmp(symbol, SYMBOL) == 0 ? &row : NULL;
}

static const struct master *give_master(void *ctx)
{
	(void)ctx;
	return fake.has_master ? (const struct master *)&row : NULL;
}

/* -- the core ------------------------------------------------------------------------------------------------------------------------------------ */

static void hear(void *ctx, struct event *e)
{
	(void)ctx;
	assert_true(fake.n_said < ARRAY_LEN(fake.said));
	memset(&fake.said[fake.n_said], 0, sizeof(*e));
	memcpy(&fake.said[fake.n_said++], e, sizeof(e->head) + event_payload_size(e->head.kind));
}

static void note(void *ctx, const char *text)
{
	(void)ctx;
	fake.notes++;
	snprintf(fake.note, sizeof(fake.note), "%s", text);
}

const struct event *fake_last(enum event_kind kind)
{
	for (unsigned i = fake.n_said; i-- > 0;)
		if (fake.said[i].head.kind == kind)
			return &fake.said[i];
	return NULL;
}

uint64_t fake_timed(enum kotak_request kind)
{
	return histogram_count(kotak_broker_round_trip(fake.broker, kind));
}

bool fake_reported(enum order_report report)
{
	for (unsigned i = 0; i < fake.n_said; i++)
		if (fake.said[i].head.kind == EVENT_ORDER && fake.said[i].order.report == (uint32_t)report)
			return true;
	return false;
}

static void post(struct event *e)
{
	e->head.seq = fake.core.s->seq + 1;
	core_step(&fake.core, e, &fake.actions);
	fake.core.s->seq += fake.actions.count;
}

static void open_core(void)
{
	const struct core_limits limits = { 8, 8, 2, 64 };
	size_t size = core_size(&limits);
	struct event e;

	fake.memory = aligned_alloc(64, size);
	assert_int_equal(core_init(&fake.core, fake.memory, size, &limits, &fake.tables, strategy_builtin), ERR_OK);
	event_init(&e, EVENT_START, fake.wall, INSTRUMENT_NONE);
	e.start.epoch = 1790000000u;
	post(&e);
	event_init(&e, EVENT_INSTRUMENT, fake.wall, 0);
	e.instrument = (struct instrument){ .symbol = SYMBOL, .underlying = "NIFTY", .kind = INSTRUMENT_CALL, .segment = SEGMENT_NSE_FO,
	                                    .flags = INSTRUMENT_TRADABLE, .tick = 500, .lot = 75, .underlying_id = INSTRUMENT_NONE,
	                                    .strike = RUPEES(24000), .expiry = date_from_civil(2026, 11, 24) };
	post(&e);
	assert_int_equal(fake.core.s->instruments, 1);
	for (uint32_t l = 0; l < LINK_COUNT; l++) {
		event_init(&e, EVENT_LINK, fake.wall, INSTRUMENT_NONE);
		e.link = (struct event_link){ .link = l, .up = 1 };
		post(&e);
	}
	event_init(&e, EVENT_SESSION, fake.wall, INSTRUMENT_NONE);
	e.session = (struct event_session){ stamp_date(fake.wall), SESSION_BEGIN, 0, fake.wall - NANOS_MINUTE, fake.wall + 5 * NANOS_HOUR };
	post(&e);
	assert_int_equal(core_ready(&fake.core), REFUSAL_NONE);
}

void fake_open(void)
{
	struct kotak_broker_options o = { .master = give_master, .core = &fake.core, .note = note };

	memset(&fake, 0, sizeof(fake));
	uv_loop_init(&loop);
	fake.wall = stamp_at(date_from_civil(2026, 11, 23), TIME_OF_DAY(10, 0));
	fake.mono = NANOS_HOUR;
	fake.session = SESSION_UP;
	fake.generation = 1;
	fake.has_master = true;
	fake.master_day = stamp_date(fake.wall);
	open_core();
	assert_int_equal(kotak_broker_open(&o, hear, NULL, &fake.broker), ERR_OK);
	fake.k = (struct kotak *)fake.broker;
}

void fake_close(void)
{
	fake.broker->ops->close(fake.broker);
	for (unsigned i = 0; i < fake.calls; i++) /* answers that come too late find nobody */
		if (!fake.call[i].answered)
			fake_answer(&fake.call[i], WIRE_UNKNOWN, 0, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	free(fake.memory);
}

void fake_pass(nanos_t length)
{
	for (nanos_t done = 0; done < length; done += NANOS_SECOND / 10) {
		fake.mono += NANOS_SECOND / 10;
		fake.wall += NANOS_SECOND / 10;
		kotak_tick(fake.k);
	}
}

void fake_wait(nanos_t length)
{
	for (nanos_t done = 0; done < length; done += NANOS_SECOND / 10) {
		fake_pass(NANOS_SECOND / 10);
		fake_answer_polls();
	}
}

void fake_start(void)
{
	fake_open();
	kotak_broker_start(fake.broker);
	fake_answer_polls();
	fake_ack();
	fake_wait(2 * NANOS_SECOND);
	assert_true(fake_last(EVENT_LINK) && fake_last(EVENT_LINK)->link.up);
	fake.n_said = 0;
}

/* -- actions ----------------------------------------------------------------------------------------------------------------------------------------- */

static struct order_request request(uint64_t order, double price)
{
	struct order_request r = { .order = order, .side = SIDE_BUY, .type = ORDER_LIMIT, .qty = 75, .price = RUPEES(price) };

	order_tag(1790000000u, order, r.tag);
	return r;
}

void fake_place(uint64_t order, enum order_purpose purpose)
{
	struct order_request r = request(order, 100);

	r.purpose = (uint8_t)purpose;
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall);
}

void fake_modify(uint64_t order, double price)
{
	struct order_request r = request(order, price);

	fake.broker->ops->modify(fake.broker, &r, 0, fake.wall);
}

void fake_cancel(uint64_t order)
{
	struct order_request r = request(order, 100);

	fake.broker->ops->cancel(fake.broker, &r, 0, fake.wall);
}
