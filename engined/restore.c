/* A host whose disk is gone: no journal in the state folder, and the database knows one of this account. It comes back from there before anything
 * else begins, and recovery is then the ordinary one; what was not put away any more, the broker's books tell. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engined/account.h"
#include "engined/app.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/store/mongo/mongo.h"
#include "lib/store/restore.h"

static void mark_path(const struct app *a, char ret[640])
{
	snprintf(ret, 640, "%s/" RESTORED_MARK, a->journal_dir);
}

bool restore_marked(const struct app *a)
{
	char path[640];

	mark_path(a, path);
	return access(path, F_OK) == 0;
}

static int unmark(const struct app *a)
{
	char path[640];

	mark_path(a, path);
	return unlink(path) == 0 || errno == ENOENT ? ERR_OK : err_from_errno(errno);
}

int restore_done(struct app *a)
{
	if (!restore_marked(a))
		return ERR_OK;
	int err = engine_submit(a->engine, true);
	err = err ? err : journal_wait(a->journal, a->core->s->seq);
	a->lost_tail = a->mode == MODE_LIVE;
	return err || a->lost_tail ? err : unmark(a);
}

void restore_heard(struct app *a, const struct event_link *l)
{
	if (!a->lost_tail || l->link != LINK_BROKER || !l->up)
		return;
	a->lost_tail = false;
	if (unmark(a) != ERR_OK)
		log_warn("store", "the journal's mark " RESTORED_MARK " cannot be removed; the next start asks the broker's books once more what is missing");
}

/* Nothing that can be used again: rows without the rest, or another build's. The engine begins anew, and what is held at the broker is a position that
 * somebody else opened (kotak.foreign). */
static bool of_no_use(int err)
{
	return err == ERR_TRUNCATED || err == ERR_VERSION || err == ERR_CORRUPT;
}

static int refused(struct app *a, int err, const struct store_error *error)
{
	const char *words = error->text[0] ? error->text : "rows are there, and no state with them";

	if (of_no_use(err) || a->mode == MODE_DEMO) {
		app_note_error(a, "there is no journal here, and it cannot be restored from MongoDB (%s): begun anew; what is held at the broker counts as "
		               "not this engine's", words);
		return 0;
	}
	log_error("store", "there is no journal in %s, and MongoDB (MONGODB_URI) cannot be asked whether it knows one: %s; mend that, or start with --fresh to begin anew",
	          a->journal_dir, words);
	return 1;
}

int restore_journal(struct app *a)
{
	struct store_restored r;
	struct store_error error = { "" };
	char account[ACCOUNT_NAME];
	nanos_t from = app_mono();

	account_name(a->config, mode_name(a->mode), account);
	struct store_options o = { .ops = &store_mongo_ops, .path = a->config->store_mongodb_uri, .account = account, .journal_dir = a->journal_dir,
	                          .core_size = core_size(&app_limits) };
	int err = store_restore(&o, &r, &error);
	if (err == ERR_NOENT) {
		log_info("store", "no journal here and none in MongoDB: the first start of this account");
		return 0;
	}
	if (err)
		return refused(a, err, &error);
	log_warn("store", "no journal here: restored from MongoDB in %.1f ms: checkpoint %llu, records %llu to %llu; what came later is gone, and the "
	         "broker's books tell what it did", (double)(app_mono() - from) / 1e6, (unsigned long long)r.checkpoint,
	         (unsigned long long)r.first, (unsigned long long)r.last);
	return 0;
}

bool restore_wanted(const struct app *a)
{
	return a->config->store_mongodb_uri[0] && a->mode != MODE_REPLAY && !a->options.fresh && access(a->journal_dir, F_OK) != 0;
}
