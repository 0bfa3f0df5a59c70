#include "display/report.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "display/leaderboard.h"
#include "display/terminal.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 10, WIDTH = 80, INDENT = 2 };

/* Calls `row` for each row of a query. */
static int each_row(struct store *store, const char *sql, void (*row)(struct store_query *query, void *context),
                    void *context, struct error *err)
{
    struct store_query *query = NULL;
    bool more = false;
    int status = store_query_new(store, sql, &query, err);
    if (!status)
        status = store_query_next(query, &more, err);
    while (!status && more) {
        row(query, context);
        status = store_query_next(query, &more, err);
    }
    store_query_free(query);
    return status;
}

static const char *text_of(const struct store_query *query, int column)
{
    struct store_cell cell = store_query_cell(query, column);
    return cell.kind == STORE_CELL_TEXT ? cell.text : "";
}

/* ---- what became of the candidates */

/* outcome, detail, tickets */
static void add_outcome(struct store_query *query, void *context)
{
    struct text *out = context;
    long long tickets = (long long)store_query_cell(query, 2).integer;
    const char *outcome = text_of(query, 0), *detail = text_of(query, 1);
    if (strcmp(detail, STORE_OK) == 0)
        text_addf(out, "  %6lld  trained and scored\n", tickets);
    else if (strcmp(outcome, STORE_EVALUATED) == 0)
        text_addf(out, "  %6lld  failed in training: %s\n", tickets, detail);
    else if (strcmp(outcome, STORE_REJECTED) == 0)
        text_addf(out, "  %6lld  turned away untrained: %s\n", tickets, detail);
    else
        text_addf(out, "  %6lld  not trained again: the same function as an earlier one\n", tickets);
}

static int print_outcomes(struct store *store, const char *database, bool resumed, struct error *err)
{
    struct text out = TEXT_EMPTY;
    text_addf(&out, "%s: %lld candidates%s\n", database, (long long)store_count(store),
              resumed ? ", some from earlier sessions" : "");
    int status = each_row(store, "SELECT outcome, detail, tickets FROM outcomes", add_outcome, &out, err);
    text_add_char(&out, '\n');
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

/* ---- the first row */

/* score, deviation, seeds, scores in all */
static void add_first(struct store_query *query, void *context)
{
    struct text *out = context;
    struct store_cell deviation = store_query_cell(query, 1);
    text_add(out, "\nthe first: ");
    leaderboard_add_score(store_query_cell(query, 0).real, deviation.kind == STORE_CELL_REAL ? deviation.real : NAN,
                          store_query_cell(query, 2).integer, out);
    leaderboard_add_caution(store_query_cell(query, 3).integer, out);
    text_add_char(out, '\n');
}

static int print_first(struct store *store, struct error *err)
{
    struct text out = TEXT_EMPTY;
    int status = each_row(store,
                          "SELECT l.score, l.deviation, e.seeds, (SELECT count(*) FROM leaderboard)"
                          " FROM leaderboard AS l JOIN evaluation AS e USING (ticket) ORDER BY l.rank LIMIT 1",
                          add_first, &out, err);
    if (!status && out.length)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

/* ---- the places of the known functions */

struct places {
    struct text text;
    int column;
};

/* rank, function, score */
static void add_place(struct store_query *query, void *context)
{
    struct places *places = context;
    char place[128];
    int length = snprintf(place, sizeof place, "%lld. %s %.4f", (long long)store_query_cell(query, 0).integer,
                          text_of(query, 1), store_query_cell(query, 2).real);
    bool first = places->text.length == 0;
    if (!first && places->column + 3 + length > WIDTH) {
        text_addf(&places->text, "\n%*s", INDENT, "");
        places->column = INDENT;
    } else {
        text_addf(&places->text, "%*s", first ? INDENT : 3, "");
        places->column += first ? INDENT : 3;
    }
    text_add(&places->text, place);
    places->column += length;
}

static int print_places(struct store *store, struct error *err)
{
    struct places places = {.text = TEXT_EMPTY};
    int status = each_row(
        store, "SELECT rank, function, score FROM leaderboard WHERE origin = '" STORE_BASELINE "' ORDER BY rank",
        add_place, &places, err);
    if (!status && places.text.length > 0) {
        struct text out = TEXT_EMPTY;
        text_addf(&out, "\nthe known functions and their places:\n%s\n", text_string(&places.text));
        status = output_plain(&out, err);
        text_release(&out);
    }
    text_release(&places.text);
    return status;
}

/* ---- what next */

enum { TICKET_TEXT = 32 };

static void keep_ticket(struct store_query *query, void *context)
{
    snprintf(context, TICKET_TEXT, "%s", store_query_cell(query, 0).text);
}

/* Of several functions, the commands speak of the first. */
static int print_next(struct store *store, const char *database, struct error *err)
{
    char first[TICKET_TEXT] = "";
    int status = each_row(store,
                          "SELECT ticket || iif(instr(simplified, ';'), '.1', '') FROM leaderboard JOIN proposal "
                          "USING (ticket) WHERE rank = 1 LIMIT 1",
                          keep_ticket, first, err);
    struct text out = TEXT_EMPTY;
    text_addf(&out, "\nnext:\n  actsearch top --all %s\n", database);
    if (*first)
        text_addf(&out, "  actsearch show %s %s\n  actsearch export --c %s %s > activation.c\n", database, first,
                  database, first);
    text_addf(&out, "  actsearch query %s 'SELECT * FROM outcomes'\n", database);
    if (!status)
        status = output_plain(&out, err);
    text_release(&out);
    return status;
}

int report_print(struct store *store, const char *database, bool resumed, struct error *err)
{
    int status = print_outcomes(store, database, resumed, err);
    if (!status)
        status = leaderboard_print(store, LEADERBOARD_ALL, ROWS, OUTPUT_TABLE, err);
    if (!status)
        status = print_first(store, err);
    if (!status)
        status = print_places(store, err);
    return status ? status : print_next(store, database, err);
}
