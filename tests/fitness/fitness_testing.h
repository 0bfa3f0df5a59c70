/* Helpers of the fitness tests: a made-up data set, a network and a protocol from text. */
#ifndef ACTSEARCH_TESTS_FITNESS_TESTING_H
#define ACTSEARCH_TESTS_FITNESS_TESTING_H

#include "json.h"
#include "testing.h"

#include "base/json.h"
#include "candidate/assignment.h"
#include "data/data.h"
#include "expr/parse.h"
#include "expr/tree.h"
#include "fitness/fitness.h"
#include "nn/network.h"

#include <stdio.h>

struct bench {
    struct data_set *data;
    struct network *network;
    struct protocol protocol;
    struct fitness *fitness;
};

static inline int read_protocol(const char *text, struct protocol *protocol, struct error *err)
{
    struct json_document *document = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = protocol_read(json_root(document), protocol, err);
    json_document_free(document);
    return status;
}

static inline struct tree parse(const char *text)
{
    struct tree tree;
    struct error err = ERROR_EMPTY;
    ck_assert_msg(tree_parse(text, &tree, &err) == 0, "%s: %s", text, err.what);
    return tree;
}

/* Ticket 0: to be trained once. */
static inline struct assignment assigned(const char *text)
{
    struct tree tree = parse(text);
    struct candidate candidate = candidate_of(&tree);
    return assignment_of(0, &candidate, 1);
}

static inline int open_data(const char *text, struct data_set **data, struct error *err)
{
    struct json_document *document = NULL;
    struct data_spec spec;
    *data = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = data_spec_read(json_root(document), &spec, err);
    json_document_free(document);
    if (status)
        return status;
    status = data_set_open(&spec, 1, data, err);
    data_spec_release(&spec);
    return status;
}

static inline int open_network(const char *text, const struct data_set *data, struct network **network,
                               struct error *err)
{
    struct json_document *document = NULL;
    struct data_shape shape = data_shape(data);
    *network = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = network_read(json_root(document), &shape, network, err);
    json_document_free(document);
    return status;
}

static inline void bench_release(struct bench *bench)
{
    fitness_free(bench->fitness);
    network_free(bench->network);
    data_set_free(bench->data);
}

/* On failure everything made so far is in *bench. */
static inline int bench_init_with(struct bench *bench, const char *data, const char *network, const char *protocol,
                                  enum isa isa, struct error *err)
{
    *bench = (struct bench){0};
    int status = open_data(data, &bench->data, err);
    if (!status)
        status = open_network(network, bench->data, &bench->network, err);
    if (!status)
        status = read_protocol(protocol, &bench->protocol, err);
    if (!status)
        status = protocol_settle(&bench->protocol, data_shape(bench->data).target, (struct json){0}, err);
    if (!status)
        status = fitness_new(&bench->protocol, bench->network, bench->data, data_part(bench->data, DATA_VALIDATION), 42,
                             isa, &bench->fitness, err);
    return status;
}

/* The same with 600 points on two spirals, 300 of them for training. */
static inline int bench_init(struct bench *bench, const char *network, const char *protocol, enum isa isa,
                             struct error *err)
{
    return bench_init_with(bench,
                           "{\"format\": \"made_up\", \"name\": \"spirals\", \"samples\": 600, \"noise\": 0.02,"
                           "\"classes\": 2, \"train\": 300, \"validation\": 200, \"test\": 100}",
                           network, protocol, isa, err);
}

#endif
