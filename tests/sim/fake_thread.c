/* The journal's writer thread, and the store's, as coroutines: each runs when the loop waits for it or lets it (fake_thread_run()), until it waits itself. So what a batch holds, when it
 * is written and what a crash leaves of it is decided by the seed and not by the machine. The linker sends lib/journal's calls here. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <ucontext.h>

#include "lib/base/obj.h"
#include "tests/sim/fake.h"

#define THREADS 4
#define STACK ((size_t)256 << 10)

static struct thread {
	ucontext_t self, caller;
	void *(*run)(void *);
	void *arg, *stack;
	bool used, ended;
} threads[THREADS];
static struct thread *inside;           /* the one that runs; NULL: the loop does */

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_join(pthread_t id, void **ret);
int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until);

static void body(int which)
{
	struct thread *t = &threads[which];

	t->run(t->arg);
	t->ended = true;
}

static void resume(struct thread *t)
{
	assert(!inside);
	inside = t;
	swapcontext(&t->caller, &t->self);
	inside = NULL;
}

/* Apart, since getcontext() may return twice as far as the compiler knows. */
static void make(struct thread *t)
{
	getcontext(&t->self);
	t->self.uc_stack.ss_sp = t->stack;
	t->self.uc_stack.ss_size = STACK;
	t->self.uc_link = &t->caller;
	makecontext(&t->self, (void (*)(void))body, 1, (int)(t - threads));
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	struct thread *t = threads;

	(void)attr;
	while (t < threads + THREADS && t->used)
		t++;
	assert(t < threads + THREADS);
	*t = (struct thread){ .run = run, .arg = arg, .stack = malloc(STACK), .used = true };
	assert(t->stack);
	make(t);
	*ret = (pthread_t)(t - threads + 1);
	return 0;
}

int __wrap_pthread_join(pthread_t id, void **ret)
{
	struct thread *t = &threads[id - 1];

	(void)ret;
	while (!t->ended)
		resume(t);
	free(t->stack);
	t->used = false;
	return 0;
}

bool fake_thread_pause(void)
{
	if (!inside)
		return false;
	swapcontext(&inside->self, &inside->caller);
	return true;
}

/* Whoever waits gives the other side its turn. */
static void wait_turn(pthread_mutex_t *lock)
{
	pthread_mutex_unlock(lock);
	if (!fake_thread_pause())
		fake_thread_run();
	pthread_mutex_lock(lock);
}

int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	(void)cond;
	wait_turn(lock);
	return 0;
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until)
{
	(void)cond;
	(void)until;
	wait_turn(lock);
	return ETIMEDOUT;
}

void fake_thread_run(void)
{
	for (int i = 0; i < THREADS; i++)
		if (threads[i].used && !threads[i].ended)
			resume(&threads[i]);
}
