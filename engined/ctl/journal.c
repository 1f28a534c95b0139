/* `enginectl journal verify DIR [--json]`, `enginectl journal dump DIR [--from SEQ] [--limit N] [--json]` and `enginectl journal archive DIR
 * [--ticks-days N] [--json]`. On the files themselves, and safe beside a running engine: the first two never write, the last makes old segments
 * small. Exit status: 0 ok, 1 damage or unreadable, 2 usage. */
#include "engined/ctl/ctl.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/core/action.h"
#include "lib/core/event.h"
#include "lib/journal/journal.h"

struct request {
	const char *verb, *dir;
	uint64_t from;
	uint64_t limit; /* 0 = none */
	uint64_t ticks_days;
	bool json;
};

#define HEX_TEXT (2 * JOURNAL_HASH + 1)

static const char *hex(const uint8_t *bytes, size_t len, char ret[HEX_TEXT])
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return ret;
}

static const char *kind_name(uint16_t kind)
{
	return kind < ACTION_PLACE ? event_kind_name(kind) : action_kind_name(kind);
}

static void print_buf(struct buf *b)
{
	if (b->failed)
		fputs("enginectl journal: out of memory\n", stderr);
	else
		puts(b->data);
	buf_done(b);
}

/* -- verify ---------------------------------------------------------------------------------------------------------- */

static void verify_json(const struct journal_report *r)
{
	struct buf out = { 0 };
	struct json j;
	char text[HEX_TEXT];

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", r->damage[0] == '\0');
	json_str(&j, "damage", r->damage[0] == '\0' ? NULL : r->damage);
	json_str(&j, "id", hex(r->state.id, sizeof(r->state.id), text));
	json_uint(&j, "records", r->records);
	json_uint(&j, "first_seq", r->state.first_seq);
	json_uint(&j, "last_seq", r->state.last_seq);
	json_uint(&j, "pruned", r->pruned);
	json_uint(&j, "segments", r->segments);
	json_uint(&j, "batches", r->state.batches);
	json_uint(&j, "bytes", r->state.bytes);
	json_uint(&j, "torn_bytes", r->state.torn_bytes);
	json_stamp(&j, "last_stamp", r->state.last_stamp);
	json_str(&j, "hash", hex(r->state.hash, sizeof(r->state.hash), text));
	json_str(&j, "digest", hex(r->digest, sizeof(r->digest), text));
	json_object_end(&j);
	print_buf(&out);
}

static void verify_text(const char *dir, const struct journal_report *r)
{
	const struct journal_state *s = &r->state;
	char text[HEX_TEXT], stamp[STAMP_TEXT] = "-";

	if (s->last_stamp != 0)
		stamp_format(s->last_stamp, stamp);
	printf("journal   %s\n", dir);
	printf("id        %s\n", hex(s->id, sizeof(s->id), text));
	printf("records   %llu (%llu to %llu)\n", (unsigned long long)r->records, (unsigned long long)s->first_seq,
	       (unsigned long long)s->last_seq);
	if (r->pruned > 0)
		printf("pruned    %llu ticks; the chain stands without them\n", (unsigned long long)r->pruned);
	printf("segments  %llu, %llu batches, %llu bytes\n", (unsigned long long)r->segments, (unsigned long long)s->batches,
	       (unsigned long long)s->bytes);
	printf("last      %s\n", stamp);
	printf("hash      %s\n", hex(s->hash, sizeof(s->hash), text));
	printf("digest    %s\n", hex(r->digest, sizeof(r->digest), text));
	if (s->torn_bytes > 0)
		printf("unfinished last batch: %llu bytes; the next start cuts them off\n", (unsigned long long)s->torn_bytes);
	if (r->damage[0] == '\0')
		puts("whole: every checksum and every link of the chain is right");
	else
		printf("DAMAGED, good up to record %llu: %s\n", (unsigned long long)s->last_seq, r->damage);
}

static int verify(const struct request *q)
{
	struct journal_report report;
	int err = journal_verify(q->dir, &report);

	if (q->json)
		verify_json(&report);
	else if (err == ERR_OK || report.segments > 0)
		verify_text(q->dir, &report);
	else
		fprintf(stderr, "enginectl journal verify: %s\n", report.damage);
	return err == ERR_OK ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* -- dump ------------------------------------------------------------------------------------------------------------ */

static void record_json(const struct record *head, const uint8_t *payload, size_t len)
{
	char text[2 * JOURNAL_RECORD_MAX + 1] = "";
	struct buf out = { 0 };
	struct json j;

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", payload[i]);
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_uint(&j, "seq", head->seq);
	json_stamp(&j, "stamp", head->stamp);
	json_str(&j, "kind", kind_name(head->kind));
	json_uint(&j, "kind_number", head->kind);
	json_uint(&j, "flags", head->flags);
	if (head->instrument == INSTRUMENT_NONE)
		json_null(&j, "instrument");
	else
		json_uint(&j, "instrument", head->instrument);
	json_str(&j, "payload", text);
	json_object_end(&j);
	print_buf(&out);
}

static void record_text(const struct record *head, size_t len)
{
	char stamp[STAMP_TEXT], instrument[16] = "-";

	stamp_format(head->stamp, stamp);
	if (head->instrument != INSTRUMENT_NONE)
		snprintf(instrument, sizeof(instrument), "%u", head->instrument);
	printf("%10llu  %s  %-14s instrument %-6s flags %-5u %zu bytes\n", (unsigned long long)head->seq, stamp, kind_name(head->kind),
	       instrument, head->flags, len);
}

static int dump(const struct request *q)
{
	struct journal_error error = { "" };
	struct journal_reader *reader;
	struct record head;
	const void *payload;
	size_t len;
	int err = journal_reader_open(q->dir, q->from, &reader, &error), more = 0;

	if (err == ERR_OK) {
		for (uint64_t n = 0; q->limit == 0 || n < q->limit; n++) {
			if ((more = journal_reader_next(reader, &head, &payload, &len)) <= 0)
				break;
			if (q->json)
				record_json(&head, payload, len);
			else
				record_text(&head, len);
		}
		journal_reader_close(&reader);
		err = more < 0 ? more : ERR_OK;
	}
	if (err != ERR_OK)
		fprintf(stderr, "enginectl journal dump: %s\n", error.text);
	return err == ERR_OK ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* -- archive --------------------------------------------------------------------------------------------------------- */

#define TICKS_DAYS 90 /* kept, if nothing else is said */
#define TICKS_DAYS_MAX 100000

static void show_progress(void *ctx, uint64_t done, uint64_t all)
{
	const struct request *q = ctx;

	if (!q->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\rsegment %llu of %llu%s", (unsigned long long)done, (unsigned long long)all, done == all ? "\n" : "");
}

static void archived_json(const struct journal_archived *r, const char *wrong)
{
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", wrong == NULL);
	json_str(&j, "error", wrong);
	json_uint(&j, "segments", r->segments);
	json_uint(&j, "pruned", r->pruned);
	json_uint(&j, "bytes_before", r->bytes_before);
	json_uint(&j, "bytes_after", r->bytes_after);
	json_object_end(&j);
	print_buf(&out);
}

static int archive(const struct request *q)
{
	struct journal_error error = { "" };
	struct journal_archived done;
	struct timespec now;

	setpriority(PRIO_PROCESS, 0, 19); /* an engine beside us has the right of way; where that is refused we are no worse than anybody */
	clock_gettime(CLOCK_REALTIME, &now);
	const struct journal_archive_options o = {
		.before = journal_needed_from(q->dir),
		.ticks_before = ((nanos_t)now.tv_sec - (nanos_t)q->ticks_days * 86400) * NANOS_SECOND,
		.progress = show_progress, .ctx = (void *)(uintptr_t)q,
	};
	int err = journal_archive(q->dir, &o, &done, &error);

	if (q->json)
		archived_json(&done, err == ERR_OK ? NULL : error.text);
	else if (err != ERR_OK)
		fprintf(stderr, "enginectl journal archive: %s\n", error.text);
	else
		printf("%llu segments archived, %.1f MB to %.1f MB, %llu ticks pruned\n", (unsigned long long)done.segments,
		       (double)done.bytes_before / 1e6, (double)done.bytes_after / 1e6, (unsigned long long)done.pruned);
	return err == ERR_OK ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* -- arguments ------------------------------------------------------------------------------------------------------- */

static const char usage_text[] = "usage: enginectl journal verify DIR [--json]\n"
	"       enginectl journal dump DIR [--from SEQ] [--limit N] [--json]\n"
	"       enginectl journal archive DIR [--ticks-days N] [--json]\n";

static int usage(const char *wrong, const char *what)
{
	fprintf(stderr, "enginectl journal: %s%s\n%s", wrong, what, usage_text);
	return CTL_EXIT_USAGE;
}

static bool number(const char *text, uint64_t *ret)
{
	int64_t n;

	if (text == NULL || num_parse_int(text, strlen(text), 0, INT64_MAX, &n) != ERR_OK)
		return false;
	*ret = (uint64_t)n;
	return true;
}

/* Where the number of this option goes; NULL = it is none of this command's. */
static uint64_t *option(struct request *q, const char *word)
{
	bool dumping = strcmp(q->verb, "dump") == 0;

	if (dumping && strcmp(word, "--from") == 0)
		return &q->from;
	if (dumping && strcmp(word, "--limit") == 0)
		return &q->limit;
	return strcmp(q->verb, "archive") == 0 && strcmp(word, "--ticks-days") == 0 ? &q->ticks_days : NULL;
}

static int argument(struct request *q, const char *word)
{
	if (strcmp(word, "--json") == 0)
		q->json = true;
	else if (word[0] == '-')
		return usage("there is no such option: ", word);
	else if (q->dir != NULL)
		return usage("one folder only, and this is the second: ", word);
	else
		q->dir = word;
	return CTL_EXIT_OK;
}

static const struct verb { const char *name; int (*run)(const struct request *q); } verbs[] = {
	{ "verify", verify }, { "dump", dump }, { "archive", archive },
};

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* CTL_EXIT_OK when the request is filled in. */
static int request_parse(int argc, char **argv, struct request *q)
{
	int status = CTL_EXIT_OK;

	if (argc < 2)
		return usage("verify, dump or archive?", "");
	q->verb = argv[1];
	if (verb_find(q->verb) == NULL)
		return usage("there is no such command: ", q->verb);
	for (int i = 2; i < argc && status == CTL_EXIT_OK; i++) {
		uint64_t *into = option(q, argv[i]);

		if (into == NULL)
			status = argument(q, argv[i]);
		else if (!number(i + 1 < argc ? argv[i + 1] : NULL, into))
			return usage("needs a whole number from 0 up: ", argv[i]);
		else
			i++;
	}
	if (status == CTL_EXIT_OK && q->ticks_days > TICKS_DAYS_MAX)
		return usage("--ticks-days: at most 100000", "");
	return status != CTL_EXIT_OK ? status : q->dir == NULL ? usage("which journal? name its folder", "") : CTL_EXIT_OK;
}

int ctl_journal(int argc, char **argv)
{
	struct request q = { .ticks_days = TICKS_DAYS };
	int status;

	if (ctl_asks_help(argc, argv))
		return ctl_usage(usage_text, argc, argv);
	status = request_parse(argc, argv, &q);
	return status == CTL_EXIT_OK ? verb_find(q.verb)->run(&q) : status;
}
