/* sim: runs seeds and says what held. sim --seed N [--seeds COUNT] [--orders N] [--jobs N] [--until EVENT] [--explain TAG|all] [--shrink] [--off DIAL,...]
 * [--only DIAL,...] [--rerun N] [--dials] [--plant BUG] [--cut CUT] [--store ONE_IN]. Exit status 0: everything held; with a planted bug: it was found, by its invariant's name. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engined/market.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/sim/plant.h"
#include "tests/sim/shrink.h"
#include "tests/sim/total.h"

#define STORE_SHARE 4 /* SQLite costs as much as half a day of all else */

struct options {
	struct run_options run;
	uint64_t seeds, orders, rerun;
	unsigned jobs, job;
	bool shrink, dials;
	char dir[96];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* -- the command line ------------------------------------------------------------------------------------------------------------------- */

static void usage(void)
{
	fprintf(stderr, "usage: sim --seed N [--seeds COUNT] [--orders N] [--jobs N] [--until EVENT] [--explain TAG|all] [--shrink] [--off DIAL,...] [--only DIAL,...] [--rerun N] [--dials] [--plant BUG] [--cut CUT] [--store ONE_IN]\n");
	exit(2);
}

static void mark(const char *names, bool *list, bool value)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s", names);
	for (char *save, *name = strtok_r(text, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		size_t at = dials_find(name);

		if (at == dials_count()) {
			fprintf(stderr, "sim: no dial is called %s\n", name);
			exit(2);
		}
		list[at] = value;
	}
}

static enum plant plant_find(const char *name)
{
	for (enum plant p = PLANT_NONE; p < PLANTS; p++)
		if (strcmp(plant_name(p), name) == 0)
			return p;
	fprintf(stderr, "sim: no bug is called %s\n", name);
	exit(2);
}

static void take(struct options *o, int option, const char *value, bool *off)
{
	switch (option) {
	case 's': o->run.seed = strtoull(value, NULL, 10); break;
	case 'n': o->seeds = strtoull(value, NULL, 10); break;
	case 'o': o->orders = strtoull(value, NULL, 10); break;
	case 'j': o->jobs = (unsigned)strtoul(value, NULL, 10); break;
	case 'u': o->run.until = strtoull(value, NULL, 10); break;
	case 'e': o->run.explain = value; break;
	case 'r': o->rerun = strtoull(value, NULL, 10); break;
	case 'x': o->shrink = true; break;
	case 'd': o->dials = true; break;
	case 'S': o->run.store = strtoull(value, NULL, 10); break;
	case 'c':
		if (!cut_parse(&o->run.cut, value))
			usage();
		break;
	case 'p': plant = plant_find(value); break;
	case 'f': mark(value, off, true); break;
	case 'y':
		memset(off, true, dials_count());
		mark(value, off, false);
		break;
	default: usage();
	}
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "seed", 1, NULL, 's' }, { "seeds", 1, NULL, 'n' }, { "orders", 1, NULL, 'o' }, { "jobs", 1, NULL, 'j' }, { "until", 1, NULL, 'u' },
		{ "explain", 1, NULL, 'e' }, { "shrink", 0, NULL, 'x' }, { "off", 1, NULL, 'f' }, { "only", 1, NULL, 'y' }, { "rerun", 1, NULL, 'r' },
		{ "dials", 0, NULL, 'd' }, { "cut", 1, NULL, 'c' }, { "store", 1, NULL, 'S' }, { "plant", 1, NULL, 'p' }, { NULL, 0, NULL, 0 },
	};
	bool *off = calloc(dials_count(), sizeof(*off));
	int option;

	assert(off);
	o->run.off = off;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take(o, option, optarg, off);
	if (optind < argc || o->jobs == 0)
		usage();
}

/* -- runs ------------------------------------------------------------------------------------------------------------------------------------ */

/* The same seed once more must be the same run to the bit, also without the database: its troubles are nobody else's. */
static void run_again(const struct options *o, const struct run_options *run, const struct run_result *first, struct total *t)
{
	struct run_options other = *run;
	struct run_result again;

	if (o->rerun == 0 || run->seed % o->rerun != 0 || first->failed)
		return;
	other.store = 0;
	run_seed(&other, &again);
	if (again.trace == first->trace && !again.failed)
		return;
	t->unsteady++;
	printf("FAIL I16 seed %llu: run again without a database, its trace is %016llx and was %016llx\n", (unsigned long long)run->seed, (unsigned long long)again.trace,
	       (unsigned long long)first->trace);
}

/* Every jobs-th seed, until there were enough of them. */
static void run_share(const struct options *o, struct total *t)
{
	struct run_options run = o->run;
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/%u", o->dir, o->job);
	run.dir = dir;
	for (uint64_t i = o->job; i < o->seeds && (o->orders == 0 || t->faulted < o->orders / o->jobs); i += o->jobs) {
		struct run_result result;

		run.seed = o->run.seed + i;
		run_seed(&run, &result);
		if (result.failed)
			fflush(stdout);
		run_again(o, &run, &result, t);
		total_add(t, &result);
	}
}

static void run_child(struct options *o, unsigned job, int fd)
{
	struct total t = { 0 };

	o->job = job;
	run_share(o, &t);
	fflush(stdout);
	_exit(write(fd, &t, sizeof(t)) == sizeof(t) ? 0 : 1);
}

/* False: a share of the runs died. */
static bool run_jobs(struct options *o, struct total *t)
{
	int ends[2], status;
	bool good = true;

	if (o->jobs == 1) {
		run_share(o, t);
		return true;
	}
	if (pipe(ends) != 0)
		return false;
	for (unsigned job = 0; job < o->jobs; job++)
		if (fork() == 0)
			run_child(o, job, ends[1]);
	for (unsigned job = 0; job < o->jobs; job++) {
		struct total share;

		if (wait(&status) < 0 || status != 0 || read(ends[0], &share, sizeof(share)) != sizeof(share))
			good = false;
		else
			total_join(t, &share);
	}
	return good;
}

static void make_dir(struct options *o)
{
	bool memory = access("/dev/shm", W_OK) == 0;

	snprintf(o->dir, sizeof(o->dir), "%s/sauda-sim-%d", memory ? "/dev/shm" : "/tmp", (int)getpid());
	mkdir(o->dir, 0700);
}

static void print_dials(const struct options *o)
{
	struct dials d;

	run_dials(&o->run, &d);
	printf("seed %llu:", (unsigned long long)o->run.seed);
	dials_print(&d);
}

/* True when a seed fails by the name of what was broken; some fail by what follows from it first. */
static bool plant_found(const struct options *o)
{
	struct run_options run = o->run;
	struct run_result result;
	char dir[128];

	snprintf(dir, sizeof(dir), "%s/plant", o->dir);
	run.dir = dir;
	run.quiet = true;
	for (uint64_t i = 0; i < o->seeds; i++, run.seed++) {
		run_seed(&run, &result);
		if (result.failed != plant_invariant(plant))
			continue;
		printf("# %s: I%u after %llu seeds: %s\n", plant_name(plant), result.failed, (unsigned long long)i + 1, result.text);
		fflush(stdout);
		if (o->shrink)
			shrink_seed(&run);
		return true;
	}
	printf("# %s: not found in %llu seeds\n", plant_name(plant), (unsigned long long)o->seeds);
	return false;
}

int main(int argc, char **argv)
{
	static struct market_tables tables;
	static struct total total;
	struct options o = { .jobs = 1, .seeds = 1, .rerun = 0, .run.store = STORE_SHARE };
	const char *tables_dir = getenv("SAUDA_TABLES");
	struct market_error error;
	uint64_t began = now_ns();
	bool whole = true;

	parse(&o, argc, argv);
	if (market_load(tables_dir ? tables_dir : "tables", &tables, &error) != ERR_OK) {
		fprintf(stderr, "sim: %s\n", error.text);
		return 2;
	}
	o.run.tables = &tables;
	make_dir(&o);
	if (o.orders > 0 && o.seeds == 1)
		o.seeds = UINT64_MAX / 2;
	if (o.dials || o.seeds == 1)
		print_dials(&o);
	if (o.shrink && o.seeds == 1) {
		char dir[128];

		snprintf(dir, sizeof(dir), "%s/shrink", o.dir);
		o.run.dir = dir;
		shrink_seed(&o.run);
	} else if (plant != PLANT_NONE)
		whole = plant_found(&o);
	else if (!o.dials)
		whole = run_jobs(&o, &total);
	rmdir(o.dir);
	if (total.seeds > 0)
		total_print(&total, (double)(now_ns() - began) / 1e9);
	free((bool *)o.run.off);
	return whole && total.failures == 0 && total.unsteady == 0 ? 0 : 1;
}
