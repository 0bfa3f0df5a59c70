/* Instruction levels: which build of the vector code runs.
 *
 * On x86-64 every vector source is compiled once per level below and chosen at run time; other
 * processors get the one portable build. The levels are those of the x86-64 psABI. Results of
 * different levels differ in the last bits (fused multiply-add, other summation widths), so a
 * database records the level and a resumed run keeps it. */
#ifndef ACTSEARCH_BASE_ISA_H
#define ACTSEARCH_BASE_ISA_H

struct error;

enum isa {
    ISA_PORTABLE, /* what the compiler's default target gives: SSE2 on x86-64 */
    ISA_V3,       /* AVX2 and FMA */
    ISA_V4,       /* AVX-512 F, BW, CD, DQ, VL */
    ISA_COUNT
};

/* The best level that this build contains and this processor (and its system) can run. */
enum isa isa_best(void);

/* "portable", "x86-64-v3", "x86-64-v4". */
const char *isa_name(enum isa isa);

/* Reads a name, or "best". ERROR_USAGE for an unknown name, ERROR_UNSUPPORTED when the level
   cannot run here. */
int isa_parse(const char *name, enum isa *isa, struct error *err);

/* In a file that is compiled for each level: the name at this one. ISA_NAME(loops) is loops_v3. */
#define ISA_NAME(name) ISA_JOIN(name, ISA_SUFFIX)
#define ISA_JOIN(name, suffix) ISA_JOIN_AS_IT_IS(name, suffix)
#define ISA_JOIN_AS_IT_IS(name, suffix) name##suffix

#endif
