"""The planted bugs (docs/mutants.md): real ones of other engines, each made of a few lines of this one. edits: (file, old text, new text), the old text once in its file."""

MERGE = "lib/broker/kotak/"

BUGS = [
    dict(number="1", name="timeout is a rejection after five polls", invariant="I4, I2", killer="sim",
         edits=[(MERGE + "unknown.c", """	if (m->book_began < o->ended + MERGE_UNKNOWN_FIRST)
		return;
	if (++o->proofs < 2 || m->book_began < o->ended + MERGE_UNKNOWN_LAST)
		return;
	m->counts.absent_proven++;
	o->absent = m->span;
	o->unproven = false;
	if (o->told != ORDER_ABSENT)
		merge_tell(m, o, REPORT_ABSENT, 0, "two order books without it");
""", """	if (++o->proofs >= 5)
		merge_tell(m, o, REPORT_REJECTED, 0, "no answer after five polls");
""")]),
    dict(number="2", name="an error of the server or the network means not placed", invariant="I4, I8", killer="sim",
         edits=[(MERGE + "order_codec.c", """	case WIRE_NOT_SENT:
		return ORDER_NOT_TAKEN;
	case WIRE_EMPTY:
	case WIRE_UNKNOWN:
		break;
	}
	return ORDER_IN_DOUBT;
""", """	case WIRE_NOT_SENT:
	case WIRE_EMPTY:
	case WIRE_UNKNOWN:
		break;
	}
	return ORDER_NOT_TAKEN;
""")]),
    dict(number="3", name="absent is the end: a late row is nobody's", invariant="I2, I7", killer="sim",
         edits=[(MERGE + "order_merge.c", """	if (!o)
		o = by_cut_tag(m, r);
	if (!o)
		return NULL;
	if (o->number[0])
""", """	if (!o || o->told == ORDER_ABSENT || o->lost)
		return NULL;
	if (o->number[0])
""")]),
    dict(number="4", name="an order whose outcome is not known is sent again", invariant="I3", killer="exhaustive",
         edits=[("lib/core/plan.c", "	if (o->state == ORDER_ABSENT && o->request.purpose != PURPOSE_ENTRY && price > 0",
                 "	if ((o->state == ORDER_ABSENT || o->state == ORDER_UNKNOWN) && o->request.purpose != PURPOSE_ENTRY && price > 0"),
                ("lib/core/orders.c", "	assert(o->state == ORDER_ABSENT);\n", "")]),
    dict(number="5", name="the limit is tested at the decision and reserved at the acknowledgement", invariant="I8", killer="sim",
         edits=[("lib/core/exposure.c", "	return o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) &&\n",
                 "	return o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) && o->state >= ORDER_PENDING &&\n")]),
    dict(number="6", name="sent before it is durable", invariant="I1, I17", killer="sim",
         edits=[("lib/engine/engine.c", "		if (err != ERR_OK || !e->o.wait_durable)\n			return err;\n", "		if (err != ERR_OK)\n			return err;\n")]),
    dict(number="6b", name="committed without fsync", invariant="I1, I17", killer="crash",
         edits=[("lib/journal/writer.c", "	return j->options.sync ? journal_disk_data_sync(j->segment.fd) : ERR_OK;\n", "	(void)j;\n	return ERR_OK;\n")]),
    dict(number="7", name="a fill of an order that is not acknowledged is dropped", invariant="I7", killer="exhaustive", quick=True,
         edits=[("lib/core/orders.c", "	if (fill_known(c, e))\n		return;\n", "	if (fill_known(c, e) || o->state == ORDER_INTENT || o->state == ORDER_SENT || o->state == ORDER_UNKNOWN)\n		return;\n")]),
    dict(number="8", name="the last word of the broker wins", invariant="I5, I6", killer="exhaustive",
         edits=[("lib/core/order.c", "#define TERMINAL { STAY, STAY, STAY, STAY, STAY, STAY, STAY,", "#define TERMINAL { STAY, ORDER_PENDING, ORDER_OPEN, STAY, STAY, STAY, STAY,")]),
    dict(number="8b", name="the last row of an order wins", invariant="I5, I6", killer="unit tests/broker/kotak/test_order_lives test_every_order",
         edits=[(MERGE + "order_merge.c", "	if (!o->has_row || better(r, &o->row)) {\n", "	{\n")]),
    dict(number="9", name="the memory of executions is capped and cleared whole", invariant="I7", killer="unit tests/core/test_order live_forgets_nothing_within_a_day",
         edits=[("lib/core/orders.c", "	return c->s->start.mode == MODE_LIVE;\n", "	(void)c;\n	return false;\n")]),
    dict(number="10", name="a position that cannot be read is none", invariant="I13, I7", killer="unit tests/broker/kotak/test_adapter test_positions",
         edits=[(MERGE + "positions.c", """		kotak_note(k, NOTE_ROW_BAD, "a row of the positions is not believed: %s is missing or malformed", why);
		return false;
	}
	if ((n == 0 && !empty_is_possible(k)) || went_back(k, position, n))
		return false;
""", """		kotak_note(k, NOTE_ROW_BAD, "a row of the positions is not believed: %s is missing or malformed", why);
	}
""")]),
    dict(number="11", name="an exit is sized from what was bought, not from what is left", invariant="I11", killer="exhaustive", quick=True,
         edits=[("lib/core/plan.c", "	qty_t held = s->book.qty > 0 ? s->book.qty : -s->book.qty;\n	struct order *o;\n", "	qty_t left = s->book.qty > 0 ? s->book.qty : -s->book.qty, held = p->entered > 0 ? p->entered : left;\n	struct order *o;\n")]),
    dict(number="12", name="one budget for entries and exits", invariant="I27, I9", killer="sim", quick=True,
         edits=[("lib/core/risk.c", "	return used > 0 && used >= (entry ? (rate_limit(c) + 1) / 2 : rate_limit(c));\n", "	(void)entry;\n	return used > 0 && used >= rate_limit(c);\n"),
                ("lib/kotak/governor.c", "	uint32_t share = b == GOVERN_ORDERS && !urgent ? g->rate[b] - g->reserve : g->rate[b];\n", "	uint32_t share = g->rate[b];\n")]),
    dict(number="13", name="any packet counts as a price", invariant="I14", killer="unit tests/feed/kotak/test_liveness test_repeats_and_old_news",
         edits=[("lib/feed/kotak/liveness.c", "	if (!news || now.wall < k->from", "	if (now.wall < k->from")]),
    dict(number="14", name="the age of a price by the exchange's clock alone", invariant="I14", killer="unit tests/core/test_risk age_is_counted_from_our_hearing",
         edits=[("lib/core/market.c", "	q->stamp = c->s->now;\n	price_t price = t->last", "	q->stamp = t->exchange_stamp ? t->exchange_stamp : c->s->now;\n	price_t price = t->last")]),
    dict(number="15", name="timers on the wall clock", invariant="I15, I27", killer="unit tests/loop/test_clock test_now",
         edits=[("lib/loop/clock.c", "	return is_system(c) ? read_clock(CLOCK_BOOTTIME) : clock_now(c);\n", "	return clock_wall(c);\n")]),
    dict(number="16", name="yesterday's contract file", invariant="I25, I8", killer="unit tests/broker/kotak/test_adapter test_place_refused_here",
         edits=[(MERGE + "requests.c", "	return m && master_day(m) == stamp_date(clock_now(kotak_session_clock(k->o.session))) ? m : NULL;\n", "	return m;\n")]),
    dict(number="17", name="everyone who is turned away logs in", invariant="I20, I27", killer="unit tests/kotak/test_session test_rejected",
         edits=[("lib/kotak/session.c", "	if (generation != s->generation || s->state != SESSION_UP)\n		return; /* late, or seen to already */\n", ""),
                ("lib/kotak/session.c", "	if (s->step == LOGIN_IDLE)\n		login_plan(s, wait);\n", "	login_plan(s, wait);\n")]),
    dict(number="18", name="flattened in the order of the table", invariant="I27", killer="scenario tests/core/square_off.scn", quick=True,
         edits=[("lib/core/plan.c", "			if ((pass == 0) == (c->slot[i].book.qty < 0) && bound_by(&c->slot[i], reason))\n", "			if (pass == 0 && bound_by(&c->slot[i], reason))\n"),
                ("lib/core/plan.c", "			if ((pass == 0) == (c->slot[c->active[n]].book.qty < 0))\n", "			if (pass == 0)\n")]),
    dict(number="19", name="protected as soon as the exit is sent", invariant="I27", killer="sim",
         edits=[("lib/core/plan.c", "	else if (o->state == ORDER_REJECTED)\n		plan_retry_later(c, p, c->s->now + plan_interval(c));\n", "	else if (o->state == ORDER_REJECTED)\n		;\n")]),
    dict(number="20", name="an exit goes out although the broker squares off", invariant="I11", killer="unit tests/broker/kotak/test_adapter test_exit_beside_the_square_off",
         edits=[(MERGE + "positions.c", "	if (late ? fresh && covers(k, r, instrument) : !early && !closed_by_others(k, r, instrument))\n		return NULL;\n", "	if (r != NULL)\n		return NULL;\n")]),
    dict(number="21", name="executions are counted from acknowledgements", invariant="I12", killer="unit tests/core/test_risk executions_count_what_was_sent", quick=True,
         edits=[("lib/core/orders.c", "	if (r->purpose == PURPOSE_ENTRY)\n		risk_execution(c, r->strategy);\n	orders_outcome(c, o);\n", "	orders_outcome(c, o);\n"),
                ("lib/core/orders.c", "	if (changed)\n		set_state(c, o, state);\n", "	if (changed)\n		set_state(c, o, state);\n	if (changed && state == ORDER_OPEN && o->request.purpose == PURPOSE_ENTRY)\n		risk_execution(c, o->request.strategy);\n")]),
    dict(number="22", name="a failed fsync is tried again", invariant="I17, I18", killer="crash",
         edits=[("lib/journal/disk.c", "	return journal_disk->fdatasync(fd) == 0 ? ERR_OK : err_from_errno(errno);\n", "	return journal_disk->fdatasync(fd) == 0 || journal_disk->fdatasync(fd) == 0 ? ERR_OK : err_from_errno(errno);\n")]),
    dict(number="23", name="a lock without an epoch", invariant="I19", killer="unit tests/engined/test_heartbeat epoch_only_grows",
         edits=[("engined/authority.c", "	return a->epoch > 0 && epoch_there(a) == a->epoch;\n", "	return a->epoch > 0;\n")]),
    dict(number="24", name="the kill is asked for at the decision alone", invariant="I10", killer="sim",
         edits=[(MERGE + "requests.c", "	enum refusal why = core_may_leave(k->o.core, r);\n", "	enum refusal why = REFUSAL_NONE;\n")]),
    dict(number="25", name="the heartbeat comes from a timer", invariant="I28", killer="unit tests/engined/test_beat turns_without_their_work_give_none", quick=True,
         edits=[("engined/beat.c", "	if (!a->live)\n		uv_prepare_start(&a->beat.pass, on_pass);\n",
                 "	uv_timer_t *timer = calloc(1, sizeof(*timer));\n	uv_timer_init(&a->loop, timer);\n	timer->data = a;\n	uv_timer_start(timer, (uv_timer_cb)on_pass, 1, 1);\n"),
                ("engined/beat.c", "	if (worked(a, now) >= LATE) {", "	if (0) {"),
                ("engined/beat.c", "#include <stdio.h>\n", "#include <stdio.h>\n#include <stdlib.h>\n")]),
    dict(number="26", name="exposure without orders of unknown fate", invariant="I8", killer="sim",
         edits=[("lib/core/exposure.c", "	return o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) &&\n",
                 "	return o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) && o->state != ORDER_UNKNOWN && o->state != ORDER_ABSENT &&\n")]),
    dict(number="27", name="the order of a hash table reaches the journal", invariant="I16", killer="sim",
         edits=[("lib/core/plan.c", "		for (uint32_t n = c->s->active; n-- > 0;) {\n			uint32_t i = c->active[n];\n",
                 "		for (uint32_t n = c->s->active, turn = past++; n-- > 0;) {\n			uint32_t i = c->active[(n + turn) % c->s->active];\n"),
                ("lib/core/plan.c", "void plan_exit_all(struct core *c, enum exit_reason reason)\n{\n", "void plan_exit_all(struct core *c, enum exit_reason reason)\n{\n	static uint32_t past; /* such an order depends on what the table held before */\n\n")]),
    dict(number="28", name="one double in the profit", invariant="I21", killer="sim",
         edits=[("lib/core/account.c", "		b->sell_value += qty * price;\n", "		b->sell_value += (money_t)((double)price / NUM_SCALE * (double)qty * NUM_SCALE);\n")]),
    dict(number="29", name="reconciliation sends an order", invariant="I26, I22", killer="sim",
         edits=[("lib/core/reconcile.c", "	f->orders = e->orders;\n	say(", """	f->orders = e->orders;
	qty_t beyond = e->manual + e->broker + e->unexplained;
	if (beyond != 0 && instrument < c->s->instruments && c->quote[instrument].last > 0)
		orders_place(c, 0, instrument, beyond > 0 ? SIDE_SELL : SIDE_BUY, PURPOSE_EXIT, beyond > 0 ? beyond : -beyond, c->quote[instrument].last,
		             exit_reason_text(EXIT_MANUAL));
	say(""")]),
    dict(number="30", name="a token in an error's text", invariant="I24", killer="sim",
         edits=[("lib/kotak/session.c", """	session_set(s, SESSION_START, "%s", why);
""", """	session_set(s, SESSION_START, "%s: %s", s->secrets->consumer_key, why);
""")]),
    dict(number="31", name="a transaction of the store that failed counts as done", invariant="I2, I7, I16, I26", killer="sim",
         edits=[("lib/store/thread.c", "			store_failed(s, err);\n			return false;\n",
                "			store_failed(s, err);\n			s->done = (struct progress){ s->draining.last_seq, s->draining.last_stamp };\n			queue_clear(&s->draining);\n			return false;\n")]),
    dict(number="32", name="time goes with the wall clock wherever it is set", invariant="I15, I27", killer="unit tests/loop/test_clock_base test_jumps", quick=True,
         edits=[("lib/loop/clock_base.c", "	if (!b->held)\n		move(b, b->away > most ? most : b->away < -most ? -most : b->away);\n", "	(void)most;\n	move(b, b->away);\n")]),
    dict(number="33", name="the broker's word alone moves time", invariant="I15", killer="unit tests/loop/test_clock_base test_what_is_no_witness", quick=True,
         edits=[("lib/loop/clock_base.c", "	if (!b->held || b->owed > 0 || answers < CLOCK_ANSWERS || !wrong || !wall)\n		return 0;\n",
                 "	by = low + (high - low) / 2;\n	if (b->owed > 0 || answers < CLOCK_ANSWERS || !wrong || wall)\n		return 0;\n")]),
    dict(number="34", name="what comes to be held in the day is not watched", invariant="I27", killer="unit tests/feed/kotak/test_live test_taken_over_in_the_day", quick=True,
         edits=[("lib/feed/kotak/live.c", "	watch_held(f);\n", "")]),
    dict(number="35", name="prices are old because time is told too late", invariant="I26, I27", killer="unit tests/feed/kotak/test_liveness test_time_ahead", quick=True,
         edits=[("lib/feed/kotak/liveness.h", "return now.wall - now.ahead - stamped;", "return now.wall - stamped;")]),
    dict(number="36", name="an exit races whoever was taken over from", invariant="I11", killer="unit tests/broker/kotak/test_foreign test_exit_of_what_was_taken_over",
         edits=[(MERGE + "positions.c", "	return stamp_time_of_day(k->merge.stamp) >= MERGE_SQUARE_OFF || slot_adopted(&k->o.core->slot[r->strategy]);\n",
                 "	(void)r;\n	return stamp_time_of_day(k->merge.stamp) >= MERGE_SQUARE_OFF;\n")]),
]
