/* The gradients of whole networks against central differences of the double-precision twin. */
#include "nn_testing.h"

enum { FEATURES = 6, CLASSES = 4, B = 9, MOST = 600 };

static const char *const network_text =
    "{\"layers\": [%s{\"type\": \"dense\", \"units\": 7}, {\"type\": \"activation\"},"
    "{\"type\": \"dense\", \"units\": 5}, {\"type\": \"activation\", \"function\": \"tanh(p{1.5}*x)\"},"
    "{\"type\": \"dense\", \"units\": 8}, {\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": \"classes\"}]}";

/* Copies the parameters into doubles, in the order of the tensors, and returns their number. */
static int read_parameters(const struct trainer *trainer, double *parameters, double *gradient)
{
    int count = 0;
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        ck_assert_int_le(count + (int)tensor.count, MOST);
        for (int j = 0; j < (int)tensor.count; j++, count++) {
            parameters[count] = (double)tensor.values[j];
            gradient[count] = (double)tensor.gradient[j];
        }
    }
    return count;
}

/* Compares with a difference quotient, which must be finite itself; the bound is for float. */
static bool agrees(double analytic, double difference, double largest)
{
    return isfinite(difference) && fabs(analytic - difference) <= 3e-5 * (largest + 1e-3);
}

static void check_candidate(const char *candidate, bool first, enum isa isa)
{
    struct error err;
    char text[800];
    snprintf(text, sizeof text, network_text, first ? "{\"type\": \"activation\"}," : "");
    struct network *network = NULL;
    ASSERT_OK(read_network(text, FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa, .batch = B, .optimiser = optimiser_default(), .init = INIT_XAVIER, .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, candidate);
    /* Biases start at 0, where nothing would be learnt about them. */
    for (int i = 0; i < trainer_tensors(trainer); i++)
        if (strcmp(trainer_tensor(trainer, i).name, "bias") == 0)
            for (int j = 0; j < (int)trainer_tensor(trainer, i).count; j++)
                trainer_tensor(trainer, i).values[j] = 0.1f * (float)(j % 5 - 2) + 0.01f * (float)i;
    fill_batch(trainer, network, B, 1);
    float x[B * FEATURES];
    memcpy(x, trainer_input(trainer), sizeof x);
    struct tree f = parse(candidate);
    const struct twin_layer layers[] = {
        {.tree = f},  {.units = 7}, {.tree = f},       {.units = 5}, {.tree = parse("tanh(p{1.5}*x)")},
        {.units = 8}, {.tree = f},  {.units = CLASSES}};
    const struct twin_layer *twin = first ? layers : layers + 1;
    int count = first ? 8 : 7;

    struct pass pass = trainer_gradient(trainer, B);
    double parameters[MOST], gradient[MOST], largest = 0;
    int total = read_parameters(trainer, parameters, gradient);
    double loss = twin_loss(twin, count, parameters, FEATURES, B, x, trainer_labels(trainer));
    ck_assert(pass.finite && isfinite(loss));
    ck_assert_double_le(fabs(pass.loss - loss), 1e-5 * (1 + loss));
    for (int i = 0; i < total; i++)
        largest = fmax(largest, fabs(gradient[i]));
    ck_assert_double_gt(largest, 1e-3);
    for (int i = 0; i < total; i++) {
        double h = 1e-7, kept = parameters[i]; /* small, lest a kink of relu lies between */
        parameters[i] = kept + h;
        double up = twin_loss(twin, count, parameters, FEATURES, B, x, trainer_labels(trainer));
        parameters[i] = kept - h;
        double down = twin_loss(twin, count, parameters, FEATURES, B, x, trainer_labels(trainer));
        parameters[i] = kept;
        ck_assert_msg(agrees(gradient[i], (up - down) / (2 * h), largest), "%s, parameter %d: %g, but %g", candidate, i,
                      gradient[i], (up - down) / (2 * h));
    }
    trainer_free(trainer);
    network_free(network);
}

START_TEST(gradients_match_differences)
{
    blas_thread_init();
    static const char *const candidates[] = {"x*sigmoid(x)", "p{0.7}*x*sigmoid(p{1.3}*x)", "max(0,x)", "sin(x)+p*x^2"};
    for (int isa = 0; isa <= (int)isa_best(); isa++)
        for (int i = 0; i < 4; i++)
            for (int first = 0; first < 2; first++)
                check_candidate(candidates[i], first, (enum isa)isa);
}
END_TEST

START_TEST(the_comparison_rejects_what_is_wrong)
{
    ck_assert(agrees(0.1, 0.1, 0.1));
    ck_assert(!agrees(0.1, 0.1001, 0.1));
    ck_assert(!agrees(0.1, NAN, 0.1));
    ck_assert(!agrees(NAN, 0.1, 0.1));
    ck_assert(!agrees(INFINITY, INFINITY, 0.1));
}
END_TEST

/* A smaller batch in the same trainer, and the measuring pass, give the same loss as the twin. */
START_TEST(measuring_and_short_batches_agree_with_the_twin)
{
    blas_thread_init();
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network("{\"mlp\": [7]}", FEATURES, CLASSES, &network, &err));
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "tanh(x)");
    const struct twin_layer twin[] = {{.units = 7}, {.tree = parse("tanh(x)")}, {.units = CLASSES}};
    double parameters[MOST], gradient[MOST];
    read_parameters(trainer, parameters, gradient);
    static float x[TRAINER_MEASURE_ROWS * FEATURES];
    static const int sizes[] = {TRAINER_MEASURE_ROWS, B, 3, 1};
    for (int i = 0; i < 4; i++) {
        fill_batch(trainer, network, sizes[i], 5);
        memcpy(x, trainer_input(trainer), sizeof(float) * (size_t)(sizes[i] * FEATURES));
        double loss = twin_loss(twin, 3, parameters, FEATURES, sizes[i], x, trainer_labels(trainer));
        struct pass measured = trainer_measure(trainer, sizes[i]);
        ck_assert_double_le(fabs(measured.loss - loss), 1e-5);
        fill_batch(trainer, network, sizes[i], 5);
        if (sizes[i] <= B)
            ck_assert_double_le(fabs(trainer_gradient(trainer, sizes[i]).loss - loss), 1e-5);
    }
    trainer_free(trainer);
    network_free(network);
}
END_TEST

int main(void)
{
    return RUN_TESTS("gradient", 60, gradients_match_differences, the_comparison_rejects_what_is_wrong,
                     measuring_and_short_batches_agree_with_the_twin);
}
