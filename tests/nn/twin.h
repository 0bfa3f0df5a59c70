/* The double-precision twin of a network: the same layers by the plainest loops, written without anything of
 * the module's arithmetic. It computes one training pass over a batch. */
#ifndef ACTSEARCH_TESTS_NN_TWIN_H
#define ACTSEARCH_TESTS_NN_TWIN_H

#include "nn_testing.h"

#include "nn/attention_internal.h"
#include "nn/conv_internal.h"
#include "nn/embedding_internal.h"
#include "nn/network_internal.h"
#include "nn/pool_internal.h"
#include "nn/recurrence_internal.h"
#include "nn/slot_internal.h"

/* Values of every layer for a whole batch; (B, elements) each. */
struct twin {
    const struct network *network;
    const struct candidate *candidate;
    int B;
    double progress;                   /* the leaf t */
    double *value[NETWORK_LAYERS + 1]; /* value[0]: the input; value[l + 1]: of layer l */
    const double *shared;              /* learned parameters that layers share, from the first of them on */
};

static inline double *twin_new_value(const struct twin *twin, const struct shape *shape)
{
    double *value = memory_zeroed((size_t)(twin->B * shape_elements(shape)), sizeof *value);
    ck_assert_ptr_nonnull(value);
    return value;
}

static inline void twin_dense(const struct twin *twin, const struct layer *layer, const double *p, const double *x,
                              double *y)
{
    ptrdiff_t K = shape_channels(&layer->in), N = shape_channels(&layer->out);
    for (ptrdiff_t r = 0; r < twin->B * shape_positions(&layer->in); r++)
        for (ptrdiff_t n = 0; n < N; n++) {
            y[r * N + n] = p[K * N + n];
            for (ptrdiff_t k = 0; k < K; k++)
                y[r * N + n] += x[r * K + k] * p[k * N + n];
        }
}

static inline double twin_function(const struct twin *twin, const struct tree *f, double x, const double *p)
{
    return tree_value_at(f, x, (struct surroundings){.parameters = p, .t = twin->progress});
}

/* The same in a channel of a layer, whose learned parameters are p: (P), or (P, channels) when each channel has a
   set. */
static inline double twin_in_channel(const struct twin *twin, const struct layer *layer, const struct tree *f, double x,
                                     ptrdiff_t channel, const double *p)
{
    bool each = layer->parameters == PARAMETERS_CHANNEL;
    ptrdiff_t sets = each ? shape_channels(&layer->out) : 1;
    double set[TREE_PARAMETERS];
    for (int j = 0; j < tree_parameter_count(f); j++)
        set[j] = p[j * sets + (each ? channel : 0)];
    return twin_function(twin, f, x, set);
}

static inline void twin_activation(const struct twin *twin, const struct layer *layer, const double *p, const double *x,
                                   double *y)
{
    const struct tree f = layer_function(layer, twin->candidate);
    for (ptrdiff_t i = 0; i < twin->B * shape_elements(&layer->in); i++)
        y[i] = twin_in_channel(twin, layer, &f, x[i], i % shape_channels(&layer->in), p);
}

/* Calls for every output of a window and every input that it covers. inside is false in the padding. */
#define TWIN_WINDOWS(layer, window, b, oy, ox, ky, kx, iy, ix, inside, ...)                                            \
    for (int b = 0; b < twin->B; b++)                                                                                  \
        for (ptrdiff_t oy = 0; oy < (layer)->out.size[0]; oy++)                                                        \
            for (ptrdiff_t ox = 0; ox < (layer)->out.size[1]; ox++)                                                    \
                for (ptrdiff_t ky = 0; ky < (window)->size[0]; ky++)                                                   \
                    for (ptrdiff_t kx = 0; kx < (window)->size[1]; kx++) {                                             \
                        ptrdiff_t iy = oy * (window)->stride[0] + ky - (window)->padding[0];                           \
                        ptrdiff_t ix = ox * (window)->stride[1] + kx - (window)->padding[1];                           \
                        bool inside = iy >= 0 && iy < (layer)->in.size[0] && ix >= 0 && ix < (layer)->in.size[1];      \
                        __VA_ARGS__                                                                                    \
                    }

static inline double *twin_at(const struct shape *shape, double *value, int b, ptrdiff_t y, ptrdiff_t x)
{
    return value + b * shape_elements(shape) + (y * shape->size[1] + x) * shape->size[2];
}

static inline void twin_conv(const struct twin *twin, const struct layer *layer, const double *p, double *x, double *y)
{
    const struct conv_options *options = layer->options;
    const struct window *window = &options->window;
    ptrdiff_t C = layer->in.size[2], N = layer->out.size[2], W = window->size[1];
    bool depthwise = layer->kind == &layer_depthwise_conv2d;
    const double *bias = p + window->size[0] * W * (depthwise ? 1 : C) * N;
    for (ptrdiff_t i = 0; options->bias && i < twin->B * shape_elements(&layer->out); i++)
        y[i] = bias[i % N];
    TWIN_WINDOWS(layer, window, b, oy, ox, ky, kx, iy, ix, inside, {
        const double *w = p + (ky * W + kx) * (depthwise ? 1 : C) * N;
        for (ptrdiff_t n = 0; inside && n < N; n++)
            for (ptrdiff_t c = depthwise ? n : 0; c < (depthwise ? n + 1 : C); c++)
                twin_at(&layer->out, y, b, oy, ox)[n] +=
                    twin_at(&layer->in, x, b, iy, ix)[c] * (depthwise ? w[n] : w[c * N + n]);
    })
}

static inline void twin_pool(const struct twin *twin, const struct layer *layer, double *x, double *y)
{
    const struct pool_options *options = layer->options;
    const struct window *window = &options->window;
    ptrdiff_t C = layer->in.size[2];
    bool max = layer->kind == &layer_max_pool;
    for (ptrdiff_t i = 0; i < twin->B * shape_elements(&layer->out); i++)
        y[i] = max ? -1e300 : 0;
    TWIN_WINDOWS(layer, window, b, oy, ox, ky, kx, iy, ix, inside, {
        for (ptrdiff_t c = 0; inside && c < C; c++) {
            double *out = &twin_at(&layer->out, y, b, oy, ox)[c], in = twin_at(&layer->in, x, b, iy, ix)[c];
            *out = max ? fmax(*out, in) : *out + in / (double)(window->size[0] * window->size[1]);
        }
    })
}

static inline void twin_global(const struct twin *twin, const struct layer *layer, const double *x, double *y)
{
    ptrdiff_t C = layer->in.size[2], P = shape_positions(&layer->in);
    for (ptrdiff_t i = 0; i < twin->B * P * C; i++)
        y[i / (P * C) * C + i % C] += x[i] / (double)P;
}

/* Over `count` numbers that stand `stride` apart. */
static inline void twin_normalise(ptrdiff_t count, ptrdiff_t stride, const double *x, double *y)
{
    double mean = 0, variance = 0;
    for (ptrdiff_t i = 0; i < count; i++)
        mean += x[i * stride] / (double)count;
    for (ptrdiff_t i = 0; i < count; i++)
        variance += (x[i * stride] - mean) * (x[i * stride] - mean) / (double)count;
    for (ptrdiff_t i = 0; i < count; i++)
        y[i * stride] = (x[i * stride] - mean) / sqrt(variance + 1e-5);
}

static inline void twin_norm(const struct twin *twin, const struct layer *layer, const double *p, const double *x,
                             double *y)
{
    ptrdiff_t C = shape_channels(&layer->in), R = twin->B * shape_positions(&layer->in);
    bool batch = layer->kind == &layer_batch_norm;
    for (ptrdiff_t i = 0; i < (batch ? C : R); i++)
        twin_normalise(batch ? R : C, batch ? C : 1, x + (batch ? i : i * C), y + (batch ? i : i * C));
    for (ptrdiff_t i = 0; i < R * C; i++)
        y[i] = p[i % C] * y[i] + p[C + i % C];
}

static inline void twin_embedding(const struct twin *twin, const struct layer *layer, const double *p, const double *x,
                                  double *y)
{
    const struct embedding_options *options = layer->options;
    ptrdiff_t T = layer->out.size[0], C = layer->out.size[1];
    for (ptrdiff_t r = 0; r < twin->B * T; r++)
        for (ptrdiff_t c = 0; c < C; c++)
            y[r * C + c] = p[(int)x[r] * C + c] + (options->positions ? p[(options->tokens + r % T) * C + c] : 0);
}

enum { TWIN_UNITS = 64 };

/* One step of one sample. slot: the function in it, own: its learned parameters. x: (K), h, c: (N), changed. */
static inline void twin_cell(const struct twin *twin, const struct layer *layer, const double *p,
                             const struct tree *slot, const double *own, const double *x, double *h, double *c)
{
    ptrdiff_t K = shape_channels(&layer->in), N = shape_channels(&layer->out);
    ptrdiff_t G = layer->kind == &layer_rnn ? 1 : layer->kind == &layer_gru ? 3 : 4;
    const double *w = p, *u = w + K * G * N, *b = u + N * G * N;
    double before[TWIN_UNITS];
    const struct recurrent_options *options = layer->options;
    const struct tree *other = options->other ? &options->other->tree : NULL;
    const struct tree *state = options->in_gates ? other : slot, *gate = options->in_gates ? slot : other;
    memcpy(before, h, (size_t)N * sizeof *h);
    for (ptrdiff_t n = 0; n < N; n++) {
        double in[4], hidden[4], sum[4];
        for (ptrdiff_t g = 0; g < G; g++) {
            in[g] = b[g * N + n];
            hidden[g] = b[(G + g) * N + n];
            for (ptrdiff_t k = 0; k < K; k++)
                in[g] += x[k] * w[k * G * N + g * N + n];
            for (ptrdiff_t k = 0; k < N; k++)
                hidden[g] += before[k] * u[k * G * N + g * N + n];
            sum[g] = in[g] + hidden[g];
        }
#define AT(f, x) twin_in_channel(twin, layer, f, x, n, own)
        if (layer->kind == &layer_rnn) {
            h[n] = AT(state, sum[0]);
        } else if (layer->kind == &layer_gru) {
            double r = AT(gate, sum[0]), z = AT(gate, sum[1]);
            h[n] = (1 - z) * AT(state, in[2] + r * hidden[2]) + z * before[n];
        } else {
            double i = AT(gate, sum[0]), f = AT(gate, sum[1]);
            c[n] = f * c[n] + i * AT(state, sum[2]);
            h[n] = AT(gate, sum[3]) * AT(state, c[n]);
        }
#undef AT
    }
}

static inline void twin_recurrent(const struct twin *twin, const struct layer *layer, const double *p,
                                  const double *own, const double *x, double *y)
{
    ptrdiff_t T = layer->in.size[0], K = shape_channels(&layer->in), N = shape_channels(&layer->out);
    const struct recurrent_options *options = layer->options;
    const struct tree slot = layer_function(layer, twin->candidate);
    ck_assert_int_le((int)N, TWIN_UNITS);
    for (int b = 0; b < twin->B; b++) {
        double h[TWIN_UNITS] = {0}, c[TWIN_UNITS] = {0};
        for (ptrdiff_t t = 0; t < T; t++) {
            twin_cell(twin, layer, p, &slot, own, x + (b * T + t) * K, h, c);
            memcpy(y + (options->last ? b : b * T + t) * N, h, (size_t)N * sizeof *h);
        }
    }
}

/* What head h of step t sees: o: (D). qkv: (T, 3 C) of a sample. */
static inline void twin_head(ptrdiff_t T, ptrdiff_t C, ptrdiff_t D, ptrdiff_t h, ptrdiff_t t, const double *qkv,
                             double *o)
{
    double share[TWIN_UNITS], sum = 0;
    ck_assert_int_le((int)T, TWIN_UNITS);
    for (ptrdiff_t s = 0; s <= t; s++) {
        double dot = 0;
        for (ptrdiff_t d = h * D; d < (h + 1) * D; d++)
            dot += qkv[t * 3 * C + d] * qkv[s * 3 * C + C + d];
        sum += share[s] = exp(dot / sqrt((double)D));
    }
    for (ptrdiff_t d = 0; d < D; d++) {
        o[d] = 0;
        for (ptrdiff_t s = 0; s <= t; s++)
            o[d] += share[s] / sum * qkv[s * 3 * C + 2 * C + h * D + d];
    }
}

/* x: (K) to y: (N) by w: (K, N) and b: (N) */
static inline void twin_affine(ptrdiff_t K, ptrdiff_t N, const double *w, const double *b, const double *x, double *y)
{
    for (ptrdiff_t n = 0; n < N; n++) {
        y[n] = b[n];
        for (ptrdiff_t k = 0; k < K; k++)
            y[n] += x[k] * w[k * N + n];
    }
}

static inline void twin_attention(const struct twin *twin, const struct layer *layer, const double *p, const double *x,
                                  double *y)
{
    const struct attention_options *options = layer->options;
    ptrdiff_t T = layer->in.size[0], C = layer->in.size[1], D = C / options->heads;
    const double *last = p + 3 * C * C + 3 * C;
    double *qkv = memory_array((size_t)(T * 3 * C), sizeof *qkv), o[TWIN_UNITS];
    ck_assert_int_le((int)C, TWIN_UNITS);
    for (int b = 0; b < twin->B; b++) {
        for (ptrdiff_t t = 0; t < T; t++)
            twin_affine(C, 3 * C, p, p + 3 * C * C, x + (b * T + t) * C, qkv + t * 3 * C);
        for (ptrdiff_t t = 0; t < T; t++) {
            for (ptrdiff_t h = 0; h < options->heads; h++)
                twin_head(T, C, D, h, t, qkv, o + h * D);
            twin_affine(C, C, last, last + C * C, o, y + (b * T + t) * C);
        }
    }
    memory_free(qkv);
}

/* The learned parameters of a layer's function; p: its tensors. */
static inline const double *twin_parameters(struct twin *twin, const struct layer *layer, const double *p)
{
    struct layer_instance instance = {.layer = layer};
    if (!layer->kind->slot)
        return NULL;
    layer->kind->tensors(layer, twin->candidate, &instance);
    if (instance.P && instance.function < 0)
        return twin->shared;
    for (int t = 0; t < instance.function; t++)
        p += instance.tensor[t].count;
    if (layer->parameters == PARAMETERS_SHARED)
        twin->shared = p;
    return p;
}

static inline void twin_layer(struct twin *twin, const struct layer *layer, const double *p, double *x, double *y)
{
    const struct layer_kind *kind = layer->kind;
    const double *own = twin_parameters(twin, layer, p);
    ptrdiff_t N = twin->B * shape_elements(&layer->in);
    if (kind == &layer_dense)
        twin_dense(twin, layer, p, x, y);
    else if (kind == &layer_activation)
        twin_activation(twin, layer, own, x, y);
    else if (kind == &layer_conv2d || kind == &layer_depthwise_conv2d)
        twin_conv(twin, layer, p, x, y);
    else if (kind == &layer_max_pool || kind == &layer_average_pool)
        twin_pool(twin, layer, x, y);
    else if (kind == &layer_global_average_pool)
        twin_global(twin, layer, x, y);
    else if (kind == &layer_batch_norm || kind == &layer_layer_norm)
        twin_norm(twin, layer, p, x, y);
    else if (kind == &layer_embedding)
        twin_embedding(twin, layer, p, x, y);
    else if (kind == &layer_rnn || kind == &layer_gru || kind == &layer_lstm)
        twin_recurrent(twin, layer, p, own, x, y);
    else if (kind == &layer_attention)
        twin_attention(twin, layer, p, x, y);
    else if (kind == &layer_add || kind == &layer_flatten)
        for (ptrdiff_t i = 0; i < N; i++)
            y[i] = x[i] + (kind == &layer_add ? twin->value[layer->with + 1][i] : 0);
    else
        ck_abort_msg("the twin does not know %s", kind->type);
}

static inline double twin_row_loss(const struct network *network, const double *z, ptrdiff_t row, struct data_targets y)
{
    const struct loss *loss = &network->loss;
    int C = network->outputs;
    double sum = 0, total = 0;
    if (loss->kind->numbers)
        return (z[0] - (double)y.values[row]) * (z[0] - (double)y.values[row]);
    if (C == 1 && network->data.classes == 2)
        return log(1 + exp(y.classes[row] == 1 ? -z[0] : z[0]));
    for (int c = 0; c < C; c++)
        sum += exp(z[c]);
    for (int c = 0; c < C; c++)
        total -= ((c == y.classes[row] ? 1 - loss->smoothing : 0) + loss->smoothing / C) * (z[c] - log(sum));
    return total;
}

/* Mean loss over a batch at a progress of the training. parameters: those of trainer_tensors(), one after the
   other. x: (B, features). */
static inline double twin_loss(const struct network *network, const struct candidate *candidate,
                               const double *parameters, double progress, int B, const float *x, struct data_targets y)
{
    struct twin twin = {.network = network, .candidate = candidate, .B = B, .progress = progress};
    double loss = 0;
    twin.value[0] = twin_new_value(&twin, &network->input);
    for (ptrdiff_t i = 0; i < B * shape_elements(&network->input); i++)
        twin.value[0][i] = (double)x[i];
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        struct layer_instance instance = {.layer = layer};
        twin.value[l + 1] = twin_new_value(&twin, &layer->out);
        twin_layer(&twin, layer, parameters, twin.value[layer->from + 1], twin.value[l + 1]);
        if (layer->kind->tensors)
            layer->kind->tensors(layer, candidate, &instance);
        for (int t = 0; t < instance.tensors; t++)
            parameters += instance.tensor[t].count;
    }
    ptrdiff_t rows = B * network->data.targets;
    for (ptrdiff_t r = 0; r < rows; r++)
        loss += twin_row_loss(network, twin.value[network->layers] + r * network->outputs, r, y) / (double)rows;
    for (int l = 0; l <= network->layers; l++)
        memory_free(twin.value[l]);
    return loss;
}

#endif
