/* One-time login links and browser sessions, in memory: a restart of the engine signs everybody out. */
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/tokens_priv.h"

/* made_at 0 marks a free row, so a clock that reads 0 counts as 1. */
static nanos_t at_least_one(nanos_t now)
{
	return now > 0 ? now : 1;
}

/* Keyed by this run's key: neither the name nor the CSRF token says anything about the cookie. */
static void derive(const struct auth *a, const struct session *s, const char *purpose, uint8_t ret[AUTH_HASH])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, a->key, sizeof(a->key), AUTH_HASH);
	crypto_generichash_update(&h, (const unsigned char *)purpose, strlen(purpose));
	crypto_generichash_update(&h, s->hash, AUTH_HASH);
	crypto_generichash_final(&h, ret, AUTH_HASH);
}

static void session_name(const struct auth *a, const struct session *s, char *text, size_t size)
{
	uint8_t hash[AUTH_HASH];
	char hex[17];

	derive(a, s, "name", hash);
	sodium_bin2hex(hex, sizeof(hex), hash, 8);
	snprintf(text, size, "session:%s", hex);
}

static void who_is(const struct auth *a, const struct session *s, struct auth_who *ret)
{
	uint8_t hash[AUTH_HASH];

	*ret = (struct auth_who){ .role = s->role };
	session_name(a, s, ret->principal, sizeof(ret->principal));
	derive(a, s, "csrf", hash);
	sodium_bin2hex(ret->csrf, sizeof(ret->csrf), hash, sizeof(hash));
}

/* -- links -------------------------------------------------------------------------------------------------------- */

void auth_link_new(struct auth *a, enum control_role role, nanos_t now, char code[AUTH_SECRET_TEXT])
{
	struct link *oldest = &a->links[0];

	CHECK_OBJ(a, AUTH_MAGIC);
	for (size_t i = 1; i < AUTH_LINKS; i++)
		if (a->links[i].made_at < oldest->made_at)
			oldest = &a->links[i];
	auth_secret_new(code);
	*oldest = (struct link){ .made_at = at_least_one(now), .role = role };
	auth_hash(oldest->hash, code);
}

static struct link *link_find(struct auth *a, const char *code, nanos_t now)
{
	uint8_t hash[AUTH_HASH];
	struct link *found = NULL;

	auth_hash(hash, code);
	for (size_t i = 0; i < AUTH_LINKS; i++)
		if (sodium_memcmp(a->links[i].hash, hash, AUTH_HASH) == 0 && a->links[i].made_at != 0)
			found = &a->links[i];
	return found && now - found->made_at <= AUTH_LINK_LIFE ? found : NULL;
}

/* -- sessions ----------------------------------------------------------------------------------------------------- */

static bool session_live(const struct session *s, nanos_t now)
{
	return s->made_at != 0 && now - s->made_at <= AUTH_SESSION_LIFE && now - s->used_at <= AUTH_SESSION_IDLE;
}

static struct session *session_room(struct auth *a)
{
	struct session *room = &a->sessions[0];

	for (size_t i = 1; i < AUTH_SESSIONS; i++)
		if (a->sessions[i].used_at < room->used_at)
			room = &a->sessions[i];
	return room;
}

int auth_link_use(struct auth *a, const char *code, nanos_t now, char cookie[AUTH_SECRET_TEXT], struct auth_who *ret)
{
	CHECK_OBJ(a, AUTH_MAGIC);
	struct link *link = link_find(a, code, now);

	if (!link)
		return ERR_DENIED;
	struct session *s = session_room(a);
	*s = (struct session){ .made_at = at_least_one(now), .used_at = at_least_one(now), .role = link->role };
	*link = (struct link){ 0 };
	auth_secret_new(cookie);
	auth_hash(s->hash, cookie);
	who_is(a, s, ret);
	return ERR_OK;
}

int auth_cookie_check(struct auth *a, const char *cookie, nanos_t now, struct auth_who *ret)
{
	uint8_t hash[AUTH_HASH];
	struct session *found = NULL;

	CHECK_OBJ(a, AUTH_MAGIC);
	auth_hash(hash, cookie);
	for (size_t i = 0; i < AUTH_SESSIONS; i++)
		if (sodium_memcmp(a->sessions[i].hash, hash, AUTH_HASH) == 0 && session_live(&a->sessions[i], now))
			found = &a->sessions[i];
	if (!found)
		return ERR_DENIED;
	found->used_at = at_least_one(now);
	who_is(a, found, ret);
	return ERR_OK;
}

static struct session *session_named(struct auth *a, const char *principal)
{
	char name[32];

	for (size_t i = 0; i < AUTH_SESSIONS; i++) {
		session_name(a, &a->sessions[i], name, sizeof(name));
		if (a->sessions[i].made_at != 0 && strcmp(name, principal) == 0)
			return &a->sessions[i];
	}
	return NULL;
}

int auth_session_find(struct auth *a, const char *principal, nanos_t now, struct auth_who *ret)
{
	CHECK_OBJ(a, AUTH_MAGIC);
	const struct session *s = session_named(a, principal);

	if (!s || !session_live(s, now))
		return ERR_NOENT;
	who_is(a, s, ret);
	return ERR_OK;
}

int auth_logout(struct auth *a, const char *principal)
{
	CHECK_OBJ(a, AUTH_MAGIC);
	struct session *s = session_named(a, principal);

	if (!s)
		return ERR_NOENT;
	*s = (struct session){ 0 };
	return ERR_OK;
}
