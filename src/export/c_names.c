/* What exported C functions may be called. */
#include "base/error.h"
#include "export/c_internal.h"

#include <stdio.h>
#include <string.h>

const struct c_function c_functions[C_FUNCTIONS] = {
    {"", false, &c_double}, {"_derivative", true, &c_double}, {"f", false, &c_float}, {"f_derivative", true, &c_float}};

enum {
    LONGEST = 63, /* letters of an identifier that every C compiler tells apart (ISO C 5.2.4.1) */
    DERIVED_SIZE = 128,
};

/* ---- who owns a name */

enum kind { WORDS, FLOATING, BEGINS_LOWER, BEGINS_UPPER, ENDS };

static const struct {
    enum kind kind;
    const char *owner, *words;
} owned[] = {
#define OWNED(kind, owner, words) {kind, owner, words},
#include "export/reserved.def"
#undef OWNED
};

/* The letters of C: what a locale calls a letter is none. */
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_floating_suffix(const char *text)
{
    static const char *const suffixes[] = {"",     "f",    "l",     "f16", "f32", "f64",  "f128",
                                           "f32x", "f64x", "f128x", "d32", "d64", "d128", "d64x"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(text, suffixes[i]) == 0)
            return true;
    return false;
}

static bool matches(const char *name, enum kind kind, const char *word, size_t length)
{
    size_t name_length = strlen(name);
    if (kind == ENDS)
        return name_length > length && memcmp(name + name_length - length, word, length) == 0;
    if (name_length < length || memcmp(name, word, length) != 0)
        return false;
    char next = name[length];
    switch (kind) {
    case FLOATING:
        return is_floating_suffix(name + length);
    case BEGINS_LOWER:
        return is_lower(next);
    case BEGINS_UPPER:
        return is_upper(next) || is_digit(next);
    case WORDS:
    case ENDS:
        break;
    }
    return next == '\0';
}

const char *export_name_owner(const char *name)
{
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        for (const char *word = owned[i].words; *word;) {
            size_t length = strcspn(word, " ");
            if (matches(name, owned[i].kind, word, length))
                return owned[i].owner;
            word += length + (word[length] == ' ');
        }
    return strncmp(name, "actsearch_", 10) == 0 ? "a helper function of exported code" : NULL;
}

/* ---- names that are made of one */

/* Who owns a name that the functions of this suffix have; that name goes to `derived`. */
static const char *owner_of_derived(const char *name, const char *suffix, char derived[DERIVED_SIZE])
{
    for (int i = 0; i < C_FUNCTIONS; i++) {
        snprintf(derived, DERIVED_SIZE, "%s%s%s", name, suffix, c_functions[i].ending);
        const char *owner = export_name_owner(derived);
        if (owner)
            return owner;
    }
    return NULL;
}

static bool is_identifier(const char *name)
{
    if (!*name || is_digit(*name))
        return false;
    for (const char *p = name; *p; p++)
        if (!(is_lower(*p) || is_upper(*p) || is_digit(*p) || *p == '_'))
            return false;
    return true;
}

/* C keeps what begins with an underscore, C++ what has two in a row; NAME_ would make NAME__derivative. */
static bool has_reserved_underscore(const char *name)
{
    return *name == '_' || strstr(name, "__") || name[strlen(name) - 1] == '_';
}

bool export_name_is_free(const char *name)
{
    char derived[DERIVED_SIZE];
    return is_identifier(name) && !has_reserved_underscore(name) && !owner_of_derived(name, "", derived) &&
           !owner_of_derived(name, "_p", derived);
}

void export_name_for(const char *known, char name[EXPORT_NAME_SIZE])
{
    snprintf(name, EXPORT_NAME_SIZE, "%.40s%s", known, export_name_is_free(known) ? "" : "_activation");
}

/* ---- what was asked for */

/* What of the name can stand, behind my_: "my_abs" for abs, and my_activation when nothing of it can. */
static void find_hint(const char *name, char *hint, size_t size)
{
    char word[41] = "";
    size_t length = 0;
    for (const char *p = name; *p && length < sizeof word - 1; p++) {
        bool letter = is_lower(*p) || is_upper(*p) || is_digit(*p);
        if (letter || (length > 0 && word[length - 1] != '_'))
            word[length++] = letter ? *p : '_';
    }
    while (length > 0 && word[length - 1] == '_')
        length--;
    word[length] = '\0';
    char candidate[EXPORT_NAME_SIZE];
    snprintf(candidate, sizeof candidate, "my_%s", word);
    snprintf(hint, size, "use another one, for example --name %s",
             length > 0 && export_name_is_free(candidate) ? candidate : "my_activation");
}

static size_t longest_suffix(const struct export_options *options)
{
    size_t longest = strlen("_p");
    for (int i = 0; options->sets && i < options->set_count; i++)
        longest = strlen(options->sets[i].suffix) > longest ? strlen(options->sets[i].suffix) : longest;
    return longest + strlen("f_derivative");
}

static int refuse_owned(const char *name, const char *suffix, const char *hint, struct error *err)
{
    char derived[DERIVED_SIZE];
    const char *owner = owner_of_derived(name, suffix, derived);
    if (!owner)
        return 0;
    if (strcmp(name, derived) == 0)
        return error_set(err, ERROR_USAGE, "--name", hint, "\"%s\" is no name for a C function here, it is taken: %s",
                         name, owner);
    return error_set(err, ERROR_USAGE, "--name", hint,
                     "\"%s\" is no name for a C function here, for %s would come with it and is taken: %s", name,
                     derived, owner);
}

int c_check_name(const struct export_options *options, struct error *err)
{
    const char *name = options->name;
    char hint[EXPORT_NAME_SIZE + 48];
    size_t longest = LONGEST - longest_suffix(options);
    find_hint(name, hint, sizeof hint);
    if (!is_identifier(name))
        return error_set(
            err, ERROR_USAGE, "--name", hint,
            "\"%.80s\" is no name for a C function, which has letters from a to z, digits and _ and no digit "
            "first",
            name);
    if (has_reserved_underscore(name))
        return error_set(
            err, ERROR_USAGE, "--name", hint,
            "\"%.80s\" is no name for a C function here: an underscore at an end and two in a row are kept for "
            "compilers",
            name);
    if (strlen(name) > longest)
        return error_set(
            err, ERROR_USAGE, "--name", hint,
            "\"%.80s\" is too long for a C function: it may have %zu letters, for the names made of it must "
            "differ in their first %d",
            name, longest, LONGEST);
    int status = refuse_owned(name, "", hint, err);
    for (int i = 0; !status && options->sets && i < options->set_count; i++)
        status = refuse_owned(name, options->sets[i].suffix, hint, err);
    return status ? status : refuse_owned(name, "_p", hint, err);
}
