/* Recurrent layers, from h = 0 through the steps of a sequence; with x W and h U for the products of the input
 * and of the state before, f the state's function (by default the candidate, else tanh) and s the gates':
 *
 *   rnn   h' = f(x W + b + h U + c)
 *   gru   r, z = s(x W + b + h U + c) each,  n = f(x W + b + r (h U + c)),  h' = (1 - z) n + z h
 *   lstm  i, f, o = s(...) each, g = f(...),  cell' = f cell + i g,  h' = o f(cell')
 *
 * Weights W: (K, G N) and U: (N, G N) for K inputs, N units and G blocks of columns in PyTorch's order (gru
 * r z n, lstm i f g o), so that they are the transposes of PyTorch's weight_ih and weight_hh; b and c are its two
 * biases. */
#include "kernel/moments.h"
#include "kernel/tape.h"
#include "nn/recurrence_internal.h"
#include "nn/slot_internal.h"

static const char *const slots[] = {"state", "gates", NULL};
static const char *const returns[] = {"sequence", "last", NULL};

/* What stands where the slot is not. */
static int gates_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting;
    struct recurrent_options *options = object;
    const struct layer *layer = context;
    if (options->in_gates && json_exists(value))
        return json_fail(value, err, "write \"function\" for a fixed function there",
                         "the gates of %s are its slot already", layer->name);
    int status = fixed_function_read(value, options->in_gates ? "tanh(x)" : "sigmoid(x)", &options->other, err);
    if (!status && tree_parameter_count(&options->other->tree))
        status = json_fail(value, err, "write numbers in their place",
                           "the gates of %s have learned parameters, which only a slot may have", layer->name);
    return status;
}

static void gates_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting, (void)context;
    const struct recurrent_options *options = object;
    fixed_function_write(options->other, out);
}

static bool gates_says(const struct setting *setting, const void *object, const void *context)
{
    (void)setting, (void)context;
    const struct recurrent_options *options = object;
    return !options->in_gates;
}
static const struct setting_type gates_type = {
    .form = "a function of x", .read = gates_read, .write = gates_write, .says = gates_says};

/* Messages list "returns" last; the normal form has it before what fills the places. */
#define FUNCTION LAYER_FUNCTION("the slot, which the candidate fills"), .turn = 1
#define RETURNS                                                                                                        \
    SETTING_CHOICE(struct recurrent_options, last), .names = returns,                                                  \
                                                    .means = "the states of all steps, or the last one as a row"
static const struct setting rnn_settings[] = {
    {"units", LAYER_CHANNELS, .means = "numbers of the state"}, {"function", FUNCTION}, {"returns", RETURNS}, {0}};
static const struct setting gated_settings[] = {
    {"units", LAYER_CHANNELS, .means = "numbers of the state"},
    {"function", FUNCTION},
    {"slot", SETTING_CHOICE(struct recurrent_options, in_gates), .names = slots, .turn = 1,
     .means = "the slot stands in the place of tanh, or in that of the sigmoids"},
    {"gates", SETTING_OWN(struct recurrent_options, other, gates_type), .by = "sigmoid(x)", .turn = 1,
     .means = "what the gates are when they are no slot"},
    {"returns", RETURNS},
    {0}};
#undef FUNCTION
#undef RETURNS

static int fit(const struct cell *cell, struct layer *layer)
{
    struct recurrent_options *options = layer->options;
    ptrdiff_t units = shape_channels(&layer->out);
    options->cell = cell;
    if (options->last)
        layer->out = (struct shape){.rank = 1, .size = {units}};
    return 0;
}

static int rnn_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)json, (void)network, (void)err;
    return fit(&recurrence_rnn, layer);
}

static int gru_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)json, (void)network, (void)err;
    return fit(&recurrence_gru, layer);
}

static int lstm_fit(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)json, (void)network, (void)err;
    return fit(&recurrence_lstm, layer);
}

static void recurrent_forget(struct layer *layer)
{
    struct recurrent_options *options = layer->options;
    fixed_function_free(options->other);
}

static size_t recurrent_scratch(const struct layer *layer)
{
    const struct recurrent_options *options = layer->options;
    return options->other ? tape_scratch_bytes(options->other->tape) : 0;
}

/* ---- initialisation: of the sums that functions see, the input's product is one half and the state's the other */

/* Empty when that is the candidate's, and there is none. */
static struct tree state_function(const struct layer *layer, const struct candidate *candidate)
{
    const struct recurrent_options *options = layer->options;
    return options->in_gates ? options->other->tree : layer_function(layer, candidate);
}

/* The state counts as what its function gives of standard normal sums: gates, which make it smaller, open as
   they learn. */
static void recurrent_tensors(const struct layer *layer, const struct candidate *candidate,
                              struct layer_instance *instance)
{
    ptrdiff_t K = shape_channels(&layer->in), N = shape_channels(&layer->out), G = recurrence_blocks(layer);
    struct tree f = state_function(layer, candidate);
    double square = f.count ? moments_normal(&f, NULL, 0, 0, 1).square : 0;
    instance->tensors = 4;
    instance->tensor[RECURRENCE_INPUT_WEIGHT] =
        (struct tensor){.name = "input_weight", .count = K * G * N, .fan_in = K, .fan_out = N, .terms = 2};
    instance->tensor[RECURRENCE_HIDDEN_WEIGHT] = (struct tensor){
        .name = "hidden_weight", .count = N * G * N, .fan_in = N, .fan_out = N, .terms = 2, .square = square};
    instance->tensor[RECURRENCE_INPUT_BIAS] = (struct tensor){.name = "input_bias", .count = G * N};
    instance->tensor[RECURRENCE_HIDDEN_BIAS] = (struct tensor){.name = "hidden_bias", .count = G * N};
    layer_function_tensor(layer, candidate, instance);
}

/* Gates count as 1/2, and what a gru or lstm takes in at different steps as independent: then sums that forget
   half at each step have the mean of what they take in, and a third of its variance. */
static void recurrent_propagate(const struct layer *layer, const struct candidate *candidate,
                                struct value_moments *moments)
{
    const struct recurrent_options *options = layer->options;
    struct tree f = state_function(layer, candidate);
    struct moments m = moments_normal(&f, NULL, 0, 0, 1);
    *moments = (struct value_moments){.mean = m.mean, .variance = m.square - m.mean * m.mean};
    if (options->cell == &recurrence_rnn)
        return;
    moments->variance /= 3;
    if (options->cell == &recurrence_gru)
        return;
    m = moments_normal(&f, NULL, 0, moments->mean, moments->variance);
    *moments = (struct value_moments){.mean = m.mean / 2, .variance = (m.square - m.mean * m.mean) / 4};
}

static ptrdiff_t recurrent_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return recurrence_workspace(instance, B, true);
}

static ptrdiff_t recurrent_measure_workspace(const struct layer_instance *instance, ptrdiff_t B)
{
    return recurrence_workspace(instance, B, false);
}

#define RECURRENT                                                                                                      \
    .options = sizeof(struct recurrent_options), .wants = LAYER_WANTS_SEQUENCE, .forget = recurrent_forget,            \
    .scratch = recurrent_scratch, .slot = true, .tensors = recurrent_tensors, .workspace = recurrent_workspace,        \
    .measure_workspace = recurrent_measure_workspace, .propagate = recurrent_propagate, .forward = recurrence_forward, \
    .backward = recurrence_backward, .places = recurrence_places
const struct layer_kind layer_rnn = {.type = "rnn",
                                     .prefix = "rnn",
                                     .summary = "A recurrent layer: h' = f(x W + b + h U + c), f the candidate.",
                                     .settings = rnn_settings,
                                     .fit = rnn_fit,
                                     RECURRENT};
const struct layer_kind layer_gru = {.type = "gru",
                                     .prefix = "gru",
                                     .summary = "A gated recurrent unit (Cho et al. 2014).",
                                     .settings = gated_settings,
                                     .fit = gru_fit,
                                     RECURRENT};
const struct layer_kind layer_lstm = {.type = "lstm",
                                      .prefix = "lstm",
                                      .summary = "Long short-term memory (Hochreiter and Schmidhuber 1997).",
                                      .settings = gated_settings,
                                      .fit = lstm_fit,
                                      RECURRENT};
#undef RECURRENT
