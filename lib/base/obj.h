/* Every long-lived struct starts with `uint32_t magic`; callbacks check it. Asserts stay on in production: a crash
 * here means restart, replay and reconcile, a tested path, and is safer than trading on a damaged object. */
#pragma once

#include <assert.h>
#include <stdint.h>

#ifdef NDEBUG
#error "asserts are part of the product; build without NDEBUG"
#endif

#define CHECK_OBJ(p, m) assert((p) != 0 && (p)->magic == (m))

/* Names what must never happen. */
#define WRONG(why) assert(!(why))

/* For a static function that a hot one seldom needs: inlined there, its registers and its stack's guard would cost at every call. */
#define SELDOM __attribute__((noinline))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
