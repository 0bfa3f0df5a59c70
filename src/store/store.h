/* Store: the database of one run, or of several that were merged, a single SQLite file.
 *
 * It knows plain records only: numbers, strings and evaluations (result/evaluation.h), no expression trees, no
 * networks. A search hands
 * out tickets 0, 1, 2, ...; they are written in that order, each in one transaction with everything
 * that belongs to it, and are on the disk when store_commit() returns. So at any instant, also after
 * kill -9 or a power cut, the file holds tickets 0 .. n-1 completely and nothing else. To resume, a
 * program reads them back in order (store_cursor_*) and goes on with ticket store_count().
 *
 * What depends on time, load, host, process or number of threads stands in tables of its own,
 * `timing`, `session` and `crash`. Everything else is the same for any number of threads and however often a
 * run was killed, so that two databases of one experiment can be compared as text.
 *
 * Locks of other programs are waited for (struct store_options), for reading and for writing. A file that was moved,
 * removed or replaced while it is written is noticed before the next commit, and nothing is written any more.
 *
 * One writer: store_open() holds `DB.lock`, and a second writer is refused at once. On a local disk that
 * is an operating-system lock, which dies with its process. On a file system that several hosts may share
 * the record in that file counts too: its owner calls store_heartbeat() every few seconds, and one that shows
 * no sign of life for half a minute has lost the lock to whoever wants it. Should it wake up again, it
 * finds that out before its next commit and writes nothing.
 *
 * On a local disk readers (store_open_read()) are never blocked and block nobody, thanks to a write-ahead
 * log. A shared file system cannot have one; there a reader waits while a ticket is written, and the
 * writer while a row is being read.
 * While a writer works, `DB-wal` and `DB-shm`, or `DB-journal`, lie beside the file and belong to it; a
 * clean close removes them, and what remains is one file that can be read anywhere, also from
 * read-only media.
 *
 * A file knows the schema that it was made with. Reading one of an older schema works as it is: what it has no
 * column for is read as what it was then. Opening it for writing brings it up to STORE_SCHEMA in one transaction
 * (migrate.c), once it is known to hold the same run. A newer schema is refused.
 *
 * store_merge() joins databases into one that holds several runs. Its tickets have numbers of their own, and the table
 * `provenance` says of each from which run it is and which ticket it was there. It can be read like any other and
 * merged again, but no search goes on in it.
 *
 * Numbers that are not finite are stored as NULL and read back as NaN: SQLite itself would keep an
 * infinity but turn NaN into NULL, and JSON and CSV know neither. Why a number is missing is told by
 * the `outcome` beside it. Every other double comes back bit by bit, except that SQLite stores -0 as
 * 0. Strings are UTF-8; a NULL string is NULL in the database.
 *
 * Not thread-safe: a store, and the cursors and queries made from it, belong to one thread at a
 * time; only store_heartbeat() may come from another. After fork(), a child must not touch the parent's store. */
#ifndef ACTSEARCH_STORE_STORE_H
#define ACTSEARCH_STORE_STORE_H

#include "result/evaluation.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

/* The schema that this program writes; kept in the file as its user_version. */
#define STORE_SCHEMA 4

/* No ticket: a parent that does not exist, a proposal that is no duplicate. Stored as NULL. */
#define STORE_NONE (-1)

/* What a run is. One row; a database is resumed only by a run that agrees in every field. The texts that define it are
   normalised JSON in which no path of a machine occurs; the arithmetic may be NULL: not known. */
struct store_run {
#define STORE_RUN_TEXT const char *
#define STORE_RUN_NUMBER int64_t
#define RUN_ENTRY(type, member, ...) STORE_RUN_##type member;
#include "store/run.def"
#undef RUN_ENTRY
};

/* What became of a proposal, and where it came from. */
#define STORE_EVALUATED "evaluated"
#define STORE_DUPLICATE "duplicate"
#define STORE_REJECTED "rejected"
#define STORE_SEARCH "search"
#define STORE_BASELINE "baseline"

/* The outcome of an evaluation or a trial that has a score, as it is stored (outcome_name()). */
#define STORE_OK "ok"

/* The order of results in SQL, as result_compare() has it: of evaluations e that are ok, joined with proposals p. */
#define STORE_BEST_FIRST "e.score DESC, p.ticket"

/* One candidate as the search proposed it. */
struct store_proposal {
    int64_t ticket;
    const char *origin;   /* STORE_SEARCH or STORE_BASELINE */
    const char *operator; /* "random", "mutate:change", "crossover", "baseline", ... */
    int64_t parent1;      /* tickets below this one, or STORE_NONE */
    int64_t parent2;
    const char *genome;      /* as the grammar prints it */
    const char *expression;  /* the formula it stands for */
    const char *simplified;  /* the formula in canonical form */
    const char *known_as;    /* its name in the catalogue, or NULL */
    const char *fingerprint; /* hexadecimal; may be NULL when rejected */
    int64_t nodes;           /* size of the expression, in nodes */
    const char *outcome;     /* STORE_EVALUATED, STORE_DUPLICATE or STORE_REJECTED */
    const char *reason;      /* why it was rejected, otherwise NULL */
    int64_t same_as;         /* duplicates: the first ticket with this function, otherwise STORE_NONE */
};

/* A rung that the proposal was to climb, when there was more than one: what the search had frozen for it when it was
   proposed, and what it came to. */
struct store_rung {
    int rung;         /* 0: the cheapest */
    double reference; /* it goes on above this rung when its score is at least that; NaN: always */
    double reached;   /* its score; NaN: it has not come so far */
};

/* How long an evaluation took. */
struct store_timing {
    int64_t session; /* row of the table session, or STORE_NONE; when appending, the store fills it in */
    double wall_seconds;
    double cpu_seconds;
    const char *finished_at; /* UTC, ISO 8601; NULL when appending: now */
};

/* All that belongs to one ticket. Everything is borrowed by store_append(); what a cursor hands out
   belongs to the cursor. Arrays may be NULL when their count is 0. */
struct store_ticket {
    struct store_proposal proposal;
    const struct evaluation *evaluation; /* NULL unless the proposal was evaluated */
    const struct store_rung *rungs;      /* from 0 on; none when there is one training */
    ptrdiff_t rung_count;
    const struct store_timing *timing; /* NULL: not known */
};

/* How a transaction is kept whole while it is written. */
enum store_journal {
    STORE_JOURNAL_AUTO,   /* WAL, but DELETE on a file system that several hosts may share */
    STORE_JOURNAL_WAL,    /* a write-ahead log: readers and the writer never wait for each other. One host only */
    STORE_JOURNAL_DELETE, /* a rollback journal: works on network file systems, and they wait for moments */
};

/* While another program (sqlite3, a viewer) has locked the database, when nobody says otherwise. */
enum { STORE_BUSY_SECONDS = 60 };

struct store_options {
    enum store_journal journal;
    double wait_seconds;    /* while another process of actsearch writes it, before refusing */
    double busy_seconds;    /* while another program has locked it; 0: STORE_BUSY_SECONDS, negative: not at all */
    const atomic_int *stop; /* raised by whoever wants the waiting to end: ERROR_INTERRUPTED; may be NULL */
    const atomic_int *drop; /* the same, though it costs what is not stored yet; may be NULL */
    bool (*stopped)(void);  /* asked as well as `stop`; may be NULL */
    /* Told in one line, once a wait that is longer than a moment: whose lock it is, and for how long. May be NULL. */
    void (*say)(void *context, const char *line);
    void *say_context;
};

/* Opens `path` for writing as the database of `run` (borrowed during the call): creates it, or
   resumes it when it holds the same run, whichever journal it was left with. `options` may be NULL: all
   as in a struct of zeros. Returns owned in *store.
   ERROR_CONFLICT: another process writes it, it holds another run (the message names every field
   that differs), or a newer actsearch made it. ERROR_INPUT: not a database, not one of actsearch,
   or damaged. ERROR_IO: no right to write, disk full. A refused file is left as it was, and a
   file that could not be created completely is removed. */
int store_open(const char *path, const struct store_run *run, const struct store_options *options, struct store **store,
               struct error *err);

/* How far a writer is; the number of tickets of the database, of workers, and so on. */
struct store_heartbeat {
    int64_t tickets, trained, to_train, failed; /* the last three: -1 when not known */
    int64_t trained_now;                        /* since this process started */
    int64_t workers, ranks;
    double seconds;          /* since this process started */
    struct best_result best; /* of the result a lock keeps score, deviation and seeds alone; seeds -1: not known */
    const char *experiment;  /* this and the formula are borrowed, may be NULL and are cut when long */
};

/* Nothing is counted, and of the rest nothing is known. */
struct store_heartbeat store_heartbeat_unknown(void);

/* Without a sign of life for so long, a writer on another host counts as gone. */
enum { STORE_STALE_SECONDS = 30 };

/* A sign of life: writes into the lock file that this writer lives, and how far it is, for store_lock_info() and
   for writers on other hosts. Call it every few seconds where the file system may be shared. It touches the lock alone,
   so it may be called from another thread than the store's own, until store_close() is called. ERROR_CONFLICT: another
   process took over, or the lock file was removed; nothing is written from now on. */
int store_heartbeat(struct store *store, const struct store_heartbeat *heartbeat, struct error *err);

/* What the lock file of a database says. */
struct store_lock_info {
    bool held;     /* there is a lock file ... */
    bool readable; /* ... that says whose; otherwise `host` is what it says instead */
    bool here;     /* its process can be looked up from here: then `alive` is certain */
    bool alive;    /* otherwise it means that there was a beat lately */
    double age;    /* seconds since the last beat; by the clocks of two hosts unless `here`. NaN: not known */
    char host[256];
    int64_t pid, process_start;
    char place[96];         /* in which the two mean something */
    char token[40];         /* of this lock and no other */
    char began[32], at[32]; /* UTC, ISO 8601: the lock, its last beat */
    int64_t beat;           /* a counter */
    char experiment[128], formula[256];
    struct store_heartbeat progress; /* its strings are the two above: those of a copy are the original's */
};

/* Reads it without touching the database, which need not exist yet. Neither blocks nor disturbs a writer. */
int store_lock_info(const char *path, struct store_lock_info *info, struct error *err);

/* Opens `path` for reading. Works beside a writer. Returns owned in *store. ERROR_INPUT: it is not a database, damaged,
   or its log is missing. */
int store_open_read(const char *path, struct store **store, struct error *err);
/* The same; of the options, those count that are about locks of other programs. They may be NULL. */
int store_open_reader(const char *path, const struct store_options *options, struct store **store, struct error *err);

/* Whether a file is a database, by its first bytes: not blocked by anything, and false for whatever is no file. Not
   while this process has it open. */
bool store_is_database(const char *path);

/* Whether a writer's file is still the one of that name; may be asked from another thread, as store_heartbeat() may. */
bool store_is_in_place(const struct store *store);
/* ERROR_IO when it is not, which says where it is and what it holds. store_commit() asks it by itself. */
int store_check_place(const struct store *store, struct error *err);

/* Closes and frees; accepts NULL, and always frees. After a clean close by the last user of the file
   no side file is left. ERROR_IO when the log could not be folded in (disk full): nothing is lost
   then, DB-wal holds the rest and the next opening takes it up. */
int store_close(struct store *store, struct error *err);

/* The run as the database holds it, of a merged one the first; borrowed until store_close(). */
const struct store_run *store_run(const struct store *store);

/* Whether store_open() made the file. */
bool store_is_new(const struct store *store);

/* Where a ticket is from. */
struct store_source {
    const struct store_run *run; /* borrowed until the next call or store_close() */
    int64_t number;              /* of the run: its row in the table; 1 unless the database is a merged one */
    int64_t ticket;              /* in the database of that run */
};
int store_source(struct store *store, int64_t ticket, struct store_source *source, struct error *err);

/* Number of tickets stored, which is the next ticket; added ones count. For a reader: when it was opened. */
int64_t store_count(const struct store *store);

/* Adds one ticket to the group that store_commit() makes durable, all in one transaction: what many tickets that come
   at once share is the wait for the disk. Its number must be store_count(). On failure nothing of the whole group is
   stored and the store stays usable: ERROR_IO when the disk is full (the same tickets may be added again once there is
   space), ERROR_INTERNAL when the record contradicts itself. */
int store_add(struct store *store, const struct store_ticket *ticket, struct error *err);

/* Writes what was added since the last commit; durable on return. Fails as store_add() does, and with ERROR_CONFLICT
   when another process has taken over. */
int store_commit(struct store *store, struct error *err);

/* One ticket, durable on return. */
int store_append(struct store *store, const struct store_ticket *ticket, struct error *err);

/* Begins the session of this process: who works on the run, and when. Timings that are appended
   later refer to it. Earlier sessions without an end are marked as killed. `processor` names the
   model. */
int store_session_begin(struct store *store, int64_t threads, const char *processor, struct error *err);

/* Ends it: "finished", "interrupted", "failed". Without a session it does nothing. */
int store_session_end(struct store *store, const char *ending, struct error *err);

/* Notes that the training of a ticket killed its process ("HOST:PID"), by which signal ("SIGSEGV"). The same note again
   changes nothing. In a transaction of its own, durable on return. The ticket need not be stored, and mostly is not. */
int store_crash_add(struct store *store, int64_t ticket, const char *signal, const char *process, struct error *err);

/* Reads tickets in order from `first` on. It sees the database as it was when the first ticket was
   read. Returns owned in *cursor; free it before the store. */
struct store_cursor;
int store_cursor_new(struct store *store, int64_t first, struct store_cursor **cursor, struct error *err);
void store_cursor_free(struct store_cursor *cursor);

/* The next ticket, or NULL in *ticket after the last; valid until the next call. */
int store_cursor_next(struct store_cursor *cursor, const struct store_ticket **ticket, struct error *err);

/* What a merge took from one run of one input. */
struct store_merge_part {
    int input;        /* its place among the inputs */
    char *experiment; /* its name, owned */
    int64_t seed;
    int64_t tickets;     /* that were not there yet */
    int64_t evaluations; /* of these */
    int64_t duplicates;  /* of these: evaluations that were left out, since their function had been measured so */
};

/* A merge, told afterwards. */
struct store_merge {
    struct store_merge_part *parts; /* (part_count), owned; by input, then by its runs */
    ptrdiff_t part_count;
    int64_t runs, tickets, evaluations; /* that the database holds now */
    /* Evaluations that have another score than the one that stands for them, though all that decides a score agrees
       and their formulas are the same: one of the machines computes wrongly. The first such pair: */
    int64_t contradictions;
    char function[200];
    int contradicting_input;
    int64_t contradicting_ticket; /* there */
    int64_t merged_ticket;        /* in the merged database */
    double contradicting_score, merged_score;
};
#define STORE_MERGE_EMPTY ((struct store_merge){.parts = NULL})

/* Adds what the databases `inputs` (count) hold to the merged database `path`, a new one if there is none. A run is
   known by all that is told of it, a ticket by its run and its number there; what is there already is not added again,
   so the same call repeated changes nothing, and after an input has grown it adds the rest. Tickets are numbered in the
   order in which they are added.

   Two evaluations are one measurement when all that decides a score agrees (protocol, seed, data, network, versions)
   and so do the fingerprints. Of these the first stays; a later ticket becomes a duplicate of the first, with nothing
   but its proposal. Functions that were measured twice in different ways stay twice.

   Inputs may be of older schemas, merged ones, and in use by a running search: what they hold at that moment is
   taken. All is done in one transaction: on failure `path` holds what it held before, and a new file is gone.
   options->stopped is asked before each ticket; if it says so, the merge ends with ERROR_INTERRUPTED. The options may
   be NULL; besides, those count that are about locks of other programs. ERROR_CONFLICT: `path` is the database of one
   run, another process writes it, or an input has other tickets of a run than were merged before. ERROR_USAGE: `path`
   is an input, too. Release the report in every case. */
int store_merge(const char *path, const char *const *inputs, int count, const struct store_options *options,
                struct store_merge *report, struct error *err);
void store_merge_release(struct store_merge *report);

/* Saves what can be read of a damaged database: makes `to`, a new file, of its run and its tickets up to the first that
   is broken; *saved of them. ERROR_INPUT: not even the run can be read. ERROR_CONFLICT: it is a merged one.
   ERROR_USAGE: `to` is there. */
int store_rescue(const char *from, const char *to, int64_t *saved, struct error *err);

/* A query in SQL by a person. It can only read: statements that write, open other files or change
   settings are refused, whatever the store was opened for. */
struct store_query;

enum store_cell_kind {
    STORE_CELL_NULL,
    STORE_CELL_INTEGER,
    STORE_CELL_REAL,
    STORE_CELL_TEXT,
    STORE_CELL_BLOB,
};

struct store_cell {
    enum store_cell_kind kind;
    int64_t integer;  /* STORE_CELL_INTEGER */
    double real;      /* STORE_CELL_REAL; the value as a double for integers too */
    const char *text; /* STORE_CELL_TEXT: terminated; STORE_CELL_BLOB: bytes; otherwise NULL */
    size_t length;    /* bytes in text */
};

/* Which measures some evaluation of the database has. */
int store_measured(struct store *store, bool measured[MEASURES], struct error *err);

/* Prepares exactly one statement. Returns owned in *query; free it before the store. ERROR_INPUT
   with SQLite's own words and the place in the text. */
int store_query_new(struct store *store, const char *sql, struct store_query **query, struct error *err);
void store_query_free(struct store_query *query);

/* The columns are known before the first row. Names are borrowed from the query. */
int store_query_columns(const struct store_query *query);
const char *store_query_name(const struct store_query *query, int column);

/* Goes to the next row; *row is false after the last. */
int store_query_next(struct store_query *query, bool *row, struct error *err);

/* A cell of the current row; its text is valid until the next store_query_next(). */
struct store_cell store_query_cell(const struct store_query *query, int column);

#endif
