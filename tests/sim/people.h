/* The operators: what they order while everything goes wrong, and the help they give when it is over. */
#pragma once

#include "tests/sim/node.h"

void people_act(struct node *n);   /* one of them does something */
void people_help(struct node *n);  /* starts the session by hand, lifts what they had ordered */
void people_pause(struct node *n);
void people_flatten(struct node *n);
