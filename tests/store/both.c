/* both JOURNAL SQLITE URI BATCH PAUSE_MS: projects a journal into MongoDB, resting after each batch, while somebody may kill the server; when standard
 * input has ended it compares every row with the SQLite file that was made of the same journal. Prints `at SEQ of LAST` as it goes; ends with the rows, the differences, the most it lagged once it had begun, and how
 * fast it went while it was let. Exit status 0: no row is lost, doubled or different. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/store/mongo/mongo.h"
#include "tests/store/fixture.h"

#define LOOK_MS 20

static void take_id(const char *journal, uint8_t id[16], uint64_t *ret_last)
{
	struct journal_report report;

	if (journal_verify(journal, &report) != 0) {
		fprintf(stderr, "%s: %s\n", journal, report.damage);
		exit(2);
	}
	memcpy(id, report.state.id, 16);
	*ret_last = report.state.last_seq;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

static long pause_ms;

static int commit_and_rest(struct backend *b, const struct progress *progress)
{
	int err = store_mongo_ops.commit(b, progress);

	sleep_ms(pause_ms);
	return err;
}

/* Speed is that of the steps that moved: those without a server tell nothing of it. */
static void follow(struct store *s, uint64_t last)
{
	struct store_state st = { 0 };
	uint64_t before = 0, moved = 0, lag = 0, looks = 0;

	while (st.seq < last || !st.ok) {
		sleep_ms(LOOK_MS);
		store_state(s, &st);
		if (st.seq > before) {
			moved += st.seq - before;
			looks++;
		}
		lag = last - st.seq > lag && st.seq ? last - st.seq : lag;
		before = st.seq;
		printf("at %llu of %llu\n", (unsigned long long)st.seq, (unsigned long long)last);
		fflush(stdout);
	}
	printf("caught up: lag %llu records at most, %llu records/s, %llu errors counted, the last: %s\n", (unsigned long long)lag,
	       (unsigned long long)(looks ? moved * 1000 / (looks * LOOK_MS) : 0), (unsigned long long)st.errors, st.last_error);
}

static size_t count(const char *text, const char *end)
{
	size_t n = 0;

	for (; text < end; text++)
		n += *text == '\n';
	return n;
}

/* Lines of the one that are not in the other, both sorted. */
static size_t missing(const char *a, const char *b)
{
	size_t n = 0;

	while (*a) {
		const char *a_end = strchr(a, '\n') + 1, *b_end = *b ? strchr(b, '\n') + 1 : b;
		size_t len = (size_t)(a_end - a), b_len = (size_t)(b_end - b);
		int order = *b ? memcmp(a, b, len < b_len ? len : b_len) : -1;
		if (order == 0) {
			a = a_end;
			b = b_end;
		} else if (order > 0) {
			b = b_end;
		} else {
			if (n++ < 5)
				printf("only there: %.*s", (int)len, a);
			a = a_end;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	struct store_ops ops = store_mongo_ops;
	struct store_error error = { "" };
	struct store *s = NULL;
	uint64_t last;

	if (argc != 6)
		return 2;
	struct store_place file = { .path = argv[2], .account = "" }, server = { .path = argv[3], .account = "" };
	take_id(argv[1], file.journal_id, &last);
	memcpy(server.journal_id, file.journal_id, sizeof(server.journal_id));
	ops.batch = (uint32_t)strtoul(argv[4], NULL, 10);
	ops.commit = commit_and_rest;
	pause_ms = strtol(argv[5], NULL, 10);
	struct store_options o = { .ops = &ops, .path = argv[3], .journal_id = file.journal_id, .journal_dir = argv[1] };
	if (store_open(&o, &s, &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	follow(s, last);
	store_close(&s);
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	char *wanted = fixture_dump_of(&store_sqlite_ops, &file), *got = fixture_dump_of(&store_mongo_ops, &server);
	size_t lost = missing(wanted, got), doubled = missing(got, wanted);
	printf("%zu rows, %zu lost, %zu doubled or different\n", count(wanted, wanted + strlen(wanted)) - 1, lost, doubled);
	free(wanted);
	free(got);
	return lost || doubled;
}
