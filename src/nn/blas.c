#include "nn/blas.h"

#include "nn/onednn_internal.h"

#include <omp.h>
#include <stdio.h>

int blas_limit_isa(enum isa isa, struct error *err)
{
    /* The library makes its cache of primitives at first use: now, while there is one thread. */
    int capacity;
    must(dnnl_get_primitive_cache_capacity(&capacity));
    /* The environment may ask for less than float (ONEDNN_DEFAULT_FPMATH_MODE). */
    must(dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict));
#if defined(__x86_64__)
    static const dnnl_cpu_isa_t levels[ISA_COUNT] = {
        [ISA_PORTABLE] = dnnl_cpu_isa_sse41,
        [ISA_V3] = dnnl_cpu_isa_avx2,
        [ISA_V4] = dnnl_cpu_isa_avx512_core,
    };
    if (dnnl_set_max_cpu_isa(levels[isa]) == dnnl_success || dnnl_get_effective_cpu_isa() == levels[isa])
        return 0;
    return error_set(err, ERROR_UNSUPPORTED, "--isa", "start a new process for another instruction level",
                     "oneDNN is already at another instruction level than %s", isa_name(isa));
#else
    (void)isa;
    (void)err;
    return 0;
#endif
}

void blas_thread_init(void)
{
    omp_set_num_threads(1);
}

const char *blas_version(char buffer[32])
{
    const dnnl_version_t *version = dnnl_version();
    snprintf(buffer, 32, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return buffer;
}

void blas_gemm(bool transpose_a, bool transpose_b, ptrdiff_t M, ptrdiff_t N, ptrdiff_t K, float alpha, const float *A,
               ptrdiff_t lda, const float *B, ptrdiff_t ldb, float beta, float *C, ptrdiff_t ldc)
{
    /* It can only fail for want of memory for its packing buffers (some hundred KiB), or for sizes
       that no caller has; a product left undone would be a wrong result. */
    ALWAYS(dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', M, N, K, alpha, A, lda, B, ldb, beta, C, ldc) ==
           dnnl_success);
}

void blas_reference_gemm(bool transpose_a, bool transpose_b, ptrdiff_t M, ptrdiff_t N, ptrdiff_t K, float alpha,
                         const float *A, ptrdiff_t lda, const float *B, ptrdiff_t ldb, float beta, float *C,
                         ptrdiff_t ldc)
{
    for (ptrdiff_t m = 0; m < M; m++)
        for (ptrdiff_t n = 0; n < N; n++) {
            double sum = 0;
            for (ptrdiff_t k = 0; k < K; k++)
                sum += (double)(transpose_a ? A[k * lda + m] : A[m * lda + k]) *
                       (double)(transpose_b ? B[n * ldb + k] : B[k * ldb + n]);
            float *c = &C[m * ldc + n];
            *c = (float)((double)alpha * sum + (beta != 0 ? (double)beta * (double)*c : 0));
        }
}
