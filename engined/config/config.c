#include "engined/config/config.h"

#include "engined/config/config_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engined/notify/chats.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#ifndef SAUDA_STATE_DIR
#define SAUDA_STATE_DIR "/var/lib/sauda"
#endif
#ifndef SAUDA_RUNTIME_DIR
#define SAUDA_RUNTIME_DIR "/run/sauda"
#endif
#ifndef SAUDA_TABLES_DIR
#define SAUDA_TABLES_DIR "/usr/share/sauda/tables"
#endif

#define WORD_MAX 64

/* -- what a text must be: NULL when it is, else the remedy ------------------------------------------------------------ */

static bool all(const char *text, size_t least, size_t most, bool (*good)(int))
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!good((unsigned char)text[i]))
			return false;
	return len >= least && len <= most;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_letter_or_digit(int c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
static bool is_base32(int c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7') || c == '='; }
static bool is_graphic(int c) { return c > ' ' && c <= '~'; }
static bool is_token(int c) { return is_letter_or_digit(c) || c == '_' || c == '-'; }

static const char *config_is_path(const char *text)
{
	return text[0] == '/' || text[0] == '.' ? NULL : "must be a path beginning with / or .";
}

static const char *config_is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1
	       ? NULL : "must be an IPv4 or IPv6 address, such as 127.0.0.1";
}

static const char *config_is_mongodb(const char *text)
{
	size_t scheme = strncmp(text, "mongodb://", 10) == 0 ? 10 : strncmp(text, "mongodb+srv://", 14) == 0 ? 14 : 0;

	return scheme && all(text + scheme, 1, CONFIG_TEXT_MAX, is_graphic) ? NULL
	       : "must be a connection string beginning with mongodb:// or mongodb+srv://, without blanks";
}

static const char *config_is_token(const char *text)
{
	return all(text, 1, CONFIG_TEXT_MAX, is_graphic) ? NULL : "must be printable letters without blanks; copy it again from the Trade API page";
}

static const char *config_is_url(const char *text)
{
	static const char *const schemes[] = { "https://", "http://", "wss://", "ws://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0 && all(text + strlen(schemes[i]), 1, 100, is_graphic))
			return NULL;
	return "must be an address beginning with https://, http://, wss:// or ws://, of at most 100 letters";
}

static const char *config_is_web(const char *text)
{
	size_t scheme = strncmp(text, "https://", 8) == 0 ? 8 : strncmp(text, "http://", 7) == 0 ? 7 : 0;

	return scheme && all(text + scheme, 1, 400, is_graphic) ? NULL
	       : "must be an address beginning with https:// (or http:// of this machine), of at most 400 letters";
}

static const char *config_is_program(const char *text)
{
	return text[0] == '/' ? NULL : "must be a program's whole path, such as /usr/local/bin/alarm, and its words";
}

static const char *config_is_mobile(const char *text)
{
	return text[0] == '+' && all(text + 1, 11, 14, is_digit) ? NULL : "must be + and the number with country code, such as +919876543210";
}

static const char *config_is_mpin(const char *text)
{
	return all(text, 6, 6, is_digit) ? NULL : "must be six digits";
}

static const char *config_is_base32(const char *text)
{
	return all(text, 16, 128, is_base32) ? NULL : "must be 16 or more of the letters A-Z and digits 2-7, without blanks";
}

static const char *config_is_ucc(const char *text)
{
	return all(text, 1, 16, is_letter_or_digit) ? NULL : "must be letters and digits";
}

static const char *config_is_bot(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[digits] == ':' && all(text + digits + 1, 20, 100, is_token) ? NULL
	       : "must be digits, a colon and the key, as @BotFather printed it";
}

static const char *config_is_chat(const char *text)
{
	if (text[0] == '@')
		return all(text + 1, 1, 64, is_token) ? NULL : "must be a number or @channelname";
	return all(text + (text[0] == '-'), 1, 19, is_digit) ? NULL : "must be a number or @channelname";
}

static const char *chats_good(const char *text)
{
	struct chat list[CHATS_MAX];
	size_t n;

	return chats_parse(text, list, &n);
}

const struct config_entry config_table[CONFIG_KEYS] = {
#define CONFIG_NUMBER(section, key, type, min, max, standard, unit, flags, variable, choices, help) \
	{ #section, #key, type, min, max, standard, unit, flags, variable, choices, NULL, help, offsetof(struct config, section##_##key) },
#define CONFIG_STRING(section, key, standard, flags, variable, check, help) \
	{ #section, #key, CONFIG_TEXT, 0, 0, standard, "", flags, variable, NULL, check, help, offsetof(struct config, section##_##key) },
#include "engined/config/config.tbl.h"
#undef CONFIG_NUMBER
#undef CONFIG_STRING
};

/* -- mistakes ------------------------------------------------------------------------------------------------------- */

void config_issues_done(struct config_issues *issues)
{
	buf_done(&issues->text);
	issues->count = 0;
}

void config_complain(struct config_issues *issues, const struct config_place *at, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (at->origin == CONFIG_FILE && at->line)
		buf_printf(&issues->text, "%s:%u: ", at->name, (unsigned)at->line);
	else if (at->origin == CONFIG_ENVIRONMENT)
		buf_printf(&issues->text, "environment %s: ", at->name);
	else if (at->origin == CONFIG_CREDENTIAL)
		buf_printf(&issues->text, "credential %s: ", at->name);
	else if (at->name)
		buf_printf(&issues->text, "%s: ", at->name);
	buf_printf(&issues->text, "%s\n", line);
	issues->count++;
}

/* Edit distance: insert, delete, replace. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[lb];
}

const char *config_nearest(const char *word, const char *(*next)(const void *ctx, uint32_t i), const void *ctx)
{
	unsigned least = 2 + (unsigned)strnlen(word, WORD_MAX) / 4;
	const char *best = NULL, *candidate;

	for (uint32_t i = 0; (candidate = next(ctx, i)) != NULL; i++) {
		unsigned away = distance(word, candidate);
		if (away < least || (away == least && !best && away <= 2)) {
			least = away;
			best = candidate;
		}
	}
	return best;
}

const char *config_hint(const char *near, char *buf, size_t size)
{
	buf[0] = '\0';
	if (near && near[0])
		snprintf(buf, size, "; did you mean \"%s\"?", near);
	return buf;
}

/* -- values --------------------------------------------------------------------------------------------------------- */

static int64_t *config_number(const struct config *c, enum config_key key)
{
	return (int64_t *)(void *)((char *)(uintptr_t)c + config_table[key].offset);
}

char *config_string(const struct config *c, enum config_key key)
{
	return (char *)(uintptr_t)c + config_table[key].offset;
}

bool config_parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i % 2 == 1;
			return true;
		}
	}
	return false;
}

/* Index of a word in "a|b|c". */
static int parse_choice(const char *choices, const char *text, int64_t *ret)
{
	size_t len = strlen(text);
	int64_t index = 0;

	for (const char *at = choices; *at; index++) {
		size_t word = strcspn(at, "|");
		if (word == len && strncasecmp(at, text, len) == 0) {
			*ret = index;
			return ERR_OK;
		}
		at += word + (at[word] == '|');
	}
	return ERR_PARSE;
}

static int parse_number(const struct config_entry *e, const char *text, int64_t *ret)
{
	size_t len = strlen(text);
	int64_t value = 0;
	bool on;
	int err = ERR_OK;

	if ((e->flags & CONFIG_OPTIONAL) && strcmp(text, "none") == 0) {
		*ret = NUM_UNKNOWN;
		return ERR_OK;
	}
	if (e->type == CONFIG_INT)
		err = num_parse_int(text, len, INT64_MIN, INT64_MAX, &value);
	else if (e->type == CONFIG_DECIMAL)
		err = num_parse(text, len, &value);
	else if (e->type == CONFIG_TIME)
		err = time_of_day_parse(text, len, &value);
	else if (e->type == CONFIG_ENUM)
		err = parse_choice(e->choices, text, &value);
	else if ((err = config_parse_bool(text, &on) ? ERR_OK : ERR_PARSE) == ERR_OK)
		value = on;
	if (err == ERR_OK && (value < e->min || value > e->max))
		err = ERR_RANGE;
	if (err == ERR_OK)
		*ret = value;
	return err;
}

void config_number_text(const struct config_entry *e, int64_t value, char *buf)
{
	if (value == NUM_UNKNOWN && (e->flags & CONFIG_OPTIONAL)) {
		strcpy(buf, "none");
	} else if (e->type == CONFIG_DECIMAL) {
		num_format(value, buf);
	} else if (e->type == CONFIG_BOOL) {
		strcpy(buf, value ? "yes" : "no");
	} else if (e->type == CONFIG_TIME) {
		time_of_day_format(value, buf);
	} else if (e->type == CONFIG_ENUM) {
		const char *at = e->choices;
		for (; value > 0; value--)
			at += strcspn(at, "|") + 1;
		snprintf(buf, CONFIG_TEXT_MAX, "%.*s", (int)strcspn(at, "|"), at);
	} else {
		snprintf(buf, CONFIG_TEXT_MAX, "%lld", (long long)value);
	}
}

void config_value_text(const struct config *c, enum config_key key, char *buf)
{
	const struct config_entry *e = &config_table[key];

	assert(!(e->flags & CONFIG_SECRET));
	if (e->type == CONFIG_TEXT)
		snprintf(buf, CONFIG_TEXT_MAX, "%s", config_string(c, key));
	else
		config_number_text(e, *config_number(c, key), buf);
}

void config_standard_text(enum config_key key, char *buf)
{
	const struct config_entry *e = &config_table[key];
	int64_t value = 0;

	if (e->type == CONFIG_TEXT) {
		snprintf(buf, CONFIG_TEXT_MAX, "%s", e->standard);
		return;
	}
	WRONG(parse_number(e, e->standard, &value) != ERR_OK);
	config_number_text(e, value, buf);
}

static void complain_number(const struct config_entry *e, const char *text, const struct config_place *at, struct config_issues *issues)
{
	char min[CONFIG_TEXT_MAX], max[CONFIG_TEXT_MAX];

	config_number_text(e, e->min, min);
	config_number_text(e, e->max, max);
	if (e->type == CONFIG_ENUM)
		config_complain(issues, at, "%s.%s: \"%.60s\" is not one of %s", e->section, e->key, text, e->choices);
	else if (e->type == CONFIG_BOOL)
		config_complain(issues, at, "%s.%s: \"%.60s\" is neither yes nor no", e->section, e->key, text);
	else
		config_complain(issues, at, "%s.%s: \"%.60s\" must be %s from %s to %s%s%s%s", e->section, e->key, text,
		                e->type == CONFIG_INT ? "a whole number" : e->type == CONFIG_TIME ? "a time" : "a number with at most 4 decimals",
		                min, max, e->unit[0] ? " " : "", e->unit, e->flags & CONFIG_OPTIONAL ? ", or none" : "");
}

static bool set_string(struct config *c, enum config_key key, const char *text, const struct config_place *at, struct config_issues *issues)
{
	const struct config_entry *e = &config_table[key];
	const char *must = NULL;

	if (strlen(text) >= CONFIG_TEXT_MAX)
		must = "is too long";
	else if (text[0] && e->check)
		must = e->check(text);
	for (const char *p = text; *p && !must; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7F)
			must = "holds a control character";
	if (must) {
		config_complain(issues, at, "%s.%s: the value %s", e->section, e->key, must);
		return false;
	}
	memset(config_string(c, key), 0, CONFIG_TEXT_MAX);
	memcpy(config_string(c, key), text, strlen(text));
	return true;
}

bool config_set(struct config *c, enum config_key key, const char *text, const struct config_place *at, struct config_issues *issues)
{
	const struct config_entry *e = &config_table[key];
	int64_t value;

	if (e->type == CONFIG_TEXT) {
		if (!set_string(c, key, text, at, issues))
			return false;
	} else if (parse_number(e, text, &value) == ERR_OK) {
		*config_number(c, key) = value;
	} else {
		complain_number(e, text, at, issues);
		return false;
	}
	c->source[key] = (struct config_source){ at->origin, at->line };
	return true;
}

bool config_put(struct config *c, enum config_key key, const char *text, struct config_issues *issues)
{
	struct config_place at = { CONFIG_DEFAULT, NULL, 0 };

	CHECK_OBJ(c, CONFIG_MAGIC);
	return config_set(c, key, text, &at, issues);
}

enum config_key config_find(const char *name)
{
	const char *dot = strchr(name, '.');
	int key = 0;

	for (; dot && key < CONFIG_KEYS; key++)
		if (strncmp(config_table[key].section, name, (size_t)(dot - name)) == 0 && config_table[key].section[dot - name] == '\0' &&
		    strcmp(config_table[key].key, dot + 1) == 0)
			break;
	return dot ? (enum config_key)key : CONFIG_KEYS;
}

void config_init(struct config *c)
{
	struct config_place at = { CONFIG_DEFAULT, "default", 0 };
	struct config_issues issues = { 0 };

	memset(c, 0, sizeof(*c));
	c->magic = CONFIG_MAGIC;
	for (int key = 0; key < CONFIG_KEYS; key++)
		config_set(c, (enum config_key)key, config_table[key].standard, &at, &issues);
	WRONG(issues.count > 0); /* the table's own defaults pass its own checks */
	config_issues_done(&issues);
}

void config_wipe(struct config *c)
{
	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++)
		if (config_table[key].flags & CONFIG_SECRET)
			explicit_bzero(config_string(c, (enum config_key)key), CONFIG_TEXT_MAX);
}

void config_each_personal(const struct config *c, void (*take)(void *ctx, enum config_key key, const char *value), void *ctx)
{
	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++)
		if ((config_table[key].flags & (CONFIG_SECRET | CONFIG_PERSONAL)) && config_string(c, (enum config_key)key)[0])
			take(ctx, (enum config_key)key, config_string(c, (enum config_key)key));
}

const char *config_consumer_key(const struct config *c)
{
	return c->kotak_consumer_key[0] ? c->kotak_consumer_key : c->kotak_access_token;
}

void config_listen(const struct config *c, char *ret, size_t size)
{
	bool six = strchr(c->http_bind, ':') != NULL;

	snprintf(ret, size, "%s%s%s:%lld", six ? "[" : "", c->http_bind, six ? "]" : "", (long long)c->http_port);
}

enum log_level config_log_level(const struct config *c)
{
	static const enum log_level levels[] = { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

	return levels[c->engine_log_level];
}
