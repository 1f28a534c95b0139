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

static const struct config_line *find_line(const struct config_strategy *s, const char *name)
{
	for (uint32_t i = 0; i < s->lines; i++)
		if (strcmp(s->set[i].name, name) == 0)
			return &s->set[i];
	return NULL;
}

/* -- every setting, one after the other ----------------------------------------------------------------------------- */

static void say_place(struct config_row *r, const struct config *c, const struct config_source *s)
{
	if (s->origin == CONFIG_FILE)
		snprintf(r->place, sizeof(r->place), "%s:%u", c->file, (unsigned)s->line);
	else if (s->origin == CONFIG_ENVIRONMENT)
		snprintf(r->place, sizeof(r->place), "environment %s", r->variable);
	else
		snprintf(r->place, sizeof(r->place), "%s", s->origin == CONFIG_CREDENTIAL ? "credential" : "default");
}

void config_row_of(const struct config *c, enum config_key key, struct config_row *r)
{
	const struct config_entry *e = &config_table[key];

	*r = (struct config_row){ .key = e->key, .variable = e->variable, .help = e->help, .secret = e->flags & CONFIG_SECRET,
	                          .personal = e->flags & (CONFIG_SECRET | CONFIG_PERSONAL) };
	snprintf(r->section, sizeof(r->section), "%s", e->section);
	if (r->secret) {
		strcpy(r->value, config_string(c, key)[0] ? "(set)" : "(not set)");
		strcpy(r->standard, "(not set)");
	} else {
		config_value_text(c, key, r->value);
		config_standard_text(key, r->standard);
	}
	say_place(r, c, &c->source[key]);
}

static void line_row(const struct config *c, const struct config_strategy *s, const char *name, struct config_row *r)
{
	const struct config_line *l = find_line(s, name);
	struct config_source source = { l ? CONFIG_FILE : CONFIG_DEFAULT, l ? l->line : 0 };

	*r = (struct config_row){ .key = name };
	snprintf(r->section, sizeof(r->section), "strategy.%s", s->id);
	say_place(r, c, &source);
}

/* A section of its own is no default: there is none without one. */
static void strategy_rows(const struct config *c, const struct config_strategy *s, void (*take)(void *ctx, const struct config_row *r), void *ctx)
{
	struct config_row r;

	line_row(c, s, "kind", &r);
	snprintf(r.value, sizeof(r.value), "%s", s->ops ? s->ops->name : "(unknown)");
	take(ctx, &r);
	line_row(c, s, "underlying", &r);
	snprintf(r.value, sizeof(r.value), "%s", s->underlying);
	take(ctx, &r);
	line_row(c, s, "enabled", &r);
	strcpy(r.value, s->enabled ? "yes" : "no");
	strcpy(r.standard, "yes");
	take(ctx, &r);
	for (uint32_t i = 0; s->ops && i < strategy_param_count(s->ops); i++) {
		const struct param *p = strategy_param_at(s->ops, i);
		line_row(c, s, p->name, &r);
		param_format(p, s->params[i], r.value);
		param_format(p, p->standard, r.standard);
		take(ctx, &r);
	}
}

void config_each(const struct config *c, void (*take)(void *ctx, const struct config_row *r), void *ctx)
{
	struct config_row r;

	CHECK_OBJ(c, CONFIG_MAGIC);
	for (int key = 0; key < CONFIG_KEYS; key++) {
		config_row_of(c, (enum config_key)key, &r);
		take(ctx, &r);
	}
	for (uint32_t i = 0; i < c->strategies; i++)
		strategy_rows(c, &c->strategy[i], take, ctx);
}

struct shown { struct buf *out; char section[CONFIG_SECTION_MAX]; };

static void show_row(void *ctx, const struct config_row *r)
{
	struct shown *s = ctx;

	if (strcmp(s->section, r->section) != 0)
		buf_printf(s->out, "%s[%s]\n", s->section[0] ? "\n" : "", r->section);
	strcpy(s->section, r->section);
	buf_printf(s->out, "%s = %s  # %s\n", r->key, r->value, r->place);
}

void config_show(const struct config *c, struct buf *out)
{
	struct shown s = { .out = out };

	config_each(c, show_row, &s);
}

/* -- the example ------------------------------------------------------------------------------------------------------ */

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
