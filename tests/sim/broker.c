#include "tests/sim/broker.h"
#include "tests/sim/broker_priv.h"

#include <stdlib.h>

/* -- the dials ------------------------------------------------------------------------------------------------------------------- */

#define CHANCE(name) { #name, offsetof(struct sim_dials, name), true }
#define OTHER(name) { #name, offsetof(struct sim_dials, name), false }

static const struct { const char *name; size_t offset; bool chance; } dials[SIM_DIAL_COUNT] = {
	[SIM_ERROR_AFTER_ACCEPT] = CHANCE(error_after_accept), [SIM_ERROR_BEFORE] = CHANCE(error_before), [SIM_LATE_MATERIALISE] = CHANCE(late_materialise),
	[SIM_LATE_MOST] = OTHER(late_most), [SIM_BODY_CUT] = CHANCE(body_cut), [SIM_BODY_HTML] = CHANCE(body_html), [SIM_BODY_EMPTY] = CHANCE(body_empty),
	[SIM_REJECT_AT_ONCE] = CHANCE(reject_at_once), [SIM_REJECT_LATE] = CHANCE(reject_late), [SIM_TOO_MANY] = CHANCE(too_many),
	[SIM_STALE_BOOK] = CHANCE(stale_book), [SIM_EMPTY_BOOK] = CHANCE(empty_book), [SIM_VANISH_ROW] = CHANCE(vanish_row),
	[SIM_PAGE_CUT] = CHANCE(page_cut), [SIM_STALE_MOST] = OTHER(stale_most), [SIM_TAG_CUT] = CHANCE(tag_cut), [SIM_TAG_REPLACED] = CHANCE(tag_replaced),
	[SIM_NEW_STATUS] = CHANCE(new_status), [SIM_FIELD_MISSING] = CHANCE(field_missing), [SIM_FIELD_TYPE] = CHANCE(field_type),
	[SIM_FEED_SILENT] = CHANCE(feed_silent), [SIM_FEED_NO_ACK] = CHANCE(feed_no_ack), [SIM_FEED_FIRST] = CHANCE(feed_first),
	[SIM_PARTIAL] = CHANCE(partial), [SIM_NO_TRADE_ID] = CHANCE(no_trade_id), [SIM_OVERFILL] = CHANCE(overfill), [SIM_TRADE_BUST] = CHANCE(trade_bust),
	[SIM_CIRCUIT_LOCK] = CHANCE(circuit_lock), [SIM_HALT] = CHANCE(halt), [SIM_ILLIQUID] = CHANCE(illiquid), [SIM_GAP] = CHANCE(gap),
	[SIM_BAD_TICK] = CHANCE(bad_tick), [SIM_MARKET_SILENT] = CHANCE(market_silent), [SIM_SESSION_ENDS] = CHANCE(session_ends),
	[SIM_SESSION_STOLEN] = CHANCE(session_stolen), [SIM_LOGIN_FAILS] = CHANCE(login_fails), [SIM_IP_MISMATCH] = CHANCE(ip_mismatch),
	[SIM_MANUAL_TRADE] = CHANCE(manual_trade), [SIM_RMS_SQUARE_OFF] = OTHER(rms_square_off),
};
_Static_assert(SIM_DIAL_COUNT <= sizeof(((struct sim_counts *)0)->struck) / sizeof(uint64_t), "a count for each dial");

const char *sim_dial_name(enum sim_dial dial)
{
	assert(dial < SIM_DIAL_COUNT);
	return dials[dial].name;
}

uint32_t *sim_dial_chance(struct sim_dials *d, enum sim_dial dial)
{
	assert(dial < SIM_DIAL_COUNT);
	return dials[dial].chance ? (uint32_t *)(void *)((char *)d + dials[dial].offset) : NULL;
}

/* A dial at zero rolls no dice: turning one on changes nothing that another decides until it strikes. */
bool chance(struct sim_broker *b, enum sim_dial dial)
{
	uint32_t of_a_million = *sim_dial_chance(&b->dials, dial);

	bool strikes = of_a_million && below(&b->dice_fault, 1000000) < of_a_million;

	return b->options.strikes ? b->options.strikes(dial, strikes) : strikes;
}

void struck(struct sim_broker *b, enum sim_dial dial)
{
	b->counts.struck[dial]++;
}

bool dice(struct sim_broker *b, enum sim_dial dial)
{
	if (!chance(b, dial))
		return false;
	struck(b, dial);
	return true;
}

void sim_broker_dials(struct sim_broker *b, const struct sim_dials *d)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	b->dials = *d;
}

/* -- events: a heap by (time, number) --------------------------------------------------------------------------------------------- */

static bool sooner(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void event_add(struct sim_broker *b, sim_ns at, enum event_kind kind, uint32_t order, uint32_t detail)
{
	struct event e = { at, b->n_event++, kind, order, detail };
	size_t i = b->n_events++;

	assert(b->n_events <= SIM_EVENTS && at >= b->now);
	for (; i && sooner(&e, &b->events[(i - 1) / 2]); i = (i - 1) / 2)
		b->events[i] = b->events[(i - 1) / 2];
	b->events[i] = e;
}

static struct event take(struct sim_broker *b)
{
	struct event first = b->events[0], last = b->events[--b->n_events];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < b->n_events && sooner(&b->events[child + 1], &b->events[child]))
			child++;
		if (child >= b->n_events || sooner(&last, &b->events[child]))
			break;
		b->events[i] = b->events[child];
		i = child;
	}
	b->events[i] = last;
	return first;
}

static void step(struct sim_broker *b)
{
	market_step(b);
	people_step(b);
	life_step(b);
	sfeed_step(b);
	b->next_step = b->next_step < b->day + (15 * 60 + 40) * MINUTE ? b->next_step + SECOND : NEVER;
}

sim_ns sim_broker_due(const struct sim_broker *b)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	return b->n_events && b->events[0].at < b->next_step ? b->events[0].at : b->next_step;
}

void sim_broker_run(struct sim_broker *b, sim_ns now)
{
	assert(now >= b->now);
	for (sim_ns at; (at = sim_broker_due(b)) <= now; ) {
		b->now = at > b->now ? at : b->now;
		if (b->next_step == at) {
			step(b);
		} else {
			struct event e = take(b);

			life_event(b, &e);
		}
	}
	b->now = now;
}

/* -- life ------------------------------------------------------------------------------------------------------------------------- */

struct sim_broker *sim_broker_new(const struct sim_broker_options *o)
{
	struct sim_broker *b = calloc(1, sizeof(*b));

	assert(b && o->begin > 0);
	b->magic = SIM_BROKER_MAGIC;
	b->options = *o;
	b->dials = o->dials;
	b->dice_fault = prng_mix((o->seed ^ UINT64_C(0xFA017)) + o->reroll);
	b->dice_life = prng_mix(o->seed ^ UINT64_C(0x11FE));
	b->now = b->last_update = o->begin;
	struct ist today = text_ist(o->begin);

	b->date = today.date;
	b->day = today.date * 24 * 60 * MINUTE - 330 * MINUTE;
	b->trading_day = today.weekday != 0 && today.weekday != 6;
	b->market_open = b->day + (9 * 60 + 15) * MINUTE;
	master_init(b);
	market_init(b);
	return b;
}

void sim_broker_free(struct sim_broker **b)
{
	if (!*b)
		return;
	CHECK_OBJ(*b, SIM_BROKER_MAGIC);
	buf_done(&(*b)->answer);
	buf_done(&(*b)->frame);
	buf_done(&(*b)->scratch);
	buf_done(&(*b)->trade_rows);
	for (size_t i = 0; i < ARRAY_LEN((*b)->books); i++) {
		buf_done(&(*b)->books[i].fresh);
		buf_done(&(*b)->books[i].now);
		buf_done(&(*b)->books[i].old);
	}
	(*b)->magic = 0;
	free(*b);
	*b = NULL;
}

const struct sim_account *sim_broker_account(void)
{
	static const struct sim_account account = {
		.consumer_key = "5a1d0c2e-51b0-4c7e-8a44-0d5f2f1b9c77", .mobile = "+919876543210", .ucc = "ABC12", .mpin = "246810",
		.totp_secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", .base_url = "https://sim.example.com",
	};

	return &account;
}

/* -- the ledger ------------------------------------------------------------------------------------------------------------------- */

size_t sim_broker_orders(const struct sim_broker *b, const struct sim_order **ret)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	*ret = b->orders;
	return b->n_orders;
}

size_t sim_broker_trades(const struct sim_broker *b, const struct sim_trade **ret)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	*ret = b->trades;
	return b->n_trades;
}

size_t sim_broker_positions(const struct sim_broker *b, const struct sim_position **ret)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	*ret = b->positions;
	return b->n_positions;
}

void sim_broker_counts(const struct sim_broker *b, struct sim_counts *ret)
{
	CHECK_OBJ(b, SIM_BROKER_MAGIC);
	*ret = b->counts;
}
