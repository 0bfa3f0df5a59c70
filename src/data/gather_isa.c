#include "data/data_internal.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

/* Without contraction the product and the sum round separately at every level, so all levels give
   the same bits and the choice need not be recorded. */
void JOIN(data_widen, ISA_SUFFIX)(const uint8_t *restrict u, ptrdiff_t N, float factor, float shift, float *restrict x)
{
    for (ptrdiff_t i = 0; i < N; i++)
        x[i] = factor * (float)u[i] + shift;
}
