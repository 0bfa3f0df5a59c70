/* Products against a plain reference at every instruction level. */
#include "nn_testing.h"

#include <float.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

struct product {
    bool ta, tb;
    ptrdiff_t M, N, K;
    float alpha, beta;
};

/* The products of 784-128-64-10 with 128 rows, odd sizes, and both scalars. */
static const struct product products[] = {
    {false, false, 128, 128, 784, 1, 0}, {true, false, 784, 128, 128, 1, 0},      {false, false, 128, 64, 128, 1, 0},
    {false, true, 128, 128, 64, 1, 0},   {true, false, 64, 10, 128, 1, 0},        {false, true, 128, 64, 10, 1, 0},
    {false, false, 1, 1, 1, 1, 0},       {true, true, 17, 5, 33, 1, 0},           {false, true, 3, 130, 70, 2, 0},
    {false, false, 37, 41, 29, 1, 1},    {true, false, 13, 200, 3, -0.5f, 0.25f}, {false, false, 16, 2, 1000, 1, 0},
};
enum { PRODUCTS = sizeof products / sizeof *products };

/* Fills `count` floats `offset` floats behind an aligned start; the block is at least that much longer. */
static float *numbers(ptrdiff_t count, int offset, uint64_t key, float **block)
{
    *block = memory_aligned((size_t)(count + 64) * sizeof(float));
    struct rng rng = rng_keyed(key, 0, RNG_TEST);
    for (ptrdiff_t i = 0; i < count; i++)
        (*block)[offset + i] = (float)rng_normal(&rng);
    return *block + offset;
}

/* C of product p, with each buffer moved by `offset` floats. Returns owned: (M, N). */
static float *compute(const struct product *p, int offset, bool reference)
{
    float *blocks[3];
    const float *A = numbers(p->M * p->K, offset, 1, &blocks[0]);
    const float *B = numbers(p->K * p->N, offset * 3 % 16, 2, &blocks[1]);
    float *C = numbers(p->M * p->N, offset * 5 % 16, 3, &blocks[2]);
    (reference ? blas_reference_gemm : blas_gemm)(p->ta, p->tb, p->M, p->N, p->K, p->alpha, A, p->ta ? p->M : p->K, B,
                                                  p->tb ? p->K : p->N, p->beta, C, p->N);
    float *result = memory_array((size_t)(p->M * p->N), sizeof *result);
    memcpy(result, C, (size_t)(p->M * p->N) * sizeof *result);
    for (int i = 0; i < 3; i++)
        memory_free(blocks[i]);
    return result;
}

/* The number of the first product that is wrong, -1 if none. A sum of K products of normal numbers
   errs by some sqrt(K) eps times their usual size; the bound leaves room. */
static int first_wrong_product(void)
{
    for (int i = 0; i < PRODUCTS; i++) {
        const struct product *p = &products[i];
        float *fast = compute(p, 0, false), *plain = compute(p, 0, true);
        double bound = 64 * FLT_EPSILON * (sqrt((double)p->K) + 1);
        bool right = true;
        for (ptrdiff_t j = 0; j < p->M * p->N; j++)
            right = right && fabs((double)fast[j] - (double)plain[j]) <= bound;
        memory_free(fast);
        memory_free(plain);
        if (!right)
            return i;
    }
    return -1;
}

/* In a process for each level, because the library fixes it at first use; so this test comes first. */
START_TEST(products_match_the_reference_at_every_level)
{
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            blas_thread_init();
            _exit(blas_limit_isa((enum isa)isa, NULL) ? 100 : first_wrong_product() + 1);
        }
        int status = 0;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "level %s: product %d", isa_name((enum isa)isa),
                      WEXITSTATUS(status) - 1);
    }
}
END_TEST

START_TEST(repetition_and_alignment_change_no_bit)
{
    blas_thread_init();
    for (int i = 0; i < PRODUCTS; i++) {
        const struct product *p = &products[i];
        size_t bytes = (size_t)(p->M * p->N) * sizeof(float);
        float *first = compute(p, 0, false);
        for (int offset = 0; offset < 16; offset += i < 2 ? 5 : 1) {
            float *again = compute(p, offset, false);
            ck_assert_msg(memcmp(first, again, bytes) == 0, "product %d, offset %d", i, offset);
            memory_free(again);
        }
        memory_free(first);
    }
}
END_TEST

static void *compute_all(void *results)
{
    blas_thread_init();
    for (int i = 0; i < PRODUCTS; i++)
        ((float **)results)[i] = compute(&products[i], 0, false);
    return NULL;
}

START_TEST(threads_change_no_bit)
{
    enum { THREADS = 3 };
    float *results[THREADS][PRODUCTS];
    pthread_t thread[THREADS];
    for (int t = 0; t < THREADS; t++)
        ck_assert_int_eq(pthread_create(&thread[t], NULL, compute_all, results[t]), 0);
    for (int t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    for (int i = 0; i < PRODUCTS; i++)
        for (int t = 0; t < THREADS; t++) {
            size_t bytes = (size_t)(products[i].M * products[i].N) * sizeof(float);
            ck_assert_int_eq(memcmp(results[0][i], results[t][i], bytes), 0);
        }
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < PRODUCTS; i++)
            memory_free(results[t][i]);
}
END_TEST

START_TEST(a_product_with_beta_0_does_not_read_what_was_there)
{
    blas_thread_init();
    float A[] = {1, 2}, B[] = {3, 4}, C[] = {NAN};
    blas_gemm(false, false, 1, 1, 2, 1, A, 2, B, 1, 0, C, 1);
    ck_assert_double_eq((double)C[0], 11);
}
END_TEST

START_TEST(not_a_number_comes_through)
{
    blas_thread_init();
    enum { N = 40 };
    float A[N * N], B[N * N], C[N * N];
    for (int i = 0; i < N * N; i++)
        A[i] = B[i] = 0;
    A[5 * N + 7] = NAN;
    blas_gemm(false, false, N, N, N, 1, A, N, B, N, 0, C, N);
    for (int i = 0; i < N * N; i++)
        ck_assert_int_eq(isnan(C[i]) != 0, i / N == 5);
}
END_TEST

START_TEST(the_level_is_fixed_at_first_use)
{
    struct error err;
    char version[32];
    ck_assert_ptr_nonnull(strstr(blas_version(version), "oneDNN "));
    ASSERT_OK(blas_limit_isa(isa_best(), &err));
    blas_thread_init();
    memory_free(compute(&products[0], 0, false));
    ASSERT_OK(blas_limit_isa(isa_best(), &err));
    if (isa_best() > ISA_PORTABLE)
        ASSERT_FAILS(blas_limit_isa(ISA_PORTABLE, &err), ERROR_UNSUPPORTED, "another instruction level");
}
END_TEST

int main(void)
{
    return RUN_TESTS("blas", 60, products_match_the_reference_at_every_level, the_level_is_fixed_at_first_use,
                     repetition_and_alignment_change_no_bit, threads_change_no_bit,
                     a_product_with_beta_0_does_not_read_what_was_there, not_a_number_comes_through);
}
