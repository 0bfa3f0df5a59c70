/* Augmentation: exact pixels, a fixed number of draws, its settings. */
#include "data/files.h"

#include "base/text.h"
#include "data/data_internal.h"
#include "rng/rng.h"

#include <math.h>

/* Images of 4 x 3 pixels with 2 channels out of an NPY file; pixels are 1 .. 24, plus 30 for the second image. */
enum { H = 4, W = 3, C = 2, FEATURES = H * W * C, IMAGES = 12 };

static struct data_set *open_images(const char *scale)
{
    struct error err;
    struct data_set *set;
    uint8_t bytes[1024] = "\x93NUMPY\1\0\x50\0";
    memset(bytes + 10, ' ', 80);
    static const char literal[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 4, 3, 2), }";
    memcpy(bytes + 10, literal, sizeof literal - 1);
    for (int i = 0; i < IMAGES * FEATURES; i++)
        bytes[90 + i] = (uint8_t)(1 + i % FEATURES + 30 * (i / FEATURES % 2));
    write_file("x.npy", bytes, 90 + IMAGES * FEATURES);
    static const char labels[] = "{'descr': '|u1', 'fortran_order': False, 'shape': (12,), }";
    memset(bytes + 10, ' ', 80);
    memcpy(bytes + 10, labels, sizeof labels - 1);
    for (int i = 0; i < IMAGES; i++)
        bytes[90 + i] = (uint8_t)(i % 2);
    write_file("y.npy", bytes, 90 + IMAGES);
    char text[160];
    snprintf(
        text, sizeof text,
        "{\"format\":\"npy\",\"inputs\":\"x.npy\",\"labels\":\"y.npy\",\"train\":6,\"validation\":2,\"scale\":\"%s\"}",
        scale);
    ASSERT_OK(open_set(text, 1, &set, &err));
    return set;
}

/* Is `to` the image `from`, mirrored if asked for and then moved? */
static bool is_moved(const float *from, const float *to, int down, int right, bool mirrored, float outside)
{
    for (int row = 0; row < H; row++)
        for (int column = 0; column < W; column++)
            for (int c = 0; c < C; c++) {
                int i = row - down, j = column - right;
                float expected = outside;
                if (i >= 0 && i < H && j >= 0 && j < W)
                    expected = from[(i * W + (mirrored ? W - 1 - j : j)) * C + c];
                if (to[(row * W + column) * C + c] != expected)
                    return false;
            }
    return true;
}

/* What the pixel value 0 is served as, out of the pixels 1 and 31, which two images begin with. */
static float served_zero(const float *images, int count)
{
    float low = images[0], high = images[0];
    for (int i = 0; i < count; i++) {
        low = fminf(low, images[i * FEATURES]);
        high = fmaxf(high, images[i * FEATURES]);
    }
    ck_assert_float_gt(high, low);
    return low - (high - low) / 30;
}

enum { SHIFT = 1, SIDE = 2 * SHIFT + 1, KINDS = 2 * SIDE * SIDE };

/* Which of the allowed pictures the image has become: exactly one. */
static int kind_of(const float *from, const float *to, float outside)
{
    int found = -1;
    for (int k = 0; k < KINDS; k++)
        if (is_moved(from, to, k / 2 / SIDE - SHIFT, k / 2 % SIDE - SHIFT, k % 2, outside)) {
            ck_assert_int_eq(found, -1);
            found = k;
        }
    ck_assert_int_ge(found, 0);
    return found;
}

/* Every image is one of the allowed pictures exactly, and all of them come, about equally often. */
START_TEST(images_are_shifted_and_mirrored_exactly)
{
    enum { ROUNDS = 600, B = 6 };
    static const char *const scales[] = {"none", "unit", "standard"};
    for (int scale = 0; scale < 3; scale++) {
        struct data_set *set = open_images(scales[scale]);
        const struct data_augmentation augmentation = {.shift = SHIFT, .flip = true};
        struct rng rng = rng_keyed(1, 0, RNG_TEST);
        float from[B * FEATURES], x[B * FEATURES], scratch[FEATURES];
        data_gather_range(data_part(set, DATA_TRAIN), 0, B, from, NO_TARGETS);
        float outside = set->shift; /* the exact bits */
        ck_assert_float_eq_tol(outside, served_zero(from, B), 1e-5f);
        int counts[KINDS] = {0};
        for (int round = 0; round < ROUNDS; round++) {
            memcpy(x, from, sizeof x);
            data_augment(set, &augmentation, &rng, B, x, scratch);
            for (int i = 0; i < B; i++)
                counts[kind_of(from + i * FEATURES, x + i * FEATURES, outside)]++;
        }
        for (int k = 0; k < KINDS; k++) /* 200 each, give or take five deviations */
            ck_assert_int_le(abs(counts[k] - ROUNDS * B / KINDS), 70);
        data_set_free(set);
    }
}
END_TEST

/* The stream is the same afterwards whatever was asked for: three draws an image. */
START_TEST(the_count_of_draws_is_fixed)
{
    struct data_set *set = open_images("unit");
    static const struct data_augmentation cases[] = {{0, false}, {0, true}, {1, false}, {2, true}};
    float x[6 * FEATURES], before[6 * FEATURES], scratch[FEATURES];
    data_gather_range(data_part(set, DATA_TRAIN), 0, 6, before, NO_TARGETS);
    for (int i = 0; i < 4; i++) {
        struct rng rng = rng_keyed(1, 0, RNG_TEST), expected = rng;
        memcpy(x, before, sizeof x);
        data_augment(set, &cases[i], &rng, 6, x, scratch);
        for (int draw = 0; draw < 18; draw++)
            rng_next(&expected);
        ck_assert_uint_eq(rng_next(&rng), rng_next(&expected));
        ck_assert_int_eq(memcmp(x, before, sizeof x) == 0, i == 0);
    }
    data_set_free(set);
}
END_TEST

/* As an experiment has it. */
struct augmented {
    struct data_augmentation augmentation;
};

static const struct setting members[] = {
    {"augmentation", SETTING_OBJECT(struct augmented, augmentation, data_augmentation_settings)}, {0}};

static int read_augmentation(const char *text, struct augmented *augmented, struct error *err)
{
    struct json_document *document;
    int status = parse_json(text, "experiment.json", &document, err);
    settings_reset(members, augmented);
    if (!status)
        status = settings_read_object(json_root(document), SETTINGS(members, augmented), NULL, err);
    json_document_free(document);
    return status;
}

START_TEST(descriptions_are_read)
{
    static const struct {
        const char *text, *normal;
    } good[] = {
        {"{}", "{'shift':0,'flip':false}"},
        {"{'augmentation':{}}", "{'shift':0,'flip':false}"},
        {"{'augmentation':{'flip':true,'shift':2}}", "{'shift':2,'flip':true}"},
    };
    static const struct {
        const char *text, *fragment;
    } bad[] = {
        {"{'augmentation':{'shft':2}}", "$.augmentation.shft: unknown key"},
        {"{'augmentation':{'shift':-1}}", "$.augmentation.shift: expected an integer from 0"},
        {"{'augmentation':{'flip':1}}", "$.augmentation.flip: expected true or false"},
        {"{'augmentation':[]}", "$.augmentation: expected an object"},
    };
    struct error err;
    struct augmented augmented;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct text text = TEXT_EMPTY;
        ASSERT_OK(read_augmentation(good[i].text, &augmented, &err));
        settings_write_object(SETTINGS(data_augmentation_settings, &augmented.augmentation), NULL, &text);
        for (char *c = text.data; *c; c++)
            *c = *c == '"' ? '\'' : *c;
        ck_assert_str_eq(text_string(&text), good[i].normal);
        text_release(&text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ASSERT_FAILS(read_augmentation(bad[i].text, &augmented, &err), ERROR_INPUT, bad[i].fragment);
}
END_TEST

START_TEST(only_images_are_augmented)
{
    const struct data_shape image = {.rank = 3, .size = {4, 3, 2}}, table = {.rank = 1}, text = {.rank = 2};
    const struct data_augmentation none = {0}, flip = {.flip = true}, shift = {.shift = 2}, far = {.shift = 3};
    struct error err;
    ASSERT_OK(data_augmentation_check(&table, &none, "here", &err));
    ASSERT_OK(data_augmentation_check(&image, &flip, "here", &err));
    ASSERT_OK(data_augmentation_check(&image, &shift, "here", &err));
    ASSERT_FAILS(data_augmentation_check(&image, &far, "here", &err), ERROR_INPUT,
                 "here: a shift by 3 pixels leaves nothing of an image of 4x3; lower \"shift\"");
    ASSERT_FAILS(data_augmentation_check(&table, &flip, "here", &err), ERROR_INPUT,
                 "here: only images can be shifted and flipped, these data are a table; leave the augmentation out");
    ASSERT_FAILS(data_augmentation_check(&text, &shift, "here", &err), ERROR_INPUT, "these data are a text");
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data augment", images_are_shifted_and_mirrored_exactly, the_count_of_draws_is_fixed,
                                descriptions_are_read, only_images_are_augmented);
}
