#include "tests/sim/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/ops.h"
#include "lib/store/restore.h"
#include "lib/store/tail.h"
#include "tests/sim/disk.h"

#define LAG_LEAST (20 * NANOS_MS)
#define LAG_MOST (30 * NANOS_SECOND)
#define RECORDS_MOST 200 /* that it lags behind, where they are counted */

/* What a database has of it, as lib/store/tail.c makes it. */
static struct { struct buf stream; uint64_t last; } copy;

/* -- how far it goes ----------------------------------------------------------------------------------------------------------------------- */

struct record_time { uint64_t seq; nanos_t stamp; };
struct times { struct record_time *at; size_t n, cap; };

static void add_time(struct times *t, const struct record *head)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 1024;
		t->at = realloc(t->at, t->cap * sizeof(*t->at));
		assert(t->at);
	}
	t->at[t->n++] = (struct record_time){ head->seq, head->stamp };
}

/* Calls for each record from `from` to `to`. */
typedef void take_fn(void *ctx, const struct record *head, const void *payload, size_t len);

static void walk(const char *dir, uint64_t from, uint64_t to, take_fn *take, void *ctx)
{
	struct journal_reader *reader;
	struct record head;
	const void *payload;
	size_t len;

	if (journal_reader_open(dir, from, &reader, NULL) != ERR_OK)
		return;
	while (journal_reader_next(reader, &head, &payload, &len) == 1 && head.seq <= to)
		take(ctx, &head, payload, len);
	journal_reader_close(&reader);
}

static void take_time(void *ctx, const struct record *head, const void *payload, size_t len)
{
	(void)payload;
	(void)len;
	add_time(ctx, head);
}

/* Some records before the end, or what some time before it was recorded. */
static size_t lag(const struct times *t)
{
	if (world_below(WORLD_HOST, 2))
		return world_below(WORLD_HOST, RECORDS_MOST + 1);
	nanos_t until = t->at[t->n - 1].stamp - world_spread(WORLD_HOST, LAG_LEAST, LAG_MOST);
	size_t kept = t->n;

	while (kept > 0 && t->at[kept - 1].stamp > until)
		kept--;
	return t->n - kept;
}

/* 0: nothing is there. */
static uint64_t choose_last(const char *dir, uint64_t least)
{
	struct times t = { 0 };
	uint64_t last = 0;

	walk(dir, 1, UINT64_MAX, take_time, &t);
	if (t.n > 0) {
		size_t behind = lag(&t);

		last = behind < t.n ? t.at[t.n - 1 - behind].seq : 0;
		last = last < least ? least : last;
		last = last > t.at[t.n - 1].seq ? 0 : last;
	}
	free(t.at);
	return last;
}

/* -- the copy ------------------------------------------------------------------------------------------------------------------------------ */

static void put_record(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct tail_record r = { *head, len };

	(void)ctx;
	buf_put(&copy.stream, &r, sizeof(r));
	buf_put(&copy.stream, payload, len);
}

/* From the newest checkpoint that is not beyond its end; without one from the first record. False: neither is there. */
static bool make_copy(const char *dir, uint64_t last)
{
	struct tail_head head = { .magic = TAIL_MAGIC, .core = CORE_VERSION };
	struct journal_report report;
	struct checkpoint point = { 0 };

	journal_verify(dir, &report);
	bool whole = report.state.first_seq == 1;
	report.state.last_seq = copy.last = last;
	if (checkpoint_read(dir, &report.state, &point) == ERR_OK) {
		head.seq = point.seq;
		head.sections = (uint32_t)point.n;
	} else if (!whole)
		return false;
	for (size_t i = 0; i < point.n; i++) {
		memcpy(head.section[i].name, point.section[i].name, sizeof(head.section[i].name));
		head.section[i].len = point.section[i].len;
	}
	buf_put(&copy.stream, &head, sizeof(head));
	for (size_t i = 0; i < point.n; i++)
		buf_put(&copy.stream, point.section[i].bytes, point.section[i].len);
	checkpoint_done(&point);
	walk(dir, head.seq ? head.seq : 1, last, put_record, NULL);
	assert(!copy.stream.failed);
	return true;
}

static int copy_read(const struct store_place *place, tail_part_fn *part, void *ctx, struct tail_owner *ret, struct store_error *error)
{
	size_t room = ZSTD_compressBound(copy.stream.len);
	void *frame = malloc(room);

	(void)place;
	(void)error;
	assert(frame);
	*ret = (struct tail_owner){ .seq = copy.last };
	int err = part(ctx, frame, ZSTD_compress(frame, room, copy.stream.data, copy.stream.len, 1));
	free(frame);
	return err;
}

static int copy_take(const struct store_place *place, const struct tail_owner *owner, struct store_error *error)
{
	(void)place;
	(void)owner;
	(void)error;
	return ERR_OK;
}

static const struct store_ops copy_ops = { .name = "copy", .tail_read = copy_read, .tail_take = copy_take };

/* -- the new host -------------------------------------------------------------------------------------------------------------------------- */

/* Nothing befalls it before its engine starts. */
static void restore(const struct node *n)
{
	struct net_dials weather = sim_world->dials.net;
	bool listed = sim_world->cut.listed;
	struct store_options o = { .ops = &copy_ops, .path = "", .account = "", .journal_dir = n->journal_dir };
	struct store_restored got;
	struct store_error error;

	sim_world->dials.net = (struct net_dials){ { 0 } };
	sim_world->cut.listed = false;
	disk_heal();
	int err = store_restore(&o, &got, &error);
	sim_world->dials.net = weather;
	sim_world->cut.listed = listed;
	if (err != ERR_OK)
		printf("# the copy cannot be restored: %s\n", error.text);
	assert(err == ERR_OK && got.last == copy.last);
}

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *format, ...)
{
	char command[600];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	int status = system(command);
	assert(status == 0);
}

uint64_t host_lose(struct node *n, uint64_t least, const char *kept)
{
	uint64_t last = choose_last(n->journal_dir, least);

	if (last == 0 || !make_copy(n->journal_dir, last))
		return 0;
	run("mv %s %s && rm -rf %s %s*", n->journal_dir, kept, n->master_dir, n->store_path);
	restore(n);
	buf_done(&copy.stream);
	return last;
}

static void mark_path(const struct node *n, char ret[200])
{
	snprintf(ret, 200, "%s/" RESTORED_MARK, n->journal_dir);
}

bool host_marked(const struct node *n)
{
	char path[200];

	mark_path(n, path);
	return access(path, F_OK) == 0;
}

void host_heard(const struct node *n, const struct event_link *l)
{
	char path[200];

	if (l->link != LINK_BROKER || !l->up)
		return;
	mark_path(n, path);
	unlink(path);
}
