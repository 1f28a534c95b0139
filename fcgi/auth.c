#include "fcgi/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>
#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"

#define AUTH_CACHE_MAGIC 0x41757468
#define CACHE_SETS 64    /* a power of two */
#define CACHE_WAYS 4
#define ADDRESSES 256    /* a power of two; addresses that share a place are held back together */
#define KEY_BYTES 32

struct entry {
	unsigned char key[KEY_BYTES];
	nanos_t until;       /* CLOCK_MONOTONIC; 0 = empty */
	bool known;
	struct principal who;
};

struct failures { nanos_t second; unsigned count; };

struct auth_cache {
	uint32_t magic;
	unsigned char hash_key[KEY_BYTES];   /* drawn at start, so that nobody can choose what collides */
	struct entry entries[CACHE_SETS][CACHE_WAYS];
	struct failures failures[ADDRESSES];
};

int auth_cache_new(struct auth_cache **ret)
{
	struct auth_cache *c = sodium_init() < 0 ? NULL : calloc(1, sizeof(*c));

	if (!c)
		return ERR_NOMEM;
	c->magic = AUTH_CACHE_MAGIC;
	randombytes_buf(c->hash_key, sizeof(c->hash_key));
	*ret = c;
	return 0;
}

void auth_cache_free(struct auth_cache **at)
{
	struct auth_cache *c = *at;

	*at = NULL;
	if (!c)
		return;
	CHECK_OBJ(c, AUTH_CACHE_MAGIC);
	sodium_memzero(c, sizeof(*c));
	free(c);
}

/* -- credentials -------------------------------------------------------------------------------------------------- */

static int read_secret(struct credentials *c, enum auth_kind kind, const char *at, size_t len, struct control_fault *f)
{
	if (len == 0 || len > AUTH_SECRET_MAX) {
		control_fault_set(f, CODE_UNAUTHENTICATED, NULL, "the %s is empty or longer than %d characters",
		                  kind == AUTH_TOKEN ? "token" : "session cookie", AUTH_SECRET_MAX);
		return ERR_PARSE;
	}
	for (size_t i = 0; i < len; i++) {
		if (at[i] > 0x20 && at[i] < 0x7f)
			continue;
		control_fault_set(f, CODE_UNAUTHENTICATED, NULL, "the credentials hold a character that no token has");
		return ERR_PARSE;
	}
	c->kind = kind;
	memcpy(c->secret, at, len);
	c->secret[len] = '\0';
	return 0;
}

int auth_read(const struct request *r, struct credentials *ret, struct control_fault *f)
{
	const char *cookie;
	size_t len;

	ret->kind = AUTH_ABSENT;
	if (r->authorization) {
		if (strncasecmp(r->authorization, "Bearer ", 7) != 0) {
			control_fault_set(f, CODE_UNAUTHENTICATED, "send Authorization: Bearer TOKEN",
			                  "the Authorization header is not a bearer token");
			return ERR_PARSE;
		}
		const char *token = r->authorization + 7;
		return read_secret(ret, AUTH_TOKEN, token, strlen(token), f);
	}
	if (request_cookie(r, "sauda", &cookie, &len) != 0) {
		control_fault_set(f, CODE_UNAUTHENTICATED, "delete this site's cookies and sign in again",
		                  "two cookies named sauda were sent");
		return ERR_PARSE;
	}
	return cookie ? read_secret(ret, AUTH_COOKIE, cookie, len, f) : 0;
}

void auth_wipe(struct credentials *c)
{
	sodium_memzero(c, sizeof(*c));
}

/* -- the cache ---------------------------------------------------------------------------------------------------- */

static void hash(const struct auth_cache *c, const void *bytes, size_t len, unsigned char key[KEY_BYTES])
{
	crypto_generichash(key, KEY_BYTES, bytes, len, c->hash_key, sizeof(c->hash_key));
}

static void credentials_key(const struct auth_cache *c, const struct credentials *who, unsigned char key[KEY_BYTES])
{
	char text[AUTH_SECRET_MAX + 2];
	size_t len = strlen(who->secret);

	text[0] = (char)('0' + who->kind);
	memcpy(text + 1, who->secret, len);
	hash(c, text, len + 1, key);
	sodium_memzero(text, sizeof(text));
}

static struct entry *find(struct auth_cache *c, const unsigned char key[KEY_BYTES])
{
	struct entry *set = c->entries[key[0] & (CACHE_SETS - 1)];

	for (size_t i = 0; i < CACHE_WAYS; i++)
		if (set[i].until && sodium_memcmp(set[i].key, key, KEY_BYTES) == 0)
			return &set[i];
	return NULL;
}

enum auth_verdict auth_look_up(struct auth_cache *c, const struct credentials *who, nanos_t now, struct principal *ret)
{
	unsigned char key[KEY_BYTES];
	struct entry *e;

	CHECK_OBJ(c, AUTH_CACHE_MAGIC);
	credentials_key(c, who, key);
	e = find(c, key);
	if (!e || now >= e->until)
		return AUTH_UNKNOWN;
	if (!e->known)
		return AUTH_REFUSED;
	*ret = e->who;
	return AUTH_KNOWN;
}

/* The place of the same key, else the one that ends first; a known principal yields only to another. */
static struct entry *choose(struct auth_cache *c, const unsigned char key[KEY_BYTES], bool known, nanos_t now)
{
	struct entry *set = c->entries[key[0] & (CACHE_SETS - 1)], *best = find(c, key);

	if (best)
		return best;
	for (size_t i = 0; i < CACHE_WAYS; i++) {
		bool guarded = !known && set[i].known && set[i].until > now;
		if (!guarded && (!best || set[i].until < best->until))
			best = &set[i];
	}
	return best;
}

void auth_remember(struct auth_cache *c, const struct credentials *who, nanos_t now, const struct principal *p)
{
	unsigned char key[KEY_BYTES];
	struct entry *e;

	CHECK_OBJ(c, AUTH_CACHE_MAGIC);
	credentials_key(c, who, key);
	e = choose(c, key, p != NULL, now);
	if (!e)
		return;
	*e = (struct entry){ .until = now + AUTH_REMEMBER, .known = p != NULL };
	memcpy(e->key, key, KEY_BYTES);
	if (p)
		e->who = *p;
}

void auth_forget(struct auth_cache *c, const char *principal)
{
	for (size_t i = 0; i < CACHE_SETS * CACHE_WAYS; i++) {
		struct entry *e = &c->entries[i / CACHE_WAYS][i % CACHE_WAYS];
		if (e->known && strcmp(e->who.name, principal) == 0)
			*e = (struct entry){ 0 };
	}
}

/* -- the engine's word -------------------------------------------------------------------------------------------- */

void auth_put_question(const struct credentials *who, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	json_str(&j, who->kind == AUTH_TOKEN ? "token" : "cookie", who->secret);
	json_object_end(&j);
}

static bool take_text(const cJSON *object, const char *name, char *out, size_t size)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	return text && snprintf(out, size, "%s", text) < (int)size;
}

int auth_read_answer(struct message_slice result, struct principal *ret)
{
	cJSON *root = cJSON_ParseWithLength(result.at, result.len);
	struct principal p = { 0 };
	char role[16];
	int err = ERR_PARSE;

	if (take_text(root, "principal", p.name, sizeof(p.name)) && take_text(root, "role", role, sizeof(role)) &&
	    control_role_find(role) > ROLE_NONE) {
		p.role = (enum control_role)control_role_find(role);
		take_text(root, "csrf", p.csrf, sizeof(p.csrf));
		*ret = p;
		err = 0;
	}
	cJSON_Delete(root);
	return err;
}

/* -- guessing ----------------------------------------------------------------------------------------------------- */

static size_t address_place(const struct auth_cache *c, const char *address)
{
	unsigned char key[KEY_BYTES];

	hash(c, address ? address : "", address ? strlen(address) : 0, key);
	return key[0] & (ADDRESSES - 1);
}

void auth_count_failure(struct auth_cache *c, const char *address, nanos_t now)
{
	struct failures *f = &c->failures[address_place(c, address)];

	if (f->second != now / NANOS_SECOND)
		*f = (struct failures){ .second = now / NANOS_SECOND };
	if (f->count < AUTH_FAILURES_MAX)
		f->count++;
}

bool auth_is_held_back(const struct auth_cache *c, const char *address, nanos_t now)
{
	const struct failures *f = &c->failures[address_place(c, address)];

	return f->second == now / NANOS_SECOND && f->count >= AUTH_FAILURES_MAX;
}

/* -- rights ------------------------------------------------------------------------------------------------------- */

bool auth_is_cross_site(const struct request *r)
{
	return r->fetch_site && strcmp(r->fetch_site, "same-origin") != 0 && strcmp(r->fetch_site, "none") != 0;
}

static bool csrf_is_right(const struct principal *p, const struct request *r)
{
	size_t len = strlen(p->csrf);

	return len > 0 && r->csrf && strlen(r->csrf) == len && sodium_memcmp(r->csrf, p->csrf, len) == 0;
}

int auth_permits(const struct principal *p, const struct credentials *who, const struct request *r,
                 const struct control_command *command, struct control_fault *f)
{
	if (p->role < command->role) {
		control_fault_set(f, CODE_FORBIDDEN, NULL, "%s needs the role %s and you have %s", command->method,
		                  control_role_name(command->role), control_role_name(p->role));
		return ERR_DENIED;
	}
	if (who->kind == AUTH_COOKIE && strcmp(command->http_method, "GET") != 0 && !csrf_is_right(p, r)) {
		control_fault_set(f, CODE_FORBIDDEN, "send the header X-CSRF-Token with the value that GET /api/session gives",
		                  "the change came without the session's CSRF token");
		return ERR_DENIED;
	}
	return 0;
}
