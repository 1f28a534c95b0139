/* What is listed on a day: the underlyings, near futures and option chains around the money, their tokens and trading symbols. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

#define CHAINS 2      /* expiries with options */
#define FUTURES 3     /* months with a future */
#define FIRST_TOKEN 35000

int list_add(struct list *l, struct instrument *in)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct instrument **bigger = realloc(l->at, cap * sizeof(struct instrument *));
		if (!bigger)
			return ERR_NOMEM;
		l->at = bigger;
		l->cap = cap;
	}
	l->at[l->n++] = in;
	return ERR_OK;
}

/* -- symbols ------------------------------------------------------------------------------------------------------------- */

/* In rupees, with the decimals it needs: "24500", "167.5". */
static void symbol_strike(int64_t strike, char *ret, size_t size)
{
	int paise = (int)(strike % 100);

	if (paise == 0)
		snprintf(ret, size, "%lld", (long long)(strike / 100));
	else if (paise % 10 == 0)
		snprintf(ret, size, "%lld.%d", (long long)(strike / 100), paise / 10);
	else
		snprintf(ret, size, "%lld.%02d", (long long)(strike / 100), paise);
}

static void symbol_write(struct scrip *s, bool monthly)
{
	static const char *const months[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	struct civil c = date_to_civil(s->expiry);
	bool future = !strcmp(s->option, "XX");
	char strike[24] = "", day[8];

	if (!future)
		symbol_strike(s->strike, strike, sizeof(strike));
	if (monthly || future)
		snprintf(day, sizeof(day), "%s", months[c.month - 1]);
	else
		snprintf(day, sizeof(day), "%c%02d", "123456789OND"[c.month - 1], c.day % 100);
	snprintf(s->symbol, sizeof(s->symbol), "%.12s%02u%.4s%.10s%s", s->name, (unsigned)c.year % 100, day, strike, future ? "FUT" : s->option);
}

/* -- one contract ---------------------------------------------------------------------------------------------------------- */

int market_publish(struct market *m, struct instrument *in)
{
	char token[16];
	struct scrip *s = &in->s;

	snprintf(token, sizeof(token), "%u", s->token);
	bool known = table_put(&m->by_token, table_key((uint64_t)s->segment, token), in) &&
		table_put(&m->by_symbol, table_key((uint64_t)s->segment, s->symbol), in) &&
		(!s->index || table_put(&m->by_token, table_key((uint64_t)s->segment, s->feed_name), in));
	if (!known || list_add(&m->segment[s->segment], in) != ERR_OK)
		return ERR_NOMEM;
	return in->kind == KIND_LISTED ? ERR_OK : list_add(&m->living, in);
}

static struct instrument *instrument_new(struct market *m)
{
	struct instrument *in = calloc(1, sizeof(*in));

	if (in && list_add(&m->owned, in) != ERR_OK) {
		free(in);
		return NULL;
	}
	return in;
}

static void contract_type(struct scrip *s, bool on_index)
{
	bool future = !strcmp(s->option, "XX");
	const char *type = s->segment == SIM_BSE_FO ? (future ? "IF" : "IO") : on_index ? (future ? "FUTIDX" : "OPTIDX") : future ? "FUTSTK" : "OPTSTK";

	snprintf(s->type, sizeof(s->type), "%s", type);
}

/* A contract that was listed yesterday keeps its token; a new one gets the next. `a` NULL: listed only. */
struct instrument *market_list_contract(struct market *m, struct asset *a, int segment, const char *name, struct expiry e, int64_t strike, const char *option)
{
	struct scrip s = { .segment = segment, .expiry = e.date, .strike = strike, .lot = market_lot(name, e.date), .tick = 5 };

	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.option, sizeof(s.option), "%s", option);
	snprintf(s.series, sizeof(s.series), "XX");
	contract_type(&s, a || strstr(name, "NIFTY"));
	symbol_write(&s, e.monthly);
	struct instrument *in = NULL;
	for (size_t i = 0; a && !in && i < m->owned.n; i++)
		if (m->owned.at[i]->s.segment == segment && !strcmp(m->owned.at[i]->s.symbol, s.symbol) && m->owned.at[i]->s.expiry == e.date)
			in = m->owned.at[i];
	if (in)
		s.token = in->s.token;
	else if (!(in = instrument_new(m)))
		return NULL;
	else
		s.token = segment == SIM_BSE_FO ? 800000 + m->next_token++ : m->next_token++;
	s.halted = in->s.halted;
	in->s = s;
	in->kind = !a ? KIND_LISTED : !strcmp(option, "XX") ? KIND_FUTURE : KIND_OPTION;
	in->asset = a;
	return in;
}

static int64_t freeze_field(int segment, const char *name, int32_t date)
{
	return market_freeze(name, date) + (segment == SIM_NSE_FO); /* NSE's file holds the first quantity refused */
}

static int contract_live(struct market *m, struct instrument *in, int rank, int32_t recorded)
{
	struct asset *a = in->asset;
	struct scrip *s = &in->s;
	struct day_times t;

	s->underlying = a->spec->token;
	s->freeze = freeze_field(s->segment, s->name, m->date);
	in->rank = rank;
	in->expires = stamp_at(s->expiry, calendar_times(s->segment, s->expiry, &t) ? t.close : TIME_OF_DAY(15, 30));
	if (in->kind == KIND_FUTURE)
		s->tick = market_future_tick(s->segment, a->close);
	in->daily_lots = in->kind == KIND_FUTURE ? 60000 : a->spec->daily_lots / (rank == 0 ? 1 : 6);
	in->tape = recorded && m->tapes && in->kind == KIND_OPTION ? tapes_option(m->tapes, s->name, recorded, rank, s->strike, s->option[0]) : NULL;
	if (!in->quote && !(in->quote = calloc(1, sizeof(*in->quote))))
		return ERR_NOMEM;
	return market_publish(m, in);
}

/* -- an underlying ------------------------------------------------------------------------------------------------------------ */

static int list_strike(struct market *m, struct asset *a, struct expiry e, int rank, int64_t strike, int32_t recorded)
{
	for (int put = 0; put < 2; put++) {
		struct instrument *in = market_list_contract(m, a, a->spec->option_segment, a->spec->name, e, strike, put ? "PE" : "CE");
		if (!in || contract_live(m, in, rank, recorded) != ERR_OK)
			return ERR_NOMEM;
	}
	return ERR_OK;
}

static int list_chain(struct market *m, struct asset *a, struct expiry e, int rank, int32_t recorded)
{
	int64_t step = a->spec->step, money = (a->close + step / 2) / step * step;
	int err = ERR_OK;

	for (int64_t i = -a->spec->strikes; err == ERR_OK && i <= a->spec->strikes; i++)
		err = list_strike(m, a, e, rank, money + i * step, recorded);
	return err;
}

static int list_futures(struct market *m, struct asset *a)
{
	struct expiry month[FUTURES];
	bool bse = a->spec->option_segment == SIM_BSE_FO;
	int err = ERR_OK;

	calendar_expiries(bse ? EXPIRY_BSE_MONTHLY : EXPIRY_NSE_MONTHLY, m->date, FUTURES, month);
	for (int i = 0; err == ERR_OK && i < FUTURES; i++) {
		struct instrument *in = market_list_contract(m, a, a->spec->option_segment, a->spec->name, month[i], -100, "XX");
		err = in ? contract_live(m, in, i, 0) : ERR_NOMEM;
	}
	return err;
}

static int list_derivatives(struct market *m, struct asset *a, int32_t recorded)
{
	struct expiry e[CHAINS];
	int err = list_futures(m, a);

	calendar_expiries(a->spec->expiries, m->date, CHAINS, e);
	for (int i = 0; err == ERR_OK && i < CHAINS; i++)
		err = list_chain(m, a, e[i], i, recorded);
	return err;
}

/* What was listed before stays until it expires, although the ladder around the money has moved on. */
static int list_kept(struct market *m)
{
	int err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < m->owned.n; i++) {
		struct instrument *in = m->owned.at[i];
		if ((in->kind == KIND_OPTION || in->kind == KIND_FUTURE) && in->s.expiry >= m->date && !market_find_symbol(m, in->s.segment, in->s.symbol))
			err = contract_live(m, in, in->rank, 0);
	}
	return err;
}

static void spot_fill(struct instrument *in, struct asset *a)
{
	const struct asset_spec *spec = a->spec;
	struct scrip *s = &in->s;

	*s = (struct scrip){ .segment = spec->segment, .token = spec->token, .index = spec->feed_token != 0, .feed_token = spec->feed_token,
		.tick = spec->tick, .lot = 1, .freeze = 5000000 / (spec->level / 100 + 1) * 20, .auction = spec->auction, .halted = s->halted };
	snprintf(s->name, sizeof(s->name), "%s", spec->name);
	snprintf(s->feed_name, sizeof(s->feed_name), "%s", spec->feed_name);
	snprintf(s->series, sizeof(s->series), "%s", s->index ? "" : "EQ");
	snprintf(s->symbol, sizeof(s->symbol), "%s%s", spec->name, s->index ? "" : "-EQ");
	in->kind = s->index ? KIND_INDEX : KIND_SHARE;
	in->asset = a;
	in->daily_lots = spec->daily_lots;
	a->spot = in;
}

static int list_spot(struct market *m, struct asset *a)
{
	if (!a->spot && !(a->spot = instrument_new(m)))
		return ERR_NOMEM;
	if (!a->spot->quote && !(a->spot->quote = calloc(1, sizeof(struct sim_quote))))
		return ERR_NOMEM;
	spot_fill(a->spot, a);
	return market_publish(m, a->spot);
}

/* -- the day -------------------------------------------------------------------------------------------------------------------- */

static void bands(struct market *m, struct instrument *in)
{
	int64_t close = in->quote->close, tick = in->s.tick;

	if (in->kind == KIND_OPTION) {
		market_option_bands(m, in);
	} else if (in->kind != KIND_INDEX) {
		in->s.band_low = (close * 9 / 10 + tick - 1) / tick * tick;
		in->s.band_high = close * 11 / 10 / tick * tick;
	}
}

/* The file's order is no order. */
static void shuffle(struct list *l, uint64_t random)
{
	for (size_t i = l->n; i > 1; i--) {
		size_t other = prng_below(&random, i);
		struct instrument *kept = l->at[i - 1];
		l->at[i - 1] = l->at[other];
		l->at[other] = kept;
	}
}

static void empty(struct market *m)
{
	m->living.n = 0;
	for (int i = 0; i < MARKET_SEGMENTS; i++)
		m->segment[i].n = 0;
	table_empty(&m->by_token);
	table_empty(&m->by_symbol);
	if (!m->next_token)
		m->next_token = FIRST_TOKEN;
}

int market_list_day(struct market *m)
{
	int err = ERR_OK;

	empty(m);
	for (size_t i = 0; err == ERR_OK && i < m->n_assets; i++)
		err = list_spot(m, &m->asset[i]);
	for (size_t i = 0; err == ERR_OK && i < m->n_assets; i++)
		if (m->asset[i].spec->option_segment)
			err = list_derivatives(m, &m->asset[i], m->recorded);
	if (err == ERR_OK)
		err = list_kept(m);
	for (size_t i = 0; err == ERR_OK && i < m->living.n; i++) {
		market_quote_day(m, m->living.at[i]);
		bands(m, m->living.at[i]);
	}
	if (err == ERR_OK)
		err = market_list_padding(m, m->master_rows);
	for (int i = 0; i < MARKET_SEGMENTS; i++)
		shuffle(&m->segment[i], m->seed + (uint64_t)i);
	return err;
}
