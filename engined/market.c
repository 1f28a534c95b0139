#include "engined/market.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

#define FILE_MAX (4u << 20)
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

/* -- tables ---------------------------------------------------------------------------------------------------------------- */

static int read_file(const char *path, struct buf *out, struct market_error *error)
{
	FILE *f = fopen(path, "rbe");
	char block[65536];
	size_t n;

	if (!f) {
		snprintf(error->text, sizeof(error->text), "%s: %s; set engine.tables_dir to the folder of the market tables", path, strerror(errno));
		return ERR_NOENT;
	}
	while ((n = fread(block, 1, sizeof(block), f)) > 0 && out->len + n <= FILE_MAX)
		buf_put(out, block, n);
	int failed = ferror(f) || !feof(f) || out->failed;
	fclose(f);
	if (failed)
		snprintf(error->text, sizeof(error->text), "%s: cannot be read, or is larger than 4 MiB", path);
	return failed ? ERR_IO : ERR_OK;
}

static int parse(const char *name, const struct buf *text, struct market_tables *t, uint32_t *line)
{
	if (strcmp(name, "charges") == 0)
		return charges_parse(text->data, text->len, &t->charges, line);
	if (strcmp(name, "holidays") == 0)
		return calendar_parse_holidays(text->data, text->len, &t->calendar, line);
	if (strcmp(name, "special_sessions") == 0)
		return calendar_parse_specials(text->data, text->len, &t->calendar, line);
	if (strcmp(name, "timetable") == 0)
		return calendar_parse_timetable(text->data, text->len, &t->calendar, line);
	return contracts_parse(text->data, text->len, &t->contracts, line);
}

static int load_one(const char *dir, const char *name, struct market_tables *t, crypto_generichash_state *hash, struct market_error *error)
{
	struct buf text = { 0 };
	char path[256];
	uint32_t line = 0;
	int err;

	snprintf(path, sizeof(path), "%s/%s.csv", dir, name);
	err = read_file(path, &text, error);
	if (err == ERR_OK && (err = parse(name, &text, t, &line)) != ERR_OK)
		snprintf(error->text, sizeof(error->text), "%s line %u: %s; mend the line or reinstall the tables", path, line, err_text(err));
	if (err == ERR_OK)
		crypto_generichash_update(hash, (const unsigned char *)text.data, text.len);
	buf_done(&text);
	return err;
}

int market_load(const char *dir, struct market_tables *ret, struct market_error *error)
{
	static const char *const names[] = { "charges", "holidays", "special_sessions", "timetable", "contracts" };
	crypto_generichash_state hash;

	memset(ret, 0, sizeof(*ret));
	crypto_generichash_init(&hash, NULL, 0, 16);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int err = load_one(dir, names[i], ret, &hash, error);

		if (err != ERR_OK)
			return err;
	}
	unsigned char digest[16];
	crypto_generichash_final(&hash, digest, sizeof(digest));
	memcpy(&ret->hash, digest, sizeof(ret->hash));
	return ERR_OK;
}

/* -- strategies --------------------------------------------------------------------------------------------------------------- */

/* The shortest bar the data can give: chain snapshots have one price a step and no wicks below three minutes. */
static int64_t shortest_bar(const struct feed_info *info, int64_t wanted)
{
	static const nanos_t lengths[] = { NANOS_MINUTE, 3 * NANOS_MINUTE, 5 * NANOS_MINUTE, 15 * NANOS_MINUTE };

	if (info->one_price && wanted < 1)
		wanted = 1;
	while (wanted < 3 && lengths[wanted] < info->step)
		wanted++;
	return wanted;
}

size_t market_strategies(const char *underlying, const struct feed_info *info, struct event_strategy *ret, size_t max)
{
	const struct strategy_ops *ops;
	size_t n = 0;

	for (; n < max && (ops = strategy_choice((uint32_t)n)) != NULL; n++) {
		memset(&ret[n], 0, sizeof(ret[n]));
		ret[n].index = (uint32_t)n;
		snprintf(ret[n].ops, sizeof(ret[n].ops), "%s", ops->name);
		snprintf(ret[n].id, sizeof(ret[n].id), "%s", ops->name);
		snprintf(ret[n].underlying, sizeof(ret[n].underlying), "%s", underlying);
		strategy_params_standard(ops, ret[n].params);
		ret[n].params[COMMON_bar] = shortest_bar(info, ret[n].params[COMMON_bar]);
	}
	return n;
}

size_t market_adopted(struct event_strategy *list, size_t n, size_t max)
{
	for (unsigned k = 1; k <= MARKET_ADOPTED && n < max; k++, n++) {
		memset(&list[n], 0, sizeof(list[n]));
		list[n].index = (uint32_t)n;
		snprintf(list[n].ops, sizeof(list[n].ops), "%s", strategy_adopted.name);
		snprintf(list[n].id, sizeof(list[n].id), "%s%u", strategy_adopted.name, k);
		strategy_params_standard(&strategy_adopted, list[n].params);
	}
	return n;
}

static bool is_adopted(const struct core *c, uint32_t slot)
{
	return slot < c->s->strategies && slot_adopted(&c->slot[slot]);
}

/* Books of orders by hand were made on the way, and stay where they are. */
static bool is_taken(const struct core *c, uint32_t slot)
{
	return is_adopted(c, slot) || core_manual_is(c, slot);
}

static bool is_ordinary(const struct event_strategy *e)
{
	return strcmp(e->ops, strategy_adopted.name) != 0;
}

bool market_removed(const struct core *c, uint32_t slot, const struct event_strategy *list, size_t n)
{
	if (is_taken(c, slot))
		return false;
	for (size_t i = 0; i < n; i++)
		if (list[i].index == slot)
			return false;
	return true;
}

/* Nothing of the one that had it is left that another would take over. */
static bool is_free(const struct core *c, uint32_t slot, const struct event_strategy *list, size_t n)
{
	const struct slot *s = &c->slot[slot];

	return market_removed(c, slot, list, n) && !slot_at_work(s) && !(s->paused & PAUSED_BY_HAND) && !s->streak_locked && !s->runaway;
}

static uint32_t slot_named(const struct core *c, const char *id)
{
	uint32_t slot = core_find_strategy(c, id);

	return slot == UINT32_MAX || is_taken(c, slot) ? UINT32_MAX : slot;
}

static void number_strategies(const struct core *c, struct event_strategy *list, size_t n, uint32_t *end)
{
	for (size_t i = 0; i < n; i++)
		list[i].index = is_ordinary(&list[i]) ? slot_named(c, list[i].id) : UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		uint32_t next = 0;

		if (!is_ordinary(&list[i]) || list[i].index != UINT32_MAX)
			continue;
		while (next < c->s->strategies && !is_free(c, next, list, n))
			next++;
		list[i].index = next < c->s->strategies ? next : (*end)++;
	}
}

bool market_number(const struct core *c, struct event_strategy *list, size_t n, size_t *ret_which)
{
	uint32_t taken_over = 0, end = c->s->strategies;

	number_strategies(c, list, n, &end);
	for (size_t i = 0; i < n; i++)
		if (!is_ordinary(&list[i])) {
			while (taken_over < c->s->strategies && !is_adopted(c, taken_over))
				taken_over++;
			list[i].index = taken_over < c->s->strategies ? taken_over++ : end++;
		}
	for (*ret_which = 0; *ret_which < n; ++*ret_which)
		if (list[*ret_which].index >= c->s->limits.strategies)
			return false;
	return true;
}

/* -- the first events ------------------------------------------------------------------------------------------------------------ */

static int post_start(struct engine *e, const struct market_begin *b, const struct feed_info *info, uint64_t tables_hash)
{
	struct event ev;

	event_init(&ev, EVENT_START, b->at, INSTRUMENT_NONE);
	ev.start.mode = (uint32_t)b->mode;
	ev.start.epoch = b->epoch;
	ev.start.seed = b->seed;
	ev.start.config_hash = b->config_hash;
	ev.start.tables_hash = tables_hash;
	ev.start.capital = b->capital;
	ev.start.feed_step = info->step;
	ev.start.flags = b->flags;
	snprintf(ev.start.build, sizeof(ev.start.build), "%s", PACKAGE_VERSION);
	snprintf(ev.start.source, sizeof(ev.start.source), "%s", b->source);
	return engine_post(e, &ev);
}

static int post_link(struct engine *e, enum link link, nanos_t at)
{
	struct event ev;

	event_init(&ev, EVENT_LINK, at, INSTRUMENT_NONE);
	ev.link.link = (uint32_t)link;
	ev.link.up = 1;
	return engine_post(e, &ev);
}

int market_begin(struct engine *e, const struct market_begin *b, const struct feed_info *info, uint64_t tables_hash)
{
	int err = post_start(e, b, info, tables_hash);

	for (size_t i = 0; i < b->n_strategies && err == ERR_OK; i++) {
		struct event ev;

		event_init(&ev, EVENT_STRATEGY, b->at, INSTRUMENT_NONE);
		ev.strategy = b->strategies[i];
		ev.strategy.commons = COMMON_COUNT;
		err = engine_post(e, &ev);
	}
	if (err == ERR_OK && !b->feed_down)
		err = post_link(e, LINK_FEED, b->at);
	return err == ERR_OK && !b->broker_down ? post_link(e, LINK_BROKER, b->at) : err;
}
