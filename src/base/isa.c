#include "base/isa.h"

#include "base/error.h"

#include <string.h>

static const char *const names[ISA_COUNT] = {
    [ISA_PORTABLE] = "portable",
    [ISA_V3] = "x86-64-v3",
    [ISA_V4] = "x86-64-v4",
};

enum isa isa_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    return v4 ? ISA_V4 : v3 ? ISA_V3 : ISA_PORTABLE;
#else
    return ISA_PORTABLE;
#endif
}

const char *isa_name(enum isa isa)
{
    return names[isa];
}

int isa_parse(const char *name, enum isa *isa, struct error *err)
{
    enum isa best = isa_best();
    if (strcmp(name, "best") == 0) {
        *isa = best;
        return 0;
    }
    for (int level = 0; level < ISA_COUNT; level++) {
        if (strcmp(name, names[level]) != 0)
            continue;
        if (level > (int)best)
            return error_set(err, ERROR_UNSUPPORTED, "--isa", "use --isa best, or a machine that has it",
                             "this machine runs at most %s, not %s", names[best], name);
        *isa = (enum isa)level;
        return 0;
    }
    return error_set(err, ERROR_USAGE, "--isa", "known levels: portable, x86-64-v3, x86-64-v4, best",
                     "unknown instruction level \"%s\"", name);
}
