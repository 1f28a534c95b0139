/* The last member of a backup: what is in it, by whom and when, and each file's SHA-256. */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/backup/backup.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/core/core.h"

const char *const backup_modes[BACKUP_MODES] = { "demo", "replay", "paper", "live" };

int backup_error_set(struct backup_error *error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

/* -- names ------------------------------------------------------------------------------------------------------------------------------------ */

/* PREFIX, 20 digits, SUFFIX. */
static bool numbered(const char *name, const char *prefix, const char *suffix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && strspn(name + len, "0123456789") == 20 && strcmp(name + len + 20, suffix) == 0;
}

static bool in_a_journal(const char *name)
{
	for (size_t i = 0; i < BACKUP_MODES; i++) {
		size_t len = strlen(backup_modes[i]);

		if (strncmp(name, backup_modes[i], len) != 0 || strncmp(name + len, "/journal/", 9) != 0)
			continue;
		name += len + 9;
		return numbered(name, "", ".journal") || numbered(name, "", ".journal.zst") || numbered(name, "checkpoint-", "");
	}
	return false;
}

bool manifest_name_known(const char *name)
{
	static const char *const known[] = { "tokens", "admin.token", "kill", "sauda.conf" };
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(name, known[i]) == 0)
			return true;
	}
	if (strncmp(name, "watchdog/", 9) == 0)
		return len > 13 && strchr(name + 9, '/') == NULL && strcmp(name + len - 4, ".log") == 0 && tar_name_safe(name);
	return in_a_journal(name);
}

const struct backup_journal *manifest_journal(const struct backup_manifest *m, const char *mode)
{
	for (uint32_t i = 0; i < m->journals; i++) {
		if (strcmp(m->journal[i].mode, mode) == 0)
			return &m->journal[i];
	}
	return NULL;
}

/* -- writing ---------------------------------------------------------------------------------------------------------------------------------- */

int manifest_add(struct backup_manifest *m, const char *name, uint64_t size, const uint8_t sum[32])
{
	struct backup_file *more = realloc(m->file, (m->files + 1) * sizeof(*more));

	if (more == NULL)
		return ERR_NOMEM;
	m->file = more;
	struct backup_file *f = &m->file[m->files++];
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->size = size;
	for (size_t i = 0; i < 32; i++)
		snprintf(f->sum + 2 * i, 3, "%02x", sum[i]);
	return ERR_OK;
}

static void print_journal(const struct backup_journal *b, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "mode", b->mode);
	json_str(j, "id", b->id);
	json_uint(j, "first_seq", b->first_seq);
	json_uint(j, "last_seq", b->last_seq);
	json_stamp(j, "last_stamp", b->last_stamp);
	json_str(j, "hash", b->hash);
	json_object_end(j);
}

void manifest_print(const struct backup_manifest *m, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	json_uint(&j, "format", m->format);
	json_str(&j, "engine", m->version);
	json_uint(&j, "core", m->core);
	json_stamp(&j, "made", m->made);
	json_bool(&j, "secrets", m->secrets);
	json_bool(&j, "recent", m->recent);
	json_array(&j, "journals");
	for (uint32_t i = 0; i < m->journals; i++)
		print_journal(&m->journal[i], &j);
	json_array_end(&j);
	json_array(&j, "files");
	for (size_t i = 0; i < m->files; i++) {
		json_object(&j, NULL);
		json_str(&j, "name", m->file[i].name);
		json_uint(&j, "size", m->file[i].size);
		json_str(&j, "sha256", m->file[i].sum);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
}

void manifest_done(struct backup_manifest *m)
{
	free(m->file);
	*m = (struct backup_manifest){ 0 };
}

/* -- reading ---------------------------------------------------------------------------------------------------------------------------------- */

static bool take_uint(const cJSON *o, const char *key, uint64_t *ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > 9007199254740992.0)
		return false;
	*ret = (uint64_t)item->valuedouble;
	return true;
}

static bool take_text(const cJSON *o, const char *key, char *ret, size_t size)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsString(item) && snprintf(ret, size, "%s", item->valuestring) < (int)size;
}

static bool take_stamp(const cJSON *o, const char *key, nanos_t *ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsString(item) && stamp_parse(item->valuestring, strlen(item->valuestring), ret) == ERR_OK;
}

/* It becomes part of a path: one of ours, and each once. */
static bool take_mode(const cJSON *o, const struct backup_manifest *m, char ret[8])
{
	char mode[8];

	if (!take_text(o, "mode", mode, sizeof(mode)) || manifest_journal(m, mode) != NULL)
		return false;
	for (size_t i = 0; i < BACKUP_MODES; i++) {
		if (strcmp(mode, backup_modes[i]) == 0)
			return memcpy(ret, mode, sizeof(mode)) != NULL;
	}
	return false;
}

static bool take_journals(const cJSON *root, struct backup_manifest *m)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "journals"), *o;

	cJSON_ArrayForEach(o, list) {
		struct backup_journal *b = &m->journal[m->journals];

		if (m->journals == BACKUP_MODES || !take_mode(o, m, b->mode) || !take_text(o, "id", b->id, sizeof(b->id)) ||
		    !take_uint(o, "first_seq", &b->first_seq) || !take_uint(o, "last_seq", &b->last_seq) ||
		    !take_stamp(o, "last_stamp", &b->last_stamp) || !take_text(o, "hash", b->hash, sizeof(b->hash)))
			return false;
		m->journals++;
	}
	return m->journals > 0;
}

static bool take_files(const cJSON *root, struct backup_manifest *m)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "files"), *o;
	static const uint8_t none[32];

	cJSON_ArrayForEach(o, list) {
		struct backup_file f;

		if (!take_text(o, "name", f.name, sizeof(f.name)) || !take_uint(o, "size", &f.size) || !take_text(o, "sha256", f.sum, sizeof(f.sum)) ||
		    manifest_add(m, f.name, f.size, none) != ERR_OK)
			return false;
		m->file[m->files - 1] = f;
	}
	return m->files > 0;
}

/* What is newer is told before what is not understood: it may be the same thing. */
static int take_all(const cJSON *root, struct backup_manifest *m, struct backup_error *error)
{
	uint64_t format, core;

	if (!take_uint(root, "format", &format) || !take_uint(root, "core", &core) || format == 0 || format > UINT32_MAX || core > UINT32_MAX)
		return backup_error_set(error, ERR_CORRUPT, BACKUP_MANIFEST " is not one of a backup");
	take_text(root, "engine", m->version, sizeof(m->version));
	m->format = (uint32_t)format;
	m->core = (uint32_t)core;
	if (format > BACKUP_FORMAT || core > CORE_VERSION)
		return backup_error_set(error, ERR_VERSION, "it was made by a newer build (%s, format %u, core %u; here: format %d, core %d): install that build first",
		                        m->version[0] ? m->version : "of no name", m->format, m->core, BACKUP_FORMAT, CORE_VERSION);
	m->secrets = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "secrets"));
	m->recent = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "recent"));
	if (!take_stamp(root, "made", &m->made) || !take_journals(root, m) || !take_files(root, m))
		return backup_error_set(error, ERR_CORRUPT, BACKUP_MANIFEST " is not whole");
	return ERR_OK;
}

int manifest_parse(struct backup_manifest *m, const char *text, size_t len, struct backup_error *error)
{
	cJSON *root = cJSON_ParseWithLength(text, len);

	*m = (struct backup_manifest){ 0 };
	int err = take_all(root, m, error);

	cJSON_Delete(root);
	if (err != ERR_OK)
		manifest_done(m);
	return err;
}
