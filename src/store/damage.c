/* What is wrong with a file that is no database, or a broken one: which part of it is missing or broken, what can
   still be read, and how to save that. */
#include "store/store_internal.h"

#include "base/error.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the first bytes. They are read through SQLite: closing a file of our own would let go of its locks. */

enum { HEADER = 100 };

static int64_t number_at(const unsigned char *bytes, int count)
{
    int64_t number = 0;
    for (int i = 0; i < count; i++)
        number = number << 8 | bytes[i];
    return number;
}

static void read_head(const struct store *store, struct file_head *head)
{
    sqlite3_file *file = NULL;
    unsigned char bytes[HEADER] = {0};
    sqlite3_int64 size = 0;
    *head = (struct file_head){.size = 0};
    if (!store->db || sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
        !file->pMethods || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return;
    /* A short read fills up with zeros and says so, which the size has said already. */
    file->pMethods->xRead(file, bytes, HEADER, 0);
    head->size = size;
    head->sqlite = size >= 16 && memcmp(bytes, "SQLite format 3", 16) == 0;
    head->gzip = size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    head->log = head->sqlite && bytes[18] == 2 && bytes[19] == 2;
    int64_t page = number_at(bytes + 16, 2);
    head->whole = head->sqlite ? number_at(bytes + 28, 4) * (page == 1 ? 65536 : page) : 0;
}

static bool side_file(const struct store *store, const char *ending, int64_t *size)
{
    struct stat info;
    struct text name = TEXT_EMPTY;
    text_addf(&name, "%s%s", store->path, ending);
    bool there = !text_failed(&name) && stat(text_string(&name), &info) == 0;
    text_release(&name);
    *size = there ? (int64_t)info.st_size : 0;
    return there;
}

int store_not_one(const struct store *store, struct error *err)
{
    struct file_head head;
    read_head(store, &head);
    if (head.sqlite)
        return store_damaged(store, err, "its header is broken");
    if (head.gzip)
        return error_set(err, ERROR_INPUT, store->path, "unpack it first: gunzip", "this is a packed file (gzip)");
    return error_set(err, ERROR_INPUT, store->path, "name a database that `actsearch run` made, or a new file",
                     "this is not a database");
}

/* Whoever writes holds the lock, and has a log; whoever has ended in order has folded it in. The log of a copy is empty
   at most: a reader made it. */
static bool lacks_log(const struct store *store)
{
    struct file_head head;
    int64_t size;
    bool held = !store->writable && side_file(store, ".lock", &size);
    read_head(store, &head);
    return head.log && !held && !(side_file(store, "-wal", &size) && size > 0);
}

/* Not an error: a copy that sqlite3 made of a running search is whole and looks the same. */
static void suspect_copy(const struct store *store)
{
    struct busy *busy = store->busy;
    struct text line = TEXT_EMPTY;
    text_addf(&line,
              "%s: was it copied while it was written, without its log (-wal)? then its newest tickets are missing",
              store->path);
    if (busy->say && !text_failed(&line))
        busy->say(busy->say_context, text_string(&line));
    text_release(&line);
}

/* A database whose last user was another program may lack its log in good order; then its session has an end. A writer
   that finds nothing begins anew: it may have been stopped before its first session, by a full disk for example. */
int store_check_log(const struct store *store, struct error *err)
{
    int64_t rows = 0, open_sessions = 0;
    if (!lacks_log(store))
        return 0;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db,
                           "SELECT (SELECT count(*) FROM proposal) + count(*), sum(ending IS NULL) FROM session", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        rows = sqlite3_column_int64(statement, 0);
        open_sessions = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    if (rows > 0 ? open_sessions > 0 : store->writable)
        suspect_copy(store);
    if (rows > 0 || store->writable)
        return 0;
    return error_set(err, ERROR_INPUT, store->path,
                     "copy it again: actsearch merge COPY.db ORIGINAL.db, or sqlite3 ORIGINAL.db '.backup COPY.db', or "
                     "cp when nobody writes it any more",
                     "its log (-wal) is missing: it was copied or moved without it while it was written, and all its "
                     "tickets are in there");
}

int store_check_left_behind(const struct store *store, struct error *err)
{
    static const char *const endings[] = {"-wal", "-journal"};
    struct stat info;
    if (stat(store->path, &info) == 0)
        return 0;
    for (int i = 0; i < 2; i++) {
        int64_t size;
        if (side_file(store, endings[i], &size) && size > 0)
            return error_set(err, ERROR_INPUT, store->path,
                             "put the database back beside it, or remove it to begin anew",
                             "the database is not there, but its %s (%s) is, which would be lost now",
                             i ? "journal" : "log", endings[i]);
    }
    return 0;
}

/* ---- how much can be read */

/* With a connection of its own that takes a broken schema as it is. */
static sqlite3 *open_broken(const struct store *store)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(store->path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA writable_schema = ON", NULL, NULL, NULL) == SQLITE_OK)
        return db;
    sqlite3_close(db);
    return NULL;
}

/* *whole: up to the end. *there is false when SQLite does not know such a table. */
static int64_t count_readable(sqlite3 *db, const struct table *table, int schema, bool *whole, bool *there)
{
    struct text sql = TEXT_EMPTY;
    sqlite3_stmt *rows = NULL;
    int64_t count = 0;
    int code = SQLITE_ERROR;
    text_add(&sql, "SELECT ");
    table_columns_sql(table, schema, &sql);
    text_addf(&sql, " FROM %s NOT INDEXED", table->name);
    if (!text_failed(&sql))
        sqlite3_prepare_v2(db, text_string(&sql), -1, &rows, NULL);
    text_release(&sql);
    *there = rows != NULL;
    while (rows && (code = sqlite3_step(rows)) == SQLITE_ROW)
        count++;
    *whole = code == SQLITE_DONE;
    sqlite3_finalize(rows);
    return count;
}

static void add_table(const struct table *table, int64_t count, bool there, int *broken, struct text *out)
{
    text_add(out, (*broken)++ ? ", " : "; broken: ");
    if (there)
        text_addf(out, "table %s (%" PRId64 " row%s can be read)", table->name, count, count == 1 ? "" : "s");
    else
        text_addf(out, "table %s (none of it can be read)", table->name);
}

/* Which tables are broken, and what is left of them. False when that is too little to begin with. */
static bool add_survey(const struct store *store, struct text *out)
{
    sqlite3 *db = open_broken(store);
    int broken = 0;
    int known = 0;
    bool hopeless = db == NULL;
    for (int i = 0; db && i < TABLE_COUNT; i++) {
        bool whole, there;
        if (store_tables[i].since > store->schema)
            continue;
        int64_t count = count_readable(db, &store_tables[i], store->schema, &whole, &there);
        known += there;
        hopeless |= i == TABLE_RUN && there && count == 0;
        if (!whole)
            add_table(&store_tables[i], count, there, &broken, out);
    }
    if (db && !broken)
        text_add(out, "; the rows of all tables can be read");
    sqlite3_close(db);
    return known > 1 && !hopeless;
}

static void add_size(const struct store *store, struct text *out)
{
    struct file_head head;
    int64_t size;
    read_head(store, &head);
    if (head.sqlite && head.size < head.whole && !side_file(store, "-wal", &size))
        text_addf(out, ", the file is cut off (%" PRId64 " of %" PRId64 " bytes)", head.size, head.whole);
}

/* A name that can be pasted into a shell. Long ones are left to the reader. */
static void add_quoted(const char *path, const char *ending, struct text *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:+@%";
    enum { LONGEST = 150 };
    if (strlen(path) > LONGEST || strchr(path, '\''))
        text_addf(out, "DB%s", ending);
    else if (path[strspn(path, plain)])
        text_addf(out, "'%s%s'", path, ending);
    else
        text_addf(out, "%s%s", path, ending);
}

/* With our own command: .recover of sqlite3 needs a part that many builds of it lack. */
static void add_rescue(const struct store *store, struct text *hint)
{
    text_add(hint, "go back to a copy, or save what can be read and go on from it: actsearch rescue ");
    add_quoted(store->path, "", hint);
    text_add_char(hint, ' ');
    add_quoted(store->path, ".saved", hint);
}

int store_damaged(const struct store *store, struct error *err, const char *what)
{
    struct text text = TEXT_EMPTY, hint = TEXT_EMPTY;
    text_add(&text, what); /* SQLite's own words go with the next statement */
    add_size(store, &text);
    if (add_survey(store, &text) && !store->broken)
        add_rescue(store, &hint);
    else
        text_add(&hint, "go back to a copy; nothing of it can be saved");
    int status = text_failed(&text) || text_failed(&hint)
                     ? memory_error(err, "the database")
                     : error_set(err, ERROR_INPUT, store->path, text_string(&hint), "the database is damaged: %s",
                                 text_string(&text));
    text_release(&text);
    text_release(&hint);
    return status;
}

/* ---- a promise that is broken though SQLite finds nothing wrong */

/* The first ticket that is not there or not whole. */
static const char first_broken_sql[] =
    "SELECT min(ticket) FROM ("
    " SELECT iif(EXISTS (SELECT * FROM proposal WHERE ticket = 0),"
    "  (SELECT min(a.ticket) + 1 FROM proposal AS a WHERE NOT EXISTS"
    "   (SELECT * FROM proposal AS b WHERE b.ticket = a.ticket + 1)), 0) AS ticket"
    " UNION ALL SELECT p.ticket FROM proposal AS p LEFT JOIN evaluation AS e USING (ticket)"
    "  WHERE (p.outcome = '" STORE_EVALUATED "') <> (e.ticket IS NOT NULL)"
    " UNION ALL SELECT t.ticket FROM trial AS t LEFT JOIN evaluation AS e USING (ticket) WHERE e.ticket IS NULL"
    " UNION ALL SELECT c.ticket FROM curve AS c LEFT JOIN trial AS t USING (ticket, seed_index)"
    "  WHERE t.ticket IS NULL"
    " UNION ALL SELECT c.ticket FROM parameter AS c LEFT JOIN trial AS t USING (ticket, seed_index)"
    "  WHERE t.ticket IS NULL"
    " UNION ALL SELECT p.ticket FROM proposal AS p LEFT JOIN proposal AS q ON q.ticket = p.same_as"
    "  WHERE p.same_as IS NOT NULL AND q.ticket IS NULL"
    " UNION ALL SELECT t.ticket FROM timing AS t LEFT JOIN evaluation AS e USING (ticket) WHERE e.ticket IS NULL)";

static int64_t first_broken(const struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int64_t ticket = 0;
    if (sqlite3_prepare_v2(store->db, first_broken_sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        ticket = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ticket;
}

int store_incomplete(const struct store *store, struct error *err, const char *what)
{
    int64_t ticket = first_broken(store);
    struct text hint = TEXT_EMPTY;
    if (ticket <= 0)
        return error_set(err, ERROR_INPUT, store->path, "go back to a copy; actsearch query still reads this one",
                         "the database is damaged: %s", what);
    add_rescue(store, &hint);
    int status = text_failed(&hint)
                     ? memory_error(err, "the database")
                     : error_set(err, ERROR_INPUT, store->path, text_string(&hint),
                                 "the database is damaged: %s; whole are the tickets below %" PRId64, what, ticket);
    text_release(&hint);
    return status;
}
