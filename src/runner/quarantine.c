#include "runner/quarantine.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void quarantine_path(const char *database, struct text *path)
{
    text_addf(path, "%s.crashed", database);
}

/* A line that is none (a full disk cut it short) says nothing, and one that is known already (this process was killed
   before it could remove the note) says nothing new. */
static int collect_line(const char *line, struct store *store, struct error *err)
{
    int64_t ticket;
    char name[16], process[300];
    if (sscanf(line, "%" SCNd64 " %15s %299s", &ticket, name, process) != 3 || ticket < 0)
        return 0;
    return store_crash_add(store, ticket, name, process, err);
}

int quarantine_collect(const char *path, bool fresh, struct store *store, struct error *err)
{
    enum { LIMIT = 1 << 20 };
    struct text text = TEXT_EMPTY;
    if (access(path, F_OK) != 0)
        return 0;
    int status = fresh ? 0 : file_read(path, LIMIT, &text, err);
    const char *line = text_string(&text);
    for (const char *end; !status && (end = strchr(line, '\n')); line = end + 1)
        status = collect_line(line, store, err);
    text_release(&text);
    if (!status)
        unlink(path);
    return status;
}

int quarantine_read(struct store *store, struct quarantine *list, struct error *err)
{
    struct store_query *query = NULL;
    char sql[120];
    bool row = true;
    snprintf(sql, sizeof sql, "SELECT ticket FROM crash GROUP BY ticket HAVING count(*) >= %d", CRASHES_TO_QUARANTINE);
    int status = store_query_new(store, sql, &query, err);
    while (!status && !(status = store_query_next(query, &row, err)) && row) {
        int64_t *longer = memory_resize(list->tickets, (size_t)list->count + 1, sizeof *longer);
        if (!longer) {
            status = memory_error(err, "the crashed tickets");
            continue;
        }
        list->tickets = longer;
        list->tickets[list->count++] = store_query_cell(query, 0).integer;
    }
    store_query_free(query);
    return status;
}

bool quarantine_has(const struct quarantine *list, int64_t ticket)
{
    for (ptrdiff_t i = 0; i < list->count; i++)
        if (list->tickets[i] == ticket)
            return true;
    return false;
}

void quarantine_release(struct quarantine *list)
{
    memory_free(list->tickets);
    *list = (struct quarantine){0};
}
