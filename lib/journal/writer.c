/* The disk's side: takes all that was submitted, hashes and writes it, syncs, tells. What was submitted while it was
 * busy forms the next group, so one sync serves many batches. The writer thread does it, or the appending thread itself
 * when it can only wait: two hand-offs between threads cost a quarter of a sync. A write or a sync that fails ends the
 * segment: the kernel may have thrown the bytes away, and a second sync that succeeds would prove nothing. All that was not durable
 * then is still in the ring and goes into the reserve; without one it ends the journal. */
#include "lib/journal/journal_priv.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "lib/base/err.h"

static nanos_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (nanos_t)now.tv_sec * NANOS_SECOND + now.tv_nsec;
}

/* -- writing --------------------------------------------------------------------------------------------------------- */

static int segment_sync(struct journal *j)
{
	return j->options.sync ? journal_disk_data_sync(j->segment.fd) : ERR_OK;
}

static int run_write(struct journal *j, uint64_t from, uint64_t to)
{
	int err = journal_disk_write(j->segment.fd, journal_ring_at(j->ring, from), (size_t)(to - from), j->segment.offset);

	j->segment.offset += to - from;
	return err;
}

static int segment_change(struct journal *j, uint64_t first_seq)
{
	int err = segment_sync(j);

	return err != ERR_OK ? err : journal_segment_next(&j->segment, j->wrote.id, first_seq, j->wrote.hash);
}

static void batch_count(struct journal *j, const struct batch_head *head)
{
	if (j->wrote.first_seq == 0)
		j->wrote.first_seq = head->first_seq;
	j->wrote.last_seq = head->first_seq + head->records - 1;
	j->wrote.last_stamp = journal_batch_stamp(head);
	j->wrote.batches++;
	j->wrote.bytes += head->length;
	j->sealed = false;
}

/* Everything from `written` to `to` in as few writes as segments are touched. */
static int group_write(struct journal *j, uint64_t to)
{
	uint64_t run = j->written, at = run;
	int err = ERR_OK;

	while (at < to) {
		struct batch_head *head = journal_ring_at(j->ring, at);

		if (j->segment.offset + (at - run) + head->length > j->segment.size) {
			if ((err = run_write(j, run, at)) != ERR_OK || (err = segment_change(j, head->first_seq)) != ERR_OK)
				return err;
			run = at;
		}
		head->durable = j->state.last_seq;
		journal_batch_close(head, j->wrote.id, j->wrote.hash);
		batch_count(j, head);
		at += head->length;
	}
	j->written = to;
	return run_write(j, run, to);
}

/* -- telling --------------------------------------------------------------------------------------------------------- */

static void tell(struct journal *j, uint64_t from, uint64_t to)
{
	struct record head;
	const void *payload;
	size_t len;

	while (from < to) {
		const struct batch_head *batch = journal_ring_at(j->ring, from);
		const uint8_t *at = (const uint8_t *)(batch + 1);

		for (uint32_t i = 0; i < batch->records; i++) {
			at += journal_record_read(at, &head, &payload, &len);
			j->options.committed(j->options.ctx, &head, payload, len);
		}
		from += batch->length;
	}
}

/* The ring up to `to` is the appending thread's again. */
static void give_back(struct journal *j, uint64_t to)
{
	j->freed = to;
	j->room_wanted = false;
	pthread_cond_broadcast(&j->done);
}

/* Orders wait for this; the store's copy, which the writer thread makes, comes after. */
static void group_durable(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->state = j->wrote;
	j->synced = j->written;
	atomic_store(&j->room, j->segment.size - j->segment.offset);
	if (j->options.committed == NULL)
		give_back(j, j->synced);
	pthread_cond_broadcast(&j->done);
	pthread_mutex_unlock(&j->lock);
	if (j->options.durable != NULL)
		j->options.durable(j->options.ctx, j->wrote.last_seq);
}

static void writer_fail(struct journal *j, int err)
{
	pthread_mutex_lock(&j->lock);
	atomic_store(&j->failed, err);
	pthread_cond_signal(&j->work);
	pthread_cond_broadcast(&j->done);
	pthread_mutex_unlock(&j->lock);
	if (j->options.failed != NULL)
		j->options.failed(j->options.ctx, err);
}

/* -- the reserve ----------------------------------------------------------------------------------------------------- */

static void health_set(struct journal *j, bool reserve, int trouble)
{
	atomic_store(&j->reserve, reserve);
	atomic_store(&j->trouble, trouble);
	atomic_store(&j->room, j->segment.size - j->segment.offset);
}

static void health_tell(struct journal *j)
{
	if (j->options.health != NULL)
		j->options.health(j->options.ctx);
}

void journal_writer_reserve(struct journal *j)
{
	int err = j->options.reserve ? journal_reserve_make(&j->segment) : ERR_OK;

	health_set(j, j->options.reserve && err == ERR_OK, err);
}

/* How far the batches up to `to` fit into the segment at hand. */
static uint64_t fitting(struct journal *j, uint64_t to)
{
	uint64_t at = j->written, room = j->segment.size - j->segment.offset;

	while (at < to) {
		const struct batch_head *head = journal_ring_at(j->ring, at);

		if (at - j->written + head->length > room)
			break;
		at += head->length;
	}
	return at;
}

/* Everything since the last durable record again, in the reserve. Never a second attempt in the file that failed. */
static int move_over(struct journal *j, uint64_t to, int why)
{
	uint64_t first_seq = j->state.last_seq + 1;
	int err;

	if (j->segment.reserve < 0)
		return why;
	j->wrote = j->state;
	j->written = j->synced;
	if ((err = journal_reserve_enter(&j->segment, j->wrote.id, first_seq, j->wrote.hash)) == ERR_OK &&
	    (err = group_write(j, fitting(j, to))) == ERR_OK)
		err = journal_reserve_name(&j->segment, first_seq);
	health_set(j, false, why);
	health_tell(j);
	return err;
}

/* -- the disk -------------------------------------------------------------------------------------------------------- */

static bool sync_due(const struct journal *j)
{
	if (j->synced == j->written)
		return false;
	return !j->options.sync || j->stop || j->room_wanted || j->sync_to > j->synced ||
	       j->written - j->freed > JOURNAL_RING / 2 || monotonic() >= j->lazy_at;
}

static int disk_do(struct journal *j, uint64_t to)
{
	bool due;
	int err = ERR_OK;

	if (to > j->written) {
		if (j->synced == j->written)
			j->lazy_at = monotonic() + JOURNAL_LAZY_NS;
		err = group_write(j, to);
	}
	pthread_mutex_lock(&j->lock);
	due = sync_due(j);
	pthread_mutex_unlock(&j->lock);
	if (err == ERR_OK && !due)
		return ERR_OK;
	if (err == ERR_OK)
		err = segment_sync(j);
	if (err != ERR_OK)
		err = move_over(j, to, err);
	if (err == ERR_OK)
		group_durable(j);
	return err;
}

/* Writes what was submitted and syncs what is wanted. Called, and returns, with the lock held, which is open meanwhile. */
static void disk_work(struct journal *j)
{
	uint64_t to = j->submitted;

	j->busy = true;
	pthread_mutex_unlock(&j->lock);
	int err = disk_do(j, to);

	if (err != ERR_OK)
		writer_fail(j, err);
	pthread_mutex_lock(&j->lock);
	j->busy = false;
}

void journal_writer_help(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	if (!j->busy && journal_failed(j) == ERR_OK)
		disk_work(j);
	if (j->submitted != j->freed) /* it is busy, or has to tell */
		pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
}

/* -- the thread ------------------------------------------------------------------------------------------------------ */

static bool disk_due(const struct journal *j)
{
	return !j->busy && (j->submitted != j->written || sync_due(j));
}

/* Not before the other thread has said that it is durable. */
static bool tell_due(const struct journal *j)
{
	return !j->busy && j->options.committed != NULL && j->freed != j->synced;
}

static void mend(struct journal *j)
{
	j->mend = false;
	j->busy = true;
	pthread_mutex_unlock(&j->lock);
	journal_writer_reserve(j);
	health_tell(j);
	pthread_mutex_lock(&j->lock);
	j->busy = false;
	pthread_cond_signal(&j->work);
}

/* While the appending thread has the disk, what is written is not ours to look at. */
static void work_wait(struct journal *j)
{
	if (j->busy || j->synced == j->written) {
		pthread_cond_wait(&j->work, &j->lock);
		return;
	}
	struct timespec until = { .tv_sec = j->lazy_at / NANOS_SECOND, .tv_nsec = j->lazy_at % NANOS_SECOND };

	pthread_cond_timedwait(&j->work, &j->lock, &until);
}

static void tell_store(struct journal *j)
{
	uint64_t from = j->freed, to = j->synced;

	pthread_mutex_unlock(&j->lock);
	tell(j, from, to);
	pthread_mutex_lock(&j->lock);
	give_back(j, to);
}

/* The mark of a clean close: an empty batch that says all before it is durable, so that damage to the last records is told
 * from a write that never finished. Not worth a segment of its own. */
static int seal_write(struct journal *j)
{
	struct batch_head seal = {
		.magic = BATCH_MAGIC, .length = sizeof(seal), .first_seq = j->state.last_seq + 1,
		.durable = j->state.last_seq, .flags = BATCH_SYNC | BATCH_SEAL,
	};

	if (j->sealed || j->state.last_seq == 0 || j->segment.offset + sizeof(seal) > j->segment.size)
		return ERR_OK;
	journal_batch_close(&seal, j->wrote.id, j->wrote.hash);
	int err = journal_disk_write(j->segment.fd, &seal, sizeof(seal), j->segment.offset);

	return err != ERR_OK ? err : segment_sync(j);
}

static void *writer_run(void *arg)
{
	struct journal *j = arg;
	int err;

	CHECK_OBJ(j, JOURNAL_MAGIC);
	pthread_mutex_lock(&j->lock);
	for (;;) {
		if (tell_due(j))
			tell_store(j);
		else if (journal_failed(j) != ERR_OK)
			break;
		else if (disk_due(j))
			disk_work(j);
		else if (j->stop)
			break;
		else if (j->mend && !j->busy)
			mend(j);
		else
			work_wait(j);
	}
	pthread_mutex_unlock(&j->lock);
	if (journal_failed(j) == ERR_OK && (err = seal_write(j)) != ERR_OK)
		writer_fail(j, err);
	return NULL;
}

int journal_writer_start(struct journal *j)
{
	sigset_t all, before;

	sigfillset(&all); /* signals belong to the program's main thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int errnum = pthread_create(&j->thread, NULL, writer_run, j);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	j->threaded = errnum == 0;
	return err_from_errno(errnum);
}

void journal_writer_stop(struct journal *j)
{
	if (!j->threaded)
		return;
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	j->threaded = false;
}
