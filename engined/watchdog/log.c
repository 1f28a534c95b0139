#include "engined/watchdog/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

#define EXITS_MAX 1024

int takeover_log_open(struct takeover_log *l, const char *state_dir, date_t day)
{
	char text[STAMP_TEXT];

	date_format(day, text);
	snprintf(l->path, sizeof(l->path), "%.500s/watchdog", state_dir);
	if (mkdir(l->path, 0700) != 0 && errno != EEXIST) {
		l->fd = -1;
		return err_from_errno(errno);
	}
	snprintf(l->path, sizeof(l->path), "%.500s/watchdog/%s.log", state_dir, text);
	l->fd = open(l->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return l->fd < 0 ? err_from_errno(errno) : ERR_OK;
}

void takeover_log_close(struct takeover_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static int put(struct takeover_log *l, struct buf *line)
{
	int err = l->fd < 0 ? ERR_CLOSED : line->failed ? ERR_NOMEM : ERR_OK;

	if (err == ERR_OK && (write(l->fd, line->data, line->len) != (ssize_t)line->len || fdatasync(l->fd) != 0))
		err = err_from_errno(errno);
	buf_done(line);
	return err;
}

static void begin(struct json *j, struct buf *line, nanos_t now, const char *kind)
{
	buf_putc(line, '\n'); /* after a torn line the next one is whole */
	json_begin(j, line);
	json_object(j, NULL);
	json_str(j, "kind", kind);
	json_stamp(j, "at", now);
}

int takeover_log_words(struct takeover_log *l, nanos_t now, const char *kind, const char *text)
{
	struct buf line = { 0 };
	struct json j;

	begin(&j, &line, now, kind);
	json_str(&j, "text", text);
	json_object_end(&j);
	return put(l, &line);
}

int takeover_log_exit(struct takeover_log *l, nanos_t now, const char *kind, const struct order_row *r)
{
	struct buf line = { 0 };
	struct json j;

	begin(&j, &line, now, kind);
	json_str(&j, "tag", r->tag);
	json_str(&j, "number", r->number);
	json_str(&j, "symbol", r->symbol);
	json_int(&j, "segment", r->segment);
	json_uint(&j, "token", r->token);
	json_str(&j, "side", r->side == SIDE_BUY ? "buy" : "sell");
	json_int(&j, "qty", r->qty);
	json_decimal(&j, "price", r->price);
	json_object_end(&j);
	return put(l, &line);
}

/* -- reading --------------------------------------------------------------------------------------------------------------------- */

static bool take(const cJSON *line, const char *key, char *ret, size_t size)
{
	const char *text;

	if (!wire_text(line, key, &text) || strlen(text) >= size)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static bool take_exit(const cJSON *line, struct order_row *r)
{
	int64_t segment, token;
	const char *side;

	*r = (struct order_row){ 0 };
	if (!take(line, "tag", r->tag, sizeof(r->tag)) || !take(line, "number", r->number, sizeof(r->number)) || !take(line, "symbol", r->symbol, sizeof(r->symbol)) ||
	    !wire_int(line, "segment", &segment) || segment < 0 || segment >= SEGMENT_COUNT || !wire_int(line, "token", &token) ||
	    !wire_text(line, "side", &side) || !wire_int(line, "qty", &r->qty) || r->qty <= 0 || !wire_decimal(line, "price", &r->price))
		return false;
	r->segment = (enum segment)segment;
	r->token = (uint32_t)token;
	r->side = strcmp(side, "buy") == 0 ? SIDE_BUY : SIDE_SELL;
	return true;
}

static struct order_row *find(struct order_row *list, size_t n, const char *tag)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].tag, tag) == 0)
			return &list[i];
	return NULL;
}

static size_t take_line(const char *text, struct order_row *list, size_t n)
{
	cJSON *line = wire_parse(text, strlen(text));
	struct order_row r, *before;

	if (line && take_exit(line, &r)) {
		before = find(list, n, r.tag);
		if (before && r.number[0])
			memcpy(before->number, r.number, sizeof(before->number));
		else if (!before && n < EXITS_MAX)
			list[n++] = r;
	}
	cJSON_Delete(line);
	return n;
}

void takeover_log_read(const struct takeover_log *l, void (*exit)(void *ctx, const struct order_row *r), void *ctx)
{
	struct order_row *list = calloc(EXITS_MAX, sizeof(*list));
	FILE *f = fopen(l->path, "re");
	char text[1024];
	size_t n = 0;

	while (f && list && fgets(text, sizeof(text), f))
		n = take_line(text, list, n);
	for (size_t i = 0; i < n; i++)
		exit(ctx, &list[i]);
	if (f)
		fclose(f);
	free(list);
}
