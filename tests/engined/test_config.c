#include "engined/config/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/err.h"

static struct config config;
static struct config_issues issues;

static int fresh(void **state)
{
	(void)state;
	config_scrub_environment();
	unsetenv("CREDENTIALS_DIRECTORY");
	config_issues_done(&issues);
	config_init(&config);
	return 0;
}

static int done(void **state)
{
	(void)state;
	config_issues_done(&issues);
	return 0;
}

static const char *said(void)
{
	return issues.text.data ? issues.text.data : "";
}

static void read_text(const char *text)
{
	config_read_text(&config, "sauda.conf", text, strlen(text), &issues);
}

static void assert_said(const char *part)
{
	if (!strstr(said(), part))
		fail_msg("expected \"%s\" in:\n%s", part, said());
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(config.engine_mode, MODE_DEMO);
	assert_int_equal(config.account_capital, 15000 * NUM_SCALE);
	assert_int_equal(config.limits_day_loss_pct, 4 * NUM_SCALE);
	assert_int_equal(config.limits_order_rate, 8 * NUM_SCALE);
	assert_int_equal(config.limits_open_orders, 20 * NUM_SCALE);
	assert_int_equal(config.limits_exposure_max, NUM_UNKNOWN);
	assert_int_equal(config.paper_latency_ms, 50);
	assert_int_equal(config.http_port, 5000);
	assert_string_equal(config.http_bind, "127.0.0.1");
	assert_int_equal(config_log_level(&config), LOG_LEVEL_INFO);
	assert_int_equal(config.strategies, 0);
	config_check(&config, &issues);
	assert_int_equal(issues.count, 0);
}

static void test_values_of_every_type(void **state)
{
	(void)state;
	read_text("# a note\n; another\n\n[engine]\r\nmode = Paper\r\n  log_level=debug\nstate_dir = ./state\nallow_after_market = true\n"
	          "[limits]\nday_loss_pct = 2.5 ; half of five\nqty_max : 1800\nexposure_max = none\n[http]\nport = 65535\nbind = ::1\n[feed]\nseed = 9223372036854775807");
	assert_string_equal(said(), "");
	assert_int_equal(config.engine_mode, MODE_PAPER);
	assert_int_equal(config_log_level(&config), LOG_LEVEL_DEBUG);
	assert_string_equal(config.engine_state_dir, "./state");
	assert_int_equal(config.engine_allow_after_market, 1);
	assert_int_equal(config.limits_day_loss_pct, 25000);
	assert_int_equal(config.limits_qty_max, 1800 * NUM_SCALE);
	assert_int_equal(config.http_port, 65535);
	assert_int_equal(config.feed_seed, INT64_MAX);
	assert_int_equal(config.source[CONFIG_http_port].origin, CONFIG_FILE);
	assert_int_equal(config.source[CONFIG_http_port].line, 14);
	assert_int_equal(config.source[CONFIG_feed_speed].origin, CONFIG_DEFAULT);
}

/* One wrong line, and what is said about it. The default stays. */
static const struct { const char *text, *said; } mistakes[] = {
	{ "[limts]\norder_rate = 3\n", "sauda.conf:1: there is no section [limts]; did you mean \"limits\"?\n" },
	{ "[nothing_like_it_at_all]\n", "sauda.conf:1: there is no section [nothing_like_it_at_all]\n" },
	{ "\n[limits]\norder_rat = 3\n", "sauda.conf:3: there is no key \"order_rat\" in [limits]; did you mean \"order_rate\"?\n" },
	{ "[limits]\nzzzzzzzz = 3\n", "sauda.conf:2: there is no key \"zzzzzzzz\" in [limits]\n" },
	{ "[limits]\norder_rate = 11\n", "sauda.conf:2: limits.order_rate: \"11\" must be a number with at most 4 decimals from 1.00 to 10.00 1/s\n" },
	{ "[limits]\norder_rate = 0\n", "from 1.00 to 10.00" },
	{ "[limits]\norder_rate = none\n", "from 1.00 to 10.00" },
	{ "[limits]\nqty_max = 0\n", "units, or none" },
	{ "[account]\ncapital = 15000.00001\n", "at most 4 decimals" },
	{ "[account]\ncapital =\n", "sauda.conf:2: account.capital: \"\" must be" },
	{ "[engine]\nmode = lvie\n", "engine.mode: \"lvie\" is not one of demo|replay|paper|live" },
	{ "[engine]\nmode = demo|replay\n", "is not one of" },
	{ "[engine]\nallow_after_market = maybe\n", "neither yes nor no" },
	{ "[engine]\nstate_dir = var\n", "must be a path beginning with / or ." },
	{ "[http]\nport = 0\n", "a whole number from 1 to 65535" },
	{ "[http]\nport = 65536\n", "from 1 to 65535" },
	{ "[http]\nport = 80.5\n", "a whole number" },
	{ "[http]\nbind = localhost\n", "IPv4 or IPv6" },
	{ "[http]\nport = 1\nport = 2\n", "sauda.conf:3: http.port is set on line 2 already\n" },
	{ "[http]\nport\n", "sauda.conf:2: this line is neither \"key = value\" nor a [section]\n" },
	{ "[http\nport = 1\n", "sauda.conf:1: a section is a name" },
	{ "port = 1\n", "sauda.conf:1: a key before the first [section]" },
	{ "[strategy.]\n", "a strategy's name is" },
	{ "[strategy.a b]\n", "a strategy's name is" },
	{ "[strategy.a-name-of-24-letters-in-al]\n", "a strategy's name is" },
	{ "[strategy.amd]\nunderlying = NIFTY\n[strategy.amd]\n", "sauda.conf:3: [strategy.amd] was begun on line 1 already" },
	{ "[strategy.manual]\nkind = amd\n", "names that begin with \"manual\" are kept for orders by hand" },
	{ "[strategy.amd]\nunderlying = NIFTY\nunderlying = X\n", "sauda.conf:3: underlying is set on line 2 already" },
};

static void test_mistakes(void **state)
{
	for (size_t n = 0; n < sizeof(mistakes) / sizeof(mistakes[0]); n++) {
		fresh(state);
		read_text(mistakes[n].text);
		assert_said(mistakes[n].said);
		assert_int_equal(issues.count, 1);
		assert_int_equal(config.http_port, strstr(mistakes[n].text, "port = 1\nport = 2") ? 1 : 5000);
	}
}

static void test_all_mistakes_are_told(void **state)
{
	(void)state;
	read_text("[engine]\nmode = x\n[http]\nport = 0\nprt = 5\n[feed]\nspeed = 1\nspeed2 = 2\n[strategy.one]\nkind = amdd\n[strategy.two]\nkind = amd\n");
	config_check(&config, &issues);
	assert_int_equal(issues.count, 6);
	assert_said("sauda.conf:10: there is no strategy kind \"amdd\"; did you mean \"amd\"?\n");
	assert_said("sauda.conf:11: [strategy.two] needs an underlying");
	assert_int_equal(config.feed_speed, NUM_SCALE);
}

static void test_long_lines_and_bytes(void **state)
{
	char text[600] = "[http]\nport = 80\nbind = ";

	memset(text + strlen(text), 'x', 300);
	strcat(text, "\n[feed]\nseed = 7\n");
	read_text(text);
	assert_said("sauda.conf:3: the line is longer than");
	assert_int_equal(issues.count, 1);
	assert_int_equal(config.http_port, 80);
	assert_int_equal(config.feed_seed, 7);
	fresh(state);
	config_read_text(&config, "sauda.conf", "[http]\0", 7, &issues);
	assert_said("not a text file");
	fresh(state);
	read_text("\xEF\xBB\xBF[http]\nport = 81\n");
	assert_int_equal(config.http_port, 81);
}

/* A line with blanks in front is a line of its own, not more of the value above it. */
static void test_no_continuation_lines(void **state)
{
	(void)state;
	read_text("[http]\nport = 80\n   bind = 127.0.0.2\n");
	assert_string_equal(said(), "");
	assert_string_equal(config.http_bind, "127.0.0.2");
}

static void test_strategies(void **state)
{
	int index;

	(void)state;
	read_text("[strategy.morning]\nrisk_pct = 1.5\nkind = amd\nunderlying = BANKNIFTY\nentry_from = 09:30\n[strategy.ema_cross]\nunderlying = NIFTY\nenabled = no\n");
	config_check(&config, &issues);
	assert_string_equal(said(), "");
	assert_int_equal(config.strategies, 2);
	assert_string_equal(config.strategy[0].id, "morning");
	assert_string_equal(config.strategy[0].ops->name, "amd");
	assert_string_equal(config.strategy[0].underlying, "BANKNIFTY");
	assert_true(config.strategy[0].enabled);
	assert_int_equal(config.strategy[0].params[COMMON_risk_pct], 15000);
	assert_int_equal(config.strategy[0].params[COMMON_entry_from], TIME_OF_DAY(9, 30));
	index = strategy_param_index(config.strategy[0].ops, "lots_max");
	assert_int_equal(config.strategy[0].params[index], strategy_param_at(config.strategy[0].ops, (uint32_t)index)->standard);
	assert_string_equal(config.strategy[1].ops->name, "ema_cross"); /* the kind is the name when not set */
	assert_false(config.strategy[1].enabled);
}

static void test_strategy_mistakes(void **state)
{
	(void)state;
	read_text("[strategy.amd]\nunderlying = NIFTY\nrisk_pc = 1\nlots_max = 0\ntrade = futures\nenabled = perhaps\n");
	config_check(&config, &issues);
	assert_int_equal(issues.count, 4);
	assert_said("sauda.conf:3: strategy \"amd\" has no parameter \"risk_pc\"; did you mean \"risk_pct\"?");
	assert_said("sauda.conf:4: lots_max: \"0\" must be from 1 to 1000 lots");
	assert_said("sauda.conf:5: trade: \"futures\" is not one of option|underlying");
	assert_said("sauda.conf:6: enabled: \"perhaps\"");
}

/* -- environment --------------------------------------------------------------------------------------------------- */

static const struct { const char *name, *good, *bad; } variables[] = {
	{ "PORT", "8080", "70000" },
	{ "ALLOW_AFTER_MARKET", "true", "sometimes" },
	{ "MONGODB_URI", "mongodb+srv://user:hunter2@db.example/sauda", "postgres://hunter2" },
	{ "KOTAK_CONSUMER_KEY", "abc-123", "hunter2 with blank" },
	{ "KOTAK_ACCESS_TOKEN", "abc-123", "hunter2 with blank" },
	{ "KOTAK_CONSUMER_SECRET", "abc-123", "hunter2 with blank" },
	{ "KOTAK_MOBILE_NUMBER", "+918765432109", "8765432109" },
	{ "KOTAK_PASSWORD", "any thing", "bad\nline" },
	{ "KOTAK_MPIN", "123456", "12345" },
	{ "KOTAK_TOTP_SECRET", "JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PX1" },
	{ "KOTAK_UCC", "ABC12", "AB C12" },
	{ "TELEGRAM_BOT_TOKEN", "123456:AAH-abcdefghijklmnopqrstuvw_xyz", "AAH-abcdefghijklmnop" },
	{ "TELEGRAM_CHAT_ID", "-1001234567890", "my chat" },
};

static void test_each_variable(void **state)
{
	for (size_t n = 0; n < sizeof(variables) / sizeof(variables[0]); n++) {
		char place[80];

		fresh(state);
		setenv(variables[n].name, variables[n].good, 1);
		config_read_environment(&config, &issues);
		assert_string_equal(said(), "");
		setenv(variables[n].name, variables[n].bad, 1);
		config_read_environment(&config, &issues);
		snprintf(place, sizeof(place), "environment %s: ", variables[n].name);
		assert_said(place);
		assert_int_equal(issues.count, 1);
		if (n >= 2)
			assert_null(strstr(said(), variables[n].bad));
		setenv(variables[n].name, "", 1); /* empty = not set */
		config_read_environment(&config, &issues);
		assert_int_equal(issues.count, 1);
	}
}

static void test_environment_goes_before_the_file(void **state)
{
	(void)state;
	read_text("[http]\nport = 81\n");
	setenv("PORT", "82", 1);
	config_read_environment(&config, &issues);
	assert_int_equal(config.http_port, 82);
	assert_int_equal(config.source[CONFIG_http_port].origin, CONFIG_ENVIRONMENT);
	setenv("KOTAK_ACCESS_TOKEN", "token", 1);
	config_read_environment(&config, &issues);
	assert_string_equal(config_consumer_key(&config), "token");
	setenv("KOTAK_CONSUMER_KEY", "key", 1);
	config_read_environment(&config, &issues);
	assert_string_equal(config_consumer_key(&config), "key");
}

/* The bytes themselves go, not only the name: /proc/PID/environ shows the bytes. */
static void test_scrub(void **state)
{
	const char *value;

	(void)state;
	for (size_t n = 0; n < sizeof(variables) / sizeof(variables[0]); n++)
		setenv(variables[n].name, variables[n].good, 1);
	value = getenv("KOTAK_MPIN");
	config_scrub_environment();
	for (size_t n = 0; n < sizeof(variables) / sizeof(variables[0]); n++)
		assert_null(getenv(variables[n].name));
	assert_int_equal(value[0] | value[1] | value[2] | value[3] | value[4] | value[5], 0);
	assert_non_null(getenv("PATH"));
}

static void test_live_needs_credentials(void **state)
{
	(void)state;
	read_text("[engine]\nmode = live\n[telegram]\nchat_id = 5\n");
	config_check(&config, &issues);
	assert_int_equal(issues.count, 6);
	assert_said("kotak.consumer_key is not set, but mode live needs it; set it or the environment variable KOTAK_CONSUMER_KEY");
	assert_said("kotak.totp_secret");
	assert_said("telegram.bot_token is not set");
	fresh(state);
	read_text("[engine]\nmode = live\n[kotak]\naccess_token = t\nmobile_number = +919876543210\nmpin = 123456\ntotp_secret = JBSWY3DPEHPK3PXP\nucc = ABC12\n");
	config_check(&config, &issues);
	assert_string_equal(said(), "");
}

static void test_telegram_is_whole(void **state)
{
	static const char bot[] = "[telegram]\nbot_token = 123456:AAH-abcdefghijklmnopqrstuvw_xyz\n";
	char text[200];

	read_text(bot);
	config_check(&config, &issues);
	assert_said("telegram.chat_id is not set, but telegram.bot_token needs it");
	fresh(state);
	snprintf(text, sizeof(text), "%schats = 5:admin, -7:read\n", bot);
	read_text(text);
	config_check(&config, &issues);
	assert_string_equal(said(), "");
	fresh(state);
	read_text("[telegram]\nchats = 5:admin\n");
	config_check(&config, &issues);
	assert_said("telegram.bot_token is not set, but telegram.chats needs it");
	fresh(state);
	read_text("[telegram]\nchats = 5:owner\n");
	assert_said("sauda.conf:2: ");
	assert_said("read, trade or admin");
}

/* -- files --------------------------------------------------------------------------------------------------------- */

static char folder[] = "/tmp/sauda-config-XXXXXX";

static const char *write_file(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static void test_file_with_secrets_is_private(void **state)
{
	const char *secret = "[kotak]\nmpin = 123456\n";

	assert_int_equal(config_load(&config, write_file("conf", secret, 0600), &issues), 0);
	fresh(state);
	assert_int_equal(config_load(&config, write_file("conf", secret, 0640), &issues), ERR_INVAL);
	assert_said("chmod 600");
	assert_null(strstr(said(), "123456"));
	fresh(state);
	assert_int_equal(config_load(&config, write_file("conf", "[http]\nport = 5001\n", 0644), &issues), 0);
	assert_int_equal(config.http_port, 5001);
	unlink(write_file("conf", "", 0600));
	fresh(state);
	assert_int_equal(config_load(&config, "/nowhere/sauda.conf", &issues), ERR_INVAL);
	assert_said("/nowhere/sauda.conf: cannot be read: not found");
}

static void test_credentials(void **state)
{
	(void)state;
	write_file("kotak_mpin", "654321\n", 0400);
	write_file("kotak_ucc", "not good", 0400);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	assert_int_equal(config_load(&config, NULL, &issues), ERR_INVAL);
	assert_string_equal(config.kotak_mpin, "654321");
	assert_string_equal(said(), "credential kotak_ucc: kotak.ucc: the value must be letters and digits\n");
	unlink(write_file("kotak_mpin", "", 0600));
	unlink(write_file("kotak_ucc", "", 0600));
}

/* -- printing ------------------------------------------------------------------------------------------------------ */

static void test_show(void **state)
{
	struct buf out = { 0 };

	(void)state;
	setenv("KOTAK_MPIN", "739182", 1);
	setenv("MONGODB_URI", "mongodb://u:hunter2@h/d", 1);
	read_text("[engine]\nmode = replay\n[strategy.amd]\nunderlying = NIFTY\nlots_max = 2\n");
	config_read_environment(&config, &issues);
	config_check(&config, &issues);
	config_show(&config, &out);
	assert_string_equal(said(), "");
	assert_non_null(strstr(out.data, "mode = replay  # sauda.conf:2\n"));
	assert_non_null(strstr(out.data, "mpin = (set)  # environment KOTAK_MPIN\n"));
	assert_non_null(strstr(out.data, "ucc = (not set)  # default\n"));
	assert_non_null(strstr(out.data, "port = 5000  # default\n"));
	assert_non_null(strstr(out.data, "lots_max = 2  # sauda.conf:5\n"));
	assert_non_null(strstr(out.data, "qty_max = none  # default\n"));
	assert_null(strstr(out.data, "739182"));
	assert_null(strstr(out.data, "hunter2"));
	buf_done(&out);
	config_wipe(&config);
	assert_string_equal(config.kotak_mpin, "");
	assert_null(memmem(&config, sizeof(config), "hunter2", 7));
}

static void test_example_parses(void **state)
{
	static struct config plain;
	struct buf out = { 0 };

	(void)state;
	plain = config;
	config_print_example(&out);
	read_text(out.data);
	config_check(&config, &issues);
	assert_string_equal(said(), "");
	assert_memory_equal(&plain, &config, offsetof(struct config, source)); /* every value is its default */
	assert_true(config.strategies >= 5);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_defaults, fresh),
		cmocka_unit_test_setup(test_values_of_every_type, fresh),
		cmocka_unit_test_setup(test_mistakes, fresh),
		cmocka_unit_test_setup(test_all_mistakes_are_told, fresh),
		cmocka_unit_test_setup(test_long_lines_and_bytes, fresh),
		cmocka_unit_test_setup(test_no_continuation_lines, fresh),
		cmocka_unit_test_setup(test_strategies, fresh),
		cmocka_unit_test_setup(test_strategy_mistakes, fresh),
		cmocka_unit_test_setup(test_each_variable, fresh),
		cmocka_unit_test_setup(test_environment_goes_before_the_file, fresh),
		cmocka_unit_test_setup(test_scrub, fresh),
		cmocka_unit_test_setup(test_live_needs_credentials, fresh),
		cmocka_unit_test_setup(test_telegram_is_whole, fresh),
		cmocka_unit_test_setup(test_file_with_secrets_is_private, fresh),
		cmocka_unit_test_setup(test_credentials, fresh),
		cmocka_unit_test_setup(test_show, fresh),
		cmocka_unit_test_setup(test_example_parses, fresh),
	};

	if (!mkdtemp(folder))
		return 1;
	int failed = cmocka_run_group_tests_name("config", tests, NULL, done);
	rmdir(folder);
	return failed;
}
