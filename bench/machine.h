/* What one core of this machine can do at most, measured: the limits that a benchmark holds its times against.
 *
 * Both are the best of several rounds, since whatever else runs on the machine can only make them smaller. */
#ifndef ACTSEARCH_BENCH_MACHINE_H
#define ACTSEARCH_BENCH_MACHINE_H

#include "base/isa.h"

#include <stddef.h>

/* FLOP/s of fused multiply-adds (counted as two) on registers alone; without them, of a multiplication and an
   addition. */
double machine_peak(enum isa isa);

/* Bytes a second, read and written, of a[i] = b[i] + f c[i] over three arrays that take `bytes` together. 0 when
   there is no such memory. */
double machine_bandwidth(enum isa isa, size_t bytes);

#endif
