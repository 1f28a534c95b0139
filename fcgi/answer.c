#include "fcgi/answer.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/control/message.h"

#define COOKIE_LIFE (12 * 3600) /* s; the engine ends a session at the same age */

bool answer_is_word(const char *text)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

	return text && *text && strspn(text, letters) == strlen(text);
}

static void put_cookie(struct exchange *x, const char *value, int seconds)
{
	char line[256];

	snprintf(line, sizeof(line), "sauda=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", value, seconds,
	         x->request.https ? "; Secure" : "");
	reply_header(&x->reply, "Set-Cookie", line);
}

static void answer_internal(struct exchange *x, const char *detail)
{
	struct control_fault f;

	control_fault_set(&f, CODE_INTERNAL, NULL, "%s", detail);
	reply_fault(&x->reply, &f, x->request_id);
}

/* A probe answers one bit to strangers; the reasons may tell what is being traded. */
static void answer_ready(struct exchange *x, const char *body, size_t len)
{
	struct message_slice ready;
	bool is_ready = message_member(body, len, "ready", &ready) == 0 && ready.len == 4 && memcmp(ready.at, "true", 4) == 0;

	if (x->principal.role < ROLE_READ) {
		body = is_ready ? "{\"ready\":true}" : "{\"ready\":false}";
		len = strlen(body);
	}
	reply_json(&x->reply, is_ready ? 200 : 503, body, len);
}

/* Prometheus text travels as a JSON string. */
static void answer_metrics(struct exchange *x, const char *body, size_t len)
{
	cJSON *root = cJSON_ParseWithLength(body, len);
	const char *text = cJSON_GetStringValue(root);

	if (text) {
		reply_json(&x->reply, 200, text, strlen(text));
		x->reply.type = REPLY_TEXT;
	} else {
		answer_internal(x, "the engine's metrics are no text");
	}
	cJSON_Delete(root);
}

/* The session's secret goes into the cookie, where no script can read it, and nowhere else. */
static void answer_login(struct exchange *x, const char *body, size_t len)
{
	cJSON *root = cJSON_ParseWithLength(body, len);
	const char *cookie = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "cookie"));
	const char *role = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "role"));
	const char *csrf = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "csrf"));
	struct json j;

	if (answer_is_word(cookie) && strlen(cookie) <= AUTH_SECRET_MAX && role && csrf) {
		put_cookie(x, cookie, COOKIE_LIFE);
		reply_json(&x->reply, 200, "", 0);
		json_begin(&j, &x->reply.body);
		json_object(&j, NULL);
		json_str(&j, "role", role);
		json_str(&j, "csrf", csrf);
		json_object_end(&j);
	} else {
		answer_internal(x, "the engine's answer to the login link is no session");
	}
	cJSON_Delete(root);
}

void answer_result(struct exchange *x, const char *body, size_t len)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	switch (x->route.command->id) {
	case CTL_READY:
		answer_ready(x, body, len);
		break;
	case CTL_METRICS:
		answer_metrics(x, body, len);
		break;
	case CTL_AUTH_LINK:
		answer_login(x, body, len);
		break;
	case CTL_LOGOUT:
		put_cookie(x, "", 0);
		reply_json(&x->reply, 200, body, len);
		break;
	case CTL_SHUTDOWN: /* it has only begun */
		reply_json(&x->reply, 202, body, len);
		break;
	default:
		reply_json(&x->reply, 200, body, len);
	}
}

void answer_failure(struct exchange *x, const struct control_fault *f)
{
	CHECK_OBJ(x, EXCHANGE_MAGIC);
	if (x->route.command->id == CTL_HEALTH)
		reply_json(&x->reply, 503, "{\"alive\":false}", strlen("{\"alive\":false}"));
	else if (x->route.command->id == CTL_READY)
		answer_ready(x, "{\"ready\":false,\"reasons\":[]}", strlen("{\"ready\":false,\"reasons\":[]}"));
	else
		reply_fault(&x->reply, f, x->request_id);
}
