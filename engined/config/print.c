/* The configuration as people read it. It must never print a secret. */
#include "engined/config/config_priv.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

static void put_section(struct buf *out, const char *section, const char **last)
{
	if (*last && strcmp(*last, section) == 0)
		return;
	buf_printf(out, "%s[%s]\n", *last ? "\n" : "", section);
	*last = section;
}

static void put_source(struct buf *out, const struct config *c, const struct config_entry *e, const struct config_source *s)
{
	if (s->origin == CONFIG_FILE)
		buf_printf(out, "  # %s:%u\n", c->file, (unsigned)s->line);
	else if (s->origin == CONFIG_ENVIRONMENT)
		buf_printf(out, "  # environment %s\n", e->variable);
	else
		buf_printf(out, "  # %s\n", s->origin == CONFIG_CREDENTIAL ? "credential" : "default");
}

static const struct config_line *find_line(const struct config_strategy *s, const char *name)
{
	for (uint32_t i = 0; i < s->lines; i++)
		if (strcmp(s->set[i].name, name) == 0)
			return &s->set[i];
	return NULL;
}

static void put_line(struct buf *out, const struct config *c, const struct config_strategy *s, const char *name, const char *value)
{
	const struct config_line *l = find_line(s, name);

	buf_printf(out, "%s = %s", name, value);
	if (l)
		buf_printf(out, "  # %s:%u\n", c->file, (unsigned)l->line);
	else
		buf_puts(out, "  # default\n");
}

static void show_strategy(const struct config *c, const struct config_strategy *s, struct buf *out)
{
	buf_printf(out, "\n[strategy.%s]\n", s->id);
	put_line(out, c, s, "kind", s->ops ? s->ops->name : "(unknown)");
	put_line(out, c, s, "underlying", s->underlying);
	put_line(out, c, s, "enabled", s->enabled ? "yes" : "no");
	for (uint32_t i = 0; s->ops && i < strategy_param_count(s->ops); i++) {
		char text[32];
		param_format(strategy_param_at(s->ops, i), s->params[i], text);
		put_line(out, c, s, strategy_param_at(s->ops, i)->name, text);
	}
}

void config_show(const struct config *c, struct buf *out)
{
	const char *section = NULL;

	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++) {
		const struct config_entry *e = &config_table[key];
		char text[CONFIG_TEXT_MAX];

		put_section(out, e->section, &section);
		if (e->flags & CONFIG_SECRET)
			strcpy(text, config_string(c, (enum config_key)key)[0] ? "(set)" : "");
		else
			config_value_text(c, (enum config_key)key, text);
		buf_printf(out, "%s = %s", e->key, text);
		put_source(out, c, e, &c->source[key]);
	}
	for (uint32_t i = 0; i < c->strategies; i++)
		show_strategy(c, &c->strategy[i], out);
}

/* "# what it does (1 to 10 1/s; variable PORT; restart to change)" */
static void put_help(struct buf *out, const struct config_entry *e)
{
	char min[CONFIG_TEXT_MAX], max[CONFIG_TEXT_MAX];

	buf_printf(out, "# %s (", e->help);
	if (e->type == CONFIG_ENUM) {
		buf_puts(out, e->choices);
	} else if (e->type == CONFIG_BOOL) {
		buf_puts(out, "yes|no");
	} else if (e->type == CONFIG_TEXT) {
		buf_puts(out, e->flags & CONFIG_SECRET ? "secret" : "text");
	} else {
		config_number_text(e, e->min, min);
		config_number_text(e, e->max, max);
		buf_printf(out, "%s to %s%s%s%s", min, max, e->unit[0] ? " " : "", e->unit, e->flags & CONFIG_OPTIONAL ? ", or none" : "");
	}
	if (e->variable)
		buf_printf(out, "; environment %s", e->variable);
	buf_printf(out, "; %s)\n", e->flags & CONFIG_RELOAD ? "reloadable" : "needs a restart");
}

static void print_strategy(const struct strategy_ops *ops, struct buf *out)
{
	char standard[32], min[32], max[32];

	buf_printf(out, "\n# %s\n[strategy.%s]\nkind = %s\nunderlying = NIFTY\nenabled = yes\n", ops->title, ops->name, ops->name);
	for (uint32_t i = 0; i < strategy_param_count(ops); i++) {
		const struct param *p = strategy_param_at(ops, i);
		param_format(p, p->standard, standard);
		param_format(p, p->min, min);
		param_format(p, p->max, max);
		if (p->type == PARAM_CHOICE)
			buf_printf(out, "# %s (%s)\n#%s = %s\n", p->help, p->choices, p->name, standard);
		else
			buf_printf(out, "# %s (%s to %s%s%s)\n#%s = %s\n", p->help, min, max, p->unit[0] ? " " : "", p->unit, p->name, standard);
	}
}

void config_print_example(struct buf *out)
{
	const char *section = NULL;

	buf_puts(out, "# Sauda's settings. Every key with its meaning, bounds and default; made by the program itself. A value in the\n"
	              "# environment goes before this file. A file that holds secrets must have mode 600.\n\n");
	for (int key = 0; key < CONFIG_KEYS; key++) {
		const struct config_entry *e = &config_table[key];
		put_section(out, e->section, &section);
		put_help(out, e);
		buf_printf(out, "%s%s =%s%s\n", e->standard[0] ? "" : "#", e->key, e->standard[0] ? " " : "", e->standard);
	}
	for (uint32_t i = 0; strategy_choice(i); i++)
		print_strategy(strategy_choice(i), out);
}
