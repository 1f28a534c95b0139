/* An order's way: received, checked by the broker, checked by the exchange, at rest, changed, over. Each step is an event in virtual time and a frame. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

static const char *const texts[STAGE_COUNT] = {
	[STAGE_RECEIVED] = "put order req received", [STAGE_VALIDATION] = "validation pending", [STAGE_OPEN_PENDING] = "open pending", [STAGE_OPEN] = "open",
	[STAGE_TRIGGER] = "trigger pending", [STAGE_MODIFY_VALIDATION] = "modify validation pending", [STAGE_MODIFY_PENDING] = "modify pending",
	[STAGE_MODIFIED] = "modified", [STAGE_NOT_MODIFIED] = "not modified", [STAGE_CANCEL_PENDING] = "cancel pending", [STAGE_NOT_CANCELLED] = "not cancelled",
	[STAGE_AMO] = "after market order req received", [STAGE_COMPLETE] = "complete", [STAGE_REJECTED] = "rejected", [STAGE_CANCELLED] = "cancelled",
};

const char *life_status(enum stage stage)
{
	assert(stage < STAGE_COUNT);
	return texts[stage];
}

enum stage life_resting(const struct sim_broker *b, uint32_t order)
{
	return b->more[order].waiting ? STAGE_TRIGGER : STAGE_OPEN;
}

static enum sim_status ledger_status(const struct order_more *m)
{
	switch (m->stage) {
	case STAGE_COMPLETE: return SIM_FILLED;
	case STAGE_CANCELLED: return SIM_CANCELLED;
	case STAGE_REJECTED: return SIM_REJECTED;
	default: return !m->live ? SIM_PENDING : m->waiting ? SIM_TRIGGER : SIM_OPEN;
	}
}

static void leave(struct sim_broker *b, uint32_t order)
{
	size_t i = 0;

	while (i < b->n_work && b->work[i] != order)
		i++;
	assert(i < b->n_work);
	memmove(&b->work[i], &b->work[i + 1], (--b->n_work - i) * sizeof(b->work[0]));
}

void life_stage(struct sim_broker *b, uint32_t order, enum stage stage)
{
	struct order_more *m = &b->more[order];
	struct sim_order *o = &b->orders[order];

	assert(!life_over(m->stage));
	m->stage = stage;
	if (life_over(stage)) {
		leave(b, order);
		m->live = false;
	}
	o->status = ledger_status(m);
	o->changed = b->now;
	m->updated = b->last_update = b->now > b->last_update ? b->now : b->last_update + 1;
	m->history[m->n_history++ % SIM_HISTORY] = (struct history){ m->updated, o->filled, o->value, o->price, o->trigger, o->qty, stage };
	m->row_len = 0;
	b->version[BOOK_ORDERS]++;
	feed_order(b, order);
}

static void reject(struct sim_broker *b, uint32_t order, const char *reason)
{
	text_copy(b->more[order].reason, sizeof(b->more[order].reason), reason);
	b->counts.rejected += b->orders[order].actor == SIM_OURS;
	life_stage(b, order, STAGE_REJECTED);
}

/* -- what the broker and the exchange refuse ---------------------------------------------------------------------------------------- */

static const char *broker_refusal(struct sim_broker *b, uint32_t order, const struct terms *t)
{
	const struct sim_order *o = &b->orders[order];
	const struct instrument *in = &b->instruments[b->more[order].instrument];

	if (t->type == TYPE_STOP_MARKET)
		return "Market order with Algo Id not allowed";
	if (master_option(in) && strcmp(o->product, "NRML") && strcmp(o->product, "MIS"))
		return "RMS:Rule: product not allowed in this segment";
	if (t->type == TYPE_MARKET && !t->price)
		return "RMS:Market order not allowed: no last traded price";
	if (t->type == TYPE_STOP && (!t->trigger || !t->price || (o->sell ? t->price > t->trigger : t->price < t->trigger)))
		return "RMS:Rule: Trigger price is not valid for the limit price";
	if (o->actor == SIM_OURS && margin_needed(b, order, t) > margin_available(b, order))
		return "RMS:Margin Exceeds,Cash Available for entity account";
	return NULL;
}

static const char *exchange_refusal(struct sim_broker *b, uint32_t order, const struct terms *t)
{
	const struct instrument *in = &b->instruments[b->more[order].instrument];

	if (!b->trading_day || b->now < b->market_open || b->now >= in->close)
		return "Exchange : The market is closed";
	if (b->halted)
		return "Exchange : Trading is halted in this security";
	if (t->qty % in->lot)
		return "Exchange : 16412 : Quantity is not in multiples of regular lot";
	if (t->qty > in->freeze)
		return "Exchange : 16115 : Quantity is more than freeze quantity";
	if (t->price % in->tick || t->trigger % in->tick)
		return "Exchange : 16283 : Price is not in multiples of tick size";
	if (t->price < in->band_low || t->price > in->band_high)
		return "Exchange : 17070 : The price is out of the current execution range";
	return NULL;
}

/* -- in ------------------------------------------------------------------------------------------------------------------------------ */

static sim_ns soon(struct sim_broker *b, int64_t from_ms, int64_t to_ms)
{
	return b->now + from_ms * MILLI + (sim_ns)below(&b->dice_life, (uint64_t)((to_ms - from_ms) * MILLI));
}

static void validate(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	const char *reason = broker_refusal(b, order, &m->terms);

	if (reason)
		reject(b, order, reason);
	else if (m->late_reject && below(&b->dice_fault, 2))
		reject(b, order, below(&b->dice_fault, 2) ? "ADAPTER is down" : "RMS:Blocked for nse_fo remarks by administrator");
	else
		life_stage(b, order, STAGE_OPEN_PENDING);
}

static void reach_exchange(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	const char *reason = exchange_refusal(b, order, &m->terms);

	if (!reason && m->late_reject)
		reason = "Exchange : 16796 : Order rejected by the exchange";
	if (reason) {
		reject(b, order, reason);
		return;
	}
	m->live = true;
	m->confirmed = b->now;
	m->exchange_number = UINT64_C(1100000000000000) + (uint64_t)order * 37 + 4711;
	m->waiting = m->terms.type == TYPE_STOP;
	life_stage(b, order, life_resting(b, order));
	match_order(b, order);
	if (m->live && m->terms.ioc && !m->waiting)
		life_cancel(b, order);
}

/* Received, [until the market opens,] validation, open pending, open: `part` counts them. */
static bool step(struct sim_broker *b, uint32_t order, uint32_t part)
{
	switch (part) {
	case 0:
		life_stage(b, order, b->more[order].amo ? STAGE_AMO : STAGE_RECEIVED);
		break;
	case 1:
		life_stage(b, order, STAGE_VALIDATION);
		break;
	case 2:
		validate(b, order);
		break;
	default:
		reach_exchange(b, order);
		return false;
	}
	return !life_over(b->more[order].stage);
}

static void schedule(struct sim_broker *b, uint32_t order, uint32_t part)
{
	if (part == 1 && b->more[order].amo)
		event_add(b, b->now < b->market_open ? b->market_open + MILLI : b->now + 12 * 60 * MINUTE, EVENT_STEP, order, part);
	else
		event_add(b, part == 3 ? soon(b, 5, 40) : soon(b, 1, 3), EVENT_STEP, order, part);
}

void life_begin(struct sim_broker *b, uint32_t order, bool at_once)
{
	uint32_t part = 0;

	b->more[order].row_len = 0;
	if (!at_once || b->more[order].amo) {
		schedule(b, order, 0);
		return;
	}
	while (step(b, order, part))
		part++;
}

/* -- changes ------------------------------------------------------------------------------------------------------------------------- */

void life_change(struct sim_broker *b, uint32_t order, uint8_t change)
{
	struct order_more *m = &b->more[order];

	m->change = change;
	m->change_number++;
	event_add(b, soon(b, 1, 3), EVENT_CHANGE, order, m->change_number * 2);
}

static void replace_tag(struct sim_broker *b, uint32_t order, bool cancel)
{
	struct order_more *m = &b->more[order];

	if (!dice(b, SIM_TAG_REPLACED))
		return;
	rows_trades_changed(b);
	if (cancel) {
		text_copy(m->shown_tag, sizeof(m->shown_tag), "TAG-");
		text_copy(m->shown_tag + 4, sizeof(m->shown_tag) - 4, b->orders[order].number);
	} else {
		snprintf(m->shown_tag, sizeof(m->shown_tag), "%lld-%u-%s-ADMINAPI", (long long)(b->now / SECOND), 266187 + order, sim_broker_account()->ucc);
	}
}

void life_cancel(struct sim_broker *b, uint32_t order)
{
	b->more[order].cancelled = b->orders[order].qty - b->orders[order].filled;
	b->more[order].change = 0;
	life_stage(b, order, STAGE_CANCELLED);
}

static void apply_modify(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	struct sim_order *o = &b->orders[order];
	const char *reason = broker_refusal(b, order, &m->next);

	m->change = 0;
	if (!reason)
		reason = exchange_refusal(b, order, &m->next);
	if (reason || m->next.qty <= o->filled) {
		life_stage(b, order, STAGE_NOT_MODIFIED);
		life_stage(b, order, life_resting(b, order));
		return;
	}
	m->terms = m->next;
	m->waiting = m->terms.type == TYPE_STOP;
	o->qty = m->terms.qty;
	o->price = m->terms.price;
	o->trigger = m->terms.trigger;
	m->rested = false;
	if (o->filled)
		rows_trades_changed(b);
	replace_tag(b, order, false);
	life_stage(b, order, STAGE_MODIFIED);
	life_stage(b, order, life_resting(b, order));
	match_order(b, order);
	if (m->live && m->terms.ioc && !m->waiting)
		life_cancel(b, order);
}

/* Refused after all: as it was. */
static bool change_refused(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	enum stage refusal = m->change == 1 ? STAGE_NOT_MODIFIED : STAGE_NOT_CANCELLED;

	if (!m->live || !dice(b, SIM_REJECT_LATE))
		return false;
	m->change = 0;
	life_stage(b, order, refusal);
	life_stage(b, order, life_resting(b, order));
	return true;
}

/* Even details: the broker looks at it; odd: the exchange does. An order still on its way in is waited for. */
static void change_event(struct sim_broker *b, uint32_t order, uint32_t detail)
{
	struct order_more *m = &b->more[order];

	if (life_over(m->stage) || !m->change || m->change_number != detail / 2)
		return;
	if (!m->live && m->stage != STAGE_AMO) {
		event_add(b, soon(b, 4, 8), EVENT_CHANGE, order, detail);
		return;
	}
	if (detail % 2 == 0) {
		if (m->change == 1 && m->live)
			life_stage(b, order, STAGE_MODIFY_VALIDATION);
		if (m->live)
			life_stage(b, order, m->change == 1 ? STAGE_MODIFY_PENDING : STAGE_CANCEL_PENDING);
		event_add(b, soon(b, 5, 40), EVENT_CHANGE, order, detail + 1);
	} else if (change_refused(b, order)) {
		return;
	} else if (m->change == 2) {
		replace_tag(b, order, true);
		life_cancel(b, order);
	} else if (!m->live) { /* after market: nothing to ask an exchange */
		m->change = 0;
		m->terms = m->next;
		b->orders[order].qty = m->terms.qty;
		b->orders[order].price = m->terms.price;
		life_stage(b, order, STAGE_AMO);
	} else {
		apply_modify(b, order);
	}
}

/* -- events, seconds ----------------------------------------------------------------------------------------------------------------- */

void life_event(struct sim_broker *b, const struct event *e)
{
	switch (e->kind) {
	case EVENT_STEP:
		if (!life_over(b->more[e->order].stage) && step(b, e->order, e->detail))
			schedule(b, e->order, e->detail + 1);
		break;
	case EVENT_MATERIALISE:
		b->orders[e->order].hidden = false;
		b->version[BOOK_ORDERS]++;
		life_begin(b, e->order, false);
		break;
	case EVENT_CHANGE:
		change_event(b, e->order, e->detail);
		break;
	case EVENT_BUST:
		match_bust(b, e->order);
		break;
	case EVENT_HOLD:
		if (b->more[e->order].live)
			match_order(b, e->order);
		break;
	}
}

static void trigger(struct sim_broker *b, uint32_t order)
{
	struct order_more *m = &b->more[order];
	int64_t last = b->instruments[m->instrument].ltp;

	if (b->orders[order].sell ? last > m->terms.trigger : last < m->terms.trigger)
		return;
	m->waiting = false;
	life_stage(b, order, m->change ? m->stage : STAGE_OPEN);
}

/* A share with a closing auction loses its stops and the day ends for all else; either way the rest of the order is cancelled. */
void life_step(struct sim_broker *b)
{
	for (size_t i = 0; i < b->n_work; i++) {
		uint32_t order = b->work[i];
		struct order_more *m = &b->more[order];
		const struct instrument *in = &b->instruments[m->instrument];
		size_t before = b->n_work;

		if (!m->live)
			continue;
		if (b->now >= in->close)
			life_cancel(b, order);
		else if (market_trades(b, in)) {
			if (m->waiting)
				trigger(b, order);
			if (m->live && !m->waiting)
				match_order(b, order);
		}
		i -= before > b->n_work ? before - b->n_work : 0; /* those that left stood at or before here */
	}
}
