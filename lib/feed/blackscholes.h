/* Option values for the demo market, after Black (1976). Uses nothing but + - * /, so that the same
 * inputs give the same bits with every compiler and C library: demo events are promised for ever. Not for the order path. */
#pragma once

#include <stdbool.h>

/* Undiscounted value of a call or put on a forward, in the unit of forward and strike. years > 0, vol > 0 (0.12 = 12 %). */
double black_value(double forward, double strike, double years, double vol, bool call);

double black_exp(double x);            /* relative error below 1e-14 for |x| < 700 */
double black_log(double x);            /* x > 0; absolute error below 1e-14 near 1 */
double black_root(double x);           /* square root; x > 0 and normal; relative error below 1e-15 */
double black_normal(double x);         /* cumulative normal; absolute error below 1e-7 */
