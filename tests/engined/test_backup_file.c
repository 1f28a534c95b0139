/* A backup's file, bit by bit: nothing but the bytes that were written is taken for it. And settings without their secrets. */
#include "engined/backup/backup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "engined/backup/stream.h"
#include "engined/config/config.h"
#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/core/core.h"

static char folder[64], good[128], bad[128];
static char *bytes;
static size_t len;

static void put_file(struct tar_writer *w, struct backup_manifest *m, const char *name, const char *text)
{
	uint8_t sum[32];

	crypto_hash_sha256(sum, (const unsigned char *)text, strlen(text));
	assert_int_equal(tar_file(w, name, 0600, 1, text, strlen(text)), ERR_OK);
	assert_int_equal(manifest_add(m, name, strlen(text), sum), ERR_OK);
}

static void write_good(const char *path)
{
	struct backup_manifest m = { .format = BACKUP_FORMAT, .core = CORE_VERSION, .version = "1.2", .made = NANOS_SECOND, .journals = 1,
	                             .journal = { { "paper", "00", "11", 1, 7, NANOS_SECOND } } };
	struct stream_out *s;
	struct tar_writer w;
	struct buf text = { 0 };
	uint64_t size;

	assert_int_equal(stream_create(&s, path), ERR_OK);
	tar_begin(&w, stream_put, s);
	put_file(&w, &m, "paper/journal/00000000000000000001.journal", "a journal, as far as this test goes");
	put_file(&w, &m, "tokens", "");
	manifest_print(&m, &text);
	assert_int_equal(tar_file(&w, BACKUP_MANIFEST, 0600, 1, text.data, text.len), ERR_OK);
	assert_int_equal(tar_end(&w), ERR_OK);
	assert_int_equal(stream_finish(s, &size), ERR_OK);
	stream_discard(&s);
	buf_done(&text);
	manifest_done(&m);
}

static void write_bytes(const char *path, const char *at, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(at, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/backup-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(good, sizeof(good), "%s/good", folder);
	snprintf(bad, sizeof(bad), "%s/bad", folder);
	write_good(good);
	FILE *f = fopen(good, "r");
	assert_non_null(f);
	bytes = malloc(65536);
	len = fread(bytes, 1, 65536, f);
	fclose(f);
	return len > 200 ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	free(bytes);
	return backup_remove(folder);
}

static int check(const char *path)
{
	struct backup_error error = { "" };
	struct backup_manifest m;
	int err = backup_check(path, NULL, &m, &error);

	if (err != ERR_OK)
		assert_string_not_equal(error.text, "");
	manifest_done(&m);
	return err;
}

static void what_was_written_is_read(void **state)
{
	struct backup_error error;
	struct backup_manifest m;

	(void)state;
	assert_int_equal(backup_check(good, NULL, &m, &error), ERR_OK);
	assert_int_equal(m.files, 2);
	assert_string_equal(m.version, "1.2");
	assert_int_equal(m.made, NANOS_SECOND);
	assert_int_equal(manifest_journal(&m, "paper")->last_seq, 7);
	assert_null(manifest_journal(&m, "live"));
	manifest_done(&m);
}

static void every_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		write_bytes(bad, bytes, len);
		if (check(bad) == ERR_OK)
			fail_msg("bit %zu of byte %zu of %zu", bit % 8, bit / 8, len);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void every_length_but_one_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < len; n++) {
		write_bytes(bad, bytes, n);
		assert_int_not_equal(check(bad), ERR_OK);
	}
	bytes[len] = '\0';
	write_bytes(bad, bytes, len + 1);
	assert_int_not_equal(check(bad), ERR_OK);
	write_bytes(bad, bytes, len);
	assert_int_equal(check(bad), ERR_OK);
}

/* With the sum set right the content is still judged by what is in it; nothing here may crash or be unpacked wrongly. */
static void damage_under_a_right_sum(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char copy[65536];
		uint32_t flips = 1 + (uint32_t)(prng_next(&random) % 3);

		memcpy(copy, bytes, len);
		while (flips-- > 0) {
			uint64_t bit = prng_next(&random) % (8 * (len - 48));

			copy[bit / 8] ^= (char)(1 << bit % 8);
		}
		crypto_hash_sha256((unsigned char *)copy + len - 32, (const unsigned char *)copy, len - 48);
		write_bytes(bad, copy, len);
		if (check(bad) == ERR_OK && memcmp(copy, bytes, len) != 0) { /* bits of the frame that say nothing: the content is what it was */
			struct stream_in *a, *b;
			char x[4096], y[4096];
			ssize_t n;

			assert_int_equal(stream_open(&a, good, NULL, NULL), ERR_OK);
			assert_int_equal(stream_open(&b, bad, NULL, NULL), ERR_OK);
			while ((n = stream_get(a, x, sizeof(x))) > 0) {
				assert_int_equal(stream_get(b, y, (size_t)n), n);
				assert_memory_equal(x, y, (size_t)n);
			}
			stream_close(&a);
			stream_close(&b);
		}
	}
}

static void names_of_a_backup(void **state)
{
	static const char *const fine[] = { "tokens", "kill", "sauda.conf", "admin.token", "watchdog/2026-11-23.log", "live/journal/00000000000000000001.journal",
	                                    "demo/journal/00000000000000000001.journal.zst", "replay/journal/checkpoint-00000000000000000007" };
	static const char *const wrong[] = { "", "authority", "live", "live/sauda.db", "live/journal/lock", "live/journal/restored", "live/journal/reserve",
	                                     "live/journal/1.journal", "live/journal/0000000000000000000x.journal", "live/journal/00000000000000000001.journal.new",
	                                     "live/journal/000000000000000000001.journal", "night/journal/00000000000000000001.journal", "watchdog/../x.log",
	                                     "watchdog/.log", "watchdog/a/b.log", "watchdog/x.sh", "live/journal/../journal/00000000000000000001.journal", "tokens/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_true(manifest_name_known(fine[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(manifest_name_known(wrong[i]));
}

static void a_name_tells_the_time(void **state)
{
	char name[BACKUP_NAME];
	nanos_t now;

	(void)state;
	assert_int_equal(stamp_parse("2026-11-24T01:02:03+05:30", 25, &now), ERR_OK);
	backup_name(now, name);
	assert_string_equal(name, "sauda-backup-20261123T193203Z.tar.zst");
	backup_name(0, name);
	assert_string_equal(name, "sauda-backup-19700101T000000Z.tar.zst");
}

static void settings_without_secrets(void **state)
{
	static const char text[] = "[account]\ncapital = 1\n[kotak]\nmpin = 123456\n  MPIN: 654321\npassword=a\n  b\n\tc\nucc\n# totp_secret = OLD\n;mpin=1\nfoo = mpin\n[x]\nlast = 1";
	struct buf out = { 0 };

	(void)state;
	config_without_secrets(text, sizeof(text) - 1, &out);
	assert_string_equal(out.data, "[account]\ncapital = 1\n[kotak]\n# mpin: left out\n# mpin: left out\n# password: left out\n# ucc: left out\n# totp_secret: left out\n"
	                    "# mpin: left out\nfoo = mpin\n[x]\nlast = 1");
	buf_done(&out);
	config_without_secrets("", 0, &out);
	assert_int_equal(out.len, 0);
	config_without_secrets("mpin = 123456", 13, &out); /* no line end, and none is read beyond */
	assert_string_equal(out.data, "# mpin: left out\n");
	buf_done(&out);
}

static void a_file_that_is_there_stays(void **state)
{
	struct stream_out *s;

	(void)state;
	assert_int_equal(stream_create(&s, good), ERR_EXIST);
	assert_int_equal(check(good), ERR_OK);
	assert_int_equal(check(folder), ERR_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_length_but_one_is_refused),
		cmocka_unit_test(damage_under_a_right_sum),
		cmocka_unit_test(names_of_a_backup),
		cmocka_unit_test(a_name_tells_the_time),
		cmocka_unit_test(settings_without_secrets),
		cmocka_unit_test(a_file_that_is_there_stays),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("backup file", tests, set_up, tear_down);
}
