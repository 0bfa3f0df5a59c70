#include "cli/help.h"

#include "base/error.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/unicode.h"
#include "cli/options.h"
#include "experiment/experiment.h"
#include "grammar/grammar.h"

#include <stdio.h>
#include <string.h>

static const struct settings_topic *const topics[] = {&experiment_topic, &grammar_topic};
enum { TOPICS = sizeof topics / sizeof *topics, MOST_NAMES = 128 };
static const char example[] = "example";

static const struct settings_topic *find_topic(const char *name)
{
    for (int i = 0; i < TOPICS; i++)
        if (strcmp(topics[i]->name, name) == 0)
            return topics[i];
    return NULL;
}

bool help_knows(const char *name)
{
    return find_topic(name) != NULL;
}

void help_list(struct text *out)
{
    for (int i = 0; i < TOPICS; i++)
        text_addf(out, "  actsearch help %-11s how %s %s is written\n", topics[i]->name,
                  strchr("aeiou", *topics[i]->name) ? "an" : "a", topics[i]->name);
}

/* ---- parts */

struct names {
    const char *names[MOST_NAMES + 1];
    int count;
};

static void add_name(const struct settings_topic *topic, int depth, void *context)
{
    struct names *names = context;
    ALWAYS(names->count < MOST_NAMES);
    if (depth > 0)
        names->names[names->count++] = topic->name;
}

static int unknown_part(const struct settings_topic *topic, const char *part, struct error *err)
{
    struct names names = {.names = {example}, .count = 1};
    char hint[120];
    settings_topic_each(topic, add_name, &names);
    const char *near = nearest_name(part, names.names);
    if (near)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", near);
    else
        snprintf(hint, sizeof hint, "actsearch help %s shows all of it", topic->name);
    return error_set(err, ERROR_USAGE, NULL, hint, "help %s has no part \"%s\"", topic->name, EXCERPT(part, 60));
}

static void add_parts(const struct settings_topic *topic, struct text *out)
{
    struct settings_topic part = {0};
    struct text words = TEXT_EMPTY;
    text_addf(&words, "One part alone: actsearch help %s NAME, which is %s", topic->name, example);
    for (int i = 0; topic->part && topic->part(i, &part); i++)
        text_addf(&words, ", %s", part.name);
    text_add(&words, ", or any other name that stands behind == or --.");
    text_add_char(out, '\n');
    settings_fill(text_string(&words), out);
    out->failed |= text_failed(&words);
    text_release(&words);
}

int help_describe(const char *name, const char *part, struct text *out, struct error *err)
{
    const struct settings_topic *topic = find_topic(name);
    struct settings_topic found, whole;
    if (!part) {
        settings_topic_describe(topic, out);
        add_parts(topic, out);
        return 0;
    }
    if (strcmp(part, example) == 0) {
        text_add(out, topic->example);
        return 0;
    }
    if (!settings_topic_find(topic, part, &found, &whole))
        return unknown_part(topic, part, err);
    settings_topic_describe(&found, out);
    if (whole.settings[0] && strcmp(whole.name, name) != 0)
        text_addf(out, "\nWhat all of these take: actsearch help %s %s\n", name, whole.name);
    return 0;
}
