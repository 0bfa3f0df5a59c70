/* Experiments: read, overridden, opened, and their normal form. */
#include "testing.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data.h"
#include "experiment/experiment_internal.h"
#include "fitness/fitness.h"
#include "grammar/grammar.h"
#include "nn/network.h"
#include "search/strategy.h"

#include <stdio.h>
#include <unistd.h>

static const char *const spirals = SOURCE_DIR "/experiments/spirals.json";

/* A small experiment with everything in one file. */
static const char *const small =
    "{\"name\": \"small\", \"grammar\": {\"name\": \"g\", \"unary\": [\"tanh\", \"relu\"], "
    "\"shapes\": {\"templates\": [\"unary(unary(x))\"]}},"
    " \"data\": {\"format\": \"made_up\", \"name\": \"moons\", \"samples\": 100},"
    " \"network\": {\"mlp\": [4]}, \"search\": {\"strategy\": \"random\", \"evaluations\": 5}}";

/* Writes a temporary experiment; the test's process is forked, so its number makes the name unique. */
static const char *write_file(const char *text, char path[64])
{
    struct error err;
    snprintf(path, 64, "/tmp/actsearch-experiment-%ld.json", (long)getpid());
    ASSERT_OK(file_write(path, text, strlen(text), &err));
    return path;
}

static struct text normal_form(const char *path, const char *const *settings)
{
    struct error err;
    struct experiment *experiment;
    struct text out = TEXT_EMPTY;
    ASSERT_OK(experiment_read(path, settings, &experiment, &err));
    ASSERT_OK(experiment_open_data(experiment, &err));
    experiment_normal_form(experiment, &out);
    experiment_free(experiment);
    return out;
}

START_TEST(reads_everything_that_is_shipped)
{
    static const char *const names[] = {"spirals", "fashion-mlp", "swish2017-mlp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error err;
        struct experiment *experiment;
        char path[512];
        snprintf(path, sizeof path, "%s/experiments/%s.json", SOURCE_DIR, names[i]);
        ASSERT_OK(experiment_read(path, NULL, &experiment, &err));
        ck_assert_str_eq(experiment->name, names[i]);
        ck_assert_uint_gt(strlen(experiment->description), 20);
        ck_assert_ptr_nonnull(experiment->grammar);
        ck_assert_ptr_null(experiment->set);
        experiment_free(experiment);
    }
}
END_TEST

START_TEST(opens_the_made_up_one)
{
    struct error err;
    struct experiment *experiment;
    ASSERT_OK(experiment_read(spirals, NULL, &experiment, &err));
    ASSERT_OK(experiment_open(experiment, NULL, ISA_PORTABLE, &err));
    ck_assert_int_eq(network_features(experiment->network), 2);
    ck_assert_int_eq(network_classes(experiment->network), 2);
    ck_assert_ptr_nonnull(experiment->fitness);
    ck_assert_uint_eq(experiment->seed, 1);
    ck_assert_str_eq(experiment->search.strategy->name, "aging");
    experiment_free(experiment);
}
END_TEST

START_TEST(normal_form_is_complete_and_is_json)
{
    char path[64];
    struct error err;
    struct json_document *document;
    struct text text = normal_form(write_file(small, path), NULL);
    ck_assert_str_eq(
        text_string(&text),
        "{\"data\":{\"format\":\"made_up\",\"name\":\"moons\",\"samples\":100,\"noise\":0.05,\"classes\":2,"
        "\"train\":0.6,\"validation\":0.2,\"scale\":\"standard\"},\"network\":{\"layers\":["
        "{\"type\":\"dense\",\"name\":\"dense1\",\"units\":4},{\"type\":\"activation\",\"name\":\"act1\"},"
        "{\"type\":\"dense\",\"name\":\"dense2\",\"units\":2}],\"loss\":{\"name\":\"softmax_cross_entropy\",\"label_"
        "smoothing\":0},\"parameters\":\"layer\"},"
        "\"search\":{\"strategy\":\"random\",\"evaluations\":5,\"proposals\":1250,\"window\":16,"
        "\"baselines\":true},\"seed\":1}");
    ASSERT_OK(json_parse(text_string(&text), "normal form", &document, &err));
    json_document_free(document);
    text_release(&text);
    unlink(path);
}
END_TEST

/* The same experiment somewhere else, its grammar and table reached by other paths. */
START_TEST(normal_form_holds_no_path)
{
    struct error err;
    char folder[64], path[128], table[128], experiment[1024];
    snprintf(folder, sizeof folder, "/tmp/actsearch-folder-%ld", (long)getpid());
    snprintf(path, sizeof path, "%s-a.json", folder);
    snprintf(table, sizeof table, "%s-table.csv", folder);
    struct text csv = TEXT_EMPTY;
    text_add(&csv, "a,b,kind\n");
    for (int i = 0; i < 20; i++)
        text_addf(&csv, "%d,%d,%s\n", i, i * i % 7, i % 3 ? "one" : "two");
    ASSERT_OK(file_write(table, text_string(&csv), csv.length, &err));
    snprintf(experiment, sizeof experiment,
             "{\"name\": \"t\", \"grammar\": \"%s/grammars/cheap.json\", \"data\": {\"format\": \"csv\", \"file\": "
             "\"%s\", \"label\": \"kind\", \"ignore\": [\"b\"]}, \"network\": {\"mlp\": [3]}, \"search\": "
             "{\"strategy\": \"aging\", \"evaluations\": 9}}",
             SOURCE_DIR, table);
    ASSERT_OK(file_write(path, experiment, strlen(experiment), &err));
    struct text text = normal_form(path, NULL);
    ck_assert_ptr_null(strstr(text_string(&text), "/tmp"));
    ck_assert_ptr_null(strstr(text_string(&text), "grammars"));
    ck_assert_ptr_nonnull(strstr(text_string(&text), "\"label\":\"kind\",\"separator\":\",\",\"ignore\":[\"b\"]"));
    ck_assert_ptr_nonnull(strstr(text_string(&text), "\"population\":64,\"tournament\":16,\"crossover\":0.1}"));

    /* Another name for the same table: the same text. */
    char setting[200], renamed[160];
    snprintf(renamed, sizeof renamed, "%s.moved", table);
    snprintf(setting, sizeof setting, "data.file=%s", renamed);
    ck_assert_int_eq(rename(table, renamed), 0);
    struct text moved = normal_form(path, (const char *const[]){setting, NULL});
    ck_assert_str_eq(text_string(&text), text_string(&moved));
    text_release(&text);
    text_release(&moved);
    text_release(&csv);
    unlink(path);
    unlink(renamed);
}
END_TEST

/* Whatever changes a result changes the text. */
START_TEST(normal_form_tells_experiments_apart)
{
    static const char *const settings[] = {
        "seed=2",          "data.noise=0.2",        "data.samples=101",       "network.mlp=[5]",
        "search.window=8", "search.evaluations=6",  "search.baselines=false", "data.train=0.5",
        "data.scale=unit", "search.strategy=aging", "search.seed=1"};
    char path[64];
    struct text original = normal_form(write_file(small, path), NULL);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *list[] = {settings[i], i == 7 ? "data.validation=0.2" : NULL, i == 7 ? "data.test=0.2" : NULL,
                              NULL};
        struct text changed = normal_form(path, list);
        ck_assert_msg(strcmp(text_string(&original), text_string(&changed)) != 0, "%s leaves no trace", settings[i]);
        text_release(&changed);
    }
    text_release(&original);
    unlink(path);
}
END_TEST

/* The search draws from the experiment's seed unless it has its own, and then what is trained does not change. */
START_TEST(a_search_may_have_its_own_seed)
{
    static const struct {
        const char *setting;
        uint64_t seed, search_seed;
    } cases[] = {{"seed=7", 7, 7}, {"search.seed=7", 1, 7}, {"search.seed=0", 1, 0}};
    char path[64];
    write_file(small, path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct experiment *experiment;
        ASSERT_OK(experiment_read(path, (const char *const[]){cases[i].setting, NULL}, &experiment, &err));
        ck_assert_uint_eq(experiment->seed, cases[i].seed);
        ck_assert_uint_eq(experiment->search.seed, cases[i].search_seed);
        experiment_free(experiment);
    }
    unlink(path);
}
END_TEST

START_TEST(settings_change_one_value)
{
    static const struct {
        const char *text, *setting, *expected;
    } cases[] = {
        {"{\"a\":1}", "a=2", "{\"a\":2}"},
        {"{\"a\":1,\"b\":{\"c\":[1,2,3]}}", "b.c.1=9", "{\"a\":1,\"b\":{\"c\":[1,9,3]}}"},
        {"{\"a\":1}", "b=x y", "{\"a\":1,\"b\":\"x y\"}"},
        {"{}", "a={\"b\": [1, true, null]}", "{\"a\":{\"b\":[1,true,null]}}"},
        {"{\"a\":{\"b\":1}}", "a.c=0.5", "{\"a\":{\"b\":1,\"c\":0.5}}"},
        {"{\"a\":1}", "a==", "{\"a\":\"=\"}"},
        {"{\"a\":1}", "a=", "{\"a\":\"\"}"},
        {"{\"a\":{\"b\":1}}", "a=\"q\"", "{\"a\":\"q\"}"},
        {"{\"a\":1}", "a=NaN", "{\"a\":\"NaN\"}"},
        {"{\"a\":1}", "a=caf\xc3\xa9\x1b", "{\"a\":\"caf\xc3\xa9\\u001b\"}"},
        /* what is missing on the way is made, at any depth */
        {"{}", "a.b=1", "{\"a\":{\"b\":1}}"},
        {"{\"t\":{\"n\":1}}", "t.schedule.name=cosine", "{\"t\":{\"n\":1,\"schedule\":{\"name\":\"cosine\"}}}"},
        {"{\"t\":{}}", "t.a.b.c.d=true", "{\"t\":{\"a\":{\"b\":{\"c\":{\"d\":true}}}}}"},
        {"{\"t\":null}", "t.a=1", "{\"t\":{\"a\":1}}"},
        {"{}", "a.b={\"c\": []}", "{\"a\":{\"b\":{\"c\":[]}}}"},
        {"{}", "a.b=", "{\"a\":{\"b\":\"\"}}"},
        {"{\"a\":[{\"u\":1},{\"u\":2}]}", "a.1.v.w=3", "{\"a\":[{\"u\":1},{\"u\":2,\"v\":{\"w\":3}}]}"},
        {"{\"a\":[1]}", "a.1=2", "{\"a\":[1,2]}"},
        {"{\"a\":[]}", "a.0.u=2", "{\"a\":[{\"u\":2}]}"},
        {"{}", "a.0=2", "{\"a\":[2]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct text out = TEXT_EMPTY;
        ASSERT_OK(experiment_set(cases[i].text, "f", cases[i].setting, &out, &err));
        ck_assert_str_eq(text_string(&out), cases[i].expected);
        text_release(&out);
    }
}
END_TEST

/* Each one sees what those before it made. */
START_TEST(settings_follow_one_another)
{
    static const char *const settings[] = {"a.b=1",   "a.b.c=2", "a={\"d\":[1]}", "a.d.1=null", "a.d.1.e=3",
                                           "a.d.0=x", "f.0=[]",  "f.0.0=true",    "a.b=4"};
    static const bool fits[] = {true, false, true, true, true, true, true, true, true};
    struct error err;
    struct json_document *document;
    struct text out = TEXT_EMPTY;
    ASSERT_OK(json_parse("null", "f", &document, &err));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (fits[i])
            ASSERT_OK(experiment_override(document, settings[i], &err));
        else
            ASSERT_FAILS(experiment_override(document, settings[i], &err), ERROR_USAGE, "$.a.b is 1, so there is no");
    json_normal_form(json_root(document), &out);
    ck_assert_str_eq(text_string(&out), "{\"a\":{\"d\":[\"x\",{\"e\":3}],\"b\":4},\"f\":[[true]]}");
    json_document_free(document);
    text_release(&out);
}
END_TEST

START_TEST(settings_that_fit_nowhere_are_refused)
{
    static const struct {
        const char *setting, *fragment;
    } cases[] = {
        {"a", "not PATH=VALUE"},
        {"=1", "not PATH=VALUE"},
        {"a..b=1", "not PATH=VALUE"},
        {"a.x=1", "$.a is 1, so there is no \"x\" in it; to replace it, set 'a={\"x\":1}'"},
        {"s.x.y=[1]", "$.s is \"text\", so there is no \"x\" in it; to replace it, set 's={\"x\":{\"y\":[1]}}'"},
        {"list.0.x=1", "$.list[0] is 1, so"},
        {"flag.x=1", "$.flag is true, so"},
        {"list.7=1", "no item \"7\" in the array $.list; its items are 0 to 0, and 1 would be one more"},
        {"list.-1=1", "no item \"-1\" in the array"},
        {"list.00=1", "no item \"00\" in the array"},
        {"list.x=1", "no item \"x\" in the array $.list"},
        {"none.x=1", "no item \"x\" in the array $.none; it is empty"},
        {"new.3=1", "no array yet that could have an item 3"},
        {"a={\"b\": 1", "a={\"b\": 1:"},
        {"a=[1,]", "a=[1,]:"},
        {"a=\"half", "a=\"half:"},
        {"a.b", "\"a.b\" is not PATH=VALUE"},
        {"", "not PATH=VALUE"},
        {".a=1", "not PATH=VALUE"},
        {"a.=1", "not PATH=VALUE"},
        {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r=1", "not PATH=VALUE"},
        {"a={\"b\": 1, \"b\": 2}", "a={\"b\": 1, \"b\": 2}:1:10: $.b: this key is given twice"},
        {"a=[1, 2", "ends too early"},
        {"a=caf\xe9", "caf\\xe9\" is not UTF-8"},
    };
    static const char text[] = "{\"a\":1,\"list\":[1],\"none\":[],\"s\":\"text\",\"flag\":true}";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct text out = TEXT_EMPTY;
        ASSERT_FAILS(experiment_set(text, "f", cases[i].setting, &out, &err), ERROR_USAGE, cases[i].fragment);
        text_release(&out);
    }
}
END_TEST

/* Every wrong value names the file and the place. */
START_TEST(wrong_experiments_name_the_place)
{
    static const struct {
        const char *setting, *fragment;
    } cases[] = {
        {"grammer=1", ".json: $.grammer: unknown key"},
        {"name=a/b", "$.name"},
        {"name=", "$.name"},
        {"name=3", "$.name: expected a string"},
        {"seed=-1", "$.seed"},
        {"seed=0.5", "$.seed"},
        {"grammar=3", "$.grammar: expected the path"},
        {"grammar={\"name\":\"g\"}", "$.grammar"},
        {"data=3", "$.data"},
        {"data.format=xls", "$.data.format"},
        {"network=3", "$.network: expected an object"},
        {"training={\"epochs\":0}", "$.training.epochs"},
        {"training={\"epocs\":1}", "$.training.epocs"},
        {"search.strategy=magic", "$.search.strategy"},
        {"search.window=0", "$.search.window"},
        {"search.population=4", "$.search.population"},
        {"description=[1]", "$.description"},
    };
    char path[64];
    write_file(small, path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct experiment *experiment;
        const char *settings[] = {cases[i].setting, NULL};
        ASSERT_FAILS(experiment_read(path, settings, &experiment, &err), ERROR_INPUT, cases[i].fragment);
        ck_assert_msg(strstr(err.where, path) != NULL, "%s: the file is not named: %s", cases[i].setting, err.where);
        ck_assert_ptr_null(experiment);
    }
    unlink(path);
}
END_TEST

START_TEST(missing_parts_are_named)
{
    static const char *const parts[] = {"name", "grammar", "data", "network", "search"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct error err;
        struct experiment *experiment;
        char text[1024], key[32], path[64];
        snprintf(text, sizeof text, "%s", small);
        snprintf(key, sizeof key, "\"%s\":", parts[i]);
        /* The key gets another name, so its part is missing and a wrong one is there. */
        char *found = strstr(text, key);
        ck_assert_ptr_nonnull(found);
        found[1] = 'X';
        ASSERT_FAILS(experiment_read(write_file(text, path), NULL, &experiment, &err), ERROR_INPUT, "unknown key");
        unlink(path);
    }
}
END_TEST

START_TEST(broken_files_are_refused)
{
    struct error err;
    struct experiment *experiment;
    char path[64];
    ASSERT_FAILS(experiment_read("/nowhere/e.json", NULL, &experiment, &err), ERROR_IO, "/nowhere/e.json");
    ASSERT_FAILS(experiment_read(write_file("{\"name\": ", path), NULL, &experiment, &err), ERROR_INPUT, path);
    ASSERT_FAILS(experiment_read(write_file("{}", path), NULL, &experiment, &err), ERROR_INPUT, "$.name: missing");
    ASSERT_FAILS(experiment_read(write_file("[]", path), NULL, &experiment, &err), ERROR_INPUT, "expected an object");
    const char *settings[] = {"grammar=nowhere.json", NULL};
    ASSERT_FAILS(experiment_read(write_file(small, path), settings, &experiment, &err), ERROR_IO, "/tmp/nowhere.json");
    unlink(path);
}
END_TEST

/* A network is only held against the data when they are there. */
START_TEST(wrong_networks_are_refused_when_opened)
{
    struct error err;
    struct experiment *experiment;
    char path[64];
    const char *settings[] = {"network={\"mlp\":[0]}", NULL};
    ASSERT_OK(experiment_read(write_file(small, path), settings, &experiment, &err));
    ASSERT_FAILS(experiment_open(experiment, NULL, ISA_PORTABLE, &err), ERROR_INPUT, "$.network.mlp[0]");
    experiment_free(experiment);
    unlink(path);
}
END_TEST

START_TEST(survives_short_memory)
{
    struct error err;
    char path[64];
    const char *settings[] = {"seed=3", "description=some words", NULL};
    write_file(small, path);
    int status = ERROR_MEMORY;
    long n = 0;
    for (n = 1; status == ERROR_MEMORY && n < 5000; n++) {
        struct experiment *experiment = NULL;
        struct text out = TEXT_EMPTY;
        err = ERROR_EMPTY;
        memory_fail_at(n);
        status = experiment_read(path, settings, &experiment, &err);
        if (!status)
            status = experiment_open(experiment, NULL, ISA_PORTABLE, &err);
        if (!status)
            experiment_normal_form(experiment, &out);
        if (!status && text_failed(&out))
            status = ERROR_MEMORY;
        memory_fail_never();
        ck_assert_msg(status == 0 || status == ERROR_MEMORY, "allocation %ld: %s: %s", n, err.where, err.what);
        text_release(&out);
        experiment_free(experiment);
    }
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(n, 30);
    unlink(path);
}
END_TEST

int main(void)
{
    return RUN_TESTS("experiment", 60, reads_everything_that_is_shipped, opens_the_made_up_one,
                     normal_form_is_complete_and_is_json, normal_form_holds_no_path,
                     normal_form_tells_experiments_apart, a_search_may_have_its_own_seed, settings_change_one_value,
                     settings_follow_one_another, settings_that_fit_nowhere_are_refused,
                     wrong_experiments_name_the_place, missing_parts_are_named, broken_files_are_refused,
                     wrong_networks_are_refused_when_opened, survives_short_memory);
}
