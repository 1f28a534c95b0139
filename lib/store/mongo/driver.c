#include "lib/store/mongo/driver.h"

#include <pthread.h>
#include <stddef.h>

#include "lib/base/library.h"
#include "lib/base/obj.h"

static struct driver driver;
static const struct library_function functions[] = {
#define DRIVER(name) { "mongoc_" #name, offsetof(struct driver, name) },
#include "lib/store/mongo/driver.tbl.h"
#undef DRIVER
};
static struct library library = {
	.file = "libmongoc-1.0.so.0", .package = "libmongoc-1.0-0", .function = functions, .functions = ARRAY_LEN(functions), .table = &driver,
};
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void)
{
	driver.init();
	driver.log_set_handler(NULL, NULL); /* it writes to stderr, and not always without secrets; errors are the store's to tell */
}

const struct driver *driver_load(const char **ret_reason)
{
	if (!library_load(&library)) {
		*ret_reason = library.reason;
		return NULL;
	}
	pthread_once(&once, begin);
	return &driver;
}
