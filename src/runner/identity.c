#include "runner/identity.h"

#include "base/error.h"
#include "base/memory.h"
#include "experiment/experiment.h"
#include "grammar/grammar.h"
#include "mpi/communicator.h"
#include "nn/blas.h"
#include "search/strategy.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int fill_texts(const struct experiment *experiment, struct identity *identity, struct error *err)
{
    blas_version(identity->library);
    snprintf(identity->digest, sizeof identity->digest, "%016llx", (unsigned long long)data_digest(experiment->set));
    metric_formula(experiment->protocol.metric, identity->metric);
    experiment_normal_form(experiment, &identity->experiment);
    protocol_normal_form(&experiment->protocol, &identity->protocol);
    data_describe(experiment->set, &identity->data);
    bool failed =
        text_failed(&identity->experiment) || text_failed(&identity->protocol) || text_failed(&identity->data);
    return failed ? memory_error(err, "the experiment")
                  : fitness_arithmetic(experiment->fitness, identity->arithmetic, err);
}

int identity_init(const struct experiment *experiment, enum isa isa, struct identity *identity, struct error *err)
{
    memset(identity, 0, sizeof *identity);
    identity->experiment = identity->protocol = identity->data = TEXT_EMPTY;
    int status = fill_texts(experiment, identity, err);
    if (status)
        return status;
    identity->run = (struct store_run){
        .name = experiment->name,
        .experiment = text_string(&identity->experiment),
        .grammar = grammar_text(experiment->grammar),
        .protocol = text_string(&identity->protocol),
        .seed = (int64_t)experiment->seed,
        .strategy = experiment->search.strategy->name,
        .window = experiment->search.window,
        .metric = identity->metric,
        .program_version = ACTSEARCH_VERSION,
        .isa = isa_name(isa),
        .library_version = identity->library,
        .arithmetic = identity->arithmetic,
        .data_digest = identity->digest,
        .data_description = text_string(&identity->data),
    };
    return 0;
}

void identity_release(struct identity *identity)
{
    text_release(&identity->experiment);
    text_release(&identity->protocol);
    text_release(&identity->data);
}

/* What ranks lack that do not agree, in the order in which they are asked. */
enum { ONE, PROGRAM, FILES, NODES };
static const char *const hints[] = {
    [PROGRAM] = "give all of them the same program and the same files, on a file system that they share",
    [FILES] = "give all of them the same program and the same files, on a file system that they share",
    [NODES] = "its processor rounds differently: take nodes of one kind (sbatch --constraint)",
};

static const struct {
    const char *label;
    int lacks;
    size_t offset; /* of a text */
} entries[] = {
#define RUN_ENTRY(type, member, since, alike, ranks, constraints, label, meaning)                                      \
    {label, ranks, offsetof(struct store_run, member)},
#include "store/run.def"
#undef RUN_ENTRY
};
enum { ENTRIES = sizeof entries / sizeof *entries };

int identity_agree(const struct identity *identity, struct communicator *communicator, struct error *err)
{
    int status = 0;
    for (int lacks = PROGRAM; lacks <= NODES; lacks++)
        for (int i = 0; !status && i < ENTRIES; i++) {
            const char *text;
            if (entries[i].lacks != lacks)
                continue;
            memcpy(&text, (const char *)&identity->run + entries[i].offset, sizeof text);
            status = communicator_same(communicator, entries[i].label, text, hints[lacks], err);
        }
    return status;
}
