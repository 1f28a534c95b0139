/* Looking things up in the mapped cache. The head is checked when it is mapped; after that nothing read from the file is believed unchecked:
 * a row counts only if it is in range, matches its own checksum and is what was asked for. A damaged file finds less, it never finds something else. */
#include "lib/kotak/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_priv.h"

#define MASTER_MAGIC 0x4d4b4d31u
#define INDEX_TICK 500 /* of an index, which has none of its own: 0.05 */

struct master {
	uint32_t magic;
	const uint8_t *base;
	struct master_head head;
	const struct master_row *row;
	const uint32_t *sum, *order;
	const struct master_slot *token, *symbol;
	const struct master_name *name;
};

/* -- mapping ------------------------------------------------------------------------------------------------- */

static bool sections_fit(const struct master_head *h)
{
	uint64_t end = sizeof(*h);

	if (h->rows > MASTER_ROWS_MAX || h->names > MASTER_NAMES_MAX || h->contracts > h->rows)
		return false;
	if (h->slots < 2 || h->slots > 4 * MASTER_ROWS_MAX || (h->slots & (h->slots - 1)) != 0)
		return false;
	for (int s = 0; s < SECTIONS; s++) {
		if (h->at[s] < end || h->at[s] % 64 != 0 || h->at[s] > h->size)
			return false;
		end = h->at[s] + master_section_size(h, (enum section)s);
	}
	return end == h->size;
}

static int check_head(const uint8_t *base, uint64_t size, struct master_head *ret, struct master_error *error)
{
	static const char *const remedy = "remove it; the next fetch makes a new one";

	if (size < sizeof(*ret)) {
		snprintf(error->text, sizeof(error->text), "the master's cache is cut short: %s", remedy);
		return ERR_CORRUPT;
	}
	memcpy(ret, base, sizeof(*ret));
	if (ret->magic == MASTER_CACHE_MAGIC && ret->version != MASTER_CACHE_VERSION) {
		snprintf(error->text, sizeof(error->text), "the master's cache is of version %u, this program reads %d: %s", ret->version, MASTER_CACHE_VERSION, remedy);
		return ERR_VERSION;
	}
	struct master_head head = *ret;
	head.crc = 0;
	if (ret->magic != MASTER_CACHE_MAGIC || ret->crc != crc32c(0, &head, sizeof(head)) || ret->size != size || !sections_fit(ret)) {
		snprintf(error->text, sizeof(error->text), "the master's cache is damaged: %s", remedy);
		return ERR_CORRUPT;
	}
	return ERR_OK;
}

static const uint8_t *map_file(const char *path, uint64_t *ret_size, struct master_error *error, int *ret_err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *base = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		*ret_size = (uint64_t)st.st_size;
		if (st.st_size == 0) /* which cannot be mapped */
			errno = ENODATA;
		else
			base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	int why = errno;
	if (fd >= 0)
		close(fd);
	if (base != MAP_FAILED)
		return base;
	snprintf(error->text, sizeof(error->text), "cannot open the master's cache %.160s (%s)", path, strerror(why));
	*ret_err = why == ENODATA ? ERR_CORRUPT : err_from_errno(why);
	return NULL;
}

int master_map(const char *path, struct master **ret, struct master_error *error)
{
	struct master_head head;
	uint64_t size;
	int err = ERR_IO;

	error->text[0] = '\0';
	const uint8_t *base = map_file(path, &size, error, &err);
	if (!base)
		return err;
	err = check_head(base, size, &head, error);
	struct master *m = err == ERR_OK ? calloc(1, sizeof(*m)) : NULL;
	if (!m) {
		munmap((void *)(uintptr_t)base, size);
		return err == ERR_OK ? ERR_NOMEM : err;
	}
	const void *at[SECTIONS];
	for (int s = 0; s < SECTIONS; s++)
		at[s] = base + head.at[s];
	*m = (struct master){ MASTER_MAGIC, base, head, at[SECTION_ROWS], at[SECTION_SUMS], at[SECTION_ORDER], at[SECTION_TOKENS], at[SECTION_SYMBOLS],
	                      at[SECTION_NAMES] };
	*ret = m;
	return ERR_OK;
}

void master_unmap(struct master **m)
{
	struct master *gone = *m;

	*m = NULL;
	if (!gone)
		return;
	CHECK_OBJ(gone, MASTER_MAGIC);
	munmap((void *)(uintptr_t)gone->base, gone->head.size);
	free(gone);
}

void master_rest(const struct master *m)
{
	(void)madvise((void *)(uintptr_t)m->base, m->head.size, MADV_DONTNEED); /* of a file that nobody writes to: nothing is lost */
}

date_t master_day(const struct master *m)
{
	return m->head.day;
}

uint32_t master_count(const struct master *m)
{
	return m->head.rows;
}

uint32_t master_segment_count(const struct master *m, enum segment segment)
{
	return m->head.segment_rows[segment];
}

/* -- rows ---------------------------------------------------------------------------------------------------- */

const struct master_row *master_at(const struct master *m, uint32_t i)
{
	CHECK_OBJ(m, MASTER_MAGIC);
	return i < m->head.rows && crc32c(0, &m->row[i], sizeof(m->row[i])) == m->sum[i] ? &m->row[i] : NULL;
}

const struct master_row *master_rows(const struct master *m, uint32_t *ret_count)
{
	CHECK_OBJ(m, MASTER_MAGIC);
	*ret_count = m->head.rows;
	return m->row;
}

const struct master_row *master_by_token(const struct master *m, enum segment segment, uint32_t token)
{
	uint32_t mask = m->head.slots - 1, at = master_token_hash(segment, token) & mask;

	for (uint32_t n = 0; n <= mask && m->token[at].row; n++, at = (at + 1) & mask) {
		if (m->token[at].key != token)
			continue;
		const struct master_row *r = master_at(m, (m->token[at].row & SLOT_ROW) - 1);
		if (r && r->token == token && r->segment == segment)
			return r;
	}
	return NULL;
}

const struct master_row *master_by_symbol(const struct master *m, enum segment segment, const char *symbol)
{
	char padded[sizeof(m->row->symbol)] = { 0 };
	size_t len = strlen(symbol);

	if (len >= sizeof(padded))
		return NULL;
	memcpy(padded, symbol, len);
	uint32_t hash = master_symbol_hash(segment, padded), mask = m->head.slots - 1, at = hash & mask;
	for (uint32_t n = 0; n <= mask && m->symbol[at].row; n++, at = (at + 1) & mask) {
		if (m->symbol[at].key != hash)
			continue;
		const struct master_row *r = master_at(m, (m->symbol[at].row & SLOT_ROW) - 1);
		if (r && r->segment == segment && memcmp(r->symbol, padded, sizeof(padded)) == 0)
			return r;
	}
	return NULL;
}

/* -- contracts ----------------------------------------------------------------------------------------------- */

struct range { uint32_t from, to; }; /* in the order section */

static struct range contracts_of(const struct master *m, enum segment segment, const char *name)
{
	uint32_t low = 0, high = m->head.names;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct master_name *n = &m->name[middle];
		int order = n->segment != (uint32_t)segment ? (n->segment < (uint32_t)segment ? -1 : 1) : strncmp(n->text, name, sizeof(n->text));

		if (order == 0 && n->count <= m->head.contracts && n->first <= m->head.contracts - n->count)
			return (struct range){ n->first, n->first + n->count };
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct range){ 0, 0 };
}

static const struct master_row *ordered(const struct master *m, uint32_t i)
{
	return m->order[i] < m->head.rows ? &m->row[m->order[i]] : NULL;
}

/* The first contract of the range that is not before (kind, expiry, strike). */
static uint32_t lower_bound(const struct master *m, struct range in, enum instrument_kind kind, date_t expiry, price_t strike)
{
	while (in.from < in.to) {
		uint32_t middle = in.from + (in.to - in.from) / 2;
		const struct master_row *r = ordered(m, middle);
		bool before = r && (r->kind != kind ? r->kind < kind : r->expiry != expiry ? r->expiry < expiry : r->strike < strike);

		if (before)
			in.from = middle + 1;
		else
			in.to = middle;
	}
	return in.from;
}

static bool is_contract(const struct master_row *r, enum segment segment, const char *name, enum instrument_kind kind)
{
	return r && r->segment == segment && r->kind == kind && strncmp(r->name, name, sizeof(r->name)) == 0;
}

/* The contract at place i of the order, if it is one of these. */
static const struct master_row *contract_at(const struct master *m, uint32_t i, enum segment segment, const char *name, enum instrument_kind kind)
{
	const struct master_row *r = m->order[i] < m->head.rows ? master_at(m, m->order[i]) : NULL;

	return is_contract(r, segment, name, kind) ? r : NULL;
}

const struct master_row *master_contract(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t strike,
                                         enum instrument_kind kind)
{
	struct range in = contracts_of(m, segment, name);
	uint32_t i = lower_bound(m, in, kind, expiry, strike);
	const struct master_row *found = NULL;

	for (; i < in.to; i++) {
		const struct master_row *r = contract_at(m, i, segment, name, kind);
		if (!r || r->expiry != expiry || r->strike != strike)
			break;
		if (found) /* two answer to the name: neither is traded on a guess */
			return NULL;
		found = r;
	}
	return found;
}

size_t master_expiries(const struct master *m, enum segment segment, const char *name, enum instrument_kind kind, date_t from, date_t *ret, size_t max)
{
	struct range in = contracts_of(m, segment, name);
	size_t n = 0;

	for (in.from = lower_bound(m, in, kind, from, 0); in.from < in.to && n < max;) {
		const struct master_row *r = contract_at(m, in.from, segment, name, kind);
		if (!r || r->expiry < from)
			break;
		ret[n++] = r->expiry;
		from = r->expiry + 1;
		in.from = lower_bound(m, in, kind, from, 0);
	}
	return n;
}

/* The strike at place i, 0 when the kind's contracts of that expiry end there. */
static price_t strike_at(const struct master *m, uint32_t i, uint32_t end, enum segment segment, const char *name, date_t expiry, enum instrument_kind kind)
{
	const struct master_row *r = i < end ? contract_at(m, i, segment, name, kind) : NULL;

	return r && r->expiry == expiry ? r->strike : 0;
}

size_t master_strikes(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t *ret, size_t max)
{
	struct range in = contracts_of(m, segment, name);
	uint32_t call = lower_bound(m, in, INSTRUMENT_CALL, expiry, 0), put = lower_bound(m, in, INSTRUMENT_PUT, expiry, 0);
	size_t n = 0;

	while (n < max) { /* both sides merged: a strike may be listed on one side only */
		price_t c = strike_at(m, call, in.to, segment, name, expiry, INSTRUMENT_CALL), p = strike_at(m, put, in.to, segment, name, expiry, INSTRUMENT_PUT);
		price_t least = c == 0 || (p != 0 && p < c) ? p : c;

		if (least == 0 || (n > 0 && least < ret[n - 1])) /* out of order: damaged */
			break;
		call += c == least;
		put += p == least;
		if (n == 0 || ret[n - 1] != least)
			ret[n++] = least;
	}
	return n;
}

/* -- the core's form ----------------------------------------------------------------------------------------- */

void master_instrument(const struct master_row *row, struct instrument *ret)
{
	*ret = (struct instrument){ .id = INSTRUMENT_NONE, .underlying_id = INSTRUMENT_NONE, .kind = row->kind, .segment = row->segment, .expiry = row->expiry,
	                            .strike = row->strike, .tick = row->tick ? row->tick : INDEX_TICK, .lot = row->lot, .freeze = row->freeze,
	                            .band_low = row->band_low, .band_high = row->band_high };
	memcpy(ret->symbol, row->symbol, strnlen(row->symbol, sizeof(row->symbol) - 1));
	memcpy(ret->underlying, row->name, strnlen(row->name, sizeof(ret->underlying) - 1));
	if (row->kind != INSTRUMENT_INDEX)
		ret->flags = INSTRUMENT_TRADABLE;
}
