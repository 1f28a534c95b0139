/* `enginectl replay DATE --until SEQ --journal DIR [--tables DIR]`: why did it decide so? Takes the newest checkpoint before that record, or the
 * journal's beginning, lets the core live the events again and prints as JSON the event behind SEQ, all that it caused, and the state after
 * it. Reads the files, never writes, and is safe beside a running engine. Exit status: 0 the same decisions as recorded, 1 not, or unreadable. */
#include "engined/ctl/ctl.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "engined/backup/relive.h"
#include "lib/base/err.h"
#include "lib/base/json.h"

#ifndef SAUDA_TABLES_DIR
#define SAUDA_TABLES_DIR "tables"
#endif

struct replay {
	struct relive live;
	const char *tables_dir;
	date_t date;
	uint64_t until;
};

static int complain(const char *what, const char *text)
{
	fprintf(stderr, "enginectl replay: %s%s\n", what, text);
	return CTL_EXIT_FAILED;
}

/* -- telling ---------------------------------------------------------------------------------------------------------------------- */

static void put_symbol(const struct replay *r, struct json *j, uint32_t instrument)
{
	json_str(j, "symbol", instrument < r->live.core.s->instruments ? r->live.core.instrument[instrument].symbol : NULL);
}

static void put_strategy(const struct replay *r, struct json *j, uint32_t strategy)
{
	json_str(j, "strategy", strategy < r->live.core.s->strategies ? r->live.core.slot[strategy].id : NULL);
}

static void put_head(const struct replay *r, struct json *j, const struct record *head, const char *kind)
{
	json_uint(j, "seq", head->seq);
	json_stamp(j, "time", head->stamp);
	json_str(j, "kind", kind);
	put_symbol(r, j, head->instrument);
}

static void put_request(const struct replay *r, struct json *j, const struct order_request *q)
{
	json_uint(j, "order", q->order);
	json_str(j, "tag", q->tag);
	put_strategy(r, j, q->strategy);
	json_str(j, "side", q->side == SIDE_BUY ? "buy" : "sell");
	json_int(j, "qty", q->qty);
	json_decimal(j, "price", q->price);
}

static void put_decision(const struct replay *r, struct json *j, const struct outcome_decision *d)
{
	put_strategy(r, j, d->strategy);
	json_int(j, "direction", d->direction);
	json_uint(j, "lots", d->lots);
	json_decimal(j, "premium", d->premium);
	json_decimal(j, "stop", d->stop);
	json_str(j, "refusal", d->refusal == REFUSAL_NONE ? NULL : refusal_code((enum refusal)d->refusal));
	json_str(j, "because", d->refusal == REFUSAL_NONE ? NULL : refusal_text((enum refusal)d->refusal));
}

static void put_action(const struct replay *r, struct json *j, const struct action *a)
{
	json_object(j, NULL);
	put_head(r, j, &a->head, action_kind_name(a->head.kind));
	if (a->head.kind <= ACTION_CANCEL) {
		put_request(r, j, &a->request);
	} else if (a->head.kind == OUTCOME_ORDER) {
		put_request(r, j, &a->order.request);
		json_str(j, "state", order_state_name((enum order_state)a->order.state));
		json_str(j, "reason", a->order.reason);
	} else if (a->head.kind == OUTCOME_DECISION) {
		put_decision(r, j, &a->decision);
	} else if (a->head.kind == OUTCOME_FILL) {
		json_uint(j, "order", a->fill.order);
		json_int(j, "qty", a->fill.qty);
		json_decimal(j, "price", a->fill.price);
	} else if (a->head.kind == OUTCOME_TRADE) {
		put_strategy(r, j, a->trade.strategy);
		json_str(j, "reason", exit_reason_name((enum exit_reason)a->trade.exit_reason));
		json_decimal(j, "gross", a->trade.gross);
	} else if (a->head.kind == OUTCOME_ALERT) {
		json_str(j, "alert", alert_name((enum alert)a->alert.alert));
		json_str(j, "text", a->alert.text);
	}
	json_object_end(j);
}

static void put_positions(const struct replay *r, struct json *j)
{
	json_array(j, "positions");
	for (uint32_t i = 0; i < r->live.core.s->strategies; i++) {
		const struct book *b = &r->live.core.slot[i].book;

		if (b->qty == 0)
			continue;
		json_object(j, NULL);
		put_strategy(r, j, i);
		put_symbol(r, j, b->instrument);
		json_int(j, "qty", b->qty);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_orders(const struct replay *r, struct json *j)
{
	json_array(j, "orders");
	for (uint32_t i = 0; i < relive_limits.orders; i++) {
		const struct order *o = &r->live.core.order[i];

		if (o->request.order == 0 || !order_live((enum order_state)o->state))
			continue;
		json_object(j, NULL);
		put_symbol(r, j, o->instrument);
		put_request(r, j, &o->request);
		json_int(j, "filled", o->filled);
		json_str(j, "state", order_state_name((enum order_state)o->state));
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_all(const struct replay *r, struct json *j)
{
	json_object(j, NULL);
	json_date(j, "date", r->date);
	json_uint(j, "checkpoint", r->live.checkpoint);
	json_uint(j, "differences", r->live.differences);
	json_object(j, "event");
	put_head(r, j, &r->live.event.head, event_kind_name(r->live.event.head.kind));
	json_object_end(j);
	json_array(j, "caused");
	for (uint32_t i = 0; i < r->live.actions.count; i++)
		put_action(r, j, &r->live.actions.at[i]);
	json_array_end(j);
	json_object(j, "state");
	json_uint(j, "seq", r->live.core.s->seq);
	json_str(j, "engine", engine_state_name(core_engine_state(&r->live.core)));
	json_decimal(j, "equity", core_equity(&r->live.core));
	json_decimal(j, "day_pnl", core_day_pnl(&r->live.core));
	put_positions(r, j);
	put_orders(r, j);
	json_object_end(j);
	json_object_end(j);
}

static int print(const struct replay *r)
{
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	put_all(r, &j);
	if (out.failed)
		return complain("out of memory", "");
	puts(out.data);
	buf_done(&out);
	return r->live.differences == 0 ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* -- the whole --------------------------------------------------------------------------------------------------------------------- */

static int on_its_day(const struct replay *r)
{
	date_t day = stamp_date(r->live.event.head.stamp);
	char text[STAMP_TEXT];

	if (r->live.event.head.kind == EVENT_NONE)
		return complain("there is nothing to do between the checkpoint and that record", "");
	if (day == r->date)
		return CTL_EXIT_OK;
	date_format(day, text);
	return complain("that record is of another day: ", text);
}

static int replay(struct replay *r)
{
	struct journal_report report;
	struct market_error market;
	struct journal_error error = { "" };

	if (journal_verify(r->live.dir, &report) != ERR_OK)
		return complain(report.damage, "");
	if (r->until < report.state.first_seq || r->until > report.state.last_seq)
		return complain("the journal has no such record: ", r->live.dir);
	if (relive_open(&r->live, r->tables_dir, &market) != ERR_OK)
		return complain(market.text, "");
	if (relive_run(&r->live, r->live.dir, &report.state, r->until, &error) != ERR_OK)
		return complain(error.text, "");
	int status = on_its_day(r);

	return status == CTL_EXIT_OK ? print(r) : status;
}

static int usage(void)
{
	fputs("usage: enginectl replay DATE --until SEQ --journal DIR [--tables DIR]\n", stderr);
	return CTL_EXIT_USAGE;
}

static const struct option options[] = {
	{ "until", required_argument, NULL, 'u' }, { "journal", required_argument, NULL, 'j' }, { "tables", required_argument, NULL, 't' }, { 0 },
};

int ctl_replay(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof(*r));
	int64_t until = 0;
	bool wrong = false;
	int c;

	if (!r)
		return complain("out of memory", "");
	r->tables_dir = getenv("SAUDA_TABLES") ? getenv("SAUDA_TABLES") : SAUDA_TABLES_DIR;
	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j')
			r->live.dir = optarg;
		else if (c == 't')
			r->tables_dir = optarg;
		else if (c != 'u' || num_parse_int(optarg, strlen(optarg), 1, INT64_MAX, &until) != ERR_OK)
			wrong = true;
	}
	r->until = (uint64_t)until;
	bool asked = !wrong && until > 0 && r->live.dir && optind == argc - 1 && date_parse(argv[optind], strlen(argv[optind]), &r->date) == ERR_OK;
	int status = asked ? replay(r) : usage();

	relive_done(&r->live);
	free(r);
	return status;
}
