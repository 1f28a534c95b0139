/* `enginectl token NAME ROLE --file PATH`: a new bearer token. Its hash goes into the token file, itself to standard output, once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engined/ctl/ctl.h"
#include "lib/base/err.h"
#include "lib/control/tokens.h"

static const char usage[] = "enginectl token NAME read|trade|admin --file STATE/tokens\n"
	"Adds a bearer token to the file and prints it once; SIGHUP makes a running engine read the file again.\n";

static int complain(const char *what, const char *why, const char *remedy)
{
	fprintf(stderr, "enginectl token: %s: %s; %s\n", what, why, remedy);
	return CTL_EXIT_FAILED;
}

/* True when a line of the file begins with the name. */
static bool taken(const char *path, const char *name)
{
	FILE *f = fopen(path, "re");
	char line[512];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ';
	if (f)
		fclose(f);
	return found;
}

static int append(const char *path, const struct buf *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, line->data, line->len) == (ssize_t)line->len && fsync(fd) == 0;
	int err = written ? ERR_OK : err_from_errno(errno);

	if (fd >= 0)
		close(fd);
	return err;
}

static int make(const char *name, enum control_role role, const char *path)
{
	char token[AUTH_SECRET_TEXT];
	struct buf line = { 0 };
	int err = auth_token_make(name, role, token, &line);

	if (err != ERR_OK) {
		buf_done(&line);
		return complain(name, err_text(err), "a name has 1 to 31 letters, digits, '-' or '_'");
	}
	if (line.len == 0 || line.data[line.len - 1] != '\n')
		buf_putc(&line, '\n');
	err = line.failed ? ERR_NOMEM : append(path, &line);
	buf_done(&line);
	if (err != ERR_OK)
		return complain(path, err_text(err), "name the token file of the engine's state folder, as the user it runs as");
	puts(token);
	return CTL_EXIT_OK;
}

int ctl_token(int argc, char **argv)
{
	int role;

	if (argc != 5 || strcmp(argv[3], "--file") != 0)
		return ctl_usage(usage, argc, argv);
	role = control_role_find(argv[2]);
	if (role < ROLE_READ)
		return complain(argv[2], "is no role", "the roles are read, trade and admin");
	if (taken(argv[4], argv[1]))
		return complain(argv[1], "has a token already", "choose another name, or remove its line first");
	return make(argv[1], (enum control_role)role, argv[4]);
}
