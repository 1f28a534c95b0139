/* Every function of libcurl that is called here, under its own name and with its own header's check of the arguments. */
#include "lib/loop/load.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>

#include <curl/curl.h>

#include "lib/base/library.h"
#include "lib/base/obj.h"

#undef curl_easy_setopt /* macros that check the callers' arguments */
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define PLAIN(F) \
	F(CURLcode, curl_global_init, (long flags), (flags)) \
	F(void, curl_global_cleanup, (void), ()) \
	F(time_t, curl_getdate, (const char *text, const time_t *unused), (text, unused)) \
	F(struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text)) \
	F(void, curl_slist_free_all, (struct curl_slist *list), (list)) \
	F(CURL *, curl_easy_init, (void), ()) \
	F(void, curl_easy_cleanup, (CURL *easy), (easy)) \
	F(const char *, curl_easy_strerror, (CURLcode code), (code)) \
	F(CURLM *, curl_multi_init, (void), ()) \
	F(CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi)) \
	F(CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *easy), (multi, easy)) \
	F(CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *easy), (multi, easy)) \
	F(CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left)) \
	F(CURLMcode, curl_multi_assign, (CURLM *multi, curl_socket_t fd, void *ctx), (multi, fd, ctx)) \
	F(CURLMcode, curl_multi_socket_action, (CURLM *multi, curl_socket_t fd, int what, int *running), (multi, fd, what, running))
#define VARIADIC(F) \
	F(CURLcode, curl_easy_setopt, CURL, CURLoption) \
	F(CURLcode, curl_easy_getinfo, CURL, CURLINFO) \
	F(CURLMcode, curl_multi_setopt, CURLM, CURLMoption)

#define POINTER(type, name, ...) __typeof__(name) *name;
static struct { PLAIN(POINTER) VARIADIC(POINTER) } table;

#define FUNCTION(type, name, ...) { #name, offsetof(__typeof__(table), name) },
static const struct library_function functions[] = { PLAIN(FUNCTION) VARIADIC(FUNCTION) };
static struct library library = {
	.file = CURL_SONAME, .package = "libcurl4", .function = functions, .functions = ARRAY_LEN(functions), .table = &table,
};

bool load_curl(void)
{
	return library_load(&library);
}

#define CALL(type, name, parameters, arguments) type name parameters { return table.name arguments; }
PLAIN(CALL)

/* What they take is a long, a pointer or a curl_off_t, and each of these travels like a pointer. */
static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *), "an argument of libcurl's is passed on as a pointer");
#define CALL_VARIADIC(type, name, handle, option) \
	type name(handle *of, option what, ...) \
	{ \
		va_list arguments; \
		va_start(arguments, what); \
		void *value = va_arg(arguments, void *); \
		va_end(arguments); \
		return table.name(of, what, value); \
	}
VARIADIC(CALL_VARIADIC)
