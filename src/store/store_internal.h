/* What the files of the store share: the tables as data, strings that are freed together, the lock,
 * and the translation of SQLite's failures. */
#ifndef ACTSEARCH_STORE_STORE_INTERNAL_H
#define ACTSEARCH_STORE_STORE_INTERNAL_H

#include "base/text.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

/* "ACTS" in ASCII: what file(1) and SQLite call the application_id. */
#define STORE_APPLICATION 0x41435453

/* How long a store waits for other programs, and how far it has come; see busy.c. */
struct busy {
    double seconds;
    const atomic_int *stop, *drop; /* may be NULL */
    bool (*stopped)(void);
    void (*say)(void *context, const char *line);
    void *say_context;
    bool at_stake;            /* something is finished and not stored yet */
    bool again;               /* the wait goes on although SQLite has given up */
    double since, stopped_at; /* of the present wait; 0: not begun */
    double waited;            /* this long */
    bool said, interrupted;
};
void busy_begin(struct busy *busy, const struct store_options *options);
/* Has the connection wait as store->busy says. */
void busy_install(const struct store *store);
/* Who holds the database, for a message. */
void busy_holder(const struct store *store, char *name, size_t size);

/* Which file it is, however it is called. */
struct file_place {
    bool known;
    dev_t device;
    ino_t inode;
};

/* Strings that live and die together. */
struct pool {
    struct pool_block *blocks;
};
const char *pool_copy(struct pool *pool, const char *string, size_t length); /* NULL: no memory */
void pool_release(struct pool *pool);

enum column_kind {
    COLUMN_TEXT,      /* const char *, NULL allowed */
    COLUMN_INTEGER,   /* int64_t */
    COLUMN_INT,       /* int */
    COLUMN_REFERENCE, /* int64_t, STORE_NONE is NULL */
    COLUMN_REAL,      /* double, NULL when not finite */
    COLUMN_OUTCOME,   /* enum outcome, by its name */
};

struct column {
    const char *name; /* in SQL, and of the member of the record */
    enum column_kind kind;
    size_t offset;
    const char *constraints; /* SQL behind the type, may be "" */
    const char *meaning;     /* a comment in the schema that people see */
    int since;               /* the schema that it came with; 0: the first */
    const char *before;      /* SQL of what it was in every row until then */
};

/* Each table is declared once, in schema.c; creating, inserting, selecting and comparing follow. */
struct table {
    const char *name;
    int since;               /* the schema that it came with; 0: the first */
    int changed;             /* the last schema that changed its key, its checks or its remarks; 0: none */
    const char *key;         /* SQL of a leading column that is no member of the record, or NULL */
    const char *key_name;    /* its name when it is bound and selected by, or NULL */
    const char *constraints; /* SQL of table constraints, or NULL */
    const char *options;
    const char *order; /* SQL behind ORDER BY for the rows of one key, or NULL */
    const char *meaning;
    size_t record_size;
    const struct column *columns;
    int column_count;
};

enum table_id {
    TABLE_RUN,
    TABLE_SESSION,
    TABLE_PROPOSAL,
    TABLE_EVALUATION,
    TABLE_OBJECTIVE,
    TABLE_RUNG,
    TABLE_TRIAL,
    TABLE_CURVE,
    TABLE_PARAMETER,
    TABLE_WATCH,
    TABLE_TIMING,
    TABLE_PROVENANCE,
    TABLE_CRASH,
    TABLE_COUNT
};
extern const struct table store_tables[TABLE_COUNT];

/* The record behind a row of the table `session`. */
struct store_session {
    const char *host;
    int64_t pid;
    int64_t threads;
    const char *processor;
    const char *started_at;
    const char *ended_at;
    const char *ending;
};

/* The record behind a row of the table `objective`. */
struct store_objective {
    int objective; /* 1, 2, ... */
    double value, deviation;
};

/* The record behind a row of the table `provenance`, which merged databases have for every ticket. */
struct store_provenance {
    int64_t run; /* row of the table run */
    int64_t run_ticket;
};

/* The record behind a row of the table `crash`. */
struct store_crash {
    int64_t ticket;
    const char *signal;
    const char *process;
    const char *noted_at;
};

/* The whole schema as one SQL script, with application_id and user_version. */
void schema_sql(struct text *sql);
/* Names of tables and views, separated by ", ". */
void schema_names(struct text *names);

void views_drop_sql(struct text *sql);
void views_create_sql(struct text *sql);
void table_create_sql(const struct table *table, struct text *sql);
void table_insert_sql(const struct table *table, struct text *sql);
/* From a database of that schema: the columns, and all of a query but what follows it. */
void table_columns_sql(const struct table *table, int schema, struct text *sql);
void table_select_sql(const struct table *table, int schema, struct text *sql);
/* Binds the members of `record` (borrowed until the statement is reset) from parameter `first` on. */
int table_bind(const struct table *table, sqlite3_stmt *statement, int first, const void *record);
/* Fills `record` from the current row; strings go to `pool`. ERROR_INPUT: the row is not as the schema promises. */
int table_read(const struct store *store, const struct table *table, sqlite3_stmt *statement, void *record,
               struct pool *pool, struct error *err);

/* ---- lock_record.c: what the lock file says */

/* Bytes of its line at most; a page, so that it is written at once. */
enum { LOCK_LINE = 2000 };

/* Reads the lock file as it is in this moment, opened anew: a network file system looks at its server then. */
struct lock_reading {
    bool there;
    double written;           /* when, by the clock of the file system; seconds since 1970 */
    char line[2 * LOCK_LINE]; /* without its end; may be anything */
};
int lock_read(const char *path, struct lock_reading *reading, struct error *err);
/* What store_lock_info() gives, for the lock file itself. Without a readable record, `host` holds what there is. */
int lock_info(const char *path, struct store_lock_info *info, struct error *err);
void lock_line(const struct store_lock_info *record, struct text *line);
/* Host, process, its start and place of this process. */
void lock_identify(struct store_lock_info *record);
bool lock_same_place(const struct store_lock_info *a, const struct store_lock_info *b);
/* Of a process of this place. */
bool lock_process_lives(int64_t pid, int64_t process_start);
/* Copies, cut at a whole character. */
void lock_copy(char *to, size_t size, const char *from);

/* ---- lock.c */

/* Seconds. Tests are in a hurry. */
struct lock_patience {
    double interval;    /* between two readings where the owner can only be watched */
    double stale;       /* without a change in between, it is gone */
    double settle;      /* before a lock that was broken is ours */
    bool without_flock; /* as on a file system that has no flock() */
};
extern const struct lock_patience lock_patience_usual; /* lock_record.c */

struct lock_request { /* all borrowed */
    const char *path;
    const char *database, *experiment; /* for messages and the record */
    bool shared;                       /* other hosts may want it: flock() is not enough */
    double wait_seconds;
    const atomic_int *stop; /* may be NULL */
    const struct lock_patience *patience;
};

struct file_lock {
    int fd; /* -1: not held */
    char *path;
    bool shared;
    bool found;                    /* the file was there: its owner was killed */
    pthread_mutex_t mutex;         /* of what follows */
    struct store_lock_info record; /* as it was written last */
    bool lost;                     /* another owner has it */
};
#define FILE_LOCK_EMPTY ((struct file_lock){.fd = -1})
/* Creates the file and owns it. ERROR_CONFLICT names the owner; ERROR_INTERRUPTED: `stop` was raised. */
int file_lock_acquire(const struct lock_request *request, struct file_lock *lock, struct error *err);
/* Before a commit: ERROR_CONFLICT when it is not ours any more. Costs nothing where flock() is enough. */
int file_lock_check(struct file_lock *lock, const char *database, struct error *err);
/* See store_heartbeat(). */
int file_lock_heartbeat(struct file_lock *lock, const char *database, const struct store_heartbeat *heartbeat,
                        struct error *err);
/* Removes the file and lets go; accepts an empty lock. */
void file_lock_release(struct file_lock *lock);

struct store {
    sqlite3 *db;
    char *path;              /* absolute, links resolved */
    struct busy *busy;       /* owned */
    struct file_place place; /* of a writer's file, once it is open */
    struct file_lock lock;
    bool writable;
    bool broken;                /* a reader that takes what it can get */
    bool fresh;                 /* made by this opening */
    bool unfinished;            /* a new file that is no database yet: closing removes it */
    enum store_journal journal; /* of a writer: which of the two it is */
    int schema;                 /* of the file */
    struct store_run run;
    struct pool strings;     /* of run */
    struct store_run source; /* that store_source() read last, in a merged database */
    struct pool source_strings;
    const struct store *rows_from; /* whose rows are written: the input of a merge; NULL: our own */
    int64_t count;                 /* of tickets, with those of the group that is open */
    int64_t durable;               /* of them in the file for good */
    int64_t session;               /* 0: none */
    sqlite3_stmt *begin, *commit;
    sqlite3_stmt *insert[TABLE_COUNT]; /* NULL until first used */
};

/* The name of a file system that several hosts may share, NULL for all others; `type` is statfs()'s f_type. */
const char *file_system_shared(int64_t type);
/* The same for the folder in which the file `path` is or will be. */
int file_system_of(const char *path, const char **shared_as, struct error *err);

/* The journal for a file system that hosts share as `shared_as` (NULL: they do not). ERROR_UNSUPPORTED: a log where
   none can be. */
int journal_decide(const char *path, const char *shared_as, enum store_journal wanted, enum store_journal *journal,
                   struct error *err);
/* Fills in store->journal. */
int journal_choose(struct store *store, enum store_journal wanted, struct error *err);
/* SQLite's name for how it syncs. */
const char *journal_synchronous(const struct store *store);
/* Puts the file into the mode of store->journal; after the last write of a session, out of it. */
int journal_start(const struct store *store, struct error *err);
int journal_fold(struct store *store, struct error *err);
/* Did a reader just fail because a killed writer's journal has to be rolled back? This does it. */
bool journal_is_hot(const struct store *store);
int journal_roll_back(const struct store *store, struct error *err);

/* store_open() with another patience. */
int store_open_patiently(const char *path, const struct store_run *run, const struct store_options *options,
                         const struct lock_patience *patience, struct store **store, struct error *err);

/* sqlite3_step() and sqlite3_exec(), but they wait while another program holds the database. */
int store_step(const struct store *store, sqlite3_stmt *statement);
int store_script(const struct store *store, const char *sql);

/* Fills `err` for the failure that SQLite reported last; `operation` completes "cannot ...". */
int store_fail(const struct store *store, struct error *err, const char *operation);

/* ---- damage.c: all ERROR_INPUT */

/* What the beginning of a file says. */
struct file_head {
    int64_t size;
    bool sqlite, gzip;
    bool log;      /* its newest pages are in a write-ahead log */
    int64_t whole; /* the size that it should have */
};
/* What the file holds cannot be: says which tables are broken and how to save the rest. `what` may be SQLite's. */
int store_damaged(const struct store *store, struct error *err, const char *what);
/* The pages fit together, and what they hold does not. */
int store_incomplete(const struct store *store, struct error *err, const char *what);
/* SQLite says that it is none of its own. */
int store_not_one(const struct store *store, struct error *err);
/* Is it a copy without its log? An error when all is missing; otherwise it is said (struct store_options). */
int store_check_log(const struct store *store, struct error *err);
/* Before a file is made: is there a log or a journal that would be taken for its own? */
int store_check_left_behind(const struct store *store, struct error *err);

/* For reading what is left of it. Neither run nor tickets are looked at yet. */
int store_open_broken(const char *path, struct store **store, struct error *err);

/* ---- place.c: whether the open file is still the one of that name */
int place_remember(struct store *store, struct error *err);
/* Instead of journal_fold() where it is not. */
void place_fold(const struct store *store);

/* Prepares a statement of our own. */
int store_prepare(const struct store *store, const char *sql, sqlite3_stmt **statement, struct error *err);
int store_execute(const struct store *store, const char *sql, const char *operation, struct error *err);
/* The first column of the first row, as an integer. */
int store_integer(const struct store *store, const char *sql, int64_t *value, struct error *err);
/* Inserts all that belongs to a ticket, within the transaction that the caller has begun. Its timing gets the
   session of the store. */
int store_insert_ticket(struct store *store, const struct store_ticket *ticket, struct error *err);
/* Inserts one record; `key` is bound first where the table has a key_name. */
int store_insert(struct store *store, enum table_id id, int64_t key, const void *record, struct error *err);
/* Where a path leads: absolute and without links, since two names of one file must share one lock. Owned. A file that
   may be new need not exist, but its folder must. */
int store_resolve(const char *path, bool may_be_new, char **resolved, struct error *err);
/* Before anything is built on a database, what was promised must hold: ERROR_INPUT otherwise. */
int store_check(const struct store *store, struct error *err);
/* Opens a merged database for writing, or creates one without a run, and begins the transaction in which all of a
   merge is done. ERROR_CONFLICT: it is the database of one run. Whoever commits says that it is finished. */
int store_open_merged(const char *path, const struct store_options *options, struct store **store, struct error *err);
/* The columns of the table run as store_migrate() would leave them. */
void run_columns_now_sql(int schema, struct text *sql);
/* Brings a database of an older schema up to date, within the transaction that the caller has begun. */
int store_migrate(struct store *store, struct error *err);
/* Compares field by field; ERROR_CONFLICT tells the differences. */
int run_compare(const char *where, const struct store_run *stored, const struct store_run *given, struct error *err);

#define UTC_SIZE 32
/* Now, as 2026-01-31T12:34:56.789Z. */
void utc_now(char text[UTC_SIZE]);

#endif
