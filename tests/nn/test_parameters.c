/* Who has learned parameters: each layer, each channel, or all slots together. That their gradients are right is shown
   by test_gradient.c and test_pooled.c; here is what belongs to whom, and what becomes of it. */
#include "nn_testing.h"

#include "base/text.h"

enum { B = 6, FEATURES = 5, CLASSES = 3 };

static const char *const candidate = "p{0.5}*x+p{0.25}*tanh(x)";

/* Slots of 7 and 4 units, with a fixed function between. */
static const char *const layers =
    "\"layers\": [{\"type\": \"dense\", \"units\": 7}, {\"type\": \"activation\"},"
    "{\"type\": \"dense\", \"units\": 4}, {\"type\": \"activation\", \"function\": \"tanh(p{2}*x)\"},"
    "{\"type\": \"dense\", \"units\": 4}, {\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": \"outputs\"}]}";

static struct network *network_with(const char *sets)
{
    char text[1000];
    struct error err;
    struct network *network;
    snprintf(text, sizeof text, "{\"parameters\": \"%s\", %s", sets, layers);
    ASSERT_OK(read_network(text, FEATURES, CLASSES, &network, &err));
    return network;
}

static struct trainer *trainer_with(const struct network *network, double clip_norm)
{
    struct trainer_options options = {.isa = isa_best(),
                                      .batch = B,
                                      .optimiser = {.kind = &optimiser_sgd, .clip_norm = clip_norm},
                                      .input_square = 1};
    return make_trainer(network, &options, candidate);
}

/* The i-th tensor of learned parameters; count 0: there are not so many. */
static struct trainer_tensor learned(const struct trainer *trainer, int i)
{
    for (int t = 0; t < trainer_tensors(trainer); t++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, t);
        if (strcmp(tensor.name, "activation") == 0 && i-- == 0)
            return tensor;
    }
    return (struct trainer_tensor){0};
}

START_TEST(sets_belong_to_layers_channels_or_all)
{
    static const struct {
        const char *sets;
        enum parameter_sets owner[3];
        int count[3], channels[3], tensor[4];
    } cases[] = {
        {"layer", {PARAMETERS_LAYER, PARAMETERS_LAYER, PARAMETERS_LAYER}, {2, 1, 2}, {1, 1, 1}, {2, 1, 2, 0}},
        {"channel", {PARAMETERS_CHANNEL, PARAMETERS_CHANNEL, PARAMETERS_CHANNEL}, {2, 1, 2}, {7, 4, 4}, {14, 4, 8, 0}},
        {"shared", {PARAMETERS_SHARED, PARAMETERS_LAYER, PARAMETERS_SHARED}, {2, 1, 0}, {1, 1, 1}, {2, 1, 0, 0}},
    };
    blas_thread_init();
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct network *network = network_with(cases[c].sets);
        struct trainer *trainer = trainer_with(network, 0);
        for (int i = 0; i < 3; i++) {
            struct trainer_parameters p = trainer_activation_parameters(trainer, i);
            ck_assert_int_eq(p.count, cases[c].count[i]);
            ck_assert_int_eq((int)p.sets, cases[c].channels[i]);
            ck_assert_int_eq((int)p.owner, (int)cases[c].owner[i]);
            for (ptrdiff_t s = 0; s < p.sets; s++)
                for (int j = 0; j < p.count; j++)
                    ck_assert_float_eq(p.values[j * p.sets + s], i == 1 ? 2 : j == 0 ? 0.5f : 0.25f);
        }
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq((int)learned(trainer, i).count, cases[c].tensor[i]);
        trainer_free(trainer);
        network_free(network);
    }
}
END_TEST

/* While all sets are where they start, the three networks compute the same: then a layer's gradient is the sum of its
   channels', and what is shared has the sum of the layers'. */
START_TEST(gradients_add_up)
{
    static const char *const names[] = {"layer", "channel", "shared"};
    struct network *network[3];
    struct trainer *trainer[3];
    double loss[3];
    blas_thread_init();
    for (int i = 0; i < 3; i++) {
        network[i] = network_with(names[i]);
        trainer[i] = trainer_with(network[i], 0);
        fill_batch(trainer[i], network[i], B, 1);
        loss[i] = trainer_gradient(trainer[i], B).loss;
    }
    ck_assert(loss[0] == loss[1] && loss[0] == loss[2]);
    for (int i = 0; i < 3; i++) {
        struct trainer_tensor one = learned(trainer[0], i), each = learned(trainer[1], i);
        ptrdiff_t channels = each.count / one.count;
        for (ptrdiff_t j = 0; j < one.count; j++) {
            double sum = 0;
            for (ptrdiff_t c = 0; c < channels; c++)
                sum += (double)each.gradient[j * channels + c];
            ck_assert_double_eq_tol(sum, (double)one.gradient[j], 1e-6);
            ck_assert(each.gradient[j * channels] != each.gradient[j * channels + 1]);
        }
    }
    for (int j = 0; j < 2; j++)
        ck_assert_float_eq(learned(trainer[2], 0).gradient[j],
                           learned(trainer[0], 2).gradient[j] + learned(trainer[0], 0).gradient[j]);
    ck_assert_float_eq(learned(trainer[2], 1).gradient[0], learned(trainer[0], 1).gradient[0]);
    for (int i = 0; i < 3; i++) {
        trainer_free(trainer[i]);
        network_free(network[i]);
    }
}
END_TEST

/* Plain gradient descent with rate 1: what a step changes is the gradient, scaled to the limit. It is not so when what
   is shared is counted or changed twice. */
START_TEST(a_step_counts_what_is_shared_once)
{
    static const char *const names[] = {"layer", "channel", "shared"};
    blas_thread_init();
    for (int i = 0; i < 3; i++) {
        static double before[1000];
        const double limit = 0.01;
        struct network *network = network_with(names[i]);
        struct trainer *trainer = trainer_with(network, limit);
        fill_batch(trainer, network, B, 1);
        trainer_gradient(trainer, B);
        double gradient = 0, change = 0, largest = 0;
        for (int pass = 0; pass < 2; pass++) {
            int count = 0;
            for (int t = 0; t < trainer_tensors(trainer); t++) {
                struct trainer_tensor tensor = trainer_tensor(trainer, t);
                for (ptrdiff_t k = 0; k < tensor.count; k++, count++) {
                    double g = (double)tensor.gradient[k], step = before[count] - (double)tensor.values[k];
                    if (pass == 0) {
                        before[count] = (double)tensor.values[k];
                        gradient += g * g;
                        continue;
                    }
                    change += step * step;
                    largest = fmax(largest, fabs(step - limit / sqrt(gradient) * g));
                }
            }
            if (pass == 0)
                trainer_update(trainer, 1);
        }
        ck_assert(sqrt(gradient) > 2 * limit && largest < 1e-6);
        ck_assert_double_eq_tol(sqrt(change), limit, 1e-6);
        trainer_free(trainer);
        network_free(network);
    }
}
END_TEST

/* Channels go their own ways, nothing is allocated for that, and the same run gives the same bits. */
START_TEST(channels_learn_apart)
{
    blas_thread_init();
    struct network *network = network_with("channel");
    float last[2][14];
    for (int i = 0; i < 2; i++) {
        struct trainer *trainer = trainer_with(network, 0);
        long allocations = memory_allocations();
        for (uint64_t step = 0; step < 5; step++) {
            fill_batch(trainer, network, B, step);
            trainer_gradient(trainer, B);
            trainer_update(trainer, 0.1);
            trainer_measure(trainer, B);
        }
        ck_assert_int_eq((int)(memory_allocations() - allocations), 0);
        memcpy(last[i], learned(trainer, 0).values, sizeof last[i]);
        for (int c = 1; c < 7; c++)
            ck_assert(last[i][c] != last[i][0] && last[i][7 + c] != last[i][7]);
        trainer_free(trainer);
    }
    ck_assert_mem_eq(last[0], last[1], sizeof last[0]);
    network_free(network);
}
END_TEST

/* As many parameters as there can be, each with its optimiser's state, for every channel. */
START_TEST(memory_is_planned_for_every_channel)
{
    struct network *one = network_with("layer"), *each = network_with("channel"), *shared = network_with("shared");
    const struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    size_t bytes = trainer_bytes(one, &options);
    ck_assert_uint_gt(trainer_bytes(each, &options), bytes);
    ck_assert_uint_lt(trainer_bytes(shared, &options), bytes);
    network_free(one);
    network_free(each);
    network_free(shared);
}
END_TEST

START_TEST(the_description_says_whose_they_are)
{
    struct error err;
    struct network *network = NULL;
    static const char *const names[] = {"layer", "channel", "shared"};
    static const char *const endings[] = {"109 parameters, 2 activation slots", "learned parameters for each channel",
                                          "learned parameters shared by the slots"};
    for (int i = 0; i < 3; i++) {
        struct text form = TEXT_EMPTY, again = TEXT_EMPTY, line = TEXT_EMPTY;
        char key[40];
        network = network_with(names[i]);
        network_normal_form(network, &form);
        network_describe(network, &line);
        network_free(network);
        snprintf(key, sizeof key, ",\"parameters\":\"%s\"}", names[i]);
        ck_assert_ptr_nonnull(strstr(text_string(&form), key));
        ck_assert_ptr_nonnull(strstr(text_string(&line), endings[i]));
        ASSERT_OK(read_network(text_string(&form), FEATURES, CLASSES, &network, &err));
        network_normal_form(network, &again);
        ck_assert_str_eq(text_string(&form), text_string(&again));
        network_free(network);
        text_release(&form);
        text_release(&again);
        text_release(&line);
    }
    ASSERT_FAILS(read_network("{\"mlp\": [4], \"parameters\": \"unit\"}", FEATURES, CLASSES, &network, &err),
                 ERROR_INPUT, "$.parameters: expected one of layer, channel, shared, got \"unit\"");
    ASSERT_FAILS(read_network("{\"mlp\": [4], \"parameters\": true}", FEATURES, CLASSES, &network, &err), ERROR_INPUT,
                 "$.parameters: expected one of layer, channel, shared");
}
END_TEST

int main(void)
{
    return RUN_TESTS("parameters", 60, sets_belong_to_layers_channels_or_all, gradients_add_up,
                     a_step_counts_what_is_shared_once, channels_learn_apart, memory_is_planned_for_every_channel,
                     the_description_says_whose_they_are);
}
