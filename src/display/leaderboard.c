#include "display/leaderboard.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/store.h"

#include <math.h>
#include <string.h>

/* Bytes as hexadecimal digits: they are no text. */
static void print_blob(struct output *output, struct store_cell cell)
{
    struct text digits = TEXT_EMPTY;
    for (size_t i = 0; i < cell.length; i++)
        text_addf(&digits, "%02x", (unsigned char)cell.text[i]);
    output_text(output, text_string(&digits));
    text_release(&digits);
}

/* A number between 0 and 1 in most columns: four digits tell scores apart in a table. */
static void print_cell(struct output *output, struct store_cell cell, bool fixed)
{
    switch (cell.kind) {
    case STORE_CELL_NULL:
        output_missing(output);
        break;
    case STORE_CELL_INTEGER:
        output_integer(output, cell.integer);
        break;
    case STORE_CELL_REAL:
        output_number(output, cell.real, fixed ? 4 : -1);
        break;
    case STORE_CELL_TEXT:
        output_text(output, cell.text);
        break;
    case STORE_CELL_BLOB:
        print_blob(output, cell);
        break;
    }
}

static int print(struct store *store, const char *sql, enum output_format format, bool fixed, struct error *err)
{
    struct store_query *query = NULL;
    struct output *output = NULL;
    bool row = false;
    int status = store_query_new(store, sql, &query, err);
    if (!status)
        status = output_new(format, &output, err);
    int columns = status ? 0 : store_query_columns(query);
    for (int i = 0; i < columns; i++)
        output_column(output, store_query_name(query, i));
    if (!status)
        status = store_query_next(query, &row, err);
    while (!status && row) {
        for (int i = 0; i < columns; i++)
            print_cell(output, store_query_cell(query, i), fixed);
        status = store_query_next(query, &row, err);
    }
    if (!status)
        status = output_finish(output, err);
    output_free(output);
    store_query_free(query);
    return status;
}

int query_print(struct store *store, const char *sql, enum output_format format, struct error *err)
{
    return print(store, sql, format, false, err);
}

/* Appends the columns that hold a measure: which they are depends on what is predicted. The loss is there always. */
static int add_measures(struct store *store, struct text *out, struct error *err)
{
    bool measured[MEASURES];
    int status = store_measured(store, measured, err);
    for (int i = 0; !status && i < MEASURES; i++)
        if (measured[i] && measure_table[i].targets != TARGETS_ALL)
            text_addf(out, ", e.validation_%s AS %s", measure_table[i].name, measure_table[i].name);
    return status;
}

/* Appends the columns that say which run a row is from, if there are several. Files of older schemas hold one. */
static int add_runs(struct store *store, struct text *out, struct error *err)
{
    struct store_query *query = NULL;
    bool row = false;
    int status = store_query_new(store, "SELECT count(*) FROM run", &query, err);
    if (!status)
        status = store_query_next(query, &row, err);
    if (!status && row && store_query_cell(query, 0).integer > 1)
        text_add(out, ", l.run, l.experiment");
    store_query_free(query);
    return status;
}

void leaderboard_add_score(double score, double deviation, int64_t seeds, struct text *out)
{
    text_addf(out, "%.4f", score);
    if (isfinite(deviation))
        text_addf(out, " +- %.4f", deviation);
    if (isfinite(deviation) && seeds > 0)
        text_addf(out, " over %lld seeds", (long long)seeds);
    if (!isfinite(deviation))
        text_add(out, seeds == 1 ? ", one seed, no deviation" : ", no deviation known");
}

void leaderboard_add_caution(int64_t scores, struct text *out)
{
    if (scores > 1)
        text_addf(out, "; the first of %lld noisy scores, not confirmed", (long long)scores);
}

int leaderboard_print(struct store *store, enum leaderboard_part part, int64_t limit, enum output_format format,
                      struct error *err)
{
    struct text sql = TEXT_EMPTY;
    text_add(&sql, "SELECT l.rank, l.ticket, l.score, l.deviation");
    int status = add_measures(store, &sql, err);
    text_add(&sql, ", e.validation_loss AS loss, l.origin");
    if (!status)
        status = add_runs(store, &sql, err);
    text_addf(&sql,
              ", l.function FROM leaderboard AS l JOIN evaluation AS e USING (ticket)%s ORDER BY l.rank LIMIT %lld",
              part == LEADERBOARD_BASELINES ? " WHERE l.origin = '" STORE_BASELINE "'" : "", (long long)limit);
    if (!status && text_failed(&sql))
        status = memory_error(err, "the leaderboard");
    if (!status)
        status = print(store, text_string(&sql), format, true, err);
    text_release(&sql);
    return status;
}
