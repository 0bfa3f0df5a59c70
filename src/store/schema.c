/* The tables: every column once, from which creating, inserting, selecting, migrating and comparing follow. */
#include "store/store_internal.h"

/* The kind of a column follows from the C type of the member. */
#define KIND(record, member)                                                                                           \
    _Generic(((struct record *)0)->member, const char * : COLUMN_TEXT, int64_t : COLUMN_INTEGER, int : COLUMN_INT,     \
             double : COLUMN_REAL, enum outcome : COLUMN_OUTCOME)
#define COLUMN_NAMED(column, kind, record, member, constraints, meaning)                                               \
    {                                                                                                                  \
        .name = column, kind, offsetof(struct record, member), constraints, meaning                                    \
    }
#define COLUMN_AS(kind, record, member, constraints, meaning)                                                          \
    COLUMN_NAMED(#member, kind, record, member, constraints, meaning)
#define COLUMN(record, member, constraints, meaning)                                                                   \
    COLUMN_AS(KIND(record, member), record, member, constraints, meaning)
/* A column whose name is not that of the member. */
#define NAMED(column, record, member, constraints, meaning)                                                            \
    COLUMN_NAMED(column, KIND(record, member), record, member, constraints, meaning)
/* A reference to another row that may be missing. */
#define REFERENCE(record, member, constraints, meaning)                                                                \
    COLUMN_AS(COLUMN_REFERENCE, record, member, constraints, meaning)
/* A column that came with a schema; in older ones every row had `before`. */
#define ADDED(since, before, record, member, constraints, meaning)                                                     \
    {                                                                                                                  \
        .name = #member, KIND(record, member), offsetof(struct record, member), constraints, meaning, since, before    \
    }
#define SOME "NOT NULL" /* any string, or a number */
#define SOME_WORD(column) "NOT NULL CHECK (" #column " <> '')"

static const struct column run_columns[] = {
#define RUN_ENTRY(type, member, since, alike, ranks, constraints, label, meaning)                                      \
    ADDED(since, "NULL", store_run, member, constraints, meaning),
#include "store/run.def"
#undef RUN_ENTRY
};

#define SESSION(member, constraints, meaning) COLUMN(store_session, member, constraints, meaning)
static const struct column session_columns[] = {
    SESSION(host, SOME, "machine"),
    SESSION(pid, SOME, "process"),
    SESSION(threads, "NOT NULL CHECK (threads > 0)", "workers"),
    SESSION(processor, "", "model"),
    SESSION(started_at, SOME, "UTC"),
    SESSION(ended_at, "", "UTC; of a killed session its last evaluation; NULL while it runs"),
    SESSION(ending, "CHECK (ending <> '')", "finished, interrupted, failed, killed; NULL while it runs"),
};

#define PROPOSAL(member, constraints, meaning) COLUMN(store_proposal, member, constraints, meaning)
static const struct column proposal_columns[] = {
    PROPOSAL(ticket, "PRIMARY KEY CHECK (ticket >= 0)", "0, 1, 2, ... without a gap"),
    PROPOSAL(origin, "NOT NULL CHECK (origin IN ('" STORE_SEARCH "', '" STORE_BASELINE "'))", "who proposed it"),
    PROPOSAL(operator, "NOT NULL CHECK (operator <> '')", "how it was made"),
    REFERENCE(store_proposal, parent1, "REFERENCES proposal (ticket) CHECK (parent1 < ticket)", "made from"),
    REFERENCE(store_proposal, parent2, "REFERENCES proposal (ticket) CHECK (parent2 < ticket)", "and from (crossover)"),
    PROPOSAL(genome, SOME, "as the grammar prints it"),
    PROPOSAL(expression, SOME, "the formula it stands for"),
    PROPOSAL(simplified, SOME, "the formula in canonical form"),
    PROPOSAL(known_as, "CHECK (known_as <> '')", "its name, if it is a known function"),
    PROPOSAL(fingerprint, "", "equal functions share it"),
    PROPOSAL(nodes, "NOT NULL CHECK (nodes > 0)", "size of the expression"),
    PROPOSAL(outcome,
             "NOT NULL CHECK (outcome IN ('" STORE_EVALUATED "', '" STORE_DUPLICATE "', '" STORE_REJECTED "'))",
             "what became of it"),
    PROPOSAL(reason, "CHECK (reason <> '')", "why it was rejected"),
    REFERENCE(store_proposal, same_as, "REFERENCES proposal (ticket) CHECK (same_as < ticket)",
              "the first ticket with this function"),
};

/* A measure, which older files may not have. */
#define MEASURED(column, since, record, member, meaning)                                                               \
    {                                                                                                                  \
        .name = column, COLUMN_REAL, offsetof(struct record, member), "", meaning, since, "NULL"                       \
    }

#define RESULT(column, member, constraints, meaning) NAMED(column, result, member, constraints, meaning)
static const struct column evaluation_columns[] = {
    RESULT("outcome", outcome, SOME_WORD(outcome), "ok, or what went wrong"),
    RESULT("score", objective[0].mean, "", "what the search goes by, see run.metric; higher is better"),
    RESULT("score_deviation", objective[0].deviation, "",
           "sample standard deviation over the seeds, as all deviations"),
    RESULT("learning_rate", learning_rate, "", "the best one, when the protocol has several"),
#define MEASURE(name, since, direction, targets, shown, meaning)                                                       \
    MEASURED("validation_" #name, since, result, validation.name.mean, "mean over the seeds: " meaning),               \
        MEASURED("validation_" #name "_deviation", since, result, validation.name.deviation, ""),
#include "result/measures.def"
#undef MEASURE
    RESULT("train_loss", train_loss.mean, "", "mean over the seeds"),
    RESULT("seeds", seeds, "NOT NULL CHECK (seeds >= 0)", "trials begun"),
    RESULT("epochs", epochs, "NOT NULL CHECK (epochs >= 0)", "epochs trained, all trials together"),
};

#define OBJECTIVE(member, constraints, meaning) COLUMN(store_objective, member, constraints, meaning)
static const struct column objective_columns[] = {
    OBJECTIVE(objective, "NOT NULL CHECK (objective > 0)", "1, 2, ...; number 0 is evaluation.score"),
    OBJECTIVE(value, "", "higher is better"),
    OBJECTIVE(deviation, "", ""),
};

#define RUNG(member, constraints, meaning) COLUMN(store_rung, member, constraints, meaning)
static const struct column rung_columns[] = {
    RUNG(rung, "NOT NULL CHECK (rung >= 0)", "0: the cheapest"),
    RUNG(reference, "", "below it the candidate goes no further; fixed when it was proposed"),
    RUNG(reached, "", "its score there; NULL when it has not come so far"),
};

static const struct column trial_columns[] = {
    COLUMN(trial, seed_index, "NOT NULL CHECK (seed_index >= 0)", "0, 1, ..."),
    COLUMN(trial, outcome, SOME_WORD(outcome), "ok, or what went wrong"),
    COLUMN(trial, score, "", ""),
#define MEASURE(name, since, direction, targets, shown, meaning)                                                       \
    MEASURED("validation_" #name, since, trial, validation.name, meaning),
#include "result/measures.def"
#undef MEASURE
    COLUMN(trial, train_loss, "", ""),
    COLUMN(trial, epochs, "NOT NULL CHECK (epochs >= 0)", "epochs trained"),
};

static const struct column curve_columns[] = {
    COLUMN(epoch, seed_index, SOME, ""),
    NAMED("epoch", epoch, number, SOME, "1, 2, ..."),
    COLUMN(epoch, train_loss, "", "mean over the epoch"),
    MEASURED("validation_loss", 0, epoch, validation.loss, "after the epoch, as the next ones"),
#define MEASURE_OF_ALL(...)
#define MEASURE(name, since, ...) MEASURED("validation_" #name, since, epoch, validation.name, ""),
#include "result/measures.def"
#undef MEASURE
    COLUMN(epoch, learning_rate, "", "at the end of the epoch"),
};

static const struct column parameter_columns[] = {
    COLUMN(learned, seed_index, SOME, ""),
    COLUMN(learned, layer, SOME, "of the network's activations, from 0; -1: all that hold the function share it"),
    ADDED(2, "-1", learned, channel, SOME, "of the layer, from 0; -1: all of them have one set"),
    NAMED("parameter_index", learned, index, SOME, "in the order of the formula"),
    COLUMN(learned, value, "", "at the end of training"),
    ADDED(4, "0", learned, function, SOME, "of the candidate, from 0"),
};

static const struct column watch_columns[] = {
    COLUMN(snapshot, seed_index, SOME, ""),
    COLUMN(snapshot, epoch, SOME, "1, 2, ..."),
    NAMED("place", snapshot, watched.place, SOME, "of the layer in the network, from 0"),
    NAMED("layer", snapshot, watched.layer, "NOT NULL CHECK (layer <> '')", "its name"),
#define WATCHED(name, meaning) NAMED(#name, snapshot, watched.name, "", meaning),
#include "result/watched.def"
#undef WATCHED
};

#define TIMING(member, constraints, meaning) COLUMN(store_timing, member, constraints, meaning)
static const struct column timing_columns[] = {
    REFERENCE(store_timing, session, "REFERENCES session (id)", "the process that did it"),
    TIMING(wall_seconds, "", ""),
    TIMING(cpu_seconds, "", ""),
    TIMING(finished_at, SOME, "UTC"),
};

#define PROVENANCE(member, constraints, meaning) COLUMN(store_provenance, member, constraints, meaning)
static const struct column provenance_columns[] = {
    PROVENANCE(run, "NOT NULL REFERENCES run (id)", "that proposed it"),
    PROVENANCE(run_ticket, "NOT NULL CHECK (run_ticket >= 0)", "its number in the database of that run"),
};

#define CRASH(member, constraints, meaning) COLUMN(store_crash, member, constraints, meaning)
static const struct column crash_columns[] = {
    CRASH(ticket, SOME, "which may never have been stored"),
    CRASH(signal, "NOT NULL CHECK (signal <> '')", "that ended the process"),
    CRASH(process, SOME, "HOST:PID"),
    CRASH(noted_at, SOME, "UTC"),
};

#define COLUMNS(list) .columns = (list), .column_count = (int)(sizeof(list) / sizeof *(list))

const struct table store_tables[TABLE_COUNT] = {
    [TABLE_RUN] = {.name = "run",
                   .key = "id INTEGER PRIMARY KEY",
                   .changed = 3,
                   .options = "STRICT",
                   .meaning = "what this database is: one row, or after a merge one for each run in it",
                   .record_size = sizeof(struct store_run),
                   COLUMNS(run_columns)},
    [TABLE_SESSION] = {.name = "session",
                       .key = "id INTEGER PRIMARY KEY",
                       .options = "STRICT",
                       .meaning = "a process that worked on the run; differs from run to run, as timing does",
                       .record_size = sizeof(struct store_session),
                       COLUMNS(session_columns)},
    [TABLE_PROPOSAL] = {.name = "proposal",
                        .constraints = "CHECK ((outcome = '" STORE_REJECTED "') = (reason IS NOT NULL)),\n"
                                       "    CHECK ((outcome = '" STORE_DUPLICATE "') = (same_as IS NOT NULL)),\n"
                                       "    CHECK (fingerprint IS NOT NULL OR outcome = '" STORE_REJECTED "'),\n"
                                       "    CHECK (parent1 IS NOT NULL OR parent2 IS NULL)",
                        .options = "STRICT",
                        .order = "ticket",
                        .meaning = "every candidate, in the order in which the search proposed them",
                        .record_size = sizeof(struct store_proposal),
                        COLUMNS(proposal_columns)},
    [TABLE_EVALUATION] = {.name = "evaluation",
                          .changed = 4,
                          .key = "ticket INTEGER PRIMARY KEY REFERENCES proposal (ticket)",
                          .key_name = "ticket",
                          .constraints = "CHECK ((outcome = '" STORE_OK "') = (score IS NOT NULL))",
                          .options = "STRICT",
                          .meaning = "the result of each proposal that was evaluated",
                          .record_size = sizeof(struct result),
                          COLUMNS(evaluation_columns)},
    [TABLE_OBJECTIVE] = {.name = "objective",
                         .since = 4,
                         .key = "ticket INTEGER NOT NULL REFERENCES evaluation (ticket)",
                         .key_name = "ticket",
                         .constraints = "PRIMARY KEY (ticket, objective)",
                         .options = "STRICT, WITHOUT ROWID",
                         .order = "objective",
                         .meaning = "what candidates are compared by besides the score; empty with one objective",
                         .record_size = sizeof(struct store_objective),
                         COLUMNS(objective_columns)},
    [TABLE_RUNG] = {.name = "rung",
                    .since = 4,
                    .key = "ticket INTEGER NOT NULL REFERENCES proposal (ticket)",
                    .key_name = "ticket",
                    .constraints = "PRIMARY KEY (ticket, rung)",
                    .options = "STRICT, WITHOUT ROWID",
                    .order = "rung",
                    .meaning = "trainings from cheap to dear that a candidate was to climb; empty where there is one",
                    .record_size = sizeof(struct store_rung),
                    COLUMNS(rung_columns)},
    [TABLE_TRIAL] = {.name = "trial",
                     .changed = 4,
                     .key = "ticket INTEGER NOT NULL REFERENCES evaluation (ticket)",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index",
                     .meaning = "one training with one seed",
                     .record_size = sizeof(struct trial),
                     COLUMNS(trial_columns)},
    [TABLE_CURVE] = {.name = "curve",
                     .changed = 4,
                     .key = "ticket INTEGER NOT NULL",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index, epoch),\n"
                                    "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index, epoch",
                     .meaning = "how a trial went, epoch by epoch",
                     .record_size = sizeof(struct epoch),
                     COLUMNS(curve_columns)},
    [TABLE_PARAMETER] = {.name = "parameter",
                         .changed = 4,
                         .key = "ticket INTEGER NOT NULL",
                         .key_name = "ticket",
                         .constraints = "PRIMARY KEY (ticket, seed_index, function, layer, channel, parameter_index),\n"
                                        "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                         .options = "STRICT, WITHOUT ROWID",
                         .order = "seed_index, function, layer, channel, parameter_index",
                         .meaning = "learned parameters of the activations",
                         .record_size = sizeof(struct learned),
                         COLUMNS(parameter_columns)},
    [TABLE_WATCH] = {.name = "watch",
                     .changed = 4,
                     .key = "ticket INTEGER NOT NULL",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index, epoch, place),\n"
                                    "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index, epoch, place",
                     .meaning = "layers on one fixed batch after each epoch; empty unless run with --watch",
                     .record_size = sizeof(struct snapshot),
                     COLUMNS(watch_columns)},
    [TABLE_TIMING] = {.name = "timing",
                      .key = "ticket INTEGER PRIMARY KEY REFERENCES evaluation (ticket)",
                      .key_name = "ticket",
                      .options = "STRICT",
                      .meaning = "how long each evaluation took; differs from run to run",
                      .record_size = sizeof(struct store_timing),
                      COLUMNS(timing_columns)},
    [TABLE_PROVENANCE] = {.name = "provenance",
                          .since = 3,
                          .key = "ticket INTEGER PRIMARY KEY REFERENCES proposal (ticket)",
                          .key_name = "ticket",
                          .constraints = "UNIQUE (run, run_ticket)",
                          .options = "STRICT",
                          .meaning = "where a ticket of a merged database is from; empty in that of one run",
                          .record_size = sizeof(struct store_provenance),
                          COLUMNS(provenance_columns)},
    [TABLE_CRASH] = {.name = "crash",
                     .since = 3,
                     .key = "id INTEGER PRIMARY KEY",
                     .constraints = "UNIQUE (ticket, signal, process)",
                     .options = "STRICT",
                     .meaning = "a ticket whose training killed its process; differs from run to run, as timing does",
                     .record_size = sizeof(struct store_crash),
                     COLUMNS(crash_columns)},
};

static const struct {
    const char *name, *sql;
} views[] = {
    {"leaderboard", "SELECT row_number() OVER (ORDER BY " STORE_BEST_FIRST ") AS rank,\n"
                    "       p.ticket,\n"
                    "       coalesce(p.known_as, p.simplified) AS function, -- its name, or else its formula\n"
                    "       e.score,\n"
                    "       e.score_deviation AS deviation,\n"
                    "       p.origin,\n"
                    "       p.expression AS formula,\n"
                    "       r.id AS run, -- that it is from: 1, but in a merged database\n"
                    "       r.name AS experiment\n"
                    "FROM evaluation AS e JOIN proposal AS p USING (ticket)\n"
                    "LEFT JOIN provenance AS o USING (ticket)\n"
                    "JOIN run AS r ON r.id = coalesce(o.run, 1)\n"
                    "WHERE e.outcome = '" STORE_OK "'\n"
                    "ORDER BY rank"},
    /* A recursive view would work out the ancestry of every ticket before WHERE ticket = 17 picks one:
       SQLite moves no condition into a recursion. A correlated sub-query inside json_each() is run
       only for the tickets that are asked for; it hands over one list of integers, each made of a
       generation and a ticket, because SQLite before 3.41 trusts json_each() in a view but none of
       the functions that would take pairs apart. Several ways to one ancestor: the shortest counts. */
    {"lineage", "-- the ancestry of a ticket: SELECT * FROM lineage WHERE ticket = 17\n"
                "SELECT d.ticket,\n"
                "       line.value >> 32 AS generation, -- 0 itself, 1 its parents, ...\n"
                "       a.ticket AS ancestor,\n"
                "       a.parent1,\n"
                "       a.parent2,\n"
                "       a.operator,\n"
                "       coalesce(a.known_as, a.simplified) AS function,\n"
                "       e.score,\n"
                "       a.outcome\n"
                "FROM proposal AS d\n"
                "JOIN json_each((\n"
                "    WITH RECURSIVE up (ancestor, generation) AS (\n"
                "        SELECT d.ticket, 0\n"
                "        UNION\n"
                "        SELECT iif(side, p.parent2, p.parent1), generation + 1\n"
                "        FROM up JOIN proposal AS p ON p.ticket = up.ancestor\n"
                "        JOIN (SELECT 0 AS side UNION ALL SELECT 1)\n"
                "        WHERE iif(side, p.parent2, p.parent1) IS NOT NULL)\n"
                "    SELECT '[' || group_concat((generation << 32) + ancestor) || ']'\n"
                "    FROM (SELECT ancestor, min(generation) AS generation FROM up\n"
                "          GROUP BY ancestor ORDER BY 2, 1))) AS line\n"
                "JOIN proposal AS a ON a.ticket = line.value & 4294967295\n"
                "LEFT JOIN evaluation AS e ON e.ticket = a.ticket"},
    {"outcomes",
     /* of a reason, what stands before the place where it was seen */
     "SELECT p.outcome,\n"
     "       coalesce(e.outcome, substr(p.reason, 1, instr(p.reason || ':', ':') - 1)) AS detail,\n"
     "       count(*) AS tickets,\n"
     "       count(*) * 1.0 / sum(count(*)) OVER () AS share\n"
     "FROM proposal AS p LEFT JOIN evaluation AS e USING (ticket)\n"
     "GROUP BY 1, 2\n"
     "ORDER BY CASE p.outcome WHEN '" STORE_EVALUATED "' THEN 0 WHEN '" STORE_DUPLICATE "' THEN 1 ELSE 2 END,\n"
     "         3 DESC, 2"},
};

static const char *const sql_types[] = {
    [COLUMN_TEXT] = "TEXT",         [COLUMN_INTEGER] = "INTEGER", [COLUMN_INT] = "INTEGER",
    [COLUMN_REFERENCE] = "INTEGER", [COLUMN_REAL] = "REAL",       [COLUMN_OUTCOME] = "TEXT"};

static void add_column(const struct column *column, bool last, struct text *sql)
{
    text_addf(sql, "    %s %s%s%s%s", column->name, sql_types[column->kind], *column->constraints ? " " : "",
              column->constraints, last ? "" : ",");
    if (*column->meaning)
        text_addf(sql, " -- %s", column->meaning);
    text_add_char(sql, '\n');
}

void table_create_sql(const struct table *table, struct text *sql)
{
    text_addf(sql, "CREATE TABLE %s ( -- %s\n", table->name, table->meaning);
    if (table->key)
        text_addf(sql, "    %s,\n", table->key);
    for (int i = 0; i < table->column_count; i++)
        add_column(&table->columns[i], i + 1 == table->column_count && !table->constraints, sql);
    if (table->constraints)
        text_addf(sql, "    %s\n", table->constraints);
    text_addf(sql, ") %s;\n", table->options);
}

void views_drop_sql(struct text *sql)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        text_addf(sql, "DROP VIEW IF EXISTS %s;\n", views[i].name);
}

void views_create_sql(struct text *sql)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        text_addf(sql, "CREATE VIEW %s AS\n%s;\n", views[i].name, views[i].sql);
}

void schema_sql(struct text *sql)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        table_create_sql(&store_tables[i], sql);
    views_create_sql(sql);
    text_addf(sql, "PRAGMA application_id = %d;\nPRAGMA user_version = %d;\n", STORE_APPLICATION, STORE_SCHEMA);
}

void schema_names(struct text *names)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        text_addf(names, "%s%s", i ? ", " : "", views[i].name);
    for (int i = 0; i < TABLE_COUNT; i++)
        text_addf(names, ", %s", store_tables[i].name);
}

void table_insert_sql(const struct table *table, struct text *sql)
{
    text_addf(sql, "INSERT INTO %s (", table->name);
    if (table->key_name)
        text_addf(sql, "%s, ", table->key_name);
    for (int i = 0; i < table->column_count; i++)
        text_addf(sql, "%s%s", i ? ", " : "", table->columns[i].name);
    text_add(sql, table->key_name ? ") VALUES (?, " : ") VALUES (");
    for (int i = 0; i < table->column_count; i++)
        text_add(sql, i ? ", ?" : "?");
    text_add_char(sql, ')');
}

void table_columns_sql(const struct table *table, int schema, struct text *sql)
{
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        text_add(sql, i ? ", " : "");
        if (column->since > schema)
            text_addf(sql, "%s AS ", column->before);
        text_add(sql, column->name);
    }
}

void table_select_sql(const struct table *table, int schema, struct text *sql)
{
    text_add(sql, "SELECT ");
    table_columns_sql(table, schema, sql);
    text_addf(sql, " FROM %s", table->name);
    if (table->key_name)
        text_addf(sql, " WHERE %s = ?", table->key_name);
    if (table->key_name && table->order)
        text_addf(sql, " ORDER BY %s", table->order);
}
