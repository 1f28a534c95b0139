/* The registry and the parameter tables: every built-in is within the contract, every value survives text and back. */
#include "lib/core/strategy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/strategy/rules.h"
#include "tests/core/strategy_rig.h"

static void order_is_fixed(void **state)
{
	static const char *const names[] = { "failed_auction", "amd", "opening_range_breakout", "ema_cross", "vwap_reversion", "manual" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(strategy_builtin[i]->name, names[i]);
		assert_ptr_equal(strategy_find(names[i]), strategy_builtin[i]);
	}
	assert_null(strategy_builtin[ARRAY_LEN(names)]);
	for (uint32_t i = 0; i < ARRAY_LEN(names) - 1; i++)
		assert_string_equal(strategy_choice(i)->name, names[i]); /* all but `manual` may be chosen */
	assert_null(strategy_choice(ARRAY_LEN(names) - 1));
	assert_null(strategy_find("AMD"));
	assert_null(strategy_find(""));
}

static void built_ins_keep_the_contract(void **state)
{
	(void)state;
	for (size_t i = 0; strategy_builtin[i] != NULL; i++) {
		const struct strategy_ops *ops = strategy_builtin[i];
		assert_true(strlen(ops->name) < sizeof(((struct event_strategy *)0)->ops));
		assert_true(ops->state_size > 0 && ops->state_size <= STRATEGY_STATE_MAX);
		assert_true(ops->n_conditions > 0 && ops->n_conditions <= STRATEGY_CONDITIONS_MAX);
		assert_string_equal(ops->conditions[0], "warm_up");
		assert_true(strategy_param_count(ops) <= STRATEGY_PARAMS_MAX);
		assert_true(ops->session && ops->restart && ops->bar && ops->title);
	}
}

static void every_parameter_is_described(void **state)
{
	(void)state;
	for (size_t k = 0; strategy_builtin[k] != NULL; k++)
		for (uint32_t i = 0; i < strategy_param_count(strategy_builtin[k]); i++) {
			const struct param *p = strategy_param_at(strategy_builtin[k], i);
			assert_true(p->name && p->unit && p->help);
			assert_true(p->min <= p->standard && p->standard <= p->max && p->min < p->max);
			assert_int_equal(p->choices != NULL, p->type == PARAM_CHOICE);
			/* the first of that name is this one: names are unique over common and own parameters */
			assert_int_equal(strategy_param_index(strategy_builtin[k], p->name), i);
		}
	assert_int_equal(strategy_param_index(strategy_builtin[0], "rsi"), -1);
	assert_int_equal(strategy_param_index(strategy_builtin[0], "bar"), COMMON_bar);
}

static void assert_survives(const struct param *p, int64_t value)
{
	char text[32];
	int64_t back;

	param_format(p, value, text);
	assert_true(strlen(text) < sizeof(text));
	assert_int_equal(param_parse(p, text, &back), ERR_OK);
	assert_int_equal(back, value);
}

static void bounds_survive_text_and_back(void **state)
{
	(void)state;
	for (size_t k = 0; strategy_builtin[k] != NULL; k++)
		for (uint32_t i = 0; i < strategy_param_count(strategy_builtin[k]); i++) {
			const struct param *p = strategy_param_at(strategy_builtin[k], i);
			assert_survives(p, p->min);
			assert_survives(p, p->max);
			assert_survives(p, p->standard);
		}
}

static void standards_fill_the_array(void **state)
{
	int64_t params[STRATEGY_PARAMS_MAX];
	const struct strategy_ops *ops = strategy_find("failed_auction");

	(void)state;
	memset(params, 0xff, sizeof(params));
	strategy_params_standard(ops, params);
	assert_int_equal(params[COMMON_entry_from], TIME_OF_DAY(9, 20));
	assert_int_equal(params[COMMON_reward], 2 * NUM_SCALE);
	assert_int_equal(params[strategy_param_index(ops, "warm_bars")], 50);
	assert_int_equal(params[strategy_param_index(ops, "rsi_high")], 60 * NUM_SCALE);
	assert_int_equal(params[strategy_param_count(ops)], 0);
	assert_int_equal(params[STRATEGY_PARAMS_MAX - 1], 0);
}

static const struct param whole = { "whole", PARAM_INT, -5, 128, 1, "bars", "", NULL };
static const struct param fraction = { "fraction", PARAM_DECIMAL, -NUM_SCALE, 100 * NUM_SCALE, 0, "%", "", NULL };
static const struct param yes = { "yes", PARAM_BOOL, 0, 1, 0, "", "", NULL };
static const struct param when = { "when", PARAM_TIME, TIME_OF_DAY(9, 0), TIME_OF_DAY(24, 0), 0, "IST", "", NULL };
static const struct param which = { "which", PARAM_CHOICE, 0, 2, 0, "", "", "1|15|option" };

static void text_becomes_a_value_or_an_error(void **state)
{
	static const struct { const struct param *p; const char *text; int err; int64_t value; } row[] = {
		{ &whole, "40", ERR_OK, 40 }, { &whole, "-5", ERR_OK, -5 }, { &whole, "128", ERR_OK, 128 },
		{ &whole, "-6", ERR_RANGE, 0 }, { &whole, "129", ERR_RANGE, 0 }, { &whole, "99999999999999999999", ERR_RANGE, 0 },
		{ &whole, "4.0", ERR_PARSE, 0 }, { &whole, "", ERR_PARSE, 0 }, { &whole, "4 ", ERR_PARSE, 0 },
		{ &fraction, "0.5", ERR_OK, 5000 }, { &fraction, "-1", ERR_OK, -10000 },
		{ &fraction, "100", ERR_OK, 1000000 },
		{ &fraction, "100.0001", ERR_RANGE, 0 }, { &fraction, "-1.0001", ERR_RANGE, 0 },
		{ &fraction, "0.00001", ERR_RANGE, 0 },
		{ &fraction, "x", ERR_PARSE, 0 }, { &fraction, "1e3", ERR_PARSE, 0 }, { &fraction, "", ERR_PARSE, 0 },
		{ &yes, "true", ERR_OK, 1 }, { &yes, "no", ERR_OK, 0 }, { &yes, "false", ERR_OK, 0 }, { &yes, "yes", ERR_OK, 1 },
		{ &yes, "1", ERR_PARSE, 0 }, { &yes, "True", ERR_PARSE, 0 }, { &yes, "", ERR_PARSE, 0 },
		{ &when, "09:20", ERR_OK, TIME_OF_DAY(9, 20) },
		{ &when, "09:20:30", ERR_OK, TIME_OF_DAY(9, 20) + 30 * NANOS_SECOND },
		{ &when, "09:00", ERR_OK, TIME_OF_DAY(9, 0) }, { &when, "24:00", ERR_OK, TIME_OF_DAY(24, 0) },
		{ &when, "08:59", ERR_RANGE, 0 }, { &when, "24:01", ERR_RANGE, 0 }, { &when, "9:20", ERR_PARSE, 0 },
		{ &when, "09:20x", ERR_PARSE, 0 }, { &when, "", ERR_PARSE, 0 },
		{ &which, "1", ERR_OK, 0 }, { &which, "15", ERR_OK, 1 }, { &which, "option", ERR_OK, 2 },
		{ &which, "5", ERR_PARSE, 0 }, { &which, "opt", ERR_PARSE, 0 }, { &which, "", ERR_PARSE, 0 },
		{ &which, "1|15", ERR_PARSE, 0 }, { &which, "options", ERR_PARSE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		int64_t value = 77;
		int err = param_parse(row[i].p, row[i].text, &value);
		if (err != row[i].err || value != (err == ERR_OK ? row[i].value : 77))
			fail_msg("%s \"%s\": err %d value %lld", row[i].p->name, row[i].text, err, (long long)value);
	}
}

static void values_become_text(void **state)
{
	static const struct { const struct param *p; int64_t value; const char *text; } row[] = {
		{ &whole, 0, "0" }, { &whole, -5, "-5" }, { &whole, 120, "120" },
		{ &whole, INT64_MIN, "-9223372036854775808" }, { &whole, INT64_MAX, "9223372036854775807" },
		{ &fraction, 5000, "0.50" }, { &fraction, -1, "-0.0001" }, { &fraction, 400000, "40.00" },
		{ &yes, 1, "true" }, { &yes, 0, "false" },
		{ &when, TIME_OF_DAY(9, 20), "09:20" }, { &when, TIME_OF_DAY(9, 20) + 5 * NANOS_SECOND, "09:20:05" },
		{ &when, TIME_OF_DAY(24, 0), "24:00" },
		{ &which, 0, "1" }, { &which, 1, "15" }, { &which, 2, "option" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		param_format(row[i].p, row[i].value, text);
		assert_string_equal(text, row[i].text);
	}
}

static void stops_lie_on_the_losing_side(void **state)
{
	static const struct { price_t close; int direction; double price; price_t stop; } row[] = {
		{ 1000, 1, 990.4, 990 }, { 1000, 1, 990.5, 991 }, { 1000, 1, 999.6, 999 }, { 1000, 1, 1000, 999 },
		{ 1000, 1, 1200, 999 }, { 1000, 1, -50, 1 }, { 1000, 1, 0.2, 1 },
		{ 1000, -1, 1010.5, 1011 }, { 1000, -1, 1000.4, 1001 }, { 1000, -1, 1000, 1001 }, { 1000, -1, 3, 1001 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(stop_beyond(row[i].close, row[i].direction, row[i].price), row[i].stop);
}

static void parts_are_exact(void **state)
{
	(void)state;
	assert_int_equal(part_of(RS(101.45), NUM_SCALE / 10), 1015); /* 1014.5, half away */
	assert_int_equal(part_of(NUM_DECIMAL_MAX, HUNDRED_PERCENT), NUM_DECIMAL_MAX);
	assert_true(within_part(150, 100, 200, 1, 50 * NUM_SCALE)); /* the middle is in both halves */
	assert_true(within_part(150, 100, 200, -1, 50 * NUM_SCALE));
	assert_false(within_part(151, 100, 200, 1, 50 * NUM_SCALE));
	assert_false(within_part(149, 100, 200, -1, 50 * NUM_SCALE));
	assert_true(within_part(100, 100, 100, 1, NUM_SCALE));      /* no range: everywhere */
}

static void the_side_that_got_further_is_told(void **state)
{
	static const struct { uint32_t bullish, bearish, failed; int direction; } row[] = {
		{ 0, 0, 0, 0 }, { 2, 1, 2, 0 }, { 1, 4, 4, 0 }, { 5, 1, 5, 1 }, { 1, 5, 5, -1 }, { 5, 5, 5, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct signal signal = { 0 };
		signal_decide(&signal, row[i].bullish, row[i].bearish, 5);
		assert_int_equal(signal.failed, row[i].failed);
		assert_int_equal(signal.direction, row[i].direction);
	}
}

/* Any bounded parameters whatever: no assert may fall, and a signal always has a stop on the losing side. */
static void no_parameters_break_a_strategy(void **state)
{
	static struct rig r;
	uint64_t seed = 2026;

	(void)state;
	for (int round = 0; round < 60; round++) {
		const struct strategy_ops *ops = strategy_builtin[round % 5];
		rig_init(&r, ops->name, round % 2 ? 60 : 900);
		for (uint32_t i = 0; i < ops->n_params; i++) {
			const struct param *p = &ops->params[i];
			uint64_t pick = prng_below(&seed, 4);
			int64_t between = p->min + (int64_t)prng_below(&seed, (uint64_t)(p->max - p->min) + 1);
			r.params[COMMON_COUNT + i] = pick == 0 ? p->min : pick == 1 ? p->max : pick == 2 ? between : p->standard;
		}
		price_t price = round % 3 ? RS(24000) : RS(0.1); /* penny prices: stops must stay above zero */
		for (int day = 0; day < 2; day++) {
			rig_day(&r, day);
			while (r.number < 22500 / r.series.interval_s) {
				struct bar bar = naive_walk(&seed, price, prng_below(&seed, 9), (int64_t)prng_below(&seed, 2) * 50);
				struct signal signal = rig_bar(&r, bar);
				price = bar.close;
				assert_true(signal.failed <= ops->n_conditions);
				assert_int_equal(signal.direction != 0, signal.failed == ops->n_conditions);
				if (signal.direction != 0)
					assert_true(signal.index_stop > 0 && signal.direction * (price - signal.index_stop) > 0);
			}
		}
	}
}

/* A checkpoint is the state's bytes: a strategy that goes on from a copy answers the same. */
static void state_is_plain_bytes(void **state)
{
	static struct rig a, b;

	(void)state;
	for (size_t k = 0; strategy_builtin[k] != NULL; k++) {
		uint64_t seed = 9;
		price_t price = RS(24000);
		rig_init(&a, strategy_builtin[k]->name, 60);
		for (int i = 0; i < 300; i++) {
			struct bar bar = naive_walk(&seed, price, 9, 100);
			price = bar.close;
			if (i == 150)
				memcpy(&b, &a, sizeof(b));
			rig_bar(&a, bar);
			if (i < 150)
				continue;
			rig_bar(&b, bar);
			assert_memory_equal(&a.signal, &b.signal, sizeof(a.signal));
			assert_memory_equal(a.state, b.state, sizeof(a.state));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_fixed),
		cmocka_unit_test(built_ins_keep_the_contract),
		cmocka_unit_test(every_parameter_is_described),
		cmocka_unit_test(bounds_survive_text_and_back),
		cmocka_unit_test(standards_fill_the_array),
		cmocka_unit_test(text_becomes_a_value_or_an_error),
		cmocka_unit_test(values_become_text),
		cmocka_unit_test(stops_lie_on_the_losing_side),
		cmocka_unit_test(parts_are_exact),
		cmocka_unit_test(the_side_that_got_further_is_told),
		cmocka_unit_test(no_parameters_break_a_strategy),
		cmocka_unit_test(state_is_plain_bytes),
	};

	return cmocka_run_group_tests_name("strategy", tests, NULL, NULL);
}
