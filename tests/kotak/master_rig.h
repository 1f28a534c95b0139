/* What the tests of the master share: a folder of their own, files of a few rows, and the way through the cache. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_priv.h"

#define TODAY (date_from_civil(2026, 8, 28))

static char folder[] = "/tmp/test_master.XXXXXX", path[64];
static struct master_error error;
static struct master_counts counts;

static inline int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/master.bin", folder);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* -- files made here ----------------------------------------------------------------------------------------- */

/* The columns we read, with Kotak's blanks and semicolon, in an order of their own: they are found by name. */
static const char head[] = "pTrdSymbol,pSymbol,pGroup,pExchSeg,pInstType,pSymbolName,pOptionType,pISIN,pAssetCode,dTickSize ,lLotSize,iLotSize,"
                           "pExpiryDate,dStrikePrice;,dHighPriceRange ,dLowPriceRange ,lFreezeQty,CASEligible\n";
#define PUT "NIFTY2692221000PE,56526,XX,nse_fo,OPTIDX,NIFTY,PE,,26000,5,65,65,1474554600,2.1e+06,2015,5,1801,false\n"
#define CALL "NIFTY2692221000CE,56525,XX,nse_fo,OPTIDX,NIFTY,CE,,26000,5,65,65,1474554600,2.1e+06,2015,5,1801,true\n"

static inline int add_text(struct master_builder *b, enum segment segment, const char *text, size_t len, uint32_t least)
{
	char *exact = malloc(len ? len : 1);

	memcpy(exact, text, len);
	int err = master_add_csv(b, segment, exact, len, TODAY, least, &counts, &error);
	free(exact);
	return err;
}

static inline int add(struct master_builder *b, enum segment segment, const char *rows)
{
	struct buf text = { 0 };

	buf_puts(&text, head);
	buf_puts(&text, rows);
	int err = add_text(b, segment, text.data, text.len, 0);
	buf_done(&text);
	return err;
}

static inline struct master_builder *builder(void)
{
	struct master_builder *b;

	assert_int_equal(master_build(&b), 0);
	return b;
}

static inline struct master *write_and_map(struct master_builder **b)
{
	struct master *m = NULL;

	assert_int_equal(master_write(*b, TODAY, path, &error), 0);
	assert_int_equal(master_map(path, &m, &error), 0);
	master_build_free(b);
	assert_null(*b);
	return m;
}
