/* SQL of people: cells, columns, what is refused. */
#include "fixture.h"

static struct store *filled(bool for_writing)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, &example_run, &fixture_options, &store, &err));
    for (int64_t i = 0; i < 3; i++) {
        struct store_ticket ticket = example_ticket(i);
        ASSERT_OK(store_append(store, &ticket, &err));
    }
    if (for_writing)
        return store;
    ASSERT_OK(store_close(store, &err));
    ASSERT_OK(store_open_read(path, &store, &err));
    return store;
}

static void closed(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
    fixture_end();
}

START_TEST(cells_carry_their_type)
{
    fixture_begin();
    struct store *store = filled(false);
    struct error err;
    struct store_query *query = NULL;
    bool row;
    ASSERT_OK(store_query_new(store, "SELECT 7 AS a, 0.5 AS b, 'tüv' AS c, NULL AS d, x'00ff' AS e WHERE 1;  -- end",
                              &query, &err));
    ck_assert_int_eq(store_query_columns(query), 5);
    ck_assert_str_eq(store_query_name(query, 2), "c");
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(row);
    struct store_cell cell = store_query_cell(query, 0);
    ck_assert(cell.kind == STORE_CELL_INTEGER && cell.integer == 7 && cell.real == 7 && !cell.text);
    cell = store_query_cell(query, 1);
    ck_assert(cell.kind == STORE_CELL_REAL && cell.real == 0.5);
    cell = store_query_cell(query, 2);
    ck_assert(cell.kind == STORE_CELL_TEXT && cell.length == 4 && strcmp(cell.text, "tüv") == 0);
    cell = store_query_cell(query, 3);
    ck_assert(cell.kind == STORE_CELL_NULL);
    cell = store_query_cell(query, 4);
    ck_assert(cell.kind == STORE_CELL_BLOB && cell.length == 2 && (unsigned char)cell.text[1] == 0xff);
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(!row);
    store_query_free(query);
    closed(store);
}
END_TEST

START_TEST(no_rows_still_have_columns)
{
    fixture_begin();
    struct store *store = filled(false);
    struct error err;
    struct store_query *query = NULL;
    bool row = true;
    ASSERT_OK(store_query_new(store, "SELECT * FROM outcomes WHERE tickets > 10", &query, &err));
    ck_assert_int_eq(store_query_columns(query), 4);
    ck_assert_str_eq(store_query_name(query, 3), "share");
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(!row);
    store_query_free(query);
    closed(store);
}
END_TEST

/* Everything here must be refused by a reader's store and by a writer's. */
static const char *const harmful[] = {
    "INSERT INTO proposal DEFAULT VALUES",
    "UPDATE evaluation SET score = 1",
    "UPDATE sqlite_master SET type = 'view'",
    "DELETE FROM trial",
    "DROP TABLE run",
    "CREATE TABLE t (a)",
    "CREATE TEMP TABLE t (a)",
    "ATTACH 'other.db' AS other",
    "DETACH main",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT a",
    "VACUUM",
    "VACUUM INTO 'copy.db'",
    "REINDEX",
    "ANALYZE",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version = 9",
    "PRAGMA application_id(3)",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA wal_checkpoint",
    "PRAGMA temp_store_directory = '/'",
    "WITH a AS (SELECT 1) DELETE FROM curve",
    "SELECT load_extension('evil')",
    "CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE t USING fts5(a)",
};

START_TEST(only_reading_is_allowed)
{
    for (int writer = 0; writer < 2; writer++) {
        fixture_begin();
        struct store *store = filled(writer);
        char before[1 << 14];
        snprintf(before, sizeof before, "%s", answer(store, "SELECT * FROM trial"));
        for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++) {
            struct error err = ERROR_EMPTY;
            struct store_query *query = NULL;
            int status = store_query_new(store, harmful[i], &query, &err);
            ck_assert_msg(status == ERROR_INPUT, "%s gave %d", harmful[i], status);
            ck_assert_msg(strstr(err.what, "only reads") || strstr(err.what, "not authorized to use function") ||
                              strstr(err.what, "may not be modified"),
                          "%s: %s", harmful[i], err.what);
        }
        ck_assert_str_eq(before, answer(store, "SELECT * FROM trial"));
        ck_assert_str_eq(answer(store, "SELECT count(*) FROM pragma_table_info('run')"), "15\n");
        ck_assert_str_eq(answer(store, "SELECT sum(value) FROM json_each('[1, 2]')"), "3\n");
        ck_assert_ptr_nonnull(strstr(answer(store, "EXPLAIN QUERY PLAN SELECT 1"), "SCAN CONSTANT ROW"));
        if (writer) { /* the fences are down again for the store's own statements */
            struct error err;
            struct store_ticket ticket = example_ticket(3);
            ASSERT_OK(store_append(store, &ticket, &err));
        }
        closed(store);
    }
}
END_TEST

static void fails(struct store *store, const char *sql, const char *message)
{
    struct error err;
    struct store_query *query = NULL;
    ASSERT_FAILS(store_query_new(store, sql, &query, &err), ERROR_INPUT, message);
}

START_TEST(mistakes_are_explained)
{
    fixture_begin();
    struct store *store = filled(false);
    fails(store, "SELECT scor FROM evaluation", "SQL, column 8: no such column: scor; there are leaderboard, lineage");
    fails(store, "SELECT *\nFROM bord", "no such table: bord; there are leaderboard, lineage, outcomes, run, session,");
    fails(store, "SELECT 'ä',\n  ticket FRM proposal p", "SQL, line 2, column 14: near \"proposal\": syntax error");
    fails(store, "", "there is no statement; for example");
    fails(store, " ; -- nothing", "there is no statement");
    fails(store, "SELECT 1; SELECT 2", "only one statement");
    fails(store, "SELECT 1; rubbish", "only one statement");
    fails(store, "SELECT 1; /* a */ ; DELETE FROM run", "only one statement");
    fails(store, "SELECT (", "incomplete input");
    ck_assert_str_eq(answer(store, "SELECT 1; /* and */ ; -- no more"), "1\n");

    struct error err;
    struct store_query *query = NULL;
    bool row;
    ASSERT_OK(store_query_new(store, "SELECT abs(-9223372036854775807 - 1)", &query, &err));
    ASSERT_FAILS(store_query_next(query, &row, &err), ERROR_INPUT, "SQL: integer overflow");
    store_query_free(query);
    closed(store);
}
END_TEST

int main(void)
{
    return RUN_TESTS("query", 30, cells_carry_their_type, no_rows_still_have_columns, only_reading_is_allowed,
                     mistakes_are_explained);
}
