#include "lib/base/library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static bool load(struct library *l)
{
	void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		snprintf(l->reason, sizeof(l->reason), "%s cannot be loaded; install the package %s", l->file, l->package);
		return false;
	}
	for (size_t i = 0; i < l->functions; i++) {
		void *function = dlsym(library, l->function[i].name);
		if (!function) {
			snprintf(l->reason, sizeof(l->reason), "%s has no %s; install a newer version of the package %s", l->file, l->function[i].name, l->package);
			dlclose(library);
			return false;
		}
		memcpy((char *)l->table + l->function[i].at, &function, sizeof(function));
	}
	return true;
}

bool library_load(struct library *l)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	bool loaded;

	pthread_mutex_lock(&lock);
	loaded = l->loaded = l->loaded || load(l);
	pthread_mutex_unlock(&lock);
	return loaded;
}
