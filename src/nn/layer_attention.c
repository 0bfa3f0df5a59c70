/* Causal self-attention (Vaswani et al. 2017): with q, k, v = x W + b cut into heads of D = C / heads channels,
 *
 *   o[t] = sum over s <= t of softmax(q[t] . k[s] / sqrt(D)) v[s],   y = o W' + b'
 *
 * where no step sees a later one. W: (C, 3 C) with the columns of q, k, v behind one another, the transpose of
 * PyTorch's in_proj_weight; W': (C, C). x, y: (B, T, C).
 *
 * The softmax of every head, (B, heads, T, T), is kept for the backward pass; measuring needs that of one. */
#include "expr/tree.h"
#include "kernel/kernel.h"
#include "loops/array.h"
#include "loops/channel.h"
#include "nn/attention_internal.h"
#include "nn/blas.h"
#include "nn/cutter_internal.h"
#include "nn/step_internal.h"

#include <math.h>
#include <string.h>

enum { INPUT_WEIGHT, INPUT_BIAS, OUTPUT_WEIGHT, OUTPUT_BIAS };

static const struct setting settings[] = {{"heads", SETTING_INTEGER(struct attention_options, heads, 1, NETWORK_WIDTH),
                                           .usual = 1, .means = "must divide the channels of the input"},
                                          {0}};

static int attention_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    struct attention_options *options = layer->options;
    char shape[SHAPE_TEXT];
    if (shape_channels(&layer->in) % options->heads == 0)
        return 0;
    return json_fail(json_member(&json, "heads"), err, "choose a number that divides the channels",
                     "the %td heads of %s cannot share the %td channels of its input, %s", options->heads, layer->name,
                     shape_channels(&layer->in), shape_text(&layer->in, shape));
}

/* What the output matrix multiplies are means of vectors whose numbers "auto" gives the square 1. */
static void attention_tensors(const struct layer *layer, const struct candidate *candidate,
                              struct layer_instance *instance)
{
    (void)candidate;
    ptrdiff_t C = shape_channels(&layer->in);
    instance->tensors = 4;
    instance->tensor[INPUT_WEIGHT] =
        (struct tensor){.name = "input_weight", .count = C * 3 * C, .fan_in = C, .fan_out = C};
    instance->tensor[INPUT_BIAS] = (struct tensor){.name = "input_bias", .count = 3 * C};
    instance->tensor[OUTPUT_WEIGHT] =
        (struct tensor){.name = "output_weight", .count = C * C, .fan_in = C, .fan_out = C, .square = 1};
    instance->tensor[OUTPUT_BIAS] = (struct tensor){.name = "output_bias", .count = C};
}

static void attention_propagate(const struct layer *layer, const struct candidate *candidate,
                                struct value_moments *moments)
{
    (void)layer;
    (void)candidate;
    *moments = (struct value_moments){.mean = 0, .variance = 1};
}

/* The workspace, and what every loop needs to know. Pieces behind `shares` are for training alone. */
struct attention {
    ptrdiff_t B, T, C, H, D;
    bool training;
    float *qkv;       /* (B, T, 3 C) */
    float *o;         /* (B, T, C) */
    float *shares;    /* the softmax: (B, H, T, T), or (T, T) of the head at work */
    float *gqkv, *go; /* gradients of qkv and o */
    float *gshares;   /* (T, T) of the head at work */
};

/* Cuts the workspace (NULL: only counts) and returns how many floats it takes. */
static ptrdiff_t lay_out(const struct layer *layer, ptrdiff_t B, bool training, float *workspace, struct attention *a)
{
    const struct attention_options *options = layer->options;
    ptrdiff_t T = layer->in.size[0], C = layer->in.size[1], H = options->heads, R = B * T;
    *a = (struct attention){.B = B, .T = T, .C = C, .H = H, .D = C / H, .training = training};
    struct cutter cutter = {.block = workspace};
    a->qkv = cutter_take(&cutter, R * 3 * C);
    a->o = cutter_take(&cutter, R * C);
    a->shares = cutter_take(&cutter, (training ? B * H : 1) * T * T);
    a->gqkv = cutter_take(&cutter, training ? R * 3 * C : 0);
    a->go = cutter_take(&cutter, training ? R * C : 0);
    a->gshares = cutter_take(&cutter, training ? T * T : 0);
    return cutter.used;
}

static ptrdiff_t attention_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    struct attention a;
    return lay_out(instance->layer, B, true, NULL, &a);
}

static ptrdiff_t attention_measure_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    struct attention a;
    return lay_out(instance->layer, B, false, NULL, &a);
}

/* Softmax of each row over its own step and those before. s: (T, T), in place; 0 for later steps. */
static void causal_softmax(enum isa isa, ptrdiff_t T, float *s)
{
    for (ptrdiff_t t = 0; t < T; t++, s += T) {
        float top = s[0], sum = 0;
        for (ptrdiff_t j = 1; j <= t; j++)
            top = s[j] > top ? s[j] : top;
        for (ptrdiff_t j = 0; j <= t; j++)
            s[j] -= top;
        kernel_value(isa, OP_exp, t + 1, s, NULL, s);
        for (ptrdiff_t j = 0; j <= t; j++)
            sum += s[j];
        for (ptrdiff_t j = 0; j <= t; j++)
            s[j] /= sum;
        memset(s + t + 1, 0, (size_t)(T - t - 1) * sizeof *s);
    }
}

/* One head of one sample. */
struct head {
    ptrdiff_t from; /* of its queries, in qkv and gqkv; keys and values C and 2 C behind */
    ptrdiff_t to;   /* in o and go */
    float *shares;
};

static struct head head_at(const struct attention *a, ptrdiff_t b, ptrdiff_t h)
{
    return (struct head){.from = b * a->T * 3 * a->C + h * a->D,
                         .to = b * a->T * a->C + h * a->D,
                         .shares = a->shares + (a->training ? (b * a->H + h) * a->T * a->T : 0)};
}

static void head_forward(const struct attention *a, struct head head, enum isa isa)
{
    ptrdiff_t T = a->T, C = a->C, D = a->D;
    const float *q = a->qkv + head.from, *k = q + C, *v = k + C;
    blas_gemm(false, true, T, T, D, 1 / sqrtf((float)D), q, 3 * C, k, 3 * C, 0, head.shares, T);
    causal_softmax(isa, T, head.shares);
    blas_gemm(false, false, T, D, T, 1, head.shares, T, v, 3 * C, 0, a->o + head.to, C);
}

/* With P the shares and G the gradient of P, that of what the softmax saw is P (G - rowsum(P G)), 0 with P for
   later steps. */
static void softmax_backward(ptrdiff_t T, const float *p, float *g)
{
    for (ptrdiff_t t = 0; t < T; t++, p += T, g += T) {
        float dot = 0;
        for (ptrdiff_t j = 0; j <= t; j++)
            dot += p[j] * g[j];
        for (ptrdiff_t j = 0; j <= t; j++)
            g[j] = p[j] * (g[j] - dot);
        memset(g + t + 1, 0, (size_t)(T - t - 1) * sizeof *g);
    }
}

static void head_backward(const struct attention *a, struct head head)
{
    ptrdiff_t T = a->T, C = a->C, D = a->D;
    const float *q = a->qkv + head.from, *k = q + C, *v = k + C, *go = a->go + head.to;
    float *gq = a->gqkv + head.from, *gk = gq + C, *gv = gk + C, scale = 1 / sqrtf((float)D);
    blas_gemm(true, false, T, D, T, 1, head.shares, T, go, C, 0, gv, 3 * C);
    blas_gemm(false, true, T, T, D, 1, go, C, v, 3 * C, 0, a->gshares, T);
    softmax_backward(T, head.shares, a->gshares);
    blas_gemm(false, false, T, D, T, scale, a->gshares, T, k, 3 * C, 0, gq, 3 * C);
    blas_gemm(true, false, T, D, T, scale, a->gshares, T, q, 3 * C, 0, gk, 3 * C);
}

static void attention_forward(struct layer_instance *instance, struct step *step)
{
    struct attention a;
    lay_out(instance->layer, step->B, step->training, instance->workspace, &a);
    ptrdiff_t R = a.B * a.T, C = a.C;
    blas_gemm(false, false, R, 3 * C, C, 1, instance->x, C, instance->values[INPUT_WEIGHT], 3 * C, 0, a.qkv, 3 * C);
    step->loops->bias_add(R, 3 * C, instance->values[INPUT_BIAS], a.qkv);
    for (ptrdiff_t b = 0; b < a.B; b++)
        for (ptrdiff_t h = 0; h < a.H; h++)
            head_forward(&a, head_at(&a, b, h), step->isa);
    blas_gemm(false, false, R, C, C, 1, a.o, C, instance->values[OUTPUT_WEIGHT], C, 0, instance->y, C);
    step->loops->bias_add(R, C, instance->values[OUTPUT_BIAS], instance->y);
}

static void attention_backward(struct layer_instance *instance, struct step *step)
{
    struct attention a;
    lay_out(instance->layer, step->B, true, instance->workspace, &a);
    ptrdiff_t R = a.B * a.T, C = a.C;
    blas_gemm(true, false, C, C, R, 1, a.o, C, instance->gy, C, 0, instance->gradient[OUTPUT_WEIGHT], C);
    step->channels->column_sums(R, C, instance->gy, instance->gradient[OUTPUT_BIAS]);
    blas_gemm(false, true, R, C, C, 1, instance->gy, C, instance->values[OUTPUT_WEIGHT], C, 0, a.go, C);
    for (ptrdiff_t b = 0; b < a.B; b++)
        for (ptrdiff_t h = 0; h < a.H; h++)
            head_backward(&a, head_at(&a, b, h));
    blas_gemm(true, false, C, 3 * C, R, 1, instance->x, C, a.gqkv, 3 * C, 0, instance->gradient[INPUT_WEIGHT], 3 * C);
    step->channels->column_sums(R, 3 * C, a.gqkv, instance->gradient[INPUT_BIAS]);
    if (instance->gx)
        blas_gemm(false, true, R, C, 3 * C, 1, a.gqkv, 3 * C, instance->values[INPUT_WEIGHT], 3 * C, 0, instance->gx,
                  C);
}

const struct layer_kind layer_attention = {
    .type = "attention",
    .prefix = "attention",
    .summary = "Causal self-attention: each step of a sequence sees itself and those before.",
    .settings = settings,
    .wants = LAYER_WANTS_SEQUENCE,
    .options = sizeof(struct attention_options),
    .fit = attention_fit,
    .tensors = attention_tensors,
    .workspace = attention_workspace,
    .measure_workspace = attention_measure_workspace,
    .propagate = attention_propagate,
    .forward = attention_forward,
    .backward = attention_backward,
};
