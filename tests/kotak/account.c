#include "tests/kotak/account.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

static const char *const secret_words[] = { ACCOUNT_KEY, ACCOUNT_SECRET, "123456", "9876543210", "trade-token", "trade-sid", "view-token", "view-sid" };

static void hear(void *ctx, enum session_state state, const char *reason)
{
	struct account *a = ctx;

	assert_true(a->n < ACCOUNT_HEARD);
	a->heard[a->n].state = state;
	a->heard[a->n].at = clock_now(&a->clock);
	a->heard[a->n].generation = kotak_session_generation(a->session);
	snprintf(a->heard[a->n].reason, sizeof(a->heard[a->n].reason), "%s", reason);
	a->n++;
	assert_int_equal(kotak_session_state(a->session), state);
	assert_string_equal(kotak_session_reason(a->session), reason);
	assert_true(state == SESSION_UP || reason[0]);
	for (size_t i = 0; i < ARRAY_LEN(secret_words); i++)
		assert_null(strstr(reason, secret_words[i]));
}

void account_init(struct account *a, const struct peer *p, nanos_t time_of_day, int64_t speed)
{
	*a = (struct account){ .peer = p, .options = { .consumer_key = ACCOUNT_KEY, .mobile = "+919876543210", .ucc = "ABC12", .mpin = "123456",
		.totp_secret = ACCOUNT_SECRET, .config_url = "none", .ip_version = 4, .order_rate = 8, .order_reserve = 4, .report_rate = 20, .quote_rate = 10,
		.login_at = TIME_OF_DAY(8, 30) } };
	snprintf(a->options.session_url, sizeof(a->options.session_url), "http://127.0.0.1:%u", p->port);
	a->clock = (struct clock){ stamp_at(date_from_civil(2026, 11, 23), time_of_day), clock_mono(), speed };
	uv_loop_init(&a->loop);
	peer_forget(p);
}

void account_open(struct account *a)
{
	struct kotak_listener l = { hear, a };
	char error[256] = "";

	a->clock.real_from = clock_mono();
	assert_int_equal(kotak_session_open(&a->loop, &a->options, &a->clock, &a->session, error), ERR_OK);
	assert_int_equal(kotak_session_listen(a->session, &l), ERR_OK);
	assert_int_equal(kotak_session_state(a->session), SESSION_DOWN);
}

void account_close(struct account *a)
{
	unsigned n = a->n;

	kotak_session_close(&a->session);
	uv_run(&a->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&a->loop), 0);
	assert_int_equal(a->n, n);
}

void account_script(const struct account *a, const char *more)
{
	char steps[1024];

	peer_script(a->peer, "/login/1.0/tradeApiLogin", "[{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\",\"kType\":\"View\"}}}]");
	snprintf(steps, sizeof(steps), "[{\"json\":{\"data\":{\"token\":\"trade-token\",\"sid\":\"trade-sid\",\"kType\":\"Trade\","
	         "\"baseUrl\":\"http://127.0.0.1:%u/base/\"%s}}}]", a->peer->port, more);
	peer_script(a->peer, "/login/1.0/tradeApiValidate", steps);
}

void account_until(struct account *a, enum session_state state)
{
	for (unsigned from = a->n;; from = a->n) {
		uv_run(&a->loop, UV_RUN_ONCE);
		for (unsigned i = from; i < a->n; i++)
			if (a->heard[i].state == state)
				return;
	}
}

void account_until_requests(struct account *a, const char *prefix, unsigned n)
{
	while (peer_count(a->peer, prefix) < n)
		uv_run(&a->loop, UV_RUN_ONCE);
}

void account_run(struct account *a, nanos_t span)
{
	nanos_t end = clock_now(&a->clock) + span;

	while (clock_now(&a->clock) < end)
		uv_run(&a->loop, UV_RUN_ONCE);
}

static cJSON *take_request(const struct account *a, const char *prefix, unsigned n)
{
	cJSON *all = peer_requests(a->peer), *found = NULL;

	for (int i = 0; i < cJSON_GetArraySize(all) && !found; i++)
		if (strncmp(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, i), "target")), prefix, strlen(prefix)) == 0 && n-- == 0)
			found = cJSON_DetachItemFromArray(all, i);
	cJSON_Delete(all);
	assert_non_null(found);
	return found;
}

nanos_t account_request_at(const struct account *a, const char *prefix, unsigned n)
{
	cJSON *r = take_request(a, prefix, n);
	nanos_t at = (nanos_t)cJSON_GetObjectItem(r, "at_ns")->valuedouble;

	cJSON_Delete(r);
	return a->clock.virtual_from + (at - a->clock.real_from) * a->clock.speed;
}

void account_request_field(const struct account *a, const char *prefix, unsigned n, const char *field, char ret[512])
{
	cJSON *r = take_request(a, prefix, n), *body = cJSON_Parse(cJSON_GetStringValue(cJSON_GetObjectItem(r, "body")));
	const cJSON *value = cJSON_GetObjectItem(body, field);

	if (!value)
		value = cJSON_GetObjectItem(cJSON_GetObjectItem(r, "headers"), field); /* ignores case */
	snprintf(ret, 512, "%s", value ? cJSON_GetStringValue(value) : "");
	cJSON_Delete(body);
	cJSON_Delete(r);
}
