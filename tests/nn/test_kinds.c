/* Every kind of layer in layers.def is known wherever kinds are listed by hand; so this test names what a new one still
   wants. Its gradient case is asked for by test_gradient.c, and with that case its twin. */
#include "nn_testing.h"

#include "nn/layer_internal.h"

#include <stdio.h>

/* Where a kind is rightly missing. */
static const struct {
    const char *type, *place, *reason;
} absences[] = {
    {"add", "bench/compare_layers.py", "residual blocks consist of it"},
    {"dropout", "bench/compare_layers.py", "PyTorch draws other masks; test_layers.c has its share and its gradient"},
};

static bool is_absent(const char *type, const char *place)
{
    for (size_t i = 0; i < sizeof absences / sizeof *absences; i++)
        if (strcmp(absences[i].type, type) == 0 && strcmp(absences[i].place, place) == 0)
            return true;
    return false;
}

/* The text of a file of the repository, owned. */
static char *text_of(const char *place)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", SOURCE_DIR, place);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    enum { MOST = 1 << 18 };
    char *text = memory_zeroed(MOST, 1);
    ck_assert(text && fread(text, 1, MOST - 1, file) > 0 && feof(file));
    fclose(file);
    return text;
}

/* Whether the essay has a line " *   max_pool, average_pool   ..." with the type among its words. */
static bool is_described(const char *essay, const char *type)
{
    static const char start[] = "\n *   ";
    const size_t length = strlen(type);
    for (const char *line = strstr(essay, start); line; line = strstr(line + 1, start)) {
        const char *word = line + sizeof start - 1;
        while (strncmp(word, type, length) != 0 || (word[length] != ' ' && word[length] != ',')) {
            word += strcspn(word, " ,\n");
            if (strncmp(word, ", ", 2) != 0)
                break;
            word += 2;
        }
        if (strncmp(word, type, length) == 0 && (word[length] == ' ' || word[length] == ','))
            return true;
    }
    return false;
}

START_TEST(every_kind_is_in_every_list)
{
    static const struct {
        const char *place, *before, *behind;
    } lists[] = {
        {"bench/compare_layers.py", "\"", "\""},
        {"bench/work.c", "&layer_", ""},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char *text = text_of(lists[i].place);
        for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++) {
            char wanted[100];
            const char *type = (*kind)->type;
            snprintf(wanted, sizeof wanted, "%s%s%s", lists[i].before, type, lists[i].behind);
            bool found = strstr(text, wanted) != NULL, absent = is_absent(type, lists[i].place);
            ck_assert_msg(found != absent, "%s %s %s: %s", type,
                          absent ? "is listed as absent, but is in" : "is not in", lists[i].place,
                          absent ? "take it off the list" : "add it, or a reason to `absences`");
        }
        memory_free(text);
    }
}
END_TEST

START_TEST(every_kind_is_in_the_essay)
{
    char *essay = text_of("src/nn/network.h");
    for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++)
        ck_assert_msg(is_described(essay, (*kind)->type), "the essay of src/nn/network.h has no line about %s",
                      (*kind)->type);
    ck_assert(!is_described(essay, "maxout") && !is_described(essay, "pool") && !is_described(essay, "max"));
    memory_free(essay);
}
END_TEST

static bool has_key(const struct layer_kind *kind, const char *key)
{
    return settings_find(kind->settings, key) != NULL;
}

START_TEST(descriptors_are_whole)
{
    for (const struct layer_kind *const *kind = layer_kinds; *kind; kind++) {
        const struct layer_kind *k = *kind;
        ck_assert_msg(k->type && k->prefix && k->summary && k->forward && k->backward, "%s", k->type);
        ck_assert_msg(!has_key(k, "type") && !has_key(k, "name") && !has_key(k, "from"), "%s", k->type);
        ck_assert_msg(!has_key(k, "with"), "%s", k->type); /* what joins has it by that */
        ck_assert_msg(!k->prepare == !k->release, "%s", k->type);
        ck_assert_msg(!k->slot || (has_key(k, "function") && k->tensors), "%s", k->type);
        ck_assert_msg(k->slot || (!k->places && !k->snapshot && !k->does_pool), "%s", k->type);
        ck_assert_msg(k->options || (!k->forget && !k->scratch), "%s", k->type);
        for (const struct layer_kind *const *other = layer_kinds; *other != k; other++)
            ck_assert_str_ne((*other)->type, k->type);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("kinds", 60, every_kind_is_in_every_list, every_kind_is_in_the_essay, descriptors_are_whole);
}
