/* Who may ask: the one-time code, the two steps of a login, and the sessions they make. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_account { char consumer_key[64], mobile[24], ucc[16], mpin[8], totp_secret[64]; };

enum session_state { SESSION_NONE, SESSION_VIEW, SESSION_TRADE, SESSION_EXPIRED, SESSION_STOLEN };

#define SESSION_RATE 64
struct session {
	enum session_state state;
	char view_sid[40], view_token[512], sid[40], token[512];
	char ip[48];                 /* where it was made from */
	int64_t ends;                /* virtual ns; the token's exp */
	int64_t orders[SESSION_RATE]; /* when its last order calls came: virtual ns, a ring */
	unsigned n_orders;
};

#define SESSIONS_MAX 64
#define CODES_KEPT   16
struct auth {
	struct session list[SESSIONS_MAX];
	size_t next;                 /* where the next login goes; the oldest makes room */
	uint64_t random;
	int64_t used[CODES_KEPT];    /* steps whose code was taken: none is good twice */
	size_t n_used;
};

/* The code of a step; secret in base32, any case, blanks and padding allowed. False: not base32. */
bool totp_code(const char *secret, int64_t step, char ret[8]);
/* Is this a code of now, the step before or the one after, that was not used? Then it is now. */
bool auth_take_code(struct auth *a, const char *secret, int64_t now, const char *code);
void auth_forget_codes(struct auth *a);

struct session *auth_login(struct auth *a, const struct sim_account *who, int64_t now);
/* The session of the first step, by both of its values; NULL = none. */
struct session *auth_view(struct auth *a, const char *sid, const char *token);
void auth_validate(struct auth *a, struct session *s, const struct sim_account *who, int64_t now, const char *ip);
/* The session of the second step, whatever became of it since; NULL = there never was one. */
struct session *auth_trade(struct auth *a, const char *sid, const char *token);
struct session *auth_trade_by_sid(struct auth *a, const char *sid);
bool session_good(const struct session *s, int64_t now);
/* Every session becomes `state`; returns how many. */
size_t auth_end_all(struct auth *a, enum session_state state);
