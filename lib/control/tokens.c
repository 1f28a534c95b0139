/* The token file and the checks of bearer tokens; links and sessions are in sessions.c. */
#include "lib/control/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/tokens_priv.h"

#define LINE_LONGEST 512
#define HASH_PREFIX "blake2b:"

/* -- small parts -------------------------------------------------------------------------------------------------- */

void auth_hash(uint8_t ret[AUTH_HASH], const char *text)
{
	crypto_generichash(ret, AUTH_HASH, (const unsigned char *)text, strlen(text), NULL, 0);
}

void auth_secret_new(char text[AUTH_SECRET_TEXT])
{
	uint8_t bytes[AUTH_HASH];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(text, AUTH_SECRET_TEXT, bytes, sizeof(bytes));
	sodium_memzero(bytes, sizeof(bytes));
}

static bool name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return len > 0 && len < TOKEN_NAME && name[len] == '\0';
}

/* -- the file ----------------------------------------------------------------------------------------------------- */

struct reading { const char *path; unsigned line; char *why; size_t why_size; };

static int bad_line(const struct reading *r, const char *what)
{
	snprintf(r->why, r->why_size, "%s, line %u: %s; a line is NAME ROLE HASH", r->path, r->line, what);
	return ERR_PARSE;
}

static int read_hash(const struct reading *r, const char *text, struct token *t)
{
	size_t len = 0;

	if (strncmp(text, "$argon2id$", 10) == 0 && strlen(text) < crypto_pwhash_STRBYTES) {
		t->chosen = true;
		memcpy(t->argon, text, strlen(text) + 1);
		return ERR_OK;
	}
	if (strncmp(text, HASH_PREFIX, strlen(HASH_PREFIX)) != 0)
		return bad_line(r, "the hash must begin with blake2b: or $argon2id$");
	text += strlen(HASH_PREFIX);
	if (strlen(text) != 2 * AUTH_HASH || sodium_hex2bin(t->hash, AUTH_HASH, text, strlen(text), NULL, &len, NULL) != 0 ||
	    len != AUTH_HASH)
		return bad_line(r, "the hash must be 64 hex digits");
	return ERR_OK;
}

static int read_line(const struct reading *r, char *line, struct token_list *list)
{
	char *save = NULL, *name = strtok_r(line, " \t\r\n", &save), *role = strtok_r(NULL, " \t\r\n", &save);
	char *hash = strtok_r(NULL, " \t\r\n", &save);
	int found = role ? control_role_find(role) : -1;

	if (!name || name[0] == '#')
		return ERR_OK;
	if (!hash || strtok_r(NULL, " \t\r\n", &save))
		return bad_line(r, "there must be three words");
	if (!name_valid(name))
		return bad_line(r, "a name is 1 to 31 letters, digits, '-' or '_'");
	if (found < ROLE_READ)
		return bad_line(r, "the role must be read, trade or admin");
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->tokens[i].name, name) == 0)
			return bad_line(r, "this name stands twice");
	if (list->count == AUTH_TOKENS)
		return bad_line(r, "there are more than 32 tokens");
	struct token *t = &list->tokens[list->count];
	*t = (struct token){ .role = (enum control_role)found };
	memcpy(t->name, name, strlen(name) + 1);
	int err = read_hash(r, hash, t);
	list->count += err == 0;
	return err;
}

static int read_lines(struct reading *r, FILE *file, struct token_list *list)
{
	char line[LINE_LONGEST];
	int err = ERR_OK;

	while (err == 0 && fgets(line, sizeof(line), file)) {
		r->line++;
		if (!strchr(line, '\n') && !feof(file))
			err = bad_line(r, "it is longer than 510 bytes");
		else
			err = read_line(r, line, list);
	}
	if (err == 0 && ferror(file)) {
		snprintf(r->why, r->why_size, "%s: %s", r->path, strerror(errno));
		err = ERR_IO;
	}
	sodium_memzero(line, sizeof(line));
	return err;
}

static int read_file(const char *path, struct token_list *ret, char *why, size_t why_size)
{
	struct reading r = { .path = path, .why = why, .why_size = why_size };
	FILE *file = fopen(path, "re");
	struct stat st;
	int err = ERR_OK;

	if (!file || fstat(fileno(file), &st) != 0) {
		err = err_from_errno(errno);
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
	} else if (st.st_mode & 0027) {
		err = ERR_DENIED;
		snprintf(why, why_size, "%s: others may read or change it (mode %03o); chmod 600 it and make new tokens", path,
		         st.st_mode & 0777);
	}
	if (err == 0)
		err = read_lines(&r, file, ret);
	if (file)
		fclose(file);
	return err;
}

int auth_reload(struct auth *a, char *why, size_t why_size)
{
	struct token_list list = { 0 };

	CHECK_OBJ(a, AUTH_MAGIC);
	int err = a->path ? read_file(a->path, &list, why, why_size) : ERR_OK;
	if (err == 0)
		a->list = list;
	sodium_memzero(&list, sizeof(list));
	return err;
}

int auth_open(struct auth **ret, const char *path, char *why, size_t why_size)
{
	struct auth *a = sodium_init() < 0 ? NULL : calloc(1, sizeof(*a));

	assert(a);
	a->magic = AUTH_MAGIC;
	a->path = path ? strdup(path) : NULL;
	a->tried_at = -NANOS_HOUR;
	randombytes_buf(a->key, sizeof(a->key));
	int err = auth_reload(a, why, why_size);
	if (err != 0)
		auth_close(&a);
	else
		*ret = a;
	return err;
}

void auth_close(struct auth **ptr)
{
	struct auth *a = *ptr;

	*ptr = NULL;
	if (!a)
		return;
	CHECK_OBJ(a, AUTH_MAGIC);
	free(a->path);
	sodium_memzero(a, sizeof(*a));
	free(a);
}

/* -- checks ------------------------------------------------------------------------------------------------------- */

static void who_is(const struct token *t, struct auth_who *ret)
{
	*ret = (struct auth_who){ .role = t->role };
	snprintf(ret->principal, sizeof(ret->principal), "token:%s", t->name);
}

static const struct token *chosen_token(const struct auth *a, const char *token)
{
	const char *colon = strchr(token, ':');
	size_t len = colon ? (size_t)(colon - token) : 0;

	for (size_t i = 0; len > 0 && i < a->list.count; i++)
		if (a->list.tokens[i].chosen && strlen(a->list.tokens[i].name) == len &&
		    memcmp(a->list.tokens[i].name, token, len) == 0)
			return &a->list.tokens[i];
	return NULL;
}

/* Argon2id is slow on purpose, so a guesser could keep the loop busy: one try a second. */
static int check_chosen(struct auth *a, const struct token *t, const char *secret, nanos_t now, struct auth_who *ret)
{
	if (now - a->tried_at < NANOS_SECOND)
		return ERR_AGAIN;
	a->tried_at = now;
	if (crypto_pwhash_str_verify(t->argon, secret, strlen(secret)) != 0)
		return ERR_DENIED;
	who_is(t, ret);
	return ERR_OK;
}

/* Every random token is compared, whichever fits, so the time tells nothing. */
int auth_token_check(struct auth *a, const char *token, nanos_t now, struct auth_who *ret)
{
	const struct token *found = NULL, *chosen;
	uint8_t hash[AUTH_HASH];

	CHECK_OBJ(a, AUTH_MAGIC);
	auth_hash(hash, token);
	for (size_t i = 0; i < a->list.count; i++)
		if (sodium_memcmp(a->list.tokens[i].hash, hash, AUTH_HASH) == 0 && !a->list.tokens[i].chosen)
			found = &a->list.tokens[i];
	if (found) {
		who_is(found, ret);
		return ERR_OK;
	}
	chosen = chosen_token(a, token);
	return chosen ? check_chosen(a, chosen, strchr(token, ':') + 1, now, ret) : ERR_DENIED;
}

int auth_token_make(const char *name, enum control_role role, char token[AUTH_SECRET_TEXT], struct buf *ret_line)
{
	char hex[AUTH_SECRET_TEXT];
	uint8_t hash[AUTH_HASH];

	if (!name_valid(name) || role < ROLE_READ)
		return ERR_INVAL;
	if (sodium_init() < 0)
		return ERR_IO;
	auth_secret_new(token);
	auth_hash(hash, token);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	buf_printf(ret_line, "%s %s %s%s\n", name, control_role_name(role), HASH_PREFIX, hex);
	return ret_line->failed ? ERR_NOMEM : ERR_OK;
}
