/* `enginectl store migrate --from sqlite|mongo --to mongo|sqlite [--mode MODE] [--state DIR] [--config FILE] [--json]`: all rows of the journal of that
 * state folder from one database into the other, while no engine runs on it. May be stopped and repeated. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/account.h"
#include "engined/config/config.h"
#include "engined/ctl/ctl.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/journal/journal.h"
#include "lib/store/migrate.h"
#include "lib/store/mongo/mongo.h"

#define BAR 40

struct request { const char *from, *to, *mode, *state, *config; bool json; };
struct place { char journal[700], file[700], account[ACCOUNT_NAME]; };

static const char *const modes[] = { "demo", "replay", "paper", "live" };

/* -- arguments ----------------------------------------------------------------------------------------------------- */

static const char usage_text[] =
	"usage: enginectl store migrate --from sqlite|mongo --to mongo|sqlite [--mode MODE] [--state DIR] [--config FILE] [--json]\n"
	"MongoDB is the one that MONGODB_URI or the settings name.\n";

static int usage(const char *wrong, const char *what)
{
	fprintf(stderr, "enginectl store: %s%s\n%s", wrong, what, usage_text);
	return CTL_EXIT_USAGE;
}

static bool is_database(const char *text)
{
	return text && (strcmp(text, "sqlite") == 0 || strcmp(text, "mongo") == 0);
}

static bool is_mode(const char *text)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(text, modes[i]) == 0)
			return true;
	return false;
}

static int request_check(const struct request *q)
{
	if (!is_database(q->from) || !is_database(q->to))
		return usage("from which database to which? --from and --to take sqlite or mongo", "");
	if (strcmp(q->from, q->to) == 0)
		return usage("both databases are ", q->from);
	if (q->mode && !is_mode(q->mode))
		return usage("there is no such mode: ", q->mode);
	return CTL_EXIT_OK;
}

static int request_parse(int argc, char **argv, struct request *q)
{
	const struct { const char *name; const char **value; } options[] = {
		{ "--from", &q->from }, { "--to", &q->to }, { "--mode", &q->mode }, { "--state", &q->state }, { "--config", &q->config },
	};

	if (argc < 2 || strcmp(argv[1], "migrate") != 0)
		return usage(argc < 2 ? "what? migrate is what it does" : "there is no such command: ", argc < 2 ? "" : argv[1]);
	for (int i = 2; i < argc; i++) {
		size_t o = 0, n = sizeof(options) / sizeof(options[0]);

		if (strcmp(argv[i], "--json") == 0) {
			q->json = true;
			continue;
		}
		while (o < n && strcmp(argv[i], options[o].name) != 0)
			o++;
		if (o == n)
			return usage("there is no use for ", argv[i]);
		if (i + 1 == argc)
			return usage("no value after ", argv[i]);
		*options[o].value = argv[++i];
	}
	return request_check(q);
}

/* -- what is where ------------------------------------------------------------------------------------------------- */

static int fail(const char *text)
{
	fprintf(stderr, "enginectl store: %s\n", text);
	return CTL_EXIT_FAILED;
}

static int load(struct config *config, const struct request *q)
{
	struct config_issues issues = { 0 };
	int err = config_load(config, q->config, &issues);

	if (issues.count)
		fputs(issues.text.data, stderr);
	else if (err != ERR_OK)
		fprintf(stderr, "enginectl store: %s: %s\n", q->config ? q->config : "settings", err_text(err));
	config_issues_done(&issues);
	if (err != ERR_OK)
		return CTL_EXIT_FAILED;
	return config->store_mongodb_uri[0] ? CTL_EXIT_OK : fail("which MongoDB? set MONGODB_URI, or store.mongodb_uri and --config FILE");
}

/* The journal's lock is the engine's; it is held until the end. */
static int hold(const char *journal, int *ret_fd)
{
	char path[800];

	snprintf(path, sizeof(path), "%s/lock", journal);
	*ret_fd = open(path, O_RDWR | O_CLOEXEC);
	if (*ret_fd < 0) {
		snprintf(path, sizeof(path), "%.700s: %s; name the state folder with --state, and the mode with --mode", journal, strerror(errno));
		return fail(path);
	}
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) == 0)
		return CTL_EXIT_OK;
	close(*ret_fd);
	return fail("an engine runs on this state folder; stop it first (enginectl shutdown --keep)");
}

static void find_places(const struct request *q, const struct config *c, struct place *ret)
{
	const char *mode = q->mode ? q->mode : modes[c->engine_mode], *state = q->state ? q->state : c->engine_state_dir;

	snprintf(ret->journal, sizeof(ret->journal), "%.600s/%s/journal", state, mode);
	snprintf(ret->file, sizeof(ret->file), "%.600s/%s/sauda.db", state, mode);
	account_name(c, mode, ret->account);
}

static struct migrate_side side_of(const char *name, const struct config *c, const struct place *p, const uint8_t id[16])
{
	bool mongo = strcmp(name, "mongo") == 0;
	struct migrate_side side = { mongo ? &store_mongo_ops : &store_sqlite_ops, { mongo ? c->store_mongodb_uri : p->file, p->account, { 0 } } };

	memcpy(side.place.journal_id, id, sizeof(side.place.journal_id));
	return side;
}

/* -- moving -------------------------------------------------------------------------------------------------------- */

static void show(void *ctx, uint64_t rows, uint64_t of)
{
	int part = of ? (int)(rows * BAR / of) : BAR;

	(void)ctx;
	fprintf(stderr, "\r[%.*s%*s] %3d %%  %llu of %llu rows", part, "########################################", BAR - part, "",
	        of ? (int)(rows * 100 / of) : 100, (unsigned long long)rows, (unsigned long long)of);
	fflush(stderr);
}

static void tell(const struct request *q, const struct migrate_report *r)
{
	struct buf out = { 0 };
	struct json j;

	if (!q->json) {
		printf("%llu rows migrated from %s to %s, up to record %llu", (unsigned long long)r->rows, q->from, q->to, (unsigned long long)r->progress.seq);
		printf(r->refused ? "; %llu were refused\n" : "\n", (unsigned long long)r->refused);
		return;
	}
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_str(&j, "from", q->from);
	json_str(&j, "to", q->to);
	json_uint(&j, "rows", r->rows);
	json_uint(&j, "refused", r->refused);
	json_uint(&j, "seq", r->progress.seq);
	json_object_end(&j);
	puts(out.failed ? "{}" : out.data);
	buf_done(&out);
}

static int move(const struct request *q, const struct config *c, const struct place *p)
{
	struct journal_report journal;
	struct migrate_report report = { 0 };
	struct store_error error = { "" };
	bool bar = isatty(STDERR_FILENO);

	if (journal_verify(p->journal, &journal) != ERR_OK)
		return fail(journal.damage);
	if (strcmp(q->from, "sqlite") == 0 && access(p->file, F_OK) != 0)
		return fail("there is no sauda.db in this state folder to migrate from");
	struct migrate_side from = side_of(q->from, c, p, journal.state.id), to = side_of(q->to, c, p, journal.state.id);
	int err = store_migrate(&from, &to, bar ? show : NULL, NULL, &report, &error);
	if (bar)
		fputc('\n', stderr);
	if (err != ERR_OK)
		return fail(error.text);
	tell(q, &report);
	return CTL_EXIT_OK;
}

static int migrate(const struct request *q, struct config *config)
{
	struct place place;
	int fd = -1, status = load(config, q);

	if (status != CTL_EXIT_OK)
		return status;
	find_places(q, config, &place);
	status = hold(place.journal, &fd);
	if (status != CTL_EXIT_OK)
		return status;
	status = move(q, config, &place);
	close(fd);
	return status;
}

int ctl_store(int argc, char **argv)
{
	struct request q = { 0 };
	struct config *config;
	int status;

	if (ctl_asks_help(argc, argv))
		return ctl_usage(usage_text, argc, argv);
	status = request_parse(argc, argv, &q);
	config = status == CTL_EXIT_OK ? calloc(1, sizeof(*config)) : NULL;
	if (status != CTL_EXIT_OK)
		return status;
	status = config ? migrate(&q, config) : fail("out of memory");
	if (config)
		config_wipe(config);
	free(config);
	return status;
}
