#include "lib/control/answers.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <sodium.h>

#include "lib/base/obj.h"

#define HASH 32

enum slot_state { SLOT_EMPTY, SLOT_PENDING, SLOT_RESULT, SLOT_FAULT };

struct slot {
	enum slot_state state;
	uint64_t ticket;
	uint8_t who[HASH], what[HASH];
	char *result;
	size_t len;
	struct control_fault *fault;
};

/* A ring: the ticket counts on and its slot is ticket % ANSWERS_KEPT, so the oldest is overwritten. */
struct answers { uint64_t last_ticket; struct slot slots[ANSWERS_KEPT]; };

static void slot_clear(struct slot *s)
{
	free(s->result);
	free(s->fault);
	*s = (struct slot){ 0 };
}

struct answers *answers_new(void)
{
	return calloc(1, sizeof(struct answers));
}

void answers_free(struct answers **a)
{
	for (size_t i = 0; *a && i < ANSWERS_KEPT; i++)
		slot_clear(&(*a)->slots[i]);
	free(*a);
	*a = NULL;
}

/* The NUL between the parts keeps ("ab","c") apart from ("a","bc"). */
static void hash_part(crypto_generichash_state *h, const char *text)
{
	crypto_generichash_update(h, (const unsigned char *)text, strlen(text) + 1);
}

static void hash_who(uint8_t *ret, const char *principal, const char *request_id)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, HASH);
	hash_part(&h, principal);
	hash_part(&h, request_id);
	crypto_generichash_final(&h, ret, HASH);
}

static void hash_what(uint8_t *ret, const char *method, const cJSON *params)
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, HASH);
	hash_part(&h, method);
	for (const cJSON *item = params ? params->child : NULL; item; item = item->next) {
		if (item->string[0] == '_')
			continue;
		char *text = cJSON_PrintUnformatted(item);
		hash_part(&h, item->string);
		hash_part(&h, text ? text : "");
		cJSON_free(text);
	}
	crypto_generichash_final(&h, ret, HASH);
}

static struct slot *find(struct answers *a, const uint8_t *who)
{
	for (size_t i = 0; i < ANSWERS_KEPT; i++)
		if (a->slots[i].state != SLOT_EMPTY && memcmp(a->slots[i].who, who, HASH) == 0)
			return &a->slots[i];
	return NULL;
}

enum answers_found answers_begin(struct answers *a, const char *principal, const char *request_id, const char *method,
                                 const cJSON *params, uint64_t *ret_ticket, struct answer *ret)
{
	uint8_t who[HASH], what[HASH];

	hash_who(who, principal, request_id);
	hash_what(what, method, params);
	struct slot *s = find(a, who);
	if (s && memcmp(s->what, what, HASH) != 0)
		return ANSWERS_OTHER;
	if (s && s->state == SLOT_PENDING)
		return ANSWERS_PENDING;
	if (s) {
		*ret = (struct answer){ s->result, s->len, s->fault };
		return ANSWERS_KNOWN;
	}
	s = &a->slots[++a->last_ticket % ANSWERS_KEPT];
	slot_clear(s);
	s->state = SLOT_PENDING;
	s->ticket = *ret_ticket = a->last_ticket;
	memcpy(s->who, who, HASH);
	memcpy(s->what, what, HASH);
	return ANSWERS_NEW;
}

/* NULL when the ring has gone round since. */
static struct slot *pending(struct answers *a, uint64_t ticket)
{
	struct slot *s = &a->slots[ticket % ANSWERS_KEPT];

	return ticket != 0 && s->ticket == ticket && s->state == SLOT_PENDING ? s : NULL;
}

void answers_keep_result(struct answers *a, uint64_t ticket, const char *result, size_t len)
{
	struct slot *s = pending(a, ticket);
	char *copy = s && len <= ANSWER_MAX ? malloc(len + 1) : NULL;

	if (!s)
		return;
	if (!copy) {
		slot_clear(s);
		return;
	}
	memcpy(copy, result, len);
	s->result = copy;
	s->len = len;
	s->state = SLOT_RESULT;
}

void answers_keep_fault(struct answers *a, uint64_t ticket, const struct control_fault *f)
{
	struct slot *s = pending(a, ticket);
	int http = control_code_def(f->code)->http;
	struct control_fault *copy = s && http != 429 && http < 500 ? malloc(sizeof(*copy)) : NULL;

	if (!s)
		return;
	if (!copy) {
		slot_clear(s);
		return;
	}
	*copy = *f;
	s->fault = copy;
	s->state = SLOT_FAULT;
}
