/* status: how runs are going, or how they ended. A writer that lives is asked through its lock file alone. */
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/database.h"
#include "display/leaderboard.h"
#include "display/output.h"
#include "grammar/grammar.h"
#include "search/search.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Those of display/output.h, but that a table is a block of lines here, which was called a text. */
enum { FORMAT_TEXT = OUTPUT_JSON + 1 };
static const char *const formats[] = {
    [OUTPUT_TABLE] = "table", [OUTPUT_CSV] = "csv", [OUTPUT_JSON] = "json", [FORMAT_TEXT] = "text", NULL};

static const struct option options[] = {
    {"format", 'f', OPTION_CHOICE, "FORMAT", "table (the default, also called text: a line for each fact), csv or json",
     .choices = formats},
    OPTION_END,
};

/* In JSON by its name, for people with what belongs to it. */
enum state {
    STATE_RUNNING,
    STATE_SUSPENDED, /* its process is there and shows no sign of life */
    STATE_SILENT,    /* nobody here can tell whether it is there */
    STATE_UNKNOWN,   /* an owner of another kind */
    STATE_FINISHED,
    STATE_INTERRUPTED,
    STATE_FAILED,
    STATE_KILLED,
    STATE_NEW,
};
static const char *const states[] = {
    [STATE_RUNNING] = "running", [STATE_SUSPENDED] = "suspended", [STATE_SILENT] = "silent",
    [STATE_UNKNOWN] = "unknown", [STATE_FINISHED] = "finished",   [STATE_INTERRUPTED] = "interrupted",
    [STATE_FAILED] = "failed",   [STATE_KILLED] = "killed",       [STATE_NEW] = "never run",
};

/* What is said of one database. The progress refers to the two strings behind it, so it is not copied. */
struct report {
    const char *database;
    enum state state;
    char host[256];
    int64_t process;    /* -1: not known */
    double age;         /* of the last heartbeat; NaN: there is none */
    char last_beat[40]; /* UTC, these three; "": not known */
    char began[40], ended[40];
    struct store_heartbeat progress;
    char experiment[128], formula[256];
    char reason[320]; /* why the search came to its end; "": it did not, or there is no one search */
};

/* ---- finding out */

static void copy_cell(const struct store_query *query, int column, char *to, size_t size)
{
    struct store_cell cell = store_query_cell(query, column);
    snprintf(to, size, "%s", cell.kind == STORE_CELL_TEXT ? cell.text : "");
}

/* Calls `row` for the first row, if there is one. */
static int first_row(struct store *store, const char *sql,
                     void (*row)(const struct store_query *query, struct report *report), struct report *report,
                     struct error *err)
{
    struct store_query *query = NULL;
    bool found = false;
    int status = store_query_new(store, sql, &query, err);
    if (!status)
        status = store_query_next(query, &found, err);
    if (!status && found)
        row(query, report);
    store_query_free(query);
    return status;
}

/* host, pid, threads, started_at, ended_at, ending; NULL in the last is a session that could not say its end. */
static void take_session(const struct store_query *query, struct report *report)
{
    char ending[20];
    copy_cell(query, 0, report->host, sizeof report->host);
    report->process = store_query_cell(query, 1).integer;
    report->progress.workers = store_query_cell(query, 2).integer;
    copy_cell(query, 3, report->began, sizeof report->began);
    copy_cell(query, 4, report->ended, sizeof report->ended);
    copy_cell(query, 5, ending, sizeof ending);
    report->state = STATE_KILLED;
    for (enum state state = STATE_FINISHED; state <= STATE_FAILED; state++)
        if (strcmp(ending, states[state]) == 0)
            report->state = state;
}

/* trained, failed */
static void take_counts(const struct store_query *query, struct report *report)
{
    report->progress.trained = store_query_cell(query, 0).integer;
    report->progress.failed = store_query_cell(query, 1).integer;
}

/* ticket, score, formula, deviation, seeds */
static void take_first(const struct store_query *query, struct report *report)
{
    struct store_cell deviation = store_query_cell(query, 3);
    struct result result = result_of_score(store_query_cell(query, 1).real);
    result.objective[0].deviation = deviation.kind == STORE_CELL_REAL ? deviation.real : NAN;
    result.seeds = (int)store_query_cell(query, 4).integer;
    report->progress.best = (struct best_result){.ticket = store_query_cell(query, 0).integer, .result = result};
    copy_cell(query, 2, report->formula, sizeof report->formula);
}

static int64_t limit_of(const struct store_query *query, int column)
{
    struct store_cell cell = store_query_cell(query, column);
    return cell.kind == STORE_CELL_INTEGER ? cell.integer : SEARCH_UNLIMITED;
}

/* Candidates of a stored grammar; 0 when they cannot be counted. */
static int64_t count_candidates(const char *grammar_text)
{
    struct json_document *document = NULL;
    struct grammar *grammar = NULL;
    int64_t count = 0;
    bool counted = json_parse(grammar_text, "grammar", &document, NULL) == 0 &&
                   grammar_parse(json_root(document), &grammar, NULL) == 0 && grammar_total(grammar, &count, NULL) == 0;
    grammar_free(grammar);
    json_document_free(document);
    return counted ? count : 0;
}

/* evaluations, proposals as allowed, and as made, grammar. A search that has finished without reaching either has used
   up its grammar. */
static void take_end(const struct store_query *query, struct report *report)
{
    struct search_account account = {.evaluations = limit_of(query, 0),
                                     .proposals = limit_of(query, 1),
                                     .trained = store_query_cell(query, 2).integer,
                                     .proposed = store_query_cell(query, 3).integer};
    struct store_cell grammar = store_query_cell(query, 4);
    account.candidates = grammar.kind == STORE_CELL_TEXT ? count_candidates(grammar.text) : 0;
    struct text reason = TEXT_EMPTY;
    account.exhausted = search_end(&account) == SEARCH_GOES_ON;
    if (report->state == STATE_FINISHED)
        search_end_describe(&account, &reason);
    snprintf(report->reason, sizeof report->reason, "%s", text_string(&reason));
    text_release(&reason);
}

static int read_database(struct report *report, struct error *err)
{
    static const struct {
        const char *sql;
        void (*row)(const struct store_query *query, struct report *report);
    } questions[] = {
        {"SELECT host, pid, threads, started_at, ended_at, ending FROM session ORDER BY id DESC LIMIT 1", take_session},
        {"SELECT count(*), coalesce(sum(outcome <> '" STORE_OK "'), 0) FROM evaluation", take_counts},
        {"SELECT ticket, e.score, p.simplified, e.score_deviation, e.seeds FROM evaluation AS e JOIN proposal AS p "
         "USING (ticket)"
         " WHERE e.outcome = '" STORE_OK "' ORDER BY " STORE_BEST_FIRST " LIMIT 1",
         take_first},
        {"SELECT json_extract(experiment, '$.search.evaluations'), json_extract(experiment, '$.search.proposals'),"
         " (SELECT count(*) FROM evaluation JOIN proposal USING (ticket) WHERE origin = '" STORE_SEARCH "'),"
         " (SELECT count(*) FROM proposal WHERE origin = '" STORE_SEARCH "'), grammar FROM run"
         " WHERE (SELECT count(*) FROM run) = 1 AND json_valid(experiment)",
         take_end},
    };
    struct store *store = NULL;
    int status = database_open(report->database, &store, err);
    report->state = STATE_NEW;
    for (size_t i = 0; i < sizeof questions / sizeof *questions && !status; i++)
        status = first_row(store, questions[i].sql, questions[i].row, report, err);
    if (!status) {
        report->progress.tickets = store_count(store);
        snprintf(report->experiment, sizeof report->experiment, "%s", store_run(store)->name);
    }
    int closed = store_close(store, status ? NULL : err);
    return status ? status : closed;
}

static void take_owner(const struct store_lock_info *info, struct report *report)
{
    snprintf(report->host, sizeof report->host, "%s", info->host);
    snprintf(report->last_beat, sizeof report->last_beat, "%s", info->at);
    snprintf(report->began, sizeof report->began, "%s", info->began);
    report->process = info->readable ? info->pid : -1;
    report->age = info->age;
    report->ended[0] = '\0';
}

static int find_out(const char *database, struct report *report, struct error *err)
{
    struct store_lock_info info;
    *report = (struct report){.database = database, .process = -1, .age = NAN, .progress = store_heartbeat_unknown()};
    report->progress.trained = report->progress.failed = 0;
    int status = store_lock_info(database, &info, err);
    if (status)
        return status;
    if (info.alive) {
        report->progress = info.progress;
        snprintf(report->experiment, sizeof report->experiment, "%s", info.experiment);
        snprintf(report->formula, sizeof report->formula, "%s", info.formula);
        /* whoever has never shown another sign of life than its record does not know the custom */
        report->state = info.beat > 0 && info.age > STORE_STALE_SECONDS ? STATE_SUSPENDED : STATE_RUNNING;
    } else {
        status = read_database(report, err);
    }
    if (!status && info.held && (info.alive || !info.here)) {
        take_owner(&info, report);
        if (!info.alive)
            report->state = info.readable ? STATE_SILENT : STATE_UNKNOWN;
    }
    return status;
}

/* ---- what follows from it */

static double rate(const struct report *report) /* a second; NaN: not known */
{
    const struct store_heartbeat *progress = &report->progress;
    bool known = report->state == STATE_RUNNING && progress->trained_now > 0 && progress->seconds > 0;
    return known ? (double)progress->trained_now / progress->seconds : NAN;
}

static double seconds_left(const struct report *report) /* NaN: not known */
{
    const struct store_heartbeat *progress = &report->progress;
    double left = (double)(progress->to_train - progress->trained) / rate(report);
    return progress->to_train <= 0 ? NAN : left > 0 || isnan(left) ? left : 0;
}

/* 2026-01-31 12:34 UTC; "" when that is too far away for a calendar. */
static void utc_in(double seconds, const char *format, char *text, size_t size)
{
    struct tm utc;
    time_t then = time(NULL) + (time_t)fmin(seconds, 1e11);
    if (!gmtime_r(&then, &utc) || strftime(text, size, format, &utc) == 0)
        *text = '\0';
}

/* ---- for people */

/* The two largest units: 34 s, 12 min 5 s, 2 h 18 min, 3 d 4 h. */
static void add_duration(double seconds, struct text *out)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    int unit = 0;
    seconds = floor(seconds + 0.5);
    while (unit < 3 && seconds < units[unit].seconds)
        unit++;
    double count = floor(seconds / units[unit].seconds);
    text_addf(out, "%.0f %s", count, units[unit].name);
    if (unit == 3)
        return;
    double rest = floor((seconds - count * units[unit].seconds) / units[unit + 1].seconds);
    if (rest > 0)
        text_addf(out, " %.0f %s", rest, units[unit + 1].name);
}

static void add_state(const struct report *report, struct text *out)
{
    static const char *const words[] = {
        [STATE_RUNNING] = "running",        [STATE_FINISHED] = "finished", [STATE_INTERRUPTED] = "stopped: interrupted",
        [STATE_FAILED] = "stopped: failed", [STATE_KILLED] = "killed",     [STATE_NEW] = "never run"};
    text_add(out, "state: ");
    if (report->state == STATE_SUSPENDED || report->state == STATE_SILENT) {
        text_add(out, "no heartbeat for ");
        add_duration(report->age, out);
        text_add(out, report->state == STATE_SILENT ? " (probably dead)" : " (suspended?)");
    } else if (report->state == STATE_UNKNOWN) {
        text_addf(out, "unknown: its lock file says \"%.80s\"\n", report->host);
        return;
    } else {
        text_add(out, words[report->state]);
    }
    if (report->process >= 0)
        text_addf(out, " on %s, process %lld", report->host, (long long)report->process);
    if (*report->ended)
        text_addf(out, ", %s", report->ended);
    text_add_char(out, '\n');
    if (*report->reason)
        text_addf(out, "ended: %s\n", report->reason);
}

static void add_progress(const struct report *report, struct text *out)
{
    const struct store_heartbeat *progress = &report->progress;
    bool running = report->state <= STATE_SUSPENDED;
    text_add(out, "progress: ");
    if (running && progress->workers <= 0) {
        text_add(out, "starting\n");
    } else if (progress->trained < 0) {
        text_addf(out, "taking up %lld stored tickets\n", (long long)progress->tickets);
    } else {
        text_addf(out, "%lld", (long long)progress->trained);
        if (progress->to_train > 0)
            text_addf(out, " of %lld trained (%.0f%%)", (long long)progress->to_train,
                      100 * fmin(1, (double)progress->trained / (double)progress->to_train));
        else
            text_add(out, " trained");
        text_addf(out, ", %lld tickets, %lld failed\n", (long long)progress->tickets, (long long)progress->failed);
    }
}

static void add_rate(const struct report *report, struct text *out)
{
    double a_second = rate(report);
    if (isnan(a_second))
        return;
    if (a_second >= 1)
        text_addf(out, "rate: %.1f per second\n", a_second);
    else if (60 * a_second >= 1)
        text_addf(out, "rate: %.1f per minute\n", 60 * a_second);
    else
        text_addf(out, "rate: %.2g per hour\n", 3600 * a_second);
}

static void add_end(const struct report *report, struct text *out)
{
    char end[40];
    double left = seconds_left(report);
    if (isnan(left))
        return;
    utc_in(left, "%Y-%m-%d %H:%M UTC", end, sizeof end);
    text_add(out, "estimated end: in ");
    add_duration(left, out);
    text_addf(out, "%s%s\n", *end ? ", " : "", end);
}

static void add_first(const struct report *report, struct text *out)
{
    const struct store_heartbeat *progress = &report->progress;
    const struct result *best = &progress->best.result;
    text_add(out, "first: ");
    leaderboard_add_score(result_score(best), result_score_deviation(best), best->seeds, out);
    text_addf(out, "  %s  (ticket %lld)", report->formula, (long long)progress->best.ticket);
    leaderboard_add_caution(progress->trained - progress->failed, out);
    text_add_char(out, '\n');
}

static void add_block(const struct report *report, struct text *out)
{
    const struct store_heartbeat *progress = &report->progress;
    text_addf(out, "%sdatabase: %s\nexperiment: %s\n", out->length ? "\n" : "", report->database, report->experiment);
    add_state(report, out);
    if (!isnan(report->age)) {
        text_add(out, "last heartbeat: ");
        add_duration(report->age, out);
        text_add(out, " ago\n");
    }
    add_progress(report, out);
    add_rate(report, out);
    if (progress->workers > 0)
        text_addf(out, "workers: %lld", (long long)progress->workers);
    if (progress->workers > 0 && progress->ranks > 1)
        text_addf(out, " on %lld ranks", (long long)progress->ranks);
    text_add(out, progress->workers > 0 ? "\n" : "");
    if (progress->best.ticket >= 0)
        add_first(report, out);
    add_end(report, out);
}

/* ---- for programs */

static void add_count(struct output *output, int64_t value) /* negative: missing */
{
    if (value >= 0)
        output_integer(output, value);
    else
        output_missing(output);
}

static void add_word(struct output *output, const char *string) /* empty: missing */
{
    output_text(output, *string ? string : NULL);
}

static void add_columns(struct output *output)
{
    static const char *const names[] = {
        "database",   "experiment",   "state",        "host",           "process",
        "began",      "ended",        "end_reason",   "last_heartbeat", "heartbeat_age",
        "tickets",    "trained",      "to_train",     "failed",         "trained_per_second",
        "workers",    "ranks",        "best_ticket",  "best_score",     "best_deviation",
        "best_seeds", "best_formula", "seconds_left", "estimated_end"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        output_column(output, names[i]);
}

static void add_row(const struct report *report, struct output *output)
{
    const struct store_heartbeat *progress = &report->progress;
    char end[40] = "";
    double left = seconds_left(report);
    if (!isnan(left))
        utc_in(left, "%Y-%m-%dT%H:%M:%SZ", end, sizeof end);
    output_text(output, report->database);
    add_word(output, report->experiment);
    output_text(output, states[report->state]);
    add_word(output, report->host);
    add_count(output, report->process);
    add_word(output, report->began);
    add_word(output, report->ended);
    add_word(output, report->reason);
    add_word(output, report->last_beat);
    output_number(output, report->age, -1);
    add_count(output, progress->tickets);
    add_count(output, progress->trained);
    add_count(output, progress->to_train);
    add_count(output, progress->failed);
    output_number(output, rate(report), -1);
    add_count(output, progress->workers);
    add_count(output, progress->ranks);
    add_count(output, progress->best.ticket);
    output_number(output, result_score(&progress->best.result), -1);
    output_number(output, result_score_deviation(&progress->best.result), -1);
    add_count(output, progress->best.result.seeds);
    add_word(output, report->formula);
    output_number(output, left, -1);
    add_word(output, end);
}

/* ---- the command */

/* All that can be said is said; then comes the first error. Rows go to `output` when it is there, blocks to `text`. */
static int tell_of_all(const struct arguments *arguments, struct output *output, struct text *text, int *told,
                       struct error *err)
{
    int status = 0;
    for (int i = 0; i < arguments->count; i++) {
        struct report report;
        int failed = find_out(arguments->items[i], &report, status ? NULL : err);
        status = status ? status : failed;
        if (failed)
            continue;
        ++*told;
        if (output)
            add_row(&report, output);
        else
            add_block(&report, text);
    }
    return status;
}

static int run(struct call *call, struct error *err)
{
    int format = arguments_choice(call->arguments, "format", FORMAT_TEXT), told = 0, printed = 0;
    struct output *output = NULL;
    struct text text = TEXT_EMPTY;
    if (format == OUTPUT_CSV || format == OUTPUT_JSON) {
        int failed = output_new((enum output_format)format, &output, err);
        if (failed)
            return failed;
        add_columns(output);
    }
    int status = tell_of_all(call->arguments, output, &text, &told, err);
    if (told > 0)
        printed = output ? output_finish(output, status ? NULL : err) : output_plain(&text, status ? NULL : err);
    output_free(output);
    text_release(&text);
    return status ? status : printed;
}

const struct command command_status = {
    .name = "status",
    .summary = "how a run is going, or how it ended",
    .usage = "actsearch status [options] DATABASE...",
    .description = "Prints for each database: the experiment, whether a process works on it and\n"
                   "when that last showed a sign of life (every 5 seconds), how many candidates are\n"
                   "trained, the rate, the first of the leaderboard with its deviation, and when\n"
                   "the end is to be expected, or why it has come.\n"
                   "\n"
                   "It only reads, and of a database that is being written only the lock file, so\n"
                   "it neither waits for the run nor makes it wait; it works from another host that\n"
                   "shares the folder, too. \"Probably dead\": on another host, and no sign of life\n"
                   "for 30 seconds. CSV and JSON have every digit.\n",
    .examples = "  actsearch status search.db\n"
                "  actsearch status results/*.db\n"
                "  watch -n 10 actsearch status search.db              # a job on a cluster\n"
                "  actsearch status --format json search.db\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = ANY_NUMBER,
    .run = run,
};
