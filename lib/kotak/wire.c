#include "lib/kotak/wire.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/obj.h"

#define TOKEN_MIN 32 /* letters and digits in a row that may be a token: not shown */

/* What a code means when the body says no. Where two meanings are thinkable it is not here, and the answer stays unknown. */
enum code_class { CODE_OTHER, CODE_REFUSED, CODE_EMPTY, CODE_SESSION, CODE_IP };
struct code { int64_t code; enum code_class is; };
static const struct code codes[] = {
	{ 14, CODE_REFUSED },      /* error from core: an AMO cancelled as if it were none */
	{ 32, CODE_REFUSED },      /* error from core: the tag was used before */
	{ 1003, CODE_SESSION },
	{ 1004, CODE_REFUSED },    /* balance */
	{ 1006, CODE_REFUSED },    /* executed, cancelled or not found */
	{ 1007, CODE_REFUSED },    /* body invalid */
	{ 1009, CODE_REFUSED },    /* instrument */
	{ 1017, CODE_REFUSED },    /* algo order not allowed */
	{ 1021, CODE_REFUSED },    /* order is completed */
	{ 1037, CODE_IP },
	{ 5203, CODE_EMPTY },
	{ 5204, CODE_REFUSED },    /* the tag was used before */
	{ 10020, CODE_SESSION },   /* Authentication Failed: login not completed */
	{ 10300, CODE_REFUSED },   /* validation */
	{ 100008, CODE_IP },
	{ 100022, CODE_SESSION },
	{ 200032, CODE_REFUSED },  /* not this account's host */
};

/* What a body says, before anything is decided. */
struct said {
	const cJSON *root;
	bool ok, not_ok;            /* stat or status said so; neither: no such field */
	int64_t code;               /* stCode; else the code of another shape; 0 = none */
	bool st_code;               /* it was stCode */
	const char *text;
	bool torn;                  /* a field that decides is there twice */
};

static enum code_class class_of(int64_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return codes[i].is;
	return CODE_OTHER;
}

const char *wire_verdict_name(enum wire_verdict v)
{
	static const char *const names[] = { "ok", "empty", "refused", "session", "ip", "rate", "not_sent", "unknown" };

	assert((size_t)v < ARRAY_LEN(names));
	return names[v];
}

/* -- reading the body ---------------------------------------------------------------------------------------------- */

static const cJSON *child(const cJSON *object, const char *key)
{
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

static const char *filled(const cJSON *object, const char *key)
{
	const char *text;

	return wire_text(object, key, &text) && text[0] ? text : NULL;
}

static bool is_torn(const cJSON *root)
{
	static const char *const keys[] = { "stat", "stCode", "nOrdNo", "status", "data", "errMsg" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		unsigned n = 0;
		for (const cJSON *c = root->child; c; c = c->next)
			n += c->string && strcmp(c->string, keys[i]) == 0;
		if (n > 1)
			return true;
	}
	return false;
}

static const char *find_text(const cJSON *root)
{
	const cJSON *error = child(root, "error"), *fault = child(root, "fault");
	const char *choice[] = {
		filled(root, "errMsg"), filled(root, "emsg"), filled(cJSON_GetArrayItem(error, 0), "message"),
		cJSON_IsString(error) ? error->valuestring : NULL, filled(root, "message"), filled(fault, "message"),
		filled(fault, "description"), filled(root, "desc"), filled(root, "stat"),
	};

	for (size_t i = 0; i < ARRAY_LEN(choice); i++)
		if (choice[i] && choice[i][0])
			return choice[i];
	return "";
}

static int64_t find_code(const cJSON *root, bool *ret_st_code)
{
	const cJSON *first = cJSON_GetArrayItem(child(root, "error"), 0), *fault = child(root, "fault");
	int64_t code = 0;

	*ret_st_code = child(root, "stCode");
	if (*ret_st_code)
		return wire_int(root, "stCode", &code) ? code : -1;
	if (!wire_int(root, "code", &code) && !wire_int(first, "code", &code) && !wire_int(root, "errorCode", &code))
		wire_int(fault, "code", &code);
	return code;
}

static struct said listen_to(const cJSON *root)
{
	struct said s = { .root = root, .torn = is_torn(root), .text = find_text(root) };
	const cJSON *field = child(root, "stat");

	field = field ? field : child(root, "status");
	s.ok = cJSON_IsString(field) && (strcasecmp(field->valuestring, "ok") == 0 || strcasecmp(field->valuestring, "success") == 0);
	s.not_ok = field && !s.ok;
	s.code = find_code(root, &s.st_code);
	return s;
}

/* -- success ------------------------------------------------------------------------------------------------------- */

static bool is_order_number(const char *text)
{
	return text && strlen(text) < 32 && strspn(text, "0123456789") == strlen(text);
}

static bool is_login(const struct said *s)
{
	return filled(child(s->root, "data"), "token");
}

static bool is_success(const struct said *s, enum wire_kind kind)
{
	bool code_good = !s->st_code || s->code == 200 || s->code == 1000;

	if (s->not_ok || !code_good || child(s->root, "fault"))
		return kind == WIRE_LOGIN && !s->not_ok && is_login(s) && code_good;
	switch (kind) {
	case WIRE_ORDER:
		return s->ok && is_order_number(filled(s->root, "nOrdNo"));
	case WIRE_REPORT:
		return s->ok;
	case WIRE_LOGIN:
		return is_login(s);
	case WIRE_ARRAY:
		return false;
	case WIRE_DATA:
		return s->ok || cJSON_IsObject(child(s->root, "data")) || cJSON_IsArray(child(s->root, "data")) ||
		       cJSON_IsArray(child(s->root, "expiries")); /* 2.17: this one comes bare */
	}
	WRONG("no such kind");
	return false;
}

/* -- failure ------------------------------------------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
	return strcasestr(text, word);
}

/* 401 and 403 come from gateways too; only words about the session make them a session error. */
static bool is_session_text(const char *text)
{
	bool subject = has_word(text, "session") || has_word(text, "token") || has_word(text, "authentication") || has_word(text, "credential");
	bool bad = has_word(text, "invalid") || has_word(text, "expired") || has_word(text, "failed");

	return subject && bad;
}

static bool is_rate_body(const struct said *s)
{
	return s->code == 429 && !s->ok;
}

static enum wire_verdict by_code(const struct said *s, enum wire_kind kind, long status)
{
	switch (class_of(s->code)) {
	case CODE_REFUSED:
		return WIRE_REFUSED;
	case CODE_SESSION:
		return WIRE_SESSION;
	case CODE_IP:
		return WIRE_IP;
	case CODE_EMPTY:
		return kind == WIRE_ORDER || status >= 300 ? WIRE_UNKNOWN : WIRE_EMPTY;
	case CODE_OTHER:
		break;
	}
	/* Asked without Sid and Auth, data calls may want them after all: the session itself is good. */
	if (has_word(s->text, "complete the 2fa"))
		return kind == WIRE_DATA || kind == WIRE_ARRAY ? WIRE_REFUSED : WIRE_SESSION;
	if ((status == 401 || status == 403) && is_session_text(s->text))
		return WIRE_SESSION;
	/* Input that a gateway refused, in a shape of theirs, is definite. A number nobody has seen is not, when an order hangs on it. */
	if ((status == 400 || status == 422) && s->text[0])
		return WIRE_REFUSED;
	return kind != WIRE_ORDER && s->not_ok && status != 401 && status != 403 ? WIRE_REFUSED : WIRE_UNKNOWN;
}

static bool has_login_error(const struct said *s, long status)
{
	return (s->not_ok || cJSON_IsArray(child(s->root, "error")) || status >= 400) && s->text[0];
}

static enum wire_verdict judge_object(const struct said *s, enum wire_kind kind, long status)
{
	bool good = status >= 200 && status < 300;

	if (s->torn)
		return WIRE_UNKNOWN;
	if (good && is_success(s, kind))
		return WIRE_OK;
	if (filled(s->root, "nOrdNo") || s->ok) /* says yes somewhere: no definite no */
		return WIRE_UNKNOWN;
	if (status == 429)
		return WIRE_RATE;
	if (kind == WIRE_LOGIN) /* stCode 429 and 401 mean a wrong UCC and MPIN here */
		return has_login_error(s, status) ? WIRE_REFUSED : WIRE_UNKNOWN;
	if (is_rate_body(s))
		return WIRE_RATE;
	if (s->st_code && s->code == 200)
		return WIRE_UNKNOWN;
	return by_code(s, kind, status);
}

/* -- words for people ---------------------------------------------------------------------------------------------- */

/* One printable line; what looks like a token is not repeated. */
static void clean(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	while (*text && len + 4 < size) {
		size_t run = 0;

		while (isalnum((unsigned char)text[run]) || (text[run] && strchr("._-", text[run])))
			run++;
		if (run >= TOKEN_MIN) {
			memcpy(ret + len, "***", 3);
			len += 3;
			text += run;
			continue;
		}
		run = run > 0 ? run : 1;
		for (; run > 0 && len + 4 < size; run--, text++)
			ret[len++] = *text >= ' ' && *text <= '~' ? *text : ' ';
	}
	ret[len] = '\0';
}

static void say(struct wire_answer *ret, const struct http_answer *a, const struct said *s)
{
	char text[sizeof(ret->text)];

	if (a->fate != HTTP_ANSWERED)
		snprintf(text, sizeof(text), "%.150s", a->error);
	else if (!s)
		snprintf(text, sizeof(text), "HTTP %ld, %s", a->status, a->len == 0 ? "an empty answer" : "not JSON");
	else if (s->text[0])
		snprintf(text, sizeof(text), "%.150s", s->text);
	else
		snprintf(text, sizeof(text), "HTTP %ld", a->status);
	clean(text, ret->text, sizeof(ret->text));
}

/* -- the one place ------------------------------------------------------------------------------------------------- */

static enum wire_verdict judge_body(const struct http_answer *a, enum wire_kind kind, const cJSON *json, struct wire_answer *ret)
{
	if (!cJSON_IsObject(json) && !cJSON_IsArray(json)) {
		say(ret, a, NULL);
		/* A page with status 429 proves nothing about an order: reliability.md row 8. */
		return a->status == 429 && kind != WIRE_ORDER ? WIRE_RATE : WIRE_UNKNOWN;
	}
	struct said s = listen_to(json);
	ret->st_code = s.code > 0 ? s.code : 0;
	say(ret, a, &s);
	if (a->status >= 500) /* whatever it says: orders were accepted behind such answers */
		return WIRE_UNKNOWN;
	if (cJSON_IsArray(json))
		return kind == WIRE_ARRAY && a->status >= 200 && a->status < 300 ? WIRE_OK : WIRE_UNKNOWN;
	return judge_object(&s, kind, a->status);
}

void wire_classify(const struct http_answer *a, enum wire_kind kind, struct wire_answer *ret, cJSON **ret_json)
{
	*ret = (struct wire_answer){ .http = a->fate == HTTP_ANSWERED ? a->status : 0, .server_date = a->date, .verdict = WIRE_UNKNOWN };
	*ret_json = NULL;
	if (a->fate == HTTP_ANSWERED) {
		*ret_json = wire_parse(a->body, a->len);
		ret->json = *ret_json;
		ret->retry_after = a->retry_after;
		ret->verdict = judge_body(a, kind, *ret_json, ret);
		return;
	}
	say(ret, a, NULL);
	if (a->fate == HTTP_NOT_SENT || (a->fate == HTTP_CANCELLED && a->sent == 0))
		ret->verdict = WIRE_NOT_SENT;
}
