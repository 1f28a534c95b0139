/* What must be so when an entry is decided, and again when it leaves: books read, clocks that agree, nothing foreign unseen, a journal that has room. Written
 * from the rules (docs/refusals.md), not from the gate. Exits ask none of it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define PRICE_AGE_MOST (10 * NANOS_SECOND)

/* -- entries ------------------------------------------------------------------------------------------------------------------------------- */

static const struct foreign *foreign_holds(const struct core *core, const char *underlying)
{
	for (uint32_t i = 0; i < core->s->foreigns; i++) {
		const struct foreign *f = &core->s->foreign[i];

		if (!f->acknowledged && (strcmp(f->underlying, underlying) == 0 || strcmp(f->symbol, FOREIGN_ALL) == 0))
			return f;
	}
	return NULL;
}

void check_entry(struct check *c, const char *tag, uint32_t instrument, const char *what)
{
	const struct core *core = c->node->core;
	const struct core_state *s = core->s;
	const struct foreign *f = foreign_holds(core, core->instrument[instrument].underlying);

	check_that(c, 13, s->books.unread == 0, "entry %s %s while books %x are not read", tag, what, s->books.unread);
	check_that(c, 15, s->books.apart == 0, "entry %s %s while the clocks do not agree", tag, what);
	check_clock_entry(c, tag, what);
	check_that(c, 18, s->link[LINK_JOURNAL].up, "entry %s %s while the journal has no reserve", tag, what);
	check_that(c, 22, f == NULL, "entry %s %s while the account holds %s of others", tag, what, f ? f->symbol : "");
}

/* At the decision alone: waiting for the disk makes a price older, and the gate asks for its age once. */
void check_price(struct check *c, const char *tag, uint32_t instrument)
{
	const struct core *core = c->node->core;

	check_that(c, 14, core->s->link[LINK_FEED].up && core->quote[instrument].stamp + PRICE_AGE_MOST > core->s->now, "%s is an entry at a price of %lld ms ago", tag,
	           (long long)((core->s->now - core->quote[instrument].stamp) / NANOS_MS));
}

/* A strategy that holds something sends a further slice: all of them together are no more than was decided. */
void check_slices(struct check *c, const struct order_request *r)
{
	const struct story *s = &c->story;

	if (r->strategy < STORY_STRATEGIES && s->held[r->strategy] != 0)
		check_that(c, 12, s->sent[r->strategy] + r->qty <= s->wished[r->strategy], "%s: %lld after %lld of a decision for %lld", r->tag, (long long)r->qty,
		           (long long)s->sent[r->strategy], (long long)s->wished[r->strategy]);
}

/* -- secrets ---------------------------------------------------------------------------------------------------------------------------------- */

/* As far as it was written: what follows in a segment is a hole. */
static void look_through(struct check *c, const char *path)
{
	const struct sim_account *a = sim_broker_account();
	const char *secrets[] = { a->consumer_key, a->totp_secret, a->mobile, a->mpin };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t len = fd >= 0 ? lseek(fd, 0, SEEK_HOLE) : 0;
	void *bytes = len > 0 ? mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;

	for (size_t i = 0; bytes != MAP_FAILED && i < ARRAY_LEN(secrets); i++)
		check_that(c, 24, memmem(bytes, (size_t)len, secrets[i], strlen(secrets[i])) == NULL, "%s holds a secret", path);
	if (bytes != MAP_FAILED)
		munmap(bytes, (size_t)len);
	if (fd >= 0)
		close(fd);
}

void check_secrets(struct check *c, const char *dir)
{
	struct dirent **name;
	int n = scandir(dir, &name, NULL, alphasort);
	char path[512];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]->d_name);
		if (name[i]->d_name[0] != '.')
			look_through(c, path);
		free(name[i]);
	}
	if (n >= 0)
		free(name);
}
