/* A small set of every data format, for the tests that run over all of them. A format without a case fails. */
#ifndef ACTSEARCH_TESTS_DATA_CASES_H
#define ACTSEARCH_TESTS_DATA_CASES_H

#include "data/files.h"

enum { CASE_ROWS = 24 };

static inline void write_case_table(void)
{
    char text[2048];
    int length = sprintf(text, "a,b,kind,y\n");
    for (int i = 0; i < CASE_ROWS; i++)
        length += sprintf(text + length, "%d,%d.25,%s,%s\n", i, i * i % 7, i % 3 ? "x" : "y", i % 2 ? "yes" : "no");
    write_text("t.csv", text);
}

static inline void write_case_text(void)
{
    char text[400];
    for (int i = 0; i < 400; i++)
        text[i] = "abc de\n"[i * i % 11 % 7];
    write_file("t.txt", text, sizeof text);
}

static inline void write_npy(const char *name, const char *descr, const char *sizes, const void *data, size_t size)
{
    char bytes[8192] = "\x93NUMPY\x01";
    char header[128];
    int length =
        sprintf(header, "{'descr': '%s', 'fortran_order': False, 'shape': (%d,%s), }\n", descr, CASE_ROWS, sizes);
    ck_assert_uint_le(10 + (size_t)length + size, sizeof bytes);
    bytes[8] = (char)length;
    memcpy(bytes + 10, header, (size_t)length);
    memcpy(bytes + 10 + length, data, size);
    write_file(name, bytes, 10 + (size_t)length + size);
}

static inline void write_case_arrays(void)
{
    uint8_t images[CASE_ROWS * 6];
    int32_t labels[CASE_ROWS];
    float rows[CASE_ROWS * 3];
    double numbers[CASE_ROWS];
    for (int i = 0; i < CASE_ROWS; i++) {
        labels[i] = i % 3 - 1;
        numbers[i] = 100 - i * i;
        for (int j = 0; j < 6; j++)
            images[6 * i + j] = (uint8_t)(j % 2 * (9 * i + j));
        for (int j = 0; j < 3; j++)
            rows[3 * i + j] = (float)(i - 5 * j);
    }
    write_npy("images.npy", "|u1", "2,3", images, sizeof images);
    write_npy("labels.npy", "<i4", "", labels, sizeof labels);
    write_npy("rows.npy", "<f4", "3", rows, sizeof rows);
    write_npy("numbers.npy", "<f8", "", numbers, sizeof numbers);
}

/* Two images a file, four in that of the test. */
static inline void write_case_batches(void)
{
    enum { RECORD = 1 + 32 * 32 * 3 };
    static uint8_t bytes[4 * RECORD];
    for (int file = 0; file < 6; file++) {
        char name[32] = "test_batch.bin";
        int images = file < 5 ? 2 : 4;
        if (file < 5)
            sprintf(name, "data_batch_%d.bin", file + 1);
        for (int i = 0; i < images * RECORD; i++)
            bytes[i] = (uint8_t)(i % RECORD == 0 ? (i / RECORD + file) % 10 : (i * 7 + file * 31) % 200);
        write_file(name, bytes, (size_t)(images * RECORD));
    }
}

static const struct format_case {
    const char *format; /* as in the description */
    void (*write)(void);
    const char *members; /* of the description, besides the format */
    const char *file;    /* one of those that it reads, or NULL */
    bool own_test;       /* the test part has files of its own */
    int left_over;       /* rows that are in no part */
} format_cases[] = {
    {"idx", write_idx_set, "\"folder\":\".\",\"train\":12,\"validation\":5", "train-labels-idx1-ubyte", true,
     TRAIN_IMAGES - 17},
    {"csv", write_case_table, "\"file\":\"t.csv\",\"label\":\"y\",\"one_hot\":[\"kind\"]", "t.csv", false, 0},
    {"csv", write_case_table, "\"file\":\"t.csv\",\"target\":\"b\",\"ignore\":[\"kind\",\"y\"]", "t.csv", false, 0},
    {"made_up", NULL, "\"name\":\"spirals\",\"samples\":60,\"classes\":3", NULL, false, 0},
    {"made_up", NULL, "\"name\":\"waves\",\"samples\":60,\"scale\":\"unit\"", NULL, false, 0},
    {"made_up", NULL, "\"name\":\"bars\",\"samples\":60", NULL, false, 0},
    {"made_up", NULL, "\"name\":\"brackets\",\"samples\":60,\"steps\":5", NULL, false, 0},
    {"cifar10", write_case_batches, "\"folder\":\".\",\"train\":0.7,\"validation\":0.3", "data_batch_4.bin", true, 0},
    {"npy", write_case_arrays, "\"inputs\":\"images.npy\",\"labels\":\"labels.npy\"", "labels.npy", false, 0},
    {"npy", write_case_arrays, "\"inputs\":\"rows.npy\",\"target\":\"numbers.npy\"", "rows.npy", false, 0},
    {"text", write_case_text, "\"file\":\"t.txt\",\"steps\":8", "t.txt", false, 0},
};
enum { FORMAT_CASES = sizeof format_cases / sizeof *format_cases };

/* The description of a case, with more members (",..." or ""); writes its files. */
static inline const char *begin_case(int i, const char *more)
{
    static char text[300];
    if (format_cases[i].write)
        format_cases[i].write();
    snprintf(text, sizeof text, "{\"format\":\"%s\",%s%s}", format_cases[i].format, format_cases[i].members, more);
    return text;
}

#endif
