#include "tests/sim/cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/sim/dials.h"

static const struct { const char *name; size_t offset; } number[] = {
#define NUMBER(field) { #field, offsetof(struct cut, field) }
	NUMBER(reroll), NUMBER(later), NUMBER(cold), NUMBER(safety), NUMBER(loud), NUMBER(ticks), NUMBER(timers), NUMBER(strikes), NUMBER(strategies),
};

static uint64_t *number_at(struct cut *c, size_t i)
{
	return (uint64_t *)(void *)((char *)c + number[i].offset);
}

static bool parse_fault(struct cut_fault *ret, char *word)
{
	size_t at = strcspn(word, ".:");
	bool order = word[at] == ':';
	char *end;

	if (!word[at])
		return false;
	word[at] = '\0';
	unsigned long n = strtoul(word + at + 1, &end, 10);
	*ret = (struct cut_fault){ (uint16_t)dials_find(word), order, (uint32_t)n };
	return !*end && n > 0 && n < UINT32_MAX && ret->dial < dials_count();
}

/* Nothing: none happens. */
static bool parse_faults(struct cut *ret, char *text)
{
	ret->listed = true;
	for (char *save, *word = strtok_r(text, "+", &save); word; word = strtok_r(NULL, "+", &save))
		if (ret->faults == CUT_FAULTS || !parse_fault(&ret->fault[ret->faults++], word))
			return false;
	return true;
}

static bool parse_word(struct cut *ret, char *word)
{
	char *value = strchr(word, '='), *end;
	size_t i = 0;

	if (!value)
		return false;
	*value++ = '\0';
	if (strcmp(word, "faults") == 0)
		return parse_faults(ret, value);
	while (i < ARRAY_LEN(number) && strcmp(word, number[i].name) != 0)
		i++;
	if (i == ARRAY_LEN(number) || !*value)
		return false;
	*number_at(ret, i) = strtoull(value, &end, 10);
	return *end == '\0';
}

bool cut_parse(struct cut *ret, const char *text)
{
	char words[CUT_TEXT], *save;

	*ret = (struct cut){ 0 };
	if (strlen(text) >= CUT_TEXT)
		return false;
	strcpy(words, text);
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (!parse_word(ret, word))
			return false;
	return true;
}

void cut_print(const struct cut *c, char ret[CUT_TEXT])
{
	struct cut copy = *c;
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(number); i++)
		if (*number_at(&copy, i))
			len += (size_t)snprintf(ret + len, CUT_TEXT - len, "%s%s=%llu", len ? "," : "", number[i].name, (unsigned long long)*number_at(&copy, i));
	if (c->listed)
		len += (size_t)snprintf(ret + len, CUT_TEXT - len, "%sfaults=", len ? "," : "");
	for (size_t i = 0; i < c->faults; i++)
		len += (size_t)snprintf(ret + len, CUT_TEXT - len, "%s%s%c%u", i ? "+" : "", dials_name(c->fault[i].dial), c->fault[i].order ? ':' : '.', c->fault[i].n);
	assert(len < CUT_TEXT);
}

bool cut_keeps(const struct cut *c, const struct cut_fault *f)
{
	for (size_t i = 0; i < c->faults; i++)
		if (c->fault[i].dial == f->dial && c->fault[i].order == f->order && c->fault[i].n == f->n)
			return true;
	return !c->listed;
}
