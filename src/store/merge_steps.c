/* Steps of a merge: looking up, remembering what became of tickets, going over rows. */
#include "store/merge_internal.h"

#include "base/memory.h"

#include <stdlib.h>

void *merge_room(void *items, ptrdiff_t count, ptrdiff_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    ptrdiff_t wanted = *capacity ? 2 * *capacity : 16;
    void *grown = memory_resize(items, (size_t)wanted, size);
    if (grown)
        *capacity = wanted;
    return grown;
}

int merge_add_link(struct links *links, struct link link, struct error *err)
{
    struct link *items = merge_room(links->items, links->count, &links->capacity, sizeof *items);
    if (!items)
        return memory_error(err, "a merge");
    links->items = items;
    links->items[links->count++] = link;
    return 0;
}

static int compare_links(const void *a, const void *b)
{
    int64_t x = ((const struct link *)a)->from, y = ((const struct link *)b)->from;
    return (x > y) - (x < y);
}

const struct link *merge_find_link(const struct links *links, int64_t from)
{
    struct link key = {.from = from};
    return links->count ? bsearch(&key, links->items, (size_t)links->count, sizeof key, compare_links) : NULL;
}

int merge_look_up(const struct merge *merge, sqlite3_stmt *statement, bool *found, struct error *err)
{
    int code = store_step(merge->store, statement);
    *found = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : store_fail(merge->store, err, "merge");
}

sqlite3_stmt *merge_bound(const struct merge *merge, enum statement which, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = merge->statements[which];
    sqlite3_reset(statement);
    sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        sqlite3_bind_int64(statement, 2, second);
    return statement;
}

int merge_each_row(struct merge *merge, struct input *input, const char *sql,
                   int (*take)(struct merge *merge, struct input *input, sqlite3_stmt *row, struct error *err),
                   struct error *err)
{
    sqlite3_stmt *rows = NULL;
    int code = SQLITE_ROW, status = store_prepare(input->store, sql, &rows, err);
    while (!status && (code = store_step(input->store, rows)) == SQLITE_ROW)
        status = take(merge, input, rows, err);
    if (!status && code != SQLITE_DONE)
        status = store_fail(input->store, err, "read it");
    sqlite3_finalize(rows);
    return status;
}
