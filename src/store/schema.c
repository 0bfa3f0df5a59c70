#include "store/store_internal.h"

/* The kind of a column follows from the C type of the member. */
#define KIND(record, member)                                                                                           \
    _Generic(((struct record *)0)->member, const char * : COLUMN_TEXT, int64_t : COLUMN_INTEGER, double : COLUMN_REAL)
#define COLUMN_AS(kind, record, member, constraints, meaning)                                                          \
    {                                                                                                                  \
        .name = #member, kind, offsetof(struct record, member), constraints, meaning                                   \
    }
#define COLUMN(record, member, constraints, meaning)                                                                   \
    COLUMN_AS(KIND(record, member), record, member, constraints, meaning)
/* A reference to another row that may be missing. */
#define REFERENCE(record, member, constraints, meaning)                                                                \
    COLUMN_AS(COLUMN_REFERENCE, record, member, constraints, meaning)
/* A column that came with a schema; in older ones every row had `before`. */
#define ADDED(since, before, record, member, constraints, meaning)                                                     \
    {                                                                                                                  \
        .name = #member, KIND(record, member), offsetof(struct record, member), constraints, meaning, since, before    \
    }
#define SOME "NOT NULL" /* any string, or a number */

#define RUN(member, constraints, meaning) COLUMN(store_run, member, constraints, meaning)
static const struct column run_columns[] = {
    RUN(name, SOME, "of the experiment"),
    RUN(experiment, SOME, "normalised JSON"),
    RUN(grammar, SOME, "normalised JSON"),
    RUN(protocol, SOME, "normalised JSON: how a candidate is trained and scored"),
    RUN(seed, SOME, "of every random stream"),
    RUN(strategy, SOME, "of the search"),
    RUN(window, "NOT NULL CHECK (window >= 0)", "proposal k sees results of tickets below k - window"),
    RUN(metric, SOME, "what score means; higher is better"),
    RUN(program_version, SOME, "of actsearch"),
    RUN(isa, SOME, "instruction level of the kernels"),
    RUN(library_version, SOME, "of the numerical library"),
    ADDED(3, "NULL", store_run, arithmetic, "", "digest of some steps of training: what rounds alike has the same"),
    RUN(data_digest, SOME, "hexadecimal"),
    RUN(data_description, SOME, "for a person"),
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

#define EVALUATION(member, constraints, meaning) COLUMN(store_evaluation, member, constraints, meaning)
static const struct column evaluation_columns[] = {
    EVALUATION(outcome, "NOT NULL CHECK (outcome <> '')", "ok, or what went wrong"),
    EVALUATION(score, "", "what the search goes by, see run.metric; higher is better"),
    EVALUATION(score_deviation, "", "sample standard deviation over the seeds, as all deviations"),
    EVALUATION(learning_rate, "", "the best one, when the protocol has several"),
    EVALUATION(validation_accuracy, "", "mean over the seeds, from 0 to 1"),
    EVALUATION(validation_accuracy_deviation, "", ""),
    EVALUATION(validation_r2, "", "share of the variance explained; NULL unless a number is predicted"),
    EVALUATION(validation_r2_deviation, "", ""),
    EVALUATION(validation_rmse, "", "in the units of the number; NULL unless a number is predicted"),
    EVALUATION(validation_rmse_deviation, "", ""),
    EVALUATION(validation_bits, "", "a symbol; NULL unless the next symbol is predicted"),
    EVALUATION(validation_bits_deviation, "", ""),
    EVALUATION(validation_loss, "", "mean over the seeds"),
    EVALUATION(validation_loss_deviation, "", ""),
    EVALUATION(train_loss, "", "mean over the seeds"),
    EVALUATION(seeds, "NOT NULL CHECK (seeds >= 0)", "trials begun"),
    EVALUATION(epochs, "NOT NULL CHECK (epochs >= 0)", "epochs trained, all trials together"),
};

#define TRIAL(member, constraints, meaning) COLUMN(store_trial, member, constraints, meaning)
static const struct column trial_columns[] = {
    TRIAL(seed_index, "NOT NULL CHECK (seed_index >= 0)", "0, 1, ..."),
    TRIAL(outcome, "NOT NULL CHECK (outcome <> '')", "ok, or what went wrong"),
    TRIAL(score, "", ""),
    TRIAL(validation_accuracy, "", "from 0 to 1"),
    TRIAL(validation_r2, "", ""),
    TRIAL(validation_rmse, "", ""),
    TRIAL(validation_bits, "", ""),
    TRIAL(validation_loss, "", ""),
    TRIAL(train_loss, "", ""),
    TRIAL(epochs, "NOT NULL CHECK (epochs >= 0)", "epochs trained"),
};

#define EPOCH(member, constraints, meaning) COLUMN(store_epoch, member, constraints, meaning)
static const struct column curve_columns[] = {
    EPOCH(seed_index, SOME, ""),
    EPOCH(epoch, SOME, "1, 2, ..."),
    EPOCH(train_loss, "", "mean over the epoch"),
    EPOCH(validation_loss, "", "after the epoch"),
    EPOCH(validation_accuracy, "", "after the epoch, from 0 to 1"),
    EPOCH(validation_r2, "", ""),
    EPOCH(validation_rmse, "", ""),
    EPOCH(validation_bits, "", ""),
    EPOCH(learning_rate, "", "at the end of the epoch"),
};

#define PARAMETER(member, constraints, meaning) COLUMN(store_parameter, member, constraints, meaning)
static const struct column parameter_columns[] = {
    PARAMETER(seed_index, SOME, ""),
    PARAMETER(layer, SOME, "of the network's activations, from 0; -1: all that hold the candidate share it"),
    ADDED(2, "-1", store_parameter, channel, SOME, "of the layer, from 0; -1: all of them have one set"),
    PARAMETER(parameter_index, SOME, "in the order of the formula"),
    PARAMETER(value, "", "at the end of training"),
};

#define LOOK(member, constraints, meaning) COLUMN(store_look, member, constraints, meaning)
static const struct column watch_columns[] = {
    LOOK(seed_index, SOME, ""),
    LOOK(epoch, SOME, "1, 2, ..."),
    LOOK(place, SOME, "of the layer in the network, from 0"),
    LOOK(layer, "NOT NULL CHECK (layer <> '')", "its name"),
    LOOK(input_mean, "", "of what its function saw; NULL without one, as the next five"),
    LOOK(input_deviation, "", ""),
    LOOK(output_mean, "", "of what its function gave"),
    LOOK(output_deviation, "", ""),
    LOOK(dead, "", "share of the units that gave one value alone"),
    LOOK(saturated, "", "share of what it saw where the slope is below 0.001"),
    LOOK(gradient_norm, "", "of all that it learns; NULL when that is nothing, as the next"),
    LOOK(update_ratio, "", "|w' - w| / |w| of all that it learns, in the epoch's last step"),
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
                   .key_since = 3,
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
                          .key = "ticket INTEGER PRIMARY KEY REFERENCES proposal (ticket)",
                          .key_name = "ticket",
                          .constraints = "CHECK ((outcome = '" STORE_OK "') = (score IS NOT NULL))",
                          .options = "STRICT",
                          .meaning = "the result of each proposal that was evaluated",
                          .record_size = sizeof(struct store_evaluation),
                          COLUMNS(evaluation_columns)},
    [TABLE_TRIAL] = {.name = "trial",
                     .key = "ticket INTEGER NOT NULL REFERENCES evaluation (ticket)",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index",
                     .meaning = "one training with one seed",
                     .record_size = sizeof(struct store_trial),
                     COLUMNS(trial_columns)},
    [TABLE_CURVE] = {.name = "curve",
                     .key = "ticket INTEGER NOT NULL",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index, epoch),\n"
                                    "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index, epoch",
                     .meaning = "how a trial went, epoch by epoch",
                     .record_size = sizeof(struct store_epoch),
                     COLUMNS(curve_columns)},
    [TABLE_PARAMETER] = {.name = "parameter",
                         .key = "ticket INTEGER NOT NULL",
                         .key_name = "ticket",
                         .constraints = "PRIMARY KEY (ticket, seed_index, layer, channel, parameter_index),\n"
                                        "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                         .options = "STRICT, WITHOUT ROWID",
                         .order = "seed_index, layer, channel, parameter_index",
                         .meaning = "learned parameters of the activations",
                         .record_size = sizeof(struct store_parameter),
                         COLUMNS(parameter_columns)},
    [TABLE_WATCH] = {.name = "watch",
                     .key = "ticket INTEGER NOT NULL",
                     .key_name = "ticket",
                     .constraints = "PRIMARY KEY (ticket, seed_index, epoch, place),\n"
                                    "    FOREIGN KEY (ticket, seed_index) REFERENCES trial (ticket, seed_index)",
                     .options = "STRICT, WITHOUT ROWID",
                     .order = "seed_index, epoch, place",
                     .meaning = "layers on one fixed batch after each epoch; empty unless run with --watch",
                     .record_size = sizeof(struct store_look),
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
    {"leaderboard", "SELECT row_number() OVER (ORDER BY e.score DESC, p.ticket) AS rank,\n"
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
    [COLUMN_TEXT] = "TEXT", [COLUMN_INTEGER] = "INTEGER", [COLUMN_REFERENCE] = "INTEGER", [COLUMN_REAL] = "REAL"};

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
