/* A shared library that is loaded when its use begins: a program that does not use it pays neither its time nor its memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct library_function { const char *name; size_t at; /* of its pointer in the table */ };
struct library {
	const char *file, *package; /* what the linker calls it; what to install when it is not there */
	const struct library_function *function;
	size_t functions;
	void *table;                /* its pointers, valid once loaded */
	bool loaded;
	char reason[160];
};

/* Loads it for good and fills the table, unless that is done. false: l->reason says what is missing, and the next call tries again. Thread-safe. */
bool library_load(struct library *l);
