/* `enginectl crash-drill`: finds the programs, makes a folder of its own, plays days until the kills are done, and says what that proved.
 * Exit status: 0 proven, 1 not proven or it could not run, 2 usage. */
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engined/ctl/ctl.h"
#include "engined/drill/print.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/control/client.h"

#define KILLS_MAX 10000
#define DIR_MAX   60 /* a socket's path below it may have 107 bytes */

struct drill_request {
	int64_t kills, seed;
	const char *engined, *neosim, *tables;
	bool keep, beside;
};

static volatile sig_atomic_t interrupted;

bool drill_interrupted(void)
{
	return interrupted;
}

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static int complain(const char *what, const char *remedy)
{
	fprintf(stderr, "enginectl crash-drill: %s\n  %s\n", what, remedy);
	return CTL_EXIT_FAILED;
}

/* -- arguments ------------------------------------------------------------------------------------------------------ */

static int usage(FILE *to, int status)
{
	fputs("enginectl crash-drill [--kills N] [--seed N] [--keep] [--beside] [--engined FILE] [--neosim FILE] [--tables DIR]\n"
	      "Kills this machine's engine again and again in a rehearsal against the simulated broker, at each kind of record of its journal,\n"
	      "and proves that nothing was lost, doubled or invented. State, settings and account are the drill's own; yours are not touched.\n"
	      "  --kills N       how often (50, about two minutes)\n"
	      "  --seed N        repeats its choices; without it another each time\n"
	      "  --keep          leave its folder there also when all is well\n"
	      "  --beside        run although an engine answers here; it will miss the processor time\n"
	      "Exit status 0: proven; 1: not, and the folder stays.\n", to);
	return status;
}

static bool take_option(const char *name, const char *value, struct drill_request *q)
{
	const struct { const char *name; const char **text; int64_t *number, min, max; } options[] = {
		{ "--engined", &q->engined, NULL, 0, 0 }, { "--neosim", &q->neosim, NULL, 0, 0 },   { "--tables", &q->tables, NULL, 0, 0 },
		{ "--kills", NULL, &q->kills, 1, KILLS_MAX }, { "--seed", NULL, &q->seed, 0, INT64_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(name, options[i].name) != 0)
			continue;
		if (options[i].text)
			*options[i].text = value;
		return options[i].text || num_parse_int(value, strlen(value), options[i].min, options[i].max, options[i].number) == 0;
	}
	return false;
}

static int parse(int argc, char **argv, struct drill_request *q)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout, CTL_EXIT_OK);
		else if (strcmp(argv[i], "--keep") == 0)
			q->keep = true;
		else if (strcmp(argv[i], "--beside") == 0)
			q->beside = true;
		else if (i + 1 < argc && take_option(argv[i], argv[i + 1], q))
			i++;
		else {
			fprintf(stderr, "enginectl crash-drill: \"%s\" is no option, or its value does not fit\n", argv[i]);
			return usage(stderr, CTL_EXIT_USAGE);
		}
	}
	return -1;
}

/* -- programs ------------------------------------------------------------------------------------------------------- */

/* The first that is there: the one named, beside this program (a build folder), as installed. */
static bool find(char *ret, size_t size, const char *named, const char *beside, const char *installed, int mode)
{
	char self[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash = n > 0 ? strrchr(self, '/') : NULL;

	if (named)
		return realpath(named, self) && (size_t)snprintf(ret, size, "%s", self) < size && access(ret, mode) == 0;
	if (slash)
		*slash = '\0';
	if ((size_t)snprintf(ret, size, "%s/%s", self, beside) < size && access(ret, mode) == 0)
		return true;
	return (size_t)snprintf(ret, size, "%s", installed) < size && access(ret, mode) == 0;
}

static int find_all(const struct drill_request *q, struct drill_paths *p)
{
	if (!find(p->engined, sizeof(p->engined), q->engined, "engined", SAUDA_SBIN_DIR "/engined", X_OK))
		return complain("engined is not where it should be", "name it: --engined FILE");
	if (!find(p->neosim, sizeof(p->neosim), q->neosim, "../tests/neosim/neosim", SAUDA_LIBEXEC_DIR "/neosim", X_OK))
		return complain("the simulated broker is not where it should be", "name it: --neosim FILE");
	if (!find(p->tables, sizeof(p->tables), q->tables, "../../tables", SAUDA_TABLES_DIR, R_OK))
		return complain("the market tables are not where they should be", "name their folder: --tables DIR");
	return CTL_EXIT_OK;
}

/* -- the drill ------------------------------------------------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
	(void)s;
	(void)type;
	(void)at;
	return remove(path);
}

static bool engine_answers(const struct ctl_options *o)
{
	struct control_client *c = NULL;
	bool there = control_client_open(&c, o->socket) == 0;

	control_client_close(&c);
	return there;
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN); /* a killed engine hangs up in the middle of a word */
}

static int drill(const struct drill_request *q, const struct drill_paths *paths, const char *dir)
{
	uint64_t rng = (uint64_t)q->seed;
	struct drill_tally t = { 0 };
	unsigned kills = (unsigned)q->kills;

	while (t.kills < kills && drill_day(paths, dir, kills, &rng, &t))
		;
	bool proven = drill_proven(&t, kills);
	if (interrupted)
		fputs("\ninterrupted: nothing is proven\n", stderr);
	else
		drill_print(stdout, &t, kills);
	free(t.restored);
	if (proven ? !q->keep : interrupted)
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	else
		printf("%s%s\n", proven ? "kept: " : "everything is kept for a look: ", dir);
	return proven ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

int ctl_drill(int argc, char **argv, const struct ctl_options *o)
{
	struct drill_request q = { .kills = 50, .seed = -1 };
	struct drill_paths paths;
	char dir[DIR_MAX];
	const char *tmp = getenv("TMPDIR");
	int status = parse(argc, argv, &q);

	if (status >= 0)
		return status;
	if ((status = find_all(&q, &paths)) != CTL_EXIT_OK)
		return status;
	if (!q.beside && engine_answers(o))
		return complain("an engine answers here, and the drill would take its processor time", "do it after market hours with the engine stopped, or give --beside");
	if ((size_t)snprintf(dir, sizeof(dir), "%s/sauda-drill-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= sizeof(dir) || !mkdtemp(dir))
		return complain("no folder can be made for it", "TMPDIR must name a short path that may be written to");
	if (q.seed < 0)
		q.seed = (int64_t)(prng_mix((uint64_t)time(NULL)) % 1000000);
	catch_signals();
	printf("crash drill: %lld kills, seed %lld, in %s\n"
	       "The broker is simulated, on this machine; state, settings and account are the drill's own. Yours are not touched, no order goes out.\n\n",
	       (long long)q.kills, (long long)q.seed, dir);
	fflush(stdout);
	return drill(&q, &paths, dir);
}
