/* The loops of each instruction level, which array_isa.c and its like define under these names. */
#include "loops/array.h"
#include "loops/channel.h"
#include "loops/sparse.h"
#include "loops/winners.h"
#include "loops/winograd.h"

#if defined(__x86_64__)
#define LEVELS(family) const struct family *family##_portable(void), *family##_v3(void), *family##_v4(void)
#define FOR_LEVEL(family, isa) ((isa) == ISA_V4 ? family##_v4() : (isa) == ISA_V3 ? family##_v3() : family##_portable())
#else
#define LEVELS(family) const struct family *family##_portable(void)
#define FOR_LEVEL(family, isa) ((void)(isa), family##_portable())
#endif

LEVELS(array_loops);
LEVELS(channel_loops);
LEVELS(sparse_loops);
LEVELS(winner_loops);
LEVELS(tile_loops);

const struct array_loops *array_loops_for(enum isa isa)
{
    return FOR_LEVEL(array_loops, isa);
}

const struct channel_loops *channel_loops_for(enum isa isa)
{
    return FOR_LEVEL(channel_loops, isa);
}

const struct sparse_loops *sparse_loops_for(enum isa isa)
{
    return FOR_LEVEL(sparse_loops, isa);
}

const struct winner_loops *winner_loops_for(enum isa isa)
{
    return FOR_LEVEL(winner_loops, isa);
}

const struct tile_loops *tile_loops_for(enum isa isa)
{
    return FOR_LEVEL(tile_loops, isa);
}
