/* A child of the drill dies with it: the kernel is asked for that before the exec, since a drill may be killed too. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engined/drill/drill.h"

#define LOOK_US 200

static void become(const char *const argv[], const char *const env[], int out, const char *log)
{
	int err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), in = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0); /* Ctrl-C is for the drill; it ends its children itself */
	if (err >= 0 && in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out < 0 ? err : out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
		execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env); /* execve(2) changes neither; its type is older than const */
	_exit(127);
}

pid_t drill_child_start(const char *const argv[], const char *const env[], int out, const char *log)
{
	pid_t pid = fork();

	if (pid == 0)
		become(argv, env, out, log);
	return pid;
}

bool drill_child_ended(pid_t pid, int ms, int *ret_status)
{
	nanos_t until = clock_mono() + ms * NANOS_MS;
	pid_t got;

	while ((got = waitpid(pid, ret_status, WNOHANG)) == 0 && clock_mono() < until)
		usleep(LOOK_US);
	return got == pid || (got < 0 && errno == ECHILD);
}

void drill_child_kill(pid_t *pid)
{
	int status;

	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, &status, 0);
	*pid = -1;
}
