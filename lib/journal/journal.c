/* Opening, appending and waiting: what the loop's thread does. It only copies bytes into memory that was there from the
 * start; the disk belongs to the writer thread (writer.c). */
#include "lib/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/journal/journal_priv.h"

#define SEGMENT_BYTES ((size_t)64 << 20)
#define SEGMENT_BYTES_MIN ((size_t)4096)

/* -- opening --------------------------------------------------------------------------------------------------------- */

static int folder_open(struct journal *j, struct journal_error *error)
{
	int made = mkdir(j->dir, 0700);

	if (made != 0 && errno != EEXIST)
		return journal_error_set(error, err_from_errno(errno), "%s: cannot make the journal's folder: %s", j->dir, strerror(errno));
	j->segment.dirfd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->segment.dirfd < 0)
		return journal_error_set(error, err_from_errno(errno), "%s: cannot open the journal's folder: %s", j->dir, strerror(errno));
	if (made != 0)
		return ERR_OK;
	int parent = openat(j->segment.dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = parent < 0 ? err_from_errno(errno) : journal_disk_sync(parent);

	if (parent >= 0)
		close(parent);
	return err == ERR_OK ? ERR_OK : journal_error_set(error, err, "%s: cannot make the new folder durable: %s", j->dir, err_text(err));
}

static int folder_lock(struct journal *j, struct journal_error *error)
{
	j->lockfd = openat(j->segment.dirfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->lockfd < 0)
		return journal_error_set(error, err_from_errno(errno), "%s/lock: %s", j->dir, strerror(errno));
	if (flock(j->lockfd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno != EWOULDBLOCK)
		return journal_error_set(error, err_from_errno(errno), "%s/lock: %s", j->dir, strerror(errno));
	return journal_error_set(error, ERR_BUSY, "%s: another process has this journal open; stop it first, or use another folder", j->dir);
}

static int journal_make(struct journal *j, struct journal_error *error)
{
	if (j->options.id)
		memcpy(j->state.id, j->options.id, sizeof(j->state.id));
	else
		randombytes_buf(j->state.id, sizeof(j->state.id));
	j->options.id = NULL; /* the caller's bytes are not ours to keep */
	journal_genesis(j->state.id, j->state.hash);
	uint64_t first = j->options.first ? j->options.first : 1;
	j->state.last_seq = first - 1;
	int err = journal_segment_next(&j->segment, j->state.id, first, j->state.hash);

	return err == ERR_OK ? ERR_OK : journal_error_set(error, err, "%s: cannot make the first segment: %s", j->dir, err_text(err));
}

static void state_take(struct journal *j, const struct journal_walk *w)
{
	struct journal_state *state = &j->state;

	memcpy(state->id, w->id, sizeof(state->id));
	memcpy(state->hash, w->hash, sizeof(state->hash));
	bool records = w->next_seq > w->segments[0];

	state->first_seq = records ? w->segments[0] : 0;
	state->last_seq = w->next_seq - 1;
	state->batches = w->batches;
	state->bytes = w->bytes;
	state->last_stamp = records ? w->last_stamp : 0;
	j->sealed = (w->last_flags & BATCH_SEAL) != 0;
}

static int walk_all(struct journal_walk *w, const char *dir, uint64_t from)
{
	struct journal_batch batch;
	int err = journal_walk_open(w, dir, from, WALK_OPEN);

	while (err == ERR_OK && (err = journal_walk_next(w, &batch)) > 0)
		err = ERR_OK;
	return err;
}

/* Nothing on disk changes until all that a restart needs has been found good. */
static int journal_recover(struct journal *j, struct journal_error *error)
{
	struct journal_walk w;
	uint64_t from = journal_needed_from(j->dir);
	int err = walk_all(&w, j->dir, from);

	if (err == ERR_OK && from >= w.next_seq && from > 0) { /* a checkpoint of no record that is there: it says nothing */
		journal_walk_done(&w);
		err = walk_all(&w, j->dir, 0);
	}
	if (err != ERR_OK) {
		if (error != NULL)
			*error = w.error;
	} else {
		journal_disk_sweep(j->segment.dirfd);
		err = journal_segment_resume(&j->segment, &w, j->options.sync, error);
		j->state.torn_bytes = w.torn_bytes;
		if (err == ERR_OK && w.fd >= 0)
			state_take(j, &w);
		else if (err == ERR_OK)
			err = journal_make(j, error);
	}
	journal_walk_done(&w);
	return err;
}

static void shared_init(struct journal *j)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->work, &attr);
	pthread_cond_init(&j->done, &attr);
	pthread_condattr_destroy(&attr);
}

static int options_check(const struct journal_options *o, struct journal_error *error)
{
	if (o->dir == NULL || o->dir[0] == '\0' || strlen(o->dir) >= DISK_PATH)
		return journal_error_set(error, ERR_INVAL, "the journal's folder name is empty or longer than %d bytes", DISK_PATH - 1);
	if (o->segment_bytes != 0 && o->segment_bytes < SEGMENT_BYTES_MIN)
		return journal_error_set(error, ERR_RANGE, "a journal segment of %zu bytes is too small; take at least %zu",
					 o->segment_bytes, SEGMENT_BYTES_MIN);
	return ERR_OK;
}

static void journal_free(struct journal *j)
{
	journal_segment_done(&j->segment);
	if (j->segment.dirfd >= 0)
		close(j->segment.dirfd);
	if (j->lockfd >= 0)
		close(j->lockfd);
	journal_ring_unmap(j->ring);
	pthread_cond_destroy(&j->work);
	pthread_cond_destroy(&j->done);
	pthread_mutex_destroy(&j->lock);
	j->magic = 0;
	free(j);
}

static int journal_begin(struct journal *j, struct journal_error *error)
{
	int err;

	if ((err = folder_open(j, error)) != ERR_OK || (err = folder_lock(j, error)) != ERR_OK ||
	    (err = journal_recover(j, error)) != ERR_OK)
		return err;
	j->next_seq = j->state.last_seq + 1;
	j->submitted_seq = j->state.last_seq;
	j->open_len = sizeof(struct batch_head);
	j->wrote = j->state;
	journal_writer_reserve(j);
	if ((err = journal_ring_map(&j->ring)) != ERR_OK || (err = journal_writer_start(j)) != ERR_OK)
		return journal_error_set(error, err, "%s: cannot start the journal's writer: %s", j->dir, err_text(err));
	return ERR_OK;
}

int journal_open(const struct journal_options *o, struct journal **ret, struct journal_error *error)
{
	int err = options_check(o, error);

	if (err != ERR_OK)
		return err;
	if (sodium_init() < 0)
		return journal_error_set(error, ERR_IO, "libsodium does not start: the system gives no random numbers");
	struct journal *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return journal_error_set(error, ERR_NOMEM, "%s: out of memory", o->dir);
	j->magic = JOURNAL_MAGIC;
	j->options = *o;
	strcpy(j->dir, o->dir);
	j->options.dir = j->dir;
	j->lockfd = j->segment.fd = j->segment.dirfd = j->segment.reserve = -1;
	j->segment.bytes_new = o->segment_bytes == 0 ? SEGMENT_BYTES : o->segment_bytes;
	j->batch_max = j->segment.bytes_new - sizeof(struct segment_head);
	if (j->batch_max > BATCH_MAX)
		j->batch_max = BATCH_MAX;
	shared_init(j);
	err = journal_begin(j, error);
	if (err != ERR_OK)
		journal_free(j);
	else
		*ret = j;
	return err;
}

void journal_close(struct journal **ref)
{
	struct journal *j = *ref;

	if (j == NULL)
		return;
	CHECK_OBJ(j, JOURNAL_MAGIC);
	*ref = NULL;
	journal_submit(j, true);
	journal_writer_stop(j);
	journal_free(j);
}

/* -- appending ------------------------------------------------------------------------------------------------------- */

/* Waits until the ring holds the open batch up to `end`. The open batch is far smaller than the ring, so freeing what was
 * submitted before it always makes room. */
static int room_wait(struct journal *j, uint64_t end)
{
	pthread_mutex_lock(&j->lock);
	while (end - j->freed > JOURNAL_RING && journal_failed(j) == 0) {
		j->room_wanted = true;
		pthread_cond_signal(&j->work);
		pthread_cond_wait(&j->done, &j->lock);
	}
	j->room_seen = j->freed;
	pthread_mutex_unlock(&j->lock);
	return journal_failed(j);
}

int journal_append(struct journal *j, const struct record *head, const void *payload, size_t len)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	int err = journal_failed(j);

	if (err != ERR_OK)
		return err;
	assert(head->seq == j->next_seq && len <= JOURNAL_RECORD_MAX);
	size_t size = journal_record_size(len);
	uint64_t end = j->open_at + j->open_len + size;

	if (j->open_len + size > j->batch_max)
		return ERR_FULL;
	if (end - j->room_seen > JOURNAL_RING && (err = room_wait(j, end)) != ERR_OK)
		return err;
	journal_record_fill(journal_ring_at(j->ring, j->open_at + j->open_len), head, payload, len);
	j->open_len += size;
	j->open_records++;
	j->open_flags |= journal_record_is_bulk(head->kind) ? BATCH_BULK : 0;
	j->next_seq++;
	return ERR_OK;
}

/* Ends the open batch and hands it over; false when there is none. */
static bool hand_over(struct journal *j, bool sync, bool wake)
{
	if (j->open_records == 0)
		return false;
	struct batch_head *batch = journal_ring_at(j->ring, j->open_at);

	*batch = (struct batch_head){
		.magic = BATCH_MAGIC, .length = (uint32_t)j->open_len, .first_seq = j->next_seq - j->open_records,
		.records = j->open_records, .flags = j->open_flags | (sync ? BATCH_SYNC : 0),
	};
	j->open_at += j->open_len;
	j->open_len = sizeof(*batch);
	j->open_records = j->open_flags = 0;
	pthread_mutex_lock(&j->lock);
	j->submitted = j->open_at;
	j->submitted_seq = j->next_seq - 1;
	if (sync)
		j->sync_to = j->submitted;
	if (wake)
		pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	return true;
}

int journal_submit(struct journal *j, bool sync)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	if (journal_failed(j) == ERR_OK)
		hand_over(j, sync, true);
	return journal_failed(j);
}

int journal_commit(struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	if (journal_failed(j) != ERR_OK)
		return journal_failed(j);
	if (hand_over(j, true, false))
		journal_writer_help(j);
	return journal_wait(j, j->next_seq - 1);
}

/* -- waiting and looking --------------------------------------------------------------------------------------------- */

int journal_wait(struct journal *j, uint64_t seq)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	pthread_mutex_lock(&j->lock);
	assert(seq <= j->submitted_seq); /* what was not handed over would be waited for without end */
	if (seq > j->state.last_seq && j->sync_to < j->submitted) {
		j->sync_to = j->submitted;
		pthread_cond_signal(&j->work);
	}
	while (seq > j->state.last_seq && journal_failed(j) == 0)
		pthread_cond_wait(&j->done, &j->lock);
	int err = seq <= j->state.last_seq ? ERR_OK : journal_failed(j);

	pthread_mutex_unlock(&j->lock);
	return err;
}

void journal_state(const struct journal *j, struct journal_state *ret)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	pthread_mutex_t *lock = (pthread_mutex_t *)&j->lock; /* const means the journal, not its lock */

	pthread_mutex_lock(lock);
	*ret = j->state;
	pthread_mutex_unlock(lock);
}

void journal_health(const struct journal *j, struct journal_health *ret)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	*ret = (struct journal_health){ .reserve = atomic_load(&j->reserve), .trouble = atomic_load(&j->trouble), .room = atomic_load(&j->room) };
}

void journal_mend(struct journal *j)
{
	CHECK_OBJ(j, JOURNAL_MAGIC);
	pthread_mutex_lock(&j->lock);
	j->mend = j->options.reserve && !atomic_load(&j->reserve) && atomic_load(&j->trouble) == ERR_FULL;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
}
