/* An answer as text for a person: lists become tables, everything else aligned names and values. */
#include "engined/ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"

#define COLUMNS_MAX 16

/* Which columns a list shows, in order; a dot goes into a member. */
static const struct { enum command_id id; const char *columns; } views[] = {
	{ CTL_STRATEGIES, "id state live underlying day_pnl pnl trades_today trades wins loss_streak why_not.text" },
	{ CTL_POSITIONS,  "symbol strategy product side qty average last pnl realised charges opened" },
	{ CTL_ORDERS,     "at symbol strategy side type purpose qty filled price average state reason" },
	{ CTL_TRADES,     "at symbol strategy side qty price charges" },
	{ CTL_HISTORY,    "entered left symbol strategy side qty entry exit exit_reason gross charges net" },
	{ CTL_EQUITY,     "at equity realised unrealised charges day_pnl" },
	{ CTL_CANDLES,    "at o h l c v" },
	{ CTL_EVENTS,     "seq at kind symbol text" },
	{ CTL_RISK,       "name used left value unit hit text" },
	{ CTL_RISK_SET,   "name used left value unit hit text" },
};

struct column { char path[32]; const char *key; bool right; size_t width; };

/* Columns on the screen: code points, since nothing printed here is wider than one. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xC0) != 0x80;
	return width;
}

static void put_padded(FILE *out, const char *text, size_t width, bool right, const char *before, const char *after)
{
	int pad = (int)(width > width_of(text) ? width - width_of(text) : 0);

	fprintf(out, "%*s%s%s%s%*s", right ? pad : 0, "", before, text, after, right ? 0 : pad, "");
}

static const char *colour_of(const struct ctl_options *o, const char *key, const cJSON *value)
{
	int direction = o->colour ? ctl_format_direction(key, value) : 0;

	return direction > 0 ? "\033[32m" : direction < 0 ? "\033[31m" : "";
}

/* -- tables ------------------------------------------------------------------------------------------------------- */

static const cJSON *member_at(const cJSON *row, const char *path)
{
	const char *dot = strchr(path, '.');
	char first[32];

	if (!dot)
		return cJSON_GetObjectItemCaseSensitive(row, path);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(row, first), dot + 1);
}

static size_t read_columns(const char *list, struct column *columns)
{
	size_t count = 0;

	while (*list && count < COLUMNS_MAX) {
		size_t len = strcspn(list, " ");
		struct column *c = &columns[count++];

		*c = (struct column){ 0 };
		snprintf(c->path, sizeof(c->path), "%.*s", (int)len, list);
		c->key = strrchr(c->path, '.') ? strrchr(c->path, '.') + 1 : c->path;
		c->width = strcspn(c->path, ".");
		list += len + (list[len] == ' ');
	}
	return count;
}

/* Numbers stand right; a column is one of numbers when any row has a number there. */
static void measure(const cJSON *items, struct column *columns, size_t count)
{
	const cJSON *row;
	struct buf text = { 0 };

	cJSON_ArrayForEach(row, items) {
		for (size_t i = 0; i < count; i++) {
			const cJSON *value = member_at(row, columns[i].path);

			buf_clear(&text);
			ctl_format_value(&text, columns[i].key, value);
			columns[i].right |= cJSON_IsNumber(value);
			if (width_of(text.data) > columns[i].width)
				columns[i].width = width_of(text.data);
		}
	}
	buf_done(&text);
}

static void put_heading(FILE *out, const struct ctl_options *o, const struct column *columns, size_t count)
{
	char title[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(title, sizeof(title), "%.*s", (int)strcspn(columns[i].path, "."), columns[i].path);
		for (char *c = title; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		put_padded(out, title, i + 1 < count || columns[i].right ? columns[i].width : 0, columns[i].right,
		           o->colour ? "\033[1m" : "", o->colour ? "\033[0m" : "");
		fputs(i + 1 < count ? "  " : "\n", out);
	}
}

static void put_row(FILE *out, const struct ctl_options *o, const struct column *columns, size_t count, const cJSON *row)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		const cJSON *value = member_at(row, columns[i].path);
		const char *colour = colour_of(o, columns[i].key, value);

		buf_clear(&text);
		ctl_format_value(&text, columns[i].key, value);
		put_padded(out, text.data, i + 1 < count || columns[i].right ? columns[i].width : 0, columns[i].right, colour,
		           colour[0] ? "\033[0m" : "");
		fputs(i + 1 < count ? "  " : "\n", out);
	}
	buf_done(&text);
}

static void put_table(FILE *out, const struct ctl_options *o, const char *list, const cJSON *items)
{
	struct column columns[COLUMNS_MAX];
	size_t count = read_columns(list, columns);
	const cJSON *row;

	if (cJSON_GetArraySize(items) == 0) {
		fputs("none\n", out);
		return;
	}
	measure(items, columns, count);
	put_heading(out, o, columns, count);
	cJSON_ArrayForEach(row, items)
		put_row(out, o, columns, count, row);
}

/* -- names and values --------------------------------------------------------------------------------------------- */

/* Rows, or several lines: too much for the line of a member, and so it follows below. */
static bool is_block(const cJSON *item)
{
	return (cJSON_IsArray(item) && cJSON_IsObject(item->child)) || (cJSON_IsString(item) && strchr(item->valuestring, '\n'));
}

/* A nested object's members come out as "feed.up"; `emit` false only measures. */
static void walk(FILE *out, const struct ctl_options *o, const char *prefix, const cJSON *object, size_t *width, bool emit)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		struct buf name = { 0 }, text = { 0 };

		buf_printf(&name, "%s%s%s", prefix, prefix[0] ? "." : "", item->string);
		if (cJSON_IsObject(item)) {
			walk(out, o, name.data, item, width, emit);
		} else if (is_block(item)) {
			;
		} else if (!emit) {
			*width = width_of(name.data) > *width ? width_of(name.data) : *width;
		} else {
			const char *colour = colour_of(o, item->string, item);

			ctl_format_value(&text, item->string, item);
			put_padded(out, name.data, *width + 2, false, "", "");
			fprintf(out, "%s%s%s\n", colour, text.data, colour[0] ? "\033[0m" : "");
		}
		buf_done(&name);
		buf_done(&text);
	}
}

static void put_lines(FILE *out, const char *text)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		struct buf line = { 0 }, shown = { 0 };

		len = strcspn(text, "\n");
		buf_printf(&line, "%.*s", (int)len, text);
		ctl_format_text(&shown, line.data);
		fprintf(out, "%s\n", shown.data ? shown.data : "");
		buf_done(&line);
		buf_done(&shown);
	}
}

/* The columns are what the first row has in single values. */
static void put_rows(FILE *out, const struct ctl_options *o, const cJSON *rows)
{
	struct buf columns = { 0 };
	const cJSON *item;

	cJSON_ArrayForEach(item, rows->child)
		if (!cJSON_IsArray(item) && !cJSON_IsObject(item))
			buf_printf(&columns, "%s%s", columns.len ? " " : "", item->string);
	put_table(out, o, columns.data ? columns.data : "", rows);
	buf_done(&columns);
}

static void put_blocks(FILE *out, const struct ctl_options *o, const char *prefix, const cJSON *object)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		struct buf name = { 0 };

		buf_printf(&name, "%s%s%s", prefix, prefix[0] ? "." : "", item->string);
		if (is_block(item))
			fprintf(out, "\n%s:\n", name.data);
		if (cJSON_IsObject(item))
			put_blocks(out, o, name.data, item);
		else if (is_block(item) && cJSON_IsString(item))
			put_lines(out, item->valuestring);
		else if (is_block(item))
			put_rows(out, o, item);
		buf_done(&name);
	}
}

static void put_members(FILE *out, const struct ctl_options *o, const cJSON *object)
{
	size_t width = 0;

	walk(out, o, "", object, &width, false);
	walk(out, o, "", object, &width, true);
}

/* -- answers ------------------------------------------------------------------------------------------------------ */

/* The mode comes first and apart, so that paper is never taken for live. */
static void put_list(FILE *out, const struct ctl_options *o, const char *columns, cJSON *root)
{
	cJSON *mode = cJSON_DetachItemFromObjectCaseSensitive(root, "mode");
	cJSON *items = cJSON_DetachItemFromObjectCaseSensitive(root, "items");
	cJSON *next = cJSON_DetachItemFromObjectCaseSensitive(root, "next");

	if (cJSON_IsString(mode))
		fprintf(out, "[%s]\n", mode->valuestring);
	put_table(out, o, columns, items);
	if (root->child) {
		fputc('\n', out);
		put_members(out, o, root);
	}
	if (next && !cJSON_IsNull(next)) {
		char *text = cJSON_PrintUnformatted(next);
		fprintf(out, "\nmore: go on from %s\n", text ? text : "?");
		cJSON_free(text);
	}
	cJSON_Delete(mode);
	cJSON_Delete(items);
	cJSON_Delete(next);
}

static const char *columns_of(enum command_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (views[i].id == id)
			return views[i].columns;
	return NULL;
}

int ctl_print(FILE *out, const struct ctl_options *o, enum command_id id, struct message_slice result)
{
	cJSON *root = o->json || id == CTL_OPENAPI ? NULL : cJSON_ParseWithLength(result.at, result.len);

	if (cJSON_IsString(root))
		fputs(root->valuestring, out);
	else if (cJSON_IsObject(root) && columns_of(id) && cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "items")))
		put_list(out, o, columns_of(id), root);
	else if (cJSON_IsObject(root)) {
		put_members(out, o, root);
		if (id != CTL_STRATEGY_PAUSE && id != CTL_STRATEGY_RESUME) /* what was done would leave the screen */
			put_blocks(out, o, "", root);
	} else
		fprintf(out, "%.*s\n", (int)result.len, result.at);
	cJSON_Delete(root);
	return CTL_EXIT_OK;
}

void ctl_print_fault(const struct ctl_options *o, const struct control_fault *f)
{
	fprintf(stderr, "enginectl: %s\n  %s\n", f->detail, f->remedy);
	if (!o->json)
		return;
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_object(&j, "error");
	json_str(&j, "code", control_code_def(f->code)->code);
	json_str(&j, "detail", f->detail);
	json_str(&j, "remedy", f->remedy);
	json_object_end(&j);
	json_object_end(&j);
	puts(out.data ? out.data : "{}");
	buf_done(&out);
}
