/* From older schemas to the present one, in one step.
 *
 * A table that has got columns, another key or other remarks is made anew as schema.c has it, and its rows are copied;
 * new columns get what they stood for before (struct column). Since renaming a table renames what refers to it, those
 * that refer to it are made anew, too. A table that is new is made. The views, which hold nothing, are dropped before
 * and made again afterwards: some would not survive their tables, and others say more now. What else a schema changed
 * is an entry below. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

/* Texts of the run that say more than they did: at most one entry for a column. */
static const struct {
    int since;
    const char *column, *sql; /* what is there now, from what was there */
} changes[] = {
    /* "parameters" of a network: learned parameters were those of a layer */
    {2, "experiment",
     "iif(json_type(experiment, '$.network') = 'object',"
     " json_insert(experiment, '$.network.parameters', 'layer'), experiment)"},
};
enum { CHANGES = sizeof changes / sizeof *changes };

static const char *change_of(const char *column, int schema)
{
    for (int i = 0; i < CHANGES; i++)
        if (changes[i].since > schema && strcmp(changes[i].column, column) == 0)
            return changes[i].sql;
    return NULL;
}

static bool has_changed(const struct table *table, int schema)
{
    bool changed = table->changed > schema;
    for (int i = 0; i < table->column_count; i++)
        changed |= table->columns[i].since > schema;
    return changed;
}

static bool refers_to(const struct table *table, const struct table *other)
{
    struct text sql = TEXT_EMPTY, reference = TEXT_EMPTY;
    table_create_sql(table, &sql);
    text_addf(&reference, "REFERENCES %s (", other->name);
    bool refers = strstr(text_string(&sql), text_string(&reference)) != NULL;
    text_release(&sql);
    text_release(&reference);
    return refers;
}

/* Tables stand behind those that they refer to, so one pass finds them all. */
static void find_renewed(int schema, bool renewed[TABLE_COUNT])
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct table *table = &store_tables[i];
        renewed[i] = table->since <= schema && has_changed(table, schema);
        for (int k = 0; k < i && table->since <= schema; k++)
            renewed[i] |= renewed[k] && refers_to(table, &store_tables[k]);
    }
}

/* A key that is no member of the record is the number of the row, whatever it was called. */
static void add_copy(const struct table *table, int schema, struct text *sql)
{
    text_addf(sql, "INSERT INTO %s SELECT ", table->name);
    if (table->key)
        text_addf(sql, "%s, ", table->key_name ? table->key_name : "rowid");
    table_columns_sql(table, schema, sql);
    text_addf(sql, " FROM %s_before;\n", table->name);
}

static void add_tables(int schema, struct text *sql)
{
    bool renewed[TABLE_COUNT];
    find_renewed(schema, renewed);
    for (int i = 0; i < TABLE_COUNT; i++)
        if (renewed[i])
            text_addf(sql, "ALTER TABLE %s RENAME TO %s_before;\n", store_tables[i].name, store_tables[i].name);
    for (int i = 0; i < TABLE_COUNT; i++)
        if (renewed[i] || store_tables[i].since > schema)
            table_create_sql(&store_tables[i], sql);
    for (int i = 0; i < TABLE_COUNT; i++)
        if (renewed[i])
            add_copy(&store_tables[i], schema, sql);
    for (int i = TABLE_COUNT - 1; i >= 0; i--)
        if (renewed[i])
            text_addf(sql, "DROP TABLE %s_before;\n", store_tables[i].name);
}

void run_columns_now_sql(int schema, struct text *sql)
{
    const struct table *table = &store_tables[TABLE_RUN];
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const char *changed = change_of(column->name, schema);
        if (!changed && column->since > schema)
            changed = column->before;
        text_add(sql, i ? ", " : "");
        if (changed)
            text_addf(sql, "%s AS ", changed);
        text_add(sql, column->name);
    }
}

int store_migrate(struct store *store, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    views_drop_sql(&sql);
    add_tables(store->schema, &sql);
    for (int i = 0; i < CHANGES; i++)
        if (changes[i].since > store->schema)
            text_addf(&sql, "UPDATE run SET %s = %s;\n", changes[i].column, changes[i].sql);
    views_create_sql(&sql);
    text_addf(&sql, "PRAGMA user_version = %d;\n", STORE_SCHEMA);
    int status = text_failed(&sql) ? memory_error(err, "a newer schema")
                                   : store_execute(store, text_string(&sql), "bring it up to date", err);
    if (!status)
        store->schema = STORE_SCHEMA;
    text_release(&sql);
    return status;
}
