/* `enginectl backtest FILE...`: the engine on recorded data as fast as it goes, nothing kept, one JSON summary. The same core, gate,
 * sizing and paper broker as live; only journal and store are left out. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "engined/ctl/ctl.h"
#include "engined/market.h"
#include "engined/summary.h"
#include "lib/base/err.h"
#include "lib/broker/paper/paper.h"

#ifndef SAUDA_TABLES_DIR
#define SAUDA_TABLES_DIR "tables"
#endif
#define STRATEGIES_MAX 64

struct backtest {
	struct market_tables tables;
	struct engine *engine;
	struct broker *broker;
	struct feed *feed;
	struct feed_info info;
	struct summary summary;
	const char *tables_dir, *strategy;
	int bar;                 /* index of the bar length, -1 = as the data allows */
	money_t capital;
	uint64_t seed;
	bool timing;
};

static void on_record(void *ctx, const struct record *head, const void *payload, size_t len)
{
	summary_record(ctx, head, payload, len);
}

static bool waiting(void *ctx, uint32_t instrument)
{
	struct backtest *b = ctx;

	return engine_waiting(b->engine, instrument);
}

static int complain(const char *text)
{
	fprintf(stderr, "enginectl backtest: %s\n", text);
	return 1;
}

static int open_parts(struct backtest *b, const char *const *files, size_t n)
{
	struct engine_options o = { .limits = { 8192, 64, STRATEGIES_MAX, 4096 }, .tables = &b->tables, .ops = strategy_builtin,
	                            .recorded = on_record, .ctx = &b->summary };
	struct paper_options paper = { .seed = b->seed, .latency = 50 * NANOS_MS };
	struct feed_hooks hooks = { waiting, b };
	struct market_error market;
	struct feed_error error;

	if (market_load(b->tables_dir, &b->tables, &market) != ERR_OK)
		return complain(market.text);
	if (feed_replay_open(files, n, &b->tables, &hooks, &b->feed, &error) != ERR_OK)
		return complain(error.text);
	b->feed->ops->info(b->feed, &b->info);
	if (engine_new(&o, &b->engine) != ERR_OK ||
	    paper_open(&paper, engine_core(b->engine), engine_emit, b->engine, &b->broker) != ERR_OK)
		return complain("out of memory");
	engine_plug(b->engine, b->broker, b->feed);
	return 0;
}

static void close_parts(struct backtest *b)
{
	if (b->broker)
		b->broker->ops->close(b->broker);
	if (b->feed)
		b->feed->ops->close(b->feed);
	engine_free(&b->engine);
}

static size_t choose(struct backtest *b, struct event_strategy *list)
{
	size_t n = market_strategies(b->info.underlying, &b->info, list, STRATEGIES_MAX), kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (b->strategy && strcmp(b->strategy, list[i].id) != 0)
			continue;
		list[kept] = list[i];
		list[kept].index = (uint32_t)kept;
		if (b->bar >= 0)
			list[kept].params[COMMON_bar] = b->bar;
		kept++;
	}
	return kept;
}

static int run(struct backtest *b)
{
	struct event_strategy list[STRATEGIES_MAX];
	struct feed_progress p;
	int got;

	b->feed->ops->progress(b->feed, &p);
	struct market_begin begin = { .mode = MODE_REPLAY, .epoch = (uint32_t)(p.first / NANOS_SECOND), .seed = b->seed, .capital = b->capital,
	                              .flags = START_ASSUME_UNKNOWN | START_QUIET, .strategies = list, .n_strategies = choose(b, list),
	                              .at = p.first, .source = b->info.source };
	if (begin.n_strategies == 0)
		return complain("no such strategy; `enginectl help backtest` lists them");
	if (market_begin(b->engine, &begin, &b->info, b->tables.hash) != ERR_OK)
		return complain("the engine did not start");
	while ((got = engine_advance(b->engine)) == 1)
		;
	return got < 0 ? complain(err_text(got)) : 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print(struct backtest *b, double took)
{
	struct feed_progress p;
	struct buf out = { 0 };
	struct engine_stats stats;
	struct rusage usage;

	b->feed->ops->progress(b->feed, &p);
	struct summary_facts facts = { .mode = "backtest", .source = b->info.source, .underlying = b->info.underlying,
	                               .underlying_source = b->info.underlying_source, .kind = b->info.kind, .rows = p.rows, .bad_rows = p.bad };
	summary_print(&b->summary, engine_core(b->engine), &facts, &out);
	fwrite(out.data, 1, out.len, stdout);
	buf_done(&out);
	engine_stats(b->engine, &stats);
	getrusage(RUSAGE_SELF, &usage);
	if (b->timing)
		fprintf(stderr, "%.0f events/s (%llu events in %.3f s), peak memory %.1f MB\n", (double)stats.events / took,
		        (unsigned long long)stats.events, took, (double)usage.ru_maxrss / 1024);
}

static const struct option options[] = {
	{ "strategy", required_argument, NULL, 's' }, { "bar", required_argument, NULL, 'b' }, { "capital", required_argument, NULL, 'c' },
	{ "seed", required_argument, NULL, 'r' }, { "tables", required_argument, NULL, 't' }, { "timing", no_argument, NULL, 'T' },
	{ "help", no_argument, NULL, 'h' }, { 0 },
};

static void usage(void)
{
	puts("enginectl backtest [--strategy NAME] [--bar 1|3|5|15] [--capital RUPEES] [--seed N] [--tables DIR] [--timing] FILE...\n"
	     "Runs the built-in strategies over recorded data (.csv, .csv.gz, .csv.zst) and prints one JSON summary.\nStrategies:");
	for (uint32_t i = 0; strategy_choice(i); i++)
		printf("  %-24s %s\n", strategy_choice(i)->name, strategy_choice(i)->title);
}

static int bar_index(const char *text)
{
	int64_t value;

	return param_parse(&strategy_common_params[COMMON_bar], text, &value) == ERR_OK ? (int)value : -1;
}

int ctl_backtest(int argc, char **argv)
{
	struct backtest b = { .tables_dir = getenv("SAUDA_TABLES") ? getenv("SAUDA_TABLES") : SAUDA_TABLES_DIR, .bar = -1,
	                      .capital = 15000 * NUM_SCALE, .seed = 1 };
	int64_t seed;
	int c, status;

	optind = 1;
	while ((c = getopt_long(argc, argv, "s:b:c:r:t:Th", options, NULL)) != -1)
		switch (c) {
		case 's': b.strategy = optarg; break;
		case 't': b.tables_dir = optarg; break;
		case 'T': b.timing = true; break;
		case 'h': usage(); return 0;
		case 'b':
			if ((b.bar = bar_index(optarg)) < 0)
				return complain("--bar takes 1, 3, 5 or 15 (minutes)"), 2;
			break;
		case 'c':
			if (num_parse(optarg, strlen(optarg), &b.capital) != ERR_OK || b.capital <= 0)
				return complain("--capital takes an amount of rupees above 0"), 2;
			break;
		case 'r':
			if (num_parse_int(optarg, strlen(optarg), 0, INT64_MAX - 9, &seed) != ERR_OK)
				return complain("--seed takes a whole number"), 2;
			b.seed = (uint64_t)seed;
			break;
		default: return 2;
		}
	if (optind == argc)
		return complain("name at least one data file; `enginectl help backtest` tells more"), 2;
	status = open_parts(&b, (const char *const *)(argv + optind), (size_t)(argc - optind));
	double from = seconds();
	if (status == 0)
		status = run(&b);
	if (status == 0) {
		print(&b, seconds() - from);
		status = engine_core(b.engine)->s->open_books ? 3 : 0;
	}
	close_parts(&b);
	return status;
}
