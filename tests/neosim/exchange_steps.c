/* An order's way: received, validated, checked, at the exchange; modified; cancelled. Each call takes the step that is due. */
#include <stdio.h>
#include <string.h>

#include "lib/base/prng.h"
#include "lib/base/obj.h"
#include "tests/neosim/exchange_priv.h"

static void then(struct exchange *x, struct order *o, enum step step)
{
	o->step = step;
	o->due = step == STEP_NONE ? STAMP_NEVER : exchange_now(x) + x->opt.step_delay;
}

static enum sim_status working(const struct order *o)
{
	return o->untriggered ? SIM_TRIGGER_PENDING : SIM_OPEN;
}

/* "1100000059569867": the exchange's own count. */
static void exchange_number(struct exchange *x, struct order *o)
{
	if (!o->o.exchange_number[0])
		snprintf(o->o.exchange_number, sizeof(o->o.exchange_number), "11%014llu", (unsigned long long)(x->numbers * 100 + prng_below(&x->random, 100)));
	o->o.confirmed = exchange_now(x);
}

/* -- coming in --------------------------------------------------------------------------------------------------------------- */

/* The market opens: an order of the evening sets out. */
static void release(struct exchange *x, struct order *o)
{
	o->waited = true;
	then(x, o, STEP_VALIDATE);
	exchange_show(x, o, SIM_PUT_RECEIVED);
}

static void take_risk(struct exchange *x, struct order *o)
{
	char text[192];
	const char *reason = exchange_risk(x, o, &o->o.asked, text);

	if (x->refusals > 0 && o->o.ours) {
		x->refusals--;
		reason = x->refusal;
	}
	if (reason) {
		exchange_end(x, o, SIM_REJECTED, reason);
		return;
	}
	o->blocked = exchange_need(x, o, &o->o.asked);
	then(x, o, STEP_EXCHANGE);
	exchange_show(x, o, SIM_OPEN_PENDING);
}

static void take_asked(struct exchange *x, struct order *o)
{
	bool modify = o->modify_wanted, cancel = o->cancel_wanted;

	o->modify_wanted = o->cancel_wanted = false;
	if (cancel)
		exchange_begin_cancel(x, o);
	else if (modify)
		exchange_begin_modify(x, o, &o->wanted);
}

static void take_exchange(struct exchange *x, struct order *o)
{
	const char *reason = exchange_accepts(x, o, &o->o.asked);

	if (reason) {
		exchange_end(x, o, SIM_REJECTED, reason);
		return;
	}
	exchange_number(x, o);
	o->at_exchange = true;
	o->untriggered = !strcmp(o->o.asked.type, "SL");
	o->match_at = exchange_now(x) + x->opt.fill_delay;
	then(x, o, STEP_NONE);
	exchange_show(x, o, working(o));
	if (!sim_status_terminal(o->o.status))
		take_asked(x, o);
}

static void appear(struct exchange *x, struct order *o)
{
	o->o.hidden = false;
	o->step = o->paused;
	o->due = o->step == STEP_NONE ? STAMP_NEVER : exchange_now(x) + x->opt.step_delay;
	exchange_show(x, o, o->o.status);
}

/* -- modifying ----------------------------------------------------------------------------------------------------------------- */

void exchange_begin_modify(struct exchange *x, struct order *o, const struct sim_request *wanted)
{
	o->wanted = *wanted;
	if (!strcmp(o->wanted.type, "MKT"))
		exchange_protect(x, o->o.scrip, &o->wanted);
	then(x, o, STEP_MODIFY_CHECK);
	exchange_show(x, o, SIM_MODIFY_VALIDATION);
}

static void not_modified(struct exchange *x, struct order *o, const char *reason)
{
	snprintf(o->o.reason, sizeof(o->o.reason), "%s", reason);
	then(x, o, STEP_MODIFY_END);
	exchange_show(x, o, SIM_NOT_MODIFIED);
}

static void modify_check(struct exchange *x, struct order *o)
{
	char text[192];
	const char *reason = exchange_risk(x, o, &o->wanted, text);

	if (!reason)
		reason = exchange_accepts(x, o, &o->wanted);
	if (reason) {
		not_modified(x, o, reason);
		return;
	}
	then(x, o, STEP_MODIFY_DO);
	exchange_show(x, o, SIM_MODIFY_PENDING);
}

/* Meanwhile it may have been filled further than the new quantity. */
static void modify_do(struct exchange *x, struct order *o)
{
	if (o->wanted.qty <= o->o.filled) {
		not_modified(x, o, "Order quantity is less than the traded quantity");
		return;
	}
	bool was_stop = !strcmp(o->o.asked.type, "SL");
	o->o.asked = o->wanted;
	o->blocked = exchange_need(x, o, &o->o.asked);
	o->untriggered = !strcmp(o->o.asked.type, "SL") && (o->untriggered || !was_stop);
	o->resting = false;
	o->match_at = exchange_now(x) + x->opt.fill_delay;
	exchange_number(x, o);
	then(x, o, STEP_MODIFY_END);
	exchange_show(x, o, SIM_MODIFIED);
}

static void modify_end(struct exchange *x, struct order *o)
{
	snprintf(o->o.reason, sizeof(o->o.reason), "--");
	then(x, o, STEP_NONE);
	exchange_show(x, o, working(o));
}

/* -- cancelling ------------------------------------------------------------------------------------------------------------------ */

void exchange_begin_cancel(struct exchange *x, struct order *o)
{
	if (o->step == STEP_CANCEL)
		return;
	then(x, o, STEP_CANCEL);
	exchange_show(x, o, SIM_CANCEL_PENDING);
}

void exchange_step(struct exchange *x, struct order *o)
{
	switch (o->step) {
	case STEP_NONE:         WRONG("no step is due"); break;
	case STEP_APPEAR:       appear(x, o); break;
	case STEP_AMO:          release(x, o); break;
	case STEP_VALIDATE:     then(x, o, STEP_RISK); exchange_show(x, o, SIM_VALIDATION_PENDING); break;
	case STEP_RISK:         take_risk(x, o); break;
	case STEP_EXCHANGE:     take_exchange(x, o); break;
	case STEP_MODIFY_CHECK: modify_check(x, o); break;
	case STEP_MODIFY_DO:    modify_do(x, o); break;
	case STEP_MODIFY_END:   modify_end(x, o); break;
	case STEP_CANCEL:       exchange_end(x, o, SIM_CANCELLED, NULL); break;
	}
}
