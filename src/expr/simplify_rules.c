/* Identities between particular primitives, as three tables. Patterns are written in postfix; A is
 * any term, the same one everywhere in a rule. Every rule is exact for real functions on the domain
 * it states; "hides" says where the left side, computed in floating point, gave an infinity or NaN
 * on the way although the function is finite, which the right side then does not. */
#include "expr/simplify_internal.h"

#include <math.h>

enum {
    A = OP_arg,
    ZERO = OP_COUNT, /* numbers in patterns */
    ONE,
    HALF,
    MINUS_ROOT_HALF,
    END, /* also an empty pattern */
};
_Static_assert(END < 256, "pattern codes are bytes");

static const double numbers[END] = {
    [ZERO] = 0,
    [ONE] = 1,
    [HALF] = 0.5,
    [MINUS_ROOT_HALF] = -0.70710678118654752,
};

enum { PATTERN_LENGTH = 6 };
#define PATTERN(...)                                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__, END                                                                                               \
    }
#define NOTHING                                                                                                        \
    {                                                                                                                  \
        END                                                                                                            \
    }

enum need {
    ALWAYS_TRUE,
    FINITE,       /* A is finite for sure */
    FINITE_WHOLE, /* so is the argument of the outermost primitive */
    NOT_NEGATIVE, /* A >= 0 for all x */
};

static const struct unary_rule {
    enum op op;
    uint8_t argument[PATTERN_LENGTH];
    uint8_t result[PATTERN_LENGTH];
    enum need need;
} unary_rules[] = {
    /* all A; hides the overflow of exp for A > 709 */
    {OP_log, PATTERN(A, OP_exp, ONE, OP_add), PATTERN(A, OP_softplus), ALWAYS_TRUE},
    /* all A; hides log(0) for A < -745 */
    {OP_log, PATTERN(A, OP_sigmoid), PATTERN(A, OP_log_sigmoid), ALWAYS_TRUE},
    /* all A */
    {OP_neg, PATTERN(A, OP_log_sigmoid), PATTERN(A, OP_neg, OP_softplus), ALWAYS_TRUE},
    {OP_neg, PATTERN(A, OP_neg, OP_softplus), PATTERN(A, OP_log_sigmoid), ALWAYS_TRUE},
    {OP_exp, PATTERN(A, OP_square, OP_neg), PATTERN(A, OP_gauss), ALWAYS_TRUE},
    {OP_sign, PATTERN(A, OP_sign), PATTERN(A, OP_sign), ALWAYS_TRUE},
    {OP_step, PATTERN(A, OP_sign), PATTERN(A, OP_step), ALWAYS_TRUE},
    {OP_step, PATTERN(A, OP_step), PATTERN(A, OP_step), ALWAYS_TRUE},
    {OP_step, PATTERN(A, OP_relu), PATTERN(A, OP_step), ALWAYS_TRUE},
    /* all A; hides the overflow of exp for A > 709 and log(0) for A < -745 */
    {OP_log, PATTERN(A, OP_exp), PATTERN(A), ALWAYS_TRUE},
    /* all A; needs A^2 not to overflow nearby */
    {OP_sqrt, PATTERN(A, OP_square), PATTERN(A, OP_abs), FINITE_WHOLE},
    /* A >= 0 */
    {OP_square, PATTERN(A, OP_sqrt), PATTERN(A), NOT_NEGATIVE},
};

/* p + ratio*q = scale*result; an empty q is the constant 1. */
static const struct sum_rule {
    uint8_t p[PATTERN_LENGTH];
    double ratio;
    uint8_t q[PATTERN_LENGTH];
    double scale;
    uint8_t result[PATTERN_LENGTH];
    enum need need;
} sum_rules[] = {
    /* all A */
    {PATTERN(A, OP_exp), -1, NOTHING, 1, PATTERN(A, OP_expm1), ALWAYS_TRUE},
    {PATTERN(A, OP_expm1), 1, NOTHING, 1, PATTERN(A, OP_exp), ALWAYS_TRUE},
    {PATTERN(A, OP_sigmoid), -1, NOTHING, -1, PATTERN(A, OP_neg, OP_sigmoid), ALWAYS_TRUE},
    {PATTERN(A, OP_sigmoid), -0.5, NOTHING, 0.5, PATTERN(HALF, A, OP_mul, OP_tanh), ALWAYS_TRUE},
    {PATTERN(A, OP_erf), -1, NOTHING, -1, PATTERN(A, OP_erfc), ALWAYS_TRUE},
    {PATTERN(A, OP_erf), 1, NOTHING, 1, PATTERN(A, OP_neg, OP_erfc), ALWAYS_TRUE},
    {PATTERN(A, OP_erfc), -1, NOTHING, -1, PATTERN(A, OP_erf), ALWAYS_TRUE},
    {PATTERN(A, OP_relu), -1, PATTERN(A, OP_neg, OP_relu), 1, PATTERN(A), ALWAYS_TRUE},
    {PATTERN(A, OP_relu), 1, PATTERN(A, OP_neg, OP_relu), 1, PATTERN(A, OP_abs), ALWAYS_TRUE},
    {PATTERN(A, OP_relu), 1, PATTERN(A, ZERO, OP_min), 1, PATTERN(A), ALWAYS_TRUE},
    {PATTERN(A, OP_softplus), -1, PATTERN(A, OP_neg, OP_softplus), 1, PATTERN(A), ALWAYS_TRUE},
    /* all A; where A is infinite the left side was Inf - Inf */
    {PATTERN(A), -1, PATTERN(A, OP_relu), 1, PATTERN(A, ZERO, OP_min), FINITE},
    {PATTERN(A), -1, PATTERN(A, ZERO, OP_min), 1, PATTERN(A, OP_relu), FINITE},
    {PATTERN(A), 1, PATTERN(A, OP_abs), 2, PATTERN(A, OP_relu), FINITE},
    {PATTERN(A), -1, PATTERN(A, OP_abs), -2, PATTERN(A, OP_neg, OP_relu), FINITE},
    /* all A */
    {PATTERN(A, OP_relu), 1, PATTERN(A, OP_expm1, ZERO, OP_min), 1, PATTERN(A, OP_elu), ALWAYS_TRUE},
    /* all finite A */
    {PATTERN(A, OP_sin, OP_square), 1, PATTERN(A, OP_cos, OP_square), 1, PATTERN(ONE), FINITE},
};

/* p * q = scale*result, or p / q; an empty p is the constant 1. */
static const struct product_rule {
    uint8_t p[PATTERN_LENGTH];
    uint8_t q[PATTERN_LENGTH];
    bool divides;
    double scale;
    uint8_t result[PATTERN_LENGTH];
    enum need need;
} product_rules[] = {
    /* all finite A */
    {PATTERN(A), PATTERN(A, OP_sigmoid), false, 1, PATTERN(A, OP_silu), ALWAYS_TRUE},
    {PATTERN(A), PATTERN(A, OP_softplus, OP_tanh), false, 1, PATTERN(A, OP_mish), ALWAYS_TRUE},
    {PATTERN(A), PATTERN(MINUS_ROOT_HALF, A, OP_mul, OP_erfc), false, 2, PATTERN(A, OP_gelu), ALWAYS_TRUE},
    {PATTERN(A), PATTERN(A, OP_step), false, 1, PATTERN(A, OP_relu), FINITE},
    {PATTERN(A), PATTERN(A, OP_sign), false, 1, PATTERN(A, OP_abs), FINITE},
    {PATTERN(A, OP_abs), PATTERN(A, OP_sign), false, 1, PATTERN(A), FINITE},
    {PATTERN(A, OP_relu), PATTERN(A, OP_step), false, 1, PATTERN(A, OP_relu), FINITE},
    {PATTERN(A), PATTERN(A, OP_abs, ONE, OP_add), true, 1, PATTERN(A, OP_softsign), FINITE},
    /* all A; where exp(A) overflows the left side is 1/Inf, which is right */
    {NOTHING, PATTERN(A, OP_exp, ONE, OP_add), true, 1, PATTERN(A, OP_neg, OP_sigmoid), ALWAYS_TRUE},
    /* all A; hides Inf * 0 for A > 709 */
    {PATTERN(A, OP_exp), PATTERN(A, OP_neg, OP_sigmoid), false, 1, PATTERN(A, OP_sigmoid), ALWAYS_TRUE},
    /* all A; hides Inf / Inf for |A| > 710 */
    {PATTERN(A, OP_sinh), PATTERN(A, OP_cosh), true, 1, PATTERN(A, OP_tanh), ALWAYS_TRUE},
};

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

static int code_arity(int code)
{
    return code < OP_COUNT && code != A ? op_info((enum op)code)->arity : 0;
}

static int pattern_root(const uint8_t *pattern)
{
    int length = 0;
    while (pattern[length] != END)
        length++;
    return length - 1;
}

static int pattern_start(const uint8_t *pattern, int root)
{
    int missing = 1;
    int i = root + 1;
    while (missing > 0)
        missing += code_arity(pattern[--i]) - 1;
    return i;
}

/* Does the pattern with that root describe the term? Binds *a, which is 0 as long as it is free. */
static bool match(const struct terms *terms, const uint8_t *pattern, int root, int term, int *a)
{
    int code = pattern[root];
    const struct term *t = &terms->items[term];
    if (code == A) {
        if (!*a)
            *a = term;
        return term_compare(terms, *a, term) == 0;
    }
    if (code >= OP_COUNT) /* numbers to a rounding error: people write 0.7071067811865476 or 1/sqrt(2) */
        return t->op == OP_const && fabs(t->value - numbers[code]) <= 4e-16 * fabs(numbers[code]);
    if (t->op != code)
        return false;
    if (code_arity(code) == 1)
        return match(terms, pattern, root - 1, t->a, a);
    int left = pattern_start(pattern, root - 1) - 1;
    return match(terms, pattern, root - 1, t->b, a) && match(terms, pattern, left, t->a, a);
}

static int instantiate(struct terms *terms, const uint8_t *pattern, int a)
{
    int stack[PATTERN_LENGTH];
    int top = 0;
    for (int i = 0; pattern[i] != END; i++) {
        int code = pattern[i];
        int arity = code_arity(code);
        if (code == A)
            stack[top++] = a;
        else if (code >= OP_COUNT)
            stack[top++] = term_constant(terms, numbers[code]);
        else if (arity == 1)
            stack[top - 1] = term_simple(terms, (enum op)code, stack[top - 1], 0);
        else {
            top--;
            stack[top - 1] = term_simple(terms, (enum op)code, stack[top - 1], stack[top]);
        }
    }
    return stack[0];
}

static bool is_met(const struct terms *terms, enum need need, int a, int whole)
{
    switch (need) {
    case FINITE:
        return term_is_finite(terms, a);
    case FINITE_WHOLE:
        return term_is_finite(terms, whole);
    case NOT_NEGATIVE:
        return terms->items[a].everywhere.low >= 0;
    default:
        return true;
    }
}

int rule_unary(struct terms *terms, enum op op, int argument)
{
    for (int i = 0; i < COUNT(unary_rules); i++) {
        const struct unary_rule *rule = &unary_rules[i];
        int a = 0;
        if (rule->op == op && match(terms, rule->argument, pattern_root(rule->argument), argument, &a) &&
            is_met(terms, rule->need, a, argument))
            return instantiate(terms, rule->result, a);
    }
    return 0;
}

static bool is_bare(const uint8_t *pattern)
{
    return pattern[0] == A && pattern[1] == END;
}

/* Binds A from the more telling of the two patterns, then compares the other one as it looks after
   simplification. *factor: A is that multiple of p, when p is bare A. */
static int bind_pair(struct terms *terms, const uint8_t *p_pattern, const uint8_t *q_pattern, int p, int q,
                     double *factor)
{
    int a = 0;
    int p_root = pattern_root(p_pattern), q_root = pattern_root(q_pattern);
    *factor = 1;
    if ((p == 0) != (p_root < 0) || (q == 0) != (q_root < 0))
        return 0;
    if (p == 0)
        return match(terms, q_pattern, q_root, q, &a) ? a : 0;
    if (is_bare(p_pattern)) {
        int rest;
        if (!match(terms, q_pattern, q_root, q, &a))
            return 0;
        *factor = term_split(terms, a, &rest);
        return term_compare(terms, p, rest) == 0 ? a : 0;
    }
    if (!match(terms, p_pattern, p_root, p, &a))
        return 0;
    if (q == 0)
        return a;
    return term_compare(terms, instantiate(terms, q_pattern, a), q) == 0 ? a : 0;
}

int rule_sum(struct terms *terms, int p, double ratio, int q, double *scale)
{
    for (int i = 0; i < COUNT(sum_rules); i++) {
        const struct sum_rule *rule = &sum_rules[i];
        double factor = 1;
        if (rule->ratio != ratio)
            continue;
        int a = bind_pair(terms, rule->p, rule->q, p, q, &factor);
        if (!a || factor != 1 || !is_met(terms, rule->need, a, p))
            continue;
        *scale = rule->scale;
        return instantiate(terms, rule->result, a);
    }
    return 0;
}

int rule_product(struct terms *terms, int p, int q, bool divides, double *scale)
{
    for (int i = 0; i < COUNT(product_rules); i++) {
        const struct product_rule *rule = &product_rules[i];
        double factor = 1;
        if (rule->divides != divides)
            continue;
        int a = bind_pair(terms, rule->p, rule->q, p, q, &factor);
        if (!a || factor == 0 || !is_met(terms, rule->need, a, p))
            continue;
        *scale = rule->scale / factor;
        return instantiate(terms, rule->result, a);
    }
    return 0;
}
