/* The passes of recurrent layers (layer_recurrent.c): from the products of the input through the steps, and back.
 *
 * The products of the input are one product for all steps, and so are the gradients of both matrices. Every step
 * keeps a record of planes, each (B, N) and each what a function or a loop sees at once: tapes want arrays without
 * gaps, while the products of a step lie in (B, steps, G N) a whole sequence apart. The gates' planes stand before
 * the state's, so that one run of a tape is enough for all gates. */
#include "nn/recurrence_internal.h"

#include "kernel/tape.h"
#include "loops/array.h"
#include "loops/channel.h"
#include "nn/blas.h"
#include "nn/cutter_internal.h"
#include "nn/slot_internal.h"
#include "nn/snapshot_internal.h"

#include <string.h>

enum { MOST_PLANES = 4 };

struct recurrence;

struct cell {
    int gates;               /* planes of gates; the state's is the next */
    int column[MOST_PLANES]; /* the block of columns that a plane's products stand in */
    int saved_planes;        /* planes of a record besides values and slopes */
    bool state_twice;        /* the state's function is applied to the cell, too */
    bool own_hidden;         /* the hidden products have other gradients than the input's */
    /* From `products` and `hidden` to the state after this step, (B, N). */
    const float *(*forward)(struct recurrence *r);
    /* Turns the gradient of the state after this step, in h, into what of that of the state before does not go
       through U, and leaves those of the planes' products in raw. */
    void (*backward)(struct recurrence *r);
};

/* A pass through the steps. The pieces of the workspace: */
struct recurrence {
    const struct cell *cell;
    const struct recurrent_options *options;
    const struct layer_instance *instance;
    struct step *step;
    ptrdiff_t B, T, K, N, plane, columns, t; /* plane: B N; columns: G N */
    int planes;                              /* G */
    bool training;
    float *products;                    /* (B, T, G N) of the input; in the backward pass their gradient */
    float *hidden_gradient;             /* (B, T, G N) of the hidden products; `products` when it is the same */
    float *before;                      /* (B, T, N) the state before each step */
    float *hidden;                      /* (B, G N) products of the state before */
    float *raw;                         /* (G, B, N) before the functions; in the backward pass gradients */
    float *h;                           /* (B, N) the state, or its gradient */
    float *c;                           /* (B, N) the gradient of the cell */
    float *zero;                        /* (B, N) the cell before the first step */
    float *records;                     /* (T, record) in training, else one */
    float *step_gradient;               /* (N) of one learned parameter of each unit in one step */
    double parameters[TREE_PARAMETERS]; /* gradients of the function's learned parameters when units have one set */
};

/* ---- records: values (G), slopes (G), what else a cell saves, df/dp for each place of the function */

static int function_planes(const struct recurrence *r)
{
    return recurrence_places(r->instance->layer);
}

static ptrdiff_t record_planes(const struct recurrence *r)
{
    return 2 * r->planes + r->cell->saved_planes + r->instance->P * function_planes(r);
}

static float *record_plane(const struct recurrence *r, ptrdiff_t t, ptrdiff_t plane)
{
    return r->records + ((r->training ? t * record_planes(r) : 0) + plane) * r->plane;
}

static float *value(const struct recurrence *r, int plane)
{
    return record_plane(r, r->t, plane);
}

static float *slope(const struct recurrence *r, int plane)
{
    return record_plane(r, r->t, r->planes + plane);
}

static float *saved_plane(const struct recurrence *r, int i)
{
    return record_plane(r, r->t, 2 * r->planes + i);
}

static float *parameter_slope(const struct recurrence *r, int parameter, int place)
{
    return record_plane(r, r->t, 2 * r->planes + r->cell->saved_planes + parameter * function_planes(r) + place);
}

/* ---- the two functions */

static bool is_function(const struct recurrence *r, bool gates)
{
    return gates == r->options->in_gates;
}

/* Applies the gates' or the state's function to planes that stand behind one another; `place` is the first of
   them among the planes of the learned function. */
static void apply(struct recurrence *r, bool gates, int planes, const float *x, float *y, float *dy, int place)
{
    const struct layer_instance *instance = r->instance;
    bool own = is_function(r, gates);
    for (int p = 0; own && r->step->snapshot && p < planes; p++)
        snapshot_observe(r->step->snapshot, instance, r->step, place + p, r->B, x + p * r->plane);
    float *dp[TREE_PARAMETERS];
    for (int j = 0; own && j < instance->P; j++)
        dp[j] = parameter_slope(r, j, place);
    if (own)
        layer_function_run(instance, r->step, 0, planes * r->plane, x, y, r->training ? dy : NULL,
                           r->training ? dp : NULL);
    else
        tape_run(r->options->other->tape, r->step->isa, NULL, r->step->progress, planes * r->plane, x, y,
                 r->training ? dy : NULL, NULL, r->step->scratch);
}

/* Adds what a step gives to the gradients of the learned parameters. */
static void add_parameter_gradients(struct recurrence *r, int planes, const float *g, int place)
{
    const struct layer_instance *instance = r->instance;
    for (int j = 0; j < instance->P; j++) {
        const float *dp = parameter_slope(r, j, place);
        if (instance->sets == 1) {
            r->parameters[j] += r->step->loops->dot(planes * r->plane, g, dp);
            continue;
        }
        r->step->channels->column_dots(planes * r->B, r->N, g, dp, r->step_gradient);
        r->step->loops->add(r->N, r->step_gradient, instance->learned_gradient + j * r->N);
    }
}

/* From the gradient of what the function gave to that of what it saw, in place. */
static void apply_backward(struct recurrence *r, bool gates, int planes, const float *dy, float *g, int place)
{
    const struct array_loops *loops = r->step->loops;
    if (is_function(r, gates))
        add_parameter_gradients(r, planes, g, place);
    loops->multiply_slopes(planes * r->plane, dy, g);
}

/* ---- between products, (B, T, G N), and planes, (B, N) */

static float *product_row(const struct recurrence *r, float *products, ptrdiff_t b, int plane)
{
    return products + (b * r->T + r->t) * r->columns + r->cell->column[plane] * r->N;
}

static const float *hidden_row(const struct recurrence *r, ptrdiff_t b, int plane)
{
    return r->hidden + b * r->columns + r->cell->column[plane] * r->N;
}

static const float *before_row(const struct recurrence *r, ptrdiff_t b)
{
    return r->before + (b * r->T + r->t) * r->N;
}

static void gather_sums(struct recurrence *r, int planes)
{
    for (int p = 0; p < planes; p++)
        for (ptrdiff_t b = 0; b < r->B; b++) {
            const float *input = product_row(r, r->products, b, p), *hidden = hidden_row(r, b, p);
            float *to = r->raw + p * r->plane + b * r->N;
            for (ptrdiff_t n = 0; n < r->N; n++)
                to[n] = input[n] + hidden[n];
        }
}

static void scatter(const struct recurrence *r, int planes, float *products)
{
    for (int p = 0; p < planes; p++)
        for (ptrdiff_t b = 0; b < r->B; b++)
            memcpy(product_row(r, products, b, p), r->raw + p * r->plane + b * r->N, (size_t)r->N * sizeof(float));
}

/* ---- rnn */

static const float *rnn_forward(struct recurrence *r)
{
    gather_sums(r, 1);
    apply(r, false, 1, r->raw, value(r, 0), slope(r, 0), 0);
    return value(r, 0);
}

static void rnn_backward(struct recurrence *r)
{
    memcpy(r->raw, r->h, (size_t)r->plane * sizeof *r->h);
    apply_backward(r, false, 1, slope(r, 0), r->raw, 0);
    memset(r->h, 0, (size_t)r->plane * sizeof *r->h);
}

/* ---- gru: saves the hidden product of the state's function */

enum { RESET, UPDATE, NEW };

static const float *gru_forward(struct recurrence *r)
{
    gather_sums(r, 2);
    apply(r, true, 2, r->raw, value(r, RESET), slope(r, RESET), 0);
    const float *reset = value(r, RESET), *update = value(r, UPDATE), *new = value(r, NEW);
    float *product = saved_plane(r, 0), *raw = r->raw + NEW * r->plane;
    for (ptrdiff_t b = 0, i = 0; b < r->B; b++) {
        const float *input = product_row(r, r->products, b, NEW), *hidden = hidden_row(r, b, NEW);
        for (ptrdiff_t n = 0; n < r->N; n++, i++) {
            product[i] = hidden[n];
            raw[i] = input[n] + reset[i] * hidden[n];
        }
    }
    apply(r, false, 1, raw, value(r, NEW), slope(r, NEW), 0);
    for (ptrdiff_t b = 0, i = 0; b < r->B; b++) {
        const float *before = before_row(r, b);
        for (ptrdiff_t n = 0; n < r->N; n++, i++)
            r->h[i] = new[i] + update[i] * (before[n] - new[i]);
    }
    return r->h;
}

static void gru_backward(struct recurrence *r)
{
    const float *reset = value(r, RESET), *update = value(r, UPDATE), *new = value(r, NEW),
                *product = saved_plane(r, 0);
    float *g_reset = r->raw, *g_update = r->raw + UPDATE * r->plane, *g_new = r->raw + NEW * r->plane;
    for (ptrdiff_t b = 0, i = 0; b < r->B; b++) {
        const float *before = before_row(r, b);
        for (ptrdiff_t n = 0; n < r->N; n++, i++) {
            g_new[i] = r->h[i] * (1 - update[i]);
            g_update[i] = r->h[i] * (before[n] - new[i]);
            r->h[i] *= update[i];
        }
    }
    apply_backward(r, false, 1, slope(r, NEW), g_new, 0);
    for (ptrdiff_t b = 0, i = 0; b < r->B; b++) {
        float *hidden = product_row(r, r->hidden_gradient, b, NEW);
        for (ptrdiff_t n = 0; n < r->N; n++, i++) {
            g_reset[i] = g_new[i] * product[i];
            hidden[n] = g_new[i] * reset[i];
        }
    }
    apply_backward(r, true, 2, slope(r, RESET), r->raw, 0);
    scatter(r, 2, r->hidden_gradient);
}

/* ---- lstm: saves the cell, its function and the slope of that */

enum { IN, FORGET, OUT, CANDIDATE };
enum { CELL, SQUASHED, SQUASHED_SLOPE };

static const float *cell_before(const struct recurrence *r)
{
    return r->t ? record_plane(r, r->t - 1, 2 * r->planes + CELL) : r->zero;
}

static const float *lstm_forward(struct recurrence *r)
{
    gather_sums(r, 4);
    apply(r, true, 3, r->raw, value(r, IN), slope(r, IN), 0);
    apply(r, false, 1, r->raw + CANDIDATE * r->plane, value(r, CANDIDATE), slope(r, CANDIDATE), 0);
    const float *in = value(r, IN), *forget = value(r, FORGET), *out = value(r, OUT), *new = value(r, CANDIDATE);
    const float *before = cell_before(r);
    float *cell = saved_plane(r, CELL), *squashed = saved_plane(r, SQUASHED);
    for (ptrdiff_t i = 0; i < r->plane; i++) /* when measuring, `cell` is `before` */
        cell[i] = forget[i] * before[i] + in[i] * new[i];
    apply(r, false, 1, cell, squashed, saved_plane(r, SQUASHED_SLOPE), 1);
    for (ptrdiff_t i = 0; i < r->plane; i++)
        r->h[i] = out[i] * squashed[i];
    return r->h;
}

static void lstm_backward(struct recurrence *r)
{
    const float *in = value(r, IN), *forget = value(r, FORGET), *out = value(r, OUT), *new = value(r, CANDIDATE);
    const float *before = cell_before(r), *squashed = saved_plane(r, SQUASHED);
    float *g_in = r->raw, *g_forget = g_in + r->plane, *g_out = g_forget + r->plane, *g_new = g_out + r->plane;
    for (ptrdiff_t i = 0; i < r->plane; i++) {
        g_out[i] = r->h[i] * squashed[i];
        r->h[i] *= out[i];
    }
    apply_backward(r, false, 1, saved_plane(r, SQUASHED_SLOPE), r->h, 1);
    for (ptrdiff_t i = 0; i < r->plane; i++) {
        float g = r->c[i] + r->h[i];
        g_in[i] = g * new[i];
        g_new[i] = g * in[i];
        g_forget[i] = g * before[i];
        r->c[i] = g * forget[i];
    }
    apply_backward(r, true, 3, slope(r, IN), g_in, 0);
    apply_backward(r, false, 1, slope(r, CANDIDATE), g_new, 0);
    memset(r->h, 0, (size_t)r->plane * sizeof *r->h);
}

/* ---- the steps */

const struct cell recurrence_rnn = {.column = {0}, .forward = rnn_forward, .backward = rnn_backward};
const struct cell recurrence_gru = {.gates = 2,
                                    .column = {0, 1, 2},
                                    .saved_planes = 1,
                                    .own_hidden = true,
                                    .forward = gru_forward,
                                    .backward = gru_backward};
const struct cell recurrence_lstm = {.gates = 3,
                                     .column = {0, 1, 3, 2},
                                     .saved_planes = 3,
                                     .state_twice = true,
                                     .forward = lstm_forward,
                                     .backward = lstm_backward};

int recurrence_blocks(const struct layer *layer)
{
    const struct recurrent_options *options = layer->options;
    return options->cell->gates + 1;
}

int recurrence_places(const struct layer *layer)
{
    const struct recurrent_options *options = layer->options;
    return options->in_gates ? options->cell->gates : options->cell->state_twice ? 2 : 1;
}

static struct recurrence make_recurrence(const struct layer_instance *instance, ptrdiff_t B, bool training)
{
    const struct layer *layer = instance->layer;
    const struct recurrent_options *options = layer->options;
    const struct cell *cell = options->cell;
    ptrdiff_t N = shape_channels(&layer->out);
    return (struct recurrence){.cell = cell,
                               .options = options,
                               .instance = instance,
                               .B = B,
                               .T = layer->in.size[0],
                               .K = layer->in.size[1],
                               .N = N,
                               .plane = B * N,
                               .columns = (cell->gates + 1) * N,
                               .planes = cell->gates + 1,
                               .training = training};
}

/* Cuts the workspace (NULL: only counts) and returns how many floats it takes. */
static ptrdiff_t lay_out(struct recurrence *r, float *workspace)
{
    struct cutter cutter = {.block = workspace};
    ptrdiff_t products = r->B * r->T * r->columns;
    r->products = cutter_take(&cutter, products);
    r->before = cutter_take(&cutter, r->T * r->plane);
    r->hidden = cutter_take(&cutter, r->B * r->columns);
    r->raw = cutter_take(&cutter, r->planes * r->plane);
    r->h = cutter_take(&cutter, r->plane);
    r->c = cutter_take(&cutter, r->plane);
    r->zero = cutter_take(&cutter, r->plane);
    r->step_gradient = cutter_take(&cutter, r->training && r->instance->sets > 1 ? r->N : 0);
    r->records = cutter_take(&cutter, (r->training ? r->T : 1) * record_planes(r) * r->plane);
    r->hidden_gradient = r->cell->own_hidden ? cutter_take(&cutter, r->training ? products : 0) : r->products;
    return cutter.used;
}

ptrdiff_t recurrence_workspace(const struct layer_instance *instance, ptrdiff_t B, bool training)
{
    struct recurrence r = make_recurrence(instance, B, training);
    return lay_out(&r, NULL);
}

static void hidden_products(struct recurrence *r)
{
    const struct layer_instance *instance = r->instance;
    if (r->t)
        blas_gemm(false, false, r->B, r->columns, r->N, 1, before_row(r, 0), r->T * r->N,
                  instance->values[RECURRENCE_HIDDEN_WEIGHT], r->columns, 0, r->hidden, r->columns);
    else
        memset(r->hidden, 0, (size_t)(r->B * r->columns) * sizeof *r->hidden);
    r->step->loops->bias_add(r->B, r->columns, instance->values[RECURRENCE_HIDDEN_BIAS], r->hidden);
}

static bool gives_step(const struct recurrence *r)
{
    return !r->options->last || r->t == r->T - 1;
}

/* Where the output, or its gradient, of sample b at this step is. */
static float *output_row(const struct recurrence *r, float *y, ptrdiff_t b)
{
    return y + (r->options->last ? b : b * r->T + r->t) * r->N;
}

static void write_state(struct recurrence *r, const float *h)
{
    size_t bytes = (size_t)r->N * sizeof *h;
    for (ptrdiff_t b = 0; b < r->B; b++, h += r->N) {
        if (gives_step(r))
            memcpy(output_row(r, r->instance->y, b), h, bytes);
        if (r->t + 1 < r->T)
            memcpy(r->before + (b * r->T + r->t + 1) * r->N, h, bytes);
    }
}

void recurrence_forward(struct layer_instance *instance, struct step *step)
{
    struct recurrence r = make_recurrence(instance, step->B, step->training);
    r.step = step;
    lay_out(&r, instance->workspace);
    ptrdiff_t R = r.B * r.T;
    blas_gemm(false, false, R, r.columns, r.K, 1, instance->x, r.K, instance->values[RECURRENCE_INPUT_WEIGHT],
              r.columns, 0, r.products, r.columns);
    step->loops->bias_add(R, r.columns, instance->values[RECURRENCE_INPUT_BIAS], r.products);
    memset(r.zero, 0, (size_t)r.plane * sizeof *r.zero);
    for (ptrdiff_t b = 0; b < r.B; b++)
        memset(r.before + b * r.T * r.N, 0, (size_t)r.N * sizeof *r.before);
    for (r.t = 0; r.t < r.T; r.t++) {
        hidden_products(&r);
        write_state(&r, r.cell->forward(&r));
    }
    /* The state before each step too: a last state alone need not show what went wrong before. */
    if (!step->loops->all_finite(R * r.N, r.before) ||
        !step->loops->all_finite(r.B * shape_elements(&instance->layer->out), instance->y))
        step->finite = false;
}

static void step_backward(struct recurrence *r)
{
    for (ptrdiff_t b = 0; gives_step(r) && b < r->B; b++)
        r->step->loops->add(r->N, output_row(r, r->instance->gy, b), r->h + b * r->N);
    r->cell->backward(r);
    scatter(r, r->planes, r->products);
    if (r->t)
        blas_gemm(false, true, r->B, r->N, r->columns, 1, r->hidden_gradient + r->t * r->columns, r->T * r->columns,
                  r->instance->values[RECURRENCE_HIDDEN_WEIGHT], r->columns, 1, r->h, r->N);
}

void recurrence_backward(struct layer_instance *instance, struct step *step)
{
    struct recurrence r = make_recurrence(instance, step->B, true);
    r.step = step;
    lay_out(&r, instance->workspace);
    memset(r.h, 0, (size_t)r.plane * sizeof *r.h);
    memset(r.c, 0, (size_t)r.plane * sizeof *r.c);
    if (instance->P && instance->sets > 1)
        memset(instance->learned_gradient, 0,
               (size_t)(instance->P * instance->sets) * sizeof *instance->learned_gradient);
    for (r.t = r.T - 1; r.t >= 0; r.t--)
        step_backward(&r);
    ptrdiff_t R = r.B * r.T;
    blas_gemm(true, false, r.K, r.columns, R, 1, instance->x, r.K, r.products, r.columns, 0,
              instance->gradient[RECURRENCE_INPUT_WEIGHT], r.columns);
    blas_gemm(true, false, r.N, r.columns, R, 1, r.before, r.N, r.hidden_gradient, r.columns, 0,
              instance->gradient[RECURRENCE_HIDDEN_WEIGHT], r.columns);
    step->channels->column_sums(R, r.columns, r.products, instance->gradient[RECURRENCE_INPUT_BIAS]);
    step->channels->column_sums(R, r.columns, r.hidden_gradient, instance->gradient[RECURRENCE_HIDDEN_BIAS]);
    for (int j = 0; instance->sets == 1 && j < instance->P; j++)
        layer_leave_gradient(instance, j, r.parameters[j]);
    if (instance->gx)
        blas_gemm(false, true, R, r.K, r.columns, 1, r.products, r.columns, instance->values[RECURRENCE_INPUT_WEIGHT],
                  r.columns, 0, instance->gx, r.K);
}
