/* An evaluation: what it comes to, and that nothing but its arguments decides. */
#include "fitness_testing.h"

#include "base/memory.h"
#include "fitness/fitness_internal.h"
#include "rng/rng.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

static const char *const mlp = "{'mlp': [16, 16]}";
static const char *const plain = "{'epochs': 3, 'batch': 64, 'seeds': 2, 'optimiser': {'name': 'adam',"
                                 "'learning_rate': 0.01}}";
static const char *const good = "p*x*sigmoid(p*x)";

static void evaluate(const struct bench *bench, struct fitness_worker *worker, const char *candidate,
                     struct evaluation *out)
{
    struct error err;
    struct assignment assignment = assigned(candidate);
    ASSERT_OK(fitness_evaluate(bench->fitness, worker, &assignment, NULL, out, &err));
}

/* Evaluates with a worker of its own. */
static void evaluate_alone(const struct bench *bench, const char *candidate, struct evaluation *out)
{
    struct error err;
    struct fitness_worker *worker = NULL;
    ASSERT_OK(fitness_worker_new(bench->fitness, &worker, &err));
    evaluate(bench, worker, candidate, out);
    fitness_worker_free(worker);
}

START_TEST(a_candidate_is_trained_and_scored)
{
    struct error err;
    struct bench bench;
    struct evaluation result = EVALUATION_EMPTY;
    ASSERT_OK(bench_init(&bench, "{'mlp': [32, 32]}",
                         "{'epochs': 60, 'batch': 32, 'seeds': 2, 'first_seed': 5, 'validate_every': 7,"
                         "'optimiser': {'name': 'adam', 'learning_rate': 0.01},"
                         "'schedule': {'name': 'cosine'}}",
                         isa_best(), &err));
    evaluate_alone(&bench, good, &result);
    ck_assert_int_eq((int)result.result.outcome, OUTCOME_ok);
    ck_assert_double_gt(result_score(&result.result), 0.85); /* a network without an activation stays near 0.65 */
    ck_assert_double_lt(result.result.train_loss.mean, 0.35);
    ck_assert(result.result.cost.wall_seconds > 0 && result.result.cost.cpu_seconds > 0);
    ck_assert_int_eq((int)result.trial_count, 2);
    ck_assert_int_eq((int)result.epoch_count, 120);
    ck_assert_double_eq(result_score(&result.result), (result.trials[0].score + result.trials[1].score) / 2);
    for (int i = 0; i < 2; i++) {
        const struct trial *trial = &result.trials[i];
        const struct epoch *curve = &result.curve[60 * i];
        ck_assert_int_eq(trial->seed_index, 5 + i);
        ck_assert_int_eq(trial->epochs, 60);
        ck_assert_double_eq(trial->score, trial->validation.accuracy);
        ck_assert_double_eq(trial->validation.loss, curve[59].validation.loss);
        ck_assert_double_lt(curve[59].train_loss, curve[0].train_loss);
        ck_assert_double_lt(curve[59].learning_rate, 0.01 * 0.01);
        for (int e = 0; e < 60; e++) {
            ck_assert_int_eq(curve[e].number, e + 1);
            ck_assert_int_eq(isnan(curve[e].validation.loss) == 0, (e + 1) % 7 == 0 || e == 59);
        }
    }
    ck_assert(result.trials[0].train_loss != result.trials[1].train_loss);
    /* two parameters in each of two layers, for each seed */
    ck_assert_int_eq((int)result.parameter_count, 8);
    ck_assert_int_eq(result.parameters[3].layer, 1);
    ck_assert_int_eq(result.parameters[3].index, 1);
    ck_assert_double_ne(result.parameters[3].value, 1);
    evaluation_release(&result);
    bench_release(&bench);
}
END_TEST

/* In the order of seeds, layers, channels, parameters; what all share is there once. */
START_TEST(learned_parameters_are_noted_with_their_owner)
{
    static const struct {
        const char *network;
        int layers, channels[2];
    } cases[] = {{"{'mlp': [5, 3]}", 2, {LEARNED_BY_ALL, LEARNED_BY_ALL}},
                 {"{'mlp': [5, 3], 'parameters': 'channel'}", 2, {5, 3}},
                 {"{'mlp': [5, 3], 'parameters': 'shared'}", 1, {LEARNED_BY_ALL}}};
    for (int c = 0; c < 3; c++) {
        struct error err;
        struct bench bench;
        struct evaluation result = EVALUATION_EMPTY;
        struct fitness_worker *worker = NULL;
        ASSERT_OK(bench_init(&bench, cases[c].network, plain, isa_best(), &err));
        ASSERT_OK(fitness_worker_new(bench.fitness, &worker, &err));
        evaluate(&bench, worker, good, &result);
        const struct learned *p = result.parameters;
        for (int seed = 0; seed < 2; seed++)
            for (int layer = 0; layer < cases[c].layers; layer++) {
                int channels = cases[c].channels[layer], sets = channels == LEARNED_BY_ALL ? 1 : channels;
                for (int k = 0; k < 2 * sets; k++, p++) {
                    ck_assert(p < result.parameters + result.parameter_count);
                    ck_assert_int_eq(p->seed_index, seed);
                    ck_assert_int_eq(p->layer, c == 2 ? LEARNED_BY_ALL : layer);
                    ck_assert_int_eq((int)p->channel, channels == LEARNED_BY_ALL ? LEARNED_BY_ALL : k / 2);
                    ck_assert_int_eq(p->index, k % 2);
                    ck_assert(p->value != 1 && fabs(p->value - 1) < 0.5);
                    const float *last = trainer_activation_parameters(worker->trainer, layer).values;
                    if (seed == 1)
                        ck_assert_double_eq(p->value, (double)last[k % 2 * sets + k / 2]);
                }
            }
        ck_assert_ptr_eq(p, result.parameters + result.parameter_count);
        fitness_worker_free(worker);
        evaluation_release(&result);
        bench_release(&bench);
    }
}
END_TEST

struct job {
    const struct bench *bench;
    struct evaluation result;
};

static void *evaluate_in_thread(void *argument)
{
    struct job *job = argument;
    evaluate_alone(job->bench, good, &job->result);
    return NULL;
}

/* Twice, after other candidates (failing ones too), and in two threads at once. */
START_TEST(an_evaluation_is_a_pure_function)
{
    struct error err;
    struct bench bench;
    struct evaluation first = EVALUATION_EMPTY, again = EVALUATION_EMPTY, other = EVALUATION_EMPTY;
    struct fitness_worker *worker = NULL;
    ASSERT_OK(bench_init(&bench, mlp, plain, isa_best(), &err));
    ASSERT_OK(fitness_worker_new(bench.fitness, &worker, &err));
    evaluate(&bench, worker, good, &first);
    ck_assert(result_is_ok(&first.result));
    evaluate(&bench, worker, good, &again);
    ck_assert(evaluation_equal(&first, &again));
    evaluate(&bench, worker, "exp(exp(exp(x)))", &again);
    evaluate(&bench, worker, "p*x+p*x^2+p*sin(p*x)", &again);
    evaluate(&bench, worker, "tanh(x)", &other);
    ck_assert(result_is_ok(&other.result) && !evaluation_equal(&first, &other));
    evaluate(&bench, worker, good, &again);
    ck_assert(evaluation_equal(&first, &again));

    struct job jobs[2] = {{.bench = &bench}, {.bench = &bench}};
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, evaluate_in_thread, &jobs[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        ck_assert(evaluation_equal(&first, &jobs[i].result));
        evaluation_release(&jobs[i].result);
    }
    fitness_worker_free(worker);
    evaluation_release(&first);
    evaluation_release(&again);
    evaluation_release(&other);
    bench_release(&bench);
}
END_TEST

START_TEST(arithmetic_is_seen_in_the_last_bit)
{
    struct error err;
    struct bench bench, other;
    char digest[FITNESS_DIGEST], again[FITNESS_DIGEST];
    ASSERT_OK(bench_init(&bench, mlp, plain, isa_best(), &err));
    ASSERT_OK(fitness_arithmetic(bench.fitness, digest, &err));
    ck_assert_uint_eq(strspn(digest, "0123456789abcdef"), FITNESS_DIGEST - 1);
    ASSERT_OK(bench_init(&other, mlp, plain, isa_best(), &err));
    ASSERT_OK(fitness_arithmetic(other.fitness, again, &err));
    ck_assert_str_eq(digest, again);

    float *start = &other.fitness->starts[5], kept = *start;
    *start = nextafterf(kept, 9);
    ASSERT_OK(fitness_arithmetic(other.fitness, again, &err));
    ck_assert_str_ne(digest, again);
    *start = kept;
    double *rate = &other.fitness->protocol.optimiser.learning_rates[0];
    *rate *= 1.000001;
    ASSERT_OK(fitness_arithmetic(other.fitness, again, &err));
    ck_assert_str_ne(digest, again);

    int status = ERROR_MEMORY, failures = 0;
    for (long n = 1; status; n++) {
        memory_fail_at(n);
        status = fitness_arithmetic(bench.fitness, again, &err);
        memory_fail_never();
        ck_assert(!status || status == ERROR_MEMORY);
        failures += status != 0;
    }
    ck_assert_int_gt(failures, 3);
    ck_assert_str_eq(digest, again);
    bench_release(&bench);
    bench_release(&other);
}
END_TEST

/* Comparisons are paired: a seed index means the same numbers wherever the protocol starts counting. */
START_TEST(a_seed_index_means_the_same_in_every_protocol)
{
    struct error err;
    struct bench bench, shifted;
    struct evaluation both = EVALUATION_EMPTY, second = EVALUATION_EMPTY;
    ASSERT_OK(bench_init(&bench, mlp, plain, isa_best(), &err));
    ASSERT_OK(bench_init(&shifted, mlp,
                         "{'epochs': 3, 'batch': 64, 'seeds': 1, 'first_seed': 1,"
                         "'optimiser': {'name': 'adam', 'learning_rate': 0.01}}",
                         isa_best(), &err));
    evaluate_alone(&bench, good, &both);
    evaluate_alone(&shifted, good, &second);
    ck_assert_double_eq(both.trials[1].validation.loss, second.trials[0].validation.loss);
    ck_assert_double_eq(both.trials[1].train_loss, second.trials[0].train_loss);
    ck_assert_double_ne(both.trials[0].train_loss, second.trials[0].train_loss);
    evaluation_release(&both);
    evaluation_release(&second);
    bench_release(&bench);
    bench_release(&shifted);
}
END_TEST

START_TEST(failures_have_names)
{
    static const struct {
        const char *candidate, *protocol;
        enum outcome outcome;
    } cases[] = {
        {"exp(exp(x+5))", "{'init': 'he'}", OUTCOME_non_finite},
        {"log(x)", "{}", OUTCOME_non_finite},
        {"sqrt(max(0,x))", "{'epochs': 20}", OUTCOME_ok},      /* f' is infinite at 0, but left of it nothing moves */
        {"sin(1e30*x)", "{'epochs': 20}", OUTCOME_non_finite}, /* f' is 1e30: the weights go */
        {"x^3",
         "{'epochs': 50, 'batch': 16, 'init': 'he', 'optimiser': {'name': 'sgd', 'learning_rate': "
         "0.2}}",
         OUTCOME_non_finite},
        {"x", "{'epochs': 50, 'optimiser': {'name': 'sgd', 'learning_rate': 1000}}", OUTCOME_diverged},
        {"tanh(x)", "{'divergence': {'loss': 0.001}}", OUTCOME_diverged},
        {"tanh(x)", "{}", OUTCOME_ok},
        {"0*x", "{'epochs': 20}", OUTCOME_ok}, /* learns nothing, but that is a score too */
    };
    struct error err;
    struct evaluation result = EVALUATION_EMPTY;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        ASSERT_OK(bench_init(&bench, mlp, cases[i].protocol, isa_best(), &err));
        evaluate_alone(&bench, cases[i].candidate, &result);
        ck_assert_msg(result.result.outcome == cases[i].outcome, "%s: %s after %d epochs", cases[i].candidate,
                      outcome_name(result.result.outcome), result.trials[0].epochs);
        ck_assert_int_eq(isnan(result_score(&result.result)) != 0, result.result.outcome != OUTCOME_ok);
        if (result.result.outcome != OUTCOME_ok) {
            ck_assert_int_eq((int)result.trials[0].outcome, (int)result.result.outcome);
            ck_assert(isnan(result.trials[0].score));
            ck_assert_int_eq((int)result.epoch_count, result.trials[0].epochs);
        }
        for (ptrdiff_t e = 0; e < result.epoch_count; e++)
            ck_assert(isfinite(result.curve[e].train_loss) && isfinite(result.curve[e].validation.loss));
        bench_release(&bench);
    }
    evaluation_release(&result);
}
END_TEST

/* One failing seed ends the evaluation: the others are not trained. */
START_TEST(a_failed_trial_is_the_last)
{
    struct error err;
    struct bench bench;
    struct evaluation result = EVALUATION_EMPTY;
    ASSERT_OK(bench_init(&bench, mlp, "{'seeds': 4}", isa_best(), &err));
    evaluate_alone(&bench, "log(x)", &result);
    ck_assert_int_eq((int)result.trial_count, 1);
    ck_assert_int_eq((int)result.parameter_count, 0);
    evaluate_alone(&bench, "x", &result);
    ck_assert_int_eq((int)result.trial_count, 4);
    evaluation_release(&result);
    bench_release(&bench);
}
END_TEST

START_TEST(an_abort_ends_at_once)
{
    struct error err;
    struct bench bench;
    struct fitness_worker *worker = NULL;
    struct evaluation result = EVALUATION_EMPTY;
    ASSERT_OK(bench_init(&bench, mlp, "{'epochs': 100000}", isa_best(), &err));
    ASSERT_OK(fitness_worker_new(bench.fitness, &worker, &err));
    struct assignment assignment = assigned("tanh(x)");
    atomic_int abort = 1;
    ASSERT_OK(fitness_evaluate(bench.fitness, worker, &assignment, &abort, &result, &err));
    ck_assert(result_is_aborted(&result.result));
    ck_assert_int_eq((int)result.epoch_count, 0);
    ck_assert(isnan(result_score(&result.result)));
    ck_assert_double_lt(result.result.cost.wall_seconds, 5);
    fitness_worker_free(worker);
    evaluation_release(&result);
    bench_release(&bench);
}
END_TEST

/* The evaluation is that of the best rate alone, bit by bit; one that fails does not fail the candidate. */
START_TEST(of_several_rates_the_best_is_kept)
{
    static const char *const rates[] = {"0.01", "[1e-6, 0.01]", "[0.01, 1e-6, 1e6]"};
    struct evaluation results[3] = {EVALUATION_EMPTY, EVALUATION_EMPTY, EVALUATION_EMPTY};
    struct error err;
    for (int i = 0; i < 3; i++) {
        struct bench bench;
        char protocol[300];
        snprintf(protocol, sizeof protocol,
                 "{'epochs': 8, 'batch': 32, 'seeds': 2, 'optimiser': {'name': 'adam', 'learning_rate': %s}}",
                 rates[i]);
        ASSERT_OK(bench_init(&bench, mlp, protocol, isa_best(), &err));
        evaluate_alone(&bench, good, &results[i]);
        bench_release(&bench);
    }
    ck_assert_double_eq(results[1].result.learning_rate, 0.01);
    ck_assert(evaluation_equal(&results[0], &results[1]));
    ck_assert(evaluation_equal(&results[0], &results[2]));
    for (int i = 0; i < 3; i++)
        evaluation_release(&results[i]);
}
END_TEST

/* R^2 and RMSE say the same as the loss, in other units. */
START_TEST(numbers_are_predicted)
{
    struct error err;
    struct bench bench;
    struct evaluation result = EVALUATION_EMPTY;
    ASSERT_OK(bench_init_with(&bench,
                              "{'format': 'made_up', 'name': 'waves', 'samples': 600, 'noise': 0.02,"
                              "'train': 300, 'validation': 200, 'test': 100}",
                              "{'mlp': [32, 32]}",
                              "{'epochs': 60, 'batch': 32, 'optimiser': {'name': 'adam', 'learning_rate': 0.01}}",
                              isa_best(), &err));
    evaluate_alone(&bench, good, &result);
    const struct measures *validation = &result.trials[0].validation;
    ck_assert_double_gt(result_score(&result.result), 0.8);
    ck_assert_double_eq(result_score(&result.result), validation->r2);
    ck_assert(isnan(validation->accuracy) && isnan(validation->bits));
    ck_assert_double_eq_tol(validation->r2,
                            1 - validation->loss / data_target_variance(data_part(bench.data, DATA_VALIDATION)), 1e-12);
    ck_assert_double_eq_tol(validation->rmse, sqrt(validation->loss) * data_number(bench.data).deviation, 1e-12);
    evaluation_release(&result);
    bench_release(&bench);
}
END_TEST

/* IDX files of 4 x 4 pixels, most of them 0, whose class is the quarter with the bright ones. */
static void write_images(const char *folder, int count)
{
    struct rng rng = rng_keyed(1, 1, RNG_TEST);
    char path[128];
    snprintf(path, sizeof path, "%s/images", folder);
    FILE *images = fopen(path, "wb");
    snprintf(path, sizeof path, "%s/labels", folder);
    FILE *labels = fopen(path, "wb");
    ck_assert(images && labels);
    fwrite((const uint8_t[]){0, 0, 8, 3, 0, 0, 0, (uint8_t)count, 0, 0, 0, 4, 0, 0, 0, 4}, 1, 16, images);
    fwrite((const uint8_t[]){0, 0, 8, 1, 0, 0, 0, (uint8_t)count}, 1, 8, labels);
    for (int i = 0; i < count; i++) {
        int quarter = (int)rng_below(&rng, 4);
        for (int p = 0; p < 16; p++) {
            bool bright = p / 8 == quarter / 2 && p % 4 / 2 == quarter % 2;
            fputc(bright ? 100 + (int)rng_below(&rng, 156) : 0, images);
        }
        fputc(quarter, labels);
    }
    ck_assert(fclose(images) == 0 && fclose(labels) == 0);
}

/* Images that are mostly zeros are trained on as bytes, with the same result as on numbers. */
START_TEST(dark_images_are_taken_as_bytes)
{
    static const char *const slow = "{'epochs': 4, 'batch': 16, 'seeds': 2, 'init': 'he',"
                                    "'optimiser': {'name': 'adam', 'learning_rate': 0.003}}";
    static const char *const moved = "{'epochs': 1, 'augment': {'shift': 1}}";
    char folder[] = "/tmp/actsearch-fitness-XXXXXX", data[256], command[64];
    struct error err;
    struct bench bench;
    struct evaluation bytes = EVALUATION_EMPTY, numbers = EVALUATION_EMPTY;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_images(folder, 200);
    snprintf(data, sizeof data,
             "{'format': 'idx', 'train_images': '%s/images', 'train_labels': '%s/labels',"
             "'test_images': '-', 'test_labels': '-', 'train': 120, 'validation': 60}",
             folder, folder);
    ASSERT_OK(bench_init_with(&bench, data, "{'mlp': [32]}", slow, isa_best(), &err));
    ck_assert(bench.fitness->options.takes_bytes);
    evaluate_alone(&bench, "tanh(x)", &bytes);
    bench.fitness->options.takes_bytes = false;
    evaluate_alone(&bench, "tanh(x)", &numbers);
    ck_assert_int_eq((int)bytes.epoch_count, 8);
    ck_assert_double_lt(bytes.curve[3].train_loss, 0.7 * bytes.curve[0].train_loss);
    for (int i = 0; i < 8; i++) {
        ck_assert_double_eq_tol(bytes.curve[i].train_loss, numbers.curve[i].train_loss, 1e-4);
        ck_assert_double_eq_tol(bytes.curve[i].validation.loss, numbers.curve[i].validation.loss, 1e-4);
    }
    evaluation_release(&bytes);
    evaluation_release(&numbers);
    bench_release(&bench);
    ASSERT_OK(bench_init_with(&bench, data, "{'mlp': [32]}", moved, isa_best(), &err));
    ck_assert(!bench.fitness->options.takes_bytes);
    bench_release(&bench);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A function of t that ends as tanh is trained as another one, and measured as tanh. */
START_TEST(progress_goes_from_0_to_1)
{
    struct error err;
    struct bench bench;
    struct evaluation results[3] = {EVALUATION_EMPTY, EVALUATION_EMPTY, EVALUATION_EMPTY};
    ASSERT_OK(bench_init(&bench, mlp, "{'epochs': 5, 'batch': 300, 'init': 'he'}", isa_best(), &err));
    evaluate_alone(&bench, "tanh(x)", &results[0]);
    evaluate_alone(&bench, "tanh(x)*(1 + 0*t)", &results[1]);
    evaluate_alone(&bench, "(1-t)*x + t*tanh(x)", &results[2]);
    ck_assert(evaluation_equal(&results[0], &results[1]));
    ck_assert(results[2].result.outcome == OUTCOME_ok &&
              result_score(&results[2].result) != result_score(&results[0].result));
    /* In the first step it is the identity. */
    struct evaluation identity = EVALUATION_EMPTY;
    evaluate_alone(&bench, "x", &identity);
    ck_assert_double_eq(results[2].curve[0].train_loss, identity.curve[0].train_loss);
    ck_assert(results[2].curve[1].train_loss != identity.curve[1].train_loss);
    for (int i = 0; i < 3; i++)
        evaluation_release(&results[i]);
    evaluation_release(&identity);
    bench_release(&bench);
}
END_TEST

START_TEST(only_images_are_augmented)
{
    struct error err;
    struct bench bench;
    ASSERT_FAILS(bench_init(&bench, mlp, "{'augment': {'shift': 1}}", isa_best(), &err), ERROR_INPUT, "image");
    bench_release(&bench);
}
END_TEST

START_TEST(training_allocates_nothing)
{
    struct error err;
    long allocations[2];
    for (int i = 0; i < 2; i++) {
        struct bench bench;
        struct evaluation result = EVALUATION_EMPTY;
        struct fitness_worker *worker = NULL;
        ASSERT_OK(bench_init(&bench, mlp, i ? "{'epochs': 9, 'seeds': 3, 'watch': true}" : "{'epochs': 1}", isa_best(),
                             &err));
        ASSERT_OK(fitness_worker_new(bench.fitness, &worker, &err));
        evaluate(&bench, worker, good, &result);
        allocations[i] = memory_allocations();
        evaluate(&bench, worker, good, &result);
        allocations[i] = memory_allocations() - allocations[i];
        fitness_worker_free(worker);
        evaluation_release(&result);
        bench_release(&bench);
    }
    ck_assert_int_le((int)allocations[0], 2); /* the tape */
    ck_assert_int_eq((int)allocations[0], (int)allocations[1]);
}
END_TEST

/* A watched training ends with the bits of one that is not, and has a row for each seed, epoch and layer. */
START_TEST(watching_changes_nothing)
{
    static const char *const network = "{'layers': [{'type': 'dense', 'units': 12}, {'type': 'batch_norm'},"
                                       "{'type': 'activation'}, {'type': 'dropout', 'rate': 0.2},"
                                       "{'type': 'dense', 'units': 'outputs'}]}";
    static const char *const layers[] = {"dense1", "norm1", "act1", "dense2"};
    static const char *const protocols[] = {
        "{'epochs': 3, 'batch': 64, 'seeds': 2, 'first_seed': 4, 'schedule': {'name': 'cosine'}}",
        "{'epochs': 3, 'batch': 64, 'seeds': 2, 'first_seed': 4, 'schedule': {'name': 'cosine'}, "
        "'watch': true}"};
    struct error err;
    struct evaluation result[2] = {EVALUATION_EMPTY, EVALUATION_EMPTY};
    size_t need[2];
    for (int i = 0; i < 2; i++) {
        struct bench bench;
        ASSERT_OK(bench_init(&bench, network, protocols[i], isa_best(), &err));
        evaluate_alone(&bench, good, &result[i]);
        need[i] = fitness_worker_bytes(bench.fitness);
        ck_assert(result_is_ok(&result[i].result));
        ck_assert_int_eq((int)result[i].snapshot_count, i ? 2 * 3 * 4 : 0);
        for (int k = 0; k < result[i].snapshot_count; k++) {
            const struct snapshot *snapshot = &result[i].snapshots[k];
            ck_assert_int_eq(snapshot->seed_index, 4 + k / 12);
            ck_assert_int_eq(snapshot->epoch, 1 + k / 4 % 3);
            ck_assert_str_eq(snapshot->watched.layer, layers[k % 4]); /* while the network is there */
            ck_assert(snapshot->watched.gradient_norm > 0 && snapshot->watched.update_ratio > 0);
            if (snapshot->epoch == 3) /* one step, and the schedule has made it small */
                ck_assert_double_lt(snapshot->watched.update_ratio, 0.3 * snapshot[-8].watched.update_ratio);
            ck_assert_int_eq(isfinite(snapshot->watched.output_deviation) != 0, k % 4 == 2);
        }
        bench_release(&bench);
    }
    ck_assert(!evaluation_equal(&result[0], &result[1]));
    result[1].snapshot_count = 0;
    ck_assert(evaluation_equal(&result[0], &result[1]));
    ck_assert_uint_gt(need[1], need[0]);
    evaluation_release(&result[0]);
    evaluation_release(&result[1]);
}
END_TEST

START_TEST(memory_is_planned)
{
    struct error err;
    struct bench bench, huge;
    ASSERT_OK(bench_init(&bench, mlp, plain, isa_best(), &err));
    size_t need = fitness_worker_bytes(bench.fitness);
    ck_assert_uint_gt(need, 256 * 34 * 4);
    ck_assert_uint_lt(need, 1 << 20);
    ck_assert_uint_eq(fitness_shared_bytes(bench.fitness), 2 * 4 * (2 * 16 + 16 * 16 + 16 * 2));
    ASSERT_OK(fitness_check_memory(bench.fitness, 64, &err));
    ASSERT_FAILS(fitness_check_memory(bench.fitness, 2000000000, &err), ERROR_MEMORY, "threads needs");
    bench_release(&bench);
    ASSERT_FAILS(bench_init(&huge, "{'mlp': [1000000, 1000000]}", plain, isa_best(), &err), ERROR_MEMORY,
                 "training with 1 thread needs");
    bench_release(&huge);
}
END_TEST

START_TEST(every_failed_allocation_is_an_error)
{
    struct error err;
    struct bench bench;
    struct assignment assignment = assigned(good);
    int failures = 0;
    ASSERT_OK(bench_init(&bench, mlp, "{'epochs': 1, 'watch': true}", isa_best(), &err));
    for (long n = 1;; n++) {
        struct fitness *fitness = NULL;
        struct fitness_worker *worker = NULL;
        struct evaluation result = EVALUATION_EMPTY;
        memory_fail_at(n);
        err = ERROR_EMPTY;
        int status = fitness_new(&bench.protocol, bench.network, bench.data, data_part(bench.data, DATA_VALIDATION), 1,
                                 isa_best(), &fitness, &err);
        if (!status)
            status = fitness_worker_new(fitness, &worker, &err);
        if (!status)
            status = fitness_evaluate(fitness, worker, &assignment, NULL, &result, &err);
        memory_fail_never();
        if (status) /* what failed can be tried again */
            ck_assert(!worker || fitness_evaluate(fitness, worker, &assignment, NULL, &result, &err) == 0);
        evaluation_release(&result);
        fitness_worker_free(worker);
        fitness_free(fitness);
        if (!status)
            break;
        ck_assert_int_eq(status, ERROR_MEMORY);
        failures++;
    }
    ck_assert_int_ge(failures, 8);
    bench_release(&bench);
}
END_TEST

int main(void)
{
    return RUN_TESTS("fitness", 60, a_candidate_is_trained_and_scored, learned_parameters_are_noted_with_their_owner,
                     an_evaluation_is_a_pure_function, arithmetic_is_seen_in_the_last_bit,
                     a_seed_index_means_the_same_in_every_protocol, failures_have_names, a_failed_trial_is_the_last,
                     an_abort_ends_at_once, of_several_rates_the_best_is_kept, numbers_are_predicted,
                     progress_goes_from_0_to_1, only_images_are_augmented, dark_images_are_taken_as_bytes,
                     training_allocates_nothing, watching_changes_nothing, memory_is_planned,
                     every_failed_allocation_is_an_error);
}
