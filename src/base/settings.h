/* Settings: what people may write into a JSON object, in one table for each kind of object.
 *
 * A line of a table is one setting: its key, its type and range, where it stands in the struct that is read, its
 * default, and what it means. From the line follow the default, the reader, the refusal of unknown keys, the normal
 * form (the text that is a run's identity) and the help that people read. A new setting is its member and its line:
 *
 *   static const struct setting options[] = {
 *       {"population", SETTING_INTEGER(struct options, population, 2, 1000000), .usual = 64, .means = "how many live"},
 *       {"crossover", SETTING_NUMBER(struct options, crossover, 0, 1), .usual = 0.1, .added = true, .means = "..."},
 *       {0}};
 *
 * Types beyond the plain ones are a struct setting_type: a pair of functions, and a form for people. What only the code
 * around can read (the layers of a network) has a type without functions: its key is known, and help speaks of it.
 *
 * An object may be put together from several tables, each with a struct of its own (struct settings_part): the settings
 * of all strategies, and those of one. The order of the lines is the order in which settings are read, written, and
 * listed; but those of a higher `turn` are read and written after all others.
 *
 * `added`: once there are databases, every new setting of what they hold must be. The normal form then has it only when
 * it is not the default, so that a database from before it existed still goes on.
 *
 * Tables are constant, and reading is thread-safe. */
#ifndef ACTSEARCH_BASE_SETTINGS_H
#define ACTSEARCH_BASE_SETTINGS_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct setting;

/* The plain types, and SETTING_IS_OWN for all others. */
enum setting_kind {
    SETTING_IS_INTEGER,   /* int, int64_t, uint64_t, ptrdiff_t */
    SETTING_IS_NUMBER,    /* double */
    SETTING_IS_BOOL,      /* bool */
    SETTING_IS_CHOICE,    /* an enum or int: the place among the names; a bool, when there are two of them */
    SETTING_IS_CHARACTER, /* char: one of `allowed` */
    SETTING_IS_STRING,    /* char *, owned */
    SETTING_IS_PATH,      /* char *, owned: as a program opens it; the file's folder is where it starts */
    SETTING_IS_STRINGS,   /* struct settings_strings, owned */
    SETTING_IS_OBJECT,    /* a struct inside: has a table of its own */
    SETTING_IS_OWN,       /* a struct setting_type */
};

/* A type of settings that is not plain. A reader is also called when there is no value: what that means is its own
   decision. NULL: others read it, or write it. */
struct setting_type {
    const char *form; /* for people: "a number, or [height, width]"; NULL: `form` of the setting */
    /* Brings the member to its default; NULL: it stays 0. */
    void (*reset)(const struct setting *setting, void *object);
    int (*read)(struct json value, const struct setting *setting, void *object, void *context, struct error *err);
    void (*write)(const struct setting *setting, const void *object, const void *context, struct text *out);
    /* Whether the normal form has it; NULL: always. */
    bool (*says)(const struct setting *setting, const void *object, const void *context);
};

struct setting {
    const char *key; /* NULL: behind the last */
    enum setting_kind kind;
    size_t offset, size;           /* of the member */
    double least, most;            /* of a number, inclusive */
    int most_items;                /* of strings */
    double usual;                  /* the default: a number, 0 or 1 of a bool, the place of a choice, a character */
    const char *allowed;           /* characters */
    const char *const *names;      /* of a choice, ended by NULL; or: */
    const char *(*name_at)(int i); /* NULL behind the last */
    const struct setting *object;  /* the table of an object; also for help, of what is read otherwise */
    const struct setting_type *type;
    bool required;
    bool added;     /* see above; of an own type says() decides */
    bool mentioned; /* of a path: the normal form says true, since which file is given matters, and not its name */
    int turn;
    /* Called when it was read, or was not there: sets what depends on it, refuses what does not go with the others. */
    int (*check)(struct json value, void *object, struct error *err);
    /* For people. */
    const char *form;  /* what can be written; NULL: as the kind or the type has it */
    const char *by;    /* the default, where it is not `usual`: "by the data" */
    const char *means; /* a few words */
};

/* Strings of an array. Starts empty: {0}. */
struct settings_strings {
    char **items;
    int count;
};

/* A member that the kind cannot store does not compile: its size would be below 0. */
#define SETTING_MEMBER_TYPE(struct_type, member) __typeof__(((struct_type *)NULL)->member)
#define SETTING_MEMBER_IS(struct_type, member, type)                                                                   \
    __builtin_types_compatible_p(SETTING_MEMBER_TYPE(struct_type, member), type)
#define SETTING_MEMBER_IS_WHOLE(struct_type, member) ((SETTING_MEMBER_TYPE(struct_type, member))0.5 == 0)
#define SETTING_AT(struct_type, member, fits)                                                                          \
    .offset = offsetof(struct_type, member),                                                                           \
    .size = sizeof(char[(fits) ? (int)sizeof(SETTING_MEMBER_TYPE(struct_type, member)) : -1])
#define SETTING_INTEGER(struct_type, member, low, high)                                                                \
    .kind = SETTING_IS_INTEGER, SETTING_AT(struct_type, member, SETTING_MEMBER_IS_WHOLE(struct_type, member)),         \
    .least = (low), .most = (high)
#define SETTING_NUMBER(struct_type, member, low, high)                                                                 \
    .kind = SETTING_IS_NUMBER, SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, double)),        \
    .least = (low), .most = (high)
#define SETTING_BOOL(struct_type, member)                                                                              \
    .kind = SETTING_IS_BOOL, SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, bool))
#define SETTING_CHOICE(struct_type, member)                                                                            \
    .kind = SETTING_IS_CHOICE,                                                                                         \
    SETTING_AT(struct_type, member,                                                                                    \
               SETTING_MEMBER_IS_WHOLE(struct_type, member) || SETTING_MEMBER_IS(struct_type, member, bool))
#define SETTING_CHARACTER(struct_type, member, which)                                                                  \
    .kind = SETTING_IS_CHARACTER, SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, char)),       \
    .allowed = (which)
#define SETTING_STRING(struct_type, member)                                                                            \
    .kind = SETTING_IS_STRING, SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, char *))
#define SETTING_PATH(struct_type, member)                                                                              \
    .kind = SETTING_IS_PATH, SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, char *))
#define SETTING_STRINGS(struct_type, member, items)                                                                    \
    .kind = SETTING_IS_STRINGS,                                                                                        \
    SETTING_AT(struct_type, member, SETTING_MEMBER_IS(struct_type, member, struct settings_strings)),                  \
    .most_items = (items)
#define SETTING_OBJECT(struct_type, member, table)                                                                     \
    .kind = SETTING_IS_OBJECT, SETTING_AT(struct_type, member, true), .object = (table)
#define SETTING_OWN(struct_type, member, its_type)                                                                     \
    .kind = SETTING_IS_OWN, SETTING_AT(struct_type, member, true), .type = &(its_type)
/* What the code around reads and writes. */
#define SETTING_ELSEWHERE .kind = SETTING_IS_OWN, .type = &setting_elsewhere
extern const struct setting_type setting_elsewhere;
/* A pointer to the descriptor of a kind, which begins with its name. The code around reads it, before all others, since
   the tables depend on it. */
#define SETTING_DESCRIPTOR(struct_type, member) SETTING_OWN(struct_type, member, setting_descriptor)
extern const struct setting_type setting_descriptor;

/* A table, and the struct that it fills; in a list of them. */
struct settings_part {
    const struct setting *settings; /* NULL: none */
    void *object;
    bool last; /* of the list */
};
/* Of one table, and of two; either may be NULL. */
#define SETTINGS(table, into) ((const struct settings_part[]){{(table), (into), true}})
#define SETTINGS_BOTH(table, into, table2, into2)                                                                      \
    ((const struct settings_part[]){{(table), (into), false}, {(table2), (into2), true}})

/* Room for the settings that a kind (a strategy, an optimiser) has of its own, inside a struct of all kinds, which
   stays a plain value. The kind has a struct for it, and that must fit. */
enum { SETTINGS_ROOM = 64 };
struct settings_room {
    _Alignas(max_align_t) unsigned char bytes[SETTINGS_ROOM];
};
#define SETTINGS_FIT(own_struct) _Static_assert(sizeof(own_struct) <= SETTINGS_ROOM, "the room is too small")

/* Where a setting stands in its struct. */
static inline void *setting_member(const struct setting *setting, void *object)
{
    return (char *)object + setting->offset;
}
static inline const void *setting_member_of(const struct setting *setting, const void *object)
{
    return (const char *)object + setting->offset;
}

/* Brings all to their defaults. `settings` may be NULL. */
void settings_reset(const struct setting *settings, void *object);

/* Frees strings and paths, which are NULL then; objects inside too. */
void settings_release(const struct setting *settings, void *object);

/* Refuses what is no object, and keys that are in no part. */
int settings_known(struct json object, const struct settings_part *parts, struct error *err);

/* Reads the members, which keep what they have when there is no value. `context` goes to the types' functions.
   ERROR_INPUT names the path; ERROR_MEMORY. What was read up to then stays, and is the caller's to release. */
int settings_read(struct json object, const struct settings_part *parts, void *context, struct error *err);

/* Both: all of an object. */
int settings_read_object(struct json object, const struct settings_part *parts, void *context, struct error *err);

/* Appends "key":value for each setting with a comma before, but not behind an opening brace. */
void settings_write(const struct settings_part *parts, const void *context, struct text *out);
/* The same between braces. */
void settings_write_object(const struct settings_part *parts, const void *context, struct text *out);

/* Reads a string that must be one of the names; *index gets its place. */
int settings_choose(struct json value, const char *(*name_at)(int i), int *index, struct error *err);

/* Of several keys (ended by NULL) that exclude each other, exactly one must be there: *chosen gets its place.
   `why` says why not two: "only one thing can be predicted". */
int settings_alternative(const struct json *object, const char *const *keys, const char *why, const char *hint,
                         int *chosen, struct error *err);

/* The setting of that key; NULL: none. */
const struct setting *settings_find(const struct setting *settings, const char *key);

/* ---- help */

enum { SETTINGS_WIDTH = 80, SETTINGS_TABLES = 3 }; /* columns; tables of a topic */

/* What people ask about: an object, or one kind of it. */
struct settings_topic {
    const char *name;                                /* "training", "adam" */
    const char *about;                               /* for settings_fill() */
    const struct setting *settings[SETTINGS_TABLES]; /* each may be NULL */
    /* The i-th topic below this one; false behind the last. NULL: none. */
    bool (*part)(int i, struct settings_topic *out);
    const char *example; /* a whole one, which works as it stands; NULL: none */
};

/* Appends sentences, filled into lines; a line that begins with a space stands as it is. */
void settings_fill(const char *about, struct text *out);

/* Appends what can be written: the topic, its settings, and all topics below. */
void settings_topic_describe(const struct settings_topic *topic, struct text *out);

/* Finds the topic of a name at or below `topic`, and the one that it is a part of; false: there is none. */
bool settings_topic_find(const struct settings_topic *topic, const char *name, struct settings_topic *found,
                         struct settings_topic *whole);

/* Calls `visit` for the topic and all below. */
void settings_topic_each(const struct settings_topic *topic,
                         void (*visit)(const struct settings_topic *topic, int depth, void *context), void *context);

#endif
