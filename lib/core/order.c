#include "lib/core/order.h"

#include <string.h>

#define STAY (-1)    /* legal, no change */
#define ILLEGAL (-2)

/* Rows: state; columns: enum order_report in its order. Broker evidence moves an unknown order anywhere; a terminal order
 * accepts only repeats of what is known. `modified` and the two refusals of a change never move the state. */
#define TERMINAL { STAY, STAY, STAY, STAY, STAY, STAY, STAY, STAY, STAY, STAY, STAY, ILLEGAL }
static const signed char next_state[ORDER_STATES][REPORT_KINDS] = {
	[ORDER_NEW]    = { ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL },
	[ORDER_DENIED] = { ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL },
	[ORDER_INTENT] = { ORDER_SENT, ORDER_PENDING, ORDER_OPEN, ORDER_TRIGGER_PENDING, STAY, STAY, ORDER_CANCELLED, STAY,
	                   ORDER_REJECTED, ORDER_EXPIRED, ORDER_UNKNOWN, ILLEGAL },
	[ORDER_SENT]   = { STAY, ORDER_PENDING, ORDER_OPEN, ORDER_TRIGGER_PENDING, STAY, STAY, ORDER_CANCELLED, STAY,
	                   ORDER_REJECTED, ORDER_EXPIRED, ORDER_UNKNOWN, ILLEGAL },
	[ORDER_UNKNOWN] = { STAY, ORDER_PENDING, ORDER_OPEN, ORDER_TRIGGER_PENDING, STAY, STAY, ORDER_CANCELLED, STAY,
	                    ORDER_REJECTED, ORDER_EXPIRED, STAY, ORDER_ABSENT },
	[ORDER_ABSENT] = { STAY, ORDER_PENDING, ORDER_OPEN, ORDER_TRIGGER_PENDING, STAY, STAY, ORDER_CANCELLED, STAY,
	                   ORDER_REJECTED, ORDER_EXPIRED, STAY, STAY },
	[ORDER_PENDING] = { STAY, STAY, ORDER_OPEN, ORDER_TRIGGER_PENDING, STAY, STAY, ORDER_CANCELLED, STAY,
	                    ORDER_REJECTED, ORDER_EXPIRED, STAY, ILLEGAL },
	[ORDER_TRIGGER_PENDING] = { STAY, STAY, ORDER_OPEN, STAY, STAY, STAY, ORDER_CANCELLED, STAY,
	                            ORDER_REJECTED, ORDER_EXPIRED, STAY, ILLEGAL },
	[ORDER_OPEN]   = { STAY, STAY, STAY, STAY, STAY, STAY, ORDER_CANCELLED, STAY, ORDER_REJECTED, ORDER_EXPIRED, STAY, ILLEGAL },
	[ORDER_PARTIAL] = { STAY, STAY, STAY, STAY, STAY, STAY, ORDER_CANCELLED, STAY, ORDER_REJECTED, ORDER_EXPIRED, STAY, ILLEGAL },
	[ORDER_FILLED] = TERMINAL,
	[ORDER_CANCELLED] = TERMINAL,
	[ORDER_REJECTED] = TERMINAL,
	[ORDER_EXPIRED] = TERMINAL,
};

bool order_next(enum order_state s, enum order_report r, enum order_state *ret)
{
	if (s >= ORDER_STATES || r >= REPORT_KINDS || next_state[s][r] == ILLEGAL)
		return false;
	*ret = next_state[s][r] == STAY ? s : (enum order_state)next_state[s][r];
	return true;
}

/* -- tags ---------------------------------------------------------------------------------------------------------- */

#define EPOCH_DIGITS 7 /* 36^7 seconds reach the year 4453 */
#define ORDER_DIGITS 6
#define ORDERS_OF_EPOCH UINT32_C(2176782336) /* 36^6 */

static void put_base36(uint32_t value, int digits, char *at)
{
	for (int i = digits - 1; i >= 0; i--, value /= 36)
		at[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value % 36];
}

static bool take_base36(const char *at, int digits, uint64_t *ret)
{
	uint64_t value = 0;

	for (int i = 0; i < digits; i++) {
		int digit = at[i] >= '0' && at[i] <= '9' ? at[i] - '0' : at[i] >= 'A' && at[i] <= 'Z' ? at[i] - 'A' + 10 : -1;

		if (digit < 0)
			return false;
		value = value * 36 + (uint64_t)digit;
	}
	*ret = value;
	return true;
}

/* One digit nearly always: to write all takes a division each. */
void order_tag_next(char *tag)
{
	for (int i = EPOCH_DIGITS + ORDER_DIGITS; i-- > EPOCH_DIGITS;) {
		if (tag[i] != 'Z') {
			tag[i] = tag[i] == '9' ? 'A' : (char)(tag[i] + 1);
			return;
		}
		tag[i] = '0';
	}
}

uint32_t order_epoch(uint32_t before, nanos_t now, bool lost_tail)
{
	uint32_t wanted = (uint32_t)((now + (lost_tail ? NANOS_DAY : 0)) / NANOS_SECOND);

	return before >= wanted ? before + 1 : wanted;
}

void order_tag(uint32_t epoch, uint64_t order, char *ret)
{
	memset(ret, 0, ORDER_TAG_TEXT);
	put_base36(epoch, EPOCH_DIGITS, ret);
	put_base36((uint32_t)(order % ORDERS_OF_EPOCH), ORDER_DIGITS, ret + EPOCH_DIGITS);
}

bool order_tag_parse(const char *tag, uint32_t *ret_epoch, uint64_t *ret_order)
{
	uint64_t epoch, order;

	if (strlen(tag) != EPOCH_DIGITS + ORDER_DIGITS || !take_base36(tag, EPOCH_DIGITS, &epoch) || epoch > UINT32_MAX ||
	    !take_base36(tag + EPOCH_DIGITS, ORDER_DIGITS, &order))
		return false;
	*ret_epoch = (uint32_t)epoch;
	*ret_order = order;
	return true;
}
