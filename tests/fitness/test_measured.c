/* What is measured is a value: the same training, measured on the validation part and on the sealed test part. */
#include "fitness_testing.h"

#include "base/memory.h"
#include "data/sealed.h"
#include "fitness/fitness_internal.h"

#include <math.h>
#include <unistd.h>

static const char *const protocol = "{'epochs': 5, 'batch': 32, 'validate_every': 2, 'optimiser':"
                                    "{'name': 'adam', 'learning_rate': 0.01}}";

/* One data set with both ways to measure. */
struct pair {
    struct bench bench; /* measures the validation part */
    struct data_sealed *sealed;
    struct fitness *confirming; /* measures the test part */
};

static int open_test_part(const char *text, uint64_t seed, struct data_sealed **sealed, struct error *err)
{
    struct json_document *document = NULL;
    struct data_spec spec;
    *sealed = NULL;
    int status = parse_json(text, "test.json", &document, err);
    if (!status)
        status = data_spec_read(json_root(document), &spec, err);
    json_document_free(document);
    if (status)
        return status;
    status = data_sealed_open(&spec, seed, sealed, err);
    data_spec_release(&spec);
    return status;
}

static struct pair open_pair(const char *data, const char *network)
{
    struct error err;
    struct pair pair = {0};
    ASSERT_OK(bench_init_with(&pair.bench, data, network, protocol, isa_best(), &err));
    ASSERT_OK(open_test_part(data, 1, &pair.sealed, &err));
    ASSERT_OK(fitness_new(&pair.bench.protocol, pair.bench.network, pair.bench.data, data_sealed_part(pair.sealed), 42,
                          isa_best(), &pair.confirming, &err));
    return pair;
}

static void close_pair(struct pair *pair)
{
    fitness_free(pair->confirming);
    data_sealed_free(pair->sealed);
    bench_release(&pair->bench);
}

/* The outputs of tanh between two dense layers, from the trained numbers, in double. x: (K); z: (outputs). */
static void run_network(const struct trainer *trainer, ptrdiff_t K, const float *x, double *z)
{
    struct trainer_tensor w[2] = {trainer_tensor(trainer, 0), trainer_tensor(trainer, 2)};
    struct trainer_tensor b[2] = {trainer_tensor(trainer, 1), trainer_tensor(trainer, 3)};
    double hidden[64];
    ptrdiff_t H = b[0].count, N = b[1].count;
    ck_assert(trainer_tensors(trainer) == 4 && w[0].count == K * H && w[1].count == H * N && H <= 64);
    for (ptrdiff_t h = 0; h < H; h++) {
        double sum = (double)b[0].values[h];
        for (ptrdiff_t k = 0; k < K; k++)
            sum += (double)x[k] * (double)w[0].values[k * H + h];
        hidden[h] = tanh(sum);
    }
    for (ptrdiff_t n = 0; n < N; n++) {
        z[n] = (double)b[1].values[n];
        for (ptrdiff_t h = 0; h < H; h++)
            z[n] += hidden[h] * (double)w[1].values[h * N + n];
    }
}

/* Loss and share of right answers of the trained network on a part; of numbers only the loss. */
static struct measures plain_measures(const struct trainer *trainer, struct data_part part)
{
    enum { WIDEST = 64 };
    struct data_shape shape = data_shape(part.set);
    struct measures measures = measures_none();
    double loss = 0, count = (double)data_size(part);
    int correct = 0;
    ck_assert(shape.features <= WIDEST && shape.classes <= WIDEST);
    for (ptrdiff_t i = 0; i < data_size(part); i++) {
        float x[WIDEST], value;
        double z[WIDEST], sum = 0;
        int32_t class;
        data_gather_range(part, i, 1, x, (struct data_targets){&class, &value});
        run_network(trainer, shape.features, x, z);
        if (shape.target == DATA_TARGET_NUMBER) {
            loss += pow(z[0] - (double)value, 2) / count;
            continue;
        }
        int best = 0;
        for (int k = 0; k < shape.classes; k++) {
            sum += exp(z[k]);
            best = z[k] > z[best] ? k : best;
        }
        loss += (log(sum) - z[class]) / count;
        correct += best == class;
    }
    measures.loss = loss;
    if (shape.target == DATA_TARGET_CLASS)
        measures.accuracy = correct / count;
    return measures;
}

static void check_measures(const struct measures *measured, const struct trainer *trainer, struct data_part part)
{
    struct measures plain = plain_measures(trainer, part);
    ck_assert_double_eq_tol(measured->loss, plain.loss, 1e-5);
    if (data_shape(part.set).target == DATA_TARGET_CLASS) {
        ck_assert_double_eq(measured->accuracy, plain.accuracy);
        return;
    }
    double mean = 0, variance = 0, count = (double)data_size(part);
    for (int pass = 0; pass < 2; pass++)
        for (ptrdiff_t i = 0; i < data_size(part); i++) {
            float x[64], value;
            data_gather_range(part, i, 1, x, (struct data_targets){.values = &value});
            mean += pass == 0 ? (double)value / count : 0;
            variance += pass == 1 ? pow((double)value - mean, 2) / count : 0;
        }
    ck_assert_double_eq_tol(measured->r2, 1 - plain.loss / variance, 1e-4);
    ck_assert_double_eq_tol(measured->rmse, sqrt(plain.loss) * data_number(part.set).deviation, 1e-5);
}

static void evaluate(const struct fitness *fitness, struct data_part part, struct evaluation *out)
{
    struct error err;
    struct assignment assignment = assigned("tanh(x)");
    struct fitness_worker *worker = NULL;
    *out = EVALUATION_EMPTY;
    ASSERT_OK(fitness_worker_new(fitness, &worker, &err));
    ASSERT_OK(fitness_evaluate(fitness, worker, &assignment, NULL, out, &err));
    ck_assert_int_eq((int)out->result.outcome, OUTCOME_ok);
    check_measures(&out->trials[0].validation, worker->trainer, part);
    fitness_worker_free(worker);
}

/* Training sees nothing of what is measured. */
static void check_pair(const struct pair *pair)
{
    struct evaluation search, confirmation;
    evaluate(pair->bench.fitness, data_part(pair->bench.data, DATA_VALIDATION), &search);
    evaluate(pair->confirming, data_sealed_part(pair->sealed), &confirmation);
    ck_assert_int_eq((int)search.epoch_count, 5);
    ck_assert_int_eq((int)confirmation.epoch_count, 5);
    for (int i = 0; i < 5; i++) {
        const struct epoch *a = &search.curve[i], *b = &confirmation.curve[i];
        ck_assert_mem_eq(&a->train_loss, &b->train_loss, sizeof a->train_loss);
        ck_assert_int_eq(isnan(a->validation.loss), isnan(b->validation.loss));
        ck_assert(isnan(a->validation.loss) || a->validation.loss != b->validation.loss);
    }
    evaluation_release(&search);
    evaluation_release(&confirmation);
}

START_TEST(classes_are_measured_on_either_part)
{
    struct pair pair = open_pair("{'format': 'made_up', 'name': 'spirals', 'samples': 500, 'noise': 0.05,"
                                 "'classes': 3, 'train': 300, 'validation': 110, 'test': 90}",
                                 "{'mlp': [16]}");
    check_pair(&pair);
    close_pair(&pair);
}
END_TEST

START_TEST(numbers_are_measured_on_either_part)
{
    struct pair pair = open_pair("{'format': 'made_up', 'name': 'waves', 'samples': 500, 'noise': 0.05,"
                                 "'train': 300, 'validation': 110, 'test': 90}",
                                 "{'mlp': [16]}");
    check_pair(&pair);
    close_pair(&pair);
}
END_TEST

static void write_images(const char *folder, const char *name, int count, int pixel)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s-images", folder, name);
    FILE *images = fopen(path, "wb");
    snprintf(path, sizeof path, "%s/%s-labels", folder, name);
    FILE *labels = fopen(path, "wb");
    ck_assert(images && labels);
    fwrite((const uint8_t[]){0, 0, 8, 3, 0, 0, 0, (uint8_t)count, 0, 0, 0, 4, 0, 0, 0, 4}, 1, 16, images);
    fwrite((const uint8_t[]){0, 0, 8, 1, 0, 0, 0, (uint8_t)count}, 1, 8, labels);
    for (int i = 0; i < count; i++) {
        for (int p = 0; p < 16; p++)
            fputc(p % 4 == i % 4 ? 100 + (i * pixel + p) % 150 : 0, images);
        fputc(i % 4, labels);
    }
    ck_assert(fclose(images) == 0 && fclose(labels) == 0);
}

/* Of images that are taken as bytes the test part, in files of its own, is too. */
START_TEST(bytes_are_measured_on_either_part)
{
    char folder[] = "/tmp/actsearch-measured-XXXXXX", data[400], command[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_images(folder, "train", 200, 7);
    write_images(folder, "test", 50, 11);
    snprintf(data, sizeof data,
             "{'format': 'idx', 'train_images': '%s/train-images', 'train_labels': '%s/train-labels',"
             "'test_images': '%s/test-images', 'test_labels': '%s/test-labels', 'train': 120,"
             "'validation': 60}",
             folder, folder, folder, folder);
    struct pair pair = open_pair(data, "{'mlp': [16]}");
    ck_assert(pair.bench.fitness->options.takes_bytes && pair.confirming->options.takes_bytes);
    check_pair(&pair);
    close_pair(&pair);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* With another seed the rows to measure on may be among those that are trained on. */
START_TEST(another_division_is_refused)
{
    static const char *const data = "{'format': 'made_up', 'name': 'moons', 'samples': 100}";
    struct error err;
    struct bench bench;
    struct data_sealed *sealed = NULL;
    struct fitness *fitness = NULL;
    ASSERT_OK(bench_init_with(&bench, data, "{'mlp': [8]}", protocol, isa_best(), &err));
    ASSERT_OK(open_test_part(data, 2, &sealed, &err));
    ASSERT_FAILS(fitness_new(&bench.protocol, bench.network, bench.data, data_sealed_part(sealed), 42, isa_best(),
                             &fitness, &err),
                 ERROR_INPUT, "the rows to measure on are no part of the data that are trained on");
    ck_assert_ptr_null(fitness);
    data_sealed_free(sealed);
    bench_release(&bench);
}
END_TEST

int main(void)
{
    return RUN_TESTS("measured", 60, classes_are_measured_on_either_part, numbers_are_measured_on_either_part,
                     bytes_are_measured_on_either_part, another_division_is_refused);
}
