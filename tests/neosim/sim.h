/* The whole program's state: the world (clock, market, exchange), the account that trades in it, and what the server does to its clients. */
#pragma once

#include "lib/base/obj.h"
#include "tests/neosim/auth.h"
#include "tests/neosim/capture.h"
#include "tests/neosim/exchange.h"
#include "tests/neosim/faults.h"
#include "tests/neosim/feed.h"
#include "tests/neosim/net.h"
#include "tests/neosim/past.h"

#define SIM_MAGIC 0x4e53494du

#define SIM_RATE_MAX   10      /* orders, modifies and cancels of a session in any second */
#define SIM_RATE_KEPT  256
#define SIM_MASTERS    8

struct sim_stats {
	uint64_t logins, logins_refused, limited, frames_out, frames_in, packets;
	int64_t order_calls[SIM_RATE_KEPT]; /* when the last ones came, a ring */
	size_t n_order_calls;
	unsigned rate_max;           /* most of them in any rolling second */
};

struct sim_master { char stem[24]; int32_t date; char *csv; size_t len; };

struct sim {
	uint32_t magic;
	struct sim_clock clock;
	struct sim_account account;
	struct market *market;
	struct exchange *exchange;
	struct net *net;
	struct auth auth;
	struct faults faults;
	struct capture capture;
	struct past past;
	struct sim_stats stats;
	struct order_feed order_feed;
	struct market_feed market_feed;
	struct sim_master masters[SIM_MASTERS]; /* made once a day: a hundred thousand rows take their time */
	char ip[48], registered_ip[48];
	bool late;                   /* the order being placed is to be hidden: its frames are not sent */
};

int64_t sim_time(const struct sim *s);
const struct sim_quote *sim_quote(const struct sim *s, const struct scrip *x); /* all zeros for what nobody has quoted */
