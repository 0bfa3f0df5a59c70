#include "experiment/experiment_internal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/unicode.h"
#include "fitness/fitness.h"
#include "grammar/grammar.h"
#include "nn/network.h"

#include <ctype.h>
#include <string.h>

/* ---- reading */

/* Reads the file, which tells its own faults by line, and applies the settings, one after the other. What they come to
   is read anew once, as any text is, so that it is held to the limits of a document. */
static int read_document(const char *path, const char *const *settings, struct json_document **document,
                         struct error *err)
{
    int status = json_read(path, document, err);
    if (status || !settings || !settings[0])
        return status;
    struct text text = TEXT_EMPTY;
    for (int i = 0; !status && settings[i]; i++)
        status = experiment_override(*document, settings[i], err);
    if (!status)
        json_normal_form(json_root(*document), &text);
    json_document_free(*document);
    *document = NULL;
    if (!status)
        status = text_failed(&text) ? memory_error(err, path) : json_parse(text_string(&text), path, document, err);
    text_release(&text);
    return status;
}

/* The name becomes a file name, so it must not lead anywhere. */
static int name_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct experiment *experiment = object;
    const char *name = NULL;
    int status = json_string(value, &name, err);
    if (status)
        return status;
    bool good = *name && *name != '.' && *name != '-' && strlen(name) <= 100;
    for (const char *p = name; *p; p++)
        good = good && (isalnum((unsigned char)*p) || strchr("-_.", *p));
    if (!good)
        return json_fail(value, err, "use letters, digits, '-', '_' and '.'; at most 100",
                         "\"%s\" cannot be a name, because it also names the database", EXCERPT(name, 60));
    return memory_keep_string(name, "the experiment", &experiment->name, err);
}
static const struct setting_type name_type = {.form = "letters, digits, '-', '_' and '.'; at most 100",
                                              .read = name_read};

static int check_description(struct json value, void *object, struct error *err)
{
    (void)value;
    struct experiment *experiment = object;
    return experiment->description ? 0 : memory_keep_string("", "the experiment", &experiment->description, err);
}

/* A grammar stands in its own file or, as an object, in the experiment. */
static int grammar_setting_read(struct json value, const struct setting *setting, void *object, void *context,
                                struct error *err)
{
    (void)setting, (void)context;
    struct experiment *experiment = object;
    if (json_is_object(value))
        return grammar_parse(value, &experiment->grammar, err);
    const char *relative = NULL;
    if (!json_is_string(value))
        return json_fail(value, err, "for example: \"grammar\": \"../grammars/default.json\"",
                         json_exists(value) ? "expected the path of a grammar file, or a grammar { ... }"
                                            : "missing; expected the path of a grammar file, or a grammar { ... }");
    int status = json_string(value, &relative, err);
    if (status)
        return status;
    struct text file = TEXT_EMPTY;
    file_beside(experiment->path, relative, &file);
    status =
        text_failed(&file) ? memory_error(err, relative) : grammar_read(text_string(&file), &experiment->grammar, err);
    text_release(&file);
    return status;
}
static const struct setting_type grammar_type = {.form = "the path of a grammar file, from the folder of this file, or "
                                                         "the grammar itself as an object",
                                                 .read = grammar_setting_read};

static int data_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct experiment *experiment = object;
    return data_spec_read(value, &experiment->data, err);
}
static const struct setting_type data_type = {.form = "an object", .read = data_read};

/* It can only be read when the data are there. */
static int network_setting_read(struct json value, const struct setting *setting, void *object, void *context,
                                struct error *err)
{
    (void)setting, (void)object, (void)context;
    return json_object(value, err);
}
static const struct setting_type network_type = {.form = "an object", .read = network_setting_read};

static int training_read(struct json value, const struct setting *setting, void *object, void *context,
                         struct error *err)
{
    (void)setting, (void)context;
    struct experiment *experiment = object;
    return protocol_read(value, &experiment->protocol, err);
}
static const struct setting_type training_type = {.form = "an object", .read = training_read};

static int search_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct experiment *experiment = object;
    int status = search_spec_read(value, &experiment->search, err);
    if (!status && !experiment->search.seeded)
        experiment->search.seed = experiment->seed;
    return status;
}
static const struct setting_type search_type = {.form = "an object", .read = search_read};

/* What is small is read before what is an object. */
const struct setting experiment_settings[] = {
    {"name", SETTING_OWN(struct experiment, name, name_type), .required = true, .means = "also names the database"},
    {"description", SETTING_STRING(struct experiment, description), .check = check_description, .means = "for people"},
    {"grammar", SETTING_OWN(struct experiment, grammar, grammar_type), .required = true, .turn = 1,
     .means = "which functions may be proposed: actsearch help grammar"},
    {"data", SETTING_OWN(struct experiment, data, data_type), .required = true, .turn = 1},
    {"network", SETTING_OWN(struct experiment, network, network_type), .required = true, .turn = 1},
    {"training", SETTING_OWN(struct experiment, protocol, training_type), .by = "", .turn = 1},
    {"search", SETTING_OWN(struct experiment, search, search_type), .required = true, .turn = 1},
    {"seed", SETTING_INTEGER(struct experiment, seed, 0, 9007199254740992.0), .usual = 1,
     .means = "all that is drawn at random follows from it"},
    {0}};

static int read_members(struct json json, struct experiment *experiment, struct error *err)
{
    settings_reset(experiment_settings, experiment);
    return settings_read_object(json, SETTINGS(experiment_settings, experiment), NULL, err);
}

int experiment_read(const char *path, const char *const *settings, struct experiment **experiment, struct error *err)
{
    *experiment = NULL;
    struct experiment *made = memory_zeroed(1, sizeof *made);
    if (!made)
        return memory_error(err, path);
    int status = memory_keep_string(path, "the experiment", &made->path, err);
    if (!status)
        status = read_document(path, settings, &made->document, err);
    if (!status)
        status = read_members(json_root(made->document), made, err);
    if (status)
        experiment_free(made);
    else
        *experiment = made;
    return status;
}

void experiment_free(struct experiment *experiment)
{
    if (!experiment)
        return;
    fitness_free(experiment->fitness);
    network_free(experiment->network);
    data_set_free(experiment->set);
    data_spec_release(&experiment->data);
    grammar_free(experiment->grammar);
    json_document_free(experiment->document);
    memory_free(experiment->path);
    memory_free(experiment->name);
    memory_free(experiment->description);
    memory_free(experiment);
}

/* ---- opening */

int experiment_use_data(struct experiment *experiment, struct data_set *set, struct error *err)
{
    ALWAYS(!experiment->set);
    experiment->set = set;
    struct data_shape shape = data_shape(set);
    struct json root = json_root(experiment->document), training = json_member(&root, "training");
    int status = protocol_settle(&experiment->protocol, shape.target, training, err);
    return status ? status : network_read(json_member(&root, "network"), &shape, &experiment->network, err);
}

int experiment_open_data(struct experiment *experiment, struct error *err)
{
    struct data_set *set = NULL;
    int status = data_set_open(&experiment->data, experiment->seed, &set, err);
    return status ? status : experiment_use_data(experiment, set, err);
}

int experiment_open(struct experiment *experiment, const struct data_part *measured, enum isa isa, struct error *err)
{
    int status = experiment->set ? 0 : experiment_open_data(experiment, err);
    if (status)
        return status;
    struct data_part part = measured ? *measured : data_part(experiment->set, DATA_VALIDATION);
    return fitness_new(&experiment->protocol, experiment->network, experiment->set, part, experiment->seed, isa,
                       &experiment->fitness, err);
}

/* ---- identity */

/* Paths stay out: the same experiment gives the same text wherever its files are, and the digest vouches for the
   data. */
void experiment_normal_form(const struct experiment *experiment, struct text *out)
{
    text_add(out, "{\"data\":");
    data_spec_normal_form(&experiment->data, out);
    text_add(out, ",\"network\":");
    network_normal_form(experiment->network, out);
    text_add(out, ",\"search\":");
    search_spec_normal_form(&experiment->search, out);
    text_addf(out, ",\"seed\":%llu}", (unsigned long long)experiment->seed);
}
