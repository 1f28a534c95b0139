/* The day's result against its bounds: a loss, a fall from the day's peak, a profit given back. Each closes everything and
 * locks entries until tomorrow; what loosens a bound afterwards unlocks nothing. */
#include "lib/core/core_priv.h"

static const struct lock { enum refusal refusal; enum exit_reason exit; enum alert alert; const char *text; } locks[DAY_LOCKS] = {
	[DAY_LOCK_LOSS] = { REFUSAL_DAY_LOSS, EXIT_DAY_LOSS, ALERT_DAY_LOSS, "the day's loss limit was reached: flat and locked until tomorrow" },
	[DAY_LOCK_DRAWDOWN] = { REFUSAL_DRAWDOWN, EXIT_DRAWDOWN, ALERT_DRAWDOWN, "the day fell too far from its peak: flat and locked until tomorrow" },
	[DAY_LOCK_PROFIT] = { REFUSAL_PROFIT_LOCK, EXIT_PROFIT_LOCK, ALERT_PROFIT_LOCK, "too much of the day's profit was given back: flat and locked until tomorrow" },
};

enum refusal core_day_lock(const struct core *c)
{
	return locks[c->s->account.day_locked].refusal;
}

static bool reached(const struct core *c, enum limit l, money_t whole, money_t part)
{
	money_t bound;

	return c->s->limit[l] != NUM_UNKNOWN && num_mul_div(whole, c->s->limit[l], 100 * NUM_SCALE, &bound) && part >= bound;
}

static enum day_lock fallen(const struct core *c, money_t fall)
{
	const struct account *a = &c->s->account;

	if (reached(c, LIMIT_DRAWDOWN_PCT, a->capital, fall))
		return DAY_LOCK_DRAWDOWN;
	if (a->day_peak > 0 && reached(c, LIMIT_PROFIT_LOCK_PCT, a->capital, a->day_peak) && reached(c, LIMIT_GIVE_BACK_PCT, a->day_peak, fall))
		return DAY_LOCK_PROFIT;
	return DAY_UNLOCKED;
}

static enum day_lock due(const struct core *c, money_t pnl)
{
	const struct account *a = &c->s->account;

	if (pnl < 0 && reached(c, LIMIT_DAY_LOSS_PCT, a->capital, -pnl))
		return DAY_LOCK_LOSS;
	return pnl == a->day_peak ? DAY_UNLOCKED : fallen(c, a->day_peak - pnl);
}

SELDOM static void lock_if_due(struct core *c, money_t pnl)
{
	enum day_lock lock = due(c, pnl);

	c->s->account.day_locked = lock;
	if (lock == DAY_UNLOCKED)
		return;
	core_alert(c, locks[lock].alert, UINT32_MAX, INSTRUMENT_NONE, pnl, locks[lock].text);
	plan_exit_all(c, locks[lock].exit);
}

/* Asked at every price of what is held: the bounds that are not set cost a comparison. */
static bool bounded(const int64_t *limit, money_t pnl, money_t peak)
{
	return (pnl < 0 && limit[LIMIT_DAY_LOSS_PCT] != NUM_UNKNOWN) ||
	       (pnl < peak && (limit[LIMIT_DRAWDOWN_PCT] != NUM_UNKNOWN || limit[LIMIT_PROFIT_LOCK_PCT] != NUM_UNKNOWN));
}

void day_lock_check(struct core *c)
{
	struct account *a = &c->s->account;
	money_t pnl = core_day_pnl(c);

	if (pnl > a->day_peak)
		a->day_peak = pnl;
	else if (!a->day_locked && bounded(c->s->limit, pnl, a->day_peak))
		lock_if_due(c, pnl);
}
