/* A client of the broker model for its own tests: a session, calls, the frames that came, the ledger. */
#pragma once

#include "tests/sim/broker.h"
#include "tests/sim/broker_text.h"

#define SECOND INT64_C(1000000000)
#define MILLI INT64_C(1000000)
#define RIG_BASE "https://sim.example.com"
#define RIG_NIGHT INT64_C(1795372200000000000) /* Monday 2026-11-23 00:00 in India: the monthly expiry, moved before a holiday */
#define RIG_EVERY 1000000u

struct rig {
	struct sim_broker *broker;
	sim_ns now;
	struct sim_dials dials;
	struct sim_answer answer;
	char token[400], sid[48];
	struct buf frames;      /* texts of both feeds, a line each */
	struct buf packets;     /* the last binary frame */
	size_t n_frames, n_binary, n_closed;
	uint64_t sum;           /* of all bytes that came */
	uint64_t tag;
	char call[40], put[40]; /* at the money */
};

struct ask { const char *symbol, *price, *side, *type, *qty, *trigger, *product, *validity, *amo, *tag; }; /* what is not given: one lot, bought, MIS, a limit for the day */

static inline sim_ns rig_at(int hour, int minute) { return RIG_NIGHT + (hour * 60 + minute) * 60 * SECOND; }

struct rig *rig_new(uint64_t seed, sim_ns begin);   /* not logged in */
struct rig *rig_in(uint64_t seed);                  /* at ten, logged in */
void rig_free(struct rig *r);
void rig_run(struct rig *r, sim_ns span);
void rig_dial(struct rig *r, enum sim_dial dial, uint32_t chance);
uint64_t rig_struck(struct rig *r, enum sim_dial dial);

void rig_login(struct rig *r, const char *ucc, const char *code);  /* the first step */
const char *rig_code(sim_ns now);
void rig_enter(struct rig *r);                      /* both steps, 30 s later */
void rig_call(struct rig *r, const char *method, const char *path, const char *type, const char *body);
void rig_get(struct rig *r, const char *path);
void rig_form(struct rig *r, const char *path, const char *json);
void rig_place(struct rig *r, struct ask a);
void rig_modify(struct rig *r, size_t order, const char *qty, const char *price, const char *type, const char *trigger);
void rig_cancel(struct rig *r, size_t order, const char *amo);

void rig_listen(struct rig *r);                     /* the order feed, as connection 1 */
void rig_watch(struct rig *r, const char *event, const char *list); /* the market feed, as connection 2 */

size_t rig_times(const struct rig *r, const char *text);           /* in the answer */
bool rig_says(const struct rig *r, const char *text);
bool rig_heard(const struct rig *r, const char *text);             /* in a frame */
void rig_forget(struct rig *r);                     /* the frames */
char *rig_value(const char *text, const char *name);               /* of the first such field; valid until the next call */
int64_t rig_price(struct rig *r, const char *symbol);              /* the last one, in paise */
int64_t rig_index(struct rig *r);                   /* in paise */
const char *rig_rupees(int64_t paise);
const struct sim_order *rig_order(struct rig *r, size_t i);
size_t rig_orders(struct rig *r);
const struct sim_position *rig_position(struct rig *r, const char *symbol, const char *product);
void rig_token(struct rig *r, const char *symbol, char ret[16]);
