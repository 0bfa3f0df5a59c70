/* Experiments: one file that says what to search, on which data, with which network, and how.
 *
 *   {"name": "spirals", "description": "...",
 *    "grammar": "../grammars/default.json",      or the grammar itself as an object
 *    "data": {...}, "network": {...}, "training": {...}, "search": {...}, "seed": 1}
 *
 * What may stand in an object is a table (base/settings.h) of the room that reads it, and experiment_topic, which
 * actsearch help experiment prints, goes over them all. What the parts mean is in the essays of data/data.h,
 * nn/network.h, fitness/protocol.h, search/search.h and grammar/grammar.h. Paths start at the folder of the file.
 *
 * Any value can be set from outside before the file is read, so that a series of experiments needs no
 * copies: "search.window=8", "network.mlp=[64]", "search.strategy=random".
 *
 * An experiment has two stages. experiment_read() checks all that can be checked without touching
 * the data. experiment_open() then loads them, makes the network that fits them and what trains
 * candidates. After that it is read-only and may be used by any number of threads.
 *
 * It must not know executors, databases or the command line. */
#ifndef ACTSEARCH_EXPERIMENT_EXPERIMENT_H
#define ACTSEARCH_EXPERIMENT_EXPERIMENT_H

#include "base/isa.h"
#include "data/data.h"
#include "fitness/protocol.h"
#include "search/search.h"

#include <stdint.h>

struct error;
struct fitness;
struct grammar;
struct json_document;
struct network;
struct text;

/* Read-only for everyone but this module. All pointers are owned. */
struct experiment {
    char *path;
    char *name;        /* letters, digits, '-', '_', '.'; also names the database */
    char *description; /* may be empty */
    uint64_t seed;
    struct grammar *grammar;
    struct data_spec data;
    struct protocol protocol;
    struct search_spec search;
    struct json_document *document; /* the network can only be read when the data are there */

    /* after experiment_open_data(); NULL before */
    struct data_set *set;
    struct network *network;
    /* after experiment_open(); NULL before */
    struct fitness *fitness;
};

/* Reads a file after setting `settings` (ended by NULL, may itself be NULL), each "path=value", in
   their order. A value that is no JSON is a string. Returns owned. ERROR_INPUT names the file and
   the JSON path; ERROR_USAGE a setting that is none or fits nowhere. */
int experiment_read(const char *path, const char *const *settings, struct experiment **experiment, struct error *err);
void experiment_free(struct experiment *experiment); /* accepts NULL */

/* Loads the data and makes the network. */
int experiment_open_data(struct experiment *experiment, struct error *err);

/* The same with data that are open already: takes `set`, which must be what experiment->data and the seed give. */
int experiment_use_data(struct experiment *experiment, struct data_set *set, struct error *err);

/* Makes what trains candidates at the instruction level `isa`; loads the data if that was not done. `measured`: the
   part that scores are measured on, of the same division; NULL: the validation part. */
int experiment_open(struct experiment *experiment, const struct data_part *measured, enum isa isa, struct error *err);

/* Appends what defines the results as JSON with every default written out and no path in it: equal
   texts, equal runs, as long as the data's digest, the grammar's text and the protocol's are equal
   too. After experiment_open_data(). */
void experiment_normal_form(const struct experiment *experiment, struct text *out);

/* How an experiment is written, for people; its parts are data, network, training and search. */
extern const struct settings_topic experiment_topic;

/* Appends the document `text` with one "path=value" applied; exposed for the tests. `name` stands
   for the file in errors. */
int experiment_set(const char *text, const char *name, const char *setting, struct text *out, struct error *err);

#endif
