/* A set as one block of bytes serves what the set itself serves. */
#include "data/cases.h"

#include "base/text.h"
#include "rng/rng.h"

static void compare_part(const struct data_set *a, const struct data_set *b, enum data_split split)
{
    struct data_shape shape = data_shape(a);
    ck_assert_int_eq(data_size(data_part(a, split)), data_size(data_part(b, split)));
    for (ptrdiff_t i = 0; i < data_size(data_part(a, split)); i++) {
        float x[2][3072], value[2] = {0, 0};
        int32_t classes[2][64] = {{0}};
        struct data_targets ya = {classes[0], &value[0]}, yb = {classes[1], &value[1]};
        ck_assert(shape.features <= 3072 && shape.targets <= 64);
        data_gather_range(data_part(a, split), i, 1, x[0], ya);
        data_gather_range(data_part(b, split), i, 1, x[1], yb);
        ck_assert(memcmp(x[0], x[1], (size_t)shape.features * sizeof *x[0]) == 0);
        ck_assert(memcmp(classes[0], classes[1], sizeof classes[0]) == 0 && value[0] == value[1]);
        ck_assert_int_eq(data_index(data_part(a, split), i), data_index(data_part(b, split), i));
    }
}

static void check_image(const char *description)
{
    struct error err;
    struct data_set *set, *seen = NULL;
    struct text one = TEXT_EMPTY, two = TEXT_EMPTY;
    ASSERT_OK(open_set(description, 3, &set, &err));
    size_t size = data_image_size(set);
    char *image = memory_aligned(size + 64);
    memset(image + size, 0x5a, 64);
    data_image_write(set, image);
    for (int i = 0; i < 64; i++)
        ck_assert_msg(image[size + (size_t)i] == 0x5a, "an image is longer than it says");
    ASSERT_OK(data_image_open(image, &seen, &err));
    data_describe(set, &one);
    data_describe(seen, &two);
    ck_assert_str_eq(text_string(&one), text_string(&two));
    ck_assert_uint_eq(data_digest(set), data_digest(seen));
    ck_assert_double_eq(data_number(set).mean, data_number(seen).mean);
    ck_assert_double_eq(data_bytes(data_part(set, DATA_TRAIN)).zeros, data_bytes(data_part(seen, DATA_TRAIN)).zeros);
    for (int i = 0; i < data_shape(set).classes; i++)
        ck_assert_str_eq(data_class_name(set, i), data_class_name(seen, i));
    for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
        compare_part(set, seen, (enum data_split)split);
        ck_assert_double_eq(data_target_variance(data_part(set, split)), data_target_variance(data_part(seen, split)));
    }
    data_set_free(set); /* the image does not need it any more */
    compare_part(seen, seen, DATA_TRAIN);
    data_set_free(seen);
    memory_free(image);
    text_release(&one);
    text_release(&two);
}

START_TEST(every_kind_of_set_is_served_from_an_image)
{
    for (int k = 0; data_synthetic_name(k); k++) {
        char text[128];
        snprintf(text, sizeof text, "{'format':'made_up','name':'%s','samples':60}", data_synthetic_name(k));
        check_image(text);
    }
    make_folder();
    write_text("table.csv", "a,b,y\n1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n9,10,no\n");
    char text[400];
    snprintf(text, sizeof text, "{'format':'csv','file':'%s','label':'y','train':2,'validation':2,'test':1}",
             in_folder("table.csv"));
    check_image(text);
    for (int i = 0; i < FORMAT_CASES; i++)
        check_image(begin_case(i, ""));
    remove_folder();
}
END_TEST

START_TEST(short_memory_is_an_error)
{
    struct error err;
    struct data_set *set, *seen = NULL;
    ASSERT_OK(open_set("{'format':'made_up','name':'spirals','samples':60}", 3, &set, &err));
    void *image = memory_aligned(data_image_size(set));
    data_image_write(set, image);
    for (long n = 1; n <= 5; n++) { /* the set, the list of names, its name, two classes */
        memory_fail_at(n);
        int status = data_image_open(image, &seen, &err);
        memory_fail_never();
        ck_assert_int_eq(status, ERROR_MEMORY);
        ck_assert_ptr_null(seen);
    }
    ASSERT_OK(data_image_open(image, &seen, &err));
    data_set_free(seen);
    data_set_free(set);
    memory_free(image);
}
END_TEST

int main(void)
{
    return RUN_TESTS("image", 20, every_kind_of_set_is_served_from_an_image, short_memory_is_an_error);
}
