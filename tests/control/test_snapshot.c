/* A reader never sees half a body, never an old one unawares, and never one of an engine that is gone. */
#include "lib/control/snapshot.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "tests/control/unit.h"

#define EPOCH 77
#define WALL INT64_C(1700000000000000000)

static char folder[64], path[96];
static struct snapshot_writer *writer;
static struct snapshot *reader;

static int open_both(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sauda-snapshot-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/snapshot", folder);
	assert_int_equal(snapshot_create(&writer, path, EPOCH), 0);
	assert_int_equal(snapshot_open(&reader, path), 0);
	return 0;
}

static int close_both(void **state)
{
	(void)state;
	snapshot_done(&reader);
	snapshot_close(&writer);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static int read_at(enum command_id id, nanos_t now, char *buf, size_t cap, int64_t *ret_age)
{
	size_t len = 0;
	nanos_t wall = 0;
	int err = snapshot_read_at(reader, id, now, buf, cap, &len, ret_age, &wall);

	if (err == 0) {
		assert_int_equal(strlen(buf), len);
		assert_int_equal(wall, WALL);
	}
	return err;
}

static void what_is_published_is_read(void **state)
{
	nanos_t now = snapshot_clock();
	char buf[64];
	int64_t age = -1;

	(void)state;
	assert_int_equal(snapshot_info(reader).epoch, EPOCH);
	assert_int_equal(snapshot_info(reader).pid, getpid());
	assert_int_equal(read_at(CTL_STATUS, now, buf, sizeof(buf), &age), ERR_NOENT);
	assert_int_equal(snapshot_publish(writer, CTL_STATUS, "{\"a\":1}", 7, WALL, now), 0);
	assert_int_equal(snapshot_publish(writer, CTL_BALANCE, "{}", 2, WALL, now), 0);
	assert_int_equal(read_at(CTL_STATUS, now + 5, buf, sizeof(buf), &age), 0);
	assert_string_equal(buf, "{\"a\":1}");
	assert_int_equal(age, 5);
	assert_int_equal(read_at(CTL_STATUS, now, buf, 7, &age), ERR_FULL);
	assert_int_equal(read_at(CTL_STATUS, now, buf, 8, &age), 0);
	assert_int_equal(snapshot_publish(writer, CTL_KILL, "{}", 2, WALL, now), ERR_INVAL);
	assert_int_equal(read_at(CTL_KILL, now, buf, sizeof(buf), &age), ERR_NOENT);
	snapshot_withdraw(writer, CTL_STATUS);
	assert_int_equal(read_at(CTL_STATUS, now, buf, sizeof(buf), &age), ERR_NOENT);
}

static void a_body_too_large_empties_its_slot(void **state)
{
	nanos_t now = snapshot_clock();
	char *body = malloc(SNAPSHOT_BODY_MAX + 1), *buf = malloc(SNAPSHOT_BODY_MAX + 1);
	int64_t age;

	(void)state;
	assert_true(body && buf);
	memset(body, '7', SNAPSHOT_BODY_MAX + 1);
	assert_int_equal(snapshot_publish(writer, CTL_POSITIONS, body, SNAPSHOT_BODY_MAX, WALL, now), 0);
	assert_int_equal(read_at(CTL_POSITIONS, now, buf, SNAPSHOT_BODY_MAX + 1, &age), 0);
	assert_memory_equal(buf, body, SNAPSHOT_BODY_MAX);
	assert_int_equal(snapshot_publish(writer, CTL_POSITIONS, body, SNAPSHOT_BODY_MAX + 1, WALL, now), ERR_FULL);
	assert_int_equal(read_at(CTL_POSITIONS, now, buf, SNAPSHOT_BODY_MAX + 1, &age), ERR_NOENT);
	free(body);
	free(buf);
}

static void old_bodies_and_dead_engines_are_not_served(void **state)
{
	nanos_t now = snapshot_clock();
	char buf[64];
	int64_t age;

	(void)state;
	snapshot_publish(writer, CTL_STATUS, "{}", 2, WALL, now);
	snapshot_beat(writer, now);
	assert_int_equal(read_at(CTL_STATUS, now + SNAPSHOT_DEAD_AFTER, buf, sizeof(buf), &age), 0);
	assert_int_equal(read_at(CTL_STATUS, now + SNAPSHOT_DEAD_AFTER + 1, buf, sizeof(buf), &age), ERR_CLOSED);
	snapshot_beat(writer, now + SNAPSHOT_OLD_AFTER);
	assert_int_equal(read_at(CTL_STATUS, now + SNAPSHOT_OLD_AFTER, buf, sizeof(buf), &age), 0);
	assert_int_equal(read_at(CTL_STATUS, now + SNAPSHOT_OLD_AFTER + 1, buf, sizeof(buf), &age), ERR_CLOSED);
	assert_true(snapshot_alive(reader, now + SNAPSHOT_OLD_AFTER));
	snapshot_close(&writer);
	assert_false(snapshot_alive(reader, now + SNAPSHOT_OLD_AFTER));
	assert_int_equal(access(path, F_OK), -1);
}

static void a_restarted_engine_has_a_new_file(void **state)
{
	struct snapshot_writer *second = NULL;
	struct snapshot *again = NULL;
	nanos_t now = snapshot_clock();
	char buf[64];
	size_t len;
	int64_t age;

	(void)state;
	assert_int_equal(snapshot_create(&second, path, EPOCH + 1), 0);
	assert_int_equal(snapshot_publish(second, CTL_STATUS, "{}", 2, WALL, now), 0);
	assert_int_equal(snapshot_read(reader, CTL_STATUS, buf, sizeof(buf), &len, &age), ERR_CLOSED);
	assert_int_equal(snapshot_open(&again, path), 0);
	assert_int_equal(snapshot_info(again).epoch, EPOCH + 1);
	assert_int_equal(snapshot_read(again, CTL_STATUS, buf, sizeof(buf), &len, &age), 0);
	snapshot_done(&again);
	snapshot_close(&second);
}

static void what_is_no_snapshot_is_refused(void **state)
{
	char other[128];
	struct snapshot *s = NULL;

	(void)state;
	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(snapshot_open(&s, other), ERR_NOENT);
	int fd = open(other, O_CREAT | O_RDWR, 0600);
	assert_int_equal(snapshot_open(&s, other), ERR_VERSION);
	int whole = open(path, O_RDONLY);
	off_t size = lseek(whole, 0, SEEK_END);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(snapshot_open(&s, other), ERR_CORRUPT);
	assert_int_equal(pwrite(fd, "AUDSNP01", 8, 0), 8);
	assert_true(snapshot_open(&s, other) != 0);
	assert_null(s);
	close(fd);
	close(whole);
	unlink(other);
}

/* -- ages --------------------------------------------------------------------------------------------------------- */

static void ages_grow_while_the_body_lies(void **state)
{
	nanos_t now = snapshot_clock();
	struct buf body = { 0 };
	struct json j;
	char buf[512];
	int64_t age;

	(void)state;
	json_begin(&j, &body);
	json_object(&j, NULL);
	snapshot_put_age(&j, "age_ms", 40);
	snapshot_put_age(&j, "last_age_ms", -1);
	json_str(&j, "trap", "\"age_ms\":        77");
	json_int(&j, "plain_age_ms", 5);
	snapshot_put_age(&j, "old_age_ms", INT64_MAX);
	json_object_end(&j);
	assert_int_equal(snapshot_publish(writer, CTL_BALANCE, body.data, body.len, WALL, now), 0);
	assert_int_equal(read_at(CTL_BALANCE, now + 1234 * NANOS_MS, buf, sizeof(buf), &age), 0);
	cJSON *root = cJSON_Parse(buf);
	assert_non_null(root);
	assert_int_equal(cJSON_GetObjectItem(root, "age_ms")->valueint, 1274);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "last_age_ms")));
	assert_string_equal(cJSON_GetObjectItem(root, "trap")->valuestring, "\"age_ms\":        77");
	assert_int_equal(cJSON_GetObjectItem(root, "plain_age_ms")->valueint, 5);
	assert_int_equal(cJSON_GetObjectItem(root, "old_age_ms")->valueint, 999999999);
	assert_int_equal(strlen(buf), body.len);
	cJSON_Delete(root);
	buf_done(&body);
}

static void more_ages_than_fit_are_not_published(void **state)
{
	for (int n = SNAPSHOT_AGES_MAX; n <= SNAPSHOT_AGES_MAX + 1; n++) {
		struct buf body = { 0 };
		struct json j;

		json_begin(&j, &body);
		json_array(&j, NULL);
		for (int i = 0; i < n; i++) {
			json_object(&j, NULL);
			snapshot_put_age(&j, "last_age_ms", i);
			json_object_end(&j);
		}
		json_array_end(&j);
		assert_int_equal(snapshot_publish(writer, CTL_POSITIONS, body.data, body.len, WALL, snapshot_clock()),
		                 n <= SNAPSHOT_AGES_MAX ? ERR_OK : ERR_FULL);
		buf_done(&body);
	}
	(void)state;
}

/* -- torn reads --------------------------------------------------------------------------------------------------- */

#define ROUNDS 3000

static atomic_bool writing;

/* Bodies of one letter each, of changing length: a torn one shows two letters or a wrong length. */
static void *write_many(void *arg)
{
	static char body[4096];

	for (int i = 0; i < ROUNDS; i++) {
		size_t len = 100 + (size_t)i % 3900;

		memset(body, 'a' + i % 26, len);
		snapshot_publish(writer, CTL_STATUS, body, len, WALL, snapshot_clock());
		snapshot_beat(writer, snapshot_clock());
	}
	atomic_store(&writing, false);
	return arg;
}

static void no_read_is_torn(void **state)
{
	static char buf[SNAPSHOT_BODY_MAX + 1];
	pthread_t thread;
	size_t len, good = 0;
	int64_t age;

	(void)state;
	atomic_store(&writing, true);
	assert_int_equal(pthread_create(&thread, NULL, write_many, NULL), 0);
	while (atomic_load(&writing) || good == 0) {
		int err = snapshot_read(reader, CTL_STATUS, buf, sizeof(buf), &len, &age);

		if (err != 0) {
			assert_true(err == ERR_AGAIN || err == ERR_NOENT);
			continue;
		}
		good++;
		assert_true(len >= 100 && len < 4000);
		for (size_t i = 1; i < len; i++)
			if (buf[i] != buf[0])
				fail_msg("torn at %zu of %zu", i, len);
	}
	pthread_join(thread, NULL);
	assert_true(good > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_published_is_read, open_both, close_both),
		cmocka_unit_test_setup_teardown(a_body_too_large_empties_its_slot, open_both, close_both),
		cmocka_unit_test_setup_teardown(old_bodies_and_dead_engines_are_not_served, open_both, close_both),
		cmocka_unit_test_setup_teardown(a_restarted_engine_has_a_new_file, open_both, close_both),
		cmocka_unit_test_setup_teardown(what_is_no_snapshot_is_refused, open_both, close_both),
		cmocka_unit_test_setup_teardown(ages_grow_while_the_body_lies, open_both, close_both),
		cmocka_unit_test_setup_teardown(more_ages_than_fit_are_not_published, open_both, close_both),
		cmocka_unit_test_setup_teardown(no_read_is_torn, open_both, close_both),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
