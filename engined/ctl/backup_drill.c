/* `enginectl backup --drill`: is the newest backup any good? Unpacked, verified and lived again, and its state compared with that of the engine's own journal
 * at the same record. Changes nothing but a temporary folder beside the backup. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engined/ctl/backup.h"
#include "engined/ctl/ctl.h"
#include "engined/ctl/progress.h"
#include "lib/base/err.h"
#include "lib/journal/walk.h"

struct drill {
	const struct backup_words *words;
	const char *state;
	char file[BACKUP_PATH + BACKUP_NAME], dir[BACKUP_PATH];
	struct backup_manifest manifest;
	struct backup_error error;
	struct relive relive;
	struct progress progress;
	struct { bool compared, chain, state; uint8_t hash[JOURNAL_HASH]; struct journal_error error; } result[BACKUP_MODES];
};

/* -- comparing ----------------------------------------------------------------------------------------------------------------------------- */

/* The chain's hash where the batch ends that holds this record last; false when no batch does. */
static bool hash_at(const char *dir, uint64_t seq, char ret[BACKUP_HEX])
{
	struct journal_batch batch;
	struct journal_walk w;
	bool found = false;

	if (journal_walk_open(&w, dir, seq, WALK_READ) != ERR_OK)
		return false;
	while (!found && w.next_seq <= seq && journal_walk_next(&w, &batch) > 0)
		found = w.next_seq == seq + 1;
	sodium_bin2hex(ret, BACKUP_HEX, w.hash, sizeof(w.hash));
	journal_walk_done(&w);
	return found;
}

/* The same records from the engine's own journal; from the backup's checkpoint, if the engine has only later ones by now. */
static int live_own(struct drill *d, const char *own, const char *copy, const struct backup_journal *j, struct journal_error *error)
{
	struct journal_state state = { .first_seq = j->first_seq };

	if (sodium_hex2bin(state.id, sizeof(state.id), j->id, strlen(j->id), NULL, NULL, NULL) != 0)
		return ERR_CORRUPT;
	d->relive.dir = own;
	d->relive.exact = true;
	state.last_seq = j->last_seq;
	int err = relive_run(&d->relive, own, &state, j->last_seq, error);

	return err == ERR_OK && d->relive.checkpoint > 0 ? err : relive_run(&d->relive, copy, &state, j->last_seq, error);
}

static int compare(struct drill *d, uint32_t i, const char *copy)
{
	const struct backup_journal *j = &d->manifest.journal[i];
	char own[BACKUP_PATH], hash[BACKUP_HEX];
	uint8_t state[JOURNAL_HASH];

	snprintf(own, sizeof(own), "%.900s/%s/journal", d->state, j->mode);
	if (access(own, F_OK) != 0)
		return ERR_OK; /* another host's backup: there is nothing to compare with */
	d->result[i].compared = true;
	d->result[i].chain = hash_at(own, j->last_seq, hash) && strcmp(hash, j->hash) == 0;
	if (!d->result[i].chain)
		return ERR_MISMATCH;
	int err = live_own(d, own, copy, j, &d->result[i].error);
	if (err != ERR_OK)
		return err;
	relive_hash(&d->relive, state);
	d->result[i].state = memcmp(state, d->result[i].hash, sizeof(state)) == 0;
	return d->result[i].state ? ERR_OK : ERR_MISMATCH;
}

static int live_all(struct drill *d)
{
	char copy[BACKUP_PATH];
	int err = ERR_OK;

	for (uint32_t i = 0; i < d->manifest.journals && err == ERR_OK; i++) {
		snprintf(copy, sizeof(copy), "%.900s/%s/journal", d->dir, d->manifest.journal[i].mode);
		err = backup_live(&d->relive, copy, copy, &d->manifest.journal[i], &d->result[i].error);
		if (err == ERR_OK) {
			relive_hash(&d->relive, d->result[i].hash);
			err = compare(d, i, copy);
		}
		if (err != ERR_OK)
			snprintf(d->error.text, sizeof(d->error.text), "%.200s, mode %s: %s", d->file, d->manifest.journal[i].mode,
			         d->result[i].error.text[0] ? d->result[i].error.text : d->result[i].chain || !d->result[i].compared ? err_text(err) :
			         "the engine's journal is another one at that record");
	}
	return err;
}

/* -- telling ------------------------------------------------------------------------------------------------------------------------------- */

static void tell_json(const struct drill *d, double seconds)
{
	struct buf out = { 0 };
	struct json j;
	char hash[BACKUP_HEX];

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", true);
	json_str(&j, "file", d->file);
	json_int(&j, "age_s", (backup_now() - d->manifest.made) / NANOS_SECOND);
	json_ratio(&j, "seconds", seconds, 3);
	json_array(&j, "journals");
	for (uint32_t i = 0; i < d->manifest.journals; i++) {
		json_object(&j, NULL);
		json_str(&j, "mode", d->manifest.journal[i].mode);
		json_uint(&j, "seq", d->manifest.journal[i].last_seq);
		json_bool(&j, "compared", d->result[i].compared);
		json_str(&j, "state", sodium_bin2hex(hash, sizeof(hash), d->result[i].hash, JOURNAL_HASH));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	backup_print(&out);
}

static void tell_text(const struct drill *d, double seconds)
{
	int64_t age = (backup_now() - d->manifest.made) / NANOS_SECOND;

	for (uint32_t i = 0; i < d->manifest.journals; i++) {
		char hash[BACKUP_HEX];

		sodium_bin2hex(hash, sizeof(hash), d->result[i].hash, JOURNAL_HASH);
		printf("%-8s  record %llu: state %.16s..., %s\n", d->manifest.journal[i].mode, (unsigned long long)d->manifest.journal[i].last_seq, hash,
		       d->result[i].compared ? "the same as the engine's journal gives" : "no journal here to compare with");
	}
	printf("%s: whole, %lld:%02lld hours old, restored and lived again in %.1f s\n", d->file, (long long)(age / 3600), (long long)(age / 60 % 60), seconds);
}

/* -- the whole ----------------------------------------------------------------------------------------------------------------------------- */

static bool find_newest(struct drill *d, const char *folder)
{
	char (*names)[BACKUP_NAME];
	size_t n = 0;
	int err = backup_list(folder, &names, &n);

	if (err == ERR_OK && n > 0)
		snprintf(d->file, sizeof(d->file), "%s/%s", folder, names[n - 1]);
	else
		snprintf(d->error.text, sizeof(d->error.text), "%.400s: there is no backup; make one (enginectl backup)", folder);
	if (err == ERR_OK)
		free(names);
	return d->file[0] != '\0';
}

static int unpack(struct drill *d, const char *folder)
{
	const struct backup_progress progress = { progress_tell, &d->progress };
	struct market_error market;
	int err = backup_check(d->file, &progress, &d->manifest, &d->error);

	if (err != ERR_OK)
		return err;
	snprintf(d->dir, sizeof(d->dir), "%.900s/.drill-XXXXXX", folder);
	if (mkdtemp(d->dir) == NULL) {
		d->dir[0] = '\0';
		return backup_error_set(&d->error, ERR_IO, "%s: %s", folder, strerror(errno));
	}
	const struct backup_unpack u = { .path = d->file, .into = d->dir, .manifest = &d->manifest, .progress = progress };
	err = backup_unpack(&u, &d->error);
	if (err == ERR_OK && (err = relive_open(&d->relive, backup_tables(d->words), &market)) != ERR_OK)
		backup_error_set(&d->error, err, "%s", market.text);
	return err;
}

static int drill(struct drill *d, const char *folder)
{
	nanos_t from = backup_now();
	int err = unpack(d, folder);

	err = err != ERR_OK ? err : live_all(d);
	progress_end(&d->progress);
	if (d->dir[0])
		backup_remove(d->dir);
	if (err == ERR_OK)
		(d->words->json ? tell_json : tell_text)(d, (double)(backup_now() - from) / 1e9);
	return err;
}

int backup_drill(const struct backup_words *w, const char *state, const char *folder)
{
	struct drill *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return backup_failed(w, "out of memory");
	d->words = w;
	d->state = state;
	setpriority(PRIO_PROCESS, 0, 19);
	progress_begin(&d->progress, w->program, w->json);
	int status = find_newest(d, folder) && drill(d, folder) == ERR_OK ? CTL_EXIT_OK : backup_failed(w, d->error.text);

	manifest_done(&d->manifest);
	relive_done(&d->relive);
	free(d);
	return status;
}
