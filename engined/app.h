/* The daemon's parts, held together. Made by wiring.c, driven by run.c, shown by answer_*.c, changed only through events. */
#pragma once

#include <stdatomic.h>

#include <uv.h>

#include "engined/authority.h"
#include "engined/config/config.h"
#include "engined/heartbeat.h"
#include "engined/notify/notify.h"
#include "lib/base/histogram.h"
#include "lib/base/json.h"
#include "lib/base/manager.h"
#include "lib/control/server.h"
#include "lib/control/snapshot.h"
#include "lib/control/tokens.h"
#include "lib/engine/engine.h"
#include "lib/loop/alarm.h"
#include "lib/loop/clock.h"
#include "lib/store/store.h"

#define APP_MAGIC 0x41505045u
#define APP_ERRORS 16

struct app_options {              /* the command line; config holds the rest */
	const char *config_path;
	const char *const *data;      /* replay files */
	size_t n_data;
	const char *seek;             /* replay: begin at this instant, or time of the first day */
	const char *mode, *speed, *state_dir, *runtime_dir, *tables_dir; /* over the config; NULL = as configured */
	const char *clock;            /* a simulator's, for rehearsals: VIRTUAL_NS,REAL_NS,SPEED */
	bool exit_at_end;             /* leave when the data has ended, printing the summary */
	bool fresh;                   /* move an old journal aside and begin anew */
	bool keep;                    /* the shutdown at the data's end keeps positions */
};

struct pacer {                    /* the data's clock against the wall's */
	int64_t speed;                /* times real time; 0 = max */
	bool paused;
	uint64_t steps;               /* market events to let through while paused */
	nanos_t data_from, wall_from; /* where both clocks were matched last */
	bool ended;
};

enum app_kill { APP_KILL_NONE, APP_KILL_PAUSE, APP_KILL_STOP, APP_KILL_FLATTEN }; /* rungs, the stricter the greater */

enum feed_age { FEED_AGE_MARKET, FEED_AGE_ORDERS, FEED_AGES };

struct app_reply { uint64_t seq; struct outcome_reply reply; }; /* held until its record is on disk */

struct error_note { nanos_t at; char text[160]; };

struct beats {                    /* beat.c */
	struct heartbeat *file;
	struct manager manager;          /* systemd, where it started us */
	uv_prepare_t pass;
	uint64_t passes, late, durable;
	struct histogram turn;           /* what a pass worked */
	nanos_t at, idle, looked, moved; /* moved: when more of the journal became durable, or all was */
	nanos_t told;                    /* the last beat's time, and what it said: */
	uint32_t bits, open_books;
	bool journal_bad;
	char blind[BEAT_REASON];         /* "" = it sees */
	uint32_t last;                   /* enum beat_bit of the end */
};

/* Of the resting stop, while the broker is asked: probe.c. */
struct probe { struct control_call *call; struct order_request request; uint32_t instrument; money_t closing; };

struct app {
	uint32_t magic;
	struct app_options options;
	struct config *config;
	struct market_tables tables;
	struct engine *engine;
	struct core *core;
	struct broker *broker;
	struct feed *feed;
	struct feed_info feed_info;
	struct journal *journal;
	struct store *store;
	struct engine_recovery recovery;
	enum engine_mode mode;
	struct notify *notify;        /* Telegram; NULL = not configured */
	struct live *live;            /* paper and live; NULL in demo and replay, which have a feed to pull from */
	struct clock clock;
	struct clock_base clock_base; /* of it, in paper and live; a simulator's clock has none */
	uint32_t epoch;
	struct authority *authority;  /* live: the right to send orders for the account */
	bool fenced;                  /* another process took it */
	bool lost_tail;               /* live: the journal was made again without its end, and the books did not tell yet what is missing */
	bool was_flattened, was_left_open; /* the watchdog closed positions since the last engine; not all of them */
	char root_dir[512], state_dir[512], journal_dir[512], runtime_dir[512]; /* state_dir = root_dir/MODE */
	/* the loop */
	uv_loop_t loop;
	struct alarm pace, publish;
	uv_idle_t busy;               /* the next turn of the data is due now */
	uv_signal_t term, interrupt, hangup, user1, user2;
	struct alarm kill_look;
	uv_async_t wake;              /* another thread has news: store answers */
	uv_async_t journal_news;      /* its writer has news of the disk */
	struct alarm journal_look;
	_Atomic bool journal_watched;
	int disk_told;                /* percent used that was told last; 0 = none */
	struct alarm archive_look;
	uv_process_t archiver;        /* runs when archiving */
	bool archiving;
	date_t archived_on;           /* the day on which it was last started */
	struct pacer pacer;
	struct control_server *control;
	control_handler *handlers[CTL_COUNT]; /* while starting: few; then app_handlers */
	struct auth *auth;
	struct snapshot_writer *snapshot;
	struct beats beat;
	_Atomic bool journal_failed;  /* set by the journal's thread */
	struct control_call *waiting[64]; /* calls whose reply comes as OUTCOME_REPLY, by request number */
	struct app_reply held[64];
	unsigned held_n;
	uint64_t requests;
	struct probe probe;
	nanos_t started_wall, started_mono, last_market_mono, metrics_mono;
	uint64_t turns, published;
	nanos_t lag_max;
	struct histogram feed_age[FEED_AGES]; /* looked at with each snapshot in market hours */
	struct error_note errors[APP_ERRORS];
	uint64_t n_errors;
	const char *step;             /* while starting: what it is doing; NULL = done */
	struct buf scratch;
	int exit_status, stop_signal; /* a signal that came while starting; 0 = none */
	enum app_kill kill_signalled; /* while starting */
	bool leaving;
	bool followed;                /* a client ordered the shutdown and was not told its end yet */
};

/* start.c: the API while the engine is not ready yet */
int start_serving(struct app *a);
void start_step(struct app *a, const char *step);
/* A step that may take long, done on a thread of its own while this one answers; 0 or an exit status. */
typedef int start_work(struct app *a);
int start_answering(struct app *a, const char *step, start_work *what);
void start_done(struct app *a);

/* wiring.c */
extern const struct core_limits app_limits;
int app_open(struct app *a, const struct app_options *o, struct config *config); /* 0 or an exit status; says why on stderr */
void app_close(struct app *a, int status);
void app_note_error(struct app *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* run.c */
int app_catch_signals(struct app *a);
int app_run(struct app *a);
void app_post_command(struct app *a, struct event *command);
void app_check_stop(struct app *a); /* leaves when a shutdown has come to its end */
nanos_t app_mono(void);
nanos_t app_wall(void);
void pacer_match(struct app *a);
void app_leave(struct app *a, int status);
void app_stopped(struct app *a, int err); /* the journal takes no more: says what is open, and leaves */
void app_leave_at_end(struct app *a); /* of the data or the day: 3 when something is open, which is named */
void app_publish(struct app *a); /* the snapshot, now */

/* journal_watch.c: the reserve of the journal, the room on its disk */
void journal_watch_begin(struct app *a);
void journal_watch_look(struct app *a);
void journal_watch_end(struct app *a);   /* before the loop's handles are closed */
void journal_watch_news(void *app);      /* journal_options.health */
struct disk_room { int used; uint64_t left; }; /* percent, bytes, of what an ordinary process may use; used < 0 = not known */
void journal_room(const struct app *a, struct disk_room *ret);

/* archive.c: old segments of the journal are made small, by a process of its own */
void archive_begin(struct app *a);
void archive_end(struct app *a);         /* before the loop's handles are closed */

/* beat.c: the sign of life */
int beat_open(struct app *a);
void beat_starting(struct app *a);
void beat_begin(struct app *a);
void beat_pass(struct app *a);
void beat_ending(struct app *a);
void beat_end(struct app *a, int status);

/* handlers.c */
extern control_handler *const app_handlers[CTL_COUNT];
void handlers_reply(struct app *a, uint64_t seq, const struct outcome_reply *r);
void handlers_durable(struct app *a, uint64_t seq); /* all records up to seq are on disk */
void handlers_failed(struct app *a);                /* what waits will never be */
/* The call is answered by the OUTCOME_REPLY of that request; false: there is no room, and it was told. */
bool handlers_wait(struct app *a, struct control_call *call, uint64_t *ret_request);

/* strategies.c: those of the settings, and those that were taken out of them */
bool strategies_number(const struct app *a, struct event_strategy *list, size_t n); /* false, and said: there is no room for one */
void strategies_products(const struct app *a, const struct event_strategy *list, size_t n); /* says which stay as they are */
int strategies_removed(struct app *a, const struct event_strategy *list, size_t n, nanos_t at);

/* restore.c: the journal of a lost disk, from MongoDB */
bool restore_wanted(const struct app *a);      /* no journal here, and a database that may know one */
int restore_journal(struct app *a);            /* 0 or an exit status; on a thread of its own */
bool restore_marked(const struct app *a);      /* records are missing at its end, and no broker's books told yet what they were */
int restore_done(struct app *a);               /* recovered, and what began is durable; live, the books are read first */
void restore_heard(struct app *a, const struct event_link *l); /* they are when the broker's link is up */

/* store_link.c: queries answered by the store thread come back to the loop here */
int store_link_open(struct app *a);
int store_link_database(struct app *a); /* opens the store: MongoDB when its string is set, else SQLite in the state folder; 0 or an exit status */
void store_link_ask(struct app *a, struct control_call *call, const struct store_query *q);

/* answer/strategy.c: by the name that a request gives */
bool strategy_find_named(const struct app *a, struct control_call *call, const char *id, uint32_t *ret); /* false = it was refused */
bool strategy_known(const struct app *a, const char *id); /* it has a slot, or is "manual" */
void strategy_unknown(const struct app *a, struct control_call *call, const char *id);

void answer_tell(const struct control_call *call, const char *refused); /* answer/told.c: a change, or why there is none, in the log */

/* answer_*.c: one JSON value each */
typedef void answer(struct app *a, struct json *j);
answer answer_health, answer_ready, answer_status, answer_balance, answer_strategies, answer_positions, answer_risk,
       answer_shutdown, answer_debug, answer_metrics;
void metrics_look(struct app *a); /* how old the newest news are; with each snapshot */
/* Instruments that fit: at most `limit`. expiry 0 and strike 0 = any. */
struct instrument_query { const char *text; date_t expiry; price_t strike; uint32_t limit; };
void answer_instruments(struct app *a, struct json *j, const struct instrument_query *q);
void answer_preview(struct app *a, struct control_call *call); /* replies itself */
/* An order as a person asks for it, in whole lots and on the tick; false = it was told what is wrong. */
bool order_ask(struct app *a, struct control_call *call, struct preview_ask *ret);
void order_place(struct app *a, struct control_call *call);   /* order.c */
void order_cancel(struct app *a, struct control_call *call);
void answer_order(struct app *a, struct control_call *call);  /* what became of the two */
void answer_refused(struct control_call *call, enum refusal r);
void answer_strategy(struct app *a, struct json *j, uint32_t strategy, bool whole);
void answer_unread(struct app *a, struct json *j, const char *key);  /* books of the account not read yet */
void answer_not_flat(struct app *a, struct json *j, const char *key); /* what is to be acknowledged */
void answer_foreign(struct app *a, struct json *j, const char *key); /* what it holds that is not ours */
void answer_kill(struct app *a, struct json *j, const char *key);
const char *mode_name(enum engine_mode m);

/* summary.c */
int app_print_summary(struct app *a);
