#include "engined/summary.h"

#include <string.h>

#include "lib/base/json.h"

static void count_order(struct summary *s, const struct outcome_order *o)
{
	if (o->state == ORDER_INTENT)
		s->orders++;
	if (o->state < ORDER_STATES)
		s->order_states[o->state]++;
}

void summary_record(struct summary *s, const struct record *head, const void *payload, size_t len)
{
	if (len != (head->kind < EVENT_COUNT ? event_payload_size(head->kind) : action_payload_size(head->kind)))
		return;
	switch (head->kind) {
	case EVENT_TICK:     s->ticks++; break;
	case EVENT_BAR:      s->bars++; break;
	case EVENT_DEPTH:    s->depths++; break;
	case EVENT_SESSION:  s->sessions += ((const struct event_session *)payload)->edge == SESSION_BEGIN; break;
	case OUTCOME_ORDER:  count_order(s, payload); break;
	case OUTCOME_FILL:
		s->fills++;
		charges_add(&s->charges, &((const struct outcome_fill *)payload)->charges);
		break;
	case OUTCOME_TRADE:
		s->trades++;
		s->gross += ((const struct outcome_trade *)payload)->gross;
		break;
	case OUTCOME_ALERT:
		s->alerts++;
		s->not_flat += ((const struct outcome_alert *)payload)->alert == ALERT_NOT_FLAT;
		break;
	default: break;
	}
	if (head->kind == EVENT_TICK || head->kind == EVENT_BAR) {
		s->first = s->first ? s->first : head->stamp;
		s->last = head->stamp;
	}
}

static void names_of(struct json *j, const char *key, uint32_t bits)
{
	json_array(j, key);
	for (int k = 0; k < CHARGE_COUNT; k++)
		if (bits & (1u << k))
			json_str(j, NULL, charge_kind_name((enum charge_kind)k));
	json_array_end(j);
}

static void print_money(const struct summary *s, struct json *j)
{
	const struct charge_set *c = &s->charges;
	money_t total = charges_total(c);

	json_decimal(j, "gross", s->gross);
	json_object(j, "charges");
	for (int k = 0; k < CHARGE_COUNT; k++)
		json_decimal(j, charge_kind_name((enum charge_kind)k), c->unknown & (1u << k) ? NUM_UNKNOWN : c->amount[k]);
	json_object_end(j);
	json_decimal(j, "charges_total", c->unknown ? NUM_UNKNOWN : total);
	names_of(j, "charges_unknown", c->unknown);
	names_of(j, "charges_assumed", c->assumed);
	json_decimal(j, "net", c->unknown ? NUM_UNKNOWN : s->gross - total);
	json_decimal(j, "net_known", s->gross - total);
}

static void print_strategy(const struct core *c, const struct slot *s, struct json *j)
{
	const struct strategy_ops *ops = core_ops(c, s);

	json_object(j, s->id);
	json_uint(j, "evaluations", s->funnel.evaluations);
	json_object(j, "passed");
	for (uint32_t i = 0; i < ops->n_conditions; i++)
		json_uint(j, ops->conditions[i], s->funnel.passed[i]);
	json_object_end(j);
	json_uint(j, "signals", s->funnel.signals);
	json_object(j, "refused");
	for (int r = 1; r < REFUSAL_COUNT; r++)
		if (s->funnel.refused[r])
			json_uint(j, refusal_code((enum refusal)r), s->funnel.refused[r]);
	json_object_end(j);
	json_uint(j, "entries", s->funnel.entries);
	json_uint(j, "unfilled", s->funnel.unfilled);
	json_uint(j, "trades", s->trades);
	json_uint(j, "wins", s->wins);
	json_decimal(j, "gross", s->realised);
	json_decimal(j, "charges", s->charges);
	json_object_end(j);
}

static void print_refusals(const struct core *c, struct json *j)
{
	json_object(j, "refusals");
	for (int r = 1; r < REFUSAL_COUNT; r++) {
		uint64_t sum = 0;

		for (uint32_t i = 0; i < c->s->strategies; i++)
			sum += c->slot[i].funnel.refused[r];
		if (sum)
			json_uint(j, refusal_code((enum refusal)r), sum);
	}
	json_object_end(j);
}

static void print_facts(const struct summary_facts *f, struct json *j)
{
	json_str(j, "mode", f->mode);
	json_str(j, "source", f->source);
	json_str(j, "kind", f->kind);
	json_str(j, "underlying", f->underlying);
	json_str(j, "underlying_source", f->underlying_source);
	json_uint(j, "rows", f->rows);
	json_uint(j, "bad_rows", f->bad_rows);
}

void summary_print(const struct summary *s, const struct core *core, const struct summary_facts *f, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	print_facts(f, &j);
	json_stamp(&j, "first", s->first);
	json_stamp(&j, "last", s->last);
	json_uint(&j, "sessions", s->sessions);
	json_uint(&j, "bars", s->bars);
	json_uint(&j, "ticks", s->ticks);
	json_uint(&j, "orders", s->orders);
	json_uint(&j, "rejected", s->order_states[ORDER_REJECTED]);
	json_uint(&j, "fills", s->fills);
	json_uint(&j, "trades", s->trades);
	json_bool(&j, "flat", core->s->open_books == 0);
	json_uint(&j, "not_flat_alerts", s->not_flat);
	print_money(s, &j);
	json_decimal(&j, "equity", core_equity(core));
	json_object(&j, "strategies");
	for (uint32_t i = 0; i < core->s->strategies; i++)
		print_strategy(core, &core->slot[i], &j);
	json_object_end(&j);
	print_refusals(core, &j);
	json_str(&j, "journal_hash", f->journal_hash);
	json_object_end(&j);
	buf_putc(out, '\n');
}
