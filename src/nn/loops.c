#include "nn/nn_internal.h"

const struct nn_loops *nn_loops_portable(void);
#if defined(__x86_64__)
const struct nn_loops *nn_loops_v3(void);
const struct nn_loops *nn_loops_v4(void);
#endif

const struct nn_loops *nn_loops_for(enum isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_V4)
        return nn_loops_v4();
    if (isa == ISA_V3)
        return nn_loops_v3();
#endif
    (void)isa;
    return nn_loops_portable();
}
