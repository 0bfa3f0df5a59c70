/* Records to rows and back, driven by the tables of schema.c. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct pool_block {
    struct pool_block *next;
    char text[];
};

const char *pool_copy(struct pool *pool, const char *string, size_t length)
{
    struct pool_block *block = memory_array(sizeof *block + length + 1, 1);
    if (!block)
        return NULL;
    memcpy(block->text, string, length);
    block->text[length] = '\0';
    block->next = pool->blocks;
    pool->blocks = block;
    return block->text;
}

void pool_release(struct pool *pool)
{
    while (pool->blocks) {
        struct pool_block *block = pool->blocks;
        pool->blocks = block->next;
        memory_free(block);
    }
}

static int bind_column(const struct column *column, sqlite3_stmt *statement, int place, const char *member)
{
    switch (column->kind) {
    case COLUMN_TEXT: {
        const char *text;
        memcpy(&text, member, sizeof text);
        return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
    }
    case COLUMN_OUTCOME: {
        enum outcome outcome;
        memcpy(&outcome, member, sizeof outcome);
        const char *name = (unsigned)outcome < OUTCOME_COUNT ? outcome_name(outcome) : NULL;
        return sqlite3_bind_text(statement, place, name, -1, SQLITE_STATIC);
    }
    case COLUMN_INT: {
        int number;
        memcpy(&number, member, sizeof number);
        return sqlite3_bind_int(statement, place, number);
    }
    case COLUMN_REAL: {
        double real;
        memcpy(&real, member, sizeof real);
        return isfinite(real) ? sqlite3_bind_double(statement, place, real) : sqlite3_bind_null(statement, place);
    }
    default: {
        int64_t integer;
        memcpy(&integer, member, sizeof integer);
        if (column->kind == COLUMN_REFERENCE && integer == STORE_NONE)
            return sqlite3_bind_null(statement, place);
        return sqlite3_bind_int64(statement, place, integer);
    }
    }
}

int table_bind(const struct table *table, sqlite3_stmt *statement, int first, const void *record)
{
    int status = SQLITE_OK;
    for (int i = 0; i < table->column_count && status == SQLITE_OK; i++) {
        const struct column *column = &table->columns[i];
        status = bind_column(column, statement, first + i, (const char *)record + column->offset);
    }
    return status;
}

/* What the schema promises of a column. A damaged row may hold anything, and what is built on it would fail far away.
 */
static bool keeps_promise(const struct column *column, sqlite3_stmt *statement, int place)
{
    int type = sqlite3_column_type(statement, place);
    bool needed = strncmp(column->constraints, "NOT NULL", 8) == 0 || strncmp(column->constraints, "PRIMARY", 7) == 0;
    if (type == SQLITE_NULL)
        return !needed;
    switch (column->kind) {
    case COLUMN_TEXT:
        return type == SQLITE_TEXT;
    case COLUMN_OUTCOME: {
        const char *name = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(statement, place) : NULL;
        return name && outcome_by_name(name) != OUTCOME_COUNT;
    }
    case COLUMN_REAL:
        return type == SQLITE_FLOAT || type == SQLITE_INTEGER;
    case COLUMN_INT: {
        int64_t integer = sqlite3_column_int64(statement, place);
        return type == SQLITE_INTEGER && integer >= INT_MIN && integer <= INT_MAX;
    }
    default:
        return type == SQLITE_INTEGER;
    }
}

static int broken_promise(const struct store *store, const struct table *table, const struct column *column,
                          struct error *err)
{
    char what[120];
    snprintf(what, sizeof what, "table %s has a row whose %s cannot be", table->name, column->name);
    return store_damaged(store, err, what);
}

/* False: no memory. */
static bool read_text(sqlite3_stmt *statement, int place, char *member, struct pool *pool)
{
    const char *text = NULL, *stored = (const char *)sqlite3_column_text(statement, place);
    if (stored)
        text = pool_copy(pool, stored, strlen(stored));
    memcpy(member, &text, sizeof text);
    return text || sqlite3_column_type(statement, place) == SQLITE_NULL;
}

static bool read_column(const struct column *column, sqlite3_stmt *statement, int place, char *member,
                        struct pool *pool)
{
    bool null = sqlite3_column_type(statement, place) == SQLITE_NULL;
    if (column->kind == COLUMN_TEXT)
        return read_text(statement, place, member, pool);
    if (column->kind == COLUMN_OUTCOME) {
        enum outcome outcome = outcome_by_name((const char *)sqlite3_column_text(statement, place));
        memcpy(member, &outcome, sizeof outcome);
    } else if (column->kind == COLUMN_REAL) {
        double real = null ? NAN : sqlite3_column_double(statement, place);
        memcpy(member, &real, sizeof real);
    } else if (column->kind == COLUMN_INT) {
        int number = sqlite3_column_int(statement, place);
        memcpy(member, &number, sizeof number);
    } else {
        int64_t integer = null ? STORE_NONE : sqlite3_column_int64(statement, place);
        memcpy(member, &integer, sizeof integer);
    }
    return true;
}

int table_read(const struct store *store, const struct table *table, sqlite3_stmt *statement, void *record,
               struct pool *pool, struct error *err)
{
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!keeps_promise(column, statement, i))
            return broken_promise(store, table, column, err);
        if (!read_column(column, statement, i, (char *)record + column->offset, pool))
            return memory_error(err, "a row of the database");
    }
    return 0;
}

/* Differences of run records --------------------------------------------------------------------- */

enum { EXCERPT_BEFORE = 24, EXCERPT_AFTER = 36 };

static bool inside_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80; /* a UTF-8 continuation byte */
}

/* The part of `text` around `at`, in quotes, cut at whole characters. */
static void add_excerpt(const char *text, size_t at, struct text *out)
{
    size_t length = strlen(text);
    size_t from = at > EXCERPT_BEFORE ? at - EXCERPT_BEFORE : 0;
    size_t to = length - at > EXCERPT_AFTER ? at + EXCERPT_AFTER : length;
    while (from > 0 && inside_character(text[from]))
        from--;
    while (to < length && inside_character(text[to]))
        to++;
    text_addf(out, "'%s%.*s%s'", from > 0 ? "..." : "", (int)(to - from), text + from, to < length ? "..." : "");
}

static const char *text_member(const struct store_run *run, const struct column *column)
{
    const char *text;
    memcpy(&text, (const char *)run + column->offset, sizeof text);
    return text ? text : "";
}

static long long integer_member(const struct store_run *run, const struct column *column)
{
    int64_t integer;
    memcpy(&integer, (const char *)run + column->offset, sizeof integer);
    return (long long)integer;
}

/* What came with a later schema is not known of older runs, and no difference then. */
static bool differs(const struct column *column, const struct store_run *stored, const struct store_run *given)
{
    if (column->kind != COLUMN_TEXT)
        return integer_member(stored, column) != integer_member(given, column);
    const char *old = text_member(stored, column);
    return !(column->since && !*old) && strcmp(old, text_member(given, column)) != 0;
}

static void add_difference(const struct column *column, const struct store_run *stored, const struct store_run *given,
                           struct text *out)
{
    text_addf(out, "%s has ", column->name);
    if (column->kind == COLUMN_TEXT) {
        const char *old = text_member(stored, column), *new = text_member(given, column);
        size_t at = 0;
        while (old[at] && old[at] == new[at])
            at++;
        add_excerpt(old, at, out);
        text_add(out, " in the database but ");
        add_excerpt(new, at, out);
    } else {
        text_addf(out, "%lld in the database but %lld", integer_member(stored, column), integer_member(given, column));
    }
    text_add(out, " now");
}

int run_compare(const char *where, const struct store_run *stored, const struct store_run *given, struct error *err)
{
    enum { SHOWN = 3 }; /* with their values; of the others, the names */
    const struct table *table = &store_tables[TABLE_RUN];
    struct text list = TEXT_EMPTY;
    int count = 0, status = 0;
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!differs(column, stored, given))
            continue;
        if (count < SHOWN) {
            text_add(&list, count ? "; " : "");
            add_difference(column, stored, given, &list);
        } else {
            text_addf(&list, "%s%s", count == SHOWN ? "; also different: " : ", ", column->name);
        }
        count++;
    }
    if (text_failed(&list))
        status = memory_error(err, "comparing two runs");
    else if (count)
        status = error_set(err, ERROR_CONFLICT, where,
                           "name another database, or run what this one was made with (SELECT * FROM run)",
                           "this database holds another run: %s", text_string(&list));
    text_release(&list);
    return status;
}
