/* The JSON inside a form body, for tests that read what went out. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "jData=%7B..." -> "{..." into ret, which holds as many bytes as the form. "" when it is no such form. */
static inline const char *form_read(const char *form, char *ret)
{
	char *to = ret;

	if (strncmp(form, "jData=", 6) == 0)
		for (const char *at = form + 6; *at; at++) {
			char byte[3] = { at[0], 0, 0 };

			if (*at == '%' && at[1] && at[2]) {
				memcpy(byte, at + 1, 2);
				byte[0] = (char)strtol(byte, NULL, 16);
				at += 2;
			}
			*to++ = byte[0];
		}
	*to = '\0';
	return ret;
}
