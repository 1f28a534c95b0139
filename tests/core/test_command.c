/* What an operator orders, and what he is told. Effects on orders are in the scenarios. */
#include "tests/core/rig.h"

static struct rig rig;

static void assert_answer(const struct action *a, int err, const char *words)
{
	assert_int_equal(a->reply.request, 9);
	assert_int_equal(a->reply.err, err);
	if (words)
		assert_non_null(strstr(a->reply.text, words));
	else
		assert_string_equal(a->reply.text, "");
}

static void assert_state(enum engine_state want)
{
	assert_int_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.state, want);
	assert_string_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.principal, "uid:1000");
	assert_int_equal(core_engine_state(&rig.core), want);
}

static void pause_and_resume(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_answer(rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "lunch"), ERR_OK, NULL);
	assert_state(ENGINE_PAUSED);
	assert_string_equal(rig.core.s->control_reason, "lunch");
	assert_true(rig.core.s->control_at == rig.at);
	assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, ""), ERR_OK, NULL);
	assert_state(ENGINE_RUNNING);
	rig_done(&rig);
}

static void a_latch_only_climbs(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, "first");
	assert_state(ENGINE_STOPPED);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "second");
	assert_state(ENGINE_LOCKED);
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, "third");
	assert_state(ENGINE_LOCKED);
	assert_string_equal(rig.core.s->control_reason, "second");
	assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, ""), ERR_DENIED, "reason");
	assert_int_equal(rig.core.s->kill, KILL_FLATTEN);
	rig_wait(&rig, 2 * NANOS_SECOND);
	assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "all checked"), ERR_OK, NULL);
	assert_state(ENGINE_RUNNING);
	rig_done(&rig);
}

/* In any order: who resumes as a kill comes in, or is told again, does not undo it. */
static void the_latch_wins(void **state)
{
	static const enum command kills[] = { COMMAND_KILL_STOP, COMMAND_KILL_FLATTEN };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kills); i++) {
		rig_open(&rig);
		rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "before it");
		rig_command(&rig, kills[i], 0, 0, 0, "");
		rig_wait(&rig, 2 * NANOS_SECOND - 1);
		assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "crossed it"), ERR_BUSY, "moment");
		assert_int_equal(rig.core.s->kill, i + 1);
		rig_command(&rig, kills[0], 0, 0, 0, "again"); /* also a lower rung: somebody is afraid */
		rig_wait(&rig, 2 * NANOS_SECOND - 1);
		assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "crossed it"), ERR_BUSY, "moment");
		rig_wait(&rig, 1);
		assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "saw it"), ERR_OK, NULL);
		assert_int_equal(rig.core.s->kill, KILL_NONE);
		rig_done(&rig);
	}
	rig_init(&rig);
	rig.start.mode = MODE_REPLAY; /* its clock may stand still */
	rig_begin(&rig);
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, "");
	assert_answer(rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "a drill"), ERR_OK, NULL);
	rig_done(&rig);
}

/* A restart undoes nothing. */
static void latched_across_restarts(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "why");
	rig_start_again(&rig, 8);
	assert_int_equal(rig.core.s->kill, KILL_FLATTEN);
	assert_string_equal(rig.core.s->control_reason, "why");
	assert_int_equal(core_ready(&rig.core), REFUSAL_KILLED);
	rig_done(&rig);
}

static void shutdown(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	assert_int_equal(rig.core.s->stop, STOP_FLAT); /* nothing to do: done at once */
	assert_int_equal(core_engine_state(&rig.core), ENGINE_FLAT);
	assert_int_equal(rig_count(&rig, OUTCOME_STATE), 2);
	assert_answer(rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_KEEP, ""), ERR_OK, "already");
	rig_done(&rig);
}

/* Coarse data gets four steps, not thirty seconds. */
static void shutdown_deadline(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.feed_step = NANOS_MINUTE;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_enter(&rig, 0);
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	assert_true(rig.core.s->stop_at == rig.at + 4 * NANOS_MINUTE);
	rig_done(&rig);
}

static void strategies(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PAUSE, 5, 0, 0, ""), ERR_NOENT, "no such strategy");
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_RESUME, UINT32_MAX, 0, 0, ""), ERR_NOENT, "no such strategy");
	rig_command(&rig, COMMAND_STRATEGY_PAUSE, 0, 0, 0, "");
	assert_int_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.state, ENGINE_PAUSED);
	assert_int_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.strategy, 0);
	assert_true(rig.core.slot[0].paused && core_engine_state(&rig.core) == ENGINE_RUNNING);
	rig.core.slot[0].streak_locked = rig.core.slot[0].loss_streak = 1;
	rig_command(&rig, COMMAND_STRATEGY_RESUME, 0, 0, 0, "");
	assert_true(!rig.core.slot[0].paused && !rig.core.slot[0].streak_locked && rig.core.slot[0].loss_streak == 0);
	rig_done(&rig);
}

/* Taken out of the settings: only a definition brings it back, and what an operator paused stays so. */
static void removed(void **state)
{
	struct slot *s;

	(void)state;
	rig_open(&rig);
	s = &rig.core.slot[0];
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PAUSE, 0, 0, PAUSE_REMOVED, "gone"), ERR_OK, NULL);
	rig_ask(&rig, 0, 1, 23990);
	assert_int_equal(s->why.refusal, REFUSAL_STRATEGY_PAUSED);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_RESUME, 0, 0, 0, "please"), ERR_DENIED, "settings");
	assert_int_equal(s->paused, PAUSED_REMOVED);
	rig_command(&rig, COMMAND_STRATEGY_PAUSE, 0, 0, 0, "lunch");
	rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = rig.strategy[0];
	rig_post(&rig);
	assert_int_equal(s->paused, PAUSED_BY_HAND);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_RESUME, 0, 0, 0, ""), ERR_OK, NULL);
	assert_int_equal(s->paused, 0);
	rig_ask(&rig, 0, 1, 23990);
	assert_int_equal(s->plan.state, PLAN_ENTERING);
	rig_done(&rig);
}

/* What was entered as MIS is left as MIS: an exit of another product would open a second position. */
static void product(void **state)
{
	struct slot *s;

	(void)state;
	rig_open(&rig);
	s = &rig.core.slot[0];
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_product, 1, ""), ERR_OK, NULL);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_product, 0, ""), ERR_OK, NULL);
	rig_ask(&rig, 0, 1, 23990);
	assert_int_equal(s->plan.state, PLAN_ENTERING);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_product, 1, ""), ERR_BUSY, "open");
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_product, 0, ""), ERR_OK, NULL);
	rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = rig.strategy[0];
	rig.event.strategy.params[COMMON_product] = 1;
	rig.event.strategy.params[COMMON_cooldown] = 7;
	rig_post(&rig);
	assert_int_equal(s->params[COMMON_product], 0);
	assert_int_equal(s->params[COMMON_cooldown], 7);
	rig_done(&rig);
}

static void parameters(void **state)
{
	(void)state;
	rig_open(&rig);
	struct slot *s = &rig.core.slot[0];
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 9, COMMON_cooldown, 5, ""), ERR_NOENT, "no such parameter");
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_COUNT + 2, 5, ""), ERR_NOENT, "no such parameter");
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_cooldown, -1, ""), ERR_RANGE, "bounds");
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_cooldown, 86401, ""), ERR_RANGE, "bounds");
	memset(s->state, 7, 8);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_cooldown, 86400, ""), ERR_OK, NULL);
	assert_int_equal(s->params[COMMON_cooldown], 86400);
	assert_int_equal(s->state[0], 7); /* the windows stay */
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_COUNT, 3, ""), ERR_OK, NULL);
	assert_int_equal(s->state[0], 0); /* an own parameter changes what the windows mean */
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 1, ""), ERR_OK, NULL);
	assert_int_equal(rig.core.series[s->series].interval_s, 180);
	rig_done(&rig);
}

static void bar_length(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 1, ""), ERR_BUSY, "open");
	rig_done(&rig);
	rig_init(&rig);
	rig.limits.series = 2;
	rig_begin(&rig);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 1, ""), ERR_OK, NULL);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 2, ""), ERR_FULL, "no room");
	assert_int_equal(rig.core.slot[0].params[COMMON_bar], 1); /* an order never brings the engine down */
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 0, ""), ERR_OK, NULL);
	rig_done(&rig);
	rig_init(&rig);
	rig_strategy(&rig, 0, "NOWHERE"); /* its instrument has not come yet */
	rig_begin(&rig);
	assert_answer(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 2, ""), ERR_OK, NULL);
	rig_done(&rig);
}

static void limits(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_answer(rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_COUNT, 5, ""), ERR_RANGE, "no such limit");
	assert_answer(rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_QTY, -1, ""), ERR_RANGE, "negative");
	assert_answer(rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_QTY, NUM_UNKNOWN, ""), ERR_OK, NULL);
	assert_answer(rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_ORDER_RATE, NUM_SCALE - 1, ""), ERR_RANGE, "pause");
	assert_answer(rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_ORDER_RATE, NUM_SCALE, ""), ERR_OK, NULL);
	rig.core.s->limit[LIMIT_ORDER_RATE] = 80000;
	rig_enter(&rig, 0);
	rig_tick(&rig, RIG_CALL, 99, 99.10);
	rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_DAY_LOSS_PCT, 100, ""); /* tightening acts at once */
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_DAY_LOSS);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 1);
	rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_DAY_LOSS_PCT, 500000, ""); /* loosening unlocks nothing */
	assert_int_equal(rig.core.s->account.day_locked, 1);
	rig_done(&rig);
}

static void nonsense(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_answer(rig_command(&rig, COMMAND_KINDS, 0, 0, 0, ""), ERR_UNSUPPORTED, "unknown command");
	assert_string_equal(command_name(COMMAND_KINDS), "unknown");
	rig_event(&rig, EVENT_COMMAND, INSTRUMENT_NONE)->command.command = COMMAND_KINDS; /* nobody waits for an answer */
	rig_post(&rig);
	assert_int_equal(rig.actions.count, 0);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pause_and_resume),
		cmocka_unit_test(a_latch_only_climbs),
		cmocka_unit_test(the_latch_wins),
		cmocka_unit_test(latched_across_restarts),
		cmocka_unit_test(shutdown),
		cmocka_unit_test(shutdown_deadline),
		cmocka_unit_test(strategies),
		cmocka_unit_test(removed),
		cmocka_unit_test(product),
		cmocka_unit_test(parameters),
		cmocka_unit_test(bar_length),
		cmocka_unit_test(limits),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
