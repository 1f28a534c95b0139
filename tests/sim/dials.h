/* Everything that may go wrong in a run and how often: one table (dials.tbl.h), drawn by the seed, printed, and switched off one by one by the shrinker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/broker.h"

enum net_dial {
#define NET(name, ...) DIAL_##name,
#define BROKER(...)
#define BROKER_SPAN(...)
#define BROKER_FLAG(...)
#include "tests/sim/dials.tbl.h"
#undef NET
#undef BROKER
#undef BROKER_SPAN
#undef BROKER_FLAG
	NET_DIALS,
	STORE_DIALS = DIAL_STORE_SLOW - DIAL_STORE_ERROR + 1,
	ASIDE_DIALS = STORE_DIALS + 1, /* and HOST_LOST behind them: no day without them is another one for them */
};
struct net_dials { uint32_t chance[NET_DIALS]; };
struct dials { struct sim_dials broker; struct net_dials net; };

enum dials_kind { DIALS_NONE, DIALS_ONE, DIALS_SWARM };

size_t dials_count(void);
const char *dials_name(size_t at);
uint64_t dials_get(const struct dials *d, size_t at);
void dials_off(struct dials *d, size_t at);
size_t dials_find(const char *name); /* dials_count() = none such */
/* Days from this seed on lose their host, whatever else befalls them. */
#define DIALS_HOSTS UINT64_C(1000000)
/* All off; one on; each off with p = 0.4, else log-uniform. */
void dials_draw(struct dials *d, enum dials_kind kind, uint64_t seed);
void dials_print(const struct dials *d);
/* Chances so many times as high, as far as there is room. */
void dials_louder(struct dials *d, uint64_t times);
bool dials_any(const struct dials *d);
