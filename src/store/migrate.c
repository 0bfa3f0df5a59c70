/* From older schemas to the present one, in one step.
 *
 * A table that has got columns or another key is made anew as schema.c has it, and its rows are copied; the new
 * columns get what they stood for before (struct column). A table that is new is made. The views, which hold nothing,
 * are dropped before and made again afterwards: some would not survive their tables, and others say more now. What
 * else a schema changed is an entry below. */
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

static bool has_grown(const struct table *table, int schema)
{
    bool grown = table->key_since > schema;
    for (int i = 0; i < table->column_count; i++)
        grown |= table->columns[i].since > schema;
    return grown;
}

/* No other table may refer to it: its rows would lose what they refer to when the old one goes. A key that is no
   member of the record is the number of the row, whatever it was called. */
static void add_renewal(const struct table *table, int schema, struct text *sql)
{
    ALWAYS(table->key);
    text_addf(sql, "ALTER TABLE %s RENAME TO %s_before;\n", table->name, table->name);
    table_create_sql(table, sql);
    text_addf(sql, "INSERT INTO %s SELECT %s, ", table->name, table->key_name ? table->key_name : "rowid");
    table_columns_sql(table, schema, sql);
    text_addf(sql, " FROM %s_before;\nDROP TABLE %s_before;\n", table->name, table->name);
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
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (store_tables[i].since > store->schema)
            table_create_sql(&store_tables[i], &sql);
        else if (has_grown(&store_tables[i], store->schema))
            add_renewal(&store_tables[i], store->schema, &sql);
    }
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
