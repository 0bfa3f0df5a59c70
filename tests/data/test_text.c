/* Texts: stretches, targets, the symbols. */
#include "data/files.h"

#include "base/text.h"

#define TEXT "{'format':'text','file':'t.txt','steps':8"

enum { STEPS = 8, LENGTH = 1000 };

/* No two stretches are alike, and every symbol occurs everywhere. */
static void make_text(char *text)
{
    static const char symbols[] = "ab\n\t\x80 z";
    uint32_t state = 1;
    for (int i = 0; i < LENGTH; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = symbols[(state >> 24) % 7];
    }
}

/* The byte of the file that a symbol's number means. */
static char byte_of(const struct data_set *set, int symbol)
{
    const char *name = data_class_name(set, symbol);
    static const char *const names[] = {"\\n", "\\t", "0x80"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return "\n\t\x80"[i];
    ck_assert_uint_eq(strlen(name), 1);
    return *name;
}

START_TEST(samples_are_stretches_and_targets_follow)
{
    struct error err;
    struct data_set *set;
    char text[LENGTH];
    make_text(text);
    write_file("t.txt", text, LENGTH);
    ASSERT_OK(open_set(TEXT "}", 1, &set, &err));
    struct data_shape shape = data_shape(set);
    ck_assert_int_eq(shape.rank, 2);
    ck_assert_int_eq(shape.size[0], STEPS);
    ck_assert_int_eq(shape.size[1], 1);
    ck_assert_int_eq(shape.features, STEPS);
    ck_assert_int_eq(shape.target, DATA_TARGET_NEXT);
    ck_assert_int_eq(shape.targets, STEPS);
    ck_assert_int_eq(shape.classes, 7);
    ck_assert_int_eq(shape.tokens, 7);
    static const char *const names[] = {"\\t", "\\n", " ", "a", "b", "z", "0x80"};
    for (int i = 0; i < 7; i++)
        ck_assert_str_eq(data_class_name(set, i), names[i]);
    ck_assert_ptr_null(data_labels(data_part(set, DATA_TRAIN)));
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 99); /* of (1000 - 3) / 8 = 124 samples */
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 13);
    int seen[LENGTH] = {0};
    ptrdiff_t counts[7] = {0};
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, split)); i++) {
            float x[2 * STEPS];
            int32_t y[2 * STEPS], index[2] = {0, (int32_t)i}, first = data_index(data_part(set, split), i);
            data_prefetch(data_part(set, split), index, 2);
            data_gather(data_part(set, split), index, 2, x, CLASSES(y));
            for (int t = 0; t < STEPS; t++) {
                ck_assert_int_eq(byte_of(set, (int)x[STEPS + t]), text[first + t]);
                ck_assert_int_eq(byte_of(set, y[STEPS + t]), text[first + t + 1]);
                ck_assert_int_eq(seen[first + t], 0);
                seen[first + t] = split + 1;
                counts[y[STEPS + t]] += split == DATA_TRAIN;
            }
        }
    for (int i = 0; i < 99 * STEPS; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert_int_eq(seen[99 * STEPS], 0); /* only a target of train: in no other part */
    for (int i = 0; i < 13 * STEPS; i++)
        ck_assert_int_eq(seen[99 * STEPS + 1 + i], 2);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(data_class_count(data_part(set, DATA_TRAIN), i), counts[i]);
    struct text line = TEXT_EMPTY;
    data_describe(set, &line);
    ck_assert_str_eq(text_string(&line),
                     "t.txt: text in samples of 8, 7 symbols, 99 train, 13 validation, test sealed");
    text_release(&line);
    data_set_free(set);
}
END_TEST

START_TEST(the_test_stretch_is_sealed)
{
    struct error err;
    struct data_set *set;
    struct data_sealed *sealed;
    char text[LENGTH];
    make_text(text);
    write_file("t.txt", text, LENGTH);
    ASSERT_OK(open_set(TEXT "}", 1, &set, &err));
    ASSERT_OK(open_sealed(TEXT "}", 1, &sealed, &err));
    ck_assert_int_eq(data_size(data_sealed_part(sealed)), 12);
    for (ptrdiff_t i = 0; i < 12; i++) {
        float x[STEPS];
        int32_t y[STEPS], first = data_index(data_sealed_part(sealed), i);
        ck_assert_int_eq(first, (99 + 13 + i) * STEPS + 2);
        data_gather_range(data_sealed_part(sealed), i, 1, x, CLASSES(y));
        for (int t = 0; t < STEPS; t++) {
            ck_assert_int_eq(byte_of(set, (int)x[t]), text[first + t]);
            ck_assert_int_eq(byte_of(set, y[t]), text[first + t + 1]);
        }
    }
    uint64_t digest = data_digest(set), test_digest = data_part_digest(data_sealed_part(sealed));
    ck_assert_uint_eq(data_digest(data_sealed_part(sealed).set), digest);
    data_set_free(set);
    data_sealed_free(sealed);
    /* Another byte in the test stretch is none of the search's business; one in validation, even the last, is. */
    int last = (99 + 13) * STEPS + 1;
    text[last + 1] = text[last + 1] == 'a' ? 'b' : 'a';
    write_file("t.txt", text, LENGTH);
    ck_assert_uint_eq(digest_of(TEXT "}"), digest);
    ASSERT_OK(open_sealed(TEXT "}", 1, &sealed, &err));
    ck_assert_uint_ne(data_part_digest(data_sealed_part(sealed)), test_digest);
    data_sealed_free(sealed);
    text[last] = text[last] == 'a' ? 'b' : 'a';
    write_file("t.txt", text, LENGTH);
    ck_assert_uint_ne(digest_of(TEXT "}"), digest);
}
END_TEST

START_TEST(parts_are_shares_or_samples)
{
    struct error err;
    struct data_set *set;
    struct data_sealed *sealed;
    char text[LENGTH];
    make_text(text);
    write_gzip("t.txt", text, LENGTH);
    ASSERT_OK(open_set(TEXT ",'train':100,'validation':20,'test':4}", 1, &set, &err));
    ck_assert_int_eq(data_size(data_part(set, DATA_TRAIN)), 100);
    ck_assert_int_eq(data_size(data_part(set, DATA_VALIDATION)), 20);
    data_set_free(set);
    ASSERT_FAILS(open_set(TEXT ",'train':100,'validation':20,'test':5}", 1, &set, &err), ERROR_INPUT,
                 "t.txt: there are 124 rows to divide, but train 100 + validation 20 + test 5 are asked for");
    ASSERT_FAILS(open_sealed(TEXT ",'train':0.5,'validation':0.5}", 1, &sealed, &err), ERROR_INPUT,
                 "t.txt: train and validation leave no row for the test part");
}
END_TEST

START_TEST(useless_texts_are_refused)
{
    struct error err;
    struct data_set *set;
    write_text("t.txt", "");
    ASSERT_FAILS(open_set(TEXT "}", 1, &set, &err), ERROR_INPUT, "t.txt: the text has 0 bytes, too few");
    write_text("t.txt", "abcdefghijklmnopqrstuvwxyz");
    ASSERT_FAILS(open_set(TEXT "}", 1, &set, &err), ERROR_INPUT,
                 "the text has 26 bytes, too few for a sample of 8 steps in each part; use a longer text or lower");
    char text[LENGTH];
    memset(text, 'a', LENGTH);
    write_file("t.txt", text, LENGTH);
    ASSERT_FAILS(open_set(TEXT "}", 1, &set, &err), ERROR_INPUT, "the text has 1 different symbol");
    ck_assert_int_eq(unlink(in_folder("t.txt")), 0);
    ASSERT_FAILS(open_set(TEXT "}", 1, &set, &err), ERROR_IO, "t.txt: there is no such file");
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    char text[LENGTH];
    make_text(text);
    write_file("t.txt", text, LENGTH);
    check_allocations(TEXT "}", 15);
}
END_TEST

int main(void)
{
    return RUN_TESTS_WITH_FILES("data text", samples_are_stretches_and_targets_follow, the_test_stretch_is_sealed,
                                parts_are_shares_or_samples, useless_texts_are_refused,
                                every_failing_allocation_is_reported);
}
