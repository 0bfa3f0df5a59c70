/* What people read about settings: the lines of a table in words, at most SETTINGS_WIDTH columns wide. */
#include "base/settings.h"

#include "base/text.h"

#include <string.h>

/* ---- text in lines */

/* Appends words until the line is full, then goes on in another one behind `indent` spaces. */
static void add_words(const char *words, size_t length, int indent, size_t *column, struct text *out)
{
    for (size_t i = 0; i < length;) {
        size_t word = strcspn(words + i, " ");
        word = word < length - i ? word : length - i;
        if (*column > (size_t)indent && *column + 1 + word > SETTINGS_WIDTH) {
            text_add_char(out, '\n');
            *column = 0;
        }
        if (*column == 0) {
            text_addf(out, "%*s", indent, "");
            *column = (size_t)indent;
        } else if (*column > (size_t)indent) {
            text_add_char(out, ' ');
            ++*column;
        }
        text_add_bytes(out, words + i, word);
        *column += word;
        i += word;
        i += strspn(words + i, " ");
    }
}

/* Lines that begin with a space stand as they are; all others are filled. */
static void add_paragraphs(const char *about, struct text *out)
{
    while (*about) {
        size_t length = strcspn(about, "\n"), column = 0;
        if (*about == ' ')
            text_add_bytes(out, about, length);
        else
            add_words(about, length, 0, &column, out);
        text_add_char(out, '\n');
        about += length + (about[length] != '\0');
    }
}

/* ---- one setting */

static void add_names(const struct setting *setting, struct text *out)
{
    const char *name;
    for (int i = 0; (name = setting->names ? setting->names[i] : setting->name_at(i)); i++)
        text_addf(out, "%s\"%s\"", i ? ", " : "one of ", name);
}

static void add_range(const struct setting *setting, const char *what, struct text *out)
{
    bool whole = setting->kind == SETTING_IS_INTEGER;
    text_addf(out, whole ? "%s from %.0f to %.0f" : "%s from %g to %g", what, setting->least, setting->most);
}

/* What may stand there. */
static void add_form(const struct setting *setting, struct text *out)
{
    static const char *const forms[] = {[SETTING_IS_INTEGER] = "an integer",
                                        [SETTING_IS_NUMBER] = "a number",
                                        [SETTING_IS_BOOL] = "true or false",
                                        [SETTING_IS_STRING] = "a string",
                                        [SETTING_IS_PATH] = "a path, from the folder of this file",
                                        [SETTING_IS_STRINGS] = "an array of strings",
                                        [SETTING_IS_OBJECT] = "an object"};
    const char *form = setting->form ? setting->form : setting->type ? setting->type->form : NULL;
    if (!form && (setting->names || setting->name_at))
        add_names(setting, out);
    else if (!form)
        form = setting->kind == SETTING_IS_OWN || setting->kind == SETTING_IS_CHARACTER ? "" : forms[setting->kind];
    if (form && setting->least < setting->most)
        add_range(setting, form, out);
    else if (form)
        text_add(out, form);
}

static void add_default(const struct setting *setting, struct text *out)
{
    char character[] = {(char)setting->usual, '\0'};
    if (setting->required) {
        text_add(out, "; must be given");
        return;
    }
    if (setting->by) {
        text_addf(out, "%s%s", *setting->by ? "; default: " : "", setting->by);
        return;
    }
    if (setting->kind >= SETTING_IS_STRING)
        return;
    text_add(out, "; default: ");
    if (setting->kind == SETTING_IS_BOOL)
        text_add(out, setting->usual != 0 ? "true" : "false");
    else if (setting->kind == SETTING_IS_CHARACTER)
        json_quote(character, out);
    else if (setting->kind == SETTING_IS_CHOICE)
        json_quote(setting->names ? setting->names[(int)setting->usual] : setting->name_at((int)setting->usual), out);
    else
        text_add_number(out, setting->usual);
}

static void describe_settings(const struct setting *settings, int indent, struct text *out)
{
    for (; settings && settings->key; settings++) {
        struct text line = TEXT_EMPTY;
        size_t column = 0;
        text_addf(&line, "\"%s\": ", settings->key);
        add_form(settings, &line);
        add_default(settings, &line);
        text_addf(out, "%*s", indent, "");
        column = (size_t)indent;
        add_words(text_string(&line), line.length, indent + 4, &column, out);
        text_add_char(out, '\n');
        column = 0;
        if (settings->means)
            add_words(settings->means, strlen(settings->means), indent + 4, &column, out);
        text_add(out, settings->means ? "\n" : "");
        describe_settings(settings->object, indent + 4, out);
        out->failed |= text_failed(&line);
        text_release(&line);
    }
}

/* ---- topics */

typedef void topic_visitor(const struct settings_topic *topic, int depth, void *context);

static void visit_from(const struct settings_topic *topic, int depth, topic_visitor *visit, void *context)
{
    struct settings_topic below = {0};
    visit(topic, depth, context);
    for (int i = 0; topic->part && topic->part(i, &below); i++, below = (struct settings_topic){0})
        visit_from(&below, depth + 1, visit, context);
}

void settings_topic_each(const struct settings_topic *topic,
                         void (*visit)(const struct settings_topic *topic, int depth, void *context), void *context)
{
    visit_from(topic, 0, visit, context);
}

static void describe_topic(const struct settings_topic *topic, int depth, void *context)
{
    struct text *out = context;
    if (out->length > 0)
        text_add_char(out, '\n');
    text_addf(out, depth < 2 ? "== %s\n" : "-- %s\n", topic->name);
    if (topic->about)
        add_paragraphs(topic->about, out);
    for (int i = 0; i < 2; i++)
        describe_settings(topic->settings[i], 2, out);
}

void settings_topic_describe(const struct settings_topic *topic, struct text *out)
{
    settings_topic_each(topic, describe_topic, out);
}

struct wanted {
    const char *name;
    struct settings_topic *found;
    bool is_found;
};

static void look_at(const struct settings_topic *topic, int depth, void *context)
{
    (void)depth;
    struct wanted *wanted = context;
    if (wanted->is_found || strcmp(topic->name, wanted->name) != 0)
        return;
    *wanted->found = *topic;
    wanted->is_found = true;
}

bool settings_topic_find(const struct settings_topic *topic, const char *name, struct settings_topic *found)
{
    struct wanted wanted = {.name = name, .found = found};
    settings_topic_each(topic, look_at, &wanted);
    return wanted.is_found;
}
