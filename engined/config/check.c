/* What only the whole configuration can tell: strategies with their kinds and parameters, credentials that a mode needs. */
#include "engined/config/config_priv.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

static const char *next_kind(const void *ctx, uint32_t i)
{
	(void)ctx;
	return strategy_choice(i) ? strategy_choice(i)->name : NULL;
}

static const char *next_param(const void *ctx, uint32_t i)
{
	static const char *const own[] = { "kind", "underlying", "enabled" };
	const struct strategy_ops *ops = ctx;

	if (i < ARRAY_LEN(own))
		return own[i];
	i -= (uint32_t)ARRAY_LEN(own);
	return i < strategy_param_count(ops) ? strategy_param_at(ops, i)->name : NULL;
}

static void set_underlying(struct config_strategy *s, const struct config_line *l, const struct config_place *at, struct config_issues *issues)
{
	size_t len = strlen(l->text);
	bool good = len > 0 && len < sizeof(s->underlying);

	for (size_t i = 0; i < len; i++)
		good = good && l->text[i] > ' ' && l->text[i] <= '~';
	if (!good)
		config_complain(issues, at, "underlying must be a symbol of 1 to 15 letters, such as NIFTY");
	else
		memcpy(s->underlying, l->text, len + 1);
}

static void set_param(struct config_strategy *s, const struct config_line *l, const struct config_place *at, struct config_issues *issues)
{
	int index = strategy_param_index(s->ops, l->name);
	char near[80], min[32], max[32];

	if (index < 0) {
		config_complain(issues, at, "strategy \"%s\" has no parameter \"%s\"%s", s->ops->name, l->name,
		                config_hint(config_nearest(l->name, next_param, s->ops), near, sizeof(near)));
		return;
	}
	const struct param *p = strategy_param_at(s->ops, (uint32_t)index);
	if (param_parse(p, l->text, &s->params[index]) == ERR_OK)
		return;
	param_format(p, p->min, min);
	param_format(p, p->max, max);
	if (p->type == PARAM_CHOICE)
		config_complain(issues, at, "%s: \"%s\" is not one of %s", l->name, l->text, p->choices);
	else
		config_complain(issues, at, "%s: \"%s\" must be from %s to %s %s (%s)", l->name, l->text, min, max, p->unit, p->help);
}

static void find_kind(struct config_strategy *s, struct config_place *at, struct config_issues *issues)
{
	const char *kind = s->id;
	char near[80];

	for (uint32_t i = 0; i < s->lines; i++) {
		if (strcmp(s->set[i].name, "kind") == 0) {
			kind = s->set[i].text;
			at->line = s->set[i].line;
		}
	}
	s->ops = strategy_find(kind);
	if (s->ops == &strategy_manual)
		config_complain(issues, at, "orders by hand need no section: remove [strategy.%s]", s->id);
	else if (!s->ops)
		config_complain(issues, at, "there is no strategy kind \"%s\"%s", kind, config_hint(config_nearest(kind, next_kind, NULL), near, sizeof(near)));
}

static void check_strategy(struct config *c, struct config_strategy *s, struct config_issues *issues)
{
	struct config_place at = { CONFIG_FILE, c->file, s->line };
	uint32_t before = issues->count;

	find_kind(s, &at, issues);
	if (s->ops)
		strategy_params_standard(s->ops, s->params);
	for (uint32_t i = 0; i < s->lines; i++) {
		const struct config_line *l = &s->set[i];
		at.line = l->line;
		if (strcmp(l->name, "kind") == 0)
			continue;
		if (strcmp(l->name, "underlying") == 0)
			set_underlying(s, l, &at, issues);
		else if (strcmp(l->name, "enabled") == 0 && !config_parse_bool(l->text, &s->enabled))
			config_complain(issues, &at, "enabled: \"%s\" is neither yes nor no", l->text);
		else if (strcmp(l->name, "enabled") != 0 && s->ops)
			set_param(s, l, &at, issues);
	}
	at.line = s->line;
	if (!s->underlying[0] && issues->count == before)
		config_complain(issues, &at, "[strategy.%s] needs an underlying, such as: underlying = NIFTY", s->id);
}

static void need(const struct config *c, enum config_key key, const char *why, struct config_issues *issues)
{
	const struct config_entry *e = &config_table[key];
	struct config_place at = { CONFIG_DEFAULT, NULL, 0 };

	if (config_string(c, key)[0] == '\0')
		config_complain(issues, &at, "%s.%s is not set, but %s needs it; set it or the environment variable %s", e->section, e->key, why, e->variable);
}

void config_check(struct config *c, struct config_issues *issues)
{
	CHECK_OBJ(c, CONFIG_MAGIC);
	for (uint32_t i = 0; i < c->strategies; i++)
		check_strategy(c, &c->strategy[i], issues);
	if (c->engine_mode == MODE_LIVE || c->engine_mode == MODE_PAPER) {
		const char *why = c->engine_mode == MODE_LIVE ? "mode live" : "mode paper (its prices come from Kotak)";
		if (config_consumer_key(c)[0] == '\0')
			need(c, CONFIG_kotak_consumer_key, why, issues);
		need(c, CONFIG_kotak_mobile_number, why, issues);
		need(c, CONFIG_kotak_mpin, why, issues);
		need(c, CONFIG_kotak_totp_secret, why, issues);
		need(c, CONFIG_kotak_ucc, why, issues);
	}
	if (c->telegram_bot_token[0] && !c->telegram_chats[0])
		need(c, CONFIG_telegram_chat_id, "telegram.bot_token", issues);
	if (c->telegram_chat_id[0] || c->telegram_chats[0])
		need(c, CONFIG_telegram_bot_token, c->telegram_chat_id[0] ? "telegram.chat_id" : "telegram.chats", issues);
}
