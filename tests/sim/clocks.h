/* What befalls the machine's clocks: the wall's is set and set right again, the machine sleeps, its host stops it. */
#pragma once

void clocks_turn(void);    /* chance, before a turn of the engine */
void clocks_restart(void); /* the process begins anew: its machine may have, with a clock that is wrong until somebody sets it */
void clocks_heal(void);    /* the wall shows what is so */
