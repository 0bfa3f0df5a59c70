/* What actsearch help says of experiments and grammars, held against the tables and the files that are shipped. */
#include "testing.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "experiment/experiment.h"
#include "grammar/grammar.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

static const struct settings_topic *const topics[] = {&experiment_topic, &grammar_topic};

/* ---- the text */

START_TEST(lines_are_no_wider_than_a_terminal)
{
    for (int i = 0; i < 2; i++) {
        struct text out = TEXT_EMPTY;
        settings_topic_describe(topics[i], &out);
        ck_assert_uint_gt(out.length, 3000);
        for (const char *line = text_string(&out); *line; line += strcspn(line, "\n") + 1)
            ck_assert_msg(strcspn(line, "\n") <= SETTINGS_WIDTH, "%.*s", (int)strcspn(line, "\n"), line);
        text_release(&out);
    }
}
END_TEST

/* The line of a key and its words stand in the part of its topic. */
static void check_settings(const struct setting *settings, const struct settings_topic *topic, const char *part)
{
    for (; settings && settings->key; settings++) {
        char line[200];
        snprintf(line, sizeof line, " \"%s\": ", settings->key);
        ck_assert_msg(strstr(part, line) != NULL, "%s lacks \"%s\"", topic->name, settings->key);
        check_settings(settings->object, topic, part);
    }
}

static void check_topic(const struct settings_topic *topic, int depth, void *context)
{
    (void)depth;
    struct text part = TEXT_EMPTY;
    int *seen = context;
    ck_assert_msg(topic->name && topic->about && strlen(topic->about) > 5, "%s says nothing", topic->name);
    settings_topic_describe(topic, &part);
    for (int i = 0; i < SETTINGS_TABLES; i++)
        check_settings(topic->settings[i], topic, text_string(&part));
    text_release(&part);
    ++*seen;
}

START_TEST(every_key_of_every_table_is_described)
{
    int seen[2] = {0};
    for (int i = 0; i < 2; i++)
        settings_topic_each(topics[i], check_topic, &seen[i]);
    ck_assert_int_gt(seen[0], 40);
    ck_assert_int_ge(seen[1], 5);
}
END_TEST

/* ---- shipped files */

struct looked_for {
    const char *key;
    bool found;
};

static bool has_key(const struct setting *settings, const char *key)
{
    bool found = settings_find(settings, key) != NULL;
    for (; !found && settings && settings->key; settings++)
        found = has_key(settings->object, key);
    return found;
}

static void look_for(const struct settings_topic *topic, int depth, void *context)
{
    (void)depth;
    struct looked_for *looked = context;
    for (int i = 0; i < SETTINGS_TABLES; i++)
        looked->found = looked->found || has_key(topic->settings[i], looked->key);
}

static void check_keys(struct json value, const struct settings_topic *topic, int *seen)
{
    for (int i = 0; i < json_length(value); i++) {
        struct json child = json_is_object(value) ? json_member_at(&value, i) : json_item(&value, i);
        struct looked_for looked = {.key = child.key};
        if (json_is_object(value)) {
            settings_topic_each(topic, look_for, &looked);
            ck_assert_msg(looked.found, "%s: the help of %s does not know \"%s\"", value.file, topic->name, child.key);
            ++*seen;
        }
        check_keys(child, topic, seen);
    }
}

/* Each part of an experiment by the help of that part alone. */
static void check_experiment(struct json root, int *seen)
{
    for (int i = 0; i < json_length(root); i++) {
        struct json member = json_member_at(&root, i);
        struct settings_topic part, whole;
        ck_assert_msg(settings_find(experiment_topic.settings[0], member.key) != NULL, "%s", member.key);
        if (json_is_object(member) && settings_topic_find(&experiment_topic, member.key, &part, &whole))
            check_keys(member, &part, seen);
        else if (json_is_object(member))
            check_keys(member, &grammar_topic, seen);
    }
}

static void check_files(const char *folder, int *files, int *seen)
{
    char pattern[512];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/%s/*.json", SOURCE_DIR, folder);
    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++, ++*files) {
        struct error err;
        struct json_document *document;
        ASSERT_OK(json_read(found.gl_pathv[i], &document, &err));
        if (strcmp(folder, "grammars") == 0)
            check_keys(json_root(document), &grammar_topic, seen);
        else
            check_experiment(json_root(document), seen);
        json_document_free(document);
    }
    globfree(&found);
}

START_TEST(every_key_of_the_shipped_files_is_known)
{
    int files = 0, seen = 0;
    check_files("grammars", &files, &seen);
    ck_assert_int_ge(files, 6);
    check_files("experiments", &files, &seen);
    ck_assert_int_ge(files, 19);
    ck_assert_int_gt(seen, 500);
}
END_TEST

/* ---- the examples */

START_TEST(the_examples_work_as_they_stand)
{
    struct error err;
    struct experiment *experiment;
    struct grammar *grammar;
    char path[64];
    snprintf(path, sizeof path, "/tmp/actsearch-help-%ld.json", (long)getpid());
    ASSERT_OK(file_write(path, experiment_topic.example, strlen(experiment_topic.example), &err));
    ASSERT_OK(experiment_read(path, NULL, &experiment, &err));
    ASSERT_OK(experiment_open(experiment, NULL, ISA_PORTABLE, &err));
    experiment_free(experiment);
    ASSERT_OK(file_write(path, grammar_topic.example, strlen(grammar_topic.example), &err));
    ASSERT_OK(grammar_read(path, &grammar, &err));
    grammar_free(grammar);
    unlink(path);
}
END_TEST

int main(void)
{
    return RUN_TESTS("help", 60, lines_are_no_wider_than_a_terminal, every_key_of_every_table_is_described,
                     every_key_of_the_shipped_files_is_known, the_examples_work_as_they_stand);
}
