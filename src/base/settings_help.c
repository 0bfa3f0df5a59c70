/* What people read about settings: the lines of a table in words, at most SETTINGS_WIDTH columns wide. */
#include "base/settings.h"

#include "base/error.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* ---- text in lines */

/* Appends words in lines, the first of them behind `first` spaces, the others behind `others`. */
static void add_lines(const char *words, size_t length, int first, int others, struct text *out)
{
    size_t column = 0;
    for (size_t i = 0; i < length;) {
        size_t word = strcspn(words + i, " ");
        word = word < length - i ? word : length - i;
        if (column > 0 && column + 1 + word > SETTINGS_WIDTH) {
            text_addf(out, "\n%*s", others, "");
            column = (size_t)others;
        } else if (column > 0) {
            text_add_char(out, ' ');
            column++;
        } else {
            text_addf(out, "%*s", first, "");
            column = (size_t)first;
        }
        text_add_bytes(out, words + i, word);
        column += word;
        i += word;
        i += strspn(words + i, " ");
    }
    text_add_char(out, '\n');
}

void settings_fill(const char *about, struct text *out)
{
    while (*about) {
        size_t length = strcspn(about, "\n");
        if (*about == ' ')
            text_addf(out, "%.*s\n", (int)length, about);
        else
            add_lines(about, length, 0, 0, out);
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

static void add_end(double value, struct text *out)
{
    bool whole = value == floor(value) && fabs(value) < 1e16;
    text_addf(out, whole ? "%.0f" : "%g", value);
}

static void add_range(const struct setting *setting, const char *what, struct text *out)
{
    text_addf(out, "%s from ", what);
    add_end(setting->least, out);
    text_add(out, " to ");
    add_end(setting->most, out);
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
        text_addf(&line, "\"%s\": ", settings->key);
        add_form(settings, &line);
        add_default(settings, &line);
        add_lines(text_string(&line), line.length, indent, indent + 8, out);
        if (settings->means)
            add_lines(settings->means, strlen(settings->means), indent + 4, indent + 4, out);
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

/* A kind stands in one line with what it is. */
static void describe_topic(const struct settings_topic *topic, int depth, void *context)
{
    struct text *out = context;
    if (out->length > 0)
        text_add_char(out, '\n');
    if (depth >= 2) {
        struct text line = TEXT_EMPTY;
        text_addf(&line, "-- %s: %s", topic->name, topic->about);
        settings_fill(text_string(&line), out);
        out->failed |= text_failed(&line);
        text_release(&line);
    } else {
        text_addf(out, "== %s\n", topic->name);
        settings_fill(topic->about, out);
    }
    for (int i = 0; i < SETTINGS_TABLES; i++)
        describe_settings(topic->settings[i], 2, out);
}

void settings_topic_describe(const struct settings_topic *topic, struct text *out)
{
    settings_topic_each(topic, describe_topic, out);
    if (topic->example)
        text_addf(out, "\n== example\n%s", topic->example);
}

struct wanted {
    const char *name;
    struct settings_topic *found, *whole;
    struct settings_topic last[8]; /* of each depth */
    bool is_found;
};

static void look_at(const struct settings_topic *topic, int depth, void *context)
{
    struct wanted *wanted = context;
    ALWAYS(depth < (int)(sizeof wanted->last / sizeof *wanted->last));
    wanted->last[depth] = *topic;
    if (wanted->is_found || strcmp(topic->name, wanted->name) != 0)
        return;
    *wanted->found = *topic;
    *wanted->whole = wanted->last[depth > 0 ? depth - 1 : 0];
    wanted->is_found = true;
}

bool settings_topic_find(const struct settings_topic *topic, const char *name, struct settings_topic *found,
                         struct settings_topic *whole)
{
    struct wanted wanted = {.name = name, .found = found, .whole = whole};
    settings_topic_each(topic, look_at, &wanted);
    return wanted.is_found;
}
