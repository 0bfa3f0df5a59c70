/* Every part of every format answers the same questions in the same way: train, validation, and the sealed test part.
 */
#include "data/cases.h"

#include "base/error.h"
#include "data/data_internal.h"

#include <math.h>

enum { PARTS = 3, TEST = 2, MOST_ROWS = 64, WIDEST = 3072, STRIDE = WIDEST + 64 };

struct parts {
    struct data_set *set;
    struct data_sealed *sealed;
    struct data_part part[PARTS];
};

static struct parts open_parts(const char *text, uint64_t seed)
{
    struct error err;
    struct parts parts;
    ASSERT_OK(open_set(text, seed, &parts.set, &err));
    ASSERT_OK(open_sealed(text, seed, &parts.sealed, &err));
    parts.part[DATA_TRAIN] = data_part(parts.set, DATA_TRAIN);
    parts.part[DATA_VALIDATION] = data_part(parts.set, DATA_VALIDATION);
    parts.part[TEST] = data_sealed_part(parts.sealed);
    return parts;
}

static void close_parts(struct parts *parts)
{
    data_set_free(parts->set);
    data_sealed_free(parts->sealed);
}

/* Rows as they are served. */
struct batch {
    float x[MOST_ROWS * WIDEST], values[MOST_ROWS];
    int32_t classes[MOST_ROWS * 8];
};

static struct data_targets targets_of(struct batch *batch)
{
    return (struct data_targets){batch->classes, batch->values};
}

static bool same_rows(const struct batch *a, ptrdiff_t i, const struct batch *b, ptrdiff_t j, struct data_shape shape)
{
    ptrdiff_t N = shape.features, K = shape.targets;
    return memcmp(a->x + i * N, b->x + j * N, (size_t)N * sizeof *a->x) == 0 &&
           memcmp(a->classes + i * K, b->classes + j * K, (size_t)K * sizeof *a->classes) == 0 &&
           a->values[i] == b->values[j];
}

/* By range, by index and back to front: the same rows. */
static void check_index(struct data_part part, const struct batch *all)
{
    static struct batch some;
    ptrdiff_t count = data_size(part);
    int32_t index[MOST_ROWS];
    for (ptrdiff_t i = 0; i < count; i++)
        index[i] = (int32_t)(count - 1 - i);
    memset(&some, 0, sizeof some);
    data_prefetch(part, index, count);
    data_gather(part, index, count, some.x, targets_of(&some));
    for (ptrdiff_t i = 0; i < count; i++)
        ck_assert(same_rows(&some, i, all, index[i], data_shape(part.set)));
    data_gather_range(part, count - 1, 1, some.x, targets_of(&some));
    ck_assert(same_rows(&some, 0, all, count - 1, data_shape(part.set)));
}

/* Images of bytes can be had as they are kept, and are the floats unscaled. */
static void check_bytes(struct data_part part, const struct batch *all)
{
    static uint8_t u[MOST_ROWS * STRIDE], one[STRIDE];
    static struct batch some;
    struct data_bytes bytes = data_bytes(part);
    ptrdiff_t count = data_size(part), N = data_shape(part.set).features;
    if (bytes.factor == 0)
        return;
    memset(u, 0xff, sizeof u);
    memset(&some, 0, sizeof some);
    data_gather_bytes_range(part, 0, count, STRIDE, u, targets_of(&some));
    for (ptrdiff_t i = 0; i < count; i++) {
        for (ptrdiff_t j = 0; j < STRIDE; j++) {
            volatile float product = bytes.factor * (float)u[i * STRIDE + j];
            if (j < N ? product + bytes.shift != all->x[i * N + j] : u[i * STRIDE + j] != 0)
                ck_abort_msg("row %td, byte %td is %d", i, j, u[i * STRIDE + j]);
        }
        ck_assert_int_eq(some.classes[i], all->classes[i]);
        int32_t index = (int32_t)i, class = -1;
        data_gather_bytes(part, &index, 1, STRIDE, one, CLASSES(&class));
        ck_assert_mem_eq(one, u + i * STRIDE, STRIDE);
        ck_assert_int_eq(class, all->classes[i]);
    }
}

/* Labels, counts and variance are those of what is served. */
static void check_targets(struct data_part part, const struct batch *all)
{
    struct data_shape shape = data_shape(part.set);
    ptrdiff_t count = data_size(part);
    const int32_t *labels = data_labels(part);
    ck_assert_int_eq(labels != NULL, shape.target == DATA_TARGET_CLASS);
    for (int class = 0; class < shape.classes; class ++) {
        ptrdiff_t found = 0;
        for (ptrdiff_t i = 0; i < count * shape.targets; i++)
            found += all->classes[i] == class;
        ck_assert_int_eq(data_class_count(part, class), found);
    }
    for (ptrdiff_t i = 0; labels && i < count; i++)
        ck_assert_int_eq(labels[i], all->classes[i]);
    double mean = 0, variance = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        mean += (double)all->values[i] / (double)count;
    for (ptrdiff_t i = 0; i < count; i++)
        variance += pow((double)all->values[i] - mean, 2) / (double)count;
    ck_assert_double_eq_tol(data_target_variance(part), variance, 1e-6);
    ck_assert_int_eq(variance > 0, shape.target == DATA_TARGET_NUMBER);
}

START_TEST(all_parts_serve_alike)
{
    static struct batch all;
    bool bytes_seen = false;
    for (int i = 0; i < FORMAT_CASES; i++) {
        struct parts parts = open_parts(begin_case(i, ""), 5);
        struct data_bytes train = data_bytes(parts.part[DATA_TRAIN]);
        for (int k = 0; k < PARTS; k++) {
            struct data_part part = parts.part[k];
            struct data_shape shape = data_shape(part.set);
            ck_assert(data_size(part) >= 1 && data_size(part) <= MOST_ROWS && shape.features <= WIDEST);
            memset(&all, 0, sizeof all);
            data_gather_range(part, 0, data_size(part), all.x, targets_of(&all));
            check_index(part, &all);
            check_bytes(part, &all);
            check_targets(part, &all);
            struct data_bytes bytes = data_bytes(part);
            ck_assert(bytes.factor == train.factor && bytes.shift == train.shift && bytes.zeros == train.zeros);
            bytes_seen |= bytes.factor != 0;
            ck_assert_uint_eq(data_digest(part.set), data_digest(parts.set));
            ck_assert_double_eq(data_number(part.set).deviation, data_number(parts.set).deviation);
            for (int other = 0; other < k; other++)
                ck_assert_uint_ne(data_part_digest(part), data_part_digest(parts.part[other]));
        }
        close_parts(&parts);
    }
    ck_assert(bytes_seen);
}
END_TEST

/* Where the rows of a part are in the whole: what the division of that seed gives it. */
static void check_division(const struct parts *parts, const char *text, uint64_t seed, const struct format_case *format)
{
    struct error err;
    struct data_spec spec;
    struct data_division division;
    struct data_shape shape = data_shape(parts->set);
    ptrdiff_t count = 0, place = 0;
    for (int k = 0; k < (format->own_test ? TEST : PARTS); k++)
        count += data_size(parts->part[k]);
    ASSERT_OK(read_spec(text, &spec, &err));
    if (shape.target != DATA_TARGET_NEXT) {
        ASSERT_OK(data_divide(&spec, "rows", count + format->left_over, seed, &division, &err));
    }
    for (int k = 0; k < PARTS; k++)
        for (ptrdiff_t i = 0; i < data_size(parts->part[k]); i++) {
            int32_t index = data_index(parts->part[k], i);
            if (shape.target == DATA_TARGET_NEXT)
                ck_assert_int_eq(index, place++ * shape.targets + k);
            else
                ck_assert_int_eq(index, k == TEST && format->own_test ? (int32_t)i : division.order[place++]);
        }
    if (shape.target != DATA_TARGET_NEXT)
        memory_free(division.order);
    data_spec_release(&spec);
}

START_TEST(the_parts_are_those_of_the_division)
{
    for (int i = 0; i < FORMAT_CASES; i++)
        for (uint64_t seed = 1; seed <= 2; seed++) {
            const char *text = begin_case(i, "");
            struct parts parts = open_parts(text, seed);
            check_division(&parts, text, seed, &format_cases[i]);
            close_parts(&parts);
        }
}
END_TEST

/* A row is the same whatever part it is in: with another seed the rows of the test part are elsewhere. */
START_TEST(a_row_is_the_same_in_every_part)
{
    static struct batch row[2];
    ptrdiff_t moved = 0;
    for (int i = 0; i < FORMAT_CASES; i++) {
        if (format_cases[i].own_test || strcmp(format_cases[i].format, "made_up") == 0) /* made from the seed, too */
            continue;
        bool text = strcmp(format_cases[i].format, "text") == 0, scaled = strstr(format_cases[i].members, "'scale'");
        const char *description = begin_case(i, text || scaled ? "" : ",'scale':'none'");
        struct parts a = open_parts(description, 1), b = open_parts(description, 2);
        struct data_number numbers[2] = {data_number(a.set), data_number(b.set)};
        for (ptrdiff_t t = 0; t < data_size(a.part[TEST]); t++) {
            int found = 0;
            memset(row, 0, sizeof row);
            data_gather_range(a.part[TEST], t, 1, row[0].x, targets_of(&row[0]));
            for (int k = 0; k < PARTS; k++)
                for (ptrdiff_t j = 0; j < data_size(b.part[k]); j++) {
                    if (data_index(b.part[k], j) != data_index(a.part[TEST], t))
                        continue;
                    data_gather_range(b.part[k], j, 1, row[1].x, targets_of(&row[1]));
                    for (int s = 0; s < 2; s++)
                        row[s].values[0] =
                            (float)round(8 * (numbers[s].mean + numbers[s].deviation * (double)row[s].values[0]));
                    ck_assert(same_rows(&row[0], 0, &row[1], 0, data_shape(a.set)));
                    found++;
                    moved += k != TEST;
                }
            ck_assert_int_eq(found, 1);
        }
        close_parts(&a);
        close_parts(&b);
    }
    ck_assert_int_gt(moved, 0);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data parts", all_parts_serve_alike, the_parts_are_those_of_the_division,
                                a_row_is_the_same_in_every_part);
}
