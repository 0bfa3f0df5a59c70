/* From older schemas to the present one, in one step.
 *
 * A table that has got columns is made anew as schema.c has it, and its rows are copied; the new columns get what
 * they stood for before (struct column). What else a schema changed is an entry below. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

/* Texts of the run that say more than they did. */
static const struct {
    int since;
    const char *sql;
} changes[] = {
    /* "parameters" of a network: learned parameters were those of a layer */
    {2, "UPDATE run SET experiment = json_insert(experiment, '$.network.parameters', 'layer')"
        " WHERE json_type(experiment, '$.network') = 'object'"},
};

static bool has_grown(const struct table *table, int schema)
{
    bool grown = false;
    for (int i = 0; i < table->column_count; i++)
        grown |= table->columns[i].since > schema;
    return grown;
}

/* No other table may refer to it: its rows would lose what they refer to when the old one goes. */
static void add_renewal(const struct table *table, int schema, struct text *sql)
{
    ALWAYS(table->key_name);
    text_addf(sql, "ALTER TABLE %s RENAME TO %s_before;\n", table->name, table->name);
    table_create_sql(table, sql);
    text_addf(sql, "INSERT INTO %s SELECT %s, ", table->name, table->key_name);
    table_columns_sql(table, schema, sql);
    text_addf(sql, " FROM %s_before;\nDROP TABLE %s_before;\n", table->name, table->name);
}

int store_migrate(struct store *store, struct error *err)
{
    struct text sql = TEXT_EMPTY;
    for (int i = 0; i < TABLE_COUNT; i++)
        if (has_grown(&store_tables[i], store->schema))
            add_renewal(&store_tables[i], store->schema, &sql);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (changes[i].since > store->schema)
            text_addf(&sql, "%s;\n", changes[i].sql);
    text_addf(&sql, "PRAGMA user_version = %d;\n", STORE_SCHEMA);
    int status = text_failed(&sql) ? memory_error(err, "a newer schema")
                                   : store_execute(store, text_string(&sql), "bring it up to date", err);
    if (!status)
        store->schema = STORE_SCHEMA;
    text_release(&sql);
    return status;
}
