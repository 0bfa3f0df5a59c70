/* What is done together against its twin that is not (trainer_options.plain): an activation with the max pool behind
 * it, and convolutions whose gradient comes through one. */
#include "nn_testing.h"

#include "nn/network_internal.h"
#include "nn/pooled_internal.h"

enum { B = 5, CLASSES = 3 };

#define CONV(channels, padding) "{'type':'conv2d','channels':" #channels ",'kernel':3,'padding':" padding "},"
#define ACT "{'type':'activation'},"
#define POOL "{'type':'max_pool','size':2},"
#define END "{'type':'flatten'},{'type':'dense','units':'outputs'}"

static const struct {
    const char *what, *layers;
    ptrdiff_t height, width, channels;
    int pooled, winners; /* activations and convolutions that are done together with their pools */
} cases[] = {
    {"two convolutions", CONV(16, "'same'") ACT POOL CONV(32, "'same'") ACT POOL END, 12, 8, 1, 2, 2},
    {"odd sizes", CONV(16, "'same'") ACT POOL CONV(16, "'same'") ACT POOL END, 11, 15, 1, 2, 2},
    {"without padding", CONV(16, "0") ACT POOL CONV(48, "0") ACT POOL END, 14, 13, 1, 2, 2},
    {"padding of two", CONV(16, "2") ACT POOL CONV(16, "[0, 2]") ACT POOL END, 7, 9, 1, 2, 2},
    {"three inputs, many channels", CONV(80, "1") ACT POOL CONV(96, "1") ACT POOL END, 8, 8, 3, 2, 2},
    {"five inputs", CONV(16, "1") ACT POOL END, 8, 8, 5, 1, 0},
    {"a first layer of many inputs", CONV(16, "1") ACT POOL END, 8, 8, 32, 1, 1},
    {"channels that do not divide", CONV(18, "1") ACT POOL CONV(7, "1") ACT POOL END, 8, 6, 1, 2, 0},
    {"a norm between", CONV(16, "1") "{'type':'batch_norm'}," ACT POOL CONV(16, "1") ACT POOL END, 8, 8, 1, 2, 1},
    {"a pool of the input", ACT POOL CONV(16, "1") ACT POOL END, 12, 12, 2, 2, 0},
    {"a stride", "{'type':'conv2d','channels':16,'kernel':3,'stride':2,'padding':1}," ACT POOL END, 16, 16, 1, 1, 0},
    {"a window of five", "{'type':'conv2d','channels':16,'kernel':5}," ACT POOL END, 12, 12, 1, 1, 0},
    {"a pool of three", CONV(16, "1") ACT "{'type':'max_pool','size':3}," END, 9, 9, 1, 0, 0},
    {"two readers of the function's value",
     CONV(16, "1") "{'type':'activation','name':'f'}," POOL "{'type':'max_pool','size':2,'from':'f',"
                   "'name':'again'},{'type':'add','with':'pool1'}," END,
     8, 8, 1, 0, 0},
    {"two readers of the convolution",
     "{'type':'conv2d','channels':16,'kernel':3,'name':'c'}," ACT
     "{'type':'max_pool','size':2,'name':'a'},{'type':'max_pool','size':2,'from':'c'},"
     "{'type':'add','with':'a'}," END,
     8, 8, 1, 1, 0},
};
enum { CASES = sizeof cases / sizeof *cases };

static struct network *network_of(int number, const char *sets)
{
    struct data_shape data = image_data(cases[number].height, cases[number].width, cases[number].channels, CLASSES);
    struct network *network;
    struct error err;
    char text[2000];
    snprintf(text, sizeof text, "{'layers':[%s],'parameters':'%s'}", cases[number].layers, sets);
    ASSERT_OK(read_network_for(text, &data, &network, &err));
    return network;
}

static void assert_same(const char *what, const struct trainer *a, const struct trainer *b)
{
    for (int t = 0; t < trainer_tensors(a); t++) {
        struct trainer_tensor x = trainer_tensor(a, t), y = trainer_tensor(b, t);
        double largest = 0;
        for (ptrdiff_t i = 0; y.gradient && i < y.count; i++)
            largest = fmax(largest, fabs((double)y.gradient[i]));
        for (ptrdiff_t i = 0; y.gradient && i < y.count; i++)
            if (!(fabs((double)x.gradient[i] - (double)y.gradient[i]) <= 1e-5 * (largest + 0.1)))
                ck_abort_msg("%s: %s.%s[%td] is %.9g, apart %.9g", what, x.layer, x.name, i, (double)x.gradient[i],
                             (double)y.gradient[i]);
    }
}

/* Forward only a convolution that is done by windows rounds differently. */
static void assert_same_loss(int number, const struct pass *a, const struct pass *b)
{
    double bound = cases[number].winners || cases[number].channels == 2 ? 2e-6 * (1 + b->loss) : 0;
    ck_assert_msg(a->finite && b->finite && fabs(a->loss - b->loss) <= bound, "%s: loss %.17g, apart %.17g",
                  cases[number].what, a->loss, b->loss);
}

/* Sets of learned parameters start alike. */
static void move_parameters(struct trainer *trainer)
{
    for (int t = 0; t < trainer_tensors(trainer); t++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, t);
        for (ptrdiff_t i = 0; strcmp(tensor.name, "activation") == 0 && i < tensor.count; i++)
            tensor.values[i] += 0.1f * (float)(i % 7 - 3);
    }
}

static void check_case(int number, enum isa isa, const char *candidate, const char *sets)
{
    const char *what = cases[number].what;
    struct network *network = network_of(number, sets);
    struct trainer_options options = {
        .isa = isa, .batch = B, .optimiser = optimiser_default(), .init = INIT_HE, .input_square = 1};
    struct trainer *together = make_trainer(network, &options, candidate);
    options.plain = true;
    struct trainer *apart = make_trainer(network, &options, candidate);
    move_parameters(together);
    move_parameters(apart);
    for (int step = 0; step < (testing_is_sparse() ? 2 : 3); step++) {
        ptrdiff_t rows = step == 1 ? 2 : B;
        fill_batch(together, network, rows, (uint64_t)step);
        fill_batch(apart, network, rows, (uint64_t)step);
        struct pass a = trainer_gradient(together, rows), b = trainer_gradient(apart, rows);
        assert_same_loss(number, &a, &b);
        assert_same(what, together, apart);
        /* a measuring pass in between may not harm what training left */
        ptrdiff_t most = testing_is_sparse() ? B + 3 : trainer_rows(together);
        fill_batch(together, network, most, 9);
        fill_batch(apart, network, most, 9);
        a = trainer_measure(together, most);
        b = trainer_measure(apart, most);
        assert_same_loss(number, &a, &b);
    }
    trainer_free(together);
    trainer_free(apart);
    network_free(network);
}

START_TEST(together_is_as_apart)
{
    static const char *const candidates[] = {"p{0.7}*x*sigmoid(p{1.3}*x)", "relu(x)", "sin(3*x)"};
    blas_thread_init();
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < (testing_is_sparse() ? 1 : 3); i++)
            for (int number = 0; number < CASES; number++)
                check_case(number, (enum isa)isa, candidates[i], "layer");
}
END_TEST

START_TEST(so_it_is_whoever_has_learned_parameters)
{
    blas_thread_init();
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int number = 0; number < CASES; number++) {
            check_case(number, (enum isa)isa, "p{0.7}*x*sigmoid(p{1.3}*x)", "channel");
            check_case(number, (enum isa)isa, "p{0.7}*x*sigmoid(p{1.3}*x)", "shared");
        }
}
END_TEST

/* The test above would hold if nothing were ever done together. */
START_TEST(it_is_done_where_it_can_be)
{
    blas_thread_init();
    for (int number = 0; number < CASES; number++) {
        struct network *network = network_of(number, "layer");
        int pooled = 0, winners = 0;
        for (int l = 0; l + 1 < network->layers; l++) {
            bool here = network->layer[l + 1].from == l && pooled_fits(&network->layer[l], &network->layer[l + 1]);
            pooled += here;
            const struct layer *before = l > 0 && network->layer[l].from == l - 1 ? &network->layer[l - 1] : NULL;
            winners += here && before && before->kind->goes_by_winners &&
                       before->kind->goes_by_winners(before, before->from != LAYER_INPUT);
        }
        ck_assert_msg(pooled == cases[number].pooled && winners == cases[number].winners, "%s: %d pooled, %d winners",
                      cases[number].what, pooled, winners);
        network_free(network);
    }
}
END_TEST

/* What is done together may depend on the candidate: where the input of a convolution wants no gradient. The memory is
   planned for all, and preparing one that needs more stops the program. */
START_TEST(the_memory_is_planned_for_every_candidate)
{
    static const char *const candidates[] = {"relu(x)", "p*x", "relu(x)", "p{1}*x*sigmoid(p{2}*x)*tanh(p{3}*x)"};
    blas_thread_init();
    for (int number = 0; number < CASES; number++) {
        struct network *network = network_of(number, "layer");
        struct trainer_options options = {
            .isa = isa_best(), .batch = 1, .optimiser = optimiser_default(), .init = INIT_HE, .input_square = 1};
        struct trainer *trainer = make_trainer(network, &options, "relu(x)");
        for (int i = 0; i < 4; i++) {
            struct candidate functions = parse_candidate(candidates[i]);
            struct error err;
            ASSERT_OK(trainer_prepare(trainer, &functions, &err));
        }
        trainer_free(trainer);
        network_free(network);
    }
}
END_TEST

/* A number that is not finite is seen even where its window has a larger one. */
START_TEST(what_is_not_finite_is_seen)
{
    blas_thread_init();
    for (int plain = 0; plain < 2; plain++) {
        struct network *network = network_of(0, "layer");
        struct trainer_options options = {.isa = isa_best(),
                                          .batch = B,
                                          .optimiser = optimiser_default(),
                                          .init = INIT_HE,
                                          .input_square = 1,
                                          .plain = plain};
        struct trainer *trainer = make_trainer(network, &options, "-1/relu(x)");
        fill_batch(trainer, network, B, 1);
        ck_assert(!trainer_gradient(trainer, B).finite);
        ck_assert(!trainer_measure(trainer, B).finite);
        trainer_free(trainer);
        network_free(network);
    }
}
END_TEST

int main(void)
{
    return RUN_TESTS("pooled", 300, together_is_as_apart, so_it_is_whoever_has_learned_parameters,
                     it_is_done_where_it_can_be, the_memory_is_planned_for_every_candidate, what_is_not_finite_is_seen);
}
