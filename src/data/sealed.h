/* Sealed: the test part of a data set, which no search may look at.
 *
 * A score on rows that helped to choose the winner says nothing about new data. So the test part is
 * not in struct data_set, and this header is the only door to it. The line "sealed data/sealed.h" in
 * src/layers.txt lists the modules that may include it, and tests/check_layers.sh refuses any other:
 * whoever wants to open the door must write it down there.
 *
 * The rows are divided by the same seed and scaled by the same train part as data_set_open() does.
 * Immutable and safe to read from several threads once open. */
#ifndef ACTSEARCH_DATA_SEALED_H
#define ACTSEARCH_DATA_SEALED_H

#include "data/data.h"

struct data_sealed;

/* Reads the test part; returns owned in *sealed. Fails as data_set_open() does, and with ERROR_INPUT
   when the description leaves no row for it. */
int data_sealed_open(const struct data_spec *spec, uint64_t seed, struct data_sealed **sealed, struct error *err);

/* Accepts NULL. */
void data_sealed_free(struct data_sealed *sealed);

/* Number of test rows, at least 1. */
ptrdiff_t data_sealed_size(const struct data_sealed *sealed);

/* Gathers test rows first .. first + B - 1, as data_gather_range() does. x: (B, features) row-major. */
void data_sealed_gather(const struct data_sealed *sealed, ptrdiff_t first, ptrdiff_t B, float *x,
                        struct data_targets y);

/* Classes of all test rows: (data_sealed_size), borrowed; NULL unless a class is to be predicted. */
const int32_t *data_sealed_labels(const struct data_sealed *sealed);

/* As data_number() and data_target_variance(): what turns numbers to predict back, the same as in the search,
   and the variance of the test part. */
struct data_number data_sealed_number(const struct data_sealed *sealed);
double data_sealed_target_variance(const struct data_sealed *sealed);

/* Where test row i stands in its source: the test file of IDX and CIFAR-10, otherwise as
   data_split_index() says; from 0. */
int32_t data_sealed_index(const struct data_sealed *sealed, ptrdiff_t i);

/* data_digest() of the train and validation parts that came with these test rows: the confirmation of
   a search must compare it with the one the search stored. */
uint64_t data_sealed_basis(const struct data_sealed *sealed);

/* The same kind of digest, of the test rows. */
uint64_t data_sealed_digest(const struct data_sealed *sealed);

#endif
