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

/* The test part; lives as long as `sealed`. data_digest() of its set is that of the train and validation parts that
   came with these rows: the confirmation of a search must compare it with the one the search stored. */
struct data_part data_sealed_part(const struct data_sealed *sealed);

#endif
