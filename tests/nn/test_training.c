/* Optimisers, initialisation, and runs of several steps. */
#include "nn_testing.h"

#include "base/text.h"
#include "nn/init_internal.h"
#include "nn/optimiser_internal.h"

enum { FEATURES = 5, CLASSES = 3, B = 16 };

static int read_optimiser(const char *text, struct optimiser *optimiser, struct error *err)
{
    struct json_document *document = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = optimiser_read(json_root(document), optimiser, err);
    json_document_free(document);
    return status;
}

START_TEST(optimisers_are_read_and_written)
{
    static const struct {
        const char *text, *form;
    } cases[] = {
        {"{\"name\": \"adam\"}", "{\"name\":\"adam\",\"learning_rate\":0.001,\"beta1\":0.9,\"beta2\":0.999,"
                                 "\"epsilon\":1e-08,\"weight_decay\":0,\"clip_norm\":0}"},
        {"{\"name\": \"sgd\", \"nesterov\": true, \"clip_norm\": 5}",
         "{\"name\":\"sgd\",\"learning_rate\":0.05,\"momentum\":0.9,\"nesterov\":true,\"weight_decay\":0,\"clip_norm\":"
         "5}"},
    };
    struct error err;
    struct optimiser optimiser;
    for (int i = 0; i < 2; i++) {
        struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
        ASSERT_OK(read_optimiser(cases[i].text, &optimiser, &err));
        optimiser_normal_form(&optimiser, &first);
        ck_assert_str_eq(text_string(&first), cases[i].form);
        ASSERT_OK(read_optimiser(text_string(&first), &optimiser, &err));
        optimiser_normal_form(&optimiser, &second);
        ck_assert_str_eq(text_string(&first), text_string(&second));
        text_release(&first);
        text_release(&second);
    }
    ASSERT_FAILS(read_optimiser("{\"name\": \"adm\"}", &optimiser, &err), ERROR_INPUT, "$.name: expected one of adam");
    ASSERT_FAILS(read_optimiser("{\"name\": \"sgd\", \"beta1\": 0}", &optimiser, &err), ERROR_INPUT,
                 "$.beta1: unknown");
    ASSERT_FAILS(read_optimiser("{\"name\": \"adam\", \"learning_rate\": 0}", &optimiser, &err), ERROR_INPUT,
                 "$.learning_rate: expected a number");
    ASSERT_FAILS(read_optimiser("{\"name\": \"adam\", \"beta1\": 1}", &optimiser, &err), ERROR_INPUT, "$.beta1:");
}
END_TEST

/* The textbook forms, with the bias corrections written as they are published. */
static void twin_update(const struct optimiser *o, int t, int count, double rate, const double *g, bool decays,
                        double *w, double *m, double *v)
{
    bool momentum = o->kind == &optimiser_sgd, decoupled = o->kind == &optimiser_adamw;
    const double a = *own_number(o, momentum ? "momentum" : "beta1"); /* of the first moment */
    for (int i = 0; i < count; i++) {
        double decay = decays ? o->weight_decay : 0;
        double gradient = g[i] + (decoupled ? 0 : decay * w[i]);
        w[i] -= decoupled ? rate * decay * w[i] : 0;
        if (momentum) {
            m[i] = a * m[i] + gradient;
            w[i] -= rate * (*own_flag(o, "nesterov") ? gradient + a * m[i] : m[i]);
            continue;
        }
        double b = *own_number(o, "beta2");
        m[i] = a * m[i] + (1 - a) * gradient;
        v[i] = b * v[i] + (1 - b) * gradient * gradient;
        double first = m[i] / (1 - pow(a, t)), second = v[i] / (1 - pow(b, t));
        w[i] -= rate * first / (sqrt(second) + *own_number(o, "epsilon"));
    }
}

/* Adam's first step by hand: the corrected moments are g and g^2, so every weight moves by the rate
   times g / (|g| + eps). */
START_TEST(the_first_step_of_adam_is_the_sign_of_the_gradient)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [4]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    ASSERT_OK(read_optimiser("{\"name\": \"adam\", \"epsilon\": 0.01}", &options.optimiser, &err));
    struct trainer *trainer = make_trainer(network, &options, "tanh(x)");
    fill_batch(trainer, network, B, 2);
    trainer_gradient(trainer, B);
    struct trainer_tensor tensor = trainer_tensor(trainer, 0);
    float before[20], gradient[20];
    memcpy(before, tensor.values, sizeof before);
    memcpy(gradient, tensor.gradient, sizeof gradient);
    trainer_update(trainer, 0.125);
    for (int i = 0; i < 20; i++) {
        double g = (double)gradient[i];
        ck_assert_double_eq_tol((double)tensor.values[i], (double)before[i] - 0.125 * g / (fabs(g) + 0.01), 2e-6);
    }
    trainer_free(trainer);
    network_free(network);
}
END_TEST

static void check_optimiser(const char *text)
{
    enum { STEPS = 12, MOST = 64, TENSORS = 5 };
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [4]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {.isa = isa_best(), .batch = B, .input_square = 1};
    ASSERT_OK(read_optimiser(text, &options.optimiser, &err));
    struct trainer *trainer = make_trainer(network, &options, "p*tanh(x)");
    double w[TENSORS][MOST], m[TENSORS][MOST] = {{0}}, v[TENSORS][MOST] = {{0}}, g[TENSORS][MOST];
    ck_assert_int_eq(trainer_tensors(trainer), TENSORS);
    for (int i = 0; i < TENSORS; i++)
        for (int j = 0; j < (int)trainer_tensor(trainer, i).count; j++)
            w[i][j] = (double)trainer_tensor(trainer, i).values[j];
    for (int t = 1; t <= STEPS; t++) {
        double rate = 0.02 / t, norm = 0, limit = options.optimiser.clip_norm;
        fill_batch(trainer, network, B, (uint64_t)t);
        trainer_gradient(trainer, B);
        for (int i = 0; i < TENSORS; i++)
            for (int j = 0; j < (int)trainer_tensor(trainer, i).count; j++) {
                g[i][j] = (double)trainer_tensor(trainer, i).gradient[j];
                norm += g[i][j] * g[i][j];
            }
        norm = sqrt(norm);
        for (int i = 0; i < TENSORS; i++) {
            struct trainer_tensor tensor = trainer_tensor(trainer, i);
            for (int j = 0; limit > 0 && norm > limit && j < (int)tensor.count; j++)
                g[i][j] *= limit / norm;
            twin_update(&options.optimiser, t, (int)tensor.count, rate, g[i], strcmp(tensor.name, "weight") == 0, w[i],
                        m[i], v[i]);
        }
        trainer_update(trainer, rate);
    }
    for (int i = 0; i < TENSORS; i++)
        for (int j = 0; j < (int)trainer_tensor(trainer, i).count; j++)
            ck_assert_msg(fabs((double)trainer_tensor(trainer, i).values[j] - w[i][j]) < 1e-5, "%s, tensor %d: %g, %g",
                          text, i, (double)trainer_tensor(trainer, i).values[j], w[i][j]);
    trainer_free(trainer);
    network_free(network);
}

START_TEST(optimisers_match_the_textbook)
{
    blas_thread_init();
    static const char *const texts[] = {
        "{\"name\": \"adam\"}",
        "{\"name\": \"adam\", \"weight_decay\": 0.1, \"beta1\": 0.8, \"beta2\": 0.9, \"epsilon\": 0.01}",
        "{\"name\": \"adam\", \"clip_norm\": 0.05, \"epsilon\": 0.01}",
        ("{\"name\": \"adamw\", \"weight_decay\": 0.5, \"beta1\": 0.8, \"beta2\": 0.9, \"epsilon\": 0.01, "
         "\"clip_norm\": 0.5}"),
        "{\"name\": \"sgd\"}",
        "{\"name\": \"sgd\", \"momentum\": 0, \"weight_decay\": 0.1}",
        "{\"name\": \"sgd\", \"nesterov\": true, \"momentum\": 0.7, \"clip_norm\": 0.1}",
    };
    for (int i = 0; i < 7; i++)
        check_optimiser(texts[i]);
}
END_TEST

/* Second moments from FACTS: E relu^2 = 1/2, E tanh^2 = .3942944904, E (relu - mean)^2 + mean^2 the same. */
START_TEST(deviations_follow_the_rules)
{
    struct error err;
    struct network *network = NULL;
    double deviation[8][LAYER_TENSORS];
    ASSERT_OK(
        read_network("{\"layers\": [{\"type\": \"dense\", \"units\": 50}, {\"type\": \"activation\"},"
                     "{\"type\": \"dense\", \"units\": 30}, {\"type\": \"activation\", \"function\": \"tanh(x)\"},"
                     "{\"type\": \"dense\", \"units\": \"classes\"}]}",
                     100, 10, &network, &err));
    struct candidate relu = parse_candidate("max(0,x)"), bad = parse_candidate("log(x)"), zero = parse_candidate("0*x");
    init_deviations(network, &relu, INIT_HE, 1, deviation);
    ck_assert_double_eq_tol(deviation[0][0], sqrt(2 / 100.0), 1e-12);
    ck_assert_double_eq_tol(deviation[2][0], sqrt(2 / 50.0), 1e-12);
    ck_assert_double_eq(deviation[1][0], 0);
    init_deviations(network, &relu, INIT_XAVIER, 1, deviation);
    ck_assert_double_eq_tol(deviation[0][0], sqrt(2 / 150.0), 1e-12);
    init_deviations(network, &relu, INIT_AUTO, 0.25, deviation);
    ck_assert_double_eq_tol(deviation[0][0], sqrt(1 / (100 * 0.25)), 1e-9);
    ck_assert_double_eq_tol(deviation[2][0], sqrt(1 / (50 * 0.5)), 1e-4);
    ck_assert_double_eq_tol(deviation[4][0], sqrt(1 / (30 * 0.3942944904)), 1e-6);
    init_deviations(network, &bad, INIT_AUTO, 1, deviation);
    ck_assert_double_eq_tol(deviation[2][0], sqrt(2 / 50.0), 1e-12);
    ck_assert_double_eq_tol(deviation[4][0], sqrt(1 / (30 * 0.3942944904)), 1e-6);
    init_deviations(network, &zero, INIT_AUTO, 1, deviation);
    ck_assert_double_eq_tol(deviation[2][0], sqrt(2 / 50.0), 1e-12);
    network_free(network);
}
END_TEST

/* The variance of the outputs of a deep network, about 2 (mean loss - log classes) for normal outputs. */
static double output_variance(const struct network *network, enum init init, const char *candidate)
{
    struct trainer_options options = {
        .isa = isa_best(), .batch = 200, .optimiser = optimiser_default(), .init = init, .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, candidate);
    fill_batch(trainer, network, 200, 3);
    double loss = trainer_measure(trainer, 200).loss;
    trainer_free(trainer);
    return 2 * (loss - log(network_classes(network)));
}

/* AutoInit keeps the spread of the signal through a deep network whatever the activation; He's rule,
   made for relu, does not. At width 300 the spread of five layers still wanders by some tenths. */
START_TEST(auto_keeps_the_signal)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [300, 300, 300, 300, 300]}", 300, 300, &network, &err));
    static const char *const candidates[] = {"max(0,x)", "0.1*tanh(x)", "p{3}*x*sigmoid(x)", "cos(x)"};
    for (int i = 0; i < 4; i++) {
        double variance = output_variance(network, INIT_AUTO, candidates[i]);
        ck_assert_msg(variance > 0.4 && variance < 2.2, "%s: output variance %g", candidates[i], variance);
    }
    ck_assert_double_lt(output_variance(network, INIT_HE, candidates[1]), 0.01);
    network_free(network);
}
END_TEST

/* Runs a few steps and returns the bits of all parameters; owned: *count floats. */
static float *train(struct trainer *trainer, const struct network *network, const char *candidate, ptrdiff_t *count)
{
    struct error err;
    struct candidate functions = parse_candidate(candidate);
    ASSERT_OK(trainer_prepare(trainer, &functions, &err));
    float z[FEATURES * 20 + 20 * CLASSES];
    struct rng rng = rng_keyed(4, 2, RNG_WEIGHTS);
    ck_assert_int_eq((int)network_random_weights(network), (int)(sizeof z / sizeof *z));
    network_draw_weights(network, &rng, z);
    trainer_start(trainer, z, rng_keyed(1, 0, RNG_DROPOUT));
    for (int t = 0; t < 8; t++) {
        fill_batch(trainer, network, t == 5 ? 3 : B, (uint64_t)t);
        trainer_gradient(trainer, t == 5 ? 3 : B);
        trainer_update(trainer, 0.01);
        trainer_measure(trainer, 2);
    }
    *count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++)
        *count += trainer_tensor(trainer, i).count;
    float *all = memory_array((size_t)*count, sizeof *all), *end = all;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        memcpy(end, tensor.values, (size_t)tensor.count * sizeof *end);
        end += tensor.count;
    }
    return all;
}

START_TEST(earlier_candidates_leave_nothing_behind)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [20]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *used = NULL, *fresh = NULL;
    ASSERT_OK(trainer_new(network, &options, &used, &err));
    ptrdiff_t count, other;
    float *before = train(used, network, "x*sigmoid(p*x)", &count);
    memory_free(train(used, network, "exp(exp(exp(x)))", &other));
    memory_free(train(used, network, "p*x+p*x^2+p*sin(x)", &other));
    float *after = train(used, network, "x*sigmoid(p*x)", &count);
    ASSERT_OK(trainer_new(network, &options, &fresh, &err));
    long allocations = memory_allocations();
    float *alone = train(fresh, network, "x*sigmoid(p*x)", &other);
    ck_assert_int_eq((int)count, (int)other);
    ck_assert(memcmp(before, after, (size_t)count * sizeof(float)) == 0);
    ck_assert(memcmp(before, alone, (size_t)count * sizeof(float)) == 0);
    ck_assert_int_lt((int)(memory_allocations() - allocations), 12);

    /* the learned parameter moved and is found by its layer */
    struct trainer_parameters beta = trainer_activation_parameters(fresh, 0);
    ck_assert_int_eq(beta.count, 1);
    ck_assert(beta.sets == 1 && beta.values[0] != 1.0f && trainer_is_finite(fresh));
    float *weights = trainer_tensor(fresh, 0).values;
    weights[3] = NAN;
    ck_assert(!trainer_is_finite(fresh));
    memory_free(before);
    memory_free(after);
    memory_free(alone);
    trainer_free(used);
    trainer_free(fresh);
    network_free(network);
}
END_TEST

START_TEST(a_step_allocates_nothing)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [20, 20]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "p*x*tanh(softplus(x))");
    long before = memory_allocations();
    for (int t = 0; t < 5; t++) {
        fill_batch(trainer, network, B, 1);
        trainer_gradient(trainer, B);
        trainer_update(trainer, 0.1);
        trainer_measure(trainer, B);
    }
    ck_assert_int_eq((int)(memory_allocations() - before), 0);
    trainer_free(trainer);
    network_free(network);
}
END_TEST

START_TEST(what_is_not_finite_is_reported)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"layers\": [{\"type\": \"dense\", \"units\": 20}, {\"type\": \"activation\"},"
                           "{\"type\": \"activation\", \"function\": \"tanh(x)\"},"
                           "{\"type\": \"dense\", \"units\": \"classes\"}]}",
                           FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    /* tanh hides the infinity from the loss; the activation is looked at all the same */
    static const char *const candidates[] = {"exp(exp(x+5))", "log(x)", "1/(x-x)"};
    for (int i = 0; i < 3; i++) {
        struct trainer *trainer = make_trainer(network, &options, candidates[i]);
        fill_batch(trainer, network, B, 1);
        ck_assert(!trainer_measure(trainer, B).finite);
        trainer_free(trainer);
    }
    struct trainer *trainer = make_trainer(network, &options, "x");
    fill_batch(trainer, network, B, 1);
    ck_assert(trainer_gradient(trainer, B).finite);
    trainer_free(trainer);
    network_free(network);
}
END_TEST

/* Some steps on a batch of large numbers; the losses. */
static void train_far_out(const char *candidate, enum isa isa, float losses[])
{
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [20, 20]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {.isa = isa, .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, candidate);
    for (int t = 0; t < 12; t++) {
        fill_batch(trainer, network, B, 3);
        for (ptrdiff_t i = 0; i < B * FEATURES; i += 2)
            trainer_input(trainer)[i] *= 120;
        struct pass result = trainer_gradient(trainer, B);
        ck_assert_msg(result.finite, "%s: step %d is not finite", candidate, t);
        losses[t] = (float)result.loss;
        trainer_update(trainer, 0.02);
        ck_assert_msg(trainer_is_finite(trainer), "%s: step %d left something infinite", candidate, t);
    }
    trainer_free(trainer);
    network_free(network);
}

/* A function trains as it does when what overflows in it is kept small by hand. */
START_TEST(sound_functions_train_like_their_clamped_forms)
{
    static const char *const pairs[][2] = {
        {"x*tanh(exp(x))", "x*tanh(exp(min(x,20)))"},
        {"x*sigmoid(sinh(x))", "x*sigmoid(sinh(max(-20,min(x,20))))"},
        {"relu(x) + erf(exp(x))", "relu(x) + erf(exp(min(x,10)))"},
        {"max(x, -exp(-exp(x)))", "max(x, -exp(-exp(min(x,10))))"},
        {"x/(1+exp(-exp(x)))", "x/(1+exp(-exp(min(x,10))))"},
        {"p*x*tanh(exp(x))", "p*x*tanh(exp(min(x,20)))"},
    };
    blas_thread_init();
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
            float plain[12], clamped[12];
            train_far_out(pairs[i][0], (enum isa)isa, plain);
            train_far_out(pairs[i][1], (enum isa)isa, clamped);
            for (int t = 0; t < 12; t++)
                if (!(fabsf(plain[t] - clamped[t]) <= 2e-3f * (1 + fabsf(clamped[t]))))
                    ck_abort_msg("%s, step %d: loss %g, clamped %g", pairs[i][0], t, (double)plain[t],
                                 (double)clamped[t]);
        }
}
END_TEST

int main(void)
{
    return RUN_TESTS("training", 60, optimisers_are_read_and_written,
                     the_first_step_of_adam_is_the_sign_of_the_gradient, optimisers_match_the_textbook,
                     deviations_follow_the_rules, auto_keeps_the_signal, earlier_candidates_leave_nothing_behind,
                     a_step_allocates_nothing, what_is_not_finite_is_reported,
                     sound_functions_train_like_their_clamped_forms);
}
