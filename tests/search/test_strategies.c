/* What is particular to one strategy, and the options of all. */
#include "toy.h"

START_TEST(options_have_defaults)
{
    struct error err;
    struct search_spec spec;
    ASSERT_OK(toy_spec_read("{\"strategy\": \"aging\", \"evaluations\": 300}", &spec, &err));
    ck_assert_str_eq(spec.strategy->name, "aging");
    ck_assert_int_eq(spec.evaluations, 300);
    ck_assert_int_eq(spec.proposals, 16000);
    ck_assert_int_eq(spec.window, 16);
    ck_assert(spec.baselines);
    ck_assert_int_eq(*option_integer(&spec, "population"), 64);
    ck_assert_int_eq(*option_integer(&spec, "tournament"), 16);
    ASSERT_OK(toy_spec_read("{\"strategy\": \"exhaustive\"}", &spec, &err));
    ck_assert_int_eq(spec.evaluations, SEARCH_UNLIMITED);
    ASSERT_OK(toy_spec_read("{\"strategy\": \"aging\", \"evaluations\": 9, \"population\": 4, \"crossover\": 0.5,"
                            "\"window\": 3, \"proposals\": 7, \"baselines\": false}",
                            &spec, &err));
    ck_assert_int_eq(*option_integer(&spec, "population"), 4);
    ck_assert_int_eq(*option_integer(&spec, "tournament"), 4);
    ck_assert(*option_number(&spec, "crossover") == 0.5);
    ck_assert_int_eq(spec.window, 3);
    ck_assert_int_eq(spec.proposals, 7);
    ck_assert(!spec.baselines);
    ck_assert(!spec.seeded);
    ASSERT_OK(toy_spec_read("{\"strategy\": \"random\", \"evaluations\": 9, \"seed\": 9007199254740992}", &spec, &err));
    ck_assert(spec.seeded);
    ck_assert_uint_eq(spec.seed, UINT64_C(1) << 53);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    struct error err;
    struct search_spec spec;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{}", "$.strategy"},
        {"{\"strategy\": \"greedy\", \"evaluations\": 3}", "$.strategy"},
        {"{\"strategy\": \"random\"}", "$.evaluations"},
        {"{\"strategy\": \"random\", \"evaluations\": 0}", "$.evaluations"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"window\": 0}", "$.window"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"window\": 1000001}", "$.window"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"windows\": 2}", "window"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"population\": 9}",
         "$.population: an option of the strategy \"aging\", not of \"random\""},
        {"{\"strategy\": \"aging\", \"evaluations\": 3, \"population\": 9, \"tournament\": 10}",
         "$.tournament: a tournament of 10 in a population of 9"},
        {"{\"strategy\": \"aging\", \"evaluations\": 3, \"population\": 1}", "$.population"},
        {"{\"strategy\": \"aging\", \"evaluations\": 3, \"crossover\": 1.5}", "$.crossover"},
        {"{\"strategy\": \"aging\", \"evaluations\": 3, \"baselines\": 1}", "$.baselines"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"seed\": -1}", "$.seed"},
        {"{\"strategy\": \"random\", \"evaluations\": 3, \"seed\": 9007199254740994}", "$.seed"},
        {"[]", "toy.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ASSERT_FAILS(toy_spec_read(cases[i].text, &spec, &err), ERROR_INPUT, cases[i].message);
}
END_TEST

START_TEST(exhaustive_proposes_every_genome_once_in_order)
{
    struct error err;
    struct grammar *grammar = toy_grammar(toy_small);
    struct search_spec spec;
    ASSERT_OK(toy_spec_read("{\"strategy\": \"exhaustive\", \"baselines\": false}", &spec, &err));
    struct history history = toy_run(&spec, grammar, TOY_SHUFFLED, INT64_MAX);
    int64_t total;
    ASSERT_OK(grammar_total(grammar, &total, &err));
    ck_assert_int_eq(total, 256);
    ck_assert_int_eq(history.count, total);
    int kinds[3] = {0};
    for (int64_t k = 0; k < total; k++) {
        struct genome genome;
        ASSERT_OK(grammar_genome_at(grammar, k, &genome, &err));
        ck_assert(genome_equal(&genome, &history.seen[k].genotype.genome[0]));
        kinds[history.seen[k].kind]++;
    }
    /* zero * f, zero + zero, relu - relu, ...: constants; f + g and g + f: duplicates */
    ck_assert_int_gt(kinds[TICKET_TRAIN], 60);
    ck_assert_int_gt(kinds[TICKET_DUPLICATE], 50);
    ck_assert_int_gt(kinds[TICKET_REJECTED], 15);
    free(history.seen);
    grammar_free(grammar);
}
END_TEST

START_TEST(exhaustive_refuses_what_cannot_be_counted)
{
    struct error err;
    struct grammar *grammar = toy_grammar("{\"name\": \"range\", \"unary\": [\"tanh\"], \"binary\": [\"mul\"],"
                                          "\"leaves\": {\"constants\": {\"range\": [-2, 2]}},"
                                          "\"shapes\": {\"grow\": {\"max_depth\": 3, \"max_nodes\": 5}}}");
    struct search_spec spec = toy_spec("exhaustive", 10, 4);
    struct search *search;
    ASSERT_FAILS(search_new(&spec, &(struct space){grammar, 1}, 1, &search, &err), ERROR_INPUT, "exhaustive");
    grammar_free(grammar);
}
END_TEST

/* A space with fewer functions than the budget: the limit of proposals ends the run. */
START_TEST(a_small_space_ends_by_its_proposals)
{
    struct grammar *grammar = toy_grammar(toy_small);
    static const char *const strategies[] = {"random", "aging"};
    for (int i = 0; i < 2; i++) {
        struct search_spec spec = toy_spec(strategies[i], 300, 8);
        struct history history = toy_run(&spec, grammar, TOY_AT_ONCE, INT64_MAX);
        ck_assert_int_eq(history.count, spec.proposals);
        free(history.seen);
    }
    grammar_free(grammar);
}
END_TEST

/* test_contract.c shows that a ticket sees no result inside its window. It sees the one just below: with the result of
   ticket c alone changed, ticket c + window + 1 may change. Aging with a full tournament must then follow a new best at
   once. */
START_TEST(a_ticket_sees_the_result_just_below_its_window)
{
    struct grammar *grammar = toy_grammar(toy_wide);
    struct space space = {grammar, 1};
    struct error err;
    for (int window = 1; window <= 16; window += 5) {
        struct search_spec spec = toy_spec("aging", 200, window);
        set_option(&spec, "tournament", 20 * 20); /* practically every member is in every tournament */
        set_option(&spec, "crossover", 0);
        struct search *search;
        ASSERT_OK(search_new(&spec, &space, 3, &search, &err));
        static struct ticket ticket;
        enum search_state state;
        int64_t best = -1;
        for (int followed = 0; followed < 30;) {
            ASSERT_OK(search_next(search, &ticket, &state, &err));
            ck_assert_int_eq(state, SEARCH_TICKET);
            if (ticket.parents[0] >= 0) {
                ck_assert_msg(ticket.parents[0] == best, "window %d: ticket %d has the parent %d, not %d", window,
                              (int)ticket.assignment.ticket, (int)ticket.parents[0], (int)best);
                followed++;
            }
            /* Every result is better than all before: the newest visible trained ticket is the best. */
            static bool trains[4000];
            trains[ticket.assignment.ticket] = ticket.kind == TICKET_TRAIN;
            struct result result = result_of_score((double)ticket.assignment.ticket);
            if (trains[ticket.assignment.ticket])
                search_tell(search, ticket.assignment.ticket, &result);
            int64_t visible = ticket.assignment.ticket + 1 - window - 1;
            if (visible >= 0 && trains[visible])
                best = visible;
        }
        search_free(search);
    }
    grammar_free(grammar);
}
END_TEST

/* The population, kept by the test in its own way: the last P that entered. Every parent must be one
   of them, and the best of a tournament cannot be the worst of all too often. */
START_TEST(aging_takes_its_parents_from_the_living)
{
    enum { P = 20, WINDOW = 6 };
    struct grammar *grammar = toy_grammar(toy_wide);
    struct search_spec spec = toy_spec("aging", 300, WINDOW);
    set_option(&spec, "crossover", 0.3);
    struct history history = toy_run(&spec, grammar, TOY_AT_ONCE, INT64_MAX);
    int64_t entered[4000], functions[4000], count = 0;
    int crossed = 0, mutated = 0, applied = 0;
    for (int64_t k = 0; k < history.count; k++) {
        for (; applied < k - WINDOW; applied++) {
            const struct seen *seen = &history.seen[applied];
            int64_t function = seen->same_as >= 0 ? seen->same_as : applied;
            bool enters = seen->kind != TICKET_REJECTED && history.seen[function].ok;
            for (int64_t i = count < P ? 0 : count - P; i < count; i++)
                enters = enters && functions[i] != function;
            if (enters) {
                functions[count] = function;
                entered[count++] = applied;
            }
        }
        const struct seen *seen = &history.seen[k];
        ck_assert_int_eq(count < P, strcmp(seen->operator_name, "sample") == 0);
        for (int j = 0; j < 2; j++) {
            bool alive = seen->parents[j] < 0;
            for (int64_t i = count < P ? 0 : count - P; i < count; i++)
                alive = alive || entered[i] == seen->parents[j];
            ck_assert_msg(alive, "ticket %d has the dead parent %d", (int)k, (int)seen->parents[j]);
        }
        if (seen->parents[0] < 0)
            continue;
        ck_assert(!genotype_equal(&seen->genotype, &history.seen[seen->parents[0]].genotype) || seen->parents[1] >= 0);
        crossed += seen->parents[1] >= 0;
        mutated += seen->parents[1] < 0;
        ck_assert_int_eq(strcmp(seen->operator_name, "cross") == 0, seen->parents[1] >= 0);
        ck_assert_int_eq(strncmp(seen->operator_name, "mutate:", 7) == 0, seen->parents[1] < 0);
    }
    ck_assert_int_gt(crossed, 30);
    ck_assert_int_gt(mutated, 100);
    free(history.seen);
    grammar_free(grammar);
}
END_TEST

START_TEST(operators_are_named_after_their_mutation)
{
    struct grammar *grammar = toy_grammar(toy_wide);
    struct search_spec spec = toy_spec("aging", 400, 6);
    struct history history = toy_run(&spec, grammar, TOY_AT_ONCE, INT64_MAX);
    bool found[MUTATION_COUNT] = {false};
    for (int64_t k = 0; k < history.count; k++)
        for (int kind = 0; kind < MUTATION_COUNT; kind++)
            found[kind] =
                found[kind] || (strncmp(history.seen[k].operator_name, "mutate:", 7) == 0 &&
                                strcmp(history.seen[k].operator_name + 7, mutation_name((enum mutation)kind)) == 0);
    for (int kind = 0; kind < MUTATION_COUNT; kind++)
        ck_assert_msg(found[kind], "no ticket by mutate:%s", mutation_name((enum mutation)kind));
    free(history.seen);
    grammar_free(grammar);
}
END_TEST

static double best_found(const char *strategy, struct grammar *grammar, uint64_t seed)
{
    struct error err;
    struct search_spec spec = toy_spec(strategy, 600, 8);
    set_option(&spec, "population", 64);
    set_option(&spec, "tournament", 16);
    struct search *search;
    static struct ticket ticket;
    enum search_state state;
    double best = 0;
    ASSERT_OK(search_new(&spec, &(struct space){grammar, 1}, seed, &search, &err));
    for (;;) {
        ASSERT_OK(search_next(search, &ticket, &state, &err));
        if (state == SEARCH_DONE)
            break;
        if (ticket.kind != TICKET_TRAIN)
            continue;
        struct result result = result_of_score(toy_score_of(&ticket));
        search_tell(search, ticket.assignment.ticket, &result);
        best = fmax(best, result_score(&result));
    }
    search_free(search);
    return best;
}

/* Single runs vary widely; the mean of 16 has a standard error of about 0.008, and the difference is
   usually 0.03. */
START_TEST(aging_beats_random_on_a_smooth_landscape)
{
    const int runs = testing_is_sparse() ? 2 : 16;
    struct grammar *grammar = toy_grammar(toy_wide);
    int wins = 0;
    double aging = 0, random = 0;
    for (int seed = 0; seed < runs; seed++) {
        double a = best_found("aging", grammar, (uint64_t)seed), r = best_found("random", grammar, (uint64_t)seed);
        wins += a > r;
        aging += a / runs;
        random += r / runs;
    }
    if (getenv("SHOW"))
        printf("aging %.4f, random %.4f, aging wins %d of %d\n", aging, random, wins, runs);
    ck_assert_msg(aging > random + 0.005 || runs < 16, "aging %.4f, random %.4f", aging, random);
    grammar_free(grammar);
}
END_TEST

int main(void)
{
    return RUN_TESTS("search strategies", 60, options_have_defaults, wrong_options_are_refused,
                     exhaustive_proposes_every_genome_once_in_order, exhaustive_refuses_what_cannot_be_counted,
                     a_small_space_ends_by_its_proposals, a_ticket_sees_the_result_just_below_its_window,
                     aging_takes_its_parents_from_the_living, operators_are_named_after_their_mutation,
                     aging_beats_random_on_a_smooth_landscape);
}
