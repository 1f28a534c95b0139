/* The marks over restarts, and which chats there are. */
#include "engined/notify/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

static char path[] = "/tmp/sauda-mark-XXXXXX/telegram", folder[] = "/tmp/sauda-mark-XXXXXX";
static const uint8_t id[16] = "journal number 1", other[16] = "journal number 2";
static struct chat chats[CHATS_MAX];
static size_t n;
static uv_loop_t loop;

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sauda-mark-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/telegram", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static struct mark_page open_page(const uint8_t journal[16], uint64_t last, const char *list, uint64_t told)
{
	struct mark *m = NULL;

	assert_null(chats_parse(list, chats, &n));
	assert_int_equal(mark_open(path, journal, last, chats, n, &m), ERR_OK);
	struct mark_page was = *mark_page(m);
	for (size_t i = 0; i < n && told; i++)
		mark_page(m)->chat[i].told = told + i;
	mark_page(m)->offset = 77;
	uv_loop_init(&loop);
	mark_save(m, &loop);
	mark_save(m, &loop); /* nothing: the first is under way */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(mark_failures(m), 0);
	mark_close(&m);
	return was;
}

static void test_restart(void **state)
{
	struct mark_page p = open_page(id, 100, "1:read,2:admin", 50);
	struct stat s;

	(void)state;
	assert_int_equal(p.chat[0].told, 100); /* new: begins at the end */
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	p = open_page(id, 200, "2:admin,3:read,1:read", 0);
	assert_int_equal(p.chat[0].told, 51);
	assert_int_equal(p.chat[1].told, 200);
	assert_int_equal(p.chat[2].told, 50);
	assert_int_equal(p.offset, 77);
}

/* After a power cut the journal may end before the mark; a journal that begins anew is another one. */
static void test_another_journal(void **state)
{
	(void)state;
	open_page(id, 100, "1:read", 90);
	assert_int_equal(open_page(id, 60, "1:read", 0).chat[0].told, 60);
	struct mark_page p = open_page(other, 10, "1:read", 0);
	assert_int_equal(p.chat[0].told, 10);
	assert_int_equal(p.offset, 77); /* Telegram's numbers go on all the same */
}

static void test_rubbish(void **state)
{
	FILE *f = fopen(path, "w");

	(void)state;
	for (int i = 0; i < 9000; i++)
		fputc(i * 7, f);
	fclose(f);
	struct mark_page p = open_page(id, 5, "1:read", 0);
	assert_int_equal(p.chat[0].told, 5);
	assert_int_equal(p.offset, 0);
	assert_int_equal(p.curve_n, 0);
	assert_int_equal(p.curve_step, 1);
}

/* A write that was cut: the one before it counts. */
static void test_torn(void **state)
{
	struct stat s;

	(void)state;
	open_page(id, 100, "1:read", 50);
	open_page(id, 100, "1:read", 60);
	FILE *f = fopen(path, "r+");
	assert_int_equal(fstat(fileno(f), &s), 0);
	assert_true(s.st_size > 8192);
	assert_int_equal(fseek(f, 100, SEEK_SET), 0); /* of the two the newer one */
	fputc(0x5a, f);
	fclose(f);
	assert_int_equal(open_page(id, 100, "1:read", 0).chat[0].told, 50);
}

static void test_curve(void **state)
{
	struct mark_page p = { .curve_step = 1 };

	(void)state;
	mark_curve_begin(&p, 7);
	for (money_t i = 0; i < 10 * MARK_POINTS; i++)
		mark_curve_add(&p, i);
	assert_true(p.curve_n <= MARK_POINTS && p.curve_n >= MARK_POINTS / 2);
	for (uint32_t i = 1; i < p.curve_n; i++)
		assert_int_equal(p.curve[i] - p.curve[i - 1], p.curve_step);
	assert_int_equal(p.curve[0], 0);
	mark_curve_begin(&p, 7); /* the same day after a restart: it goes on */
	assert_true(p.curve_n > 0);
	mark_curve_begin(&p, 8);
	assert_int_equal(p.curve_n, 0);
	mark_curve_add(&p, 5);
	assert_int_equal(p.curve_n, 1);
}

/* -- chats ---------------------------------------------------------------------------------------------------------------------------- */

static void test_chats(void **state)
{
	(void)state;
	assert_null(chats_parse("", chats, &n));
	assert_int_equal(n, 0);
	assert_null(chats_parse("-1001234567890:read, 42:admin,@alerts:read,7:trade", chats, &n));
	assert_int_equal(n, 4);
	assert_int_equal(chats[0].id, INT64_C(-1001234567890));
	assert_int_equal(chats[1].role, ROLE_ADMIN);
	assert_int_equal(chats[2].id, 0);
	assert_string_equal(chats[2].name, "@alerts");
	assert_int_equal(chats[3].role, ROLE_TRADE);
	chats_add("42", chats, &n); /* there: keeps its role */
	assert_int_equal(n, 4);
	chats_add("43", chats, &n);
	assert_int_equal(n, 5);
	assert_int_equal(chats[4].role, ROLE_TRADE);
	chats_add("", chats, &n);
	assert_int_equal(n, 5);
	chats_add("@other", chats, &n);
	assert_int_equal(chats[5].role, ROLE_READ);
}

static void test_bad_chats(void **state)
{
	static const char *const rows[] = { "42", "42:", "42:owner", "42:none", ":read", "x:read", "0:read", "@a b:read", "@news:admin", "1:read,1:admin", "99999999999999999:read",
	                                    "1:read,2:read,3:read,4:read,5:read,6:read,7:read,8:read,9:read", "@:read" };
	char text[1000] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!chats_parse(rows[i], chats, &n))
			fail_msg("\"%s\" was taken", rows[i]);
	for (int i = 0; i < 900; i++)
		text[i] = '1';
	assert_non_null(chats_parse(text, chats, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_restart, set_up, tear_down), cmocka_unit_test_setup_teardown(test_another_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rubbish, set_up, tear_down), cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down), cmocka_unit_test(test_curve), cmocka_unit_test(test_chats), cmocka_unit_test(test_bad_chats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
