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
#include "base/error.h"
#include "base/text.h"
#include "kernel/moments.h"
#include "kernel/tape.h"
#include "nn/recurrence_internal.h"
#include "nn/slot_internal.h"

static const char *const rnn_keys[] = {"type", "name", "from", "units", "function", "returns", NULL};
static const char *const gated_keys[] = {"type", "name", "from", "units", "function", "slot", "gates", "returns", NULL};
static const char *const slots[] = {"state", "gates", NULL};
static const char *const returns[] = {"sequence", "last", NULL};

static int read_option(struct json json, const char *key, const char *const *names, bool *second, struct error *err)
{
    struct json member = json_member(&json, key);
    int which = 0;
    int status = json_exists(member) ? json_choice(member, names, &which, err) : 0;
    *second = which == 1;
    return status;
}

static int read_recurrent(struct json json, const struct cell *cell, struct layer *layer, struct error *err)
{
    struct recurrent_options *options = layer->options;
    int64_t units = 0;
    options->cell = cell;
    int status = json_integer(json_member(&json, "units"), 1, NETWORK_WIDTH, &units, err);
    if (!status)
        status = layer_want_sequence(json, layer, err);
    if (!status)
        status = read_option(json, "returns", returns, &options->last, err);
    if (!status)
        status = fixed_function_read(json_member(&json, "function"), NULL, &layer->fixed, err);
    layer->out = options->last ? (struct shape){.rank = 1, .size = {(ptrdiff_t)units}}
                               : (struct shape){.rank = 2, .size = {layer->in.size[0], (ptrdiff_t)units}};
    return status;
}

/* And the function that stands where the slot is not. */
static int read_gated(struct json json, const struct cell *cell, struct layer *layer, struct error *err)
{
    struct recurrent_options *options = layer->options;
    struct json gates = json_member(&json, "gates");
    int status = read_recurrent(json, cell, layer, err);
    if (!status)
        status = read_option(json, "slot", slots, &options->in_gates, err);
    if (!status && options->in_gates && json_exists(gates))
        status = json_fail(gates, err, "write \"function\" for a fixed function there",
                           "the gates of %s are its slot already", layer->name);
    if (!status)
        status = fixed_function_read(gates, options->in_gates ? "tanh(x)" : "sigmoid(x)", &options->other, err);
    if (!status && tree_parameter_count(&options->other->tree))
        status = json_fail(gates, err, "write numbers in their place",
                           "the gates of %s have learned parameters, which only a slot may have", layer->name);
    return status;
}

static int rnn_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    return read_recurrent(json, &recurrence_rnn, layer, err);
}

static int gru_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    return read_gated(json, &recurrence_gru, layer, err);
}

static int lstm_read(struct json json, const struct network *network, struct layer *layer, struct error *err)
{
    (void)network;
    return read_gated(json, &recurrence_lstm, layer, err);
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

static void recurrent_normal_form(const struct layer *layer, struct text *out)
{
    const struct recurrent_options *options = layer->options;
    text_addf(out, ",\"units\":%td,\"returns\":\"%s\"", shape_channels(&layer->out), returns[options->last]);
    fixed_function_normal_form("function", layer->fixed, out);
    if (!options->other)
        return;
    text_addf(out, ",\"slot\":\"%s\"", slots[options->in_gates]);
    if (!options->in_gates)
        fixed_function_normal_form("gates", options->other, out);
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
static void recurrent_tensors(const struct layer *layer, const struct candidate *candidate, struct layer_run *run)
{
    ptrdiff_t K = shape_channels(&layer->in), N = shape_channels(&layer->out), G = recurrence_blocks(layer);
    struct tree f = state_function(layer, candidate);
    double square = f.count ? moments_normal(&f, NULL, 0, 0, 1).square : 0;
    run->tensors = 4;
    run->tensor[RECURRENCE_INPUT_WEIGHT] =
        (struct tensor){.name = "input_weight", .count = K * G * N, .fan_in = K, .fan_out = N, .terms = 2};
    run->tensor[RECURRENCE_HIDDEN_WEIGHT] = (struct tensor){
        .name = "hidden_weight", .count = N * G * N, .fan_in = N, .fan_out = N, .terms = 2, .square = square};
    run->tensor[RECURRENCE_INPUT_BIAS] = (struct tensor){.name = "input_bias", .count = G * N};
    run->tensor[RECURRENCE_HIDDEN_BIAS] = (struct tensor){.name = "hidden_bias", .count = G * N};
    layer_function_tensor(layer, candidate, run);
}

/* Gates count as 1/2, and what a gru or lstm takes in at different steps as independent: then sums that forget
   half at each step have the mean of what they take in, and a third of its variance. */
static void recurrent_propagate(const struct layer *layer, const struct candidate *candidate,
                                struct statistics *statistics)
{
    const struct recurrent_options *options = layer->options;
    struct tree f = state_function(layer, candidate);
    struct moments m = moments_normal(&f, NULL, 0, 0, 1);
    *statistics = (struct statistics){.mean = m.mean, .variance = m.square - m.mean * m.mean};
    if (options->cell == &recurrence_rnn)
        return;
    statistics->variance /= 3;
    if (options->cell == &recurrence_gru)
        return;
    m = moments_normal(&f, NULL, 0, statistics->mean, statistics->variance);
    *statistics = (struct statistics){.mean = m.mean / 2, .variance = (m.square - m.mean * m.mean) / 4};
}

static ptrdiff_t recurrent_workspace(const struct layer_run *run, ptrdiff_t B)
{
    return recurrence_workspace(run, B, true);
}

static ptrdiff_t recurrent_measure_workspace(const struct layer_run *run, ptrdiff_t B)
{
    return recurrence_workspace(run, B, false);
}

#define RECURRENT                                                                                                      \
    .options = sizeof(struct recurrent_options), .forget = recurrent_forget, .scratch = recurrent_scratch,             \
    .normal_form = recurrent_normal_form, .slot = true, .tensors = recurrent_tensors,                                  \
    .workspace = recurrent_workspace, .measure_workspace = recurrent_measure_workspace,                                \
    .propagate = recurrent_propagate, .forward = recurrence_forward, .backward = recurrence_backward,                  \
    .places = recurrence_places
const struct layer_kind layer_rnn = {.type = "rnn", .prefix = "rnn", .keys = rnn_keys, .read = rnn_read, RECURRENT};
const struct layer_kind layer_gru = {.type = "gru", .prefix = "gru", .keys = gated_keys, .read = gru_read, RECURRENT};
const struct layer_kind layer_lstm = {
    .type = "lstm", .prefix = "lstm", .keys = gated_keys, .read = lstm_read, RECURRENT};
#undef RECURRENT
