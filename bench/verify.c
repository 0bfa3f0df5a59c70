#include "verify.h"

#include "nn/twin.h"
#include "subject.h"

#include "data/data.h"
#include "fitness/fitness_internal.h"

static const double progress = 0.25; /* of the training, for functions of t */

void verify(bool right, const char *what, double figure)
{
    printf("verify %-64s %s (%.2g)\n", what, right ? "ok" : "WRONG", figure);
    fflush(stdout);
    if (!right)
        exit(1);
}

/* Why the twin cannot follow a network; NULL: it can. */
static const char *beyond_the_twin(const struct network *network)
{
    for (int l = 0; l < network->layers; l++) {
        const struct layer *layer = &network->layer[l];
        const struct layer_kind *kind = layer->kind;
        bool recurrent = kind == &layer_rnn || kind == &layer_gru || kind == &layer_lstm;
        bool attention = kind == &layer_attention;
        if (kind == &layer_dropout)
            return "dropout draws at random";
        if ((recurrent || attention) && shape_channels(&layer->out) > TWIN_UNITS)
            return "the twin has no room for so many units";
        if (attention && layer->in.size[0] > TWIN_UNITS)
            return "the twin has no room for so many steps";
    }
    return NULL;
}

/* One pass over the first rows of the data, and what the twin needs to repeat it. */
struct passed {
    const struct subject *subject;
    struct trainer *trainer; /* owned, like the arrays: */
    float *x;                /* (B, features) */
    double *parameters;      /* those of all tensors, one after the other */
    int B;
    struct pass pass;
};

/* The numbers of the trainer's tensors, moved by h times a unit vector: the gradient of one tensor, or of all when
   only < 0, divided by its length. Without a length it is a vector of one size and any signs. */
static void move_parameters(struct passed *passed, int only, double h, double length)
{
    double *parameter = passed->parameters;
    for (int i = 0; i < trainer_tensors(passed->trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(passed->trainer, i);
        bool moves = tensor.gradient && (only < 0 || i == only);
        for (ptrdiff_t j = 0; j < tensor.count; j++) {
            double along = (uint32_t)j * 2654435769u >> 31 ? 1 : -1;
            along = !moves ? 0 : length > 0 ? (double)tensor.gradient[j] / length : along / sqrt((double)tensor.count);
            *parameter++ = (double)tensor.values[j] + h * along;
        }
    }
}

static struct passed pass_of(const struct subject *subject, const struct trainer_options *options, ptrdiff_t B)
{
    ptrdiff_t features = network_features(subject->network), count = 0;
    const int32_t *index = subject_batch(subject, 0);
    struct passed passed = {.subject = subject, .trainer = subject_trainer(subject, options), .B = (int)B};
    passed.x = require_memory(memory_array((size_t)(B * features), sizeof *passed.x));
    data_gather(subject->train, index, B, passed.x, (struct data_targets){0});
    subject_gather(subject, options, passed.trainer, index, B);
    for (int i = 0; i < trainer_tensors(passed.trainer); i++)
        count += trainer_tensor(passed.trainer, i).count;
    passed.parameters = require_memory(memory_array((size_t)count, sizeof *passed.parameters));
    trainer_set_progress(passed.trainer, progress);
    passed.pass = trainer_gradient(passed.trainer, B);
    move_parameters(&passed, -1, 0, 1);
    return passed;
}

static void release(struct passed *passed)
{
    trainer_free(passed->trainer);
    memory_free(passed->x);
    memory_free(passed->parameters);
}

static double twin_loss_of(const struct passed *passed)
{
    return twin_loss(passed->subject->network, &passed->subject->candidate, passed->parameters, progress, passed->B,
                     passed->x, trainer_targets(passed->trainer));
}

static void verify_loss(const struct subject *subject)
{
    struct passed passed = pass_of(subject, &subject->fast, subject->B);
    double expected = twin_loss_of(&passed), error = fabs(passed.pass.loss - expected) / (1 + fabs(expected));
    verify(passed.pass.finite && error <= 1e-5, "the loss of a batch against the double twin", error);
    release(&passed);
}

/* ---- the gradient */

static double square_of(const struct trainer_tensor *tensor)
{
    double sum = 0;
    for (ptrdiff_t j = 0; tensor->gradient && j < tensor->count; j++)
        sum += (double)tensor->gradient[j] * (double)tensor->gradient[j];
    return sum;
}

/* The slope that the twin finds along a unit vector, against the gradient's length, which it should be. `whole`: the
   length of the gradient of all tensors, next to whose rounding one of them may be nothing. */
static bool slope_agrees(double slope, double length, double whole)
{
    return isfinite(slope) && isfinite(whole) && fabs(slope - length) <= 1e-3 * length + 1e-6 * whole;
}

static double loss_along(struct passed *passed, int only, double h, double length)
{
    move_parameters(passed, only, h, length);
    return twin_loss_of(passed);
}

static double slope_along(struct passed *passed, int only, double length)
{
    const double h = 1e-6; /* small, lest many kinks of relu lie between */
    return (loss_along(passed, only, h, length) - loss_along(passed, only, -h, length)) / (2 * h);
}

/* A tensor whose gradient is nothing but rounding (a bias before a norm) must be one that nothing depends on. */
static bool tensor_agrees(struct passed *passed, int i, double whole, double *worst)
{
    struct trainer_tensor tensor = trainer_tensor(passed->trainer, i);
    double length = sqrt(square_of(&tensor));
    if (!tensor.gradient)
        return true;
    if (length <= 1e-5 * whole)
        return fabs(slope_along(passed, i, 0)) <= 1e-5 * whole;
    double slope = slope_along(passed, i, length);
    *worst = fmax(*worst, fabs(slope / length - 1));
    return slope_agrees(slope, length, whole);
}

/* All together, and each tensor along its own gradient. A difference costs two passes of the twin, so few rows. */
static void verify_gradient(const struct subject *subject)
{
    enum { ROWS = 4 };
    struct passed passed = pass_of(subject, &subject->fast, subject->B < ROWS ? subject->B : ROWS);
    double square = 0, worst = 0;
    bool right = true;
    for (int i = 0; i < trainer_tensors(passed.trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(passed.trainer, i);
        square += square_of(&tensor);
    }
    double whole = sqrt(square), slope = slope_along(&passed, -1, whole);
    verify(slope_agrees(slope, whole, whole), "the gradient against a difference of the twin along it",
           fabs(slope / whole - 1));
    verify(!slope_agrees(slope, 1.01 * whole, whole) && !slope_agrees(NAN, whole, whole) &&
               !slope_agrees(slope, whole, INFINITY),
           "one that is 1 % too long, or not finite, is refused", 0.01);
    for (int i = 0; right && i < trainer_tensors(passed.trainer); i++)
        right = tensor_agrees(&passed, i, whole, &worst);
    verify(right, "the same for each tensor by itself", worst);
    release(&passed);
}

static double largest_of(const struct trainer_tensor *tensor)
{
    double largest = 0;
    for (ptrdiff_t j = 0; j < tensor->count; j++)
        largest = fmax(largest, fabs((double)tensor->gradient[j]));
    return largest;
}

/* Both ways of working a step out, a whole batch, the same draws of dropout. */
static void verify_plain(const struct subject *subject)
{
    struct passed fast = pass_of(subject, &subject->fast, subject->B);
    struct passed plain = pass_of(subject, &subject->plain, subject->B);
    double most = 0, worst = 0;
    bool right = fast.pass.finite && plain.pass.finite;
    for (int i = 0; i < trainer_tensors(plain.trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(plain.trainer, i);
        if (tensor.gradient)
            most = fmax(most, largest_of(&tensor));
    }
    for (int i = 0; i < trainer_tensors(plain.trainer); i++) {
        struct trainer_tensor a = trainer_tensor(fast.trainer, i), b = trainer_tensor(plain.trainer, i);
        double largest = b.gradient ? fmax(largest_of(&b), 1e-5 * most) : 0; /* below, there is only rounding */
        for (ptrdiff_t j = 0; b.gradient && j < b.count; j++) {
            double error = fabs((double)a.gradient[j] - (double)b.gradient[j]) / largest;
            right = right && error <= 1e-4;
            worst = fmax(worst, error);
        }
    }
    verify(right, "gradients against those of every layer by itself, on floats", worst);
    release(&fast);
    release(&plain);
}

static void verify_evaluation(const struct subject *subject, struct evaluation *result)
{
    struct error err = ERROR_EMPTY;
    struct evaluation again = EVALUATION_EMPTY;
    struct fitness_worker *worker = NULL;
    struct assignment assignment = subject_assignment(subject);
    require(fitness_worker_new(subject->fitness, &worker, &err), &err);
    require(fitness_evaluate(subject->fitness, worker, &assignment, NULL, result, &err), &err);
    require(fitness_evaluate(subject->fitness, worker, &assignment, NULL, &again, &err), &err);
    verify(result_is_ok(&result->result), "the candidate can be trained; its score", result_score(&result->result));
    verify(evaluation_equal(result, &again), "two evaluations are equal, bit by bit", 0);
    evaluation_release(&again);
    fitness_worker_free(worker);
}

void verify_training(const struct subject *subject, struct evaluation *result)
{
    const char *why = beyond_the_twin(subject->network);
    if (why) {
        printf("verify %-64s skipped: %s\n", "loss and gradient against the double twin", why);
    } else {
        verify_loss(subject);
        verify_gradient(subject);
    }
    verify_plain(subject);
    verify_evaluation(subject, result);
}
