/* The two files of `enginectl init`: sauda.conf, which anybody may read, and beside it what only its owner may, as lines of variables that both
 * systemd (EnvironmentFile=) and a shell read alike. */
#include "engined/ctl/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

static int complain(const char *path, const char *why, const char *remedy)
{
	fprintf(stderr, "enginectl init: %s: %s; %s\n", path, why, remedy);
	return CTL_EXIT_FAILED;
}

bool init_free(const struct init *in)
{
	const char *const files[] = { in->conf, in->environment };

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (!in->force && access(files[i], F_OK) == 0)
			return complain(files[i], "is there already", "--force replaces it and keeps it as .old, --out names another folder") == CTL_EXIT_OK;
	return true;
}

/* -- the texts ------------------------------------------------------------------------------------------------------------- */

struct writing { struct buf *out; char section[CONFIG_SECTION_MAX]; };

/* What is personal and has a variable is for the other file. */
static void put_setting(void *ctx, const struct config_row *r)
{
	static const char *const always[] = { "mode", "capital", "day_loss_pct" };
	struct writing *w = ctx;
	bool wanted = strcmp(r->value, r->standard) != 0;

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		wanted |= strcmp(r->key, always[i]) == 0;
	if (!wanted || r->secret || (r->personal && r->variable))
		return;
	if (strcmp(w->section, r->section) != 0)
		buf_printf(w->out, "\n[%s]\n", r->section);
	strcpy(w->section, r->section);
	buf_printf(w->out, "# %s\n%s = %s\n", r->help, r->key, r->value);
}

static void put_conf(const struct init *in, struct buf *out)
{
	struct writing w = { .out = out };

	buf_puts(out, "# Sauda's settings, made by `enginectl init`. `engined --print-config` explains every key; secrets are in the file environment.\n");
	config_each(in->config, put_setting, &w);
	for (uint32_t i = 0; i < in->strategies; i++)
		buf_printf(out, "\n[strategy.%s]\nunderlying = NIFTY\n# real money needs yes here, beside mode live\nlive = no\n", in->strategy[i]);
}

/* In double quotes a backslash protects these four, for systemd as for sh. */
static void put_variable(void *ctx, enum config_key key, const char *value)
{
	const struct init *in = ((void **)ctx)[0];
	struct buf *out = ((void **)ctx)[1];
	struct config_row row;

	config_row_of(in->config, key, &row);
	if (!row.variable)
		return;
	buf_printf(out, "%s=\"", row.variable);
	for (; *value; value++) {
		if (strchr("\"\\$`", *value))
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_puts(out, "\"\n");
}

static void put_environment(struct init *in, struct buf *out)
{
	void *ctx[] = { in, out };

	buf_puts(out, "# Sauda's secrets, made by `enginectl init`. Mode 600; not for a repository, not for a mail.\n");
	config_each_personal(in->config, put_variable, ctx);
}

/* As engined will read them: every mistake at once; and no value is another one by being written and read. */
static int check(struct init *in, const struct buf *conf)
{
	struct settings s = { .config = calloc(1, sizeof(*s.config)), .file = in->conf };
	struct config_row before, after;

	if (!s.config)
		abort();
	memcpy(s.config, in->config, sizeof(*s.config));
	config_read_text(s.config, in->conf, conf->data, conf->len, &s.issues);
	config_check(s.config, &s.issues);
	int status = s.issues.count ? CTL_EXIT_FAILED : CTL_EXIT_OK;
	settings_print_issues(&s);
	for (int key = 0; key < CONFIG_KEYS && status == CTL_EXIT_OK; key++) {
		config_row_of(in->config, (enum config_key)key, &before);
		config_row_of(s.config, (enum config_key)key, &after);
		if (strcmp(before.value, after.value) != 0)
			status = complain(before.key, "cannot stand in a settings file as it is", "choose a value without \" ;\"");
	}
	settings_done(&s);
	if (status != CTL_EXIT_OK)
		fputs("enginectl init: nothing was written\n", stderr);
	return status;
}

/* -- the files ---------------------------------------------------------------------------------------------------------------- */

static int write_new(const char *path, mode_t mode, const struct buf *text)
{
	char name[600];

	snprintf(name, sizeof(name), "%s.new", path);
	unlink(name); /* of a run that was cut off */
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int err = fd < 0 ? err_from_errno(errno) : ERR_OK;
	if (err == ERR_OK && (write(fd, text->data, text->len) != (ssize_t)text->len || fsync(fd) < 0))
		err = errno ? err_from_errno(errno) : ERR_IO;
	if (fd >= 0)
		close(fd);
	return err == ERR_OK ? CTL_EXIT_OK : complain(name, err_text(err), "name a folder that you may write to with --out DIR");
}

static int put_in_place(const struct init *in, const char *path)
{
	char fresh[600], old[600];

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	snprintf(old, sizeof(old), "%s.old", path);
	if (in->force && access(path, F_OK) == 0 && rename(path, old) < 0)
		return complain(path, strerror(errno), "nothing was changed");
	if (link(fresh, path) == 0) /* unlike rename(2) never over what came meanwhile */
		return CTL_EXIT_OK;
	int err = errno;
	if (in->force)
		rename(old, path);
	return complain(path, strerror(err), "nothing was changed");
}

static void take_back(const struct init *in, const char *path)
{
	char old[600];

	snprintf(old, sizeof(old), "%s.old", path);
	unlink(path);
	if (in->force)
		rename(old, path);
}

static void remove_new(const char *path)
{
	char fresh[600];

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	unlink(fresh);
}

/* Both or none. */
static int write_both(const struct init *in, const struct buf *conf, const struct buf *environment)
{
	if (mkdir(in->out, 0755) < 0 && errno != EEXIST)
		return complain(in->out, strerror(errno), "name a folder that can be made with --out DIR");
	int status = write_new(in->environment, 0600, environment);
	if (status == CTL_EXIT_OK)
		status = write_new(in->conf, 0644, conf);
	if (status == CTL_EXIT_OK)
		status = put_in_place(in, in->environment);
	if (status == CTL_EXIT_OK && (status = put_in_place(in, in->conf)) != CTL_EXIT_OK)
		take_back(in, in->environment);
	remove_new(in->environment);
	remove_new(in->conf);
	return status;
}

int init_write(struct init *in)
{
	struct buf conf = { 0 }, environment = { 0 };

	put_conf(in, &conf);
	put_environment(in, &environment);
	if (conf.failed || environment.failed)
		abort();
	int status = check(in, &conf);
	if (status == CTL_EXIT_OK)
		status = write_both(in, &conf, &environment);
	explicit_bzero(environment.data, environment.len);
	buf_done(&conf);
	buf_done(&environment);
	return status;
}
