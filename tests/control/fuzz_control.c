/* Bytes of a client through frame, message and params, as the server does it; and through the reader of answers. Oracle:
 * the sanitizers, every fault has its sentences, and what was accepted is inside its bounds.
 *     clang -fsanitize=fuzzer,address,undefined -DSAUDA_LIBFUZZER ...     or     fuzz_control [CASES [SEED]]  */
#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/control/frame.h"
#include "lib/control/message.h"
#include "lib/control/params.h"
#include "tests/fuzz.h"

static void check_args(const struct control_command *c, const struct control_args *args)
{
	for (const struct control_param *p = c->params; p->name; p++) {
		const struct control_value *v = control_arg(args, p->name);
		bool bounded = p->min != 0 || p->max != 0;

		assert(v || !p->required);
		if (v && (p->type == CTL_TYPE_INT || p->type == CTL_TYPE_UINT || p->type == CTL_TYPE_DEC) && bounded)
			assert(v->number >= p->min && v->number <= p->max);
		if (v && p->type == CTL_TYPE_STR)
			assert((int64_t)strlen(v->text) >= p->min && (int64_t)strlen(v->text) <= p->max);
	}
}

/* The short way to a plain request and the long way, which a space in front chooses, must say the same. */
static void check_ways_agree(const char *line, size_t len)
{
	char *spaced = malloc(len + 2), id[2][MESSAGE_ID_MAX];
	struct message m[2] = { 0 };
	struct control_fault f[2];

	assert(spaced);
	spaced[0] = ' ';
	memcpy(spaced + 1, line, len);
	spaced[len + 1] = '\0';
	int shorter = message_parse(line, len, &m[0], id[0], &f[0]), longer = message_parse(spaced, len + 1, &m[1], id[1], &f[1]);
	assert(shorter == longer && strcmp(id[0], id[1]) == 0);
	if (shorter != 0)
		assert(f[0].code == f[1].code);
	else
		assert(strcmp(m[0].method, m[1].method) == 0 && strcmp(m[0].id, m[1].id) == 0 && !m[0].params == !m[1].params &&
		       (!m[0].params || cJSON_Compare(m[0].params, m[1].params, true)));
	message_done(&m[0]);
	message_done(&m[1]);
	free(spaced);
}

static void try_line(const char *line, size_t len)
{
	struct control_fault f = { .code = CODE_COUNT };
	struct message_answer answer;
	struct control_args args;
	struct message m;
	char id[MESSAGE_ID_MAX];

	message_split(line, len, &answer);
	check_ways_agree(line, len);
	if (message_parse(line, len, &m, id, &f) != 0) {
		assert(f.code < CODE_COUNT && f.detail[0] && f.remedy[0]);
		struct buf out = { 0 };
		message_put_fault(&out, id, &f);
		assert(message_split(out.data, out.len, &answer) == 0 && memchr(out.data, '\n', out.len) == out.data + out.len - 1);
		message_read_fault(answer.error, &f);
		buf_done(&out);
		return;
	}
	const struct control_command *c = control_command_find(m.method);
	if (c && control_params_check(c, m.params, &args, &f) == 0)
		check_args(c, &args);
	message_done(&m);
}

/* The first byte chooses how the rest is split. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step = size > 0 ? data[0] % 17 + 1 : 1, len = 0;
	struct frame f = { .limit = 512 };
	char *line;
	int got;

	for (size_t at = 1; at < size;) {
		size_t room = 0, n = size - at < step ? size - at : step;
		char *space = frame_space(&f, &room);

		n = n < room ? n : room;
		memcpy(space, data + at, n);
		frame_filled(&f, n);
		at += n;
		while ((got = frame_line(&f, &line, &len)) != 0)
			if (got > 0)
				try_line(line, len);
	}
	frame_done(&f);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
/* Requests that are nearly right reach further than noise: seeds are spoilt byte by byte and spliced. */
static const char *const seeds[] = {
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n",
	"{\"jsonrpc\":\"2.0\",\"id\":\"k\",\"method\":\"kill\",\"params\":{\"rung\":\"flatten\",\"reason\":\"\xe2\x82\xb9\"}}\n",
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"orders\",\"params\":{\"limit\":1000,\"before\":\"7\",\"from\":\"2023-04-10\"}}\n",
	"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"risk.set\",\"params\":{\"limit\":\"x\",\"value\":-1.5e3,"
		"\"_auth\":{\"role\":\"read\"}}}\n",
	"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"strategy.set\",\"params\":{\"id\":\"amd\","
		"\"params\":{\"a\":\"\\u00e9\\ud83d\\ude00\"}}}\n",
	"[[{}]]\n{\"id\":null}\n",
};

static size_t make_case(uint64_t *random, uint8_t *out, size_t cap)
{
	static const char likely[] = "{}[]\":,\\\n\0-+.eE0u\xff\x80n";
	size_t len = 1;

	out[0] = (uint8_t)prng_next(random);
	for (uint64_t parts = 1 + prng_below(random, 3); parts > 0; parts--) {
		const char *seed = seeds[prng_below(random, ARRAY_LEN(seeds))];
		size_t n = prng_below(random, 4) == 0 ? prng_below(random, strlen(seed)) : strlen(seed);

		n = n < cap - len ? n : cap - len;
		memcpy(out + len, seed, n);
		len += n;
	}
	for (uint64_t changes = prng_below(random, 6); changes > 0; changes--)
		out[prng_below(random, len)] = prng_below(random, 3) ? (uint8_t)likely[prng_below(random, sizeof(likely) - 1)] :
		                                                      (uint8_t)prng_next(random);
	return len;
}

int main(int argc, char **argv)
{
	return fuzz_run(fuzz_begin("fuzz_control", 20000, argc, argv), make_case);
}
#endif
