/* What every strategy owes, held against every entry of the table. */
#include "toy.h"

#include "base/memory.h"
#include "base/text.h"

/* Each with candidates of one function and of two, and of three when its space need not be counted. */
static int functions;

static void each_strategy(void (*check)(const char *strategy, const char *grammar_text))
{
    const struct strategy *strategy;
    int count = 0;
    for (; (strategy = strategy_at(count)); count++)
        for (functions = 1; functions <= 2 + !strategy->ends; functions++) {
            check(strategy->name, toy_small);
            if (!strategy->ends)
                check(strategy->name, toy_wide);
        }
    ck_assert_int_ge(count, 3);
}

static void check_order(const char *strategy, const char *text)
{
    static const int windows[] = {1, 7, 40};
    struct grammar *grammar = toy_grammar(text);
    struct space space = {grammar, functions};
    for (int w = 0; w < 3; w++) {
        struct search_spec spec = toy_spec(strategy, 120, windows[w]);
        struct history first = toy_run_for(&spec, &space, TOY_AT_ONCE, INT64_MAX);
        for (int order = TOY_LATE; order < TOY_SHUFFLED + 2; order++) {
            struct history other = toy_run_for(&spec, &space, order, INT64_MAX);
            ck_assert_int_eq(other.count, first.count);
            for (int64_t k = 0; k < first.count; k++)
                ck_assert_msg(seen_equal(&first.seen[k], &other.seen[k]), "%s: ticket %d differs with window %d",
                              strategy, (int)k, windows[w]);
            free(other.seen);
        }
        free(first.seen);
    }
    grammar_free(grammar);
}

START_TEST(tickets_do_not_depend_on_the_order_of_results)
{
    each_strategy(check_order);
}
END_TEST

/* Ticket k sees results below k - window only: other results from ticket c on leave everything up to
   ticket c + window as it was. */
static void check_blindness(const char *strategy, const char *text)
{
    enum { CUT = 70, WINDOW = 9 };
    struct grammar *grammar = toy_grammar(text);
    struct space space = {grammar, functions};
    struct search_spec spec = toy_spec(strategy, 120, WINDOW);
    struct history as_is = toy_run_for(&spec, &space, TOY_AT_ONCE, INT64_MAX);
    struct history changed = toy_run_for(&spec, &space, TOY_AT_ONCE, CUT);
    ck_assert_int_gt(as_is.count, CUT + WINDOW);
    int64_t differ = 0;
    for (int64_t k = 0; k < as_is.count && k < changed.count; k++) {
        bool same = seen_equal(&as_is.seen[k], &changed.seen[k]);
        ck_assert_msg(same || k > CUT + WINDOW, "%s: ticket %d saw too much", strategy, (int)k);
        differ += !same;
    }
    if (strategy_by_name(strategy)->tell)
        ck_assert_msg(differ > 20, "%s ignores its results", strategy);
    else
        ck_assert_int_eq(differ, 0);
    free(as_is.seen);
    free(changed.seen);
    grammar_free(grammar);
}

START_TEST(a_ticket_sees_no_result_inside_its_window)
{
    each_strategy(check_blindness);
}
END_TEST

static void check_tickets(const char *strategy, const char *text)
{
    struct grammar *grammar = toy_grammar(text);
    struct space space = {grammar, functions};
    struct search_spec spec = toy_spec(strategy, 100, 8);
    spec.baselines = true;
    struct error err;
    struct search *search;
    ASSERT_OK(search_new(&spec, &space, 1, &search, &err));
    struct ticket *tickets = malloc(sizeof *tickets * 2000);
    enum search_state state;
    int64_t count = 0, trained = 0, own_trained = 0, own = 0, baselines = 0;
    for (;; count++) {
        struct ticket *ticket = &tickets[count];
        ASSERT_OK(search_next(search, ticket, &state, &err));
        if (state == SEARCH_DONE)
            break;
        ck_assert_int_eq(state, SEARCH_TICKET);
        struct result result = result_of_score(toy_score_of(ticket));
        if (ticket->kind == TICKET_TRAIN)
            search_tell(search, count, &result);
        trained += ticket->kind == TICKET_TRAIN;
        own_trained += ticket->kind == TICKET_TRAIN && !ticket->baseline;
        own += !ticket->baseline;
        baselines += ticket->baseline;
        ck_assert_msg(!ticket->baseline || own == 0, "a baseline after the strategy's tickets");
    }
    ck_assert_int_eq(search_proposed(search), count);
    ck_assert_int_eq(search_trained(search), trained);
    ck_assert_int_ge(search_to_train(search), trained);
    ck_assert_int_ge(baselines, 10);
    ck_assert_int_le(own_trained, spec.evaluations);
    ck_assert_int_le(own, spec.proposals);
    int64_t total = INT64_MAX;
    if (strategy_by_name(strategy)->ends)
        ASSERT_OK(space_total(&space, &total, &err));
    ck_assert_msg(own_trained == spec.evaluations || own == spec.proposals || own == total, "%s ended early", strategy);

    for (int64_t k = 0; k < count; k++) {
        const struct ticket *ticket = &tickets[k];
        for (int i = 0; i < functions; i++) {
            struct tree function = candidate_function(&ticket->expression, i);
            ck_assert(tree_is_valid(&function));
        }
        ck_assert_int_eq(ticket->expression.count, functions);
        ck_assert_int_eq(ticket->assignment.candidate.count, functions);
        ck_assert_int_eq(ticket->kind == TICKET_REJECTED, ticket->judgement.rejection != REJECT_NONE);
        ck_assert_int_eq(ticket->kind == TICKET_DUPLICATE, ticket->same_as >= 0);
        ck_assert_int_lt(ticket->parents[0], k);
        ck_assert_int_lt(ticket->parents[1], k);
        if (ticket->baseline) {
            ck_assert_str_eq(ticket->operator_name, "baseline");
            ck_assert_int_eq(ticket->genotype.count, 0);
            ck_assert_int_eq(ticket->known_as != NULL, functions == 1);
        } else {
            static struct candidate expression;
            ck_assert(space_contains(&space, &ticket->genotype));
            space_express(&space, &ticket->genotype, &expression);
            ck_assert(candidate_equal(&expression, &ticket->expression));
        }
        if (ticket->kind == TICKET_DUPLICATE) {
            ck_assert_int_lt(ticket->same_as, k);
            ck_assert_int_eq(tickets[ticket->same_as].kind, TICKET_TRAIN);
        }
        /* No function is trained twice. */
        for (int64_t i = 0; ticket->kind == TICKET_TRAIN && i < k; i++)
            ck_assert_msg(tickets[i].kind != TICKET_TRAIN ||
                              !candidate_equal(&tickets[i].assignment.candidate, &ticket->assignment.candidate),
                          "%s: tickets %d and %d train the same", strategy, (int)i, (int)k);
    }
    free(tickets);
    search_free(search);
    grammar_free(grammar);
}

START_TEST(tickets_are_sound_and_the_budget_is_kept)
{
    each_strategy(check_tickets);
}
END_TEST

static void check_seed(const char *strategy, const char *text)
{
    struct grammar *grammar = toy_grammar(text);
    struct space space = {grammar, functions};
    struct search_spec spec = toy_spec(strategy, 30, 8);
    struct error err;
    int differ = 0;
    struct search *searches[2];
    ASSERT_OK(search_new(&spec, &space, 1, &searches[0], &err));
    ASSERT_OK(search_new(&spec, &space, 2, &searches[1], &err));
    for (int k = 0; k < 9; k++) {
        static struct ticket tickets[2];
        enum search_state state;
        for (int i = 0; i < 2; i++) {
            ASSERT_OK(search_next(searches[i], &tickets[i], &state, &err));
            ck_assert_int_eq(state, SEARCH_TICKET);
        }
        differ += !genotype_equal(&tickets[0].genotype, &tickets[1].genotype);
    }
    ck_assert_msg(strategy_by_name(strategy)->ends ? differ == 0 : differ > 5, "%s: %d of 9 differ", strategy, differ);
    search_free(searches[0]);
    search_free(searches[1]);
    grammar_free(grammar);
}

START_TEST(another_seed_gives_other_tickets)
{
    each_strategy(check_seed);
}
END_TEST

/* The n-th allocation fails, for every n: an error, no leak, no crash. */
static void check_memory(const char *strategy, const char *text)
{
    struct grammar *grammar = toy_grammar(text);
    struct space space = {grammar, functions};
    struct search_spec spec = toy_spec(strategy, 80, 70);
    spec.baselines = true;
    bool whole = false;
    for (long n = 1; !whole; n += n < 40 ? 1 : n / 4) {
        struct error err = ERROR_EMPTY;
        struct search *search = NULL;
        static struct ticket ticket;
        enum search_state state = SEARCH_TICKET;
        memory_fail_at(n);
        int status = search_new(&spec, &space, 1, &search, &err);
        while (!status && state == SEARCH_TICKET) {
            status = search_next(search, &ticket, &state, &err);
            if (!status && state == SEARCH_TICKET && ticket.kind == TICKET_TRAIN)
                search_tell(search, ticket.assignment.ticket,
                            &(struct result){.objectives = 1, .objective = {{0.5, 0}}});
        }
        memory_fail_never();
        search_free(search);
        whole = status == 0;
        if (!whole) {
            ck_assert_int_eq(status, ERROR_MEMORY);
            ck_assert_int_eq(err.code, ERROR_MEMORY);
        }
        ck_assert_msg(n < 100000, "%s does not come to an end", strategy);
    }
    grammar_free(grammar);
}

START_TEST(short_memory_is_an_error)
{
    each_strategy(check_memory);
}
END_TEST

int main(void)
{
    return RUN_TESTS("search contract", 60, tickets_do_not_depend_on_the_order_of_results,
                     a_ticket_sees_no_result_inside_its_window, tickets_are_sound_and_the_budget_is_kept,
                     another_seed_gives_other_tickets, short_memory_is_an_error);
}
