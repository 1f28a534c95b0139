/* Plays the scenarios (*.scn) of this folder: lines of what happens, and `expect` lines of what must come of it. Every
 * request, trade, refusal and alert must be expected, requests before the next thing happens, so that silence is tested too.
 *
 *   set STRATEGY PARAM VALUE | limit NAME VALUE | step SECONDS | strategy ID UNDERLYING      before the first day
 *   adopt N                               the policy `adopt`, with so many books adopted1 ... for it; before the first day
 *   day DATE | end | clock HH:MM:SS | prices | link feed|broker up|down | restart
 *   tick SYMBOL BID ASK | bar SYMBOL OPEN HIGH LOW CLOSE
 *   signal STRATEGY long|short STOP       the strategy's wish on the next closed bar of NIFTY, one minute on
 *   ack|sent|unknown|absent|modified|modify_rejected|cancelled|cancel_rejected|expired|reject ORDER [words]
 *   fill ORDER QTY PRICE | command NAME [VALUE] [reason words]
 *   others SYMBOL mis|nrml QTY OURS PRICE the broker's books prove that others hold QTY more (less: closed it) than our books, which were OURS then
 *   manual buy|sell SYMBOL QTY PRICE KEY  (price 0: the market's) | manual cancel ORDER      a person's order
 *   expect place ORDER SYMBOL buy|sell QTY PRICE       names the order from here on
 *   expect resend|cancel ORDER | expect modify ORDER PRICE | expect nothing
 *   expect trade REASON QTY GROSS | expect refusal CODE | expect alert NAME | expect state NAME | expect why STRATEGY CODE
 *   expect position STRATEGY QTY | expect refused WORDS (a command's answer) */
#include <dirent.h>
#include <stdio.h>

#include "tests/core/rig.h"

#define WORDS_MAX 12
#define QUEUE_MAX 512
#define FILES_MAX 64
#define ORDERS_MAX 64

struct named { char name[16]; uint64_t order; };
struct queue { struct action at[QUEUE_MAX]; uint32_t first, end; };

struct play {
	struct rig rig;
	const char *file;
	unsigned line;
	bool begun;
	char *word[WORDS_MAX];
	unsigned words;
	struct named named[ORDERS_MAX];
	unsigned orders;
	struct queue requests, trades, refusals, alerts;
	char answer[REASON_TEXT];
};

#define fail_here(p, ...)                                             \
	do {                                                          \
		print_error("%s:%u: ", (p)->file, (p)->line);         \
		fail_msg(__VA_ARGS__);                                \
	} while (0)

static const char *word(struct play *p, unsigned n)
{
	if (n >= p->words)
		fail_here(p, "word %u is missing", n + 1);
	return p->word[n];
}

static double number(struct play *p, unsigned n)
{
	char *end;
	double value = strtod(word(p, n), &end);

	if (*end != '\0')
		fail_here(p, "\"%s\" is no number", word(p, n));
	return value;
}

static bool is(struct play *p, unsigned n, const char *text)
{
	return n < p->words && strcmp(p->word[n], text) == 0;
}

static uint32_t instrument(struct play *p, unsigned n)
{
	uint32_t id = core_find_instrument(&p->rig.core, word(p, n));

	if (id == INSTRUMENT_NONE)
		fail_here(p, "no instrument \"%s\"", word(p, n));
	return id;
}

static uint32_t strategy(struct play *p, unsigned n)
{
	for (uint32_t i = 0; i < p->rig.strategies; i++)
		if (strcmp(p->rig.strategy[i].id, word(p, n)) == 0)
			return i;
	if (core_find_strategy(&p->rig.core, word(p, n)) != UINT32_MAX) /* made on the way: manual */
		return core_find_strategy(&p->rig.core, word(p, n));
	fail_here(p, "no strategy \"%s\"", word(p, n));
	return 0;
}

static uint64_t order(struct play *p, unsigned n)
{
	for (unsigned i = 0; i < p->orders; i++)
		if (strcmp(p->named[i].name, word(p, n)) == 0)
			return p->named[i].order;
	fail_here(p, "no order \"%s\" was expected before", word(p, n));
	return 0;
}

/* -- what the core did ------------------------------------------------------------------------------------------------------ */

static void put(struct queue *q, const struct action *a)
{
	assert_true(q->end < QUEUE_MAX);
	q->at[q->end++] = *a;
}

static void collect(struct play *p, const struct action *a)
{
	switch (a->head.kind) {
	case ACTION_PLACE: case ACTION_MODIFY: case ACTION_CANCEL: put(&p->requests, a); break;
	case OUTCOME_TRADE: put(&p->trades, a); break;
	case OUTCOME_ALERT: put(&p->alerts, a); break;
	case OUTCOME_DECISION:
		if (a->decision.refusal != REFUSAL_NONE)
			put(&p->refusals, a);
		break;
	case OUTCOME_REPLY:
		memcpy(p->answer, a->reply.text, sizeof(p->answer));
		break;
	default: break;
	}
}

static void posted(void *play, const struct actions *a)
{
	for (uint32_t i = 0; i < a->count; i++)
		collect(play, &a->at[i]);
}

static const struct action *take(struct play *p, struct queue *q, const char *what)
{
	if (q->first == q->end)
		fail_here(p, "expected %s, and there is none", what);
	return &q->at[q->first++];
}

static void none_left(struct play *p, const struct queue *q)
{
	if (q->first == q->end)
		return;
	const struct action *a = &q->at[q->first];
	fail_here(p, "not expected: %s of %s, %s %lld at %lld (refusal %s)", action_kind_name(a->head.kind),
	          a->head.instrument == INSTRUMENT_NONE ? "nothing" : p->rig.core.instrument[a->head.instrument].symbol,
	          a->request.side == SIDE_BUY ? "buy" : "sell", (long long)a->request.qty, (long long)a->request.price,
	          a->head.kind == OUTCOME_DECISION ? refusal_code((enum refusal)a->decision.refusal) :
	          a->head.kind == OUTCOME_ALERT ? a->alert.text : "-");
}

/* -- expectations ------------------------------------------------------------------------------------------------------------- */

static const struct action *request(struct play *p, uint16_t kind)
{
	const struct action *a = take(p, &p->requests, action_kind_name(kind));

	if (a->head.kind != kind) {
		p->requests.first--;
		none_left(p, &p->requests);
	}
	return a;
}

static void same_number(struct play *p, const char *what, int64_t have, int64_t want)
{
	if (have != want)
		fail_here(p, "%s is %lld, expected %lld", what, (long long)have, (long long)want);
}

static void same_text(struct play *p, const char *have, const char *want)
{
	if (strcmp(have, want) != 0)
		fail_here(p, "it is \"%s\", expected \"%s\"", have, want);
}

static void expect_place(struct play *p)
{
	const struct action *a = request(p, ACTION_PLACE);

	same_text(p, p->rig.core.instrument[a->head.instrument].symbol, word(p, 3));
	same_text(p, a->request.side == SIDE_BUY ? "buy" : "sell", word(p, 4));
	same_number(p, "quantity", a->request.qty, (int64_t)number(p, 5));
	same_number(p, "price", a->request.price, RUPEES(number(p, 6)));
	assert_true(p->orders < ORDERS_MAX);
	snprintf(p->named[p->orders].name, sizeof(p->named[0].name), "%s", word(p, 2));
	p->named[p->orders++].order = a->request.order;
}

static void expect_request(struct play *p, uint16_t kind)
{
	const struct action *a = request(p, kind);

	same_number(p, "order", (int64_t)a->request.order, (int64_t)order(p, 2));
	if (kind == ACTION_MODIFY)
		same_number(p, "price", a->request.price, RUPEES(number(p, 3)));
}

static void expect_trade(struct play *p)
{
	const struct outcome_trade *t = &take(p, &p->trades, "a trade")->trade;

	same_text(p, exit_reason_name((enum exit_reason)t->exit_reason), word(p, 2));
	same_number(p, "quantity", t->qty, (int64_t)number(p, 3));
	same_number(p, "gross", t->gross, RUPEES(number(p, 4)));
}

static void expect(struct play *p)
{
	const struct core *c = &p->rig.core;

	if (is(p, 1, "place"))         expect_place(p);
	else if (is(p, 1, "resend"))   expect_request(p, ACTION_PLACE);
	else if (is(p, 1, "modify"))   expect_request(p, ACTION_MODIFY);
	else if (is(p, 1, "cancel"))   expect_request(p, ACTION_CANCEL);
	else if (is(p, 1, "trade"))    expect_trade(p);
	else if (is(p, 1, "refusal"))  same_text(p, refusal_code((enum refusal)take(p, &p->refusals, "a refusal")->decision.refusal), word(p, 2));
	else if (is(p, 1, "alert"))    same_text(p, alert_name((enum alert)take(p, &p->alerts, "an alert")->alert.alert), word(p, 2));
	else if (is(p, 1, "state"))    same_text(p, engine_state_name(core_engine_state(c)), word(p, 2));
	else if (is(p, 1, "why"))      same_text(p, refusal_code((enum refusal)c->slot[strategy(p, 2)].why.refusal), word(p, 3));
	else if (is(p, 1, "position")) same_number(p, "position", c->slot[strategy(p, 2)].book.qty, (int64_t)number(p, 3));
	else if (is(p, 1, "refused"))  assert_non_null(strstr(p->answer, word(p, 2)));
	else if (!is(p, 1, "nothing")) fail_here(p, "unknown expectation \"%s\"", word(p, 1));
}

/* -- what happens --------------------------------------------------------------------------------------------------------------- */

static bool set_up(struct play *p)
{
	if (is(p, 0, "set")) {
		const struct param *param = strategy_param_at(rig_ops[0], (uint32_t)strategy_param_index(rig_ops[0], word(p, 2)));

		assert_int_equal(param_parse(param, word(p, 3), rig_param(&p->rig, strategy(p, 1), word(p, 2))), ERR_OK);
	} else if (is(p, 0, "strategy")) {
		rig_strategy(&p->rig, p->rig.strategies, word(p, 2));
		same_text(p, p->rig.strategy[p->rig.strategies - 1].id, word(p, 1));
	} else if (is(p, 0, "adopt")) {
		rig_adopt(&p->rig, (unsigned)number(p, 1));
	} else if (is(p, 0, "after_market")) {
		p->rig.start.flags |= START_AFTER_MARKET;
	} else if (is(p, 0, "step")) {
		p->rig.start.feed_step = (nanos_t)number(p, 1) * NANOS_SECOND;
	} else {
		return false;
	}
	if (p->begun)
		fail_here(p, "\"%s\" comes before the first event", word(p, 0));
	return true;
}

static const struct { const char *name; enum order_report report; } reports[] = {
	{ "ack", REPORT_OPEN }, { "sent", REPORT_SENT }, { "unknown", REPORT_UNKNOWN }, { "absent", REPORT_ABSENT },
	{ "modified", REPORT_MODIFIED }, { "modify_rejected", REPORT_MODIFY_REJECTED }, { "cancelled", REPORT_CANCELLED },
	{ "cancel_rejected", REPORT_CANCEL_REJECTED }, { "expired", REPORT_EXPIRED }, { "reject", REPORT_REJECTED },
};

static bool report(struct play *p)
{
	for (size_t i = 0; i < ARRAY_LEN(reports); i++)
		if (is(p, 0, reports[i].name)) {
			rig_report(&p->rig, order(p, 1), reports[i].report, p->words > 2 ? word(p, 2) : "");
			return true;
		}
	return false;
}

static void command(struct play *p)
{
	unsigned n = 0;
	int64_t value = 0;

	while (n < COMMAND_KINDS && strcmp(command_name((enum command)n), word(p, 1)) != 0)
		n++;
	assert_true(n < COMMAND_KINDS);
	if (n == COMMAND_SHUTDOWN)
		value = is(p, 2, "keep") ? SHUTDOWN_KEEP : SHUTDOWN_FLATTEN;
	rig_command(&p->rig, (enum command)n, 0, 0, value, p->words > 2 ? word(p, p->words - 1) : "");
}

static void manual(struct play *p)
{
	if (is(p, 1, "cancel"))
		rig_manual_cancel(&p->rig, order(p, 2));
	else
		rig_manual(&p->rig, instrument(p, 2), is(p, 1, "buy") ? SIDE_BUY : SIDE_SELL, (qty_t)number(p, 3), number(p, 4), word(p, 5));
}

static void others(struct play *p)
{
	rig_offer(&p->rig, instrument(p, 1), is(p, 2, "mis") ? PRODUCT_MIS : PRODUCT_NRML, (qty_t)number(p, 3), (qty_t)number(p, 4), number(p, 5));
}

static void limit(struct play *p)
{
	for (uint32_t i = 0; i < LIMIT_COUNT; i++)
		if (strcmp(limit_table[i].name, word(p, 1)) == 0) {
			rig_command(&p->rig, COMMAND_LIMIT, 0, i, RUPEES(number(p, 2)), "");
			return;
		}
	fail_here(p, "no limit \"%s\"", word(p, 1));
}

static void happen(struct play *p)
{
	struct rig *r = &p->rig;

	if (report(p))                 {}
	else if (is(p, 0, "day"))      rig_day(r, word(p, 1), 0);
	else if (is(p, 0, "end"))      rig_day_end(r);
	else if (is(p, 0, "clock"))    rig_clock(r, word(p, 1));
	else if (is(p, 0, "prices"))   rig_prices(r);
	else if (is(p, 0, "link"))     rig_link(r, is(p, 1, "feed") ? LINK_FEED : LINK_BROKER, is(p, 2, "up"));
	else if (is(p, 0, "restart"))  rig_start_again(r, r->core.s->start.epoch + 1);
	else if (is(p, 0, "tick"))     rig_tick(r, instrument(p, 1), number(p, 2), number(p, 3));
	else if (is(p, 0, "bar"))      rig_bar(r, instrument(p, 1), number(p, 2), number(p, 3), number(p, 4), number(p, 5));
	else if (is(p, 0, "signal"))   rig_ask(r, strategy(p, 1), is(p, 2, "long") ? 1 : -1, number(p, 3));
	else if (is(p, 0, "fill"))     rig_fill(r, order(p, 1), (qty_t)number(p, 2), number(p, 3));
	else if (is(p, 0, "command"))  command(p);
	else if (is(p, 0, "manual"))   manual(p);
	else if (is(p, 0, "others"))   others(p);
	else if (is(p, 0, "limit"))    limit(p);
	else                           fail_here(p, "unknown line \"%s\"", word(p, 0));
}

/* -- files -------------------------------------------------------------------------------------------------------------------- */

static void split(struct play *p, char *text)
{
	char *save = NULL;

	text[strcspn(text, "#\r\n")] = '\0';
	p->words = 0;
	for (char *w = strtok_r(text, " \t", &save); w && p->words < WORDS_MAX; w = strtok_r(NULL, " \t", &save))
		p->word[p->words++] = w;
}

static void play_line(struct play *p)
{
	if (set_up(p))
		return;
	if (!p->begun)
		rig_begin(&p->rig);
	p->begun = true;
	if (is(p, 0, "expect")) {
		expect(p);
		return;
	}
	none_left(p, &p->requests);
	happen(p);
}

static void play_file(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	char text[512];
	FILE *f = fopen(*state, "r");

	assert_non_null(f);
	p->file = *state;
	rig_init(&p->rig);
	p->rig.posted = posted;
	p->rig.ctx = p;
	while (fgets(text, sizeof(text), f)) {
		p->line++;
		split(p, text);
		if (p->words > 0)
			play_line(p);
	}
	fclose(f);
	none_left(p, &p->requests);
	none_left(p, &p->trades);
	none_left(p, &p->refusals);
	none_left(p, &p->alerts);
	rig_done(&p->rig);
	free(p);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

static size_t find_files(const char *folder, struct CMUnitTest *tests)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	size_t n = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		char *path;

		if (len < 5 || strcmp(entry->d_name + len - 4, ".scn") != 0 || n == FILES_MAX)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			abort();
		tests[n++] = (struct CMUnitTest){ .name = path + strlen(folder) + 1, .test_func = play_file, .initial_state = path };
	}
	if (dir)
		closedir(dir);
	qsort(tests, n, sizeof(*tests), by_name);
	return n;
}

int main(void)
{
	struct CMUnitTest tests[FILES_MAX];
	const char *folder = getenv("srcdir") ? getenv("srcdir") : "tests/core";
	size_t n = find_files(folder, tests);

	if (n == 0) {
		fprintf(stderr, "no scenarios in %s: run from the source tree's root or set srcdir\n", folder);
		return 1;
	}
	int failed = _cmocka_run_group_tests("scenario", tests, n, NULL, NULL);

	for (size_t i = 0; i < n; i++)
		free(tests[i].initial_state);
	return failed;
}
