/* Snapshots of a network: their figures against plain double code, and that they leave no trace. */
#include "twin.h"

#include "nn/snapshot.h"

enum { B = 7, FEATURES = 6, CLASSES = 3, MOST = 30000, LAYERS = 16 };

static struct trainer_options watching; /* main() fills it */

static struct network *network_for(const char *text, const struct data_shape *shape)
{
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network_for(text, shape, &network, &err));
    return network;
}

/* ---- the same in double, from a list of what a function saw, units side by side */

struct plain {
    double mean[2], deviation[2], dead, saturated; /* of input and output */
};

static struct plain plain_figures(const struct twin *twin, const struct layer *layer, const struct tree *f, ptrdiff_t R,
                                  ptrdiff_t C, const double *x, const double *parameters)
{
    struct plain plain = {.dead = 0};
    double n = (double)(R * C), h = 1e-6;
#define AT(x, i) twin_in_channel(twin, layer, f, x, (i) % C, parameters)
    for (int pass = 0; pass < 2; pass++)
        for (ptrdiff_t i = 0; i < R * C; i++) {
            double v[] = {x[i], AT(x[i], i)};
            for (int k = 0; k < 2; k++)
                if (pass == 0)
                    plain.mean[k] += v[k] / n;
                else
                    plain.deviation[k] += (v[k] - plain.mean[k]) * (v[k] - plain.mean[k]) / n;
        }
    for (int k = 0; k < 2; k++)
        plain.deviation[k] = sqrt(plain.deviation[k]);
    for (ptrdiff_t i = 0; i < R * C; i++) {
        double slope = (AT(x[i] + h, i) - AT(x[i] - h, i)) / (2 * h);
        plain.saturated += (fabs(slope) < 1e-3) / n;
    }
    for (ptrdiff_t c = 0; c < C; c++) {
        bool dead = true;
        for (ptrdiff_t r = 1; r < R; r++)
            dead &= AT(x[r * C + c], c) == AT(x[c], c);
        plain.dead += dead / (double)C;
    }
#undef AT
    return plain;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 2e-5 * (1 + fabs(b));
}

static void assert_figures(const char *what, const struct watched *row, struct plain plain)
{
    ck_assert_msg(near(row->input_mean, plain.mean[0]), "%s: %g, but %g", what, row->input_mean, plain.mean[0]);
    ck_assert_msg(near(row->input_deviation, plain.deviation[0]), "%s: %g, but %g", what, row->input_deviation,
                  plain.deviation[0]);
    ck_assert_msg(near(row->output_mean, plain.mean[1]), "%s: %g, but %g", what, row->output_mean, plain.mean[1]);
    ck_assert_msg(near(row->output_deviation, plain.deviation[1]), "%s: %g, but %g", what, row->output_deviation,
                  plain.deviation[1]);
    ck_assert_msg(near(row->dead, plain.dead), "%s: dead %g, but %g", what, row->dead, plain.dead);
    ck_assert_msg(near(row->saturated, plain.saturated), "%s: saturated %g, but %g", what, row->saturated,
                  plain.saturated);
}

/* The value of every layer for the trainer's batch, in double; returns all parameters of the trainer. */
static double *twin_values(struct twin *twin, const struct trainer *trainer, const float *x, int first[LAYERS])
{
    static double parameters[MOST];
    int count = 0, tensor = 0;
    twin->value[0] = twin_new_value(twin, &twin->network->input);
    for (ptrdiff_t i = 0; i < twin->B * shape_elements(&twin->network->input); i++)
        twin->value[0][i] = (double)x[i];
    for (int l = 0; l < twin->network->layers; l++) {
        const struct layer *layer = &twin->network->layer[l];
        struct layer_instance instance = {.layer = layer};
        if (layer->kind->tensors)
            layer->kind->tensors(layer, twin->candidate, &instance);
        first[l] = count;
        for (int t = 0; t < instance.tensors; t++, tensor++)
            for (ptrdiff_t i = 0; i < instance.tensor[t].count; i++)
                parameters[count++] = (double)trainer_tensor(trainer, tensor).values[i];
        twin->value[l + 1] = twin_new_value(twin, &layer->out);
        twin_layer(twin, layer, parameters + first[l], twin->value[layer->from + 1], twin->value[l + 1]);
    }
    return parameters;
}

static void release_values(struct twin *twin)
{
    for (int l = 0; l <= twin->network->layers; l++)
        memory_free(twin->value[l]);
}

/* ---- figures of activations */

static void check_activations(const char *text, const struct data_shape *shape, const char *candidate,
                              void (*change)(struct trainer *trainer))
{
    struct network *network = network_for(text, shape);
    struct trainer *trainer = make_trainer(network, &watching, candidate);
    struct candidate f = parse_candidate(candidate);
    struct twin twin = {.network = network, .candidate = &f, .B = B, .progress = 0.25};
    struct watched rows[LAYERS];
    int first[LAYERS], seen = 0;
    if (change)
        change(trainer);
    trainer_set_progress(trainer, 0.25);
    fill_batch(trainer, network, B, 1);
    double *parameters = twin_values(&twin, trainer, trainer_input(trainer), first);
    trainer_snapshot(trainer, B, rows);
    for (int i = 0; i < snapshot_layers(network); i++) {
        const struct layer *layer = &network->layer[rows[i].place];
        ck_assert_str_eq(rows[i].layer, layer->name);
        ck_assert(i == 0 || rows[i].place > rows[i - 1].place);
        ck_assert_int_eq(isnan(rows[i].dead) != 0, layer->kind != &layer_activation);
        if (layer->kind != &layer_activation)
            continue;
        seen++;
        const struct tree function = layer_function(layer, &f);
        assert_figures(rows[i].layer, &rows[i],
                       plain_figures(&twin, layer, &function, B * shape_positions(&layer->in),
                                     shape_channels(&layer->in), twin.value[layer->from + 1],
                                     twin_parameters(&twin, layer, parameters + first[rows[i].place])));
    }
    ck_assert_int_eq(seen, network_activations(network));
    release_values(&twin);
    trainer_free(trainer);
    network_free(network);
}

static const char *const conv = "{'layers': [{'type': 'conv2d', 'channels': 3, 'kernel': 3},"
                                "{'type': 'batch_norm'}, {'type': 'activation'}, {'type': 'flatten'},"
                                "{'type': 'dense', 'units': 600},"
                                "{'type': 'activation', 'function': 'tanh(p{3}*x)'},"
                                "{'type': 'dense', 'units': 'outputs'}]}";

/* Sets of learned parameters start alike. */
static void move_parameters(struct trainer *trainer)
{
    for (int t = 0; t < trainer_tensors(trainer); t++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, t);
        for (ptrdiff_t i = 0; strcmp(tensor.name, "activation") == 0 && i < tensor.count; i++)
            tensor.values[i] += 0.25f * (float)(i % 7 - 3);
    }
}

START_TEST(figures_are_those_of_plain_code)
{
    blas_thread_init();
    struct data_shape row = row_data(FEATURES, CLASSES), image = image_data(6, 5, 2, 3);
    check_activations("{'mlp': [5, 4]}", &row, "p{0.7}*x*sigmoid(p{1.3}*x)", NULL);
    check_activations("{'mlp': [5, 4]}", &row, "(0.5+t)*max(0,x)", NULL);
    check_activations("{'mlp': [9]}", &row, "tanh(9*x)", NULL);
    /* more numbers than are worked on together */
    check_activations(conv, &image, "max(0,x)", NULL);
    char channels[600], shared[200];
    snprintf(channels, sizeof channels, "{'parameters': 'channel', %s", conv + 1);
    check_activations(channels, &image, "p{0.7}*x*sigmoid(p{1.3}*x)", move_parameters);
    snprintf(shared, sizeof shared, "{'parameters': 'shared', 'mlp': [5, 4]}");
    check_activations(shared, &row, "p{0.7}*x*sigmoid(p{1.3}*x)", move_parameters);
}
END_TEST

/* ---- by hand: units that are dead, numbers where nothing is learnt */

static void push_bias(struct trainer *trainer, float by, int units)
{
    float *bias = trainer_tensor(trainer, 1).values;
    ck_assert_str_eq(trainer_tensor(trainer, 1).name, "bias");
    for (int i = 0; i < units; i++)
        bias[i] = by;
}

static void kill_two(struct trainer *trainer)
{
    push_bias(trainer, -100, 2);
}

static struct watched snapshot_of_first(const char *candidate, float bias, int units)
{
    struct data_shape shape = row_data(FEATURES, CLASSES);
    struct network *network = network_for("{'mlp': [5]}", &shape);
    struct trainer *trainer = make_trainer(network, &watching, candidate);
    struct watched rows[LAYERS];
    push_bias(trainer, bias, units);
    fill_batch(trainer, network, B, 1);
    trainer_snapshot(trainer, B, rows);
    ck_assert_int_eq(snapshot_layers(network), 3);
    ck_assert(isnan(rows[1].gradient_norm) && isnan(rows[1].update_ratio));
    rows[1].layer = NULL;
    trainer_free(trainer);
    network_free(network);
    return rows[1];
}

START_TEST(dead_and_saturated_units_are_counted)
{
    blas_thread_init();
    struct data_shape row = row_data(FEATURES, CLASSES);
    check_activations("{'mlp': [5]}", &row, "max(0,x)", kill_two);
    struct watched two = snapshot_of_first("max(0,x)", -100, 2), all = snapshot_of_first("max(0,x)", -100, 5);
    ck_assert_double_eq(two.dead, 2.0 / 5);
    ck_assert_double_eq(all.dead, 1);
    ck_assert_double_eq(all.saturated, 1);
    ck_assert(all.output_mean == 0 && all.output_deviation == 0);
    ck_assert(near(all.input_mean, -100) || fabs(all.input_mean + 100) < 5);
    struct watched tanh_far = snapshot_of_first("tanh(x)", 100, 5), tanh_near = snapshot_of_first("tanh(x)", 0, 5);
    ck_assert(tanh_far.dead == 1 && tanh_far.saturated == 1 && tanh_far.output_mean == 1);
    ck_assert(tanh_far.output_deviation == 0 && tanh_far.input_deviation > 0);
    ck_assert(tanh_near.dead == 0 && tanh_near.saturated == 0);
    struct watched three = snapshot_of_first("tanh(x)", 100, 3); /* those that are pushed cannot learn, the others do */
    ck_assert_double_eq(three.saturated, 3.0 / 5);
    struct watched line = snapshot_of_first("x", -3, 5);
    ck_assert(line.dead == 0 && line.saturated == 0 && line.input_mean == line.output_mean);
}
END_TEST

/* ---- recurrent layers */

/* What tanh saw is atanh of what it gave. */
START_TEST(every_step_of_an_rnn_is_in_the_snapshot)
{
    blas_thread_init();
    struct data_shape shape = sequence_data(4, 3, CLASSES);
    struct network *network = network_for("{'layers': [{'type': 'rnn', 'units': 5},"
                                          "{'type': 'dense', 'units': 'outputs'}]}",
                                          &shape);
    struct trainer *trainer = make_trainer(network, &watching, "tanh(x)");
    struct tree f = parse("tanh(x)");
    struct candidate candidate = candidate_of(&f);
    struct twin twin = {.network = network, .candidate = &candidate, .B = B, .progress = 0};
    struct watched rows[LAYERS];
    int first[LAYERS];
    fill_batch(trainer, network, B, 1);
    double *parameters = twin_values(&twin, trainer, trainer_input(trainer), first), x[B * 4 * 5];
    for (int i = 0; i < B * 4 * 5; i++)
        x[i] = atanh(twin.value[1][i]);
    trainer_snapshot(trainer, B, rows);
    assert_figures("rnn", &rows[0], plain_figures(&twin, &network->layer[0], &f, B * 4, 5, x, parameters));
    ck_assert(rows[0].gradient_norm > 0 && rows[0].update_ratio == 0);
    release_values(&twin);
    trainer_free(trainer);
    network_free(network);
}
END_TEST

static double plain_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* In a sequence of one step a state of 0 comes before it, and what the function sees is a line of code: the
   candidate's sums and the cell; or the sums of all three gates. Biases make the units of one place dead: the
   candidate's where tanh gives 1, or the forget gate's where relu gives 0. */
static void check_lstm(bool gates)
{
    enum { K = 3, N = 5 };
    const char *function = gates ? "max(0,x)" : "tanh(x)";
    struct data_shape shape = sequence_data(1, K, CLASSES);
    struct network *network = network_for(gates ? "{'layers': [{'type': 'lstm', 'units': 5, 'slot': 'gates'},"
                                                  "{'type': 'dense', 'units': 'outputs'}]}"
                                                : "{'layers': [{'type': 'lstm', 'units': 5},"
                                                  "{'type': 'dense', 'units': 'outputs'}]}",
                                          &shape);
    struct trainer *trainer = make_trainer(network, &watching, function);
    struct tree f = parse(function);
    struct candidate candidate = candidate_of(&f);
    struct twin twin = {.network = network, .candidate = &candidate, .B = B};
    struct watched rows[LAYERS];
    double seen[B * 3 * N];
    fill_batch(trainer, network, B, 1);
    const float *x = trainer_input(trainer), *w = trainer_tensor(trainer, 0).values;
    for (int n = 0; n < N; n++)
        trainer_tensor(trainer, 2).values[(gates ? 1 : 2) * N + n] = gates ? -100 : 100;
    for (int b = 0; b < B; b++)
        for (int n = 0; n < N; n++) {
            double sum[4] = {0, gates ? -100 : 0, gates ? 0 : 100, 0};
            for (int g = 0; g < 4; g++)
                for (int k = 0; k < K; k++)
                    sum[g] += (double)x[b * K + k] * (double)w[k * 4 * N + g * N + n];
            if (gates) {
                double *to = seen + b * 3 * N + n;
                to[0] = sum[0], to[N] = sum[1], to[2 * N] = sum[3];
            } else {
                seen[b * 2 * N + n] = sum[2];
                seen[b * 2 * N + N + n] = plain_sigmoid(sum[0]) * tanh(sum[2]);
            }
        }
    trainer_snapshot(trainer, B, rows);
    assert_figures("lstm", &rows[0],
                   plain_figures(&twin, &network->layer[0], &f, B, gates ? 3 * N : 2 * N, seen, NULL));
    ck_assert_double_eq(rows[0].dead, gates ? 1.0 / 3 : 0.5);
    trainer_free(trainer);
    network_free(network);
}

START_TEST(every_place_in_an_lstm_is_in_the_snapshot)
{
    blas_thread_init();
    check_lstm(false);
    check_lstm(true);
}
END_TEST

/* ---- gradients and steps */

static double norm_of(const struct trainer *trainer, const char *layer, const double *minus)
{
    double square = 0;
    int count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        for (ptrdiff_t j = 0; j < tensor.count; j++, count++) {
            double value = minus ? (double)tensor.values[j] - minus[count] : (double)tensor.values[j];
            square += tensor.gradient && strcmp(tensor.layer, layer) == 0 ? value * value : 0;
        }
    }
    return sqrt(square);
}

static double gradient_of(const struct trainer *trainer, const char *layer)
{
    double square = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        for (ptrdiff_t j = 0; tensor.gradient && strcmp(tensor.layer, layer) == 0 && j < tensor.count; j++)
            square += (double)tensor.gradient[j] * (double)tensor.gradient[j];
    }
    return sqrt(square);
}

static void copy_values(const struct trainer *trainer, double *values)
{
    for (int i = 0; i < trainer_tensors(trainer); i++)
        for (ptrdiff_t j = 0; j < trainer_tensor(trainer, i).count; j++)
            *values++ = (double)trainer_tensor(trainer, i).values[j];
}

START_TEST(gradients_and_steps_are_measured)
{
    blas_thread_init();
    static double before[MOST];
    double size[LAYERS];
    struct data_shape shape = row_data(FEATURES, CLASSES);
    struct network *network = network_for("{'layers': [{'type': 'dense', 'units': 5}, {'type': 'batch_norm'},"
                                          "{'type': 'activation'}, {'type': 'dense', 'units': 'outputs'}]}",
                                          &shape);
    struct trainer *trainer = make_trainer(network, &watching, "p{0.7}*x*sigmoid(p{1.3}*x)");
    struct watched rows[LAYERS];
    int layers = snapshot_layers(network);
    ck_assert_int_eq(layers, 4);
    for (int step = 0; step < 3; step++) {
        fill_batch(trainer, network, B, (uint64_t)step);
        trainer_gradient(trainer, B);
        copy_values(trainer, before);
        for (int l = 0; l < layers; l++)
            size[l] = norm_of(trainer, network->layer[l].name, NULL);
        trainer_note(trainer);
        trainer_update(trainer, 0.01);
    }
    fill_batch(trainer, network, B, 9);
    trainer_snapshot(trainer, B, rows);
    fill_batch(trainer, network, B, 9);
    trainer_gradient(trainer, B);
    for (int l = 0; l < layers; l++) {
        double gradient = gradient_of(trainer, rows[l].layer);
        double ratio = norm_of(trainer, rows[l].layer, before) / size[l];
        ck_assert_msg(fabs(rows[l].gradient_norm - gradient) <= 1e-6 * gradient, "%s: gradient %g, but %g",
                      rows[l].layer, rows[l].gradient_norm, gradient);
        ck_assert(gradient > 0 && ratio > 1e-5);
        ck_assert_msg(fabs(rows[l].update_ratio - ratio) <= 1e-12, "%s: step %g, but %g", rows[l].layer,
                      rows[l].update_ratio, ratio);
    }
    trainer_free(trainer);
    network_free(network);
}
END_TEST

/* ---- no trace */

/* Bit by bit; names aside. */
static bool same_row(const struct watched *a, const struct watched *b)
{
    return a->place == b->place
#define WATCHED(name, meaning) &&memcmp(&a->name, &b->name, sizeof a->name) == 0
#include "result/watched.def"
#undef WATCHED
        ;
}

static const char *const noisy = "{'layers': [{'type': 'dense', 'units': 9}, {'type': 'batch_norm'},"
                                 "{'type': 'activation'}, {'type': 'dropout', 'rate': 0.3},"
                                 "{'type': 'dense', 'units': 7}, {'type': 'activation'},"
                                 "{'type': 'dense', 'units': 'outputs'}]}";

static void check_no_trace(const char *text)
{
    struct data_shape shape = row_data(FEATURES, CLASSES);
    struct network *network = network_for(text, &shape);
    struct trainer_options options = watching;
    options.watch = false;
    struct trainer *watched = make_trainer(network, &watching, "p{0.7}*x*sigmoid(p{1.3}*x)");
    struct trainer *plain = make_trainer(network, &options, "p{0.7}*x*sigmoid(p{1.3}*x)");
    struct watched rows[2][LAYERS];
    long allocations = memory_allocations();
    for (uint64_t step = 0; step < 6; step++) {
        struct trainer *both[] = {watched, plain};
        double loss[2];
        for (int i = 0; i < 2; i++) {
            trainer_set_progress(both[i], (double)step / 5);
            fill_batch(both[i], network, B, step);
            loss[i] = trainer_gradient(both[i], B).loss;
            if (i == 0)
                trainer_note(both[i]);
            trainer_update(both[i], 0.01);
        }
        ck_assert(loss[0] == loss[1]);
        for (int i = 0; i < 2; i++) { /* and twice gives the same */
            fill_batch(watched, network, B, 99);
            trainer_snapshot(watched, B, rows[i]);
        }
        for (int l = 0; l < snapshot_layers(network); l++)
            ck_assert(same_row(&rows[0][l], &rows[1][l]));
        for (int i = 0; i < trainer_tensors(plain); i++) {
            struct trainer_tensor a = trainer_tensor(watched, i), b = trainer_tensor(plain, i);
            ck_assert_msg(memcmp(a.values, b.values, (size_t)a.count * sizeof(float)) == 0, "%s of %s", a.name,
                          a.layer);
        }
    }
    ck_assert_int_eq((int)(memory_allocations() - allocations), 0);
    trainer_free(watched);
    trainer_free(plain);
    network_free(network);
}

START_TEST(a_snapshot_leaves_no_trace)
{
    blas_thread_init();
    for (int sets = PARAMETERS_LAYER; sets <= PARAMETERS_SHARED; sets++) {
        char text[600];
        snprintf(text, sizeof text, "{'parameters': '%s', %s", parameter_set_names[sets], noisy + 1);
        check_no_trace(text);
    }
}
END_TEST

/* With dropout in the network, a snapshot is the same as without. */
START_TEST(nothing_is_dropped_in_a_snapshot)
{
    blas_thread_init();
    struct data_shape shape = row_data(FEATURES, CLASSES);
    struct watched rows[2][LAYERS];
    char text[600];
    snprintf(text, sizeof text, "%s", noisy);
    memcpy(strstr(text, "0.3"), "0.0", 3);
    for (int i = 0; i < 2; i++) {
        struct network *network = network_for(i ? text : noisy, &shape);
        struct trainer *trainer = make_trainer(network, &watching, "max(0,x)");
        ck_assert_int_eq(snapshot_layers(network), 6);
        fill_batch(trainer, network, B, 1);
        trainer_snapshot(trainer, B, rows[i]);
        trainer_free(trainer);
        network_free(network);
    }
    for (int l = 0; l < 6; l++)
        ck_assert(same_row(&rows[0][l], &rows[1][l]));
}
END_TEST

int main(void)
{
    struct optimiser optimiser = optimiser_usual(&optimiser_adam);
    optimiser.clip_norm = 0.1;
    optimiser.weight_decay = 0.01;
    watching = (struct trainer_options){
        .isa = ISA_PORTABLE, .batch = B, .optimiser = optimiser, .init = INIT_XAVIER, .input_square = 1, .watch = true};
    return RUN_TESTS("snapshot", 60, figures_are_those_of_plain_code, dead_and_saturated_units_are_counted,
                     every_step_of_an_rnn_is_in_the_snapshot, every_place_in_an_lstm_is_in_the_snapshot,
                     gradients_and_steps_are_measured, a_snapshot_leaves_no_trace, nothing_is_dropped_in_a_snapshot);
}
