/* Percent-encoding of form values. */
#pragma once

/* Puts the encoded text at `to` and returns where it ends, not NUL-terminated. Room: FORM_ROOM of the text's length. */
#define FORM_ROOM(len) (3 * (len) + 4) /* the last store may go beyond its text */
char *form_put(char *to, const char *text);
/* The same with what stands between the quotes of a JSON text: NULL when the text is empty or could not stand there as it is. */
char *form_put_quoted(char *to, const char *text);
