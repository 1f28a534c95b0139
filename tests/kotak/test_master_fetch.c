/* Fetching the day's master, from a scripted server on a fast clock (what goes wrong, and that the last good cache survives it) and from neosim (a whole day's
 * files). */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_fetch.h"
#include "lib/kotak/session_priv.h"
#include "tests/kotak/account.h"

#define FAST  1000
#define PATHS "/base/script-details/1.0/masterscrip/file-paths"
#define NSE   "/m/2026-11-23/transformed/nse_fo.csv"
#define CASH  "/m/2026-11-23/transformed-v1/nse_cm-v1.csv"

static struct peer sim; /* sim.told = NULL: not running */
static char folder[] = "/tmp/test_fetch.XXXXXX", path[64];

struct heard { unsigned n; int err[8]; char text[8][256]; nanos_t at[8]; struct account *account; struct master_fetch *fetch; bool stop; };

static void on_done(void *ctx, int err, const char *text)
{
	struct heard *h = ctx;

	assert_true(h->n < ARRAY_LEN(h->err));
	h->err[h->n] = err;
	h->at[h->n] = clock_now(&h->account->clock);
	snprintf(h->text[h->n++], sizeof(h->text[0]), "%s", text);
	if (h->stop)
		master_fetch_stop(&h->fetch);
}

/* -- the scripted server ------------------------------------------------------------------------------------- */

static void script_paths(const char *nse, const char *cash)
{
	char steps[1024], origin[64];

	snprintf(origin, sizeof(origin), "http://127.0.0.1:%u", peer.port);
	snprintf(steps, sizeof(steps), "[{\"json\":{\"data\":{\"baseFolder\":\"%s\",\"filesPaths\":[\"%s/m/2026-11-23/transformed/nse_com.csv\",7,\"%s%s\",\"%s%s\"]}}}]", origin,
	         origin, *nse == '/' ? origin : "", nse, *cash == '/' ? origin : "", cash);
	peer_script(&peer, PATHS, steps);
}

static const char head[] = "pTrdSymbol,pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pOptionType,pISIN,pAssetCode,dTickSize ,lLotSize,iLotSize,"
                           "pExpiryDate,dStrikePrice;,dHighPriceRange ,dLowPriceRange ,lFreezeQty,CASEligible\n";

/* `rows` futures of December; `step`: how it is delivered. */
static void script_file(const char *target, const char *segment, unsigned rows, const char *step)
{
	struct buf b = { 0 };

	buf_printf(&b, "[{%s\"body\":\"%.*s\\n", step, (int)strlen(head) - 1, head);
	for (unsigned i = 1; i <= rows; i++)
		if (strcmp(segment, "nse_cm") == 0)
			buf_printf(&b, "S%u-EQ,%u,EQ,nse_cm,,S%u,,INE%u,,5,1,1,,-1,0,0,0,true\\n", i, i, i, i);
		else
			buf_printf(&b, "S%u26DECFUT,%u,XX,%s,FUTSTK,S%u,XX,,%u,5,10,10,1482744600,-1,0,0,0,false\\n", i, i, segment, i, i);
	buf_puts(&b, "\"}]");
	peer_script(&peer, target, b.data);
	buf_done(&b);
}

static void script_good(unsigned rows)
{
	script_paths(NSE, CASH);
	script_file(NSE, "nse_fo", rows, "");
	script_file(CASH, "nse_cm", 3, "\"do\":\"chunks\",");
}

struct fetching { struct account account; struct rest *rest; struct heard heard; uint64_t waits; };
static const enum segment both[] = { SEGMENT_NSE_CM, SEGMENT_NSE_FO };

static void begin(struct fetching *f)
{
	account_init(&f->account, &peer, TIME_OF_DAY(8, 40), FAST);
	account_script(&f->account, "");
	account_open(&f->account);
	kotak_session_start(f->account.session, false);
	account_until(&f->account, SESSION_UP);
	assert_int_equal(rest_open(f->account.session, &f->rest), 0);
	peer_forget(&peer);
}

static void start(struct fetching *f)
{
	const struct master_fetch_options o = { .session = f->account.session, .rest = f->rest, .dir = folder, .segments = both, .n_segments = 2, .least = { 1, 2, 1, 1 },
	                                        .done = on_done, .ctx = &f->heard };

	f->heard = (struct heard){ .account = &f->account };
	assert_int_equal(master_fetch_start(&o, &f->heard.fetch), 0);
}

static void until(struct fetching *f, unsigned n)
{
	while (f->heard.n < n)
		uv_run(&f->account.loop, UV_RUN_ONCE);
}

static void end(struct fetching *f)
{
	master_fetch_stop(&f->heard.fetch);
	rest_close(&f->rest);
	account_close(&f->account);
}

static uint32_t cached(void)
{
	struct master_error error;
	struct master *m;

	if (master_map(path, &m, &error) != 0)
		return 0;
	uint32_t n = master_count(m);
	assert_int_equal(master_day(m), date_from_civil(2026, 11, 23));
	master_unmap(&m);
	return n;
}

static void test_good(void **state)
{
	struct fetching f;

	(void)state;
	unlink(path);
	script_good(4);
	begin(&f);
	start(&f);
	until(&f, 1);
	assert_int_equal(f.heard.err[0], 0);
	assert_string_equal(f.heard.text[0], "nse_cm: 3 rows, 0 not believed; nse_fo: 4 rows, 0 not believed");
	assert_int_equal(cached(), 7);
	account_run(&f.account, 20 * NANOS_MINUTE); /* and that is all for today */
	assert_int_equal(f.heard.n, 1);
	assert_int_equal(peer_count(&peer, PATHS), 1);
	assert_int_equal(peer_count(&peer, "/m/"), 2);
	end(&f);
}

/* Each fault costs one try and not the last good cache; the next try, a minute later, succeeds. */
static const struct { const char *what; int err; const char *says; } faults[] = {
	{ "no list", ERR_IO, "list of master files could not be had" },
	{ "no file", ERR_AGAIN, "no file of nse_fo" },
	{ "another day", ERR_AGAIN, "is of 2026-11-22" },
	{ "403", ERR_IO, "403" },
	{ "500", ERR_IO, "status 500" },
	{ "cut", ERR_IO, "could not be downloaded" },
	{ "html", ERR_PARSE, "column" },
	{ "header", ERR_RANGE, "only 0 rows" },
	{ "half", ERR_RANGE, "only 3 rows" },
	{ "foreign", ERR_INVAL, "not allowed" },
};

static void break_it(const char *what)
{
	if (strcmp(what, "no list") == 0)
		peer_script(&peer, PATHS, "[{\"status\":502,\"body\":\"<html>\"}]");
	else if (strcmp(what, "no file") == 0)
		script_paths("/m/2026-11-23/transformed/nse_fo2.csv", CASH);
	else if (strcmp(what, "another day") == 0)
		script_paths("/m/2026-11-22/transformed/nse_fo.csv", CASH);
	else if (strcmp(what, "403") == 0)
		peer_script(&peer, NSE, "[{\"status\":403,\"body\":\"<xml>\"}]");
	else if (strcmp(what, "500") == 0)
		peer_script(&peer, NSE, "[{\"status\":500}]");
	else if (strcmp(what, "cut") == 0)
		script_file(NSE, "nse_fo", 9, "\"do\":\"half\",");
	else if (strcmp(what, "html") == 0)
		peer_script(&peer, NSE, "[{\"body\":\"<html>down for maintenance</html>\\n\"}]");
	else if (strcmp(what, "header") == 0)
		script_file(NSE, "nse_fo", 0, "");
	else if (strcmp(what, "half") == 0)
		script_file(NSE, "nse_fo", 3, "");
	else
		script_paths("http://192.0.2.1/m/2026-11-23/transformed/nse_fo.csv", CASH);
}

static void test_faults(void **state)
{
	struct fetching f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		unlink(path);
		script_good(8);
		begin(&f);
		start(&f);
		until(&f, 1);
		assert_int_equal(cached(), 11);
		master_fetch_stop(&f.heard.fetch);
		break_it(faults[i].what);
		start(&f);
		until(&f, 1);
		if (f.heard.err[0] != faults[i].err || !strstr(f.heard.text[0], faults[i].says))
			fail_msg("%s: %d %s", faults[i].what, f.heard.err[0], f.heard.text[0]);
		assert_int_equal(cached(), 11);
		script_good(9);
		until(&f, 2);
		assert_int_equal(f.heard.err[1], 0);
		assert_true(f.heard.at[1] - f.heard.at[0] >= NANOS_MINUTE * 3 / 4);
		assert_int_equal(cached(), 12);
		end(&f);
	}
}

/* Until its next try, by the loop's clock. */
static void waits(uv_handle_t *h, void *fetching)
{
	struct fetching *f = fetching;

	if (h->type == UV_TIMER && h->data == f->heard.fetch)
		f->waits = uv_timer_get_due_in((uv_timer_t *)h);
}

/* Exits wait for it, too: it is not given more and more time. */
static void test_backs_off(void **state)
{
	struct fetching f;

	(void)state;
	script_good(8);
	break_it("no file");
	begin(&f);
	start(&f);
	until(&f, 5);
	for (int i = 1; i < 5; i++)
		assert_true(f.heard.at[i] - f.heard.at[i - 1] >= (i == 1 ? 1 : 2) * NANOS_MINUTE * 3 / 4); /* the loop's time lags behind the clock's */
	f.waits = 0;
	uv_walk(&f.account.loop, waits, &f);
	assert_true(f.waits > 0 && f.waits <= clock_ms(&f.account.clock, 2 * NANOS_MINUTE));
	end(&f);
}

/* Stopped at every stage, from without and from within done(): no callback comes, nothing leaks. */
static void test_stopped(void **state)
{
	static const char *const stages[] = { NULL, PATHS, CASH, NSE };
	struct fetching f;

	(void)state;
	unlink(path);
	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		script_good(8);
		begin(&f);
		start(&f);
		if (stages[i])
			account_until_requests(&f.account, stages[i], 1);
		end(&f);
		assert_int_equal(f.heard.n, 0);
	}
	for (int good = 0; good < 2; good++) {
		script_good(8);
		if (!good)
			break_it("html");
		begin(&f);
		start(&f);
		f.heard.stop = true;
		until(&f, 1);
		assert_null(f.heard.fetch);
		account_run(&f.account, 3 * NANOS_MINUTE);
		assert_int_equal(f.heard.n, 1);
		end(&f);
	}
	begin(&f); /* and not while the session is down */
	rest_close(&f.rest);
	account_close(&f.account);
}

static void test_refused(void **state)
{
	struct master_fetch_options o = { .dir = folder, .segments = both };
	struct master_fetch *f = NULL;

	(void)state;
	assert_int_equal(master_fetch_start(&o, &f), ERR_INVAL);
	o.n_segments = SEGMENT_COUNT + 1;
	assert_int_equal(master_fetch_start(&o, &f), ERR_INVAL);
	assert_null(f);
	master_fetch_stop(&f);
}

/* -- neosim -------------------------------------------------------------------------------------------------- */

static void test_neosim(void **state)
{
	static const enum segment all[] = { SEGMENT_NSE_CM, SEGMENT_NSE_FO, SEGMENT_BSE_CM, SEGMENT_BSE_FO };
	const char *program = getenv("SAUDA_NEOSIM");
	char certificates[80];
	struct fetching f;
	struct master_error error;
	struct master *m;

	(void)state;
	snprintf(certificates, sizeof(certificates), "%s/sim", folder);
	const char *const argv[] = { program, "--at", "2026-11-23T08:40:00+05:30", "--master-rows", "20000", "--dir", certificates, NULL };
	if (!program || access(program, X_OK) != 0) {
		print_message("SKIPPED: SAUDA_NEOSIM names no simulator\n");
		skip();
	}
	if (!peer_start(&sim, argv))
		fail_msg("neosim does not start");
	account_init(&f.account, &peer, TIME_OF_DAY(8, 40), 1);
	snprintf(f.account.options.session_url, sizeof(f.account.options.session_url), "http://127.0.0.1:%u", sim.port);
	account_open(&f.account);
	kotak_session_start(f.account.session, false);
	account_until(&f.account, SESSION_UP);
	assert_int_equal(rest_open(f.account.session, &f.rest), 0);
	const struct master_fetch_options o = { .session = f.account.session, .rest = f.rest, .dir = folder, .segments = all, .n_segments = ARRAY_LEN(all),
	                                        .least = { 1, 1000, 1, 10 }, .done = on_done, .ctx = &f.heard };
	f.heard = (struct heard){ .account = &f.account };
	assert_int_equal(master_fetch_start(&o, &f.heard.fetch), 0);
	until(&f, 1);
	print_message("neosim: %s\n", f.heard.text[0]);
	assert_int_equal(f.heard.err[0], 0);
	assert_int_equal(master_map(path, &m, &error), 0);
	date_t expiry[3], today = date_from_civil(2026, 11, 23);
	price_t strike[512];
	assert_true(master_expiries(m, SEGMENT_NSE_FO, "NIFTY", INSTRUMENT_CALL, today, expiry, 3) >= 2);
	size_t n = master_strikes(m, SEGMENT_NSE_FO, "NIFTY", expiry[0], strike, 512);
	assert_true(n > 20);
	const struct master_row *r = master_contract(m, SEGMENT_NSE_FO, "NIFTY", expiry[0], strike[n / 2], INSTRUMENT_CALL);
	assert_true(r && r->lot == 65 && r->freeze % 65 == 0 && r->tick == 500);
	assert_ptr_equal(master_by_token(m, SEGMENT_NSE_FO, r->token), r);
	assert_true(master_expiries(m, SEGMENT_BSE_FO, "SENSEX", INSTRUMENT_PUT, today, expiry, 3) >= 1);
	master_unmap(&m);
	end(&f);
	peer_stop(&sim);
}

static int setup(void **state)
{
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/master.bin", folder);
	return peer_group_setup(state);
}

static int teardown(void **state)
{
	char command[96];

	peer_group_teardown(state);
	if (sim.told)
		peer_stop(&sim);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_backs_off),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_neosim),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
