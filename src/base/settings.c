/* Reading, writing and refusing by the lines of a table; what people read about them is settings_help.c. */
#include "base/settings.h"

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"

#include <string.h>

enum { MOST_NAMES = 64, MOST_KEYS = 64 };

const struct setting_type setting_elsewhere = {0};

static void descriptor_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    const char *const *descriptor;
    memcpy(&descriptor, setting_member_of(setting, object), sizeof descriptor);
    json_quote(*descriptor, out);
}
const struct setting_type setting_descriptor = {.write = descriptor_write};

/* ---- members */

static void store_integer(const struct setting *setting, void *object, int64_t value)
{
    void *member = setting_member(setting, object);
    int32_t narrow = (int32_t)value;
    bool flag = value != 0;
    if (setting->size == sizeof value)
        memcpy(member, &value, sizeof value);
    else if (setting->size == sizeof narrow)
        memcpy(member, &narrow, sizeof narrow);
    else
        memcpy(member, &flag, sizeof flag);
    ALWAYS(setting->size == sizeof value || setting->size == sizeof narrow || setting->size == sizeof flag);
}

static int64_t load_integer(const struct setting *setting, const void *object)
{
    const void *member = setting_member_of(setting, object);
    int64_t value = 0;
    int32_t narrow = 0;
    bool flag = false;
    if (setting->size == sizeof value) {
        memcpy(&value, member, sizeof value);
        return value;
    }
    if (setting->size == sizeof flag) {
        memcpy(&flag, member, sizeof flag);
        return flag;
    }
    memcpy(&narrow, member, sizeof narrow);
    return narrow;
}

static double load_number(const struct setting *setting, const void *object)
{
    double value;
    memcpy(&value, setting_member_of(setting, object), sizeof value);
    return value;
}

static char load_character(const struct setting *setting, const void *object)
{
    return *(const char *)setting_member_of(setting, object);
}

static char *load_string(const struct setting *setting, const void *object)
{
    char *string;
    memcpy(&string, setting_member_of(setting, object), sizeof string);
    return string;
}

static void store_string(const struct setting *setting, void *object, char *string)
{
    memory_free(load_string(setting, object));
    memcpy(setting_member(setting, object), &string, sizeof string);
}

static void forget_strings(struct settings_strings *strings)
{
    for (int i = 0; i < strings->count; i++)
        memory_free(strings->items[i]);
    memory_free(strings->items);
    *strings = (struct settings_strings){0};
}

static void reset_one(const struct setting *setting, void *object)
{
    switch (setting->kind) {
    case SETTING_IS_INTEGER:
    case SETTING_IS_BOOL:
    case SETTING_IS_CHOICE:
        store_integer(setting, object, (int64_t)setting->usual);
        break;
    case SETTING_IS_NUMBER:
        memcpy(setting_member(setting, object), &setting->usual, sizeof setting->usual);
        break;
    case SETTING_IS_CHARACTER:
        *(char *)setting_member(setting, object) = (char)setting->usual;
        break;
    case SETTING_IS_STRING:
    case SETTING_IS_PATH:
    case SETTING_IS_STRINGS: /* empty from the start */
        break;
    case SETTING_IS_OBJECT:
        settings_reset(setting->object, setting_member(setting, object));
        break;
    case SETTING_IS_OWN:
        if (setting->type->reset)
            setting->type->reset(setting, object);
        break;
    }
}

void settings_reset(const struct setting *settings, void *object)
{
    for (; settings && settings->key; settings++)
        reset_one(settings, object);
}

void settings_release(const struct setting *settings, void *object)
{
    for (; settings && settings->key; settings++)
        if (settings->kind == SETTING_IS_STRING || settings->kind == SETTING_IS_PATH)
            store_string(settings, object, NULL);
        else if (settings->kind == SETTING_IS_STRINGS)
            forget_strings(setting_member(settings, object));
        else if (settings->kind == SETTING_IS_OBJECT)
            settings_release(settings->object, setting_member(settings, object));
}

/* ---- names and keys */

const struct setting *settings_find(const struct setting *settings, const char *key)
{
    for (; settings && settings->key; settings++)
        if (strcmp(settings->key, key) == 0)
            return settings;
    return NULL;
}

int settings_choose(struct json value, const char *(*name_at)(int i), int *index, struct error *err)
{
    const char *names[MOST_NAMES + 1] = {NULL};
    int count = 0;
    for (; name_at(count); count++) {
        ALWAYS(count < MOST_NAMES);
        names[count] = name_at(count);
    }
    return json_choice(value, names, index, err);
}

int settings_alternative(const struct json *object, const char *const *keys, const char *why, const char *hint,
                         int *chosen, struct error *err)
{
    *chosen = -1;
    for (int i = 0; keys[i]; i++) {
        struct json value = json_member(object, keys[i]);
        if (!json_exists(value))
            continue;
        if (*chosen >= 0)
            return json_fail(value, err, hint, "\"%s\" is given too: %s", keys[*chosen], why);
        *chosen = i;
    }
    if (*chosen < 0)
        return json_fail(json_member(object, keys[0]), err, hint, "missing; expected a string");
    return 0;
}

int settings_known(struct json object, const struct settings_part *parts, struct error *err)
{
    const char *keys[MOST_KEYS + 1] = {NULL};
    int count = 0;
    for (const struct settings_part *part = parts;; part++) {
        for (const struct setting *setting = part->settings; setting && setting->key; setting++) {
            ALWAYS(count < MOST_KEYS);
            keys[count++] = setting->key;
        }
        if (part->last)
            break;
    }
    return json_only_keys(object, keys, err);
}

/* ---- reading */

static int read_integer(struct json value, const struct setting *setting, void *object, struct error *err)
{
    int64_t number = 0;
    int status = json_integer(value, (int64_t)setting->least, (int64_t)setting->most, &number, err);
    if (!status)
        store_integer(setting, object, number);
    return status;
}

static int read_number(struct json value, const struct setting *setting, void *object, struct error *err)
{
    double number = 0;
    int status = json_number(value, setting->least, setting->most, &number, err);
    if (!status)
        memcpy(setting_member(setting, object), &number, sizeof number);
    return status;
}

static int read_choice(struct json value, const struct setting *setting, void *object, struct error *err)
{
    int index = 0;
    int status = setting->names ? json_choice(value, setting->names, &index, err)
                                : settings_choose(value, setting->name_at, &index, err);
    if (!status)
        store_integer(setting, object, index);
    return status;
}

/* A tab may be written as the escape that it is elsewhere. */
static int read_character(struct json value, const struct setting *setting, void *object, struct error *err)
{
    const char *character = NULL;
    int status = json_string(value, &character, err);
    if (status)
        return status;
    if (strcmp(character, "\\t") == 0)
        character = "\t";
    if (strlen(character) != 1 || !strchr(setting->allowed, *character))
        return json_fail(value, err, NULL, "expected %s, got \"%s\"", setting->form, EXCERPT(character, 20));
    *(char *)setting_member(setting, object) = *character;
    return 0;
}

static int read_string(struct json value, const struct setting *setting, void *object, struct error *err)
{
    const char *string = NULL;
    int status = json_string(value, &string, err);
    if (status)
        return status;
    struct text path = TEXT_EMPTY;
    if (setting->kind == SETTING_IS_PATH) {
        if (!*string)
            return json_fail(value, err, "name a file", "the path is empty");
        file_beside(value.file, string, &path);
    }
    char *copy = setting->kind == SETTING_IS_PATH ? text_take(&path) : memory_copy_string(string);
    if (!copy)
        return memory_error(err, value.file);
    store_string(setting, object, copy);
    return 0;
}

static int read_strings(struct json value, const struct setting *setting, void *object, struct error *err)
{
    struct settings_strings *strings = setting_member(setting, object);
    int status = json_array(value, 0, setting->most_items, err);
    if (status)
        return status;
    forget_strings(strings);
    int count = json_length(value);
    strings->items = memory_zeroed((size_t)count, sizeof *strings->items);
    if (!strings->items)
        return memory_error(err, value.file);
    strings->count = count;
    for (int i = 0; !status && i < count; i++) {
        const char *string = NULL;
        status = json_string(json_item(&value, i), &string, err);
        if (!status)
            status = memory_keep_string(string, value.file, &strings->items[i], err);
    }
    return status;
}

static int read_object(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    return settings_read_object(value, SETTINGS(setting->object, setting_member(setting, object)), context, err);
}

static int read_value(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    switch (setting->kind) {
    case SETTING_IS_INTEGER:
        return read_integer(value, setting, object, err);
    case SETTING_IS_NUMBER:
        return read_number(value, setting, object, err);
    case SETTING_IS_BOOL:
        return json_bool(value, setting_member(setting, object), err);
    case SETTING_IS_CHOICE:
        return read_choice(value, setting, object, err);
    case SETTING_IS_CHARACTER:
        return read_character(value, setting, object, err);
    case SETTING_IS_STRING:
    case SETTING_IS_PATH:
        return read_string(value, setting, object, err);
    case SETTING_IS_STRINGS:
        return read_strings(value, setting, object, err);
    case SETTING_IS_OBJECT:
        return read_object(value, setting, object, context, err);
    case SETTING_IS_OWN:
        return setting->type->read ? setting->type->read(value, setting, object, context, err) : 0;
    }
    return 0;
}

static int read_one(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    bool wanted = json_exists(value) || setting->required || setting->kind == SETTING_IS_OWN;
    int status = wanted ? read_value(value, setting, object, context, err) : 0;
    return status || !setting->check ? status : setting->check(value, object, err);
}

static int last_turn(const struct settings_part *parts)
{
    int last = 0;
    for (const struct settings_part *part = parts;; part++) {
        for (const struct setting *setting = part->settings; setting && setting->key; setting++)
            last = setting->turn > last ? setting->turn : last;
        if (part->last)
            return last;
    }
}

int settings_read(struct json object, const struct settings_part *parts, void *context, struct error *err)
{
    int status = 0, last = last_turn(parts);
    for (int turn = 0; turn <= last; turn++)
        for (const struct settings_part *part = parts;; part++) {
            for (const struct setting *setting = part->settings; !status && setting && setting->key; setting++)
                if (setting->turn == turn)
                    status = read_one(json_member(&object, setting->key), setting, part->object, context, err);
            if (part->last)
                break;
        }
    return status;
}

int settings_read_object(struct json object, const struct settings_part *parts, void *context, struct error *err)
{
    int status = settings_known(object, parts, err);
    return status ? status : settings_read(object, parts, context, err);
}

/* ---- writing */

static const char *choice_name(const struct setting *setting, int index)
{
    return setting->names ? setting->names[index] : setting->name_at(index);
}

static void add_character(char character, struct text *out)
{
    json_quote((const char[]){character, '\0'}, out);
}

static void add_strings(const struct settings_strings *strings, struct text *out)
{
    text_add_char(out, '[');
    for (int i = 0; i < strings->count; i++) {
        text_add(out, i > 0 ? "," : "");
        json_quote(strings->items[i], out);
    }
    text_add_char(out, ']');
}

static void write_value(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    switch (setting->kind) {
    case SETTING_IS_INTEGER:
        text_addf(out, "%lld", (long long)load_integer(setting, object));
        break;
    case SETTING_IS_NUMBER:
        text_add_number(out, load_number(setting, object));
        break;
    case SETTING_IS_BOOL:
        text_add(out, load_integer(setting, object) ? "true" : "false");
        break;
    case SETTING_IS_CHOICE:
        json_quote(choice_name(setting, (int)load_integer(setting, object)), out);
        break;
    case SETTING_IS_CHARACTER:
        add_character(load_character(setting, object), out);
        break;
    case SETTING_IS_STRING:
        json_quote(load_string(setting, object), out);
        break;
    case SETTING_IS_PATH:
        text_add(out, "true");
        break;
    case SETTING_IS_STRINGS:
        add_strings(setting_member_of(setting, object), out);
        break;
    case SETTING_IS_OBJECT:
        settings_write_object(SETTINGS(setting->object, (void *)setting_member_of(setting, object)), context, out);
        break;
    case SETTING_IS_OWN:
        setting->type->write(setting, object, context, out);
        break;
    }
}

/* Whether the member is what it is without a value. */
static bool is_usual(const struct setting *setting, const void *object)
{
    switch (setting->kind) {
    case SETTING_IS_INTEGER:
    case SETTING_IS_BOOL:
    case SETTING_IS_CHOICE:
        return load_integer(setting, object) == (int64_t)setting->usual;
    case SETTING_IS_NUMBER:
        return load_number(setting, object) == setting->usual;
    case SETTING_IS_CHARACTER:
        return load_character(setting, object) == (char)setting->usual;
    case SETTING_IS_STRINGS:
        return ((const struct settings_strings *)setting_member_of(setting, object))->count == 0;
    case SETTING_IS_STRING:
    case SETTING_IS_PATH:
        return load_string(setting, object) == NULL;
    case SETTING_IS_OBJECT:
    case SETTING_IS_OWN:
        break;
    }
    return false;
}

static bool is_written(const struct setting *setting, const void *object, const void *context)
{
    bool is_string = setting->kind == SETTING_IS_STRING || setting->kind == SETTING_IS_PATH;
    if (is_string && !load_string(setting, object))
        return false;
    if (setting->kind == SETTING_IS_PATH)
        return setting->mentioned;
    if (setting->kind == SETTING_IS_OWN)
        return setting->type->write && (!setting->type->says || setting->type->says(setting, object, context));
    return !setting->added || !is_usual(setting, object);
}

static void write_one(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    if (!is_written(setting, object, context))
        return;
    if (out->length > 0 && out->data[out->length - 1] != '{')
        text_add_char(out, ',');
    text_addf(out, "\"%s\":", setting->key);
    write_value(setting, object, context, out);
}

void settings_write(const struct settings_part *parts, const void *context, struct text *out)
{
    int last = last_turn(parts);
    for (int turn = 0; turn <= last; turn++)
        for (const struct settings_part *part = parts;; part++) {
            for (const struct setting *setting = part->settings; setting && setting->key; setting++)
                if (setting->turn == turn)
                    write_one(setting, part->object, context, out);
            if (part->last)
                break;
        }
}

void settings_write_object(const struct settings_part *parts, const void *context, struct text *out)
{
    text_add_char(out, '{');
    settings_write(parts, context, out);
    text_add_char(out, '}');
}
