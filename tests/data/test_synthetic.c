/* Sets that are made from the seed, and what a description of data may say. */
#include "data/files.h"

#include "base/text.h"
#include "data/format_internal.h"
#include "data/synthetic_internal.h"

#include <math.h>

static void describe(char *text, size_t size, const char *name, const char *more)
{
    snprintf(text, size, "{\"format\":\"made_up\",\"name\":\"%s\"%s}", name, more);
}

START_TEST(every_set_is_balanced_and_of_its_size)
{
    for (int k = 0; data_synthetic_name(k); k++) {
        struct error err;
        struct data_set *set;
        char text[256];
        describe(text, sizeof text, data_synthetic_name(k), ",\"samples\":500,\"noise\":0.01");
        ASSERT_OK(open_set(text, 1, &set, &err));
        struct data_shape shape = data_shape(set);
        data_set_free(set);
        if (shape.target != DATA_TARGET_CLASS || shape.rank != 1)
            continue;
        describe(text, sizeof text, data_synthetic_name(k), ",\"samples\":500,\"scale\":\"none\",\"noise\":0.01");
        ASSERT_OK(open_set(text, 1, &set, &err));
        ck_assert_int_eq(shape.features, 2);
        ck_assert_int_eq(shape.target, DATA_TARGET_CLASS);
        ck_assert_int_ge(shape.classes, 2);
        ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 300);
        ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 100);
        double largest = 0;
        for (int i = 0; i < 300; i++) {
            float x[2];
            int32_t y;
            data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
            ck_assert(isfinite(x[0]) && isfinite(x[1]));
            ck_assert_int_eq(y, data_index(data_part(set, DATA_TRAIN), i) % shape.classes);
            largest = fmax(largest, fmax(fabsf(x[0]), fabsf(x[1])));
        }
        ck_assert_double_gt(largest, 0.8);
        ck_assert_double_lt(largest, 1.7);
        data_set_free(set);
    }
}
END_TEST

/* What the format asks of an entry of the table. */
START_TEST(every_entry_is_whole)
{
    for (int k = 0; synthetic_set(k); k++) {
        const struct synthetic_set *set = synthetic_set(k);
        ck_assert_str_eq(data_synthetic_name(k), set->name);
        ck_assert_msg(!set->draw == !!set->write, "%s: a sample is drawn or a text is written", set->name);
        ck_assert_int_eq(set->write != NULL, set->target == DATA_TARGET_NEXT);
        ck_assert_int_eq(set->value != NULL, set->target == DATA_TARGET_NUMBER);
        ck_assert_int_eq(set->min_classes >= 2, set->target == DATA_TARGET_CLASS);
        ck_assert(set->max_classes >= set->min_classes);
        for (int other = 0; other < k; other++)
            ck_assert_str_ne(set->name, synthetic_set(other)->name);
    }
}
END_TEST

/* Without noise the classes obey the rule that made them. */
START_TEST(points_lie_where_their_class_says)
{
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"xor\",\"noise\":0,\"scale\":\"none\"}", 1, &set, &err));
    for (int i = 0; i < data_size(data_part(set, DATA_TRAIN)); i++) {
        float x[2];
        int32_t y;
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
        ck_assert(y == 0 ? x[0] * x[1] >= 0 : x[0] * x[1] <= 0);
    }
    data_set_free(set);
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"rings\",\"classes\":4,\"noise\":0,\"scale\":\"none\"}", 1,
                       &set, &err));
    for (int i = 0; i < data_size(data_part(set, DATA_TRAIN)); i++) {
        float x[2];
        int32_t y;
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
        ck_assert_float_eq_tol(hypotf(x[0], x[1]), (float)(y + 1) / 4, 1e-5f);
    }
    data_set_free(set);
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"spirals\",\"classes\":3,\"noise\":0,\"scale\":\"none\"}", 1,
                       &set, &err));
    for (int i = 0; i < data_size(data_part(set, DATA_TRAIN)); i++) {
        float x[2];
        int32_t y;
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
        double pi = acos(-1), radius = hypot(x[0], x[1]), turns = (atan2(x[1], x[0]) - 3 * pi * radius) / (2 * pi);
        double off = turns - y / 3.0;
        ck_assert_double_lt(fabs(off - round(off)) * radius, 1e-4);
    }
    data_set_free(set);
}
END_TEST

START_TEST(noise_has_the_deviation_asked_for)
{
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"blobs\",\"noise\":0.5,\"samples\":20000,\"scale\":\"none\"}",
                       1, &set, &err));
    double squares = 0;
    enum { N = 12000 };
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), N);
    for (int i = 0; i < N; i++) {
        float x[2];
        int32_t y;
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
        double dx = x[0] - (y ? -1 : 1);
        squares += (dx * dx + (double)x[1] * x[1]) / (2.0 * N);
    }
    ck_assert_double_eq_tol(sqrt(squares), 0.5, 5 * 0.5 / sqrt(4.0 * N));
    data_set_free(set);
}
END_TEST

START_TEST(the_seed_makes_the_set)
{
    struct error err;
    struct data_set *a, *b;
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"spirals\"}", 1, &a, &err));
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"spirals\"}", 1, &b, &err));
    ck_assert_uint_eq(data_digest(a), data_digest(b));
    data_set_free(b);
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"spirals\"}", 2, &b, &err));
    ck_assert_uint_ne(data_digest(a), data_digest(b));
    data_set_free(b);
    ck_assert_uint_eq(data_digest(a), 9012860011083572065u); /* pinned: stored results depend on it */
    data_set_free(a);
}
END_TEST

/* Standardised by train, turned back by data_number(): the formula that made them. */
START_TEST(waves_are_a_number_to_predict)
{
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"waves\",\"noise\":0,\"scale\":\"none\"}", 1, &set, &err));
    struct data_shape shape = data_shape(set);
    struct data_number number = data_number(set);
    ck_assert_int_eq(shape.rank, 1);
    ck_assert_int_eq(shape.features, 2);
    ck_assert_int_eq(shape.classes, 0);
    ck_assert_int_eq(shape.target, DATA_TARGET_NUMBER);
    ck_assert_int_eq(shape.targets, 1);
    ck_assert_ptr_null(data_labels(data_part(set, DATA_TRAIN)));
    enum { N = 600 };
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), N);
    static float x[2 * N], y[N];
    data_gather_range(data_part(set, DATA_TRAIN), 0, N, x, VALUES(y));
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        ck_assert_double_eq_tol(number.mean + number.deviation * y[i], sin(3.0 * x[2 * i]) * cos(2.0 * x[2 * i + 1]),
                                1e-5);
        sum += y[i] / (double)N;
        squares += (double)y[i] * y[i] / N;
    }
    ck_assert_double_eq_tol(sum, 0, 1e-6);
    ck_assert_double_eq_tol(squares, 1, 1e-5);
    ck_assert_double_eq_tol(data_target_variance(data_part(set, DATA_TRAIN)), 1, 1e-5);
    double validation = data_target_variance(data_part(set, DATA_VALIDATION));
    ck_assert(validation > 0.5 && validation < 2 && fabs(validation - 1) > 1e-4);
    data_set_free(set);
}
END_TEST

/* Without noise an image is one line of ones, and the sums over rows and columns tell which way it runs. */
START_TEST(bars_run_as_their_class_says)
{
    enum { SIDE = 12 };
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set(
        "{\"format\":\"made_up\",\"name\":\"bars\",\"noise\":0,\"classes\":4,\"samples\":200,\"scale\":\"none\"}", 1,
        &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert(shape.rank == 3 && shape.size[0] == SIDE && shape.size[1] == SIDE && shape.size[2] == 1);
    for (int i = 0; i < 120; i++) {
        float x[SIDE * SIDE];
        int32_t y;
        int lit = 0, row[2 * SIDE], column[2 * SIDE];
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(&y));
        for (int p = 0; p < SIDE * SIDE; p++)
            if (x[p] != 0) {
                ck_assert_float_eq(x[p], 1);
                ck_assert_int_lt(lit, 2 * SIDE);
                row[lit] = p / SIDE;
                column[lit++] = p % SIDE;
            }
        ck_assert_int_ge(lit, 4);
        int down = row[1] - row[0], across = column[1] - column[0];
        static const int steps[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
        ck_assert_int_eq(down, steps[y][0]);
        ck_assert_int_eq(across, steps[y][1]);
    }
    data_set_free(set);
}
END_TEST

/* Follows the brackets with a stack of its own: without noise every one that closes is the one that was opened. */
START_TEST(brackets_close_what_was_opened)
{
    struct error err;
    struct data_set *set;
    ASSERT_OK(open_set("{\"format\":\"made_up\",\"name\":\"brackets\",\"noise\":0,\"steps\":20,\"samples\":100}", 1,
                       &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.rank, 2);
    ck_assert_int_eq(shape.size[0], 20);
    ck_assert_int_eq(shape.size[1], 1);
    ck_assert_int_eq(shape.tokens, 7);
    ck_assert_int_eq(shape.classes, 7);
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 60);
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 20);
    char stack[64] = "", previous = '(';
    int depth = 0, deepest = 0;
    for (int i = 0; i < 60; i++) {
        float x[20];
        int32_t y[20];
        data_gather_range(data_part(set, DATA_TRAIN), i, 1, x, CLASSES(y));
        for (int t = 0; t < 20; t++) {
            char symbol = data_class_name(set, (int)x[t])[0];
            if (t < 19)
                ck_assert_float_eq(x[t + 1], (float)y[t]);
            const char *place = strchr("([{)]} ", symbol);
            ck_assert_ptr_nonnull(place);
            if (symbol == ' ')
                ck_assert(depth == 0 && previous != ' ');
            else if (strchr("([{", symbol))
                stack[depth++] = symbol;
            else
                ck_assert_int_eq(stack[--depth] == '(' ? ')' : stack[depth] == '[' ? ']' : '}', symbol);
            deepest = depth > deepest ? depth : deepest;
            previous = symbol;
        }
    }
    ck_assert_int_ge(deepest, 5);
    data_set_free(set);
}
END_TEST

START_TEST(wrong_descriptions_are_refused_with_their_path)
{
#define IDX "{\"format\":\"idx\",\"folder\":\".\","
#define MADE "{\"format\":\"made_up\",\"name\":\"spirals\","
#define TABLE "{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\","
    static const struct {
        const char *text, *fragment;
    } cases[] = {
        {"[]", "experiment.json: $: expected an object"},
        {"{}", "$.format: missing; expected one of idx, csv, "},
        {"{\"format\":\"arff\"}", "$.format: expected one of idx, csv, "},
        {"{\"format\":\"cifar10\"}", "$.folder: missing; expected a string"},
        {"{\"format\":\"cifar10\",\"folder\":\".\",\"test\":0.1}", "$.test: unknown key"},
        {"{\"format\":\"npy\"}", "$.inputs: missing; expected a string"},
        {"{\"format\":\"npy\",\"inputs\":\"a\"}", "$.labels: missing; expected a string; name a file of integers"},
        {"{\"format\":\"npy\",\"inputs\":\"a\",\"labels\":\"b\",\"target\":\"c\"}",
         "$.target: \"labels\" is given too: only one thing can be predicted"},
        {"{\"format\":\"text\"}", "$.file: missing"},
        {"{\"format\":\"text\",\"file\":\"a\",\"steps\":0}", "$.steps: expected an integer from 1"},
        {"{\"format\":\"text\",\"file\":\"a\",\"scale\":\"unit\"}", "$.scale: unknown key"},
        {"{\"format\":\"made_up\",\"name\":\"waves\",\"classes\":2}", "$.classes: \"waves\" has no number of classes"},
        {"{\"format\":\"made_up\",\"name\":\"brackets\",\"classes\":2}", "$.classes: \"brackets\" has no"},
        {"{\"format\":\"made_up\",\"name\":\"brackets\",\"scale\":\"unit\"}", "$.scale: the symbols of \"brackets\""},
        {"{\"format\":\"made_up\",\"name\":\"brackets\",\"noise\":2}", "$.noise: expected a number from 0 to 1"},
        {MADE "\"steps\":5}", "$.steps: \"spirals\" has no steps"},
        {"{\"format\":\"idx\"}", "$.train_images: missing; expected a string"},
        {IDX "\"trian\":5}", "$.trian: unknown key; known keys here: format, folder"},
        {IDX "\"test\":5,\"train\":5,\"validation\":5}", "$.test: unknown key"},
        {IDX "\"scale\":\"log\"}", "$.scale: expected one of standard, unit, none, got \"log\""},
        {IDX "\"train\":5}", "$.validation: missing; expected a number"},
        {IDX "\"train\":0.5,\"validation\":5}", "$.train: shares below 1 and numbers of rows are mixed"},
        {IDX "\"train\":0.9,\"validation\":0.2}", "add up to 1.1; make them add up to 1 or less"},
        {IDX "\"train\":-3,\"validation\":5}", "$.train: expected a number from"},
        {IDX "\"train\":3.5,\"validation\":5}", "$.train: 3.5 rows cannot be"},
        {IDX "\"train_images\":7}", "$.train_images: expected a string, got 7"},
        {"{\"format\":\"csv\",\"label\":\"kind\"}", "$.file: missing"},
        {"{\"format\":\"csv\",\"file\":\"t.csv\"}", "$.label: missing"},
        {"{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"\"}", "$.label: must not be empty"},
        {TABLE "\"separator\":\"x\"}", "$.separator: expected \",\", \";\", "},
        {TABLE "\"separator\":\"\"}", "$.separator: expected"},
        {TABLE "\"ignore\":[\"id\",3]}", "$.ignore[1]: expected a string, got 3"},
        {TABLE "\"ignore\":[\"kind\"]}", "$.ignore[0]: the column to predict cannot be ignored or an input"},
        {TABLE "\"one_hot\":[\"a\",\"kind\"]}", "$.one_hot[1]: the column to predict cannot"},
        {TABLE "\"ignore\":[\"b\"],\"one_hot\":[\"a\",\"b\"]}",
         "$.one_hot[1]: column \"b\" is in \"one_hot\" and in \"ignore\""},
        {TABLE "\"target\":\"a\"}", "$.target: \"label\" is given too: only one thing can be predicted"},
        {TABLE "\"target_file\":\"a\"}", "$.target_file: \"label\" is given too"},
        {TABLE "\"header\":0}", "$.header: expected true or false"},
        {TABLE "\"skip\":-1}", "$.skip: expected an integer from 0"},
        {TABLE "\"train\":10,\"validation\":5,\"test\":0.2}", "are mixed"},
        {TABLE "\"samples\":10}", "$.samples: unknown key"},
        {"{\"format\":\"made_up\",\"name\":\"knot\"}", "$.name: expected one of spirals, moons"},
        {MADE "\"samples\":5}", "$.samples: expected an integer from 10"},
        {MADE "\"noise\":-1}", "$.noise: expected a number from 0"},
        {MADE "\"classes\":1}", "$.classes: expected an integer from 2 to 10"},
        {"{\"format\":\"made_up\",\"name\":\"moons\",\"classes\":3}", "$.classes: expected an integer from 2 to 2"},
    };
    struct error err;
    struct data_spec spec;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ASSERT_FAILS(read_spec(cases[i].text, &spec, &err), ERROR_INPUT, cases[i].fragment);
}
END_TEST

/* The first three are pinned by stored runs, which are resumed only under the same text. */
START_TEST(normal_forms_say_everything_but_paths)
{
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {MADE "\"samples\":100}",
         "{\"format\":\"made_up\",\"name\":\"spirals\",\"samples\":100,\"noise\":0.05,\"classes\":2,"
         "\"train\":0.6,\"validation\":0.2,\"scale\":\"standard\"}"},
        {TABLE "\"ignore\":[\"b\"],\"test\":0.2,\"train\":0.6,\"validation\":0.2}",
         "{\"format\":\"csv\",\"label\":\"kind\",\"separator\":\",\",\"ignore\":[\"b\"],\"train\":0.6,\"validation\":0."
         "2,"
         "\"test\":0.2,\"scale\":\"standard\"}"},
        {IDX "\"train\":10,\"validation\":5}",
         "{\"format\":\"idx\",\"train\":10,\"validation\":5,\"test\":0,\"scale\":\"standard\"}"},
        {"{\"format\":\"csv\",\"file\":\"a\",\"target_file\":\"b\",\"header\":false,\"skip\":2,\"one_hot\":[\"1\"]}",
         "{\"format\":\"csv\",\"target_file\":true,\"separator\":\",\",\"ignore\":[],\"one_hot\":[\"1\"],\"header\":"
         "false,"
         "\"skip\":2,\"train\":0.6,\"validation\":0.2,\"scale\":\"standard\"}"},
        {"{\"format\":\"csv\",\"file\":\"a\",\"target\":\"t\",\"separator\":\" \"}",
         "{\"format\":\"csv\",\"target\":\"t\",\"separator\":\" \",\"ignore\":[],\"train\":0.6,\"validation\":0.2,"
         "\"scale\":\"standard\"}"},
        {"{\"format\":\"text\",\"file\":\"a\"}",
         "{\"format\":\"text\",\"steps\":64,\"train\":0.8,\"validation\":0.1,\"scale\":\"none\"}"},
        {"{\"format\":\"npy\",\"inputs\":\"a\",\"target\":\"b\",\"scale\":\"unit\"}",
         "{\"format\":\"npy\",\"target\":true,\"train\":0.6,\"validation\":0.2,\"scale\":\"unit\"}"},
        {"{\"format\":\"cifar10\",\"folder\":\"a\",\"train\":10,\"validation\":5}",
         "{\"format\":\"cifar10\",\"train\":10,\"validation\":5,\"test\":0,\"scale\":\"standard\"}"},
        {"{\"format\":\"made_up\",\"name\":\"brackets\"}",
         "{\"format\":\"made_up\",\"name\":\"brackets\",\"samples\":1000,\"noise\":0.05,\"steps\":32,\"train\":0.6,"
         "\"validation\":0.2,\"scale\":\"none\"}"},
    };
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct data_spec spec;
        struct text normal = TEXT_EMPTY;
        ASSERT_OK(read_spec(cases[i].text, &spec, &err));
        data_spec_normal_form(&spec, &normal);
        ck_assert_str_eq(text_string(&normal), cases[i].normal);
        text_release(&normal);
        data_spec_release(&spec);
    }
}
END_TEST

static const char *path_of(const struct data_spec *spec, const char *key)
{
    const struct setting *setting = settings_find(spec->format->settings, key);
    return *(char *const *)setting_member_of(setting, spec->settings);
}

START_TEST(paths_start_at_the_experiment)
{
    struct error err;
    struct data_spec spec;
    ASSERT_OK(read_spec("{'format':'idx','folder':'sub/set','test_labels':'/abs/t'}", &spec, &err));
    ck_assert_str_eq(path_of(&spec, "train_images"), in_folder("sub/set/train-images-idx3-ubyte"));
    ck_assert_str_eq(path_of(&spec, "test_images"), in_folder("sub/set/t10k-images-idx3-ubyte"));
    ck_assert_str_eq(path_of(&spec, "test_labels"), "/abs/t");
    data_spec_release(&spec);
    data_spec_release(&spec);
    ASSERT_OK(read_spec("{'format':'idx','folder':'/abs/'}", &spec, &err));
    ck_assert_str_eq(path_of(&spec, "train_labels"), "/abs/train-labels-idx1-ubyte");
    data_spec_release(&spec);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    struct error err;
    struct json_document *document;
    ASSERT_OK(json_parse("{\"format\":\"csv\",\"file\":\"t.csv\",\"label\":\"kind\",\"ignore\":[\"a\",\"b\"]}",
                         "experiment.json", &document, &err));
    long failures = 0;
    for (int status = 1; status; failures++) {
        struct data_spec spec;
        memory_fail_at(failures + 1);
        status = data_spec_read(json_root(document), &spec, &err);
        memory_fail_never();
        ck_assert(status == 0 || status == ERROR_MEMORY);
        data_spec_release(&spec);
    }
    ck_assert_int_ge(failures, 6);
    json_document_free(document);
    check_allocations("{\"format\":\"made_up\",\"name\":\"spirals\"}", 12);
    check_allocations("{\"format\":\"made_up\",\"name\":\"waves\"}", 10);
    check_allocations("{\"format\":\"made_up\",\"name\":\"brackets\"}", 10);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data synthetic", every_set_is_balanced_and_of_its_size, every_entry_is_whole,
                                points_lie_where_their_class_says, noise_has_the_deviation_asked_for,
                                the_seed_makes_the_set, waves_are_a_number_to_predict, bars_run_as_their_class_says,
                                brackets_close_what_was_opened, wrong_descriptions_are_refused_with_their_path,
                                normal_forms_say_everything_but_paths, paths_start_at_the_experiment,
                                every_failing_allocation_is_reported);
}
