/* One trading day that an engine lives on a folder: opened, recovered, started, its market minute by minute, and what must hold when it is
 * over. There is one at a time; a fork has its own copy of all of it, the exchange's books too. */
#pragma once

#include "lib/engine/engine.h"
#include "tests/core/rig.h"
#include "tests/crash/exchange.h"

#define SHARES 2
#define RECORDS_MAX 16384

/* Faults that are planted to see them found: `sweep --plant`. */
enum plant { PLANT_NONE, PLANT_NO_SYNC, PLANT_FORGETFUL_SYNC, PLANT_FOLDER_NOT_SYNCED, PLANT_SENT_AGAIN, PLANT_TRADE_NOT_TOLD, PLANTS };
extern const char *const plant_name[PLANTS];

struct day {
	uint64_t seed;
	enum plant plant;
	struct exchange exchange;
	struct rig tables;
	struct engine *engine;
	struct core *core;
	struct journal *journal;
	char dir[300];
	unsigned minute;               /* of the script, next to come */
	bool recovering;
	bool opened;                   /* the engine has taken the folder */
	uint64_t said[RECORDS_MAX];    /* a hash of each record, by sequence number, as it was first made */
};
extern struct day day;

/* The sweep's. Ends the process, with `rule` and where it was broken. */
void must(bool held, const char *rule);
/* The same for what a failing disk may refuse: where that is allowed the life dies of it, as the daemon would. */
void must_go_on(int err, const char *rule);

void day_tables(void);
void day_open(const char *dir);
void day_close(void);
void day_begin(uint32_t epoch);  /* start, definitions, session where it has not begun */
void day_connect(void);          /* links up, the account's books read */
void day_run(void);              /* the rest of the script */

/* I16: the state is that of a core which only reads the journal, and I17: each record is the one that was made first. */
void judge_fold(void);
/* Flat, nothing at work, books equal, no order twice; closes the engine and verifies the folder. */
void judge_end(void);
