/* Login in two steps, and the calls around it: config service, the client's IP, its registration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

#define DATA_CENTER "SIM1"

/* -- refusals: the server is not consistent, and neither are these ------------------------------------------------- */

static void missing(struct call *c, const char *field)
{
	char text[160];

	snprintf(text, sizeof(text), "{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field '%s'\"}]}", field);
	call_text(c, 400, "application/json", text);
	c->sim->stats.logins_refused++;
}

static void failure(struct call *c, int code, const char *what)
{
	char text[160];

	snprintf(text, sizeof(text), "{\"stCode\":%d,\"errMsg\":\"%s\",\"status\":\"failure\"}", code, what);
	call_text(c, 200, "application/json", text);
	c->sim->stats.logins_refused++;
}

static void wrong_credentials(struct call *c, int status)
{
	call_text(c, status, "application/json", "{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"}");
	c->sim->stats.logins_refused++;
}

/* -- both steps --------------------------------------------------------------------------------------------------- */

static cJSON *json_body(struct call *c)
{
	cJSON *body = c->r->body ? cJSON_ParseWithLength(c->r->body, c->r->body_len) : NULL;

	if (cJSON_IsObject(body))
		return body;
	cJSON_Delete(body);
	return NULL;
}

/* The application's key, and the fixed one beside it. */
static bool application_fits(struct call *c)
{
	const char *key = net_header(c->r, "Authorization"), *fin = net_header(c->r, "neo-fin-key"), *type = net_header(c->r, "Content-Type");

	if (!key || strcmp(key, c->sim->account.consumer_key) != 0 || !fin || strcmp(fin, "neotradeapi") != 0) {
		wrong_credentials(c, 401);
		return false;
	}
	if (!type || strncasecmp(type, "application/json", 16) != 0) {
		call_fault(c, 400, "Unsupported Content-Type");
		return false;
	}
	return true;
}

static const char *filled(const cJSON *body, const char *name)
{
	const char *v = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body, name));

	return v && *v ? v : NULL;
}

static void put_person(struct call *c)
{
	struct json *j = &c->j;

	json_str(j, "ucc", c->sim->account.ucc);
	json_str(j, "greetingName", "Neosim");
	json_bool(j, "isUserPwdExpired", false);
	json_bool(j, "isTrialAccount", false);
	json_str(j, "dataCenter", DATA_CENTER);
	json_str(j, "derivativesRiskDisclosure", "Disclosures on derivatives trading\n9 out of 10 individual traders\nin equity F&O made losses.\n");
	json_int(j, "mfAccess", 1);
	json_null(j, "dataCenterMap");
	json_str(j, "dormancyStatus", "A");
	json_str(j, "asbaStatus", "");
	json_str(j, "clientType", "RI");
	json_bool(j, "isNRI", false);
	json_str(j, "kId", "AAAPA0000A");
	json_int(j, "incRange", 4);
	json_str(j, "incUpdFlag", "");
	json_str(j, "clientGroup", "");
	json_str(j, "kraStatus", "");
	json_int(j, "rcFlag", 0);
	json_str(j, "hsServerId", "");
	json_str(j, "searchAPIKey", "");
}

static void begin_data(struct call *c, const char *token, const char *sid, const char *kind)
{
	json_object(&c->j, NULL);
	json_object(&c->j, "data");
	json_str(&c->j, "token", token);
	json_str(&c->j, "sid", sid);
	json_str(&c->j, "rid", "3f0f0000-0000-4000-a000-000000000001");
	json_str(&c->j, "kType", kind);
	json_str(&c->j, "status", "success");
	put_person(c);
}

static void end_data(struct call *c)
{
	json_object_end(&c->j);
	json_object_end(&c->j);
}

/* -- step 1 ------------------------------------------------------------------------------------------------------- */

static bool login_fits(struct call *c, const cJSON *body)
{
	const struct sim_account *who = &c->sim->account;
	const char *mobile = filled(body, "mobileNumber"), *ucc = filled(body, "ucc"), *totp = filled(body, "totp");

	if (!mobile)
		missing(c, "MobileNumber");
	else if (!ucc)
		missing(c, "Ucc");
	else if (!totp)
		missing(c, "Totp");
	else if (strcmp(ucc, who->ucc) != 0)
		failure(c, 429, "Invalid UCC");
	else if (strcmp(mobile, who->mobile) != 0)
		wrong_credentials(c, 200);
	else if (!auth_take_code(&c->sim->auth, who->totp_secret, sim_time(c->sim), totp))
		wrong_credentials(c, 200);
	else
		return true;
	return false;
}

void api_login(struct call *c)
{
	cJSON *body = json_body(c);
	const struct session *s;

	if (!body) {
		call_fault(c, 400, "Invalid JSON");
	} else if (application_fits(c) && login_fits(c, body)) {
		s = auth_login(&c->sim->auth, &c->sim->account, sim_time(c->sim));
		begin_data(c, s->view_token, s->view_sid, "View");
		end_data(c);
	}
	cJSON_Delete(body);
}

/* -- step 2 ------------------------------------------------------------------------------------------------------- */

static void answer_validated(struct call *c, const struct session *s)
{
	char origin[64], feed[64];

	begin_data(c, s->token, s->sid, "Trade");
	call_origin(c, "http", "https", origin, sizeof(origin));
	json_str(&c->j, "baseUrl", origin);
	call_origin(c, "ws", "wss", origin, sizeof(origin));
	snprintf(feed, sizeof(feed), "%.50s/feed", origin);
	json_str(&c->j, "feedUrl", feed);
	snprintf(feed, sizeof(feed), "%.50s/realtime", origin);
	json_str(&c->j, "rtUrl", feed);
	end_data(c);
}

void api_validate(struct call *c)
{
	const char *sid = net_header(c->r, "sid"), *token = net_header(c->r, "Auth"), *mpin;
	cJSON *body = json_body(c);
	struct session *s = sid && token ? auth_view(&c->sim->auth, sid, token) : NULL;

	mpin = filled(body, "mpin");
	if (!body) {
		call_fault(c, 400, "Invalid JSON");
	} else if (!application_fits(c)) {
		/* answered there */
	} else if (!mpin) {
		missing(c, "Mpin");
	} else if (!s || sim_time(c->sim) >= s->ends) {
		c->reply->status = 401;
		call_refuse(c, 100022, "invalid session token", "error in neo-login-check-api");
	} else if (strcmp(mpin, c->sim->account.mpin) != 0) {
		failure(c, 401, "Invalid MPIN");
	} else {
		auth_validate(&c->sim->auth, s, &c->sim->account, sim_time(c->sim), c->sim->ip);
		c->sim->stats.logins++;
		answer_validated(c, s);
	}
	cJSON_Delete(body);
}

/* -- around it ---------------------------------------------------------------------------------------------------- */

/* The data centres of others: ours is not among them, so that the addresses of the validate answer count. */
void api_config(struct call *c)
{
	char *environment = query_field(c->r->query, "environment"), *platform = query_field(c->r->query, "platform");

	if (!environment || !platform) {
		call_fault(c, 400, "appVersion, platform and environment are needed");
	} else {
		json_object(&c->j, NULL);
		json_object(&c->j, "data");
		json_object(&c->j, "configs");
		json_str(&c->j, "E21_broadcast_source", "sh");
		json_str(&c->j, "E21_sh_broadcast_endpoint", "https://127.0.0.1/apifeed");
		json_str(&c->j, "E21_sh_interactive_endpoint", "https://127.0.0.1/realtime");
		json_str(&c->j, "E21_hs_interactive_endpoint", "127.0.0.1/realtime");
		json_object_end(&c->j);
		end_data(c);
	}
	free(environment);
	free(platform);
}

void api_client_ip(struct call *c)
{
	int64_t now = sim_time(c->sim);
	struct sim_day d = day_split(now);
	char text[40];

	snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%03d", d.year % 10000, d.month, d.day, d.hour, d.minute, d.second,
	         (int)(now / NANOS_MS % 1000));
	json_object(&c->j, NULL);
	json_array(&c->j, "data");
	json_object(&c->j, NULL);
	json_str(&c->j, "ip", c->sim->ip);
	json_str(&c->j, "time", text);
	json_object_end(&c->j);
	json_array_end(&c->j);
	json_int(&c->j, "stCode", 1000);
	json_str(&c->j, "status", "success");
	json_object_end(&c->j);
}

void api_registration(struct call *c)
{
	json_object(&c->j, NULL);
	json_object(&c->j, "data");
	json_str(&c->j, "primaryIp", c->sim->registered_ip);
	json_str(&c->j, "secondaryIp", "");
	json_str(&c->j, "primaryIpUpdatedAt", "2026-04-01 10:00:00");
	json_null(&c->j, "secondaryIpUpdatedAt");
	json_str(&c->j, "status", "ACTIVE");
	json_object_end(&c->j);
	json_int(&c->j, "stCode", 200);
	json_str(&c->j, "stat", "Ok");
	json_object_end(&c->j);
}
