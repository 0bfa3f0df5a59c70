#include "subject.h"

#include "base/memory.h"
#include "data/data.h"
#include "expr/activation.h"
#include "expr/parse.h"
#include "fitness/fitness_internal.h"
#include "rng/rng.h"

#include <stdio.h>
#include <stdlib.h>

void require(int status, const struct error *err)
{
    if (!status)
        return;
    char line[2200];
    error_line(err, line, sizeof line);
    fprintf(stderr, "bench_train: %s\n", line);
    exit(error_exit_status((enum error_code)status));
}

void *require_memory(void *block)
{
    struct error err = ERROR_EMPTY;
    if (!block)
        require(memory_error(&err, "the benchmark"), &err);
    return block;
}

struct assignment subject_assignment(const struct subject *subject)
{
    return assignment_of(0, &subject->candidate, 1);
}

struct subject subject_of(const struct fitness *fitness, const char *candidate)
{
    struct error err = ERROR_EMPTY;
    struct subject subject = {.fitness = fitness,
                              .network = fitness->network,
                              .train = fitness->train,
                              .fast = fitness->options,
                              .plain = fitness->options,
                              .samples = data_size(fitness->train),
                              .B = fitness->options.batch};
    subject.plain.plain = true;
    subject.plain.takes_bytes = false;
    struct tree written;
    struct activation found;
    require(tree_parse(candidate, &written, &err), &err);
    require(activation_of(&written, &found, &err), &err);
    subject.candidate = candidate_of(&found.trained);
    subject.order = require_memory(memory_array((size_t)subject.samples, sizeof *subject.order));
    for (ptrdiff_t i = 0; i < subject.samples; i++)
        subject.order[i] = (int32_t)i;
    struct rng rng = rng_keyed(fitness->seed, 0, RNG_SHUFFLE);
    rng_shuffle(&rng, subject.order, subject.samples);
    return subject;
}

struct trainer *subject_trainer(const struct subject *subject, const struct trainer_options *options)
{
    struct error err = ERROR_EMPTY;
    struct trainer *trainer = NULL;
    require(trainer_new(subject->network, options, &trainer, &err), &err);
    require(trainer_prepare(trainer, &subject->candidate, &err), &err);
    trainer_start(trainer, subject->fitness->starts, rng_keyed(subject->fitness->seed, 0, RNG_DROPOUT));
    return trainer;
}

const int32_t *subject_batch(const struct subject *subject, int step)
{
    return subject->order + step % (subject->samples / subject->B) * subject->B;
}

void subject_gather(const struct subject *subject, const struct trainer_options *options, struct trainer *trainer,
                    const int32_t *index, ptrdiff_t B)
{
    struct data_targets y = trainer_targets(trainer);
    ptrdiff_t stride;
    if (!options->takes_bytes) {
        data_gather(subject->train, index, B, trainer_input(trainer), y);
        return;
    }
    uint8_t *u = trainer_input_bytes(trainer, &stride);
    data_gather_bytes(subject->train, index, B, stride, u, y);
}
