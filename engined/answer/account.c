/* What the broker's account says beside our own books: what was read of it, whether its clock is ours, and what others did in it. */
#include <stdio.h>

#include "engined/app.h"
#include "lib/base/obj.h"

static const struct { uint32_t bit; const char *name; } books[] = {
	{ ACCOUNT_ORDERS, "orders" }, { ACCOUNT_TRADES, "trades" }, { ACCOUNT_POSITIONS, "positions" }, { ACCOUNT_FUNDS, "funds" },
	{ ACCOUNT_COMPARED, "comparison" },
};

void answer_unread(struct app *a, struct json *j, const char *key)
{
	json_array(j, key);
	for (size_t i = 0; i < ARRAY_LEN(books); i++)
		if (a->core->s->books.unread & books[i].bit)
			json_str(j, NULL, books[i].name);
	json_array_end(j);
}

static void put_foreign(const struct core *c, struct json *j, const struct foreign *f)
{
	enum refusal r = core_foreign_refusal(c, f->underlying);

	json_object(j, NULL);
	json_str(j, "symbol", f->symbol);
	json_str(j, "underlying", f->underlying);
	json_int(j, "manual", f->manual);
	json_int(j, "broker", f->broker);
	json_int(j, "unexplained", f->unexplained);
	json_uint(j, "orders", f->orders);
	json_stamp(j, "since", f->since);
	json_str(j, "acknowledged_by", f->acknowledged ? f->by : NULL);
	json_str(j, "acknowledged_reason", f->acknowledged ? f->reason : NULL);
	json_str(j, "not_taken_over", adopt_why((enum adopt_why)f->not_taken));
	json_str(j, "refusal", r == REFUSAL_NONE ? NULL : refusal_code(r));
	json_object_end(j);
}

void answer_foreign(struct app *a, struct json *j, const char *key)
{
	json_array(j, key);
	for (uint32_t i = 0; i < a->core->s->foreigns; i++)
		put_foreign(a->core, j, &a->core->s->foreign[i]);
	json_array_end(j);
}
