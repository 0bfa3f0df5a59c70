/* The store: every record comes back, runs go on, others are refused. */
#include "fixture.h"

#include "base/memory.h"

static struct store *opened(void)
{
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open(path, &example_run, &fixture_options, &store, &err));
    return store;
}

static void append(struct store *store, struct store_ticket ticket)
{
    struct error err;
    ASSERT_OK(store_append(store, &ticket, &err));
}

static void close_store(struct store *store)
{
    struct error err;
    ASSERT_OK(store_close(store, &err));
}

START_TEST(schema_says_what_it_is)
{
    fixture_begin();
    struct store *store = opened();
    ck_assert_str_eq(answer(store, "PRAGMA application_id"), "1094931539\n");
    ck_assert_str_eq(answer(store, "PRAGMA user_version"), SCHEMA_LINE);
    ck_assert_str_eq(
        answer(store, "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"),
        "table|crash\ntable|curve\ntable|evaluation\ntable|objective\ntable|parameter\ntable|proposal\n"
        "table|provenance\ntable|run\ntable|rung\ntable|session\ntable|timing\ntable|trial\ntable|watch\nview|"
        "leaderboard\nview|lineage\nview|outcomes\n");
    ck_assert_str_eq(answer(store, "SELECT experiment, seed, window, isa FROM run"),
                     "{\"name\":\"spirals\",\"search\":{\"strategy\":\"evolution\",\"budget\":300,\"window\":8}}"
                     "|-7|8|x86-64-v3\n");
    close_store(store);
    assert_no_side_files();
    fixture_end();
}
END_TEST

/* What is not finite comes back as NaN. */
static bool same_number(double written, double read)
{
    return isfinite(written) ? written == read : isnan(read);
}

static void compare_children(const struct evaluation *evaluation)
{
    ck_assert_int_eq(evaluation->trial_count, 3);
    ck_assert_int_eq(evaluation->epoch_count, 5);
    ck_assert_int_eq(evaluation->parameter_count, 3);
    ck_assert_int_eq(evaluation->snapshot_count, 3);
    for (int i = 0; i < 3; i++) {
        const struct trial *a = &example_trials[i], *b = &evaluation->trials[i];
        ck_assert(a->seed_index == b->seed_index && a->epochs == b->epochs && a->outcome == b->outcome);
        ck_assert(same_number(a->score, b->score) && same_number(a->train_loss, b->train_loss));
        for (int m = 0; m < MEASURES; m++)
            ck_assert(same_number(measure_value(&a->validation, m), measure_value(&b->validation, m)));
    }
    for (int i = 0; i < 5; i++) {
        const struct epoch *a = &example_curve[i], *b = &evaluation->curve[i];
        ck_assert(a->seed_index == b->seed_index && a->number == b->number);
        ck_assert(same_number(a->train_loss, b->train_loss) && same_number(a->learning_rate, b->learning_rate));
        for (int m = 0; m < MEASURES; m++)
            ck_assert(same_number(measure_value(&a->validation, m), measure_value(&b->validation, m)));
    }
    for (int i = 0; i < 3; i++) {
        const struct snapshot *a = &example_snapshots[i], *b = &evaluation->snapshots[i];
        ck_assert(a->seed_index == b->seed_index && a->epoch == b->epoch && a->watched.place == b->watched.place);
        ck_assert_str_eq(a->watched.layer, b->watched.layer);
#define WATCHED(name, meaning) ck_assert(same_number(a->watched.name, b->watched.name));
#include "result/watched.def"
#undef WATCHED
    }
    for (int i = 0; i < 3; i++) {
        const struct learned *a = &example_parameters[i], *b = &evaluation->parameters[i];
        ck_assert(a->seed_index == b->seed_index && a->layer == b->layer && a->channel == b->channel);
        ck_assert(a->index == b->index && same_number(a->value, b->value));
    }
}

static void compare_result(const struct result *a, const struct result *b)
{
    ck_assert(a->outcome == b->outcome && a->objectives == b->objectives);
    ck_assert(a->seeds == b->seeds && a->epochs == b->epochs);
    for (int i = 0; i < a->objectives; i++)
        ck_assert(same_number(a->objective[i].mean, b->objective[i].mean) &&
                  same_number(a->objective[i].deviation, b->objective[i].deviation));
    for (int m = 0; m < MEASURES; m++) {
        struct figure one = measure_figure(&a->validation, m), other = measure_figure(&b->validation, m);
        ck_assert(same_number(one.mean, other.mean) && same_number(one.deviation, other.deviation));
    }
    ck_assert(same_number(a->train_loss.mean, b->train_loss.mean));
}

static void compare_proposal(const struct store_proposal *a, const struct store_proposal *b)
{
    ck_assert(a->ticket == b->ticket && a->parent1 == b->parent1 && a->parent2 == b->parent2);
    ck_assert(a->nodes == b->nodes && a->same_as == b->same_as);
    ck_assert_str_eq(a->origin, b->origin);
    ck_assert_str_eq(a->operator, b->operator);
    ck_assert_str_eq(a->genome, b->genome);
    ck_assert_str_eq(a->expression, b->expression);
    ck_assert_str_eq(a->simplified, b->simplified);
    ck_assert_str_eq(a->outcome, b->outcome);
    ck_assert_pstr_eq(a->known_as, b->known_as);
    ck_assert_pstr_eq(a->fingerprint, b->fingerprint);
    ck_assert_pstr_eq(a->reason, b->reason);
}

static void refused(struct store *store, struct store_ticket ticket, const char *why)
{
    struct error err;
    ASSERT_FAILS(store_append(store, &ticket, &err), ERROR_INTERNAL, why);
}

START_TEST(every_record_comes_back_as_it_was)
{
    fixture_begin();
    struct error err;
    struct store *store = opened();
    struct store_ticket known = example_ticket(2);
    known.proposal.known_as = "ständig"; /* UTF-8 */
    known.proposal.genome = "a 'quoted' \"thing\"; DROP TABLE run; --";
    struct store_ticket written[] = {example_ticket(0), example_ticket(1), known, duplicate_ticket(3, 1),
                                     rejected_ticket(4, "constant")};
    ASSERT_OK(store_session_begin(store, 2, "a processor", &err));
    for (int i = 0; i < 5; i++)
        append(store, written[i]);
    close_store(store);

    ASSERT_OK(store_open_read(path, &store, &err));
    ck_assert_int_eq(store_count(store), 5);
    struct store_cursor *cursor = NULL;
    const struct store_ticket *ticket;
    ASSERT_OK(store_cursor_new(store, 0, &cursor, &err));
    for (int i = 0; i < 5; i++) {
        ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
        ck_assert_ptr_nonnull(ticket);
        compare_proposal(&written[i].proposal, &ticket->proposal);
        ck_assert((ticket->evaluation != NULL) == (i < 3) && (ticket->timing != NULL) == (i < 3));
        if (i < 3) {
            compare_result(&example_evaluation.result, &ticket->evaluation->result);
            compare_children(ticket->evaluation);
            ck_assert(ticket->timing->wall_seconds == 0.05 && ticket->timing->cpu_seconds == 0.04);
            ck_assert_int_eq(ticket->timing->session, 1);
            ck_assert_uint_eq(strlen(ticket->timing->finished_at), strlen("2026-01-31T12:34:56.789Z"));
        }
    }
    ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
    ck_assert_ptr_null(ticket);
    store_cursor_free(cursor);

    ASSERT_OK(store_cursor_new(store, 3, &cursor, &err));
    ASSERT_OK(store_cursor_next(cursor, &ticket, &err));
    ck_assert_int_eq(ticket->proposal.ticket, 3);
    store_cursor_free(cursor);
    close_store(store);
    assert_no_side_files(); /* a reader of a closed database leaves nothing behind */
    fixture_end();
}
END_TEST

/* What candidates are compared by besides the score, and the rungs that one was to climb. */
START_TEST(objectives_and_rungs_come_back)
{
    static const struct store_rung rungs[] = {{0, 0.25, 0.5}, {1, 0.75, 0.625}, {2, NAN, NAN}};
    fixture_begin();
    struct error err;
    struct store *store = opened();
    struct evaluation evaluation = example_evaluation;
    struct store_ticket ticket = example_ticket(0), plain = example_ticket(1);
    evaluation.result.objectives = 3;
    evaluation.result.objective[1] = (struct figure){-12, NAN};
    evaluation.result.objective[2] = (struct figure){NAN, 0.5};
    evaluation.result.rungs = 2;
    ticket.evaluation = &evaluation;
    ticket.rungs = rungs;
    ticket.rung_count = 3;
    append(store, ticket);
    append(store, plain);
    struct store_ticket bad = example_ticket(2);
    const struct store_rung wrong = {-1, NAN, NAN};
    bad.rungs = &wrong;
    bad.rung_count = 1;
    refused(store, bad, "rung >= 0");

    struct store_cursor *cursor = NULL;
    const struct store_ticket *read;
    ASSERT_OK(store_cursor_new(store, 0, &cursor, &err));
    ASSERT_OK(store_cursor_next(cursor, &read, &err));
    compare_result(&evaluation.result, &read->evaluation->result);
    ck_assert_int_eq(read->evaluation->result.rungs, 2);
    ck_assert(read->evaluation->result.reached[0] == 0.5 && read->evaluation->result.reached[1] == 0.625);
    ck_assert_int_eq(read->rung_count, 3);
    for (int i = 0; i < 3; i++)
        ck_assert(read->rungs[i].rung == i && same_number(rungs[i].reference, read->rungs[i].reference) &&
                  same_number(rungs[i].reached, read->rungs[i].reached));
    ASSERT_OK(store_cursor_next(cursor, &read, &err));
    compare_result(&example_evaluation.result, &read->evaluation->result);
    ck_assert_int_eq(read->rung_count, 0);
    ck_assert_int_eq(read->evaluation->result.rungs, 1);
    ck_assert(read->evaluation->result.reached[0] == 0.85);
    store_cursor_free(cursor);
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(the_same_run_goes_on_where_it_stopped)
{
    fixture_begin();
    for (int round = 0; round < 3; round++) {
        struct store *store = opened();
        ck_assert_int_eq(store_count(store), 2 * round);
        ck_assert_str_eq(store_run(store)->data_description, example_run.data_description);
        append(store, example_ticket(2 * round));
        append(store, example_ticket(2 * round + 1));
        close_store(store);
        assert_no_side_files();
    }
    fixture_end();
}
END_TEST

START_TEST(a_different_run_is_refused_and_the_difference_named)
{
    fixture_begin();
    struct error err;
    struct store *store = opened();
    append(store, example_ticket(0));
    close_store(store);
    char *before = comparable_dump();

    struct store_run other = example_run;
    other.experiment = "{\"name\":\"spirals\",\"search\":{\"strategy\":\"evolution\",\"budget\":400,\"window\":8}}";
    ASSERT_FAILS(store_open(path, &other, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "experiment has '...y\":\"evolution\",\"budget\":300,\"window\":8}}' in the database but "
                 "'...y\":\"evolution\",\"budget\":400,\"window\":8}}' now");
    other = example_run;
    other.seed = 8;
    other.program_version = "0.2.0";
    ASSERT_FAILS(store_open(path, &other, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "another run: seed has -7 in the database but 8 now; "
                 "program_version has '0.1.0' in the database but '0.2.0' now; name another database");
    other = (struct store_run){"a", "b", "c", "d", 1, "e", 2, "f", "g", "h", "i", "j", "k", "l"};
    ASSERT_FAILS(store_open(path, &other, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "also different: protocol, seed, strategy, window, metric, program_version, isa, library_version, "
                 "arithmetic, data_digest, data_description;");
    assert_no_side_files();
    char *after = comparable_dump();
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    store = opened(); /* and it is still the old one's */
    ck_assert_int_eq(store_count(store), 1);
    close_store(store);
    fixture_end();
}
END_TEST

/* A run of the time before it was noted how its processor rounds goes on wherever it is. */
START_TEST(what_is_not_known_is_no_difference)
{
    fixture_begin();
    struct error err;
    struct store_run old = example_run, given = example_run;
    struct store *store = NULL;
    old.arithmetic = NULL;
    ASSERT_OK(store_open(path, &old, &fixture_options, &store, &err));
    close_store(store);
    ASSERT_OK(store_open(path, &given, &fixture_options, &store, &err));
    ck_assert_ptr_null(store_run(store)->arithmetic);
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(a_difference_is_cut_at_whole_characters)
{
    fixture_begin();
    struct error err;
    struct store_run first = example_run, second = example_run;
    struct store *store = NULL;
    /* the 24 bytes before the difference begin inside a two-byte character */
    first.name = "äöüäöüäöüäöüäöü.1";
    second.name = "äöüäöüäöüäöüäöü.2";
    ASSERT_OK(store_open(path, &first, &fixture_options, &store, &err));
    close_store(store);
    ASSERT_FAILS(store_open(path, &second, &fixture_options, &store, &err), ERROR_CONFLICT,
                 "name has '...äöüäöüäöüäöü.1' in the database");
    fixture_end();
}
END_TEST

START_TEST(contradictions_are_refused_and_leave_nothing)
{
    fixture_begin();
    struct store *store = opened();
    append(store, example_ticket(0));
    struct store_ticket bad = example_ticket(2);
    refused(store, bad, "cannot store ticket 2: it is not the next one");
    bad = example_ticket(0);
    refused(store, bad, "not the next one");
    bad = example_ticket(1);
    bad.evaluation = NULL;
    refused(store, bad, "an evaluation belongs to");
    bad = duplicate_ticket(1, 0);
    bad.timing = &example_timing;
    refused(store, bad, "without an evaluation");
    bad = duplicate_ticket(1, 1);
    refused(store, bad, "same_as < ticket");
    bad = rejected_ticket(1, NULL);
    refused(store, bad, "reason IS NOT NULL");
    bad = example_ticket(1);
    bad.proposal.parent1 = 1;
    refused(store, bad, "parent1 < ticket");
    bad.proposal.parent1 = -5;
    refused(store, bad, "FOREIGN KEY");
    bad = example_ticket(1);
    bad.proposal.genome = NULL;
    refused(store, bad, "NOT NULL constraint failed: proposal.genome");
    struct evaluation evaluation = example_evaluation;
    bad = example_ticket(1);
    bad.evaluation = &evaluation;
    evaluation.result.objective[0].mean = NAN;
    refused(store, bad, "a score belongs to outcome ok");
    evaluation.result.outcome = OUTCOME_diverged;
    evaluation.result.objective[0].mean = 0.5;
    refused(store, bad, "a score belongs to outcome ok");
    evaluation.result.outcome = OUTCOME_COUNT;
    refused(store, bad, "NOT NULL constraint failed: evaluation.outcome");
    struct epoch stray = {.seed_index = 3, .number = 1}; /* the last table written: all goes back */
    evaluation = example_evaluation;
    evaluation.curve = &stray;
    evaluation.epoch_count = 1;
    refused(store, bad, "FOREIGN KEY");
    struct snapshot unnamed = {.seed_index = 0, .epoch = 1};
    evaluation = example_evaluation;
    evaluation.snapshots = &unnamed;
    evaluation.snapshot_count = 1;
    refused(store, bad, "NOT NULL constraint failed: watch.layer");
    unnamed = (struct snapshot){.seed_index = 3, .epoch = 1, .watched.layer = "act1"};
    refused(store, bad, "FOREIGN KEY");
    bad = duplicate_ticket(1, 0);
    bad.timing = &example_timing;
    refused(store, bad, "without an evaluation");
    bad = duplicate_ticket(1, 0);
    bad.evaluation = &evaluation;
    refused(store, bad, "belongs to evaluated proposals");

    ck_assert_int_eq(store_count(store), 1);
    ck_assert_str_eq(answer(store, "SELECT (SELECT count(*) FROM proposal), (SELECT count(*) FROM evaluation),"
                                   " (SELECT count(*) FROM trial), (SELECT count(*) FROM curve)"),
                     "1|1|3|5\n");
    append(store, example_ticket(1));
    close_store(store);
    fixture_end();
}
END_TEST

static void write_three(const char *processor, bool interrupted)
{
    struct error err;
    struct store *store = opened();
    ASSERT_OK(store_session_begin(store, interrupted ? 1 : 8, processor, &err));
    append(store, example_ticket(0));
    append(store, rejected_ticket(1, "constant"));
    if (interrupted) {
        close_store(store);
        store = opened();
        ASSERT_OK(store_session_begin(store, 2, processor, &err));
    }
    struct store_ticket last = example_ticket(2);
    struct store_timing slow = {.wall_seconds = 9, .cpu_seconds = interrupted ? 8 : 7};
    last.timing = &slow;
    append(store, last);
    ASSERT_OK(store_session_end(store, "finished", &err));
    close_store(store);
}

START_TEST(only_timing_and_session_know_how_it_went)
{
    fixture_begin();
    write_three("one", false);
    char *straight = comparable_dump();
    ck_assert_ptr_nonnull(strstr(straight, "proposal:\n0|search|random||"));
    fixture_end();
    fixture_begin();
    write_three("two", true);
    char *interrupted = comparable_dump();
    ck_assert_str_eq(straight, interrupted);
    struct error err;
    struct store *store = NULL;
    ASSERT_OK(store_open_read(path, &store, &err));
    ck_assert_str_eq(answer(store, "SELECT id, threads, processor, ending, ended_at IS NULL FROM session"),
                     "1|1|two|killed|0\n2|2|two|finished|0\n");
    ck_assert_str_eq(answer(store, "SELECT ticket, session, wall_seconds, cpu_seconds FROM timing"),
                     "0|1|0.050000000000000003|0.040000000000000001\n2|2|9|8\n");
    close_store(store);
    free(straight);
    free(interrupted);
    fixture_end();
}
END_TEST

/* The numbers below are worked out by hand. */
static void fill_for_views(struct store *store)
{
    static const struct {
        enum outcome outcome;
        double score;
    } results[] = {{OUTCOME_ok, 0.5}, {OUTCOME_ok, 0.9}, {OUTCOME_diverged, NAN}, {OUTCOME_ok, 0.9}, {OUTCOME_ok, -1}};
    for (int64_t i = 0; i < 5; i++) {
        struct evaluation evaluation = {
            .result = {.outcome = results[i].outcome, .objectives = 1, .objective = {{results[i].score, 0.25}}}};
        struct store_ticket ticket = scored_ticket(i, &evaluation);
        if (i == 0) {
            ticket.proposal.origin = STORE_BASELINE;
            ticket.proposal.operator= "baseline";
            ticket.proposal.known_as = "relu";
        }
        append(store, ticket);
    }
    append(store, duplicate_ticket(5, 1));
    append(store, rejected_ticket(6, "constant"));
    append(store, rejected_ticket(7, "no_gradient"));
    append(store, rejected_ticket(8, "constant"));
    append(store, duplicate_ticket(9, 0));
}

START_TEST(leaderboard_ranks_best_first_and_ties_by_ticket)
{
    fixture_begin();
    struct store *store = opened();
    fill_for_views(store);
    ck_assert_str_eq(answer(store, "SELECT * FROM leaderboard"),
                     "1|1|tanh(x)*x|0.90000000000000002|0.25|search|x*tanh(x)|1|spirals\n"
                     "2|3|tanh(x)*x|0.90000000000000002|0.25|search|x*tanh(x)|1|spirals\n"
                     "3|0|relu|0.5|0.25|baseline|x*tanh(x)|1|spirals\n"
                     "4|4|tanh(x)*x|-1|0.25|search|x*tanh(x)|1|spirals\n");
    ck_assert_str_eq(answer(store, "SELECT rank, ticket FROM leaderboard WHERE origin = 'baseline'"), "3|0\n");
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(outcomes_count_everything_once)
{
    fixture_begin();
    struct store *store = opened();
    fill_for_views(store);
    ck_assert_str_eq(answer(store, "SELECT outcome, detail, tickets, round(share, 6) FROM outcomes"),
                     "evaluated|ok|4|0.40000000000000002\nevaluated|diverged|1|0.10000000000000001\n"
                     "duplicate||2|0.20000000000000001\n"
                     "rejected|constant|2|0.20000000000000001\nrejected|no_gradient|1|0.10000000000000001\n");
    close_store(store);
    fixture_end();
}
END_TEST

START_TEST(lineage_goes_back_to_the_first)
{
    fixture_begin();
    struct store *store = opened();
    fill_for_views(store);
    /* parents of k > 1 are k - 1 and k / 2: 4 -> 3, 2; 3 -> 2, 1; 2 -> 1, 1 */
    ck_assert_str_eq(answer(store, "SELECT generation, ancestor, parent1, parent2, operator, outcome FROM lineage"
                                   " WHERE ticket = 4"),
                     "0|4|3|2|crossover|evaluated\n"
                     "1|2|1|1|crossover|evaluated\n1|3|2|1|crossover|evaluated\n"
                     "2|1|||random|evaluated\n");
    ck_assert_str_eq(answer(store, "SELECT generation, ancestor, function, score FROM lineage WHERE ticket = 0"),
                     "0|0|relu|0.5\n");
    ck_assert_str_eq(answer(store, "SELECT count(DISTINCT ticket) FROM lineage"), "10\n");
    close_store(store);
    fixture_end();
}
END_TEST

/* Long chains must not make the question about one ticket slow: 3,000 tickets, each a child of the one
   before, and the answer for an early one touches a few rows only. */
START_TEST(lineage_works_only_for_the_tickets_asked_for)
{
    fixture_begin();
    struct store *store = opened();
    close_store(store);
    tamper("INSERT INTO proposal WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)"
           " SELECT i, 'search', 'mutate', nullif(i - 1, -1), NULL, 'g', 'e', 's', NULL, 'f', 1, 'rejected', 'r', NULL"
           " FROM n");
    struct error err;
    ASSERT_OK(store_open_read(path, &store, &err));
    struct store_query *query = NULL;
    bool row;
    ASSERT_OK(store_query_new(store, "EXPLAIN QUERY PLAN SELECT * FROM lineage WHERE ticket = 17", &query, &err));
    ASSERT_OK(store_query_next(query, &row, &err));
    ck_assert(row);
    ck_assert_ptr_nonnull(strstr(store_query_cell(query, 3).text, "SEARCH d USING INTEGER PRIMARY KEY"));
    store_query_free(query);
    ck_assert_str_eq(answer(store, "SELECT count(*), max(generation) FROM lineage WHERE ticket = 2999"), "3000|2999\n");
    close_store(store);
    fixture_end();
}
END_TEST

static int whole_life(struct error *err)
{
    struct store *store = NULL;
    struct store_cursor *cursor = NULL;
    struct store_query *query = NULL;
    const struct store_ticket *read;
    bool row = false;
    int status = store_open(path, &example_run, &fixture_options, &store, err);
    if (!status)
        status = store_session_begin(store, 1, "p", err);
    for (int64_t i = status ? 0 : store_count(store); !status && i < 2; i++) {
        struct store_ticket ticket = example_ticket(i);
        status = store_append(store, &ticket, err);
    }
    if (!status)
        status = store_cursor_new(store, 0, &cursor, err);
    if (!status)
        status = store_cursor_next(cursor, &read, err);
    if (!status)
        status = store_query_new(store, "SELECT * FROM leaderboard", &query, err);
    if (!status)
        status = store_query_next(query, &row, err);
    ck_assert(status || row);
    store_query_free(query);
    store_cursor_free(cursor);
    struct error at_close;
    ck_assert_int_eq(store_close(store, &at_close), 0);
    return status;
}

START_TEST(short_memory_is_an_error_at_every_allocation)
{
    fixture_begin();
    struct error err;
    int status = ERROR_MEMORY, failures = 0;
    for (long n = 1; status; n++) {
        memory_fail_at(n);
        status = whole_life(&err);
        memory_fail_never();
        if (status) {
            ck_assert_int_eq(status, ERROR_MEMORY);
            ck_assert_int_eq(err.code, ERROR_MEMORY);
            failures++;
            assert_no_side_files();
        }
    }
    ck_assert_int_gt(failures, 30);
    struct store *store = opened();
    ck_assert_int_eq(store_count(store), 2);
    struct store_run other = example_run;
    other.seed++;
    close_store(store);
    for (long n = 1, code = ERROR_MEMORY; code == ERROR_MEMORY; n++) {
        memory_fail_at(n);
        code = store_open(path, &other, &fixture_options, &store, &err);
        memory_fail_never();
        ck_assert(code == ERROR_MEMORY || code == ERROR_CONFLICT);
    }
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("store", 60, schema_says_what_it_is, every_record_comes_back_as_it_was,
                     objectives_and_rungs_come_back, the_same_run_goes_on_where_it_stopped,
                     a_different_run_is_refused_and_the_difference_named, what_is_not_known_is_no_difference,
                     a_difference_is_cut_at_whole_characters, contradictions_are_refused_and_leave_nothing,
                     only_timing_and_session_know_how_it_went, leaderboard_ranks_best_first_and_ties_by_ticket,
                     outcomes_count_everything_once, lineage_goes_back_to_the_first,
                     lineage_works_only_for_the_tickets_asked_for, short_memory_is_an_error_at_every_allocation);
}
