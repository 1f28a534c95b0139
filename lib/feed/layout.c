#include "lib/feed/layout.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

static const struct layout *const layouts[] = {
	&layout_index_bars, &layout_equity_bars, &layout_contract_bars, &layout_option_bars, &layout_chain_quotes,
	&layout_chain_last, &layout_ltp_ticks, &layout_index_ticks, &layout_depth_ticks,
};

static int find_column(const struct fields *header, const char *name)
{
	for (uint32_t i = 0; i < header->count; i++)
		if (field_is(header->field[i], name))
			return (int)i;
	return FIELD_ABSENT;
}

static bool is_ignored(const struct layout *l, struct field name)
{
	char word[64];

	if (l->ignored == NULL || name.len == 0 || name.len > sizeof(word) - 3)
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)name.len, name.text);
	return strstr(l->ignored, word) != NULL;
}

/* Every wanted column is there, and every column there is wanted or known to be of no use. */
static bool layout_fits(const struct layout *l, const struct fields *header, int map[LAYOUT_COLUMNS_MAX])
{
	uint32_t known = 0;

	for (size_t i = 0; i < LAYOUT_COLUMNS_MAX; i++) {
		map[i] = FIELD_ABSENT;
		if (l->columns[i] == NULL)
			continue;
		bool optional = l->columns[i][0] == '?';
		map[i] = find_column(header, l->columns[i] + optional);
		if (map[i] == FIELD_ABSENT && !optional)
			return false;
		known += map[i] != FIELD_ABSENT;
	}
	for (uint32_t i = 0; i < header->count; i++)
		known += is_ignored(l, header->field[i]);
	return known == header->count;
}

const struct layout *layout_find(const struct fields *header, int ret_map[LAYOUT_COLUMNS_MAX])
{
	int map[LAYOUT_COLUMNS_MAX];

	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		if (!layout_fits(layouts[i], header, map))
			continue;
		memcpy(ret_map, map, sizeof(map));
		return layouts[i];
	}
	return NULL;
}

void layout_names(char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(layouts) && len < size; i++) {
		if (i > 0 && strstr(ret, layouts[i]->kind) != NULL)
			continue; /* two layouts may share a kind */
		len += (size_t)snprintf(ret + len, size - len, "%s%s", i > 0 ? ", " : "", layouts[i]->kind);
	}
}
