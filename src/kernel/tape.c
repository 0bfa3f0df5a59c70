/* Compiling trees to tapes, and running them block by block. */
#include "kernel/tape.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/program.h"
#include "kernel/kernel_internal.h"

#include <math.h>
#include <string.h>

/* A block of a value and its slope, for the handful of slots that a function needs, fits the
   first-level cache; longer blocks gain nothing (bench/bench_kernel). */
enum { BLOCK = 512 };

/* A line of the program whose value goes to a slot. Operands that are lines have a slot for their index. */
struct instruction {
    uint8_t op;
    uint8_t slot;
    struct operand a, b;
    uint16_t moves; /* as of a line */
};

struct tape {
    int instructions, slots, constants, parameters;
    bool uses_t, may_overflow; /* may_overflow: 0 and infinity can meet in a slope */
    struct operand result;
    struct instruction code[TREE_CAPACITY];
    float constant[TREE_CAPACITY];
    float start[TREE_PARAMETERS];
    struct tree tree; /* what it was compiled from */
};

static bool same_operand(struct operand a, struct operand b)
{
    return a.place == b.place && a.index == b.index;
}

/* ---- from a tree to a program */

/* What is one float is one number. */
static struct tree in_float(const struct tree *tree)
{
    struct tree result = *tree;
    for (int i = 0; i < result.count; i++)
        result.nodes[i].value = (double)(float)result.nodes[i].value;
    return result;
}

/* Whether an operand is f of another one, and of which. */
static bool is_unary(const struct program *program, enum op f, struct operand operand, struct operand *argument)
{
    if (operand.place != PLACE_LINE || program->lines[operand.index].op != f)
        return false;
    *argument = program->lines[operand.index].a;
    return true;
}

/* a b: where it is a function that has a loop of its own, that one, which takes half the time and rounds less:
   u sigmoid(u) is silu, u tanh(softplus(u)) is mish. */
static struct operand add_product(struct program *program, struct operand a, struct operand b)
{
    struct operand u, v;
    for (int order = 0; order < 2; order++) {
        struct operand factor = order ? b : a, other = order ? a : b;
        if (is_unary(program, OP_sigmoid, factor, &u) && same_operand(u, other))
            return program_add(program, OP_silu, u, (struct operand){0});
        if (is_unary(program, OP_tanh, factor, &v) && is_unary(program, OP_softplus, v, &u) && same_operand(u, other))
            return program_add(program, OP_mish, u, (struct operand){0});
    }
    return program_add(program, OP_mul, a, b);
}

/* now: of the lines before. */
static struct operand moved(struct operand operand, const struct operand *now)
{
    return operand.place == PLACE_LINE ? now[operand.index] : operand;
}

/* The same program with such products as one line, line by line. */
static void fuse(const struct program *plain, struct program *fused)
{
    struct operand now[TREE_CAPACITY];
    for (int i = 0; i < plain->constants; i++)
        program_constant(fused, plain->constant[i]);
    for (int i = 0; i < plain->count; i++) {
        const struct line *line = &plain->lines[i];
        struct operand a = moved(line->a, now), b = moved(line->b, now);
        now[i] = line->op == OP_mul ? add_product(fused, a, b) : program_add(fused, line->op, a, b);
    }
    fused->result = moved(plain->result, now);
}

/* ---- from a program to a tape */

/* One instruction for each line that is needed, each with a slot of its own. */
static void compile(const struct program *program, struct tape *tape)
{
    struct program_needs needs = program_needs(program, NULL);
    struct operand now[TREE_CAPACITY];
    for (int i = 0; i < program->count; i++) {
        const struct line *line = &program->lines[i];
        if (!needs.value[i])
            continue;
        int slot = tape->instructions++;
        now[i] = (struct operand){PLACE_LINE, (uint8_t)slot};
        tape->code[slot] = (struct instruction){.op = line->op,
                                                .slot = (uint8_t)slot,
                                                .a = moved(line->a, now),
                                                .b = moved(line->b, now),
                                                .moves = line->moves};
        tape->may_overflow = line->reaches.slope == REACH_FAR; /* the last one is the result */
    }
    tape->result = moved(program->result, now);
    tape->constants = program->constants;
    for (int i = 0; i < program->constants; i++)
        tape->constant[i] = (float)program->constant[i];
}

static int last_use(const struct tape *tape, int value)
{
    struct operand wanted = {PLACE_LINE, (uint8_t)value};
    if (same_operand(tape->result, wanted))
        return tape->instructions;
    int last = value;
    for (int i = value + 1; i < tape->instructions; i++)
        if (same_operand(tape->code[i].a, wanted) || same_operand(tape->code[i].b, wanted))
            last = i;
    return last;
}

/* Renames slots so that a slot is taken again once its value is not needed any more; never the slot
   of an argument of the same instruction, since loops may not overlap. */
static void assign_slots(struct tape *tape)
{
    uint8_t slot_of[TREE_CAPACITY];
    int free_after[TREE_CAPACITY];
    for (int i = 0; i < tape->instructions; i++) {
        int slot = 0;
        while (slot < tape->slots && free_after[slot] >= i)
            slot++;
        if (slot == tape->slots)
            tape->slots++;
        slot_of[i] = (uint8_t)slot;
        free_after[slot] = last_use(tape, i);
    }
    for (int i = 0; i < tape->instructions; i++) {
        struct instruction *code = &tape->code[i];
        code->slot = slot_of[i];
        if (code->a.place == PLACE_LINE)
            code->a.index = slot_of[code->a.index];
        if (code->b.place == PLACE_LINE)
            code->b.index = slot_of[code->b.index];
    }
    if (tape->result.place == PLACE_LINE)
        tape->result.index = slot_of[tape->result.index];
}

int tape_new(const struct tree *tree, struct tape **out, struct error *err)
{
    *out = NULL;
    ALWAYS(tree_is_valid(tree) && !tree_contains(tree, OP_arg));
    struct tape *tape = memory_zeroed(1, sizeof *tape);
    if (!tape)
        return memory_error(err, "a compiled expression");
    double starts[TREE_PARAMETERS];
    tree_parameter_starts(tree, starts);
    for (int i = 0; i < TREE_PARAMETERS; i++)
        tape->start[i] = (float)starts[i];
    tape->parameters = tree_parameter_count(tree);
    tape->tree = *tree;
    tape->uses_t = tree_contains(tree, OP_t);
    struct tree numbers = in_float(tree);
    struct program plain = {.count = 0}, fused = {.count = 0};
    program_of(&numbers, &plain);
    fuse(&plain, &fused);
    compile(&fused, tape);
    assign_slots(tape);
    *out = tape;
    return 0;
}

void tape_free(struct tape *tape)
{
    memory_free(tape);
}

int tape_parameters(const struct tape *tape)
{
    return tape->parameters;
}

/* Scratch: a block of ones, one of t, one of the input, one for each constant and parameter, and two for each slot. A
   parameter's block is uniform, too, unless there are several sets: then it holds them in the order of the elements. */
enum { ONES, T, INPUT, UNIFORM };

static float *block_at(void *scratch, int i)
{
    return (float *)scratch + (ptrdiff_t)i * BLOCK;
}

static float *block_of_ones(void *scratch)
{
    return block_at(scratch, ONES);
}

static float *uniform_block(const struct tape *tape, void *scratch, struct operand operand)
{
    if (operand.place == PLACE_T)
        return block_at(scratch, T);
    return block_at(scratch, UNIFORM + operand.index + (operand.place == PLACE_CONSTANT ? 0 : tape->constants));
}

static float *value_block(const struct tape *tape, void *scratch, int slot)
{
    return block_at(scratch, UNIFORM + tape->constants + tape->parameters + 2 * slot);
}

static float *slope_block(const struct tape *tape, void *scratch, int slot)
{
    return value_block(tape, scratch, slot) + BLOCK;
}

size_t tape_scratch_bytes(const struct tape *tape)
{
    return (size_t)(UNIFORM + tape->constants + tape->parameters + 2 * tape->slots) * BLOCK * sizeof(float);
}

static void fill(float *block, float value)
{
    for (int i = 0; i < BLOCK; i++)
        block[i] = value;
}

static float *parameter_block(const struct tape *tape, void *scratch, int parameter)
{
    return uniform_block(tape, scratch, (struct operand){PLACE_PARAMETER, (uint8_t)parameter});
}

/* The sets of the block that starts at element i, over and over. */
static void fill_parameter_blocks(const struct tape *tape, const struct tape_parameters *parameters, ptrdiff_t i,
                                  void *scratch)
{
    ptrdiff_t sets = parameters->sets;
    for (int j = 0; j < tape->parameters; j++) {
        float *block = parameter_block(tape, scratch, j);
        for (ptrdiff_t k = 0, set = (parameters->first + i) % sets, count; k < BLOCK; k += count, set = 0) {
            count = sets - set < BLOCK - k ? sets - set : BLOCK - k;
            memcpy(block + k, parameters->values + j * sets + set, (size_t)count * sizeof *block);
        }
    }
}

/* parameters: NULL for where they start. */
static void fill_uniform_blocks(const struct tape *tape, const struct tape_parameters *parameters, float t, bool slopes,
                                void *scratch)
{
    if (slopes)
        fill(block_of_ones(scratch), 1.0f);
    if (tape->uses_t)
        fill(block_at(scratch, T), t);
    for (int i = 0; i < tape->constants; i++)
        fill(uniform_block(tape, scratch, (struct operand){PLACE_CONSTANT, (uint8_t)i}), tape->constant[i]);
    if (parameters && parameters->sets > 1) {
        fill_parameter_blocks(tape, parameters, 0, scratch);
        return;
    }
    for (int j = 0; j < tape->parameters; j++)
        fill(parameter_block(tape, scratch, j), parameters ? parameters->values[j] : tape->start[j]);
}

/* One block of one pass: values and, for `direction` not 0, slopes by what that bit stands for. */
struct pass {
    const struct tape *tape;
    const struct loops *loops;
    void *scratch;
    uint16_t direction;
    float t;
    const float *x;
    ptrdiff_t n;
};

/* The slope of element i in double. Its parameters are in its block, whoever has put them there. */
static float slope_in_double(const struct pass *pass, ptrdiff_t i)
{
    const struct tape *tape = pass->tape;
    double parameters[TREE_PARAMETERS];
    for (int j = 0; j < tape->parameters; j++)
        parameters[j] = (double)parameter_block(tape, pass->scratch, j)[i];
    struct surroundings at = {parameters, (double)pass->t};
    double x = (double)pass->x[i];
    if (pass->direction == MOVES_WITH_X)
        return (float)tree_eval_at(&tape->tree, x, at).slope;
    int parameter = 0;
    while (pass->direction != 2u << parameter)
        parameter++;
    return (float)tree_eval_parameter_at(&tape->tree, x, at, parameter).slope;
}

/* The loops multiply and add slopes as they are, so where one leaves the range of float, infinities and 0 * Inf come
   out, though the product may be an ordinary number: tanh(exp(x)) has slope 0 far out. Such elements are hardly ever
   met and hence done again in double, which has the range, and where an exact zero wins. Whether an element is one of
   them depends on it alone. */
static void redo_slopes(const struct pass *pass, const float *v, float *d)
{
    if (pass->loops->all_finite(pass->n, d))
        return;
    for (ptrdiff_t i = 0; i < pass->n; i++)
        if (!isfinite(d[i]) && isfinite(v[i]))
            d[i] = slope_in_double(pass, i);
}

static const float *value_at(const struct pass *pass, struct operand operand)
{
    switch ((enum place)operand.place) {
    case PLACE_X:
        return pass->x;
    case PLACE_LINE:
        return value_block(pass->tape, pass->scratch, operand.index);
    case PLACE_T:
    case PLACE_CONSTANT:
    case PLACE_PARAMETER:
        break;
    }
    return uniform_block(pass->tape, pass->scratch, operand);
}

/* NULL where the operand does not move in this pass's direction. `slot_moves` says which slots do. */
static const float *slope_at(const struct pass *pass, struct operand operand, const bool *slot_moves)
{
    if (operand.place == PLACE_LINE)
        return slot_moves[operand.index] ? slope_block(pass->tape, pass->scratch, operand.index) : NULL;
    bool moving = leaf_moves(operand) & pass->direction;
    return moving ? block_of_ones(pass->scratch) : NULL;
}

static void run_block(const struct pass *pass, bool *slot_moves, float *y, float *dy)
{
    const struct tape *tape = pass->tape;
    for (int i = 0; i < tape->instructions; i++) {
        const struct instruction *code = &tape->code[i];
        bool last = i == tape->instructions - 1;
        const float *a = value_at(pass, code->a), *b = value_at(pass, code->b);
        float *v = last && y ? y : value_block(tape, pass->scratch, code->slot);
        bool moving = code->moves & pass->direction;
        if (moving) {
            bool binary = code->op >= TREE_FIRST_BINARY;
            const float *da = slope_at(pass, code->a, slot_moves);
            const float *db = binary ? slope_at(pass, code->b, slot_moves) : NULL;
            bool direct = !binary && code->a.place != PLACE_LINE; /* the argument's slope is 1 */
            float *d = last ? dy : slope_block(tape, pass->scratch, code->slot);
            pass->loops->slope[code->op](pass->n, a, b, direct ? NULL : da, db, v, d);
            if (last && tape->may_overflow)
                redo_slopes(pass, v, d);
        } else {
            pass->loops->value[code->op](pass->n, a, b, v);
            if (last && dy)
                memset(dy, 0, (size_t)pass->n * sizeof *dy);
        }
        slot_moves[code->slot] = moving;
    }
}

/* A function without operations: a leaf. */
static void run_leaf(const struct pass *pass, float *y, float *dy)
{
    const float *value = value_at(pass, pass->tape->result);
    size_t bytes = (size_t)pass->n * sizeof *y;
    if (y)
        memcpy(y, value, bytes);
    if (dy && leaf_moves(pass->tape->result) & pass->direction)
        memcpy(dy, block_of_ones(pass->scratch), bytes);
    else if (dy)
        memset(dy, 0, bytes);
}

/* Every block starts with the same set. */
static bool blocks_are_alike(const struct tape *tape, const struct tape_parameters *parameters)
{
    return !parameters || !tape->parameters || BLOCK % parameters->sets == 0;
}

/* y and dy may each be NULL; with dy NULL, direction is 0. */
static void run(const struct tape *tape, enum isa isa, const struct tape_parameters *parameters, float t, ptrdiff_t N,
                const float *x, uint16_t direction, float *y, float *dy, void *scratch)
{
    bool alike = blocks_are_alike(tape, parameters);
    struct pass pass = {.tape = tape, .loops = loops_for(isa), .scratch = scratch, .direction = direction, .t = t};
    bool slot_moves[TREE_CAPACITY] = {false};
    for (ptrdiff_t i = 0; i < N; i += BLOCK) {
        pass.x = x + i;
        pass.n = N - i < BLOCK ? N - i : BLOCK;
        if (x == y && dy && tape->may_overflow) /* the result takes its place, and redo_slopes() wants it */
            pass.x = memcpy(block_at(scratch, INPUT), x + i, (size_t)pass.n * sizeof *x);
        if (!alike)
            fill_parameter_blocks(tape, parameters, i, scratch);
        if (tape->instructions == 0)
            run_leaf(&pass, y ? y + i : NULL, dy ? dy + i : NULL);
        else
            run_block(&pass, slot_moves, y ? y + i : NULL, dy ? dy + i : NULL);
    }
}

void tape_run_sets(const struct tape *tape, enum isa isa, const struct tape_parameters *parameters, float t,
                   ptrdiff_t N, const float *x, float *y, float *dy, float *const *dp, void *scratch)
{
    fill_uniform_blocks(tape, parameters, t, dy || dp, scratch);
    if (dp)
        for (int j = 0; j < tape->parameters; j++)
            run(tape, isa, parameters, t, N, x, (uint16_t)(2u << j), NULL, dp[j], scratch);
    run(tape, isa, parameters, t, N, x, dy ? MOVES_WITH_X : 0, y, dy, scratch);
}

void tape_run(const struct tape *tape, enum isa isa, const float *parameters, float t, ptrdiff_t N, const float *x,
              float *y, float *dy, float *const *dp, void *scratch)
{
    struct tape_parameters one = {.values = parameters, .sets = 1};
    tape_run_sets(tape, isa, parameters ? &one : NULL, t, N, x, y, dy, dp, scratch);
}
