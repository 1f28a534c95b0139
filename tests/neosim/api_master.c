/* The scrip master: where its files are, and the files. Another day's address is refused with 403, as a bucket does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"

#define BASE "/wso2-scripmaster/v1/prod"

static const struct { const char *folder, *stem; } files[] = {
	{"transformed", "cde_fo"}, {"transformed", "mcx_fo"}, {"transformed", "nse_fo"}, {"transformed", "bse_fo"}, {"transformed", "nse_com"},
	{"transformed-v1", "bse_cm-v1"}, {"transformed-v1", "nse_cm-v1"},
};

static void path_of(const struct call *c, size_t i, char *ret, size_t size)
{
	char day[STAMP_TEXT];

	date_format(sim_date(sim_time(c->sim)), day);
	snprintf(ret, size, BASE "/%s/%s/%s.csv", day, files[i].folder, files[i].stem);
}

void api_master_paths(struct call *c)
{
	char origin[64], path[160], url[256];
	size_t i;

	call_origin(c, "http", "https", origin, sizeof(origin));
	snprintf(url, sizeof(url), "%s" BASE, origin);
	json_object(&c->j, NULL);
	json_object(&c->j, "data");
	json_str(&c->j, "baseFolder", url);
	json_array(&c->j, "filesPaths");
	for (i = 0; i < ARRAY_LEN(files); i++) {
		path_of(c, i, path, sizeof(path));
		snprintf(url, sizeof(url), "%.63s%.159s", origin, path);
		json_str(&c->j, NULL, url);
	}
	json_array_end(&c->j);
	json_object_end(&c->j);
	json_object_end(&c->j);
}

/* Made at its first asking of the day. */
static const struct sim_master *master(struct call *c, size_t i)
{
	struct sim_master *m = &c->sim->masters[i];
	int32_t today = sim_date(sim_time(c->sim));

	if (!m->csv || m->date != today) {
		free(m->csv);
		m->date = today;
		m->csv = market_master_csv(c->sim->market, files[i].stem, &m->len);
	}
	return m->csv ? m : NULL;
}

void api_master_file(struct call *c)
{
	const struct sim_master *m = NULL;
	char path[160];
	size_t i;

	for (i = 0; i < ARRAY_LEN(files) && !m; i++) {
		path_of(c, i, path, sizeof(path));
		if (strcmp(path, c->r->path) == 0)
			m = master(c, i);
	}
	if (!m) {
		call_text(c, 403, "application/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
		return;
	}
	c->reply->type = "text/csv";
	c->reply->chunked = i % 2; /* some come with their length, some in chunks */
	buf_put(&c->out, m->csv, m->len);
}
