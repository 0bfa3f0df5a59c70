/* Dense: y = x W + b, W: (K, N) with K inputs and N units.
 *
 * W lies as (inputs, units), the transpose of PyTorch's, because then the product of the forward pass
 * needs no transposition; measured, the sum of the three products is a few percent cheaper. */
#include "nn/blas.h"
#include "nn/nn_internal.h"

#include "base/text.h"

enum { WEIGHT, BIAS };

static const char *const keys[] = {"type", "name", "units", NULL};

static int dense_read(struct json json, int classes, struct layer *layer, struct error *err)
{
    struct json units = json_member(&json, "units");
    int64_t count = classes;
    if (json_is_string(units)) {
        static const char *const names[] = {"classes", NULL};
        int which;
        int status = json_choice(units, names, &which, err);
        if (status)
            return status;
    } else {
        int status = json_integer(units, 1, NETWORK_WIDTH, &count, err);
        if (status)
            return status;
    }
    layer->out = (struct shape){.rank = 1, .size = {(ptrdiff_t)count}};
    return 0;
}

static void dense_normal_form(const struct layer *layer, struct text *out)
{
    text_addf(out, ",\"units\":%td", layer->out.size[0]);
}

static void dense_tensors(const struct layer *layer, const struct tree *candidate, struct layer_run *run)
{
    (void)candidate;
    ptrdiff_t K = shape_elements(&layer->in), N = shape_elements(&layer->out);
    run->tensors = 2;
    run->tensor[WEIGHT] = (struct tensor){.name = "weight", .count = K * N, .fan_in = K, .fan_out = N};
    run->tensor[BIAS] = (struct tensor){.name = "bias", .count = N};
}

/* With weights of mean 0 the output has mean 0 whatever the input; "auto" makes its variance 1. */
static void dense_follow(const struct layer *layer, const struct tree *candidate, struct spread *spread)
{
    (void)layer;
    (void)candidate;
    *spread = (struct spread){.mean = 0, .variance = 1};
}

static void dense_forward(struct layer_run *run, struct step *step)
{
    ptrdiff_t B = step->B, K = shape_elements(&run->layer->in), N = shape_elements(&run->layer->out);
    blas_gemm(false, false, B, N, K, 1, run->x, K, run->values[WEIGHT], N, 0, run->y, N);
    step->loops->bias_add(B, N, run->values[BIAS], run->y);
}

static void dense_backward(struct layer_run *run, struct step *step)
{
    ptrdiff_t B = step->B, K = shape_elements(&run->layer->in), N = shape_elements(&run->layer->out);
    blas_gemm(true, false, K, N, B, 1, run->x, K, run->gy, N, 0, run->gradient[WEIGHT], N);
    step->loops->column_sums(B, N, run->gy, run->gradient[BIAS]);
    if (run->gx)
        blas_gemm(false, true, B, K, N, 1, run->gy, N, run->values[WEIGHT], N, 0, run->gx, K);
}

const struct layer_kind layer_dense = {
    .type = "dense",
    .prefix = "dense",
    .keys = keys,
    .read = dense_read,
    .normal_form = dense_normal_form,
    .tensors = dense_tensors,
    .follow = dense_follow,
    .forward = dense_forward,
    .backward = dense_backward,
};
