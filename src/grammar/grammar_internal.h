/* What the files of the grammar module share.
 *
 * All symbols of a grammar stand in one array, ordered by class: unary, binary, ternary, leaves.
 * So every word of a template (a class, a leaf, one primitive by its name) is a range of that array,
 * and "which symbols may stand here", "draw one by weight", "how many choices" and "do two templates
 * overlap" are the same few lines for all of them. */
#ifndef ACTSEARCH_GRAMMAR_GRAMMAR_INTERNAL_H
#define ACTSEARCH_GRAMMAR_GRAMMAR_INTERNAL_H

#include "expr/tree.h"
#include "grammar/grammar.h"
#include "grammar/natural.h"

enum {
    GRAMMAR_ARITIES = TREE_ARGUMENTS + 1, /* 0: the leaves */
    GRAMMAR_LEAVES = 4,                   /* x, constant, parameter, t */
    GRAMMAR_MAX_CLASS = 256,              /* primitives in a class, values in a list of constants */
    GRAMMAR_MAX_TEMPLATES = 64,
    GRAMMAR_MAX_DEPTH = 16, /* of free growth: keeps the counting table small */
};

enum symbol_origin { SYMBOL_PRIMITIVE, SYMBOL_FUNCTION, SYMBOL_OWN, SYMBOL_LEAF };

struct symbol {
    char *name; /* owned */
    enum symbol_origin origin;
    int arity;
    int parameters;           /* learned parameters of its own */
    int nodes;                /* of the body, the arguments not counted */
    int uses[TREE_ARGUMENTS]; /* how often the body repeats each argument */
    struct tree body;         /* arguments are OP_arg; the constant's value stands in the gene */
};

/* The symbols [first, last). */
struct symbol_range {
    int first, last;
};

/* One place of a template, or one term of a genome's text. */
struct slot {
    struct symbol_range range;
    int arity;
    bool is_class; /* a word that names a class, not one symbol */
    bool is_number;
    double value; /* of a number */
};

/* A template. */
struct tree_shape {
    char *text; /* owned, as the file has it */
    int count;
    struct slot slots[GENOME_CAPACITY]; /* postfix */
};

/* A step between two templates: three runs of places that both have in common, in order. What else
   the larger or the smaller one has stands between the runs and is drawn afresh. Remove goes from
   large to small, insert the other way. */
struct move {
    int large, small;
    int large_at[3], small_at[3], length[3];
};

struct constants {
    bool is_range;
    double low, high;
    double weight;
    int count; /* of values; 1 for a range */
    double values[GRAMMAR_MAX_CLASS];
};

/* Symbols of the same arity and number of parameters, which free growth need not tell apart. */
struct group {
    int arity, parameters;
    int first, count;       /* in group_members and group_weights */
    double weight;          /* share in its class, which sums to 1 */
    struct natural choices; /* genes: symbols, each value of a constant counted */
};

/* Number and weight of the ordered sets of k trees with given limits: see growth.c. */
struct cell {
    struct natural count;
    double weight;
};

struct growth {
    int max_depth, max_nodes, min_nodes;
    int parameters; /* limit of learned parameters, or what is reachable if that is less */
    int max_arity;
    int group_count;
    struct group *groups;
    int *group_members;
    double *group_weights;
    struct cell *cells;
};

struct grammar {
    char *name, *description, *source, *text; /* owned; description and source may be NULL */
    int symbol_count;
    struct symbol *symbols;
    double *weights; /* (symbol_count) */
    struct symbol_range classes[GRAMMAR_ARITIES];
    int x, constant, parameter, t; /* symbols; all but x may be -1 */
    struct constants constants;
    int max_parameters;
    int shape_count; /* 0: free growth */
    struct tree_shape *shapes;
    double *shape_weights;
    struct natural *shape_totals;
    int move_count;
    struct move *moves;
    struct growth growth;
    double mutation_weights[MUTATION_COUNT];
    struct natural total; /* a range of constants counts as one */
    bool countable;
};

/* Where everything is in a postfix array of arities. */
struct layout {
    int16_t start[GENOME_CAPACITY];  /* first node of the sub-tree */
    int16_t level[GENOME_CAPACITY];  /* 1 at the root */
    int16_t height[GENOME_CAPACITY]; /* 1 at a leaf */
    int16_t parent[GENOME_CAPACITY]; /* -1 at the root */
};

/* ---- symbols.c, primitives.c, shapes.c: reading */
/* A weight: the bounds keep every choice likely enough to be drawn at all in a long search. */
#define GRAMMAR_WEIGHT(struct_type, member) SETTING_NUMBER(struct_type, member, 0.001, 1000), .usual = 1
/* What stands in the object of a primitive, of a template, of free growth; for help. */
extern const struct setting primitive_settings[], template_settings[], shapes_settings[], growth_settings[];
/* Takes the next symbol into the grammar. The caller has filled its origin, arity and body. */
int symbol_add(struct grammar *grammar, const char *name, double weight, struct error *err);
/* Makes room for all symbols, the leaves included, and reads the classes of primitives. */
int primitives_read(struct grammar *grammar, struct json json, struct error *err);
int shapes_read(struct grammar *grammar, struct json json, struct error *err);

/* ---- terms.c: the text of templates and genomes */

/* Reads "add(tanh(x), unary(x))" into postfix slots: (GENOME_CAPACITY). The error's where is "column N". */
int terms_parse(const struct grammar *grammar, const char *text, struct slot *slots, int *count, struct error *err);
/* Is it a word of templates, so that no primitive can be called that? */
bool term_is_reserved(const char *name);
/* Number of letters to change, add or drop between two names. */
int name_distance(const char *a, const char *b);

/* ---- layout.c */
void layout_genome(const struct grammar *grammar, const struct genome *genome, struct layout *layout);
void layout_slots(const struct slot *slots, int count, struct layout *layout);
int genome_parameters(const struct grammar *grammar, const struct genome *genome, int start, int end);
static inline bool range_has(struct symbol_range range, int symbol)
{
    return symbol >= range.first && symbol < range.last;
}
/* Which symbols may stand at a place of a genome, limits aside. */
struct symbol_range range_at(const struct grammar *grammar, const struct genome *genome, int at);
/* Replaces the genes [start, end) of `a` by `count` others; all three may not overlap. The caller has
   checked that the result fits. */
void genome_splice(const struct genome *a, int start, int end, const struct gene *genes, int count, struct genome *out);
void genome_append(struct genome *genome, struct gene gene);

/* ---- genes.c: drawing and numbering single genes */
struct gene gene_draw(const struct grammar *grammar, struct symbol_range range, struct rng *rng);
struct gene gene_with_value(const struct grammar *grammar, int symbol, struct rng *rng);
/* The choice number `index` among the genes of a range, each value of a constant counted. */
struct gene gene_at(const struct grammar *grammar, struct symbol_range range, int64_t index);
int64_t gene_choices(const struct grammar *grammar, struct symbol_range range);
double constant_snap(const struct constants *constants, double value);

/* ---- sample.c */
/* Fills the places [start, end) of a genome as its template says. */
void shape_draw(const struct grammar *grammar, const struct tree_shape *shape, int start, int end, struct rng *rng,
                struct genome *out);

/* ---- growth.c, grow_draw.c: free growth */
int growth_prepare(struct grammar *grammar, struct json json, struct error *err);
void growth_release(struct growth *growth);
/* The table's entry for rows of k trees, 0 <= k <= max_arity; and for what stands under a symbol of a
   group, when the tree has at most d levels, n nodes and p parameters. Borrowed. */
const struct cell *growth_cell(const struct growth *growth, int k, int d, int n, int p);
const struct cell *growth_rows(const struct growth *growth, const struct group *group, int d, int n, int p);
/* Appends a tree of at most `depth` levels, min..max nodes (each possible number equally likely) and
   at most `parameters` learned parameters; false when there is none. */
bool growth_draw(const struct grammar *grammar, int depth, int min_nodes, int max_nodes, int parameters,
                 struct rng *rng, struct genome *out);
void growth_at(const struct grammar *grammar, int64_t index, struct genome *out);

/* ---- mutate.c, grow_mutate.c */
bool growth_insert(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out);
bool growth_remove(const struct grammar *grammar, const struct genome *parent, struct rng *rng, struct genome *out);

#endif
