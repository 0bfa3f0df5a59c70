/* Data formats: what the data module asks of a kind of source. A format is a file with its descriptor and a line in
 * formats.def; nothing else knows which formats there are.
 *
 * The frame (spec.c, set.c) reads what the tables say, the shares of the parts among it, refuses unknown keys, writes
 * the normal form and the help, and makes name and digest of a set; the rest is the format's. Its settings are a struct
 * of its own behind data_spec.settings, with paths as a program opens them. Descriptors are constant; thread-safe. */
#ifndef ACTSEARCH_DATA_FORMAT_INTERNAL_H
#define ACTSEARCH_DATA_FORMAT_INTERNAL_H

#include "base/settings.h"
#include "data/data_internal.h"

struct data_format {
    const char *name;               /* in the description */
    const char *summary;            /* for people: a sentence */
    const struct setting *settings; /* its own */
    size_t size;                    /* bytes of the struct that they fill, which is zeroed before */
    bool test_files;                /* the test part has files of its own: there is no key "test" */
    bool unscaled;                  /* symbols: there is no key "scale" */
    double train, validation;       /* the shares when the description says none */
    enum data_target target;        /* unless settle() says another */

    /* Called when all has been read: sets what follows from it, refuses what does not go together. NULL: nothing. */
    int (*settle)(const struct json *data, struct data_spec *spec, struct error *err);

    /* A set is called by the last part of this path or name (borrowed). */
    const char *(*title)(const struct data_spec *spec);
    bool titled_by_folder; /* by the folder of that path, where it names one */

    /* Fills `set`, which is zeroed but for what every set has, and `test` when it is not NULL: that argument is the
       seal. On failure both hold what was made so far and the caller releases them. */
    int (*load)(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err);
};

/* As data_spec_read(), in this format, whatever "format" says. */
int data_spec_read_as(const struct data_format *format, struct json data, struct data_spec *spec, struct error *err);

/* The formats, NULL at the end. */
extern const struct data_format *const data_formats[];

#endif
