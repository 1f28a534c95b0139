/* What an operator orders. The event itself is the audit record; each command leaves an OUTCOME_STATE and a reply. */
#include "lib/base/err.h"
#include "lib/core/core_priv.h"

#define STOP_DEADLINE (30 * NANOS_SECOND)
#define KILL_SETTLE (2 * NANOS_SECOND) /* who resumes within it had not seen the kill */

void command_reply(struct core *c, uint64_t request, int err, enum refusal refusal, const char *text)
{
	struct outcome_reply *r;

	if (request == 0)
		return;
	r = &core_emit(c, OUTCOME_REPLY, INSTRUMENT_NONE)->reply;
	r->request = request;
	r->refusal = (uint32_t)refusal;
	r->err = err;
	text_copy(r->text, sizeof(r->text), text);
}

static void reply(struct core *c, const struct event_command *e, int err, const char *text)
{
	command_reply(c, e->request, err, REFUSAL_NONE, text);
}

static void remember(struct core *c, const struct event_command *e)
{
	text_copy(c->s->control_by, PRINCIPAL_TEXT, e->principal);
	text_copy(c->s->control_reason, REASON_TEXT, e->reason);
	c->s->control_at = c->s->now;
}

static void changed(struct core *c, const struct event_command *e, uint32_t strategy)
{
	core_state_changed(c, strategy, e->principal, e->reason);
	reply(c, e, ERR_OK, "");
}

static void apply_pause(struct core *c, const struct event_command *e)
{
	c->s->paused = 1;
	remember(c, e);
	changed(c, e, UINT32_MAX);
}

/* A resume that crosses a kill on its way was meant for what stood before: the latch wins. Data on hold has no moments. */
static void apply_resume(struct core *c, const struct event_command *e)
{
	if (c->s->kill != KILL_NONE && e->reason[0] == '\0') {
		reply(c, e, ERR_DENIED, "a kill is latched: resume needs a reason");
		return;
	}
	if (c->s->kill != KILL_NONE && c->s->start.mode >= MODE_PAPER && c->s->now - c->s->killed_at < KILL_SETTLE) {
		reply(c, e, ERR_BUSY, "a kill came in this very moment: look, then resume again");
		return;
	}
	c->s->paused = 0;
	c->s->kill = KILL_NONE;
	remember(c, e);
	changed(c, e, UINT32_MAX);
}

/* A latch only ever climbs; what is latched already stays. */
static void apply_kill(struct core *c, const struct event_command *e, enum kill_rung rung)
{
	c->s->killed_at = c->s->now;
	if (rung > (enum kill_rung)c->s->kill) {
		c->s->kill = (uint32_t)rung;
		remember(c, e);
	}
	plan_cancel_entries(c);
	if (rung == KILL_FLATTEN)
		plan_exit_all(c, EXIT_KILL);
	if (e->value == KILL_LEFT_OPEN) {
		not_flat_latch(c, EXIT_MANUAL);
		not_flat_start(c);
	}
	changed(c, e, UINT32_MAX);
}

static bool market_open(const struct core *c)
{
	return c->s->day_active && !c->s->feed_ended && c->s->now < c->s->day.close;
}

static void apply_shutdown(struct core *c, const struct event_command *e)
{
	nanos_t steps = 4 * c->s->start.feed_step;

	if (c->s->stop != STOP_NONE) {
		reply(c, e, ERR_OK, "already shutting down");
		return;
	}
	c->s->stop = STOP_RUNNING;
	c->s->stop_keep = e->value == SHUTDOWN_KEEP || !market_open(c);
	c->s->stop_at = c->s->now + (steps > STOP_DEADLINE ? steps : STOP_DEADLINE);
	remember(c, e);
	plan_cancel_entries(c);
	if (c->s->stop_keep)
		manual_withdraw_all(c);
	else
		plan_exit_all(c, EXIT_SHUTDOWN);
	core_reschedule(c);
	changed(c, e, UINT32_MAX);
}

static void stop_done(struct core *c, enum stop_state state, const char *text)
{
	c->s->stop = (uint32_t)state;
	core_state_changed(c, UINT32_MAX, c->s->control_by, text);
	core_reschedule(c);
}

void command_stop_progress(struct core *c)
{
	struct core_state *s = c->s;

	uint32_t resting = s->live_orders && s->stop_keep ? stop_resting(c) : 0;

	if (s->live_orders == resting && s->stop_keep)
		stop_done(c, STOP_KEPT, resting ? "positions kept, and their stops at the broker" : s->open_books ? "positions kept" : "flat");
	else if (s->live_orders == 0 && s->open_books == 0)
		stop_done(c, STOP_FLAT, "flat");
	else if (s->now >= s->stop_at) {
		not_flat_latch(c, EXIT_SHUTDOWN);
		core_alert(c, ALERT_NOT_FLAT, UINT32_MAX, INSTRUMENT_NONE, s->open_books, "shutdown deadline passed and positions or orders remain");
		stop_done(c, STOP_NOT_FLAT, "NOT FLAT");
	}
}

static void apply_strategy_pause(struct core *c, const struct event_command *e, bool paused)
{
	if (e->index >= c->s->strategies) {
		reply(c, e, ERR_NOENT, "no such strategy");
		return;
	}
	struct slot *s = &c->slot[e->index];
	if (!paused && (s->paused & PAUSED_REMOVED)) {
		reply(c, e, ERR_DENIED, "this strategy is in the settings no longer: put it back there and restart");
		return;
	}
	s->paused = !paused ? 0 : s->paused | (e->value == PAUSE_REMOVED ? PAUSED_REMOVED : PAUSED_BY_HAND);
	if (!paused) {
		s->loss_streak = 0;
		s->streak_locked = 0;
		s->runaway = 0;
		s->window = 0;
	}
	changed(c, e, e->index);
}

static void apply_param(struct core *c, const struct event_command *e)
{
	struct slot *s = e->index < c->s->strategies ? &c->slot[e->index] : NULL;
	const struct strategy_ops *ops = s ? core_ops(c, s) : NULL;
	uint32_t param = s ? evaluate_param(s, e->param) : 0;
	const struct param *p = s && param < strategy_param_count(ops) ? strategy_param_at(ops, param) : NULL;

	if (!p || e->value < p->min || e->value > p->max) {
		reply(c, e, p ? ERR_RANGE : ERR_NOENT, p ? "the value is out of bounds" : "no such parameter");
		return;
	}
	if (param == COMMON_bar && s->plan.state != PLAN_IDLE) {
		reply(c, e, ERR_BUSY, "the bar length cannot change while a position is open");
		return;
	}
	if (param == COMMON_product && e->value != s->params[param] && slot_at_work(s)) {
		reply(c, e, ERR_BUSY, "the product cannot change while a position is open: the exit would be of another");
		return;
	}
	if (param == COMMON_bar && !evaluate_bar_fits(c, s, e->value)) {
		reply(c, e, ERR_FULL, "no room for bars of another length: restart with that length instead");
		return;
	}
	if (param == COMMON_resting_stop && e->value && !stop_probed(c)) {
		reply(c, e, ERR_BUSY, "first a probe must show that a resting stop draws no margin");
		return;
	}
	s->params[param] = e->value;
	if (param == COMMON_bar || param >= COMMON_COUNT) {
		memset(s->state, 0, sizeof(s->state)); /* windows of another length: warm up anew */
		ops->session(s->state, s->params + COMMON_COUNT);
		ops->restart(s->state, s->params + COMMON_COUNT);
		evaluate_bind(c);
	}
	stop_tend(c, e->index);
	changed(c, e, e->index);
}

static void apply_limit(struct core *c, const struct event_command *e)
{
	if (e->param >= LIMIT_COUNT || (e->value != NUM_UNKNOWN && e->value < 0)) {
		reply(c, e, ERR_RANGE, "no such limit, or a negative value");
		return;
	}
	if (e->param == LIMIT_ORDER_RATE && e->value != NUM_UNKNOWN && e->value < NUM_SCALE) {
		reply(c, e, ERR_RANGE, "order_rate below 1 would hold back exits; use pause instead");
		return;
	}
	c->s->limit[e->param] = e->value;
	changed(c, e, UINT32_MAX);
	day_lock_check(c);
}

static void apply_acknowledge(struct core *c, const struct event_command *e)
{
	const char *why;
	int err = e->index == ACKNOWLEDGE_NOT_FLAT ? not_flat_acknowledge(c, e, &why) : reconcile_acknowledge(c, e, &why);

	if (err == ERR_OK)
		changed(c, e, UINT32_MAX);
	else
		reply(c, e, err, why);
}

/* What a person found out, or the broker answered; both ways it is remembered. */
static void apply_stop_probe(struct core *c, const struct event_command *e)
{
	if (e->reason[0] == '\0' || e->value < 0 || e->value > 1) {
		reply(c, e, ERR_RANGE, "a probe needs its outcome and a reason");
		return;
	}
	c->s->stop_probe = e->value ? STOP_PROBE_PASSED : STOP_PROBE_FAILED;
	changed(c, e, UINT32_MAX);
	for (uint32_t n = c->s->active; n-- > 0;)
		stop_tend(c, c->active[n]);
}

void command_apply(struct core *c, const struct event_command *e)
{
	switch (e->command) {
	case COMMAND_PAUSE:           apply_pause(c, e); break;
	case COMMAND_RESUME:          apply_resume(c, e); break;
	case COMMAND_KILL_STOP:       apply_kill(c, e, KILL_STOP); break;
	case COMMAND_KILL_FLATTEN:    apply_kill(c, e, KILL_FLATTEN); break;
	case COMMAND_SHUTDOWN:        apply_shutdown(c, e); break;
	case COMMAND_STRATEGY_PAUSE:  apply_strategy_pause(c, e, true); break;
	case COMMAND_STRATEGY_RESUME: apply_strategy_pause(c, e, false); break;
	case COMMAND_STRATEGY_PARAM:  apply_param(c, e); break;
	case COMMAND_LIMIT:           apply_limit(c, e); break;
	case COMMAND_ACKNOWLEDGE:     apply_acknowledge(c, e); break;
	case COMMAND_STOP_PROBE:      apply_stop_probe(c, e); break;
	default:                      reply(c, e, ERR_UNSUPPORTED, "unknown command"); break;
	}
}
