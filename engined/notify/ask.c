#include "engined/notify/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"

#define REASON_MAX 63 /* of commands.tbl.h */

static const struct row {
	const char *word;
	enum ask_kind kind;
	enum command_id id;
	enum ask_look look;
	bool late;
	const char *help;
} rows[] = {
	{ "status", ASK_COMMAND, CTL_STATUS, LOOK_STATUS, false, "state, session, connections" },
	{ "balance", ASK_COMMAND, CTL_BALANCE, LOOK_BALANCE, false, "funds and equity" },
	{ "positions", ASK_COMMAND, CTL_POSITIONS, LOOK_POSITIONS, false, "what is held" },
	{ "orders", ASK_COMMAND, CTL_ORDERS, LOOK_ORDERS, false, "the newest orders" },
	{ "pnl", ASK_COMMAND, CTL_STATUS, LOOK_PNL, false, "the day's profit and loss" },
	{ "strategies", ASK_COMMAND, CTL_STRATEGIES, LOOK_STRATEGIES, false, "each strategy and its day" },
	{ "why", ASK_COMMAND, CTL_STRATEGIES, LOOK_WHY, false, "[strategy]: why it does not trade" },
	{ "risk", ASK_COMMAND, CTL_RISK, LOOK_RISK, false, "limits and what is used of them" },
	{ "pause", ASK_COMMAND, CTL_PAUSE, LOOK_NONE, true, "[reason]: no new entries; exits live on" },
	{ "resume", ASK_COMMAND, CTL_RESUME, LOOK_NONE, false, "[reason]: entries again; after a kill the reason is needed" },
	{ "kill", ASK_COMMAND, CTL_KILL, LOOK_NONE, true, "stop or flatten [reason]: latched; asks back" },
	{ "shutdown", ASK_COMMAND, CTL_SHUTDOWN, LOOK_NONE, false, "[keep]: closes (or keeps) positions and ends; asks back" },
	{ "acknowledge", ASK_COMMAND, CTL_ACKNOWLEDGE, LOOK_NONE, false, "not-flat or a contract, and a reason: you know of it; asks back" },
	{ "yes", ASK_YES, CTL_COUNT, LOOK_NONE, false, "CODE: yes to what was asked" },
	{ "no", ASK_NO, CTL_COUNT, LOOK_NONE, false, "no to what was asked" },
	{ "help", ASK_HELP, CTL_COUNT, LOOK_NONE, false, "this" },
	{ "start", ASK_HELP, CTL_COUNT, LOOK_NONE, false, NULL },
};

/* The next word in lower case, "@bot" behind a command cut off; what follows it. */
static const char *take_word(const char *text, char *word, size_t size)
{
	size_t n = 0;

	text += strspn(text, " \t\r\n");
	for (; *text && !strchr(" \t\r\n", *text); text++)
		if (n + 1 < size)
			word[n++] = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
	word[n] = '\0';
	return text + strspn(text, " \t\r\n");
}

static const struct row *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return &rows[i];
	return NULL;
}

/* -- to JSON-RPC -------------------------------------------------------------------------------------------------------------- */

/* In a group the audit names the group too; an empty reason stays empty, since lifting a kill needs one. */
static void put_reason(struct json *j, const char *text, int64_t chat, int64_t user)
{
	char reason[256];

	snprintf(reason, sizeof(reason), "%.200s", text);
	if (chat != user && text[0])
		snprintf(reason, sizeof(reason), "chat %" PRId64 ": %.200s", chat, text);
	size_t n = strlen(reason);
	for (n = n > REASON_MAX ? REASON_MAX : n; n > 0 && ((unsigned char)reason[n] & 0xc0) == 0x80; n--) {}
	reason[n] = '\0';
	for (char *at = reason; *at; at++)
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	json_str(j, "reason", reason);
}

/* No rung, or a word that is none: stop, as with the kill file. */
static const char *kill_rung(const char *rest, struct json *j, struct ask *ret)
{
	static const char *const rungs[] = { "pause", "stop", "flatten" };
	const char *rung = "stop", *more;
	char word[16];

	more = take_word(rest, word, sizeof(word));
	for (size_t i = 0; i < ARRAY_LEN(rungs); i++)
		if (strcmp(rungs[i], word) == 0) {
			rung = rungs[i];
			rest = more;
		}
	json_str(j, "rung", rung);
	ret->dangerous = strcmp(rung, "pause") != 0;
	snprintf(ret->what, sizeof(ret->what), "kill %s", rung);
	return rest;
}

static const char *shutdown_positions(const char *rest, struct json *j, struct ask *ret)
{
	char word[16];
	const char *more = take_word(rest, word, sizeof(word));
	bool keep = strcmp(word, "keep") == 0, flatten = strcmp(word, "flatten") == 0;

	if (keep || flatten) {
		json_str(j, "positions", keep ? "keep" : "flatten");
		rest = more;
	}
	ret->dangerous = true;
	snprintf(ret->what, sizeof(ret->what), "shutdown, %s positions", keep ? "keeping" : "closing");
	return rest;
}

/* Contracts have capital letters, whatever a telephone makes of them. What is not whole is refused by the engine, and needs no second word for it. */
static const char *acknowledge_what(const char *rest, struct json *j, struct ask *ret)
{
	char symbol[40];
	const char *more = take_word(rest, symbol, sizeof(symbol));

	for (char *at = symbol; *at && strcmp(symbol, "not-flat") != 0; at++)
		*at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
	json_str(j, "symbol", symbol);
	ret->dangerous = symbol[0] && more[0];
	snprintf(ret->what, sizeof(ret->what), "acknowledge %.35s", symbol[0] ? symbol : "nothing");
	return more;
}

static void put_command(const struct row *row, const char *rest, int64_t chat, int64_t user, bool latched, struct ask *ret)
{
	struct json j;

	snprintf(ret->what, sizeof(ret->what), "%s", row->word);
	json_begin(&j, &ret->line);
	json_object(&j, NULL);
	json_str(&j, "jsonrpc", "2.0");
	json_int(&j, "id", 1);
	json_str(&j, "method", control_command(row->id)->method);
	json_object(&j, "params");
	if (row->id == CTL_KILL)
		rest = kill_rung(rest, &j, ret);
	else if (row->id == CTL_SHUTDOWN)
		rest = shutdown_positions(rest, &j, ret);
	else if (row->id == CTL_ACKNOWLEDGE)
		rest = acknowledge_what(rest, &j, ret);
	else if (row->id == CTL_RESUME)
		ret->dangerous = latched;
	else if (row->id == CTL_ORDERS)
		json_int(&j, "limit", 8);
	if (row->look == LOOK_NONE)
		put_reason(&j, rest, chat, user);
	json_object_end(&j);
	json_object_end(&j);
}

void ask_read(const char *text, int64_t chat, int64_t user, bool latched, struct ask *ret)
{
	char word[32];

	*ret = (struct ask){ .kind = ASK_TALK, .id = CTL_COUNT };
	if (text[0] != '/')
		return;
	const char *rest = take_word(text + 1, word, sizeof(word));
	word[strcspn(word, "@")] = '\0';
	const struct row *row = find(word);
	ret->kind = row ? row->kind : ASK_UNKNOWN;
	take_word(rest, ret->more, sizeof(ret->more));
	if (!row || row->kind != ASK_COMMAND)
		return;
	ret->id = row->id;
	ret->look = row->look;
	ret->late = row->late;
	put_command(row, rest, chat, user, latched, ret);
}

void ask_done(struct ask *a)
{
	buf_done(&a->line);
}

void ask_help(enum control_role role, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].help && (rows[i].id == CTL_COUNT || control_command(rows[i].id)->role <= role))
			buf_printf(out, "\n/%s %s", rows[i].word, rows[i].help);
	buf_printf(out, "\nThis chat has the role %s.", control_role_name(role));
}

/* -- the second word ---------------------------------------------------------------------------------------------------------- */

static struct confirm *find_confirm(struct confirms *c, int64_t chat, int64_t user)
{
	for (size_t i = 0; i < CONFIRM_MAX; i++)
		if (c->list[i].until && c->list[i].chat == chat && c->list[i].user == user)
			return &c->list[i];
	return NULL;
}

/* A free place, else the one that ends first. */
static struct confirm *place_for(struct confirms *c, int64_t chat, int64_t user)
{
	struct confirm *best = find_confirm(c, chat, user);

	for (size_t i = 0; !best && i < CONFIRM_MAX; i++)
		best = c->list[i].until == 0 ? &c->list[i] : NULL;
	if (best)
		return best;
	best = &c->list[0];
	for (size_t i = 1; i < CONFIRM_MAX; i++)
		best = c->list[i].until < best->until ? &c->list[i] : best;
	return best;
}

uint32_t confirm_ask(struct confirms *c, const struct ask *a, int64_t chat, int64_t user, nanos_t mono)
{
	struct confirm *q = place_for(c, chat, user);

	*q = (struct confirm){ .chat = chat, .user = user, .code = 100000 + randombytes_uniform(900000), .until = mono + CONFIRM_FOR };
	memcpy(q->what, a->what, sizeof(q->what));
	snprintf(q->line, sizeof(q->line), "%s", a->line.data);
	return q->code;
}

enum confirm_verdict confirm_take(struct confirms *c, const char *code, int64_t chat, int64_t user, nanos_t mono, struct confirm *ret)
{
	struct confirm *q = find_confirm(c, chat, user);
	enum confirm_verdict verdict = CONFIRM_WRONG;
	int64_t told = 0;

	if (!q)
		return CONFIRM_NOTHING;
	if (num_parse_int(code, strlen(code), 100000, 999999, &told) == ERR_OK && (uint32_t)told == q->code)
		verdict = CONFIRM_GOOD;
	if (mono > q->until)
		verdict = CONFIRM_LATE;
	*ret = *q;
	if (verdict != CONFIRM_WRONG || ++q->wrong == CONFIRM_TRIES)
		*q = (struct confirm){ 0 };
	return verdict;
}

bool confirm_drop(struct confirms *c, int64_t chat, int64_t user)
{
	struct confirm *q = find_confirm(c, chat, user);

	if (q)
		*q = (struct confirm){ 0 };
	return q != NULL;
}
