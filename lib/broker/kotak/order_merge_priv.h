/* What the files of the merge share: order_merge.c, order_fills.c, order_place.c, order_change.c, unknown.c. */
#pragma once

#include "lib/broker/kotak/order_merge.h"

/* Tells the core, if its table allows and it changes anything there. price and reason may be 0 and "". */
void merge_tell(struct merge *m, struct merge_order *o, enum order_report report, price_t price, const char *reason);
void merge_note(struct merge *m, enum merge_note kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool merge_same_terms(const struct merge_order *o, const struct order_row *r); /* symbol, side, quantity */
bool merge_findable(const struct merge_order *o); /* a number may yet turn up for it */
uint64_t merge_key(const char *text);
void merge_text(char *to, size_t size, const char *from); /* cuts; `to` was zeroed */
bool merge_settled(enum row_status s); /* shows terms that are in force */

/* Pointers to orders die in these two: the table may move. */
struct merge_order *merge_add(struct merge *m);
struct merge_order *merge_add_copy(struct merge *m, struct merge_order *first, const char *number); /* a second order under our one tag */
void merge_index(struct merge *m, const struct merge_order *o);
void merge_bind(struct merge *m, struct merge_order *o, const char *number);
void merge_unpark(struct merge *m, struct merge_order *o);

/* strangers.c */
void merge_stranger_trade(struct merge *m, const struct trade_row *t, int sign);
bool merge_may_be_ours(const struct merge *m, const struct order_row *r); /* an order of ours whose number is not known yet */
void merge_stranger_row(struct merge *m, const struct order_row *r); /* of a book */
void merge_strangers_book(struct merge *m, bool ended);               /* a book begins, or has ended and is believed */

/* lost.c */
void merge_lost_row(struct merge *m, const struct order_row *r, bool first); /* of a book, and of nothing that is known; first: not seen before */
size_t merge_lost_live(const struct merge *m);

/* order_change.c */
void change_row(struct merge *m, struct merge_order *o, const struct order_row *r, nanos_t began);
void change_tick(struct merge *m, struct merge_order *o);
void change_clear(struct merge_order *o); /* the order has ended */
void change_zombie(struct merge *m, struct merge_order *o);

/* unknown.c */
void unknown_like(struct merge *m, const struct order_row *r, nanos_t first_seen);
void unknown_book(struct merge *m, bool proof);
