/* Reads one recorded file into a tape: header, rows, faults. What a layout's row reader sees of its file is here. */
#pragma once

#include "lib/feed/feed.h"
#include "lib/feed/layout.h"

#define SYMBOL_OWN_MAX 15 /* longest name of an instrument that is its own underlying (struct instrument.underlying) */

struct load {
	struct tape *tape;
	const struct layout *layout;
	const char *name;          /* file name without its folder */
	uint32_t file;             /* its number among the files opened */
	char symbol[SYMBOL_OWN_MAX + 1]; /* told by the file's name: "NIFTY" */
	bool derivative;           /* the name says it is a contract of unknown terms (NSE_FO_51460) */
	int map[LAYOUT_COLUMNS_MAX];
	struct fields fields;      /* the row at hand */
	uint64_t line;
	nanos_t newest;            /* newest stamp of the rows so far */
	uint64_t late, inconsistent, volume_falls;

	/* The underlying of an option file: its price of the group of rows at hand, added when the group is over. */
	uint32_t underlying;       /* contract number; CONTRACT_NONE = none yet */
	nanos_t group;             /* stamp of the group */
	bool future_seen;
	struct row future;         /* the near future's row of the group */
	uint32_t *spots;
	size_t spot_count, spot_cap;
};

/* Reads the file and appends to the tape. *ret_layout: the file's layout; *ret_crc: of its bytes and name. */
int load_file(const char *path, uint32_t number, struct tape *tape, const struct layout **ret_layout, uint32_t *ret_crc,
              struct feed_error *error);

/* The named symbol as a contract that is its own underlying: index or equity by its name. */
uint32_t load_own(struct load *l, struct field symbol);
uint32_t load_file_own(struct load *l); /* ... the one that the file's name gives */

/* The underlying of the file's contracts, announced first, priced by load_spot() or load_future() or parity. */
uint32_t load_underlying(struct load *l);

/* A price of the underlying in the group of rows at `stamp`; the group's is their median, since single rows are wrong. */
void load_spot(struct load *l, nanos_t stamp, uint32_t price);

/* The near future's row of the group at `stamp`. */
void load_future(struct load *l, const struct row *row);

/* Adds the underlying's row of the group that is over; rows of the next group come after it. */
void load_group(struct load *l, nanos_t stamp);

/* A price that arrived with this stamp: stamps never go back, so a late one is held at the newest and counted. */
nanos_t load_hold(struct load *l, nanos_t stamp);
