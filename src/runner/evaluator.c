#include "runner/evaluator.h"

#include "fitness/fitness.h"

static int new_worker(const void *context, void **worker, struct error *err)
{
    struct fitness_worker *made = NULL;
    int status = fitness_worker_new(context, &made, err);
    *worker = made;
    return status;
}

static void free_worker(void *worker)
{
    fitness_worker_free(worker);
}

static int evaluate(const void *context, void *worker, const struct assignment *assignment, const atomic_int *abort,
                    struct evaluation *out, struct error *err)
{
    return fitness_evaluate(context, worker, assignment, abort, out, err);
}

struct evaluator evaluator_of(const struct fitness *fitness)
{
    return (struct evaluator){fitness, new_worker, free_worker, evaluate};
}
