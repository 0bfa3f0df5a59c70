/* How fast the activation kernels are: elements a nanosecond on one core, value and derivative, by
   instruction level, for whole functions. Every answer is checked against the double reference
   before it is timed.

   Usage: bench_kernel ['EXPRESSION' ...] */
#include "timing.h"

#include "base/error.h"
#include "base/memory.h"
#include "expr/parse.h"
#include "kernel/tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 128 * 128, REPEATS = 400, ROUNDS = 7 };

static void check(const struct tree *tree, const float *x, const float *y, const float *dy)
{
    for (int i = 0; i < COUNT; i += 7) {
        struct dual f = tree_eval(tree, x[i], NULL);
        if (!(fabs(y[i] - f.value) <= 1e-5 * (1 + fabs(f.value)) &&
              fabs(dy[i] - f.slope) <= 1e-5 * (1 + fabs(f.slope)))) {
            fprintf(stderr, "bench_kernel: wrong at %g: %g %g, expected %g %g\n", x[i], y[i], dy[i], f.value, f.slope);
            exit(1);
        }
    }
}

/* Median over the rounds, in elements a nanosecond; dy NULL: values only. */
static double speed(const struct tape *tape, enum isa isa, const float *x, float *y, float *dy, void *scratch)
{
    double rounds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int i = 0; i < REPEATS; i++)
            tape_run(tape, isa, NULL, 1, COUNT, x, y, dy, NULL, scratch);
        rounds[round] = (double)COUNT * REPEATS / (1e9 * (now() - start));
    }
    return median(rounds, ROUNDS);
}

static int measure(const char *text)
{
    static float x[COUNT], y[COUNT], dy[COUNT];
    struct error err = ERROR_EMPTY;
    struct tree tree;
    struct tape *tape = NULL;
    void *scratch = NULL;
    int status = tree_parse(text, &tree, &err);
    if (!status)
        status = tape_new(&tree, &tape, &err);
    if (!status && !(scratch = memory_aligned(tape_scratch_bytes(tape))))
        status = memory_error(&err, "scratch");
    if (status) {
        fprintf(stderr, "bench_kernel: %s: %s\n", text, err.what);
        tape_free(tape);
        return status;
    }
    for (int i = 0; i < COUNT; i++)
        x[i] = -4.0003f + 8.0f * (float)i / COUNT;
    printf("%-34s", text);
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        tape_run(tape, (enum isa)isa, NULL, 1, COUNT, x, y, dy, NULL, scratch);
        check(&tree, x, y, dy);
        printf("  %6.2f %6.2f", speed(tape, (enum isa)isa, x, y, NULL, scratch),
               speed(tape, (enum isa)isa, x, y, dy, scratch));
    }
    printf("\n");
    memory_free(scratch);
    tape_free(tape);
    return 0;
}

int main(int argc, char **argv)
{
    static char *functions[] = {
        "relu(x)",
        "sigmoid(x)",
        "tanh(x)",
        "silu(x)",
        "x*sigmoid(x)",
        "gelu(x)",
        "mish(x)",
        "softplus(x)",
        "erf(x)",
        "elu(x)",
        "sin(x)",
        "atan(x)",
        "bessel_i0e(x)",
        "max(relu(x), tanh(x))",
        "erf(x)+x*sigmoid(x)",
        "x^2*exp(-abs(x))",
    };
    int count = argc > 1 ? argc - 1 : (int)(sizeof functions / sizeof *functions);
    char **texts = argc > 1 ? argv + 1 : functions;
    printf("elements/ns: value, value and derivative\n%-34s", "");
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        printf("  %13s", isa_name((enum isa)isa));
    printf("\n");
    int status = 0;
    for (int i = 0; i < count && !status; i++)
        status = measure(texts[i]);
    return error_exit_status((enum error_code)status);
}
