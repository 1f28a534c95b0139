/* A trading day, and at each of its boundaries - a call that changes the disk, half a write, a request to the broker, a word of the
 * broker's - the machine dies: in a child of its own, once for each kind of damage, the folder is laid out as it would be found, an engine
 * recovers from it, hears the broker's truth and ends the day. What was visible must be there (I1, I17), the state must be the fold of the
 * journal (I16), no order lost (I2) or doubled (I3), the books equal and flat (I7). Some recoveries die in their turn. Then the day again
 * with each call of the disk failing, and a death soon after. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/day.h"
#include "tests/crash/disk.h"

#define JOBS 2

/* How dense: each boundary = 1; of the deaths, those whose recovery dies too; in such a recovery each boundary = 1. */
static struct { uint64_t every, deep, deep_every; } stride = { 9, 40, 3 };
/* Of all processes. */
static struct counts { _Atomic uint64_t found[PLACES], hit[PLACES], lives, deep_lives, deep, calls; } *counts;

static char home[256];
static uint64_t found;                   /* boundaries of the life that is watched */
static unsigned depth, children;
static bool may_die;                     /* this life is watched */
/* A life whose disk fails from one call on: it dies once, so many boundaries later. */
static struct fault { const char *name; int error; uint64_t calls, from, boundaries; } fault;
static struct { enum place place; const char *when; enum damage damage; uint64_t boundary[3]; } at = { .when = "none" };

/* Whoever still lives on a folder ends first. */
static void end_badly(void)
{
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	_exit(1);
}

void must(bool held, const char *rule)
{
	if (held)
		return;
	printf("# seed %llu", (unsigned long long)day.seed);
	if (fault.from)
		printf(", %s from call %llu of the disk on", fault.name, (unsigned long long)fault.from);
	if (depth > 0)
		printf(", death %u at boundary %llu (%s, %s), \"%s\"", depth, (unsigned long long)at.boundary[depth], place_name[at.place], at.when, damage_name[at.damage]);
	printf(": %s\n", rule);
	end_badly();
}

/* -- one death ------------------------------------------------------------------------------------------------------------------------ */

static void on_boundary(enum place place, const char *when);

static void reap(void)
{
	int status;

	must(wait(&status) > 0, "a child can be waited for");
	if (status != 0)
		end_badly(); /* it has said why */
	children--;
}

static void send_again(void)
{
	for (uint32_t i = 0; i < day.core->s->limits.orders; i++) {
		const struct order *o = &day.core->order[i];

		if (o->request.order && order_live((enum order_state)o->state))
			day.exchange.broker.ops->place(&day.exchange.broker, &o->request, o->instrument, day.core->s->now);
	}
}

static void recover_and_finish(const char *dir, uint64_t visible, uint64_t promised)
{
	struct journal_state s;

	day_open(dir);
	journal_state(day.journal, &s);
	must(s.last_seq >= promised, "I17: what was durable is there");
	must(s.last_seq >= visible, "I1: the intent of what was sent is there");
	judge_fold();
	if (day.plant == PLANT_SENT_AGAIN)
		send_again();
	day_begin(day.core->s->start.epoch + 1);
	day.exchange.now = day.core->s->now;
	day.exchange.trades_not_told = day.plant == PLANT_TRADE_NOT_TOLD;
	exchange_tell(&day.exchange, day.core, true);
	day.exchange.trades_not_told = false;
	day_connect();
	may_die = false; /* a death later in the day is nothing new */
	disk_unwatch();
	day_run();
	judge_end();
	counts->lives++;
	while (children > 0)
		reap();
}

/* One kind of damage in `deep` deaths, another one each time, lets the recovery die too. */
static bool goes_deep(enum damage damage)
{
	return !fault.from && depth == 1 && found / stride.every % stride.deep == 0 && found / stride.every / stride.deep % DAMAGE_KINDS == damage;
}

static void live_again(const char *dir, enum damage damage, uint64_t visible, uint64_t promised)
{
	uint64_t deaths = found;

	at.damage = damage;
	may_die = goes_deep(damage);
	if (!may_die)
		disk_unwatch();
	else if (damage == DAMAGE_ALL_KEPT)
		disk_watch_kept(dir);
	else
		disk_watch(dir, on_boundary);
	found = 0;
	counts->deep += may_die;
	counts->deep_lives += depth > 1;
	recover_and_finish(dir, visible, promised);
	found = deaths;
}

/* Asked before the fork: in the child nobody lets go of what the writer's thread may have locked. */
static uint64_t promised_seq(void)
{
	struct journal_state s = { 0 };

	if (day.journal)
		journal_state(day.journal, &s);
	return s.last_seq;
}

/* All folders are laid out before any life begins, since a life that is watched forgets this death. */
static void die(uint64_t promised)
{
	static char dir[DAMAGE_KINDS][300];
	static struct day dead;
	uint64_t visible = day.exchange.sent_seq;

	depth++;
	for (int d = 0; d < DAMAGE_KINDS; d++) {
		snprintf(dir[d], sizeof(dir[d]), "%s/%d-%d", home, (int)getpid(), d);
		disk_crashed(dir[d], (enum damage)d, day.seed * 131 + found * 17 + (uint64_t)d);
	}
	dead = day;
	for (int d = 0; d < DAMAGE_KINDS; d++) {
		day = dead;
		live_again(dir[d], (enum damage)d, visible, promised);
		disk_remove(dir[d]);
	}
	_exit(0);
}

/* Only at the start may a disk that fails once end a life: the journal's reserve is for all the rest. */
void must_go_on(int err, const char *rule)
{
	if (err == ERR_OK)
		return;
	must(fault.from && depth == 0 && !day.opened, rule[0] ? rule : err_text(err));
	die(promised_seq());
}

/* A child, once there is room for one: true in it. */
static bool forked(void)
{
	while (children >= JOBS)
		reap();
	fflush(stdout);
	pid_t pid = fork();

	must(pid >= 0, "a child can be made");
	children = pid == 0 ? 0 : children + 1;
	return pid == 0;
}

static bool due(void)
{
	if (fault.from)
		return disk_calls_made() >= fault.from && fault.boundaries-- == 0;
	return found % (depth == 0 ? stride.every : stride.deep_every) == 0;
}

static void on_boundary(enum place place, const char *when)
{
	if (!may_die)
		return;
	found++;
	counts->found[place] += depth == 0;
	if (!due())
		return;
	counts->hit[place] += depth == 0;
	at.place = place;
	at.when = when;
	at.boundary[depth + 1] = found;
	uint64_t promised = promised_seq();

	if (forked())
		die(promised);
}

/* -- the whole ---------------------------------------------------------------------------------------------------------------------------- */

static uint64_t total(const _Atomic uint64_t n[PLACES])
{
	uint64_t sum = 0;

	for (int i = 0; i < PLACES; i++)
		sum += n[i];
	return sum;
}

static void print_counts(uint64_t trades)
{
	printf("# boundaries:");
	for (int i = 0; i < PLACES; i++)
		printf(" %s %llu/%llu", place_name[i], (unsigned long long)counts->hit[i], (unsigned long long)counts->found[i]);
	printf(", %.0f %%; damage kinds %d, lives %llu, recoveries crashed %llu with %llu lives; seed %llu: orders %u, trades %llu\n",
	       100.0 * (double)total(counts->hit) / (double)total(counts->found), DAMAGE_KINDS, (unsigned long long)counts->lives, (unsigned long long)counts->deep,
	       (unsigned long long)counts->deep_lives, (unsigned long long)day.seed, day.exchange.orders, (unsigned long long)trades);
}

/* In a process of its own: what a day leaves in memory is not the next one's. */
static void live_the_day(uint64_t seed, enum plant plant)
{
	char dir[300];

	day.seed = seed;
	day.plant = plant;
	snprintf(dir, sizeof(dir), "%s/day-%d", home, (int)getpid());
	day_tables();
	exchange_init(&day.exchange);
	day.exchange.boundary = on_boundary;
	must(mkdir(dir, 0700) == 0, "a folder can be made");
	may_die = true;
	disk_watch(dir, on_boundary);
	disk_plant(plant == PLANT_FORGETFUL_SYNC, plant == PLANT_FOLDER_NOT_SYNCED);
	disk_fail(fault.from, fault.calls, fault.error);
	day_open(dir);
	day_begin(1);
	day_connect();
	day_run();
	uint64_t trades = day.core->s->account.trades;
	judge_end();
	while (children > 0)
		reap();
	disk_remove(dir);
	if (!fault.from) {
		counts->calls = disk_calls_made();
		print_counts(trades);
		must(trades >= 3, "a day worth crashing");
	}
	fflush(stdout);
	_exit(0);
}

static void sweep(uint64_t seed, enum plant plant)
{
	memset(counts, 0, sizeof(*counts));
	if (forked())
		live_the_day(seed, plant);
	while (children > 0)
		reap();
}

/* The day once for each call of the disk that may fail. */
static void sweep_faults(uint64_t seed)
{
	static const struct fault kinds[] = { { .name = "one call fails", .error = EIO, .calls = 1 },
	                                      { .name = "no room for 30 calls", .error = ENOSPC, .calls = 30 } };
	uint64_t days = 0;

	counts->lives = 0;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		for (uint64_t from = 1; from <= counts->calls; from += stride.every) {
			fault = kinds[k];
			fault.from = from;
			fault.boundaries = prng_mix(seed * 1000 + from) % 40;
			days++;
			if (forked())
				live_the_day(seed, PLANT_NONE);
		}
	}
	while (children > 0)
		reap();
	printf("# a failing disk: calls %llu/%llu, faults %zu, days %llu, lives after their crashes %llu\n", (unsigned long long)days / ARRAY_LEN(kinds),
	       (unsigned long long)counts->calls, ARRAY_LEN(kinds), (unsigned long long)days, (unsigned long long)counts->lives);
	fflush(stdout);
}

/* In a process and a folder of their own. */
static bool sweeps_held(uint64_t seed, enum plant plant)
{
	int status;

	snprintf(home, sizeof(home), "%s/sauda-crash-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(home) != NULL, "a folder can be made");
	fflush(stdout);
	pid_t pid = fork();

	must(pid >= 0, "a child can be made");
	if (pid == 0) {
		sweep(seed, plant);
		if (plant == PLANT_NONE)
			sweep_faults(seed);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid, "a child can be waited for");
	disk_remove(home);
	return status == 0;
}

static bool number(const char *name, const char *word, const char *value, uint64_t *ret)
{
	char *end;

	if (strcmp(word, name) != 0)
		return false;
	*ret = strtoull(value, &end, 10);
	if (*end == '\0' && *ret > 0)
		return true;
	fprintf(stderr, "sweep: %s needs a number from 1\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, seeds = 1;
	int test = 0, bad = 0;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!number("--every", argv[i], value, &stride.every) && !number("--deep", argv[i], value, &stride.deep) &&
		    !number("--deep-every", argv[i], value, &stride.deep_every) && !number("--seed", argv[i], value, &seed) &&
		    !number("--seeds", argv[i], value, &seeds))
			return fprintf(stderr, "sweep [--every N] [--deep N] [--deep-every N] [--seed N] [--seeds N]\n"), 2;
	}
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(counts != MAP_FAILED);
	printf("1..%llu\n", (unsigned long long)seeds + PLANTS - 1);
	for (uint64_t s = seed; s < seed + seeds; s++) {
		bool held = sweeps_held(s, PLANT_NONE);

		bad += !held;
		printf("%sok %d - seed %llu: what was promised is there, wherever it dies\n", held ? "" : "not ", ++test, (unsigned long long)s);
	}
	for (enum plant p = 1; p < PLANTS; p++) {
		bool held = sweeps_held(seed, p);

		bad += held;
		printf("%sok %d - planted and found: %s\n", held ? "not " : "", ++test, plant_name[p]);
	}
	return bad != 0;
}
