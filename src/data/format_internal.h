/* Data formats: what the data module asks of a kind of source. A format is a file with its descriptor and a line in
 * formats.def; nothing else knows which formats there are.
 *
 * The frame (spec.c, set.c) reads "format", "scale" and the shares of the parts, refuses unknown keys, and makes name
 * and digest of a set; the rest is the format's. Its settings are a struct of its own behind data_spec.settings.
 * Descriptors are constant; thread-safe. */
#ifndef ACTSEARCH_DATA_FORMAT_INTERNAL_H
#define ACTSEARCH_DATA_FORMAT_INTERNAL_H

#include "base/json.h"
#include "data/data_internal.h"

struct data_format {
    const char *name;         /* in the description */
    const char *const *keys;  /* of its own, NULL at the end */
    bool test_files;          /* the test part has files of its own: there is no key "test" */
    bool unscaled;            /* symbols: there is no key "scale" */
    double train, validation; /* the shares when the description says none */
    size_t settings;          /* bytes of its settings, zeroed before read(); 0 without */

    /* Reads its keys into files, settings and target of the spec, where everything else is in place. */
    int (*read)(struct json data, const char *experiment_path, struct data_spec *spec, struct error *err);
    void (*release)(void *settings); /* what they own, whole or not; NULL: nothing */

    /* Appends its settings as ,"key":value; NULL: there are none. Files are not named. */
    void (*normal_form)(const struct data_spec *spec, struct text *out);

    /* A set is called by the last part of its first file's path; else by what this returns (borrowed). */
    const char *(*title)(const struct data_spec *spec);
    bool titled_by_folder; /* by the folder of its first file, where the path names one */

    /* Fills `set`, which is zeroed but for what every set has, and `test` when it is not NULL: that argument is the
       seal. On failure both hold what was made so far and the caller releases them. */
    int (*load)(const struct data_spec *spec, uint64_t seed, struct data_set *set, struct data_rows *test,
                struct error *err);
};

/* As data_spec_read(), in this format, whatever "format" says. */
int data_spec_read_as(const struct data_format *format, struct json data, const char *experiment_path,
                      struct data_spec *spec, struct error *err);

/* The formats, NULL at the end. */
extern const struct data_format *const data_formats[];

/* For read(). The path at `key`, which must be there: relative ones start at the experiment; returns owned in *out. */
int data_read_path(const struct json *data, const char *key, const char *experiment_path, char **out,
                   struct error *err);
/* The path `relative` (in `folder`, unless that is NULL); returns owned in *out. */
int data_resolve_path(const char *experiment_path, const char *folder, const char *relative, char **out,
                      struct error *err);
/* Which of the keys says what to predict: exactly one must be there. */
int data_choose_target(const struct json *data, const char *const *keys, const char *hint, int *chosen,
                       struct error *err);
/* An owned copy of a string. */
int data_read_string(struct json value, char **out, struct error *err);
/* "steps", unless it is missing. */
int data_read_steps(const struct json *data, ptrdiff_t *steps, struct error *err);

#endif
