/* The adapter's own REST client and order path, driven by lines on standard input, for suites that look at it from outside.
 *     kotak_drive --base URL --ca FILE --credentials FILE [--clock V,R,S] [--config-url URL|none] [--order-feed URL] [--engine [--adopt FILE]]
 * Without --engine one command is one REST call and one line of JSON: login, place, modify, cancel, book, order, history, trades, positions,
 * holdings, limits, margin, quotes, paths, candles, expiries, client_ip. With it: drive_engine.c. */
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/broker/kotak/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct drive drive;

/* -- lines out ------------------------------------------------------------------------------------------------------------------- */

void drive_print(struct buf *line)
{
	assert(!line->failed);
	fwrite(line->data, 1, line->len, stdout);
	fputc('\n', stdout);
	fflush(stdout);
	buf_done(line);
}

void drive_say(const char *key, const char *text)
{
	struct buf line = { 0 };
	struct json j;

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_str(&j, key, text);
	json_object_end(&j);
	drive_print(&line);
}

nanos_t drive_now(const struct drive *d)
{
	return clock_now(&d->clock);
}

/* -- lines in ---------------------------------------------------------------------------------------------------------------------- */

static uv_fs_t reading;
static char block[4096];
static struct buf input;

static void ask_input(void);

static void split(struct drive *d, char *line)
{
	d->words = 0;
	for (char *at = strtok(line, " \t\r"); at && d->words < DRIVE_WORDS; at = strtok(NULL, " \t\r"))
		d->word[d->words++] = at;
}

static void finish(struct drive *d)
{
	if (d->engine)
		engine_end(d);
	rest_close(&d->rest);
	kotak_session_close(&d->session);
}

/* Takes lines while commands answer at once. A quotation name may hold blanks: the rest of such a line is told apart by its command. */
static void take_lines(struct drive *d)
{
	static char line[4096];
	char *end;

	while (!d->busy && input.len > 0 && (end = memchr(input.data, '\n', input.len)) != NULL) {
		size_t len = (size_t)(end - input.data);

		snprintf(line, sizeof(line), "%.*s", (int)len, input.data);
		memmove(input.data, end + 1, input.len - len - 1);
		input.len -= len + 1;
		split(d, line);
		if (d->words == 0)
			continue;
		d->busy = true;
		if (d->engine)
			engine_command(d);
		else
			calls_command(d);
	}
	if (!d->busy && d->ended && d->session)
		finish(d);
}

void drive_next(struct drive *d)
{
	d->busy = false;
}

static void took_input(uv_fs_t *r)
{
	ssize_t n = r->result;

	uv_fs_req_cleanup(r);
	if (n <= 0)
		drive.ended = true;
	else {
		buf_put(&input, block, (size_t)n);
		ask_input();
	}
}

static void ask_input(void)
{
	uv_buf_t b = uv_buf_init(block, sizeof(block));

	uv_fs_read(drive.loop, &reading, STDIN_FILENO, &b, 1, -1, took_input);
}

static void after_poll(uv_check_t *c)
{
	take_lines(c->data);
}

/* A command may have been answered by a timer, after which the poll would sleep. */
static void before_poll(uv_prepare_t *p)
{
	take_lines(p->data);
}

/* -- the account --------------------------------------------------------------------------------------------------------------------- */

static int refuse(const char *text)
{
	fprintf(stderr, "kotak_drive: %s\n", text);
	return 2;
}

static bool put_value(struct kotak_options *o, const char *key, const char *value)
{
	const struct { const char *key; char *to; size_t size; } fields[] = {
		{ "consumer_key", o->consumer_key, sizeof(o->consumer_key) }, { "mobile", o->mobile, sizeof(o->mobile) }, { "ucc", o->ucc, sizeof(o->ucc) },
		{ "mpin", o->mpin, sizeof(o->mpin) }, { "totp_secret", o->totp_secret, sizeof(o->totp_secret) },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (strcmp(fields[i].key, key) == 0) {
			snprintf(fields[i].to, fields[i].size, "%s", value);
			return true;
		}
	return false;
}

static bool read_credentials(struct kotak_options *o, const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\r\n")] = '\0';
		if (value) {
			*value = '\0';
			put_value(o, line, value + 1);
		}
	}
	fclose(f);
	return true;
}

static int take_options(struct drive *d, int argc, char **argv)
{
	d->clock = CLOCK_SYSTEM;
	d->account.order_rate = 8;
	d->account.order_reserve = 2;
	d->account.report_rate = 10;
	d->account.quote_rate = 10;
	strcpy(d->account.config_url, "none");
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(name, "--engine") == 0) {
			d->engine = true;
			continue;
		}
		i++;
		if (strcmp(name, "--base") == 0)
			snprintf(d->account.session_url, sizeof(d->account.session_url), "%s", value);
		else if (strcmp(name, "--ca") == 0)
			snprintf(d->account.ca_file, sizeof(d->account.ca_file), "%s", value);
		else if (strcmp(name, "--config-url") == 0)
			snprintf(d->account.config_url, sizeof(d->account.config_url), "%s", value);
		else if (strcmp(name, "--order-feed") == 0)
			snprintf(d->account.order_feed_url, sizeof(d->account.order_feed_url), "%s", value);
		else if (strcmp(name, "--adopt") == 0)
			d->adopt = value;
		else if (strcmp(name, "--credentials") == 0 && !read_credentials(&d->account, value))
			return refuse("the credentials file cannot be read");
		else if (strcmp(name, "--clock") == 0 && clock_parse(value, &d->clock) != ERR_OK)
			return refuse("--clock takes VIRTUAL_NS,REAL_NS,SPEED");
		else if (strcmp(name, "--credentials") != 0 && strcmp(name, "--clock") != 0)
			return refuse("unknown option; see the head of kotak_drive.c");
	}
	return d->account.session_url[0] ? 0 : refuse("--base is missing");
}

int main(int argc, char **argv)
{
	struct drive *d = &drive;
	uv_check_t check;
	uv_prepare_t prepare;
	char error[256];
	int code = take_options(d, argc, argv);

	if (code)
		return code;
	d->loop = uv_default_loop();
	if (kotak_session_open(d->loop, &d->account, &d->clock, &d->session, error) != ERR_OK)
		return refuse(error);
	if (rest_open(d->session, &d->rest) != ERR_OK)
		return refuse("out of memory");
	uv_check_init(d->loop, &check);
	uv_prepare_init(d->loop, &prepare);
	check.data = prepare.data = d;
	uv_check_start(&check, after_poll);
	uv_prepare_start(&prepare, before_poll);
	if (d->engine)
		engine_begin(d);
	ask_input();
	while (d->session && uv_run(d->loop, UV_RUN_ONCE))
		;
	uv_close((uv_handle_t *)&check, NULL);
	uv_close((uv_handle_t *)&prepare, NULL);
	uv_run(d->loop, UV_RUN_DEFAULT);
	buf_done(&input);
	return 0;
}
