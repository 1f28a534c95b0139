/* Every sequence of events up to a length, over an alphabet of what can befall one trade: signal, time, price, each word of the broker's about the newest order in any
 * order and however wrong, fills whole, in part, twice and late, kill, lost links, restart. After every event the books are counted by hand (rig_check) and the rules of the
 * order path are held against a shadow that knows nothing of plans. reliability.md (c1) L0.
 *
 * Sequences are walked as a tree; two that lead to the same bytes at the same length are one from there on, so the whole tree is covered by far
 * fewer steps. Both numbers are printed. */
#include "tests/core/rig.h"

#include <stdio.h>

#include "lib/base/stamp.h"

#define LENGTH_MAX 12
#define ORDERS 64  /* numbers given in one sequence stay far below */
#define LOT 75

/* What an order path must not do, told from the events and actions alone. */
struct shadow {
	qty_t net;                           /* of each execution once */
	uint64_t newest, before;             /* orders placed last and before that */
	uint8_t placed[ORDERS], absent[ORDERS], state[ORDERS];
	qty_t filled[ORDERS];
	struct event_fill last;
	uint32_t killed, feed_down, broker_down;
};

struct snapshot { void *memory; struct shadow shadow; nanos_t at; uint64_t trade; uint32_t epoch; };

static struct rig rig;
static struct shadow now;
static struct snapshot stack[LENGTH_MAX + 1];
static unsigned length_max;
static uint64_t steps, places, told_twice, checks;
static char path[LENGTH_MAX + 1];

#define MUST(invariant, condition) must(condition, invariant, #condition)

static inline void must(bool held, const char *invariant, const char *rule)
{
	checks++;
	if (!held)
		fail_msg("%s broken after \"%s\": %s", invariant, path, rule);
}

/* -- the rules -------------------------------------------------------------------------------------------------------------- */

/* Of entries, or of all that closes: exits, and stops at the broker. */
static qty_t outstanding(enum order_purpose purpose)
{
	qty_t sum = 0;

	for (uint32_t i = 0; i < rig.core.s->limits.orders; i++) {
		const struct order *o = &rig.core.order[i];

		if (o->request.order && order_live((enum order_state)o->state) && (o->request.purpose == PURPOSE_ENTRY) == (purpose == PURPOSE_ENTRY) &&
		    o->request.qty > o->filled)
			sum += o->request.qty - o->filled;
	}
	return sum;
}

/* I3: once, and again only after a proof. I10: nothing that raises risk after a kill. I11: exits within what is held. I8, I12: entries within the wish. */
static void check_place(const struct action *a)
{
	uint64_t n = a->request.order;

	MUST("I20", n < ORDERS && a->request.qty > 0 && a->request.price > 0);
	if (n > now.newest) {
		now.before = now.newest;
		now.newest = n;
	}
	MUST("I3", ++now.placed[n] <= 1 + now.absent[n]);
	if (a->request.purpose == PURPOSE_ENTRY) {
		MUST("I10", !now.killed && !now.feed_down && !now.broker_down && !rig.core.s->paused);
		MUST("I12", outstanding(PURPOSE_ENTRY) + now.net <= rig.core.slot[0].plan.want);
		MUST("I11", outstanding(PURPOSE_EXIT) == 0);
	} else {
		MUST("I11", a->request.side == SIDE_SELL ? outstanding(PURPOSE_EXIT) <= now.net : outstanding(PURPOSE_EXIT) <= -now.net);
	}
	places++;
}

/* I4: only the broker's word about that very order ends an unknown. I5: what has ended stays ended, and nothing is unfilled. */
static void check_order(const struct order *o)
{
	uint64_t n = o->request.order;
	const struct event *e = &rig.event;
	bool word = (e->head.kind == EVENT_ORDER && e->order.order == n) || (e->head.kind == EVENT_FILL && e->fill.order == n);
	enum order_state was = (enum order_state)now.state[n], is = (enum order_state)o->state;

	MUST("I5", o->filled >= now.filled[n] && (o->filled == now.filled[n] || word));
	MUST("I5", !order_terminal(was) || order_terminal(is));
	MUST("I4", (was != ORDER_UNKNOWN && was != ORDER_ABSENT) || is == was || word || (was == ORDER_ABSENT && is == ORDER_INTENT));
	now.filled[n] = o->filled;
	now.state[n] = (uint8_t)is;
}

static void check(void *ctx, const struct actions *actions)
{
	(void)ctx;
	if (rig.event.head.kind == EVENT_ORDER && rig.event.order.report == REPORT_ABSENT && rig.event.order.order < ORDERS)
		now.absent[rig.event.order.order]++;
	MUST("I7", rig.core.slot[0].book.qty == now.net);
	for (uint32_t i = 0; i < actions->count; i++)
		if (actions->at[i].head.kind == ACTION_PLACE)
			check_place(&actions->at[i]);
	for (uint32_t i = 0; i < rig.core.s->limits.orders; i++)
		if (rig.core.order[i].request.order && rig.core.order[i].request.order < ORDERS)
			check_order(&rig.core.order[i]);
	steps++;
}

/* -- the alphabet -------------------------------------------------------------------------------------------------------------- */

static void word(uint64_t order, enum order_report report)
{
	if (order != 0)
		rig_report(&rig, order, report, "");
}

static void fill(uint64_t order, qty_t qty)
{
	const struct order *o = order_find(&rig.core, order);

	if (!o || qty <= 0)
		return;
	now.net += o->request.side == SIDE_BUY ? qty : -qty;
	now.last = (struct event_fill){ .order = order, .trade = ++rig.trade, .side = o->request.side, .qty = qty, .price = RUPEES(100) };
	rig_event(&rig, EVENT_FILL, o->instrument)->fill = now.last;
	rig_post(&rig);
}

static void fill_rest(uint64_t order)
{
	const struct order *o = order_find(&rig.core, order);

	fill(order, o ? o->request.qty - o->filled : 0);
}

static void fill_again(void)
{
	const struct order *o = order_find(&rig.core, now.last.order);

	if (now.last.order == 0 || !o)
		return;
	told_twice++;
	rig_event(&rig, EVENT_FILL, o->instrument)->fill = now.last;
	rig_post(&rig);
}

static void next_instant(void)
{
	nanos_t wake = core_wake_at(&rig.core);
	nanos_t wait = wake == STAMP_NEVER || wake <= rig.at || wake > rig.at + NANOS_MINUTE ? NANOS_SECOND : wake - rig.at;

	rig_wait(&rig, wait);
}

static void toggle(enum link link, uint32_t *down)
{
	*down = !*down;
	rig_link(&rig, link, !*down);
}

/* Somebody changed the order that rests. */
static void changed(uint64_t order)
{
	const struct order *o = order_find(&rig.core, order);

	if (!o)
		return;
	rig_event(&rig, EVENT_ORDER, o->instrument)->order = (struct event_order){ .order = order, .report = REPORT_MODIFIED, .other_terms = 1, .filled = -1 };
	rig_post(&rig);
}

static void restart(void)
{
	now.feed_down = now.broker_down = 0;
	rig_start_again(&rig, rig.core.s->start.epoch + 1);
}

static void kill_all(void)
{
	now.killed = 1;
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "tried");
}

static void letter(char which)
{
	switch (which) {
	case 's': rig_ask(&rig, 0, 1, 23980); break;                 /* a signal, and a minute goes by */
	case 't': next_instant(); break;
	case 'p': rig_tick(&rig, RIG_NIFTY, 23900, 23900); break;    /* through the stop */
	case 'q': rig_prices(&rig); break;                           /* young prices for all */
	case 'a': word(now.newest, REPORT_OPEN); break;
	case 'c': word(now.newest, REPORT_CANCELLED); break;
	case 'j': word(now.newest, REPORT_REJECTED); break;
	case 'u': word(now.newest, REPORT_UNKNOWN); break;
	case 'b': word(now.newest, REPORT_ABSENT); break;
	case 'm': word(now.newest, REPORT_MODIFIED); break;
	case 'n': word(now.newest, REPORT_MODIFY_REJECTED); break;
	case 'x': word(now.newest, REPORT_CANCEL_REJECTED); break;
	case 'f': fill(now.newest, LOT); break;
	case 'r': fill_rest(now.newest); break;
	case 'd': fill_again(); break;
	case 'l': fill(now.before, LOT); break;                      /* of the order before: late, or more than was asked for */
	case 'k': kill_all(); break;
	case 'w': toggle(LINK_BROKER, &now.broker_down); break;
	case 'v': toggle(LINK_FEED, &now.feed_down); break;
	case 'e': restart(); break;
	case 'g': word(now.newest, REPORT_TRIGGER_PENDING); break;
	case 'h': changed(now.newest); break;
	default: fail_msg("no such letter: %c", which);
	}
}

/* -- the tree ------------------------------------------------------------------------------------------------------------------- */

static void keep(struct snapshot *s)
{
	memcpy(s->memory, rig.memory, rig.size);
	s->shadow = now;
	s->at = rig.at;
	s->trade = rig.trade;
}

static void go_back(const struct snapshot *s)
{
	memcpy(rig.memory, s->memory, rig.size);
	now = s->shadow;
	rig.at = s->at;
	rig.trade = s->trade;
}

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t other = h ^ 0x9E3779B97F4A7C15u, word[2];

	for (size_t i = 0; i + 16 <= len; i += 16) {
		memcpy(word, p + i, 16);
		h = (h ^ word[0]) * 0xBF58476D1CE4E5B9u;
		other = (other ^ word[1]) * 0x94D049BB133111EBu;
		h ^= h >> 29;
		other ^= other >> 31;
	}
	return prng_mix(h ^ (other << 17 | other >> 47));
}

/* Of all that decides what comes next. The sequence number only has to grow. */
static uint64_t fingerprint(unsigned length)
{
	uint64_t seq = rig.core.s->seq, h;

	rig.core.s->seq = 0;
	h = mix(length + 1, rig.memory, rig.size);
	rig.core.s->seq = seq;
	h = mix(h, &now, sizeof(now) & ~(size_t)15);
	return h ? h : 1;
}

static struct { uint64_t *at; size_t size, used; } seen;

static void seen_put(uint64_t h)
{
	size_t i = h & (seen.size - 1);

	while (seen.at[i] && seen.at[i] != h)
		i = (i + 1) & (seen.size - 1);
	seen.used += seen.at[i] == 0;
	seen.at[i] = h;
}

static void seen_grow(void)
{
	uint64_t *old = seen.at;
	size_t size = seen.size;

	seen.size = size ? size * 2 : 1 << 16;
	seen.at = calloc(seen.size, sizeof(*seen.at));
	assert_non_null(seen.at);
	seen.used = 0;
	for (size_t i = 0; i < size; i++)
		if (old[i])
			seen_put(old[i]);
	free(old);
}

static bool seen_first(uint64_t h)
{
	size_t before = seen.used;

	if (seen.used * 2 >= seen.size)
		seen_grow();
	before = seen.used;
	seen_put(h);
	return seen.used != before;
}

static const char plain[] = "stpqacjubmnxfrdlkwve", stops[] = "stpqacjubmnxfrdlkwvegh";
static const char *letters;

static void walk(unsigned length)
{
	keep(&stack[length]);
	for (const char *l = letters; *l; l++) {
		path[length] = *l;
		path[length + 1] = '\0';
		letter(*l);
		if (length + 1 < length_max && seen_first(fingerprint(length + 1)))
			walk(length + 1);
		go_back(&stack[length]);
	}
	path[length] = '\0';
}

/* -- where it begins ----------------------------------------------------------------------------------------------------------- */

static void open_rig(bool resting)
{
	letters = resting ? stops : plain;
	rig_init(&rig);
	*rig_param(&rig, 0, "resting_stop") = resting;
	rig.limits = (struct core_limits){ RIG_INSTRUMENTS + 1, 2, 1, 16 };
	rig.posted = check;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_prices(&rig);
}

static void begin(const char *opening, bool resting)
{
	now = (struct shadow){ 0 };
	open_rig(resting);
	for (const char *l = opening; *l; l++) {
		snprintf(path, sizeof(path), "%s", opening);
		letter(*l);
	}
	for (unsigned i = 0; i <= length_max; i++)
		assert_non_null(stack[i].memory = malloc(rig.size));
}

static void end(void)
{
	for (unsigned i = 0; i <= length_max; i++)
		free(stack[i].memory);
	free(seen.at);
	memset(&seen, 0, sizeof(seen));
	rig_done(&rig);
}

static void explore(const char *opening, const char *what, bool resting)
{
	double sequences = 0, level = 1;

	steps = places = told_twice = checks = 0;
	begin(opening, resting);
	for (unsigned i = 0; i < length_max; i++)
		sequences += level *= (double)strlen(letters);
	walk(0);
	print_message("{\"exhaustive\":\"%s\",\"letters\":%zu,\"length\":%u,\"sequences\":%.0f,\"steps\":%llu,\"states\":%zu,\"places\":%llu,\"told_twice\":%llu,\"checks\":%llu}\n", what, strlen(letters),
	              length_max, sequences, (unsigned long long)steps, seen.used, (unsigned long long)places, (unsigned long long)told_twice,
	              (unsigned long long)checks);
	assert_true(places > 0 && told_twice > 0);
	end();
}

/* The length when none is given: what make check can afford. */
#define LENGTH_STANDARD 4

static const struct { const char *opening, *what; bool resting; } openings[] = {
	{ "", "flat", false }, { "s", "an entry at work", false }, { "sar", "a position", false }, { "sarp", "an exit at work", false },
	{ "sarg", "a stop at rest", true },
};

static void test_opening(void **state)
{
	size_t i = (size_t)(uintptr_t)*state;

	explore(openings[i].opening, openings[i].what, openings[i].resting);
}

static int usage(void)
{
	return fprintf(stderr, "exhaustive [LENGTH [OPENING]]: LENGTH 1 to %d, OPENING 0 to %zu\n", LENGTH_MAX, ARRAY_LEN(openings) - 1), 2;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_LEN(openings)];
	size_t n = ARRAY_LEN(openings), only = argc > 2 ? strtoul(argv[2], NULL, 10) : n;

	length_max = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : LENGTH_STANDARD;
	if (length_max < 1 || length_max > LENGTH_MAX || (argc > 2 && only >= n))
		return usage();
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){ openings[i].what, test_opening, NULL, NULL, (void *)(uintptr_t)i };
	if (only < n)
		tests[0] = tests[only];
	return _cmocka_run_group_tests("exhaustive", tests, only < n ? 1 : n, NULL, NULL);
}
