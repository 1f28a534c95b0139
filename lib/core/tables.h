/* The market tables a core reads; constant while it runs, their hash is part of EVENT_START. */
#pragma once

#include "lib/core/charges.h"
#include "lib/core/contract.h"
#include "lib/core/session.h"

struct market_tables {
	struct charge_table charges;
	struct calendar calendar;
	struct contract_table contracts;
	uint64_t hash;
};
