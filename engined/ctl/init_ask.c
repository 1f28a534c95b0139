/* The wizard's questions. Each answer is checked at once and asked again when it cannot be; secrets are typed unseen. */
#include "engined/ctl/init.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/obj.h"

#define CTRL_C 3

enum when { ALWAYS, ACCOUNT /* paper and live */, CHATTING /* a bot's token is there */ };
struct question { enum config_key key; enum when when; bool needed, seen; const char *text; };

static const struct question questions[] = {
	{ CONFIG_engine_mode, ALWAYS, true, true, "Mode: demo (a market that is made up), paper (real prices, orders on paper) or live" },
	{ CONFIG_kotak_consumer_key, ACCOUNT, true, false, "Kotak Neo (the one broker there is): consumer key of the Trade API application" },
	{ CONFIG_kotak_mobile_number, ACCOUNT, true, true, "Registered mobile number with country code" },
	{ CONFIG_kotak_ucc, ACCOUNT, true, true, "Client code (UCC)" },
	{ CONFIG_kotak_mpin, ACCOUNT, true, false, "MPIN" },
	{ CONFIG_kotak_totp_secret, ACCOUNT, true, false, "TOTP secret: the text behind the QR code" },
	{ CONFIG_kotak_registered_ip, ACCOUNT, false, true, "Address whitelisted with the broker (empty: not checked)" },
	{ CONFIG_telegram_bot_token, ALWAYS, false, false, "Telegram: the bot's token (empty: none)" },
	{ CONFIG_telegram_chat_id, CHATTING, true, true, "Telegram: the chat that hears of everything" },
	{ CONFIG_store_mongodb_uri, ALWAYS, false, false, "MongoDB: connection string (empty: SQLite)" },
	{ CONFIG_account_capital, ALWAYS, true, true, "Capital in rupees, which this engine may use" },
	{ CONFIG_limits_day_loss_pct, ALWAYS, true, true, "Loss of a day in % of it, at which everything is closed and locked" },
	{ CONFIG_limits_exposure_max, ALWAYS, true, true, "Most rupees in positions, or none" },
	{ CONFIG_limits_entries_day, ALWAYS, true, true, "Most entries in a day, or none" },
};

/* A line without its end, unseen unless `seen`. False at the end of input, and when the person leaves by Ctrl-C. */
static bool read_line(bool seen, char *line, size_t size)
{
	struct termios old, quiet;
	bool hidden = !seen && tcgetattr(STDIN_FILENO, &old) == 0;

	if (hidden) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* killed here, the terminal would stay blind */
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	fflush(stdout);
	bool got = fgets(line, (int)size, stdin) != NULL;
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		putchar('\n');
	}
	if (!got)
		return false;
	bool whole = strchr(line, '\n') != NULL;
	line[strcspn(line, "\r\n")] = '\0';
	for (int c = 0; !whole && c != '\n' && c != EOF;)
		c = getchar();
	return strchr(line, CTRL_C) == NULL;
}

static bool applies(const struct init *in, enum when when)
{
	if (when == ACCOUNT)
		return in->config->engine_mode >= MODE_PAPER;
	return when == ALWAYS || in->config->telegram_bot_token[0];
}

static void print_issues(struct init *in)
{
	printf("  %s", in->issues.text.data);
	config_issues_done(&in->issues);
}

/* One answer, right or wrong; *ret_done when it is settled. False when he leaves. */
static bool ask_once(struct init *in, const struct question *q, bool *ret_done)
{
	static const char *const kept[] = { "", "(not set)" };
	char line[CONFIG_TEXT_MAX + 64];
	struct config_row row;

	config_row_of(in->config, q->key, &row);
	bool has = strcmp(row.value, kept[0]) != 0 && strcmp(row.value, kept[1]) != 0;
	printf("%s%s%s%s: ", q->text, has ? " [" : "", has ? row.value : "", has ? "]" : "");
	if (!read_line(q->seen, line, sizeof(line)))
		return false;
	*ret_done = line[0] ? config_put(in->config, q->key, line, &in->issues) : has || !q->needed;
	explicit_bzero(line, sizeof(line));
	if (in->issues.count)
		print_issues(in);
	else if (!*ret_done)
		puts("  it is needed; Ctrl-C leaves, and nothing is written");
	return true;
}

static bool ask_strategies(struct init *in)
{
	char line[CONFIG_TEXT_MAX];

	while (!in->strategies_said) {
		printf("Strategies, separated by blanks, or none (");
		for (uint32_t i = 0; strategy_choice(i); i++)
			printf("%s%s", i ? " " : "", strategy_choice(i)->name);
		printf(") [%s]: ", in->strategy[0]);
		if (!read_line(true, line, sizeof(line)))
			return false;
		in->strategies_said = line[0] == '\0' || init_take_strategies(in, line);
		if (in->issues.count)
			print_issues(in);
	}
	return true;
}

bool init_ask(struct init *in)
{
	puts("Settings for Sauda. An empty answer takes what stands in [brackets]; secrets are typed unseen; nothing is written before the end.\n");
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		for (bool done = !applies(in, questions[i].when); !done;)
			if (!ask_once(in, &questions[i], &done))
				return false;
	return ask_strategies(in);
}
