/* struct auth, shared by tokens.c (the file) and sessions.c (links and sessions). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sodium.h>

#include "lib/control/tokens.h"

#define AUTH_MAGIC 0xA0781D00u
#define AUTH_HASH  32
#define TOKEN_NAME 32

struct token {
	char name[TOKEN_NAME];
	enum control_role role;
	bool chosen;                          /* argon, else hash */
	uint8_t hash[AUTH_HASH];
	char argon[crypto_pwhash_STRBYTES];
};

struct token_list { size_t count; struct token tokens[AUTH_TOKENS]; };

/* made_at 0 = a free row. */
struct link { nanos_t made_at; enum control_role role; uint8_t hash[AUTH_HASH]; };
struct session { nanos_t made_at, used_at; enum control_role role; uint8_t hash[AUTH_HASH]; };

struct auth {
	uint32_t magic;
	char *path;
	uint8_t key[crypto_generichash_KEYBYTES]; /* of this run: session names and CSRF tokens derive from it */
	nanos_t tried_at;                         /* of the last chosen token */
	struct token_list list;
	struct link links[AUTH_LINKS];
	struct session sessions[AUTH_SESSIONS];
};

void auth_hash(uint8_t ret[AUTH_HASH], const char *text);
void auth_secret_new(char text[AUTH_SECRET_TEXT]);
