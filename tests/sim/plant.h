/* Bugs planted on purpose: the checks must find each, and by its name. --plant NAME */
#pragma once

#include "lib/broker/broker.h"
#include "tests/sim/node.h"

enum plant {
	PLANT_NONE,
	PLANT_EAGER,    /* requests leave before they are durable */
	PLANT_FORGET,   /* a sync that returns and has done nothing */
	PLANT_DEAF,     /* now and then a fill is dropped */
	PLANT_ECHO,     /* now and then a fill is told twice, under two ids */
	PLANT_RASH,     /* an unknown outcome is taken for a refusal */
	PLANT_HASTY,    /* an unknown outcome is taken for a proof of absence */
	PLANT_TWICE,    /* an order whose answer was lost is sent again by itself */
	PLANT_BLIND,    /* nobody hears what others hold in the account */
	PLANT_IDLE,     /* orders that a lost host left at work are left there */
	PLANT_RUSH,     /* an exit waits for none of them */
	PLANTS,
};
extern enum plant plant; /* of this process */

const char *plant_name(enum plant p);
unsigned plant_invariant(enum plant p); /* that must fail */
/* Between the broker's port and the engine. */
void plant_emit(struct node *n, struct event *e);
