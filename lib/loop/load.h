/* libcurl and libwebsockets, loaded when the first client opens: with what they need they take 5 MB and some milliseconds, which a program that opens
 * none shall not pay. Their functions are called by their own names and may not be before this said that they are there. */
#pragma once

#include <stdbool.h>

bool load_curl(void);
bool load_websockets(void);
