/* Any bytes as a journal's only segment: nothing may crash, and the three who judge it must agree: what verifies also opens
 * and reads whole, and what opens verifies afterwards. The first byte of the input says whether checksums are made right
 * first, since random bytes hardly ever get past one.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address -DSAUDA_LIBFUZZER. As a test of its own: [CASES [SEED]]. */
#include "fixture.h"

#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/journal/disk.h"
#include "tests/fuzz.h"

#define FUZZ_MAX 8192

static void repair_records(uint8_t *at, size_t left)
{
	struct record_head *record;

	while (left >= sizeof(*record)) {
		record = (struct record_head *)(void *)at;
		if (record->length > JOURNAL_RECORD_MAX || journal_record_size(record->length) > left)
			return;
		record->crc = crc32c(0, &record->length, journal_record_size(record->length) - sizeof(record->crc));
		left -= journal_record_size(record->length);
		at += journal_record_size(record->length);
	}
}

static bool records_good(const struct batch_head *head)
{
	const struct journal_batch batch = { .head = head, .records = (const uint8_t *)(head + 1), .kept = head->records, .length = head->length };
	nanos_t stamp = INT64_MIN;

	return journal_batch_check(&batch, head->first_seq, &stamp, NULL) == NULL;
}

static void repair(uint8_t *bytes, size_t len)
{
	struct segment_head *segment = (struct segment_head *)(void *)bytes;
	uint8_t hash[JOURNAL_HASH];
	size_t at = sizeof(*segment);

	if (len < sizeof(*segment))
		return;
	segment->crc = crc32c(0, segment, offsetof(struct segment_head, crc));
	memcpy(hash, segment->previous, sizeof(hash));
	while (at + sizeof(struct batch_head) <= len) {
		struct batch_head *head = (struct batch_head *)(void *)(bytes + at);

		if (head->magic != BATCH_MAGIC || head->length < sizeof(*head) || head->length % 8 != 0 || head->length > len - at)
			return;
		repair_records((uint8_t *)(head + 1), head->length - sizeof(*head));
		if (!records_good(head))
			head->flags &= ~(uint32_t)BATCH_BULK; /* its hash would walk through them */
		journal_batch_close(head, segment->id, hash);
		at += head->length;
	}
}

/* Returns how the reading ended; *ret_records = records handed out. */
static int read_all(const char *dir, uint64_t *ret_records)
{
	struct journal_reader *r;
	struct record head;
	const void *payload;
	size_t len;
	int err = journal_reader_open(dir, 0, &r, NULL);

	*ret_records = 0;
	if (err != ERR_OK)
		return err;
	while ((err = journal_reader_next(r, &head, &payload, &len)) > 0) {
		if (crc32c(0, payload, len) == 0 && len > JOURNAL_RECORD_MAX) /* touches every byte handed out */
			abort();
		++*ret_records;
	}
	journal_reader_close(&r);
	return err;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_journal: %s\n", what);
	abort();
}

static void judge(const char *dir)
{
	struct journal_report before, after;
	struct journal_options o = { .dir = dir, .segment_bytes = 4096 };
	struct journal_error error = { "" };
	struct journal *j;
	uint64_t records;
	int verified = journal_verify(dir, &before), read = read_all(dir, &records);

	must(verified == ERR_OK || before.damage[0] != '\0', "damage without a sentence");
	must(verified != ERR_OK || (read == ERR_OK && records == before.records - before.pruned), "verified, but does not read whole");
	int opened = journal_open(&o, &j, &error);

	must(opened == ERR_OK || error.text[0] != '\0', "refused without a sentence");
	must(verified != ERR_OK || opened == ERR_OK, "verified, but does not open");
	if (opened != ERR_OK)
		return;
	journal_close(&j);
	int again = journal_verify(dir, &after);

	must(again == verified || verified == ERR_OK, "opening changed the verdict");
	must(verified != ERR_OK || (again == ERR_OK && after.records == before.records), "opening lost or made records");
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct disk_calls calls;
	static _Alignas(8) uint8_t bytes[FUZZ_MAX];
	static char dir[FIXTURE_PATH];

	if (size < 1 || size - 1 > sizeof(bytes))
		return 0;
	if (dir[0] == '\0') {
		calls = *journal_disk;
		calls.fsync = calls.fdatasync = no_sync;
		journal_disk = &calls;
	}
	fixture_dir(dir);
	memcpy(bytes, data + 1, size - 1);
	if (data[0] & 1)
		repair(bytes, size - 1);
	image_store(dir, FIXTURE_NAME, bytes, size - 1);
	judge(dir);
	fixture_remove(dir);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
static void mutate(uint8_t *bytes, size_t len, uint64_t *random)
{
	static const uint32_t odd[] = { 0, 1, 7, 8, 31, 32, 71, 72, 73, 1024, 1025, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF };

	for (uint64_t n = 1 + prng_below(random, 4); n > 0; n--) {
		size_t at = prng_below(random, len - 8);

		switch (prng_below(random, 4)) {
		case 0: bytes[at] ^= (uint8_t)(1u << prng_below(random, 8)); break;
		case 1: memcpy(bytes + (at & ~(size_t)3), &odd[prng_below(random, sizeof(odd) / sizeof(odd[0]))], 4); break;
		case 2: memset(bytes + at, 0, prng_below(random, len - at)); break;
		default: memmove(bytes + at, bytes + prng_below(random, len - 8), 8); break;
		}
	}
}

int main(int argc, char **argv)
{
	struct fuzz f = fuzz_begin("fuzz_journal", 3000, argc, argv);
	char dir[FIXTURE_PATH];
	uint8_t input[FUZZ_MAX + 1];

	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 4096, false);

	fixture_batches(j, 0, 5, 60, false);
	journal_close(&j);
	struct image i = image_load(dir, FIXTURE_NAME);

	for (uint64_t n = 0; n < f.cases; n++) {
		size_t len = prng_below(&f.random, 8) == 0 ? prng_below(&f.random, i.len) : i.len;

		input[0] = (uint8_t)prng_next(&f.random);
		memcpy(input + 1, i.bytes, i.len);
		mutate(input + 1, 1200, &f.random); /* the part that is not zeros */
		fuzz_exactly(input, len + 1);
	}
	image_done(&i);
	fixture_remove(dir);
	return 0;
}
#endif
