/* enginectl: the parts its files share. It asks the engine through the control socket and prints; it decides nothing. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/control/codes.h"
#include "lib/control/message.h"
#include "lib/control/table.h"

struct cJSON;

enum ctl_exit { CTL_EXIT_OK, CTL_EXIT_FAILED, CTL_EXIT_USAGE, CTL_EXIT_NOT_FLAT };

/* What the command line asks for. Strings point into argv or the environment. */
struct ctl_options {
	char socket[256];
	bool json, colour, help, version;
	bool wait;      /* shutdown --wait: follow the progress */
};

/* -- ctl_args.c: words to a request. ctl_exit; a sentence with its remedy in *ret_fault when it is a usage error. ---- */
struct ctl_request { const struct control_command *command; struct cJSON *params; };
int ctl_args_options(int argc, char **argv, int *at, struct ctl_options *o, struct control_fault *ret_fault);
int ctl_args_request(int argc, char **argv, struct ctl_options *o, struct ctl_request *ret, struct control_fault *ret_fault);
void ctl_socket_default(char *path, size_t size);

/* -- ctl_print.c: an answer for a person ------------------------------------------------------------------------------ */
int ctl_print(FILE *out, const struct ctl_options *o, enum command_id id, struct message_slice result);
void ctl_print_fault(const struct ctl_options *o, const struct control_fault *f);

/* -- ctl_format.c: values as Indian traders read them ----------------------------------------------------------------- */
/* 12,34,567.50; sign_always puts + before gains (never before zero). Holds CTL_NUMBER_TEXT bytes. */
#define CTL_NUMBER_TEXT 48
size_t ctl_format_money(char *text, int64_t value, bool sign_always);
size_t ctl_format_integer(char *text, int64_t value);
/* One value of an answer under its key, control characters made harmless; appended. The second: any text, made so. */
void ctl_format_value(struct buf *out, const char *key, const struct cJSON *value);
void ctl_format_text(struct buf *out, const char *text);
/* -1 a loss, 1 a gain, 0 neither, for the colour of a value. */
int ctl_format_direction(const char *key, const struct cJSON *value);

/* -- help.c and usage.c ------------------------------------------------------------------------------------------------------- */
void ctl_help_short(FILE *out);
void ctl_help_all(FILE *out);
void ctl_help_command(FILE *out, const struct control_command *c);
/* "strategy pause" may be written as words: the command they name, and how many words it took; NULL. */
const struct control_command *ctl_find_command(int argc, char **argv, int *ret_words);
/* The command or offline tool a mistyped word comes near to; NULL. */
const char *ctl_suggest(const char *word);
bool ctl_is_tool(const char *word);
/* How an offline tool is called: asked for by --help alone, or told to who called it wrongly. The exit status. */
bool ctl_asks_help(int argc, char **argv);
int ctl_usage(const char *text, int argc, char **argv);

/* -- offline tools, in files of their own: argv[0] is the tool's name, the result the exit status ------------------- */
int ctl_journal(int argc, char **argv);
int ctl_replay(int argc, char **argv);
int ctl_backtest(int argc, char **argv);
int ctl_token(int argc, char **argv);
int ctl_store(int argc, char **argv);
int ctl_backup(int argc, char **argv, const struct ctl_options *o);
int ctl_restore(int argc, char **argv, const struct ctl_options *o);
int ctl_top(int argc, char **argv, const struct ctl_options *o);
int ctl_logs(int argc, char **argv, const struct ctl_options *o);
int ctl_watchdog(int argc, char **argv, const struct ctl_options *o);
int ctl_doctor(int argc, char **argv, const struct ctl_options *o);
int ctl_bugreport(int argc, char **argv, const struct ctl_options *o);
int ctl_config(int argc, char **argv, const struct ctl_options *o);
int ctl_init(int argc, char **argv, const struct ctl_options *o);
int ctl_drill(int argc, char **argv, const struct ctl_options *o);
