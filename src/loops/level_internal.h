/* Names of what is compiled once for each instruction level: OF_LEVEL(array_loops) is array_loops_v3 or its like. Only
 * for
 * *_isa.c, where ISA_SUFFIX is set. */
#ifndef ACTSEARCH_LOOPS_LEVEL_INTERNAL_H
#define ACTSEARCH_LOOPS_LEVEL_INTERNAL_H

#define LEVEL_JOIN2(a, b) a##b
#define LEVEL_JOIN(a, b) LEVEL_JOIN2(a, b)
#define OF_LEVEL(name) LEVEL_JOIN(name, ISA_SUFFIX)

#endif
