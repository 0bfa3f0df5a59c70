#include "runner/list_source.h"

void list_source_init(struct list_source *source, const struct candidate *candidates, const char *const *names,
                      struct evaluation *evaluations, int64_t count, int64_t workers)
{
    *source =
        (struct list_source){.candidates = candidates, .names = names, .evaluations = evaluations, .count = count};
    statistics_begin(&source->statistics, workers);
    source->statistics.progress.to_train = count;
    source->statistics.progress.account =
        (struct search_account){.evaluations = SEARCH_UNLIMITED, .proposals = SEARCH_UNLIMITED};
}

void list_source_release(struct list_source *source)
{
    statistics_release(&source->statistics);
}

static int next(void *context, struct work *work, enum work_state *state, struct error *err)
{
    struct list_source *source = context;
    (void)err;
    *state = source->taken < source->count ? WORK_READY : WORK_DONE;
    if (*state == WORK_DONE)
        return 0;
    work->kind = WORK_EVALUATE;
    work->assignment = assignment_of(source->taken, &source->candidates[source->taken], 1);
    source->taken++;
    return 0;
}

static int add(void *context, const struct work *work, const struct evaluation *evaluation, struct error *err)
{
    struct list_source *source = context;
    (void)work, (void)evaluation, (void)err;
    source->added++;
    return 0;
}

/* There is nothing to be kept. */
static int commit(void *context, struct error *err)
{
    (void)context, (void)err;
    return 0;
}

static int64_t durable(void *context)
{
    const struct list_source *source = context;
    return source->added;
}

static void settle(void *context, const struct work *work, struct evaluation *evaluation)
{
    struct list_source *source = context;
    int64_t number = work->assignment.ticket;
    source->evaluations[number] = *evaluation;
    *evaluation = EVALUATION_EMPTY;
    if (statistics_add(&source->statistics, number, TICKET_TRAIN, &source->evaluations[number].result, true))
        statistics_set_formula(&source->statistics, source->names[number]);
    source->settled++;
}

static void observe(void *context, bool finished)
{
    struct list_source *source = context;
    if (source->observe)
        source->observe(source->observer, statistics_now(&source->statistics, finished));
}

static void release(void *context, struct work *work)
{
    (void)context, (void)work;
}

struct source list_source_for_executor(struct list_source *source)
{
    return (struct source){source, next, add, commit, durable, settle, observe, release};
}
