/* Where settings come from: the ini file (inih finds keys and values, this file counts lines and judges), systemd
 * credentials, the environment. */
#include "engined/config/config_priv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define FILE_MAX (256 * 1024)
#define STRATEGY_PREFIX "strategy."

/* -- did you mean ----------------------------------------------------------------------------------------------------- */

static const char *next_section(const void *ctx, uint32_t i)
{
	(void)ctx;
	return i < CONFIG_KEYS ? config_table[i].section : i == CONFIG_KEYS ? "strategy" : NULL;
}

/* Keys of other sections answer "": far from every word. */
static const char *next_key(const void *ctx, uint32_t i)
{
	if (i >= CONFIG_KEYS)
		return NULL;
	return strcmp(config_table[i].section, ctx) == 0 ? config_table[i].key : "";
}

/* -- the ini file ------------------------------------------------------------------------------------------------------- */

struct reader {
	struct config *c;
	struct config_issues *issues;
	struct config_place at;              /* its line is the newest one handed to inih */
	const char *text, *end;
	bool begun;                          /* a [section] was seen */
	bool known;                          /* the section open now is one of ours */
	struct config_strategy *strategy;    /* ... or this strategy's */
};

static bool section_known(const char *name)
{
	for (int i = 0; i < CONFIG_KEYS; i++)
		if (strcmp(config_table[i].section, name) == 0)
			return true;
	return false;
}

static void open_strategy(struct reader *r, const char *id)
{
	struct config *c = r->c;
	size_t len = strlen(id);
	bool good = len > 0 && len < sizeof(c->strategy[0].id);

	for (size_t i = 0; i < len; i++)
		good = good && (isalnum((unsigned char)id[i]) || id[i] == '_' || id[i] == '-');
	if (!good) {
		config_complain(r->issues, &r->at, "[strategy.%.40s]: a strategy's name is 1 to 23 letters, digits, _ or -", id);
		return;
	}
	if (strncmp(id, strategy_manual.name, strlen(strategy_manual.name)) == 0) {
		config_complain(r->issues, &r->at, "[strategy.%s]: names that begin with \"%s\" are kept for orders by hand; choose another", id, strategy_manual.name);
		return;
	}
	for (uint32_t i = 0; i < c->strategies; i++) {
		if (strcmp(c->strategy[i].id, id) == 0) {
			config_complain(r->issues, &r->at, "[strategy.%s] was begun on line %u already; keep one of them", id, (unsigned)c->strategy[i].line);
			return;
		}
	}
	if (c->strategies == CONFIG_STRATEGIES_MAX) {
		config_complain(r->issues, &r->at, "[strategy.%s]: at most %d strategies", id, CONFIG_STRATEGIES_MAX);
		return;
	}
	r->strategy = &c->strategy[c->strategies++];
	*r->strategy = (struct config_strategy){ .line = r->at.line, .enabled = true };
	memcpy(r->strategy->id, id, len + 1);
}

static void open_section(struct reader *r, const char *name)
{
	char near[80];

	r->strategy = NULL;
	r->known = section_known(name);
	if (strncmp(name, STRATEGY_PREFIX, strlen(STRATEGY_PREFIX)) == 0)
		open_strategy(r, name + strlen(STRATEGY_PREFIX));
	else if (!r->known)
		config_complain(r->issues, &r->at, "there is no section [%.40s]%s", name,
		                config_hint(config_nearest(name, next_section, NULL), near, sizeof(near)));
}

static void set_line(struct reader *r, const char *name, const char *value)
{
	struct config_strategy *s = r->strategy;
	struct config_line *line = &s->set[s->lines];

	for (uint32_t i = 0; i < s->lines; i++) {
		if (strcmp(s->set[i].name, name) == 0) {
			config_complain(r->issues, &r->at, "%s is set on line %u already", name, (unsigned)s->set[i].line);
			return;
		}
	}
	if (strlen(name) >= sizeof(line->name) || strlen(value) >= sizeof(line->text) || s->lines == ARRAY_LEN(s->set)) {
		config_complain(r->issues, &r->at, "%.40s: too long, or too many lines in this section", name);
		return;
	}
	*line = (struct config_line){ .line = r->at.line };
	memcpy(line->name, name, strlen(name));
	memcpy(line->text, value, strlen(value));
	s->lines++;
}

static int on_value(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	char near[80];

	if (r->strategy)
		set_line(r, name, value);
	if (!r->begun)
		config_complain(r->issues, &r->at, "a key before the first [section]");
	if (!r->known)
		return 1; /* the section's own complaint is enough */
	for (int key = 0; key < CONFIG_KEYS; key++) {
		const struct config_entry *e = &config_table[key];
		if (strcmp(e->section, section) != 0 || strcmp(e->key, name) != 0)
			continue;
		if (r->c->source[key].origin == CONFIG_FILE)
			config_complain(r->issues, &r->at, "%s.%s is set on line %u already", section, name, (unsigned)r->c->source[key].line);
		else
			config_set(r->c, (enum config_key)key, value, &r->at, r->issues);
		return 1;
	}
	config_complain(r->issues, &r->at, "there is no key \"%.40s\" in [%s]%s", name, section,
	                config_hint(config_nearest(name, next_key, section), near, sizeof(near)));
	return 1;
}

/* Judges one line (blanks before it removed); false = inih must not see it. */
static bool look_at_line(struct reader *r, const char *line, size_t len)
{
	const char *close = memchr(line, ']', len);
	char name[64];

	if (len == 0 || line[0] == '#' || line[0] == ';')
		return false;
	if (line[0] == '[') {
		r->begun = true;
		size_t n = close ? (size_t)(close - line) - 1 : 0;
		if (!close || n >= 48) {
			r->known = false;
			r->strategy = NULL;
			config_complain(r->issues, &r->at, "a section is a name of at most 47 letters between [ and ]");
			return false;
		}
		snprintf(name, sizeof(name), "%.*s", (int)n, line + 1);
		open_section(r, name);
		return true;
	}
	if (!memchr(line, '=', len) && !memchr(line, ':', len)) {
		config_complain(r->issues, &r->at, "this line is neither \"key = value\" nor a [section]");
		return false;
	}
	return true;
}

/* fgets() over memory for inih. Leading blanks go, so that inih never joins a line to the one before. */
static char *next_line(char *buf, int size, void *stream)
{
	struct reader *r = stream;

	while (r->text < r->end) {
		const char *newline = memchr(r->text, '\n', (size_t)(r->end - r->text));
		const char *line = r->text, *end = newline ? newline : r->end;

		r->text = newline ? newline + 1 : r->end;
		r->at.line++;
		while (line < end && isspace((unsigned char)*line))
			line++;
		while (end > line && isspace((unsigned char)end[-1]))
			end--;
		size_t len = end > line ? (size_t)(end - line) : 0;
		if (!look_at_line(r, line, len))
			continue;
		if (len + 2 > (size_t)size) {
			config_complain(r->issues, &r->at, "the line is longer than %d letters; set long values through the environment", size - 2);
			continue;
		}
		memcpy(buf, line, len);
		memcpy(buf + len, "\n", 2);
		return buf;
	}
	return NULL;
}

void config_read_text(struct config *c, const char *file, const char *text, size_t len, struct config_issues *issues)
{
	struct reader r = { .c = c, .issues = issues, .at = { CONFIG_FILE, file, 0 }, .text = text, .end = text + len };

	CHECK_OBJ(c, CONFIG_MAGIC);
	snprintf(c->file, sizeof(c->file), "%s", file);
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		r.text += 3;
	if (memchr(text, '\0', len)) {
		config_complain(issues, &r.at, "holds a zero byte: not a text file");
		return;
	}
	ini_parse_stream(next_line, &r, on_value, &r);
}

static bool secret_from_file(const struct config *c)
{
	for (int key = 0; key < CONFIG_KEYS; key++)
		if ((config_table[key].flags & CONFIG_SECRET) && c->source[key].origin == CONFIG_FILE)
			return true;
	return false;
}

/* Reads at most `most` bytes; the caller wipes and frees *ret. */
static int read_whole(const char *path, size_t most, char **ret, size_t *ret_len, mode_t *ret_mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return err_from_errno(errno);
	char *text = malloc(most + 1);
	int err = !text ? ERR_NOMEM : fstat(fd, &st) < 0 ? err_from_errno(errno) : ERR_OK;
	while (err == ERR_OK && len <= most && (got = read(fd, text + len, most + 1 - len)) != 0) {
		if (got > 0)
			len += (size_t)got;
		else if (errno != EINTR)
			err = err_from_errno(errno);
	}
	close(fd);
	if (err == ERR_OK && len > most)
		err = ERR_RANGE;
	if (err != ERR_OK) {
		free(text);
		return err;
	}
	*ret = text;
	*ret_len = len;
	*ret_mode = st.st_mode;
	return ERR_OK;
}

int config_read_file(struct config *c, const char *path, struct config_issues *issues)
{
	struct config_place at = { CONFIG_FILE, path, 0 };
	char *text;
	size_t len;
	mode_t mode;
	int err = read_whole(path, FILE_MAX, &text, &len, &mode);

	if (err != ERR_OK) {
		config_complain(issues, &at, "cannot be read: %s", err_text(err));
		return err;
	}
	config_read_text(c, path, text, len, issues);
	explicit_bzero(text, len);
	free(text);
	if (secret_from_file(c) && (mode & (S_IRWXG | S_IRWXO)))
		config_complain(issues, &at, "holds secrets and others may read it; run: chmod 600 %s", path);
	return ERR_OK;
}

/* -- credentials and environment ------------------------------------------------------------------------------------------ */

/* systemd credentials: files named as the variables, in lower case ("kotak_mpin"), in `dir`. */
static void config_read_credentials(struct config *c, const char *dir, struct config_issues *issues)
{
	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++) {
		char name[64] = "", path[512], *text;
		struct config_place at = { CONFIG_CREDENTIAL, name, 0 };
		size_t len;
		mode_t mode;

		for (size_t i = 0; config_table[key].variable && config_table[key].variable[i]; i++)
			name[i] = (char)tolower((unsigned char)config_table[key].variable[i]);
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		int err = name[0] ? read_whole(path, CONFIG_TEXT_MAX, &text, &len, &mode) : ERR_NOENT;
		if (err == ERR_NOENT)
			continue;
		if (err != ERR_OK) {
			config_complain(issues, &at, "cannot be read: %s", err_text(err));
			continue;
		}
		while (len > 0 && isspace((unsigned char)text[len - 1]))
			len--;
		text[len] = '\0';
		config_set(c, (enum config_key)key, text, &at, issues);
		explicit_bzero(text, len);
		free(text);
	}
}

void config_read_environment(struct config *c, struct config_issues *issues)
{
	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++) {
		const char *variable = config_table[key].variable, *value = variable ? getenv(variable) : NULL;
		struct config_place at = { CONFIG_ENVIRONMENT, variable, 0 };

		if (value && value[0])
			config_set(c, (enum config_key)key, value, &at, issues);
	}
}

void config_scrub_environment(void)
{
	for (int key = 0; key < CONFIG_KEYS; key++) {
		const char *variable = config_table[key].variable;
		char *value = variable ? getenv(variable) : NULL;

		if (!value)
			continue;
		explicit_bzero(value, strlen(value)); /* the very bytes /proc/PID/environ shows */
		unsetenv(variable);
	}
}

int config_load(struct config *c, const char *path, struct config_issues *issues)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY"); /* systemd.exec(5) */
	uint32_t before = issues->count;

	config_init(c);
	if (path)
		config_read_file(c, path, issues);
	if (credentials && credentials[0])
		config_read_credentials(c, credentials, issues);
	config_read_environment(c, issues);
	config_check(c, issues);
	return issues->count == before ? ERR_OK : ERR_INVAL;
}
