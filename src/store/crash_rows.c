/* Trainings that killed their process. They are noted outside of the tickets: the ticket that did it was never
   stored, and whether it does it again may depend on the machine. */
#include "store/store_internal.h"

#include "base/error.h"

static int is_known(struct store *store, const struct store_crash *crash, bool *known, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int status = store_prepare(
        store, "SELECT EXISTS (SELECT * FROM crash WHERE ticket = ? AND signal = ? AND process = ?)", &statement, err);
    if (!status) {
        sqlite3_bind_int64(statement, 1, crash->ticket);
        sqlite3_bind_text(statement, 2, crash->signal, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, crash->process, -1, SQLITE_STATIC);
        if (store_step(store, statement) == SQLITE_ROW)
            *known = sqlite3_column_int(statement, 0);
        else
            status = store_fail(store, err, "read it");
    }
    sqlite3_finalize(statement);
    return status;
}

int store_crash_add(struct store *store, int64_t ticket, const char *signal, const char *process, struct error *err)
{
    char now[UTC_SIZE];
    bool known = false;
    utc_now(now);
    struct store_crash crash = {.ticket = ticket, .signal = signal, .process = process, .noted_at = now};
    int status = is_known(store, &crash, &known, err);
    if (status || known)
        return status;
    return store_insert(store, TABLE_CRASH, 0, &crash, err); /* outside of a transaction it is one by itself */
}
