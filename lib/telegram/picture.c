#include "lib/telegram/picture.h"

#include <zlib.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define MARGIN 8
#define ROW (PICTURE_WIDTH / 4 + 1) /* two bits a point, and the row's filter */

enum ink { INK_PAPER, INK_BASE, INK_GAIN, INK_LOSS };
static const uint8_t palette[] = { 0xff, 0xff, 0xff, 0x80, 0x80, 0x80, 0x0a, 0x7a, 0x3d, 0xb4, 0x23, 0x18 };

struct picture { uint8_t rows[PICTURE_HEIGHT][ROW]; };

static void dot(struct picture *p, int x, int y, enum ink ink)
{
	unsigned shift = 6 - 2 * ((unsigned)x & 3);
	uint8_t *at = &p->rows[y][1 + x / 4];

	*at = (uint8_t)((*at & ~(3u << shift)) | ((unsigned)ink << shift));
}

/* -- the curve ---------------------------------------------------------------------------------------------------------------- */

struct scale { money_t low, span; };

static struct scale scale_of(const money_t *points, size_t n)
{
	money_t low = points[0], high = points[0];

	for (size_t i = 1; i < n; i++) {
		low = points[i] < low ? points[i] : low;
		high = points[i] > high ? points[i] : high;
	}
	return (struct scale){ low, high > low ? high - low : 1 };
}

static int y_of(const struct scale *s, money_t value)
{
	int64_t up = 0;

	num_mul_div(value - s->low, PICTURE_HEIGHT - 1 - 2 * MARGIN, s->span, &up);
	return PICTURE_HEIGHT - 1 - MARGIN - (int)up;
}

/* Of the straight line between the two points around x. */
static money_t value_at(const money_t *points, size_t n, int x)
{
	int64_t last = PICTURE_WIDTH - 1 - 2 * MARGIN, at = (int64_t)(x - MARGIN) * (int64_t)(n - 1), part = at % last, add = 0;
	size_t i = (size_t)(at / last);

	if (i + 1 >= n)
		return points[n - 1];
	num_mul_div(points[i + 1] - points[i], part, last, &add);
	return points[i] + add;
}

static void draw_curve(struct picture *p, const struct scale *s, const money_t *points, size_t n)
{
	int before = y_of(s, points[0]);

	for (int x = MARGIN; x < PICTURE_WIDTH - MARGIN; x++) {
		money_t value = value_at(points, n, x);
		int y = y_of(s, value), from = y < before ? y : before, to = y < before ? before : y;

		for (int at = from; at <= to + 1 && at < PICTURE_HEIGHT; at++) /* two points thick */
			dot(p, x, at, value < points[0] ? INK_LOSS : INK_GAIN);
		before = y;
	}
}

static void draw_base(struct picture *p, int y)
{
	for (int x = MARGIN; x < PICTURE_WIDTH - MARGIN; x += 4)
		dot(p, x, y, INK_BASE);
}

/* -- the file: signature, head, palette, one block of rows, end ---------------------------------------------------------------------- */

static void put_number(struct buf *b, uint32_t n)
{
	uint8_t bytes[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	buf_put(b, bytes, sizeof(bytes));
}

static void put_chunk(struct buf *b, const char *type, const void *bytes, size_t len)
{
	uLong crc = crc32(crc32(0, NULL, 0), (const Bytef *)type, 4);

	put_number(b, (uint32_t)len);
	buf_put(b, type, 4);
	if (len > 0) {
		buf_put(b, bytes, len);
		crc = crc32(crc, bytes, (uInt)len);
	}
	put_number(b, (uint32_t)crc);
}

static int put_file(struct buf *b, const struct picture *p)
{
	static const uint8_t head[] = { 0, 0, PICTURE_WIDTH >> 8, PICTURE_WIDTH & 255, 0, 0, PICTURE_HEIGHT >> 8, PICTURE_HEIGHT & 255, 2, 3, 0, 0, 0 };
	static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	uint8_t packed[sizeof(*p) + 1024];
	uLongf len = sizeof(packed);

	if (compress2(packed, &len, (const Bytef *)p, sizeof(*p), 6) != Z_OK)
		return ERR_NOMEM;
	buf_put(b, signature, sizeof(signature));
	put_chunk(b, "IHDR", head, sizeof(head));
	put_chunk(b, "PLTE", palette, sizeof(palette));
	put_chunk(b, "IDAT", packed, len);
	put_chunk(b, "IEND", NULL, 0);
	return b->failed ? ERR_NOMEM : ERR_OK;
}

int picture_curve(const money_t *points, size_t n, struct buf *png)
{
	struct picture p = { 0 };

	if (n < 2)
		return ERR_NOENT;
	for (size_t i = 0; i < n; i++)
		if (points[i] < -NUM_DECIMAL_MAX || points[i] > NUM_DECIMAL_MAX)
			return ERR_RANGE;
	struct scale s = scale_of(points, n);
	draw_base(&p, y_of(&s, points[0]));
	draw_curve(&p, &s, points, n);
	return put_file(png, &p);
}
