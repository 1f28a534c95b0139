#include "lib/store/mongo/driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

#define LIBRARY "libmongoc-1.0.so.0"

static const struct { const char *name; size_t at; } functions[] = {
#define DRIVER(name) { "mongoc_" #name, offsetof(struct driver, name) },
#include "lib/store/mongo/driver.tbl.h"
#undef DRIVER
};
static struct { pthread_once_t once; bool good; char reason[160]; struct driver driver; } loaded = { .once = PTHREAD_ONCE_INIT };

static void load(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		snprintf(loaded.reason, sizeof(loaded.reason), LIBRARY " cannot be loaded; install the package libmongoc-1.0-0");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);
		if (!function) {
			snprintf(loaded.reason, sizeof(loaded.reason), LIBRARY " has no %s; install version 1.23 or newer", functions[i].name);
			return;
		}
		memcpy((char *)&loaded.driver + functions[i].at, &function, sizeof(function));
	}
	loaded.driver.init();
	loaded.driver.log_set_handler(NULL, NULL); /* it writes to stderr, and not always without secrets; errors are the store's to tell */
	loaded.good = true;
}

const struct driver *driver_load(const char **ret_reason)
{
	pthread_once(&loaded.once, load);
	if (!loaded.good)
		*ret_reason = loaded.reason;
	return loaded.good ? &loaded.driver : NULL;
}
