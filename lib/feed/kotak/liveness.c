#include "lib/feed/kotak/liveness.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

#define FRESH_ENOUGH 2                   /* one packet may be a snapshot of yesterday's memory */
#define MUTE_STANDARD (3 * NANOS_SECOND)
#define GRACE (5 * NANOS_SECOND)
#define INDEX_TRADE_MAX (10 * NANOS_SECOND)    /* an index is computed each second */
#define CONTRACT_TRADE_MAX (60 * NANOS_SECOND) /* books move where nothing trades for a while */
#define REAL_MIN (200 * NANOS_MS)        /* under a faster clock the machine's own delays are longer spans: allow for them */

static const char *const class_names[LIVE_CLASSES] = { "index", "contract" };

static nanos_t longer(nanos_t a, nanos_t b) { return a > b ? a : b; }

void liveness_init(struct liveness *l, nanos_t mute_after, int64_t clock_speed)
{
	nanos_t least = REAL_MIN * (clock_speed > 1 ? clock_speed : 1);

	memset(l, 0, sizeof(*l));
	l->mute_after = longer(mute_after > 0 ? mute_after : MUTE_STANDARD, clock_speed > 1 ? least : 0);
	l->grace = longer(GRACE, 5 * least);
	l->class[LIVE_INDEX].trade_max = longer(INDEX_TRADE_MAX, 3 * least);
	l->class[LIVE_CONTRACT].trade_max = longer(CONTRACT_TRADE_MAX, 3 * least);
}

void liveness_day(struct liveness *l, enum live_class c, nanos_t from, nanos_t until)
{
	l->class[c].from = from;
	l->class[c].until = until;
}

void liveness_expect(struct liveness *l, enum live_class c, bool expected, nanos_t steady)
{
	if (expected && !l->class[c].expected)
		l->class[c].expected_since = steady;
	l->class[c].expected = expected;
}

void liveness_connected(struct liveness *l, nanos_t steady)
{
	l->connected = steady;
	for (int i = 0; i < LIVE_CLASSES; i++)
		l->class[i].heard = l->class[i].traded = l->class[i].fresh = 0;
}

void liveness_packet(struct liveness *l, enum live_class c, struct live_now now, nanos_t traded, bool news)
{
	struct liveness_class *k = &l->class[c];

	assert(c < LIVE_CLASSES);
	if (!news || now.wall < k->from || now.wall >= k->until)
		return;
	k->traded = longer(k->traded, traded);
	if (live_age(now, traded) > k->trade_max)
		return; /* something new that is old: a replayed day, or a clock that is wrong */
	k->heard = now.steady;
	k->fresh += k->fresh < FRESH_ENOUGH;
}

/* Since when a first packet is owed, steady: the connection, the session or the subscription began, whichever came last. */
static nanos_t owed_since(const struct liveness *l, const struct liveness_class *k, struct live_now now)
{
	nanos_t open = now.steady - (now.wall - k->from);

	return longer(longer(l->connected, k->expected_since), open);
}

static enum liveness_verdict first_overdue(const struct liveness_class *k, const char *name, struct live_now now, char reason[96])
{
	if (k->traded != 0 && live_age(now, k->traded) > k->trade_max)
		snprintf(reason, 96, "%s prices are %lld s old: a stale server or a wrong clock", name, (long long)(live_age(now, k->traded) / NANOS_SECOND));
	else
		snprintf(reason, 96, "connected, and no %s price comes", name);
	return LIVE_MUTE;
}

static enum liveness_verdict judge(const struct liveness *l, enum live_class c, struct live_now now, nanos_t *due, char reason[96])
{
	const struct liveness_class *k = &l->class[c];
	nanos_t limit;

	if (!k->expected || now.wall >= k->until)
		return LIVE_IDLE;
	if (now.wall < k->from) {
		*due = k->from;
		return LIVE_IDLE;
	}
	if (k->fresh < FRESH_ENOUGH) {
		limit = owed_since(l, k, now) + l->grace;
		*due = now.wall + limit - now.steady;
		return now.steady < limit ? LIVE_WAITING : first_overdue(k, class_names[c], now, reason);
	}
	limit = k->heard + l->mute_after;
	*due = now.wall + limit - now.steady;
	if (now.steady < limit)
		return LIVE_FRESH;
	snprintf(reason, 96, "no new %s price for %lld ms", class_names[c], (long long)((now.steady - k->heard) / NANOS_MS));
	return LIVE_MUTE;
}

/* The worst of what is expected; one idle class does not make the other's word less. */
enum liveness_verdict liveness_at(const struct liveness *l, struct live_now now, nanos_t *ret_due, char reason[96])
{
	enum liveness_verdict worst = LIVE_IDLE;

	*ret_due = STAMP_NEVER;
	for (enum live_class c = 0; c < LIVE_CLASSES; c++) {
		nanos_t due = STAMP_NEVER;
		enum liveness_verdict v = judge(l, c, now, &due, reason);

		if (v == LIVE_MUTE)
			return v;
		*ret_due = due < *ret_due ? due : *ret_due;
		if (v == LIVE_WAITING || worst == LIVE_IDLE)
			worst = v;
	}
	return worst;
}
