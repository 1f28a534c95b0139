/* What the operator set: sauda.conf, systemd credentials and the environment, checked against one schema table so that
 * nothing inside the engine checks again. Precedence: default < file < credential < environment. Every mistake is collected
 * with its place and its remedy; a secret's value never appears in a message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/core/event.h"
#include "lib/core/strategy.h"

#define CONFIG_TEXT_MAX 512
#define CONFIG_STRATEGIES_MAX 32
#define CONFIG_MAGIC 0x434F4E46u

enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_CREDENTIAL, CONFIG_ENVIRONMENT };
struct config_source { enum config_origin origin; uint32_t line; };

enum config_key {
#define CONFIG_NUMBER(section, key, ...) CONFIG_##section##_##key,
#define CONFIG_STRING(section, key, ...) CONFIG_##section##_##key,
#include "engined/config/config.tbl.h"
#undef CONFIG_NUMBER
#undef CONFIG_STRING
	CONFIG_KEYS,
};

/* A [strategy.NAME] section as written; params[] is filled by config_check(): standards, then what the section sets. */
struct config_line { char name[32], text[64]; uint32_t line; };
struct config_strategy {
	char id[24];
	const struct strategy_ops *ops;
	char underlying[16];
	bool enabled;
	uint32_t line, lines;
	struct config_line set[STRATEGY_PARAMS_MAX + 3]; /* parameters, kind, underlying, enabled */
	int64_t params[STRATEGY_PARAMS_MAX];
};

/* About 190 KB: never on the stack. Numbers: enum index, 0/1, ns since midnight, decimals in 1/10,000, NUM_UNKNOWN = none. */
struct config {
	uint32_t magic;
#define CONFIG_NUMBER(section, key, ...) int64_t section##_##key;
#define CONFIG_STRING(section, key, ...) char section##_##key[CONFIG_TEXT_MAX];
#include "engined/config/config.tbl.h"
#undef CONFIG_NUMBER
#undef CONFIG_STRING
	struct config_source source[CONFIG_KEYS];
	uint32_t strategies;
	struct config_strategy strategy[CONFIG_STRATEGIES_MAX];
	char file[256];
};

/* One sentence a line: place, key, what is wrong, remedy. */
struct config_issues { uint32_t count; struct buf text; };
void config_issues_done(struct config_issues *issues);

void config_init(struct config *c); /* all defaults */

/* Reading adds to what is there. Mistakes go to `issues`; the wrong value is left out and the reading goes on. */
void config_read_text(struct config *c, const char *file, const char *text, size_t len, struct config_issues *issues);
/* A file that holds secrets must not be readable by others. Returns ERR_NOENT and the like when it cannot be read. */
int config_read_file(struct config *c, const char *path, struct config_issues *issues);
/* An empty variable counts as not set. */
void config_read_environment(struct config *c, struct config_issues *issues);

/* One value as a person gives it, outside of any file; false, with an issue, when it cannot be. "section.key" to its key; CONFIG_KEYS = there is none. */
bool config_put(struct config *c, enum config_key key, const char *text, struct config_issues *issues);
enum config_key config_find(const char *name);

/* What only the whole can tell: credentials a mode needs, pairs, strategies and their parameters. Collects everything. */
void config_check(struct config *c, struct config_issues *issues);

/* All of the above in their order; path NULL = no file. ERR_OK only without any issue, ERR_INVAL with. */
int config_load(struct config *c, const char *path, struct config_issues *issues);

/* Overwrites and removes every recognised variable, so that /proc, a core dump and children do not show it. Before threads. */
void config_scrub_environment(void);
void config_wipe(struct config *c); /* the secrets, once they are handed on */

const char *config_consumer_key(const struct config *c); /* or the access token; "" = none */
enum log_level config_log_level(const struct config *c);
void config_listen(const struct config *c, char *ret, size_t size); /* [http] as nginx wants it: ADDRESS:PORT, an IPv6 one in brackets */

/* One setting as people may read it: a secret's value is "(set)" or "(not set)". */
#define CONFIG_SECTION_MAX 40
struct config_row {
	char section[CONFIG_SECTION_MAX];        /* "engine", "strategy.NAME" */
	const char *key, *variable, *help;       /* variable: NULL = the environment cannot set it; help: NULL for a strategy's */
	char value[CONFIG_TEXT_MAX];
	char standard[CONFIG_TEXT_MAX];          /* "" = has none */
	char place[320];                         /* "sauda.conf:3", "environment PORT", "credential", "default" */
	bool secret, personal;                   /* personal: names a person or an account; not for strangers */
};
void config_row_of(const struct config *c, enum config_key key, struct config_row *r);
void config_each(const struct config *c, void (*take)(void *ctx, const struct config_row *r), void *ctx);

/* What is not for strangers, as it is: for a search of what is about to be handed out. The texts are the config's own. */
void config_each_personal(const struct config *c, void (*take)(void *ctx, enum config_key key, const char *value), void *ctx);

/* The effective configuration with each value's source, as config_each() has it. */
void config_show(const struct config *c, struct buf *out);
/* The text of a settings file, each secret's line replaced by a comment that names it. */
void config_without_secrets(const char *text, size_t len, struct buf *out);
/* A sauda.conf with every key, its meaning, bounds and default; it parses as it stands. */
void config_print_example(struct buf *out);
