/* Between the files of the configuration only. */
#pragma once

#include "engined/config/config.h"

enum config_type { CONFIG_INT, CONFIG_DECIMAL, CONFIG_BOOL, CONFIG_TIME, CONFIG_ENUM, CONFIG_TEXT };
enum config_flag {
	CONFIG_RELOAD   = 1 << 0, /* may change while the engine runs */
	CONFIG_SECRET   = 1 << 1, /* never printed */
	CONFIG_OPTIONAL = 1 << 2, /* a number that may be "none" */
	CONFIG_PERSONAL = 1 << 3, /* no secret, but names a person, a machine or an account */
};

struct config_entry {
	const char *section, *key;
	enum config_type type;
	int64_t min, max;
	const char *standard, *unit;
	unsigned flags;
	const char *variable;                /* environment; NULL = none */
	const char *choices;                 /* CONFIG_ENUM: "demo|replay", value = index */
	const char *(*check)(const char *);  /* CONFIG_TEXT: NULL when good, else what it must be */
	const char *help;
	size_t offset;
};
extern const struct config_entry config_table[CONFIG_KEYS];

struct config_place { enum config_origin origin; const char *name; uint32_t line; }; /* file, credential or variable */

void config_complain(struct config_issues *issues, const struct config_place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets one value or complains; the value of a secret is not repeated in the complaint. */
bool config_set(struct config *c, enum config_key key, const char *text, const struct config_place *at, struct config_issues *issues);

/* The candidate that `word` may have meant, NULL when none is near. next(i) gives the candidates until NULL. */
const char *config_nearest(const char *word, const char *(*next)(const void *ctx, uint32_t i), const void *ctx);

/* "; did you mean \"near\"?", or nothing for NULL and "". */
const char *config_hint(const char *near, char *buf, size_t size);

char *config_string(const struct config *c, enum config_key key);
/* "4.00", "demo", "yes", "none"; buf holds CONFIG_TEXT_MAX bytes. Not for secrets. */
void config_value_text(const struct config *c, enum config_key key, char *buf);
void config_standard_text(enum config_key key, char *buf); /* the default, likewise */
void config_number_text(const struct config_entry *e, int64_t value, char *buf);
bool config_parse_bool(const char *text, bool *ret);
