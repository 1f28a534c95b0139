#include "tests/neosim/auth.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/base/stamp.h"
#include "tests/neosim/clock.h"
#include "tests/neosim/sha1.h"

#define STEP_S 30

/* -- one-time codes (RFC 4226, RFC 6238) -------------------------------------------------------------------------- */

static int base32(const char *text, uint8_t *ret, size_t max)
{
	uint32_t bits = 0;
	int have = 0, n = 0;

	for (; *text; text++) {
		int c = toupper((unsigned char)*text);
		int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;

		if (c == ' ' || c == '=')
			continue;
		if (v < 0 || (size_t)n >= max)
			return -1;
		bits = bits << 5 | (uint32_t)v;
		have += 5;
		if (have >= 8) {
			have -= 8;
			ret[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

bool totp_code(const char *secret, int64_t step, char ret[8])
{
	uint8_t key[64], counter[8], mac[SHA1_LEN];
	int n = base32(secret, key, sizeof(key)), i, at;
	uint32_t cut;

	if (n <= 0)
		return false;
	for (i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	sha1_hmac(key, (size_t)n, counter, sizeof(counter), mac);
	at = mac[SHA1_LEN - 1] & 15;
	cut = (uint32_t)(mac[at] & 127) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(ret, 8, "%06u", cut % 1000000);
	return true;
}

static bool used(const struct auth *a, int64_t step)
{
	size_t i;

	for (i = 0; i < a->n_used && i < CODES_KEPT; i++)
		if (a->used[i] == step)
			return true;
	return false;
}

bool auth_take_code(struct auth *a, const char *secret, int64_t now, const char *code)
{
	int64_t step = now / NANOS_SECOND / STEP_S, s;
	char right[8];

	for (s = step - 1; s <= step + 1; s++) {
		if (used(a, s) || !totp_code(secret, s, right) || strcmp(right, code) != 0)
			continue;
		a->used[a->n_used++ % CODES_KEPT] = s;
		return true;
	}
	return false;
}

void auth_forget_codes(struct auth *a)
{
	a->n_used = 0;
}

/* -- sessions ----------------------------------------------------------------------------------------------------- */

static void make_sid(struct auth *a, char ret[40])
{
	uint64_t x = prng_next(&a->random), y = prng_next(&a->random);

	snprintf(ret, 40, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(x >> 32), (unsigned)(x >> 16 & 0xffff), (unsigned)(x & 0xfff), (unsigned)(y >> 52),
	         (unsigned long long)(y & 0xffffffffffff));
}

/* Shaped like a JWT; its signature is of nobody. */
static void make_token(struct auth *a, const struct sim_account *who, const char *scope, int64_t now, int64_t ends, char ret[512])
{
	static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	uint64_t signature[4];
	char claims[256];
	size_t i, n;

	for (i = 0; i < ARRAY_LEN(signature); i++)
		signature[i] = prng_next(&a->random);
	snprintf(claims, sizeof(claims), "{\"scope\":[\"%s\"],\"sub\":\"%s\",\"iss\":\"login-service\",\"iat\":%lld,\"exp\":%lld,\"jti\":\"%016llx\"}", scope, who->ucc,
	         (long long)(now / NANOS_SECOND), (long long)(ends / NANOS_SECOND), (unsigned long long)prng_next(&a->random));
	n = base64_url(head, sizeof(head) - 1, ret);
	ret[n++] = '.';
	n += base64_url(claims, strlen(claims), ret + n);
	ret[n++] = '.';
	n += base64_url(signature, sizeof(signature), ret + n);
	assert(n < 512);
}

struct session *auth_login(struct auth *a, const struct sim_account *who, int64_t now)
{
	struct session *s = &a->list[a->next++ % SESSIONS_MAX];

	*s = (struct session){.state = SESSION_VIEW};
	s->ends = sim_at(sim_date(now) + 1, 6 * NANOS_HOUR); /* everyone logs in afresh each morning */
	make_sid(a, s->view_sid);
	make_token(a, who, "View", now, s->ends, s->view_token);
	return s;
}

struct session *auth_view(struct auth *a, const char *sid, const char *token)
{
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (a->list[i].state != SESSION_NONE && strcmp(a->list[i].view_sid, sid) == 0 && strcmp(a->list[i].view_token, token) == 0)
			return &a->list[i];
	return NULL;
}

void auth_validate(struct auth *a, struct session *s, const struct sim_account *who, int64_t now, const char *ip)
{
	s->state = SESSION_TRADE;
	make_sid(a, s->sid);
	make_token(a, who, "Trade", now, s->ends, s->token);
	snprintf(s->ip, sizeof(s->ip), "%s", ip);
}

struct session *auth_trade_by_sid(struct auth *a, const char *sid)
{
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (a->list[i].state >= SESSION_TRADE && *sid && strcmp(a->list[i].sid, sid) == 0)
			return &a->list[i];
	return NULL;
}

struct session *auth_trade(struct auth *a, const char *sid, const char *token)
{
	struct session *s = auth_trade_by_sid(a, sid);

	return s && strcmp(s->token, token) == 0 ? s : NULL;
}

bool session_good(const struct session *s, int64_t now)
{
	return s && s->state == SESSION_TRADE && now < s->ends;
}

size_t auth_end_all(struct auth *a, enum session_state state)
{
	size_t i, n = 0;

	for (i = 0; i < SESSIONS_MAX; i++) {
		if (a->list[i].state == SESSION_NONE || a->list[i].state >= SESSION_EXPIRED)
			continue;
		if (a->list[i].state == SESSION_VIEW) {
			a->list[i].state = SESSION_NONE;
		} else {
			a->list[i].state = state;
			n++;
		}
	}
	return n;
}
