/* Every function of libwebsockets that is called here, under its own name. */
#include "lib/loop/load.h"

#include <stddef.h>

#include <libwebsockets.h>

#include "lib/base/library.h"
#include "lib/base/obj.h"

#define PLAIN(F) \
	F(void, lws_set_log_level, (int level, void (*emit)(int level, const char *line)), (level, emit)) \
	F(struct lws_context *, lws_create_context, (const struct lws_context_creation_info *info), (info)) \
	F(void, lws_context_destroy, (struct lws_context *context), (context)) \
	F(struct lws *, lws_client_connect_via_info, (const struct lws_client_connect_info *info), (info)) \
	F(void, lws_set_opaque_user_data, (struct lws *wsi, void *data), (wsi, data)) \
	F(void *, lws_get_opaque_user_data, (const struct lws *wsi), (wsi)) \
	F(void, lws_set_timeout, (struct lws *wsi, enum pending_timeout reason, int s), (wsi, reason, s)) \
	F(int, lws_callback_on_writable, (struct lws *wsi), (wsi)) \
	F(int, lws_write, (struct lws *wsi, unsigned char *bytes, size_t len, enum lws_write_protocol kind), (wsi, bytes, len, kind)) \
	F(int, lws_is_final_fragment, (struct lws *wsi), (wsi)) \
	F(size_t, lws_remaining_packet_payload, (struct lws *wsi), (wsi)) \
	F(int, lws_frame_is_binary, (struct lws *wsi), (wsi))

#define POINTER(type, name, ...) __typeof__(name) *name;
static struct { PLAIN(POINTER) } table;

#define FUNCTION(type, name, ...) { #name, offsetof(__typeof__(table), name) },
static const struct library_function functions[] = { PLAIN(FUNCTION) };
static struct library library = {
	.file = WEBSOCKETS_SONAME, .package = "libwebsockets17", .function = functions, .functions = ARRAY_LEN(functions), .table = &table,
};

bool load_websockets(void)
{
	return library_load(&library);
}

#define CALL(type, name, parameters, arguments) type name parameters { return table.name arguments; }
PLAIN(CALL)
