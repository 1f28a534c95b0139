/* A timer that the kernel is told of once. For a timer of libuv the kernel sets and takes back one of its own each time the loop
 * waits, 0.8 us a turn, and several when it is due within the kernel's tick. For what rings seldom in a loop that turns often. */
#pragma once

#include <stdint.h>

#include <uv.h>

struct alarm {
	uint32_t magic;
	int fd;
	uv_poll_t poll;
	void (*rang)(void *data);
	void *data;
};

/* ERR_OK, or the system's error. */
int alarm_open(struct alarm *a, uv_loop_t *loop, void (*rang)(void *data), void *data);
/* Anew: in so many milliseconds, 0 = the next turn, and then every repeat_ms, 0 = never again. What rang unseen rings once. */
void alarm_in(struct alarm *a, uint64_t ms, uint64_t repeat_ms);
void alarm_stop(struct alarm *a);
/* The struct must live until the loop has turned. Twice is once. */
void alarm_close(struct alarm *a);
