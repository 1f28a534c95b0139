/* SFeed decoding: 304-byte depth packets (5 + 5 rows) through sfeed_decode(), beside a loop that reads the same fields and checks nothing, alternately
 * in one run.
 *
 *   bench_sfeed                      one JSON line
 *   bench_sfeed write FILE           the frames, each after its length (u32), for the official decoder (sfeed_python.py)
 *   bench_sfeed fields FILE          what we read in them: one line a packet, for comparison */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/feed/kotak/sfeed.h"
#include "tests/bench/measure.h"

#define PACKET 304
#define BATCH 16      /* packets of a frame */
#define FRAMES 64
#define PACKETS (BATCH * FRAMES)
#define ROUNDS 9
#define PASSES 400    /* over all frames, a round */

/* -- frames -------------------------------------------------------------------------------------------------- */

static void put(uint8_t *p, size_t at, int64_t value, size_t width)
{
	memcpy(p + at, &value, width);
}

static void make_rows(uint8_t *p, int64_t best, int step, uint64_t *random)
{
	for (int i = 0; i < DEPTH_LEVELS; i++, p += 16) {
		put(p, 0, (int64_t)(65 * (1 + prng_below(random, 100))), 8);
		put(p, 8, best + i * step, 4);
		put(p, 12, (int64_t)(1 + prng_below(random, 20)), 4);
	}
}

static void make_packet(uint8_t *p, uint32_t i, uint64_t *random)
{
	int64_t last = 5000 + (int64_t)prng_below(random, 30000), close = last - 200;

	memset(p, 0, PACKET);
	put(p, 0, PACKET, 2);
	put(p, 2, 7208, 2);
	p[4] = 2;
	p[5] = 8;
	p[7] = (uint8_t)i;
	put(p, 9, 40000 + i, 4);
	put(p, 13, (int64_t)(65 * prng_below(random, 100000)), 8);
	put(p, 21, (int64_t)(65 * prng_below(random, 100000)), 8);
	put(p, 29, (int64_t)(65 * prng_below(random, 1000000)), 8);
	put(p, 37, 1790049600 + i, 8);
	put(p, 45, 1790049600 + i, 8);
	const int64_t prices[] = { close + 50, close, last + 400, close - 300, last };
	for (size_t k = 0; k < ARRAY_LEN(prices); k++)
		put(p, 53 + 4 * k, prices[k], 4);
	put(p, 73, 65, 8);
	put(p, 81, close + 17, 4);
	put(p, 89, 5, 4);
	put(p, 93, 5, 4);
	put(p, 103, (int64_t)(65 * prng_below(random, 100000)), 4);
	put(p, 119, 4 * last, 4);
	put(p, 123, 5, 4);
	put(p, 135, 65, 4);
	p[139] = 2;
	put(p, 140, 1, 4);
	make_rows(p + 144, last - 5, -5, random);
	make_rows(p + 224, last + 5, 5, random);
}

/* -- two readers of the same bytes --------------------------------------------------------------------------- */

struct book { price_t last, bid, ask; int64_t volume, oi; };
static struct book books[PACKETS];

static void take(void *ctx, const struct sfeed_packet *p)
{
	struct book *b = &books[p->token - 40000];

	(void)ctx;
	*b = (struct book){ p->last, p->bid[0].price, p->ask[0].price, p->volume, p->oi };
}

static void decode_all(const struct sfeed_scale *scale, const uint8_t *frames)
{
	struct sfeed_counts counts = { 0 };
	size_t taken = 0;

	for (int i = 0; i < FRAMES; i++)
		taken += sfeed_decode(scale, frames + (size_t)i * BATCH * PACKET, BATCH * PACKET, take, NULL, &counts);
	assert(taken == PACKETS && counts.packets[SFEED_PICTURE] == PACKETS);
}

/* All the fields into one structure an instrument, no test, no scale but 100. */
static struct sfeed_packet raw[PACKETS];

static uint32_t get32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static int64_t get64(const uint8_t *p) { int64_t v; memcpy(&v, p, 8); return v; }

static void read_raw(const uint8_t *p)
{
	struct sfeed_packet *k = &raw[get32(p + 9) - 40000];

	k->total_buy = get64(p + 13);
	k->total_sell = get64(p + 21);
	k->volume = get64(p + 29);
	k->trade_time = get64(p + 37);
	k->open = get32(p + 53) * INT64_C(100);
	k->close = get32(p + 57) * INT64_C(100);
	k->high = get32(p + 61) * INT64_C(100);
	k->low = get32(p + 65) * INT64_C(100);
	k->last = get32(p + 69) * INT64_C(100);
	k->last_qty = get64(p + 73);
	k->average = get32(p + 81) * INT64_C(100);
	k->oi = get32(p + 103);
	k->circuit_high = get32(p + 119) * INT64_C(100);
	k->circuit_low = get32(p + 123) * INT64_C(100);
	k->lot = get32(p + 135);
	for (int i = 0; i < DEPTH_LEVELS; i++) {
		k->bid[i] = (struct depth_level){ get32(p + 152 + 16 * i) * INT64_C(100), get64(p + 144 + 16 * i) };
		k->ask[i] = (struct depth_level){ get32(p + 232 + 16 * i) * INT64_C(100), get64(p + 224 + 16 * i) };
	}
}

static void read_raw_all(const uint8_t *frames)
{
	for (size_t i = 0; i < PACKETS; i++)
		read_raw(frames + i * PACKET);
}

/* -- what is asked ------------------------------------------------------------------------------------------- */

static void print_fields(void *ctx, const struct sfeed_packet *p)
{
	FILE *out = ctx;

	fprintf(out, "%u %u %u %" PRId64, p->exchange, p->level, p->token, p->trade_time);
	fprintf(out, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, p->last, p->open, p->high, p->low, p->close, p->average);
	fprintf(out, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, p->last_qty, p->volume, p->oi, p->total_buy, p->total_sell);
	fprintf(out, " %" PRId64 " %" PRId64 " %u", p->circuit_low, p->circuit_high, p->lot);
	for (int i = 0; i < p->n_bid; i++)
		fprintf(out, " %" PRId64 "x%" PRId64, p->bid[i].price, p->bid[i].qty);
	for (int i = 0; i < p->n_ask; i++)
		fprintf(out, " %" PRId64 "x%" PRId64, p->ask[i].price, p->ask[i].qty);
	fputc('\n', out);
}

static int put_file(const char *path, const uint8_t *frames, const struct sfeed_scale *scale)
{
	struct sfeed_counts counts = { 0 };
	uint32_t size = BATCH * PACKET;
	FILE *out = fopen(path, "wb");

	if (!out)
		return 1;
	for (int i = 0; i < FRAMES; i++) {
		const uint8_t *frame = frames + (size_t)i * size;
		if (scale) {
			sfeed_decode(scale, frame, size, print_fields, out, &counts);
		} else {
			fwrite(&size, sizeof(size), 1, out);
			fwrite(frame, 1, size, out);
		}
	}
	return fclose(out) != 0;
}

static void measure(const struct sfeed_scale *scale, const uint8_t *frames)
{
	double ours[ROUNDS], bare[ROUNDS], ratio[ROUNDS];

	for (int r = 0; r < ROUNDS; r++) {
		double at = now_s();
		for (int i = 0; i < PASSES; i++)
			decode_all(scale, frames);
		ours[r] = PASSES * PACKETS / (now_s() - at);
		at = now_s();
		for (int i = 0; i < PASSES; i++) {
			read_raw_all(frames);
			__asm__ volatile("" ::: "memory"); /* or a pass would be all passes */
		}
		bare[r] = PASSES * PACKETS / (now_s() - at);
		ratio[r] = ours[r] / bare[r];
	}
	for (uint32_t i = 0; i < PACKETS; i++) /* both read the same */
		assert(books[i].last == raw[i].last && books[i].bid == raw[i].bid[0].price && books[i].volume == raw[i].volume);
	qsort(ours, ROUNDS, sizeof(double), ascending);
	qsort(bare, ROUNDS, sizeof(double), ascending);
	qsort(ratio, ROUNDS, sizeof(double), ascending);
	printf("{\"bench\":\"sfeed\",\"packet\":%d,\"batch\":%d,\"packets_per_s\":%.0f,\"ns\":%.1f,\"goal_packets_per_s\":40000000,\"unchecked_per_s\":%.0f,"
	       "\"ratio\":%.2f}\n", PACKET, BATCH, ours[ROUNDS / 2], 1e9 / ours[ROUNDS / 2], bare[ROUNDS / 2], ratio[ROUNDS / 2]);
}

int main(int argc, char **argv)
{
	uint8_t *frames = malloc((size_t)PACKETS * PACKET);
	uint64_t random = 20261123;
	struct sfeed_scale scale;
	int status = 0;

	for (uint32_t i = 0; i < PACKETS; i++)
		make_packet(frames + (size_t)i * PACKET, i, &random);
	sfeed_scale_init(&scale);
	if (argc == 3 && strcmp(argv[1], "write") == 0)
		status = put_file(argv[2], frames, NULL);
	else if (argc == 3 && strcmp(argv[1], "fields") == 0)
		status = put_file(argv[2], frames, &scale);
	else
		measure(&scale, frames);
	free(frames);
	return status;
}
