/* Every key of [kotak], and the limits that hold where an order's bytes leave, arrive where the session, the governor and the sockets take them from. What those do with
 * them is in tests/kotak and tests/broker/kotak. */
#include "engined/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engined/config/config.h"

#define NEEDED "consumer_key = key\nmobile_number = +919876543210\nucc = QXZ98\nmpin = 739182\ntotp_secret = JBSWY3DPEHPK3PXP\n"

static struct config config;
static struct kotak_options options;
static char why[256];

static bool taken(const char *text)
{
	struct config_issues issues = { 0 };

	config_init(&config);
	config_read_text(&config, "sauda.conf", text, strlen(text), &issues);
	if (issues.count)
		fail_msg("%s", issues.text.data);
	why[0] = '\0';
	return account_options(&config, &options, why, sizeof(why));
}

static void each_arrives(void **state)
{
	(void)state;
	assert_true(taken("[limits]\norder_rate = 7\norder_reserve = 4\n[kotak]\n" NEEDED "registered_ip = 203.0.113.9\nip_version = 6\nlogin_at = 08:41\nreport_rate = 2\nquote_rate = 9\n"
	                  "session_url = https://127.0.0.1:1\nconfig_url = https://127.0.0.1:2\nfeed_url = wss://127.0.0.1:3\norder_feed_url = wss://127.0.0.1:4\nca_file = /five.pem\n"));
	assert_string_equal(options.consumer_key, "key");
	assert_string_equal(options.mobile, "+919876543210");
	assert_string_equal(options.ucc, "QXZ98");
	assert_string_equal(options.mpin, "739182");
	assert_string_equal(options.totp_secret, "JBSWY3DPEHPK3PXP");
	assert_string_equal(options.registered_ip, "203.0.113.9");
	assert_string_equal(options.session_url, "https://127.0.0.1:1");
	assert_string_equal(options.config_url, "https://127.0.0.1:2");
	assert_string_equal(options.feed_url, "wss://127.0.0.1:3");
	assert_string_equal(options.order_feed_url, "wss://127.0.0.1:4");
	assert_string_equal(options.ca_file, "/five.pem");
	assert_int_equal(options.ip_version, 6);
	assert_int_equal(options.login_at, TIME_OF_DAY(8, 41));
	assert_int_equal(options.order_rate, 7);
	assert_int_equal(options.order_reserve, 4);
	assert_int_equal(options.report_rate, 2);
	assert_int_equal(options.quote_rate, 9);
}

static void other_hosts(void **state)
{
	(void)state;
	assert_true(taken("[kotak]\n" NEEDED));
	assert_string_equal(options.config_url, "");
	assert_int_equal(options.ip_version, 0);
	assert_int_equal(options.login_at, TIME_OF_DAY(8, 30));
	assert_true(taken("[kotak]\n" NEEDED "session_url = https://127.0.0.1:1\n"));
	assert_string_equal(options.config_url, "none");
	assert_true(taken("[kotak]\n" NEEDED "ip_version = 4\n"));
	assert_int_equal(options.ip_version, 4);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_false(taken("[kotak]\naccess_token = other\nmobile_number = +919876543210\n"));
	assert_null(strstr(why, "consumer_key"));
	assert_non_null(strstr(why, "kotak.ucc, kotak.mpin, kotak.totp_secret not set: set KOTAK_UCC, KOTAK_MPIN, KOTAK_TOTP_SECRET"));
	assert_true(taken("[kotak]\n" NEEDED));
	config.kotak_consumer_key[0] = '\0';
	snprintf(config.kotak_access_token, sizeof(config.kotak_access_token), "other");
	assert_true(account_options(&config, &options, why, sizeof(why)));
	assert_string_equal(options.consumer_key, "other");
}

static void a_value_is_never_cut(void **state)
{
	(void)state;
	assert_true(taken("[kotak]\n" NEEDED));
	memset(config.kotak_ca_file, 'a', sizeof(options.ca_file));
	config.kotak_ca_file[0] = '/';
	assert_false(account_options(&config, &options, why, sizeof(why)));
	assert_string_equal(why, "kotak.ca_file is longer than 255 letters");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_arrives), cmocka_unit_test(other_hosts), cmocka_unit_test(what_is_missing_is_named),
		                            cmocka_unit_test(a_value_is_never_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
