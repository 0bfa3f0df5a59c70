/* Products with bytes: the loops that pass over zeros against the dense product. A network that takes its input so is
   held against the same network on numbers by tests/nn/test_sparse.c. */
#include "loops_testing.h"

#include "loops/sparse.h"

enum { MOST_B = 200, MOST_K = 784, MOST_N = 160, MOST_GROUPS = (MOST_K + 63) / 64 };

static struct {
    uint8_t u[MOST_B * MOST_GROUPS * 64];
    uint64_t marks[MOST_B * MOST_GROUPS], scratch[64 * MOST_GROUPS], columns[64 * MOST_GROUPS * ((MOST_B + 63) / 64)];
    float value[256], x[MOST_B * MOST_K], w[MOST_K * MOST_N], gy[MOST_B * MOST_N];
    float y[MOST_B * MOST_N], gw[MOST_K * MOST_N], total[MOST_N], start[MOST_N], wanted[MOST_K * MOST_N];
} at;

/* Bytes of which a share is not 0, and the numbers they stand for. */
static void draw_bytes(ptrdiff_t B, ptrdiff_t K, double share, struct byte_rows *rows)
{
    uint64_t state = (uint64_t)(B * K);
    *rows = (struct byte_rows){
        .groups = (K + 63) / 64, .u = at.u, .marks = at.marks, .columns = at.columns, .value = at.value};
    memset(at.u, 0, sizeof at.u);
    for (int u = 0; u < 256; u++)
        at.value[u] = (float)u / 100;
    for (ptrdiff_t b = 0; b < B; b++)
        for (ptrdiff_t k = 0; k < K; k++) {
            bool some = next_share(&state) < share;
            uint8_t u = (uint8_t)(some ? 1 + next_number(&state) % 255 : 0);
            at.u[b * rows->groups * 64 + k] = u;
            at.x[b * K + k] = at.value[u];
        }
}

START_TEST(every_byte_that_is_not_zero_is_marked)
{
    static const ptrdiff_t rows[] = {1, 2, 63, 64, 65, 128, 200}, widths[] = {1, 63, 64, 65, 784};
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 7 * 5; i++) {
            ptrdiff_t B = rows[i % 7], K = widths[i / 7], blocks = (B + 63) / 64;
            const struct sparse_loops *loops = sparse_loops_for((enum isa)isa);
            struct byte_rows bytes;
            draw_bytes(B, K, 0.4, &bytes);
            loops->mark(B, bytes.groups, at.u, at.marks);
            loops->transpose(B, bytes.groups, at.marks, at.scratch, at.columns);
            for (ptrdiff_t b = 0; b < 64 * blocks; b++)
                for (ptrdiff_t k = 0; k < 64 * bytes.groups; k++) {
                    bool wanted = b < B && at.u[b * bytes.groups * 64 + k];
                    bool in_row = b < B && at.marks[b * bytes.groups + k / 64] >> k % 64 & 1;
                    bool in_column = at.columns[k * blocks + b / 64] >> b % 64 & 1;
                    if (in_row != wanted || in_column != wanted)
                        ck_abort_msg("%td rows of %td, row %td, byte %td", B, K, b, k);
                }
        }
}
END_TEST

static void assert_near(const char *what, ptrdiff_t rows, ptrdiff_t columns, const float *got, const float *wanted,
                        double terms)
{
    for (ptrdiff_t i = 0; i < rows * columns; i++)
        if (!(fabs((double)got[i] - (double)wanted[i]) <= 2e-6 * terms))
            ck_abort_msg("%s (%td, %td): at %td %.9g, wanted %.9g", what, rows, columns, i, (double)got[i],
                         (double)wanted[i]);
}

/* y (M, N) += a b in double, summed over K; a stands as (M, K), or (K, M) when transposed. b: (K, N). */
static void add_product(bool transposed, ptrdiff_t M, ptrdiff_t N, ptrdiff_t K, const float *a, const float *b,
                        float *y)
{
    for (ptrdiff_t m = 0; m < M; m++)
        for (ptrdiff_t n = 0; n < N; n++) {
            double sum = (double)y[m * N + n];
            for (ptrdiff_t k = 0; k < K; k++)
                sum += (double)(transposed ? a[k * M + m] : a[m * K + k]) * (double)b[k * N + n];
            y[m * N + n] = (float)sum;
        }
}

/* Against the plain dense product; the bound grows with the number of terms, which are about 1 each. */
static void check_products(enum isa isa, ptrdiff_t B, ptrdiff_t K, ptrdiff_t N, double share)
{
    const struct sparse_loops *loops = sparse_loops_for(isa);
    struct byte_rows rows;
    draw_bytes(B, K, share, &rows);
    for (ptrdiff_t i = 0; i < MOST_K * MOST_N; i++)
        at.gw[i] = at.wanted[i] = NAN;
    for (ptrdiff_t i = 0; i < MOST_B * MOST_N; i++)
        at.y[i] = NAN;
    loops->mark(B, rows.groups, at.u, at.marks);
    loops->forward(B, K, N, &rows, at.w, at.y, at.total);
    memset(at.wanted, 0, (size_t)(B * N) * sizeof *at.wanted);
    add_product(false, B, N, K, at.x, at.w, at.wanted);
    assert_near("forward", B, N, at.y, at.wanted, 1 + (double)K);
    for (ptrdiff_t n = 0; n < N; n++) {
        double total = 0;
        for (ptrdiff_t k = 0; k < K; k++)
            total += (double)at.w[k * N + n];
        ck_assert_double_eq_tol((double)at.total[n], total, 2e-6 * (1 + (double)K));
    }
    loops->transpose(B, rows.groups, at.marks, at.scratch, at.columns);
    loops->backward(B, K, N, &rows, at.gy, at.start, at.gw);
    for (ptrdiff_t i = 0; i < K * N; i++)
        at.wanted[i] = at.start[i % N];
    add_product(true, K, N, B, at.x, at.gy, at.wanted);
    assert_near("backward", K, N, at.gw, at.wanted, 1 + (double)B);
    ck_assert(isnan(at.gw[K * N]) && isnan(at.y[B * N])); /* nothing behind the end */
}

START_TEST(products_match_dense_ones)
{
    static const ptrdiff_t rows[] = {1, 64, 65, 128}, inputs[] = {1, 64, 70, 300}, units[] = {16, 17, 31, 64, 100, 159};
    fill(at.w, MOST_K * MOST_N, 1);
    fill(at.gy, MOST_B * MOST_N, 2);
    fill(at.start, MOST_N, 3);
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 4 * 4 * 6; i += testing_is_sparse() ? 7 : 1)
            check_products((enum isa)isa, rows[i % 4], inputs[i / 4 % 4], units[i / 16], 0.4);
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int tenths = 0; tenths <= 10; tenths += 5)
            check_products((enum isa)isa, 128, 784, 128, tenths / 10.0);
}
END_TEST

int main(void)
{
    return RUN_TESTS("sparse", 60, every_byte_that_is_not_zero_is_marked, products_match_dense_ones);
}
