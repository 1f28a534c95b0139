/* Login in two steps, TOTP against virtual time, tokens, and whether a request comes from a session that may act. */
#include "tests/sim/broker_priv.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>

#define JWT_HEAD "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

static const char *totp(int64_t step, char ret[8])
{
	char *secret;
	size_t len;

	assert(oath_init() == OATH_OK);
	assert(oath_base32_decode(sim_broker_account()->totp_secret, strlen(sim_broker_account()->totp_secret), &secret, &len) == OATH_OK);
	assert(oath_totp_generate(secret, len, step * 30, 30, 0, 6, ret) == OATH_OK);
	free(secret);
	return ret;
}

/* The step before and the one after pass as well: a phone's clock is not the server's. No code counts twice. */
static bool code_good(struct sim_broker *b, const char *code)
{
	int64_t step = b->now / SECOND / 30;
	char wanted[8];

	for (int64_t near = step - 1; near <= step + 1; near++)
		if ((uint64_t)near + 1 > b->code_used && !strcmp(totp(near, wanted), code)) {
			b->code_used = (uint64_t)near + 1;
			return true;
		}
	return false;
}

static void base64url(struct buf *to, const char *text, size_t len)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)text[i] << 16;

		v |= i + 1 < len ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
		v |= i + 2 < len ? (unsigned char)text[i + 2] : 0;
		for (size_t k = 0; k < 4 && i + k <= len; k++)
			buf_putc(to, digit[v >> (18 - 6 * k) & 63]);
	}
}

/* A session ends for good at six the next morning. */
static void make_token(struct sim_broker *b, struct session *s)
{
	struct buf *claims = &b->scratch;
	struct buf token = { 0 };
	uint64_t random[3];

	for (size_t i = 0; i < ARRAY_LEN(random); i++)
		random[i] = prng_next(&b->dice_life);
	buf_clear(claims);
	buf_printf(claims, "{\"sub\":\"%s\",\"exp\":%lld,\"iat\":%lld,\"jti\":\"%u\",\"scope\":\"%s\"}", sim_broker_account()->ucc,
		(long long)((b->day + 30 * 60 * MINUTE) / SECOND), (long long)(b->now / SECOND), s->number, s->trade ? "trade" : "view");
	buf_puts(&token, JWT_HEAD ".");
	base64url(&token, claims->data, claims->len);
	buf_putc(&token, '.');
	base64url(&token, (const char *)random, sizeof(random));
	assert(!token.failed && token.len < sizeof(s->token));
	memcpy(s->token, token.data, token.len + 1);
	snprintf(s->sid, sizeof(s->sid), "%08x-%04x-4%03x-9%03x-%012llx", (uint32_t)random[0], (unsigned)(random[0] >> 48), (unsigned)(random[1] & 0xFFF),
		(unsigned)(random[1] >> 52), (unsigned long long)(random[2] & UINT64_C(0xFFFFFFFFFFFF)));
	buf_done(&token);
}

static struct session *session_new(struct sim_broker *b, bool trade)
{
	struct session *s = &b->sessions[b->n_session % SIM_SESSIONS];

	memset(s, 0, sizeof(*s));
	s->number = ++b->n_session;
	s->trade = trade;
	make_token(b, s);
	return s;
}

struct session *session_find(struct sim_broker *b, const char *token, const char *sid)
{
	for (size_t i = 0; i < SIM_SESSIONS; i++) {
		struct session *s = &b->sessions[i];

		if (s->number && sid && !strcmp(s->sid, sid) && (!token || !strcmp(s->token, token)))
			return s;
	}
	return NULL;
}

/* -- the two steps ---------------------------------------------------------------------------------------------------------------- */

bool session_key(const struct sim_request *r)
{
	const char *key = request_header(r, "Authorization");

	return key && !strcmp(key, sim_broker_account()->consumer_key);
}

static void refuse_login(struct sim_broker *b, struct sim_answer *ret, unsigned shape, const char *what)
{
	switch (shape) {
	case 0:
		answer_json(b, ret, 200, "{\"stCode\":401,\"errMsg\":\"Invalid %s\",\"status\":\"failure\"}", what);
		break;
	case 1:
		answer_json(b, ret, 401, "{\"status\":\"error\",\"message\":\"Invalid credentials or %s.\",\"errorCode\":\"401\"}", what);
		break;
	case 2:
		answer_json(b, ret, 500, "{\"status\":\"error\",\"message\":\"Service error\",\"errorCode\":\"500\"}");
		break;
	default:
		answer_gateway(b, ret, 503);
	}
}

static void missing(struct sim_broker *b, struct sim_answer *ret, const char *name)
{
	answer_json(b, ret, 400, "{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field '%s'\"}]}", name);
}

static bool caller_known(struct sim_broker *b, const struct sim_request *r, struct fields *f, struct sim_answer *ret)
{
	const char *source = request_header(r, "neo-fin-key");

	if (!session_key(r) || !source || strcmp(source, "neotradeapi"))
		answer_json(b, ret, 401, "{\"fault\":{\"code\":900901,\"message\":\"Invalid Credentials\",\"description\":\"Access failure for API\"}}");
	else if (!fields_of_json(f, r->body, r->body_len))
		answer_json(b, ret, 400, "{\"error\":[{\"code\":\"400\",\"message\":\"Invalid request body\"}]}");
	else
		return true;
	return false;
}

/* The second step's answer says where to go on. */
static void answer_session(struct sim_broker *b, const struct session *s, struct sim_answer *ret)
{
	const struct sim_account *a = sim_broker_account();
	const char *host = a->base_url + strlen("https://");

	buf_clear(&b->answer);
	buf_printf(&b->answer, "{\"data\":{\"token\":\"%s\",\"sid\":\"%s\",\"rid\":\"%u\",\"hsServerId\":\"\",\"isUserPwdExpired\":false,\"ucc\":\"%s\",\"greetingName\":\"SIM\","
		"\"isTrialAccount\":false,\"dataCenter\":\"E41\",\"searchAPIKey\":\"\",\"derivativesRiskDisclosure\":\"9 out of 10 individual traders\\nincurred net losses.\","
		"\"mfAccess\":1,\"dataCenterMap\":null,\"dormancyStatus\":\"A\",\"asbaStatus\":\"\",\"clientType\":\"RI\",\"isNRI\":false,\"kId\":\"AAAPA0000A\","
		"\"incRange\":0,\"incUpdFlag\":\"\",\"clientGroup\":\"\",\"kraStatus\":\"\",\"rcFlag\":0,\"kType\":\"%s\",\"status\":\"success\"", s->token, s->sid, s->number,
		a->ucc, s->trade ? "Trade" : "View");
	if (s->trade)
		buf_printf(&b->answer, ",\"baseUrl\":\"%s/\",\"feedUrl\":\"https://%s/apifeed\",\"rtUrl\":\"https://%s/realtime\"", a->base_url, host, host);
	buf_puts(&b->answer, "}}");
	answer_text(b, ret, 200, "application/json");
}

void session_login(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	const struct sim_account *a = sim_broker_account();
	struct fields f;

	if (!caller_known(b, r, &f, ret))
		return;
	const char *mobile = fields_get(&f, "mobileNumber"), *ucc = fields_get(&f, "ucc"), *code = fields_get(&f, "totp");

	if (!mobile || !*mobile)
		missing(b, ret, "MobileNumber");
	else if (!ucc || !*ucc)
		missing(b, ret, "Ucc");
	else if (!code || !*code)
		missing(b, ret, "Totp");
	else if (strcmp(ucc, a->ucc))
		answer_json(b, ret, 200, "{\"stCode\":429,\"errMsg\":\"Invalid UCC\",\"status\":\"failure\"}");
	else if (strcmp(mobile, a->mobile) || !code_good(b, code))
		refuse_login(b, ret, 1, "TOTP");
	else if (dice(b, SIM_LOGIN_FAILS))
		refuse_login(b, ret, (unsigned)below(&b->dice_fault, 4), "TOTP");
	else
		answer_session(b, session_new(b, false), ret);
}

void session_validate(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	struct fields f;

	if (!caller_known(b, r, &f, ret))
		return;
	const char *token = request_header(r, "Auth"), *mpin = fields_get(&f, "mpin");
	struct session *view = token ? session_find(b, token, request_header(r, "sid")) : NULL;

	if (!mpin || !*mpin) {
		missing(b, ret, "Mpin");
	} else if (!view || view->trade || view->ended) {
		answer_json(b, ret, 200, "{\"stat\":\"Not_Ok\",\"error\":[{\"code\":\"10020\",\"message\":\"Authentication Failed\"}],\"tid\":\"server3_%u\"}", b->n_session);
	} else if (strcmp(mpin, sim_broker_account()->mpin)) {
		refuse_login(b, ret, 0, "MPIN");
	} else if (dice(b, SIM_LOGIN_FAILS)) {
		refuse_login(b, ret, (unsigned)below(&b->dice_fault, 4), "MPIN");
	} else {
		view->ended = true;
		answer_session(b, session_new(b, true), ret);
		b->counts.logins++;
	}
}

/* Whatever version, platform and environment the query names. */
void session_config(struct sim_broker *b, const char *rest, struct sim_answer *ret)
{
	(void)rest;
	const char *host = sim_broker_account()->base_url + strlen("https://");

	answer_json(b, ret, 200, "{\"status\":\"success\",\"data\":{\"configs\":{\"E21_broadcast_source\":\"sh\",\"E41_broadcast_source\":\"sh\","
		"\"E41_sh_broadcast_endpoint\":\"https://%s/apifeed\",\"E41_sh_interactive_endpoint\":\"%s/realtime\"}}}", host, host);
}

/* -- whose request is this -------------------------------------------------------------------------------------------------------- */

static bool alive(const struct session *s)
{
	return s && s->trade && !s->ended && !s->stolen;
}

struct session *session_of(struct sim_broker *b, const struct sim_request *r)
{
	const char *token = request_header(r, "Auth");
	struct session *s = token ? session_find(b, token, request_header(r, "Sid")) : NULL;

	return alive(s) && b->now < b->day + 30 * 60 * MINUTE ? s : NULL;
}

/* Which status goes with which of the two texts is not known: both are shown. */
void session_refuse(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	const char *token = request_header(r, "Auth");
	const struct session *s = token ? session_find(b, token, request_header(r, "Sid")) : NULL;

	if (s && s->stolen)
		answer_json(b, ret, below(&b->dice_life, 2) ? 401 : 200, "{\"stCode\":1003,\"errMsg\":\"invalid session\",\"stat\":\"Not_Ok\"}");
	else
		answer_json(b, ret, below(&b->dice_life, 2) ? 401 : 200,
			"{\"stat\":\"error in neo-login-check-api\",\"stCode\":100022,\"errMsg\":\"invalid session token\"}");
}

/* A stolen session loses its sockets too: somebody else holds the account now. */
void session_troubles(struct sim_broker *b, struct session *s)
{
	if (dice(b, SIM_SESSION_ENDS))
		s->ended = true;
	if (s->ended || !dice(b, SIM_SESSION_STOLEN))
		return;
	s->stolen = true;
	for (size_t i = 0; i < SIM_CONNECTIONS; i++)
		if (b->connections[i].feed != FEED_NONE && b->connections[i].session == s->number)
			feed_close(b, &b->connections[i]);
}

void session_client_ip(struct sim_broker *b, const struct sim_request *r, struct sim_answer *ret)
{
	const struct session *s = session_of(b, r);
	struct ist t = text_ist(b->now);

	if (!s || !session_key(r)) {
		session_refuse(b, r, ret);
		return;
	}
	answer_json(b, ret, 200, "{\"data\":[{\"ip\":\"%s\",\"time\":\"%04d-%02d-%02d %02d:%02d:%02d.%03d\"}],\"stCode\":1000,\"status\":\"success\"}",
		s->wrong_ip == 100008 ? "203.0.113.99" : "203.0.113.7", t.year, t.month, t.day, t.hour, t.minute, t.second, t.milli);
}
