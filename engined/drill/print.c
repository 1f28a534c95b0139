/* What the drill says: where it is, and the proof. */
#include "engined/drill/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engined/drill/drill_priv.h"

void drill_progress(const struct drill_tally *t, unsigned kills)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u of %u kills ", t->kills, kills);
	if (isatty(STDERR_FILENO) && t->kills == kills)
		fputc('\n', stderr);
}

static int rising(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static unsigned percentile(const struct drill_tally *t, unsigned percent)
{
	unsigned at = t->n_restored * percent / 100;

	return t->restored[at < t->n_restored ? at : t->n_restored - 1];
}

static void print_points(FILE *out, const struct drill_tally *t)
{
	fputs("killed at                        kills\n", out);
	for (unsigned p = 0; p < DRILL_POINTS; p++) {
		fprintf(out, "  %-28s %6u", drill_point_text((enum drill_point)p), t->at[p]);
		if (t->missed[p])
			fprintf(out, "  (%u times it did not come in time: killed at any moment)", t->missed[p]);
		fputc('\n', out);
	}
}

static void print_books(FILE *out, const struct drill_verdict *v)
{
	fprintf(out, "orders at the broker     %zu, %zu executions\n", v->broker, v->executions);
	fprintf(out, "orders in the journal    %zu; %zu more never left, %zu were placed again after a proof that they never arrived\n", v->journal, v->unsent, v->resent);
	fprintf(out, "lost %zu, doubled %zu, invented %zu, differing %zu, unsettled %zu, positions left %zu\n", v->lost, v->doubled, v->invented,
	        v->differ, v->unsettled, v->uneven);
}

bool drill_proven(const struct drill_tally *t, unsigned kills)
{
	return t->broken[0] == '\0' && t->kills == kills && drill_verdict_holds(&t->verdict);
}

static const char *why_not(const struct drill_tally *t)
{
	if (t->broken[0])
		return t->broken;
	return t->verdict.first[0] ? t->verdict.first : "too little happened to prove anything; try more kills";
}

void drill_print(FILE *out, struct drill_tally *t, unsigned kills)
{
	print_points(out, t);
	fprintf(out, "\nkills                    %u, in %u lives of %u days; %u with positions open, %u with orders under way\n", t->kills, t->lives,
	        t->days, t->holding, t->working);
	print_books(out, &t->verdict);
	if (t->n_restored) {
		qsort(t->restored, t->n_restored, sizeof(*t->restored), rising);
		fprintf(out, "restored                 p50 %u ms, p99 %u ms, most %u ms, of %u starts (from the exec to the first answer)\n",
		        percentile(t, 50), percentile(t, 99), t->restored[t->n_restored - 1], t->n_restored);
	}
	if (t->records)
		fprintf(out, "journal                  whole: %llu records in %llu segments, none taken back that had been read\n",
		        (unsigned long long)t->records, (unsigned long long)t->segments);
	if (drill_proven(t, kills))
		fputs("\nPROVEN: nothing was lost, doubled or invented\n", out);
	else
		fprintf(out, "\nNOT PROVEN: %s\n", why_not(t));
}
