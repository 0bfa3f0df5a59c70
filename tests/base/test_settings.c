/* One table holds a key, its type, range and default, its normal form and its help: all of them from a small object
   that has every kind of setting. */
#include "testing.h"

#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"

#include <stdio.h>

enum colour { RED, GREEN };

struct inner {
    double low;
};

struct toy {
    int count;
    int64_t many;
    double share;
    bool on, second;
    enum colour colour;
    char mark;
    char *word, *file;
    struct settings_strings list;
    struct inner inner;
    int pair[2];
    int checks;
    int64_t late;
};

static const char *const colours[] = {"red", "green", NULL};

static const char *side_at(int i)
{
    return i == 0 ? "left" : i == 1 ? "right" : NULL;
}

static int pair_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    int *pair = setting_member(setting, object);
    if (!json_exists(value)) {
        pair[0] = pair[1] = *(int *)context;
        return 0;
    }
    int status = json_array(value, 2, 2, err);
    for (int i = 0; !status && i < 2; i++) {
        int64_t number;
        status = json_integer(json_item(&value, i), 0, 9, &number, err);
        pair[i] = status ? 0 : (int)number;
    }
    return status;
}

static void pair_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)context;
    const int *pair = setting_member_of(setting, object);
    text_addf(out, "[%d,%d]", pair[0], pair[1]);
}

static bool pair_says(const struct setting *setting, const void *object, const void *context)
{
    (void)context;
    const int *pair = setting_member_of(setting, object);
    return pair[0] != pair[1];
}

static const struct setting_type pair_type = {
    .form = "[first, second]", .read = pair_read, .write = pair_write, .says = pair_says};

static int check_share(struct json value, void *object, struct error *err)
{
    struct toy *toy = object;
    toy->checks += 1 + json_exists(value);
    return toy->share == 0.5 ? json_fail(value, err, "be bold", "a half") : 0;
}

static const struct setting inner_table[] = {
    {"low", SETTING_NUMBER(struct inner, low, -1, 1), .usual = 0.25, .means = "the lower end"}, {0}};

static const struct setting table[] = {
    {"count", SETTING_INTEGER(struct toy, count, 1, 9), .usual = 3, .means = "how many"},
    {"many", SETTING_INTEGER(struct toy, many, 0, 9007199254740992.0), .required = true},
    {"late", SETTING_INTEGER(struct toy, late, 0, 5), .usual = 2, .turn = 1, .added = true},
    {"share", SETTING_NUMBER(struct toy, share, 0, 1), .usual = 0.1, .check = check_share, .by = "by the data"},
    {"on", SETTING_BOOL(struct toy, on), .usual = true, .added = true},
    {"colour", SETTING_CHOICE(struct toy, colour), .names = colours, .usual = GREEN},
    {"side", SETTING_CHOICE(struct toy, second), .name_at = side_at, .added = true},
    {"mark", SETTING_CHARACTER(struct toy, mark, ",;\t"), .usual = ',', .form = "a mark"},
    {"word", SETTING_STRING(struct toy, word)},
    {"file", SETTING_PATH(struct toy, file)},
    {"list", SETTING_STRINGS(struct toy, list, 3), .added = true},
    {"inner", SETTING_OBJECT(struct toy, inner, inner_table)},
    {"pair", SETTING_OWN(struct toy, pair, pair_type), .by = "the context"},
    {"other", SETTING_ELSEWHERE, .form = "whatever in the wide world of JSON may stand behind a key, and more,",
     .by = "", .least = -0.5, .most = 1e12},
    {0}};

struct extra {
    double weight;
};
static const struct setting extra_table[] = {{"weight", SETTING_NUMBER(struct extra, weight, 0, 2), .usual = 1}, {0}};

static int read_both(const char *text, struct toy *toy, struct extra *extra, struct error *err)
{
    struct json_document *document;
    int context = 7;
    const struct settings_part *parts = SETTINGS_BOTH(table, toy, extra_table, extra);
    *toy = (struct toy){0};
    settings_reset(table, toy);
    settings_reset(extra_table, extra);
    int status = json_parse(text, "folder/x.json", &document, err);
    if (!status)
        status = settings_known(json_root(document), parts, err);
    if (!status)
        status = settings_read(json_root(document), parts, &context, err);
    json_document_free(document);
    return status;
}

static int read_toy(const char *text, struct toy *toy, struct error *err)
{
    struct extra extra;
    return read_both(text, toy, &extra, err);
}

static void assert_written(struct toy *toy, const char *expected)
{
    struct text out = TEXT_EMPTY;
    text_add_char(&out, '{');
    settings_write(SETTINGS(table, toy), NULL, &out);
    text_add_char(&out, '}');
    ck_assert_str_eq(text_string(&out), expected);
    text_release(&out);
    settings_release(table, toy);
    ck_assert(!toy->word && !toy->file && !toy->list.items);
}

START_TEST(defaults_are_those_of_the_table)
{
    struct error err;
    struct toy toy;
    struct extra extra;
    ASSERT_OK(read_both("{\"many\": 9007199254740992}", &toy, &extra, &err));
    ck_assert(toy.count == 3 && toy.many == INT64_C(1) << 53 && toy.share == 0.1 && toy.on && toy.late == 2);
    ck_assert(toy.colour == GREEN && !toy.second && toy.mark == ',' && !toy.word && toy.inner.low == 0.25);
    ck_assert(toy.pair[0] == 7 && toy.pair[1] == 7 && extra.weight == 1);
    ck_assert_int_eq(toy.checks, 1); /* also when there is no value */
    assert_written(&toy, "{\"count\":3,\"many\":9007199254740992,\"share\":0.1,\"colour\":\"green\",\"mark\":\",\","
                         "\"inner\":{\"low\":0.25}}");
}
END_TEST

START_TEST(values_are_read_and_written)
{
    struct error err;
    struct toy toy;
    struct extra extra;
    ASSERT_OK(
        read_both("{\"pair\": [1, 2], \"inner\": {\"low\": -1}, \"list\": [\"a\", \"b\\\"\"], \"file\": \"y.csv\","
                  " \"word\": \"w\", \"mark\": \"\\t\", \"side\": \"right\", \"colour\": \"red\", \"on\": false,"
                  " \"late\": 0, \"share\": 1, \"many\": 0, \"count\": 9, \"weight\": 2, \"other\": [{}]}",
                  &toy, &extra, &err));
    ck_assert(toy.second && !toy.on && toy.colour == RED && toy.mark == '\t' && extra.weight == 2);
    ck_assert_str_eq(toy.file, "folder/y.csv");
    ck_assert_int_eq(toy.checks, 2);
    assert_written(&toy,
                   "{\"count\":9,\"many\":0,\"share\":1,\"on\":false,\"colour\":\"red\",\"side\":\"right\","
                   "\"mark\":\"\\t\",\"word\":\"w\",\"list\":[\"a\",\"b\\\"\"],\"inner\":{\"low\":-1},\"pair\":[1,2],"
                   "\"late\":0}");
    ASSERT_OK(read_toy("{\"many\": 1, \"mark\": \"\\\\t\", \"list\": []}", &toy, &err));
    ck_assert_int_eq(toy.mark, '\t');
    settings_release(table, &toy);
}
END_TEST

START_TEST(wrong_values_are_refused_where_they_stand)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[]", "folder/x.json: $: expected an object { ... }, got []"},
        {"{}", "$.many: missing; expected an integer from 0 to 9007199254740992"},
        {"{\"count\": 0}", "$.count: expected an integer from 1 to 9, got 0"},
        {"{\"count\": 10}", "$.count: expected an integer from 1 to 9, got 10"},
        {"{\"count\": 1.5}", "$.count: expected an integer"},
        {"{\"count\": null}", "$.count: expected an integer from 1 to 9, got null"},
        {"{\"many\": -1}", "$.many: expected an integer"},
        {"{\"many\": 1, \"share\": 1.5}", "$.share: expected a number from 0 to 1, got 1.5"},
        {"{\"many\": 1, \"share\": \"x\"}", "$.share: expected a number from 0 to 1, got \"x\""},
        {"{\"many\": 1, \"share\": 0.5}", "$.share: a half; be bold"},
        {"{\"many\": 1, \"on\": 1}", "$.on: expected true or false, got 1"},
        {"{\"many\": 1, \"colour\": \"blue\"}", "$.colour: expected one of red, green, got \"blue\""},
        {"{\"many\": 1, \"side\": \"up\"}", "$.side: expected one of left, right, got \"up\""},
        {"{\"many\": 1, \"mark\": \"::\"}", "$.mark: expected a mark, got \"::\""},
        {"{\"many\": 1, \"mark\": 1}", "$.mark: expected a string, got 1"},
        {"{\"many\": 1, \"word\": 1}", "$.word: expected a string, got 1"},
        {"{\"many\": 1, \"file\": \"\"}", "$.file: the path is empty; name a file"},
        {"{\"many\": 1, \"list\": [\"a\", 1]}", "$.list[1]: expected a string, got 1"},
        {"{\"many\": 1, \"list\": [1, 2, 3, 4]}", "$.list: expected an array of 0 to 3 items"},
        {"{\"many\": 1, \"inner\": 1}", "$.inner: expected an object { ... }, got 1"},
        {"{\"many\": 1, \"inner\": {\"low\": 2}}", "$.inner.low: expected a number from -1 to 1, got 2"},
        {"{\"many\": 1, \"inner\": {\"high\": 2}}", "$.inner.high: unknown key; known keys here: low"},
        {"{\"many\": 1, \"pair\": [1]}", "$.pair: expected an array of 2 to 2 items"},
        {"{\"many\": 1, \"late\": 6}", "$.late: expected an integer"},
        {"{\"many\": 1, \"late\": 6, \"pair\": 1}", "$.pair: "}, /* the later turn comes behind */
        {"{\"many\": 1, \"weight\": 3}", "$.weight: expected a number from 0 to 2, got 3"},
        {"{\"Count\": 1}", "$.Count: unknown key; known keys here: count, many, late, share, on, colour, side, mark, "
                           "word, file, list, inner, pair, other, weight"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct toy toy;
        ASSERT_FAILS(read_toy(cases[i].text, &toy, &err), ERROR_INPUT, cases[i].message);
        settings_release(table, &toy);
    }
}
END_TEST

START_TEST(of_alternatives_exactly_one_is_taken)
{
    static const char *const keys[] = {"a", "b", NULL};
    struct error err;
    struct json_document *document;
    int chosen;
    ASSERT_OK(
        json_parse("{\"none\": {}, \"two\": {\"b\": 1, \"a\": 2}, \"one\": {\"b\": 1}}", "x.json", &document, &err));
    struct json root = json_root(document), none = json_member(&root, "none"), two = json_member(&root, "two");
    struct json one = json_member(&root, "one");
    ASSERT_OK(settings_alternative(&one, keys, "one is enough", "choose", &chosen, &err));
    ck_assert_int_eq(chosen, 1);
    ASSERT_FAILS(settings_alternative(&two, keys, "one is enough", "choose", &chosen, &err), ERROR_INPUT,
                 "$.two.b: \"a\" is given too: one is enough; choose");
    ASSERT_FAILS(settings_alternative(&none, keys, "one is enough", "choose", &chosen, &err), ERROR_INPUT,
                 "$.none.a: missing; expected a string; choose");
    json_document_free(document);
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    struct error err;
    struct toy toy;
    int status = ERROR_MEMORY;
    for (long n = 1; status == ERROR_MEMORY; n++) {
        err = ERROR_EMPTY;
        memory_fail_at(n);
        status = read_toy("{\"many\": 1, \"word\": \"w\", \"file\": \"f\", \"list\": [\"a\", \"b\"]}", &toy, &err);
        memory_fail_never();
        settings_release(table, &toy);
        ck_assert(status == 0 || status == ERROR_MEMORY);
        ck_assert_int_lt(n, 100);
    }
}
END_TEST

static bool kind_at(int i, struct settings_topic *out)
{
    static const char *const names[] = {"one", "two"};
    if (i > 1)
        return false;
    *out = (struct settings_topic){.name = names[i], .about = "A kind."};
    return true;
}

static bool part_at(int i, struct settings_topic *out)
{
    if (i > 0)
        return false;
    *out =
        (struct settings_topic){.name = "small", .about = "A small one.", .settings = {inner_table}, .part = kind_at};
    return true;
}
static const struct settings_topic topic = {
    .name = "toy",
    .about = "A line that is far too long to stand in a terminal of eighty columns, and so becomes two.\n"
             "  {\"as\": \"it stands\"}",
    .settings = {table, extra_table},
    .part = part_at,
    .example = "{}\n",
};

START_TEST(help_is_written_from_the_table)
{
    struct text out = TEXT_EMPTY;
    settings_topic_describe(&topic, &out);
    ck_assert_str_eq(text_string(&out),
                     "== toy\n"
                     "A line that is far too long to stand in a terminal of eighty columns, and so\n"
                     "becomes two.\n"
                     "  {\"as\": \"it stands\"}\n"
                     "  \"count\": an integer from 1 to 9; default: 3\n"
                     "      how many\n"
                     "  \"many\": an integer from 0 to 9007199254740992; must be given\n"
                     "  \"late\": an integer from 0 to 5; default: 2\n"
                     "  \"share\": a number from 0 to 1; default: by the data\n"
                     "  \"on\": true or false; default: true\n"
                     "  \"colour\": one of \"red\", \"green\"; default: \"green\"\n"
                     "  \"side\": one of \"left\", \"right\"; default: \"left\"\n"
                     "  \"mark\": a mark; default: \",\"\n"
                     "  \"word\": a string\n"
                     "  \"file\": a path, from the folder of this file\n"
                     "  \"list\": an array of strings\n"
                     "  \"inner\": an object\n"
                     "      \"low\": a number from -1 to 1; default: 0.25\n"
                     "          the lower end\n"
                     "  \"pair\": [first, second]; default: the context\n"
                     "  \"other\": whatever in the wide world of JSON may stand behind a key, and more,\n"
                     "          from -0.5 to 1000000000000\n"
                     "  \"weight\": a number from 0 to 2; default: 1\n"
                     "\n"
                     "== small\n"
                     "A small one.\n"
                     "  \"low\": a number from -1 to 1; default: 0.25\n"
                     "      the lower end\n"
                     "\n"
                     "-- one: A kind.\n"
                     "\n"
                     "-- two: A kind.\n"
                     "\n"
                     "== example\n"
                     "{}\n");
    text_release(&out);
    struct settings_topic found, whole;
    ck_assert(settings_topic_find(&topic, "small", &found, &whole) && found.settings[0] == inner_table);
    ck_assert_str_eq(whole.name, "toy");
    ck_assert(settings_topic_find(&topic, "toy", &found, &whole) && found.settings[0] == table);
    ck_assert(settings_topic_find(&topic, "two", &found, &whole));
    ck_assert_str_eq(found.name, "two");
    ck_assert_str_eq(whole.name, "small");
    ck_assert(!settings_topic_find(&topic, "smal", &found, &whole));
    ck_assert(settings_find(table, "share") == &table[3] && !settings_find(table, "low") &&
              !settings_find(NULL, "low"));
}
END_TEST

int main(void)
{
    return RUN_TESTS("settings", 60, defaults_are_those_of_the_table, values_are_read_and_written,
                     wrong_values_are_refused_where_they_stand, of_alternatives_exactly_one_is_taken,
                     short_memory_is_an_error, help_is_written_from_the_table);
}
