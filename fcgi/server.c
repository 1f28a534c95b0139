#include "fcgi/server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi/connection.h"
#include "fcgi/link.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/manager.h"
#include "lib/base/obj.h"
#include "lib/control/snapshot.h"

#define API_SERVER_MAGIC 0x53657276
#define BACKLOG 4096               /* nginx does not try a full queue again, it answers 502 */
#define SEND_BUFFER (512 * 1024)
#define EVENTS_MAX 256
#define ACCEPT_MAX 64              /* in one turn, so that a flood of connections delays nobody's answer */

/* What epoll's events are named; a connection by CONNECTION_TAG + its index, with its generation above. */
enum { LISTEN_TAG, SIGNAL_TAG, LINK_TAG, CONNECTION_TAG };

struct server {
	uint32_t magic;
	struct server_options options;
	int epoll, listener, signals;
	struct link *link;
	struct api *api;
	bool stopping, accepting, lent; /* lent: the service manager opened the listener, and keeps it */
	struct manager manager;
	nanos_t ticked, stop_at;
	unsigned long busy;
	struct connection_options shared;
	struct connection *free;
	unsigned connection_count;
	struct connection connections[SERVER_CONNECTIONS];
};

/* -- opening ------------------------------------------------------------------------------------------------------- */

static int watch(struct server *s, int operation, int fd, uint64_t tag, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = tag };

	return epoll_ctl(s->epoll, operation, fd, &event) == 0 ? 0 : err_from_errno(errno);
}

/* A socket file that nobody answers on is what a killed worker left behind. */
static int clear_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int answered = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
	int failed = errno;
	struct stat st;

	close(fd);
	if (answered) {
		log_error("listen", "another engine-api answers on %s; stop it first", address->sun_path);
		return ERR_BUSY;
	}
	if (failed == ECONNREFUSED && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(address->sun_path);
	return 0;
}

/* A listener that systemd holds: who connects while we restart waits in its queue. */
static int take_listener(struct server *s)
{
	s->listener = manager_listener();
	s->lent = s->accepting = s->listener >= 0;
	return s->lent ? watch(s, EPOLL_CTL_ADD, s->listener, LISTEN_TAG, EPOLLIN) : ERR_NOENT;
}

static int open_listener(struct server *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = s->options.listen_path;

	if (strlen(path) >= sizeof(address.sun_path)) {
		log_error("listen", "the socket path has more than %zu bytes: %s", sizeof(address.sun_path) - 1, path);
		return ERR_RANGE;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	int err = clear_stale(&address);
	if (err)
		return err;
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* umask, so that there is no moment in which others may connect. */
	mode_t mask = umask(0117);
	int bound = bind(s->listener, (struct sockaddr *)&address, sizeof(address));
	int failed = errno;
	umask(mask);
	if (bound != 0 || listen(s->listener, BACKLOG) != 0) {
		failed = bound ? failed : errno;
		log_error("listen", "cannot listen on %s (%s)", path, strerror(failed));
		return err_from_errno(failed);
	}
	s->accepting = true;
	return watch(s, EPOLL_CTL_ADD, s->listener, LISTEN_TAG, EPOLLIN);
}

/* Signals become readable events: no handler, no race, and libfcgi's own handlers never run. */
static int open_signals(struct server *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals < 0 ? err_from_errno(errno) : watch(s, EPOLL_CTL_ADD, s->signals, SIGNAL_TAG, EPOLLIN);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= SERVER_CONNECTIONS + 64)
		return;
	limit.rlim_cur = limit.rlim_max < SERVER_CONNECTIONS + 64 ? limit.rlim_max : SERVER_CONNECTIONS + 64;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warn("listen", "only %lu descriptors may be open (%s)", (unsigned long)limit.rlim_cur, strerror(errno));
}

static int open_parts(struct server *s)
{
	int err = FCGX_Init() == 0 ? 0 : ERR_NOMEM;

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!err && s->epoll < 0)
		err = err_from_errno(errno);
	if (!err)
		err = open_signals(s);
	if (!err)
		err = link_open(&s->link, s->options.control_path, s->epoll, LINK_TAG);
	if (!err)
		err = api_open(&s->api, s->options.snapshot_path, s->link);
	s->shared = (struct connection_options){ s->api, s->epoll, s->options.access_log, &s->busy };
	if (err)
		log_error("start", "%s", err_text(err));
	if (!err && (err = take_listener(s)) == ERR_NOENT)
		err = open_listener(s);
	return err;
}

int server_open(struct server **ret, const struct server_options *o)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NOMEM;
	s->magic = API_SERVER_MAGIC;
	s->options = *o;
	s->epoll = s->listener = s->signals = -1;
	manager_open(&s->manager);
	raise_descriptor_limit();
	int err = open_parts(s);
	if (err) {
		server_close(&s);
		return err;
	}
	*ret = s;
	return 0;
}

void server_close(struct server **at)
{
	struct server *s = *at;

	*at = NULL;
	if (!s)
		return;
	CHECK_OBJ(s, API_SERVER_MAGIC);
	for (size_t i = 0; i < s->connection_count; i++)
		connection_close(&s->connections[i]);
	if (s->listener >= 0)
		close(s->listener);
	if (s->accepting && !s->lent)
		unlink(s->options.listen_path);
	if (s->signals >= 0)
		close(s->signals);
	link_close(&s->link);
	api_close(&s->api);
	if (s->epoll >= 0)
		close(s->epoll);
	manager_close(&s->manager);
	s->magic = 0;
	free(s);
}

/* -- connections --------------------------------------------------------------------------------------------------- */

static struct connection *take_place(struct server *s)
{
	struct connection *c = s->free;

	if (c) {
		s->free = c->next;
		return c;
	}
	if (s->connection_count == SERVER_CONNECTIONS)
		return NULL;
	c = &s->connections[s->connection_count++];
	connection_init(c, &s->shared, (uint32_t)(c - s->connections) + CONNECTION_TAG);
	return c;
}

/* When every place is taken, nginx's next connections wait in the kernel's queue. */
static void set_accepting(struct server *s, bool on)
{
	if (s->accepting == on || s->stopping)
		return;
	s->accepting = on;
	watch(s, EPOLL_CTL_MOD, s->listener, LISTEN_TAG, on ? EPOLLIN : 0);
}

static void give_place(struct server *s, struct connection *c)
{
	c->next = s->free;
	s->free = c;
	set_accepting(s, true);
}

static void open_connection(struct server *s, struct connection *c, int fd, nanos_t now)
{
	int size = SEND_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (connection_open(c, fd, now) != 0)
		give_place(s, c);
}

static void accept_connections(struct server *s, nanos_t now)
{
	for (int i = 0; i < ACCEPT_MAX; i++) {
		struct connection *c = take_place(s);

		if (!c) {
			set_accepting(s, false);
			return;
		}
		int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			open_connection(s, c, fd, now);
			continue;
		}
		int failed = errno;
		give_place(s, c);
		if (failed == EAGAIN || failed == EINTR || failed == ECONNABORTED)
			return;
		/* Out of descriptors or memory: trying again at once would only burn the processor. */
		log_warn("listen", "a connection could not be accepted (%s); waiting a second", strerror(failed));
		set_accepting(s, false);
		return;
	}
}

/* -- the loop ------------------------------------------------------------------------------------------------------ */

static void begin_stop(struct server *s, nanos_t now)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info) || s->stopping)
		return;
	log_info("stop", "answering the requests that have begun, then leaving");
	manager_stopping(&s->manager);
	if (!s->lent)
		unlink(s->options.listen_path);
	close(s->listener);
	s->listener = -1;
	s->accepting = false;
	s->stopping = true;
	s->stop_at = now + LINK_DEADLINE + NANOS_SECOND;
}

static void connection_event(struct server *s, const struct epoll_event *event, nanos_t now)
{
	struct connection *c = &s->connections[(event->data.u64 & UINT32_MAX) - CONNECTION_TAG];

	if (c->generation == event->data.u64 >> 32 && c->state != CONNECTION_FREE && !connection_ready(c, event->events, now))
		give_place(s, c);
}

static void handle(struct server *s, const struct epoll_event *event, nanos_t now)
{
	switch (event->data.u64) {
	case LISTEN_TAG:
		if (s->listener >= 0)
			accept_connections(s, now);
		break;
	case SIGNAL_TAG:
		begin_stop(s, now);
		break;
	case LINK_TAG:
		link_ready(s->link, event->events);
		break;
	default:
		connection_event(s, event, now);
	}
}

/* Closes what has waited too long, and what libfcgi closed while an answer of the engine was written. */
static void tick(struct server *s, nanos_t now)
{
	link_expire(s->link, now);
	if (now - s->ticked < NANOS_SECOND)
		return;
	s->ticked = now;
	set_accepting(s, s->free || s->connection_count < SERVER_CONNECTIONS);
	for (size_t i = 0; i < s->connection_count; i++) {
		struct connection *c = &s->connections[i];
		if (c->state != CONNECTION_FREE && !connection_tick(c, now))
			give_place(s, c);
	}
}

static int wait_ms(const struct server *s, nanos_t now)
{
	nanos_t next = link_next_deadline(s->link);

	if (next == STAMP_NEVER || next - now > NANOS_SECOND)
		return s->stopping ? 50 : 1000;
	return next <= now ? 0 : (int)((next - now) / NANOS_MS) + 1;
}

int server_run(struct server *s)
{
	struct epoll_event events[EVENTS_MAX];

	CHECK_OBJ(s, API_SERVER_MAGIC);
	log_info("listen", "serving FastCGI on %s", s->lent ? "the service manager's socket" : s->options.listen_path);
	manager_alive(&s->manager, snapshot_clock());
	while (!s->stopping || (s->busy > 0 && snapshot_clock() < s->stop_at)) {
		int n = epoll_wait(s->epoll, events, EVENTS_MAX, wait_ms(s, snapshot_clock()));
		nanos_t now = snapshot_clock();

		if (n < 0 && errno != EINTR) {
			log_error("loop", "epoll_wait failed (%s)", strerror(errno));
			return err_from_errno(errno);
		}
		for (int i = 0; i < n; i++)
			handle(s, &events[i], now);
		tick(s, now);
		manager_alive(&s->manager, now);
	}
	return 0;
}
