/* `enginectl journal`: what it prints and with which status it ends, on a good journal, a damaged one and bad arguments. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engined/ctl/ctl.h"

/* Runs the words after "journal" (NULL-terminated) and puts standard output into text. */
static int run(const char *const *words, char *text, size_t size)
{
	char *argv[12] = { (char *)(uintptr_t)"journal" }, path[FIXTURE_PATH];
	int argc = 1, keep, status;
	const char *base = getenv("TMPDIR");

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	snprintf(path, sizeof(path), "%s/sauda-ctl-XXXXXX", base == NULL ? "/tmp" : base);
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	fflush(stdout);
	keep = dup(STDOUT_FILENO);
	dup2(fd, STDOUT_FILENO);
	status = ctl_journal(argc, argv);
	fflush(stdout);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return status;
}

#define RUN(text, ...) run((const char *const[]){ __VA_ARGS__, NULL }, text, sizeof(text))

static void journal_make(char dir[FIXTURE_PATH])
{
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 4096, true);

	for (uint64_t seq = 1; seq <= 5; seq++) {
		const struct record head = {
			.seq = seq, .stamp = 1000, .kind = seq == 2 ? EVENT_TICK : EVENT_TIMER,
			.instrument = seq == 2 ? 7 : INSTRUMENT_NONE,
		};

		assert_int_equal(journal_append(j, &head, "abc", seq == 2 ? 3 : 0), ERR_OK);
		journal_submit(j, true);
		assert_int_equal(journal_wait(j, seq), ERR_OK);
	}
	journal_close(&j);
}

static void good_journal(void **unused)
{
	char dir[FIXTURE_PATH], text[8192];

	(void)unused;
	journal_make(dir);
	assert_int_equal(RUN(text, "verify", dir), CTL_EXIT_OK);
	assert_non_null(strstr(text, "records   5 (1 to 5)"));
	assert_non_null(strstr(text, "whole: "));
	assert_int_equal(RUN(text, "verify", "--json", dir), CTL_EXIT_OK);
	assert_non_null(strstr(text, "{\"ok\":true,\"damage\":null,"));
	assert_int_equal(RUN(text, "dump", dir, "--from", "2", "--limit", "1", "--json"), CTL_EXIT_OK);
	assert_non_null(strstr(text, "{\"seq\":2,"));
	assert_non_null(strstr(text, "\"kind\":\"tick\",\"kind_number\":5,\"flags\":0,\"instrument\":7,\"payload\":\"616263\"}\n"));
	assert_null(strstr(text, "\"seq\":3"));
	assert_int_equal(RUN(text, "dump", dir), CTL_EXIT_OK);
	assert_non_null(strstr(text, "         5  "));
	fixture_remove(dir);
}

static void damaged_journal(void **unused)
{
	char dir[FIXTURE_PATH], text[8192];

	(void)unused;
	journal_make(dir);
	struct image i = image_load(dir, FIXTURE_NAME);

	i.bytes[sizeof(struct segment_head) + 200] ^= 1;
	image_store(dir, FIXTURE_NAME, i.bytes, i.len);
	image_done(&i);
	assert_int_equal(RUN(text, "verify", dir), CTL_EXIT_FAILED);
	assert_non_null(strstr(text, "DAMAGED, good up to record 1: "));
	assert_non_null(strstr(text, FIXTURE_NAME " at byte "));
	assert_int_equal(RUN(text, "verify", dir, "--json"), CTL_EXIT_FAILED);
	assert_non_null(strstr(text, "\"ok\":false"));
	assert_int_equal(RUN(text, "dump", dir), CTL_EXIT_FAILED);
	assert_non_null(strstr(text, "         1  ")); /* what is good is shown */
	fixture_remove(dir);
	assert_int_equal(RUN(text, "verify", dir), CTL_EXIT_FAILED);
	assert_int_equal(RUN(text, "dump", dir), CTL_EXIT_FAILED);
}

static void archived_journal(void **unused)
{
	char dir[FIXTURE_PATH], text[8192];

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 4096, true);
	uint64_t last = fixture_batches(j, 0, 100, 200, true);

	journal_wait(j, last);
	assert_int_equal(RUN(text, "archive", dir, "--json"), CTL_EXIT_OK);
	assert_non_null(strstr(text, "{\"ok\":true,\"error\":null,\"segments\":0,")); /* without a checkpoint a restart needs all */
	assert_int_equal(checkpoint_write(j, last, &(struct checkpoint_section){ "state", "abc", 3 }, 1), ERR_OK);
	journal_close(&j);
	assert_int_equal(RUN(text, "archive", dir, "--ticks-days", "30000"), CTL_EXIT_OK);
	assert_null(strstr(text, "0 segments"));
	assert_non_null(strstr(text, " 0 ticks pruned"));
	assert_int_equal(RUN(text, "archive", dir, "--ticks-days", "0"), CTL_EXIT_OK);
	assert_null(strstr(text, " 0 ticks pruned"));
	assert_int_equal(RUN(text, "verify", dir), CTL_EXIT_OK);
	assert_non_null(strstr(text, "ticks; the chain stands without them"));
	fixture_remove(dir);
	assert_int_equal(RUN(text, "archive", dir, "--json"), CTL_EXIT_FAILED);
	assert_non_null(strstr(text, "{\"ok\":false,\"error\":\""));
}

static void bad_arguments(void **unused)
{
	char text[256];

	(void)unused;
	assert_int_equal(run((const char *const[]){ NULL }, text, sizeof(text)), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "burn"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "verify"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "verify", "a", "b"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "verify", "a", "--from", "1"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "dump", "a", "--from"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "dump", "a", "--limit", "-1"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "dump", "a", "--limit", "9999999999999999999"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "dump", "a", "--colour"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "archive", "a", "--from", "1"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "archive", "a", "--ticks-days", "x"), CTL_EXIT_USAGE);
	assert_int_equal(RUN(text, "archive", "a", "--ticks-days", "100001"), CTL_EXIT_USAGE);
	assert_string_equal(text, ""); /* mistakes go to standard error */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_journal),
		cmocka_unit_test(damaged_journal),
		cmocka_unit_test(archived_journal),
		cmocka_unit_test(bad_arguments),
	};

	return cmocka_run_group_tests_name("enginectl journal", tests, NULL, NULL);
}
