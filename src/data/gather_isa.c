/* Bytes become floats while a batch is gathered. */
#include "base/isa.h"
#include "data/data_internal.h"

/* Without contraction the product and the sum round separately at every level, so all levels give
   the same bits and the choice need not be recorded. */
void ISA_NAME(data_widen)(const uint8_t *restrict u, ptrdiff_t N, float factor, float shift, float *restrict x)
{
    for (ptrdiff_t i = 0; i < N; i++)
        x[i] = factor * (float)u[i] + shift;
}
