/* Every primitive, at every instruction level, against the double reference over the whole range of
   floats. ACTSEARCH_SWEEP=dense makes the sweep 50 times denser, ACTSEARCH_SWEEP=sparse 20 times sparser
   (for valgrind). */
#include "testing.h"

#include "kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum { VALUE_ULP = 4, MAX_POINTS = 12000000 /* with ACTSEARCH_SWEEP=dense */ };

struct sweep {
    ptrdiff_t count;
    float *a, *b, *v, *da, *db;
};

static struct sweep sweep;

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void add_point(float a, float b)
{
    if (sweep.count < MAX_POINTS) {
        sweep.a[sweep.count] = a;
        sweep.b[sweep.count++] = b;
    }
}

static const float special[] = {0.0f,    -0.0f,    1e-45f,   -1e-45f,   FLT_MIN, -FLT_MIN,
                                FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN};
static const float boundary[] = {0.5f,
                                 0.625f,
                                 0.75f,
                                 1,
                                 0.41421356f,
                                 2.4142136f,
                                 2,
                                 3,
                                 4,
                                 6,
                                 10,
                                 0.3466f,
                                 16,
                                 20,
                                 14.2f,
                                 44.36f,
                                 87.3f,
                                 88.7f,
                                 89,
                                 103.97f,
                                 104.5f,
                                 1e6f,
                                 1.0397f,
                                 3.1415927f,
                                 1.5707964f,
                                 0x1.7a8152p+19f,
                                 0x1.7d80b8p+2f};

/* All floats by a prime stride of their bits, the neighbourhood of special and of boundary values,
   and a fine grid where networks live. */
static void fill_unary(void)
{
    const char *sweep_kind = getenv("ACTSEARCH_SWEEP");
    bool dense = sweep_kind && strcmp(sweep_kind, "dense") == 0;
    const uint32_t stride = dense ? 401 : testing_is_sparse() ? 400009 : 20011;
    sweep.count = 0;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        add_point(special[i], 0);
    for (size_t i = 0; i < sizeof boundary / sizeof *boundary; i++) {
        uint32_t bits;
        memcpy(&bits, &boundary[i], sizeof bits);
        for (int k = -40; k <= 40; k++) {
            add_point(float_of_bits(bits + (uint32_t)k), 0);
            add_point(-float_of_bits(bits + (uint32_t)k), 0);
        }
    }
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride)
        add_point(float_of_bits((uint32_t)bits), 0);
    for (float x = -110; x < 110; x += testing_is_sparse() ? 0.06f : 0.003f)
        add_point(x, 0);
}

static void fill_binary(void)
{
    static const float grid[] = {0.0f, -0.0f, 1e-45f, 1e-30f, 0.1f,  0.5f,    1,
                                 1.5f, 2,     3,      7.25f,  1e10f, FLT_MAX, INFINITY};
    int n = sizeof grid / sizeof *grid;
    sweep.count = 0;
    for (int i = 0; i < 4 * n * n; i++)
        add_point(i & 1 ? -grid[i / 4 % n] : grid[i / 4 % n], i & 2 ? -grid[i / 4 / n] : grid[i / 4 / n]);
    add_point(NAN, 1);
    add_point(1, NAN);
    uint32_t state = 1;
    for (int i = 0; i < 100000; i++) {
        uint32_t bits[2];
        for (int k = 0; k < 2; k++) {
            state = state * 1664525u + 1013904223u;
            bits[k] = (state ^ state >> 15) & 0xbfffffffu;
        }
        add_point(float_of_bits(bits[0]), float_of_bits(bits[1]));
    }
}

/* Distance in units of the last place of the reference as a float. */
static double ulp_error(float value, double reference)
{
    if (isnan(reference))
        return isnan(value) ? 0 : INFINITY;
    if (fabs(reference) > FLT_MAX) {
        double top = copysign(isinf(value) ? FLT_MAX : value, value);
        return !signbit(value) == !signbit(reference) ? (FLT_MAX - fabs(top)) / 0x1p104 : INFINITY;
    }
    if (!isfinite(value)) {
        /* rounding up to infinity is one step from the largest float */
        bool step = isinf(value) && !signbit(value) == !signbit(reference) && fabs(reference) > FLT_MAX * (1 - 0x1p-22);
        return step ? 1 : INFINITY;
    }
    int exponent;
    frexp(reference, &exponent);
    double ulp = ldexp(1, reference == 0 || exponent - 24 < -149 ? -149 : exponent - 24);
    return fabs((double)value - reference) / ulp;
}

/* `given`: by how much the true slope changes when the argument moves by KERNEL_BACKWARD_ULP. */
static bool slope_is_right(float value, double reference, double given, double *error)
{
    bool below = fabs(reference) < (double)FLT_MIN && fabs((double)value) < (double)FLT_MIN; /* of the normal numbers */
    *error = ulp_error(value, reference);
    if (*error > KERNEL_SLOPE_ULP && (below || fabs((double)value - reference) <= given))
        *error = 0;
    return *error <= KERNEL_SLOPE_ULP;
}

static float moved(float x, int ulps)
{
    for (int i = 0; i < abs(ulps); i++)
        x = nextafterf(x, ulps < 0 ? -INFINITY : INFINITY);
    return x;
}

static double slope_given(enum op op, float a, float b, int by, double reference)
{
    double most = 0;
    for (int side = -KERNEL_BACKWARD_ULP; side <= KERNEL_BACKWARD_ULP; side += 2 * KERNEL_BACKWARD_ULP)
        for (int which = 0; which < 2; which++) {
            double slope = op_slope(op, which ? a : moved(a, side), which ? moved(b, side) : b, by);
            most = isfinite(slope) ? fmax(most, fabs(slope - reference)) : most;
        }
    return most;
}

static double worst_value(enum isa isa, enum op op, ptrdiff_t *where)
{
    double worst = 0;
    kernel_value(isa, op, sweep.count, sweep.a, sweep.b, sweep.v);
    for (ptrdiff_t i = 0; i < sweep.count; i++) {
        double error = ulp_error(sweep.v[i], op_value(op, sweep.a[i], sweep.b[i]));
        if (error > worst) {
            worst = error;
            *where = i;
        }
    }
    return worst;
}

/* Check writes to a pipe at every assertion that holds, so the loops abort by hand. */
static void check_op(enum isa isa, enum op op)
{
    const char *name = op_info(op)->name;
    ptrdiff_t at = 0;
    double worst = worst_value(isa, op, &at);
    ck_assert_msg(worst <= VALUE_ULP, "%s %s(%a=%g, %g): %g, expected %g: %.2f ulp", isa_name(isa), name, sweep.a[at],
                  sweep.a[at], sweep.b[at], sweep.v[at], op_value(op, sweep.a[at], sweep.b[at]), worst);
    float *values = sweep.v + sweep.count;
    bool binary = op >= TREE_FIRST_BINARY;
    kernel_slope(isa, op, sweep.count, sweep.a, sweep.b, values, sweep.da, sweep.db);
    double worst_slope = 0;
    for (ptrdiff_t i = 0; i < sweep.count; i++) {
        if (memcmp(&values[i], &sweep.v[i], sizeof(float)) != 0 && !(isnan(values[i]) && isnan(sweep.v[i])))
            ck_abort_msg("%s: value with and without slope differ at %a", name, sweep.a[i]);
        if (isnan(sweep.v[i]) || !isfinite(sweep.a[i]) || !isfinite(sweep.b[i]))
            continue;
        for (int by = 0; by <= binary; by++) {
            double reference = op_slope(op, sweep.a[i], sweep.b[i], by), error;
            float slope = by ? sweep.db[i] : sweep.da[i];
            if (!isfinite(reference) || fabs(reference) > FLT_MAX)
                continue;
            if (ulp_error(slope, reference) <= KERNEL_SLOPE_ULP)
                error = ulp_error(slope, reference);
            else if (!slope_is_right(slope, reference, slope_given(op, sweep.a[i], sweep.b[i], by, reference), &error))
                ck_abort_msg("%s d %s/d%c(%a=%g, %g): %g, expected %g: %.2f ulp", isa_name(isa), name, 'a' + by,
                             sweep.a[i], sweep.a[i], sweep.b[i], slope, reference, error);
            if (error > worst_slope)
                worst_slope = error;
        }
    }
    if (getenv("ACTSEARCH_VERBOSE"))
        printf("%-10s %-12s value %5.2f ulp at %-14g slope %5.2f ulp\n", isa_name(isa), name, worst, sweep.a[at],
               worst_slope);
}

static void with_memory(void)
{
    sweep.a = calloc(MAX_POINTS, sizeof(float));
    sweep.b = calloc(MAX_POINTS, sizeof(float));
    sweep.v = calloc(2 * (size_t)MAX_POINTS, sizeof(float));
    sweep.da = calloc(MAX_POINTS, sizeof(float));
    sweep.db = calloc(MAX_POINTS, sizeof(float));
    ck_assert(sweep.a && sweep.b && sweep.v && sweep.da && sweep.db);
}

static void without_memory(void)
{
    free(sweep.a);
    free(sweep.b);
    free(sweep.v);
    free(sweep.da);
    free(sweep.db);
}

START_TEST(unary_primitives_stay_within_their_bounds)
{
    with_memory();
    fill_unary();
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++)
            check_op((enum isa)isa, (enum op)op);
    without_memory();
}
END_TEST

START_TEST(binary_primitives_stay_within_their_bounds)
{
    with_memory();
    fill_binary();
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int op = TREE_FIRST_BINARY; op < OP_COUNT; op++)
            check_op((enum isa)isa, (enum op)op);
    without_memory();
}
END_TEST

static const struct {
    enum op op;
    float x, expected;
} special_cases[] = {
    {OP_sigmoid, INFINITY, 1},
    {OP_sigmoid, -INFINITY, 0},
    {OP_tanh, INFINITY, 1},
    {OP_tanh, -INFINITY, -1},
    {OP_tanh, -0.0f, -0.0f},
    {OP_softplus, -INFINITY, 0},
    {OP_softplus, 1000, 1000},
    {OP_softplus, -1000, 0},
    {OP_silu, -INFINITY, -0.0f},
    {OP_silu, INFINITY, INFINITY},
    {OP_gelu, -INFINITY, -0.0f},
    {OP_gelu, INFINITY, INFINITY},
    {OP_mish, -INFINITY, -0.0f},
    {OP_mish, INFINITY, INFINITY},
    {OP_exp, -INFINITY, 0},
    {OP_exp, INFINITY, INFINITY},
    {OP_log, 0, -INFINITY},
    {OP_log, -1, NAN},
    {OP_expm1, -0.0f, -0.0f},
    {OP_expm1, -INFINITY, -1},
    {OP_erf, INFINITY, 1},
    {OP_erf, -0.0f, -0.0f},
    {OP_erfc, -INFINITY, 2},
    {OP_erfc, INFINITY, 0},
    {OP_gauss, INFINITY, 0},
    {OP_atan, INFINITY, 1.57079637f},
    {OP_asinh, -INFINITY, -INFINITY},
    {OP_sinh, -0.0f, -0.0f},
    {OP_sin, -0.0f, -0.0f},
    {OP_sin, INFINITY, NAN},
    {OP_softsign, INFINITY, 1},
    {OP_elu, -INFINITY, -1},
    {OP_sinc, 0, 1},
    {OP_bessel_i0e, 0, 1},
    {OP_bessel_i1e, -0.0f, -0.0f},
    {OP_bessel_i0e, INFINITY, 0},
    {OP_log_sigmoid, -INFINITY, -INFINITY},
    {OP_reciprocal, -0.0f, -INFINITY},
};

/* Signs of zero, infinities and NaN, written down by hand and not taken from the reference. */
START_TEST(special_values_are_right)
{
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        for (size_t i = 0; i < sizeof special_cases / sizeof *special_cases; i++) {
            float v;
            kernel_value((enum isa)isa, special_cases[i].op, 1, &special_cases[i].x, NULL, &v);
            bool same =
                isnan(special_cases[i].expected) ? isnan(v) : memcmp(&v, &special_cases[i].expected, sizeof v) == 0;
            ck_assert_msg(same, "%s %s(%g): %g, expected %g", isa_name((enum isa)isa),
                          op_info(special_cases[i].op)->name, special_cases[i].x, v, special_cases[i].expected);
        }
        for (int op = TREE_FIRST_UNARY; op < TREE_FIRST_BINARY; op++) {
            float x = NAN, v;
            kernel_value((enum isa)isa, (enum op)op, 1, &x, NULL, &v);
            ck_assert_msg(isnan(v), "%s(NaN) is %g", op_info((enum op)op)->name, v);
        }
    }
}
END_TEST

/* The same element gives the same bits in a vector body and in a loop's remainder. */
START_TEST(bits_do_not_depend_on_the_place)
{
    enum { COUNT = 67 };
    float x[COUNT], v[COUNT], v2[COUNT], da[COUNT], db[COUNT], b[COUNT];
    for (int i = 0; i < COUNT; i++) {
        x[i] = (float)(i - 33) * 0.37f;
        b[i] = (float)(i % 7) - 2.9f;
    }
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
            kernel_slope((enum isa)isa, (enum op)op, COUNT, x, b, v, da, db);
            for (int i = 0; i < COUNT; i++) {
                float one, one_da, one_db;
                kernel_slope((enum isa)isa, (enum op)op, 1, x + i, b + i, &one, &one_da, &one_db);
                kernel_value((enum isa)isa, (enum op)op, COUNT - i, x + i, b + i, v2);
                ck_assert(memcmp(&one, &v[i], sizeof one) == 0 || isnan(one));
                ck_assert(memcmp(&one_da, &da[i], sizeof one) == 0 || isnan(one_da));
                ck_assert(memcmp(v2, &v[i], sizeof one) == 0 || isnan(one));
            }
        }
}
END_TEST

/* The measure itself must be able to say no. */
START_TEST(a_wrong_value_is_rejected)
{
    double error;
    ck_assert_double_gt(ulp_error(1.000001f, 1.0), VALUE_ULP);
    ck_assert_double_gt(ulp_error(1.0f, NAN), VALUE_ULP);
    ck_assert_double_gt(ulp_error(NAN, 1.0), VALUE_ULP);
    ck_assert_double_gt(ulp_error(INFINITY, 1e30), VALUE_ULP);
    ck_assert_double_gt(ulp_error(-INFINITY, 1e300), VALUE_ULP);
    ck_assert_double_gt(ulp_error(1e-44f, 0), VALUE_ULP);
    ck_assert(!slope_is_right(1.000002f, 1.0, 1e-6, &error));
    ck_assert(!slope_is_right(NAN, 1.0, 1, &error));
    ck_assert(!slope_is_right(7e-35f, 1e-40, 1e-40, &error)); /* small is not enough */
    ck_assert(slope_is_right(1e-9f, 2e-9, 1e-8, &error));
}
END_TEST

int main(void)
{
    return RUN_TESTS("kernel", 600, unary_primitives_stay_within_their_bounds,
                     binary_primitives_stay_within_their_bounds, special_values_are_right,
                     bits_do_not_depend_on_the_place, a_wrong_value_is_rejected);
}
