/* How an offline tool says the way it is called. Apart from help.c: a tool is tested without the table of commands. */
#include "engined/ctl/ctl.h"

#include <string.h>

bool ctl_asks_help(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "--help") == 0;
}

int ctl_usage(const char *text, int argc, char **argv)
{
	bool asked = ctl_asks_help(argc, argv);

	fputs(text, asked ? stdout : stderr);
	return asked ? CTL_EXIT_OK : CTL_EXIT_USAGE;
}
