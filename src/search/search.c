/* The state machine: tickets, the window, the budget. */
#include "search/search.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "rng/rng.h"
#include "search/search_internal.h"

#include <math.h>
#include <string.h>

/* What is known of a ticket. Kept for all of them, because a duplicate may point at any older one. */
struct entry {
    double objective[RESULT_OBJECTIVES];
    int64_t function; /* the first ticket with this function */
    uint8_t outcome, objectives;
    bool settled, baseline;
};

struct search {
    struct search_spec spec;
    struct space space;
    uint64_t seed;
    struct archive *archive;
    void *state;

    int64_t proposed; /* tickets made; also the number of the next */
    int64_t applied;  /* tickets whose results the strategy has heard: 0 .. applied - 1 */
    int64_t baselines, baselines_to_train, trained;
    bool exhausted;
    int64_t candidates; /* of the space, 0 when they cannot be counted; for people only */

    struct entry *entries; /* by ticket */
    int64_t entry_capacity;
    struct genotype *open; /* genotypes of the tickets not yet applied: ticket k at k % open_capacity */
    int64_t open_capacity;
};

int search_new(const struct search_spec *spec, const struct space *space, uint64_t seed, struct search **search,
               struct error *err)
{
    struct search *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, "the search");
    made->spec = *spec;
    made->space = *space;
    made->seed = seed;
    if (space_total(space, &made->candidates, NULL) != 0)
        made->candidates = 0;
    int status = archive_new(&made->archive, err);
    if (!status && spec->baselines)
        made->baselines = made->baselines_to_train = archive_baselines(made->archive);
    if (!status)
        status = spec->strategy->state_new(&made->spec, &made->space, &made->state, err);
    if (status)
        search_free(made);
    else
        *search = made;
    return status;
}

void search_free(struct search *search)
{
    if (!search)
        return;
    if (search->state)
        search->spec.strategy->state_free(search->state);
    archive_free(search->archive);
    memory_free(search->entries);
    memory_free(search->open);
    memory_free(search);
}

static int64_t doubled(int64_t capacity)
{
    return capacity ? 2 * capacity : 64;
}

static int reserve_entry(struct search *search, struct error *err)
{
    if (search->proposed < search->entry_capacity)
        return 0;
    int64_t capacity = doubled(search->entry_capacity);
    struct entry *entries = memory_resize(search->entries, (size_t)capacity, sizeof *entries);
    if (!entries)
        return memory_error(err, "the tickets");
    search->entries = entries;
    search->entry_capacity = capacity;
    return 0;
}

/* The ring grows to what is really open, which is far less than a generous window allows. */
static int reserve_open(struct search *search, struct error *err)
{
    if (search->proposed - search->applied < search->open_capacity)
        return 0;
    int64_t capacity = doubled(search->open_capacity);
    struct genotype *open = memory_array((size_t)capacity, sizeof *open);
    if (!open)
        return memory_error(err, "the open tickets; a smaller window needs less");
    for (int64_t k = search->applied; k < search->proposed; k++)
        open[k % capacity] = search->open[k % search->open_capacity];
    memory_free(search->open);
    search->open = open;
    search->open_capacity = capacity;
    return 0;
}

static void apply(struct search *search)
{
    int64_t k = search->applied++;
    const struct entry *entry = &search->entries[k];
    const struct strategy *strategy = search->spec.strategy;
    if (!strategy->tell || entry->baseline)
        return;
    struct result result = result_without_figures((enum outcome)entry->outcome);
    result.objectives = entry->objectives;
    for (int i = 0; i < result.objectives; i++)
        result.objective[i].mean = entry->objective[i];
    struct news news = {.ticket = k,
                        .genotype = &search->open[k % search->open_capacity],
                        .function = entry->function,
                        .result = &result};
    strategy->tell(search->state, &news);
}

/* Applies what the next ticket may know, which is neither more nor less than the tickets below
   proposed - window. False when one of those results is missing. */
static bool catch_up(struct search *search)
{
    while (search->applied < search->proposed - search->spec.window) {
        struct entry *entry = &search->entries[search->applied];
        if (entry->function != search->applied) {
            /* A duplicate's first ticket is older, hence settled. */
            const struct entry *first = &search->entries[entry->function];
            entry->outcome = first->outcome;
            entry->objectives = first->objectives;
            memcpy(entry->objective, first->objective, sizeof entry->objective);
        } else if (!entry->settled) {
            return false;
        }
        apply(search);
    }
    return true;
}

/* Before the last baseline the numbers are below 0. */
struct search_account search_account(const struct search *search)
{
    return (struct search_account){.evaluations = search->spec.evaluations,
                                   .proposals = search->spec.proposals,
                                   .trained = search->trained - search->baselines_to_train,
                                   .proposed = search->proposed - search->baselines,
                                   .exhausted = search->exhausted,
                                   .candidates = search->candidates};
}

enum search_end search_end(const struct search_account *account)
{
    if (account->proposed < 0)
        return SEARCH_GOES_ON;
    if (account->trained >= account->evaluations)
        return SEARCH_BUDGET;
    return account->exhausted                        ? SEARCH_SPACE
           : account->proposed >= account->proposals ? SEARCH_PROPOSALS
                                                     : SEARCH_GOES_ON;
}

static void add_count(int64_t count, const char *what, struct text *out)
{
    text_addf(out, "%lld %s%s", (long long)count, what, count == 1 ? "" : "s");
}

void search_end_describe(const struct search_account *account, struct text *out)
{
    enum search_end end = search_end(account);
    if (end == SEARCH_GOES_ON)
        return;
    if (end == SEARCH_BUDGET) {
        text_add(out, "the budget of ");
        add_count(account->evaluations, "evaluation", out);
        text_add(out, " is used up");
        return;
    }
    if (end == SEARCH_SPACE)
        text_add(out, "the grammar has nothing more: its ");
    else
        text_add(out, "search.proposals is reached: ");
    add_count(account->proposed, end == SEARCH_SPACE ? "candidate" : "proposal", out);
    text_add(out, " gave ");
    add_count(account->trained, "function", out);
    text_add(out, " to train");
    if (account->evaluations != SEARCH_UNLIMITED)
        text_addf(out, ", of %lld in the budget", (long long)account->evaluations);
    if (account->trained < account->proposed)
        text_add(out, "; the others were known or turned away");
    if (end == SEARCH_PROPOSALS && account->candidates > 0 && account->candidates <= account->proposed) {
        text_add(out, ", for the grammar has no more than ");
        add_count(account->candidates, "candidate", out);
    }
}

/* Fills genotype, expression and origin of the ticket; false when the strategy has nothing more. */
static bool choose(struct search *search, struct ticket *ticket)
{
    int64_t k = ticket->assignment.ticket;
    if (k < search->baselines) {
        ticket->baseline = true;
        ticket->operator_name = "baseline";
        for (int i = 0; i < search->space.functions; i++)
            ALWAYS(candidate_add(&ticket->expression, archive_baseline(search->archive, (int)k), NULL) == 0);
        return true;
    }
    struct rng rng = rng_keyed(search->seed, (uint64_t)k, RNG_PROPOSAL);
    struct proposal proposal = {.parents = {-1, -1}, .rungs = 1};
    memcpy(proposal.references, ticket->assignment.references, sizeof proposal.references);
    if (!search->spec.strategy->propose(search->state, &rng, &proposal))
        return false;
    ticket->operator_name = proposal.operator_name;
    memcpy(ticket->parents, proposal.parents, sizeof ticket->parents);
    ticket->genotype = proposal.genotype;
    ticket->assignment.rungs = proposal.rungs;
    memcpy(ticket->assignment.references, proposal.references, sizeof proposal.references);
    space_express(&search->space, &ticket->genotype, &ticket->expression);
    return true;
}

static void enter(struct search *search, const struct ticket *ticket)
{
    bool train = ticket->kind == TICKET_TRAIN;
    int64_t number = ticket->assignment.ticket;
    search->entries[number] = (struct entry){
        .function = ticket->kind == TICKET_DUPLICATE ? ticket->same_as : number,
        .outcome = OUTCOME_aborted, /* nothing of it is known */
        .settled = !train,
        .baseline = ticket->baseline,
    };
    search->open[number % search->open_capacity] = ticket->genotype;
    search->proposed++;
    search->trained += train;
    if (ticket->baseline && !train)
        search->baselines_to_train--;
}

int search_next(struct search *search, struct ticket *ticket, enum search_state *state, struct error *err)
{
    *state = SEARCH_DONE;
    struct search_account account = search_account(search);
    if (search_end(&account) != SEARCH_GOES_ON)
        return 0;
    *state = SEARCH_WAIT;
    if (!catch_up(search))
        return 0;
    int status = reserve_entry(search, err);
    if (!status)
        status = reserve_open(search, err);
    if (status)
        return status;
    memset(ticket, 0, sizeof *ticket);
    ticket->assignment = assignment_of(search->proposed, &CANDIDATE_EMPTY, 1);
    ticket->parents[0] = ticket->parents[1] = ticket->same_as = -1;
    if (!choose(search, ticket)) {
        search->exhausted = true;
        *state = SEARCH_DONE;
        return 0;
    }
    status = archive_judge(search->archive, ticket, err);
    if (status)
        return status;
    enter(search, ticket);
    *state = SEARCH_TICKET;
    return 0;
}

/* A score that is no number is no result to build on. */
void search_tell(struct search *search, int64_t ticket, const struct result *result)
{
    ALWAYS(ticket >= search->applied && ticket < search->proposed);
    struct entry *entry = &search->entries[ticket];
    ALWAYS(!entry->settled);
    entry->settled = true;
    bool good = result_is_ok(result) && isfinite(result_score(result));
    entry->outcome = (uint8_t)(good || !result_is_ok(result) ? result->outcome : OUTCOME_non_finite);
    entry->objectives = (uint8_t)result->objectives;
    for (int i = 0; i < result->objectives; i++)
        entry->objective[i] = result->objective[i].mean;
}

void search_window_remark(int64_t window, int64_t workers, struct text *out)
{
    if (workers > window + 1)
        text_addf(out,
                  "a window of %lld keeps at most %lld of the %lld workers busy; a new search could have a wider one "
                  "(search.window=%lld)",
                  (long long)window, (long long)window + 1, (long long)workers, 2 * (long long)workers);
}

int64_t search_baselines(const struct search *search)
{
    return search->baselines;
}

const struct space *search_space(const struct search *search)
{
    return &search->space;
}

int64_t search_proposed(const struct search *search)
{
    return search->proposed;
}

int64_t search_trained(const struct search *search)
{
    return search->trained;
}

int64_t search_to_train(const struct search *search)
{
    if (search->spec.evaluations == SEARCH_UNLIMITED)
        return -1;
    return search->baselines_to_train + search->spec.evaluations;
}
