/* A heavy day's order book: rows in the documented shape, 76 fields each, from the answer's bytes to believed rows, as one turn of the loop does it.
 *
 *   bench_books [ROWS]               one JSON line; beside it cJSON alone on the same bytes */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/order_codec.h"
#include "tests/bench/measure.h"

#define ROUNDS 15

static void put_row(struct buf *out, uint32_t n)
{
	uint64_t second = 1795405500 + n;

	buf_printf(out, "{\"actId\":\"ABC12\",\"usrId\":\"ABC120000A\",\"nOrdNo\":\"261123%09u\",\"exSeg\":\"nse_fo\",\"trdSym\":\"NIFTY26NOV%uCE\",\"sym\":\"NIFTY\","
	           "\"series\":\"XX\",\"tok\":\"%u\",\"trnsTp\":\"%c\",\"prcTp\":\"L\",\"prod\":\"NRML\",\"prc\":\"%u.05\",\"trgPrc\":\"0.00\",\"stkPrc\":\"%u.00\",\"avgPrc\":\"%u.00\",",
	           n, 20000 + n % 200 * 50, 40000 + n % 200, n % 2 ? 'S' : 'B', 100 + n % 90, 20000 + n % 200 * 50, 100 + n % 90);
	buf_printf(out, "\"qty\":%u,\"fldQty\":%u,\"unFldSz\":0,\"cnlQty\":0,\"minQty\":0,\"exOrdId\":\"11000000%08u\",\"ordSt\":\"complete\",\"stat\":\"complete\",\"rejRsn\":\"--\","
	           "\"vldt\":\"DAY\",\"ordGenTp\":\"NA\",\"optTp\":\"CE\",\"it\":\"OPTIDX\",\"GuiOrdId\":\"SA1-%08x-%u\",\"dscQty\":0,\"coPct\":0,\"refLmtPrc\":0,\"brdLtQty\":\"65\","
	           "\"tckSz\":\"0.0500\",\"expDt\":\"26 Nov, 2026\",\"expDtSsb\":\"-\",", 65, 65, n, n * 2654435761u, n);
	buf_puts(out, "\"genDen\":\"1\",\"genNum\":\"1\",\"prcNum\":\"1\",\"prcDen\":\"1\",\"multiplier\":\"1\",\"lotSz\":\"65\",\"precision\":\"2\",\"ordDtTm\":\"23-Nov-2026 09:15:00\","
	              "\"ordEntTm\":\"23-Nov-2026 09:15:00\",\"exCfmTm\":\"23-Nov-2026 09:15:00\",\"hsUpTm\":\"2026/11/23 09:15:00\",\"algId\":\"NA\",\"algCat\":\"NA\",\"algSeqNo\":\"NA\","
	              "\"brkClnt\":\"08081\",\"defMktProV\":\"0\",\"dscQtyPct\":\"0\",\"exUsrInfo\":\"NA\",\"mktProPct\":\"--\",\"mktPro\":\"0\",\"mfdBy\":\"NA\",\"mktProFlg\":\"0\","
	              "\"noMktProFlg\":\"0\",\"ordAutSt\":\"NA\",\"odCrt\":\"NA\",\"ordSrc\":\"ADMINCPPAPI_TRADEAPI\",\"ordValDt\":\"NA\",\"rmk\":\"--\",\"rptTp\":\"NA\",\"reqId\":\"1\","
	              "\"sipInd\":\"NA\",\"symOrdId\":\"NA\",\"classification\":\"0\",\"vendorCode\":\"\",\"locId\":\"111111111111100\",\"appInstlId\":\"NA\",\"ordModNo\":\"NA\",\"strategyCode\":\"1\",");
	buf_printf(out, "\"uSec\":\"%" PRIu64 "\",\"boeSec\":%" PRIu64 ",\"updRecvTm\":%" PRIu64 "015520}", second, second, second * 1000);
}

static void make_book(struct buf *out, uint32_t rows)
{
	buf_puts(out, "{\"stat\":\"Ok\",\"stCode\":200,\"data\":[");
	for (uint32_t n = 0; n < rows; n++) {
		if (n > 0)
			buf_putc(out, ',');
		put_row(out, n);
	}
	buf_puts(out, "]}");
	assert(!out->failed);
}

struct times { double parse[ROUNDS], read[ROUNDS], end[ROUNDS], whole[ROUNDS], plain[ROUNDS]; };

static double median_ms(double *values) { return median(values, ROUNDS) * 1e3; }

static void round_trip(const struct buf *book, uint32_t rows, struct times *t, int round)
{
	const struct http_answer h = { .fate = HTTP_ANSWERED, .status = 200, .body = book->data, .len = book->len, .error = "" };
	double began = used_s(), at;
	const cJSON *row;
	struct wire_answer a;
	struct order_row r;
	const char *why;
	uint32_t n = 0;
	cJSON *json;

	wire_classify(&h, WIRE_REPORT, &a, &json);
	t->parse[round] = (at = used_s()) - began;
	assert(a.verdict == WIRE_OK);
	cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(json, "data")) {
		bool good = order_row_read(row, false, &r, &why);
		assert(good && r.updated % 1000000 == 15520 && r.filled == 65);
		n++;
	}
	assert(n == rows);
	t->read[round] = used_s() - at;
	at = used_s();
	cJSON_Delete(json);
	t->end[round] = used_s() - at;
	t->whole[round] = used_s() - began;
}

static void plain(const struct buf *book, struct times *t, int round)
{
	double at = used_s();
	cJSON *json = cJSON_ParseWithLength(book->data, book->len);

	assert(json);
	cJSON_Delete(json);
	t->plain[round] = used_s() - at;
}

int main(int argc, char **argv)
{
	uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 5000;
	struct buf book = { 0 };
	struct times t;

	make_book(&book, rows);
	for (int r = 0; r < ROUNDS; r++) {
		round_trip(&book, rows, &t, r);
		plain(&book, &t, r);
	}
	double whole = median_ms(t.whole); /* which leaves the best first */
	printf("{\"bench\":\"books\",\"rows\":%u,\"bytes\":%zu,\"parse_ms\":%.2f,\"read_ms\":%.2f,\"free_ms\":%.2f,\"whole_ms\":%.2f,\"whole_best_ms\":%.2f,\"goal_whole_ms\":50,"
	       "\"cjson_alone_ms\":%.2f}\n", rows, book.len, median_ms(t.parse), median_ms(t.read), median_ms(t.end), whole, t.whole[0] * 1e3, median_ms(t.plain));
	buf_done(&book);
	return 0;
}
