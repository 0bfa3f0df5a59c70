/* One training pass of a network with given numbers, for comparing layers with another program.
 *
 *   layer_gradient CASE.json --tensors          prints "layer tensor count" for every tensor, in their order
 *   layer_gradient CASE.json <numbers >results
 *
 * CASE.json: {"size": [height, width, channels], "classes": 10, "answers": 1, "tokens": 0, "batch": 4,
 *             "candidate": "x*sigmoid(x)", "network": {...}}
 * numbers: float32 of all tensors, then of x (B, features), then of the targets (B, answers).
 * results: float32 of the loss, and of the gradient of every learned tensor. */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "candidate/candidate.h"
#include "data/data.h"
#include "nn/blas.h"
#include "nn/network.h"
#include "nn/trainer.h"
#include "rng/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(int status, const struct error *err)
{
    if (!status)
        return;
    char line[2200];
    error_line(err, line, sizeof line);
    fprintf(stderr, "layer_gradient: %s\n", line);
    exit(1);
}

static int64_t integer(const struct json *object, const char *key, int64_t value)
{
    struct error err = ERROR_EMPTY;
    require(json_integer_or(json_member(object, key), 0, INT32_MAX, &value, &err), &err);
    return value;
}

static struct data_shape read_shape(const struct json *root)
{
    struct error err = ERROR_EMPTY;
    struct json size = json_member(root, "size");
    struct data_shape shape = {.classes = (int)integer(root, "classes", 0),
                               .targets = (ptrdiff_t)integer(root, "answers", 1),
                               .tokens = (int)integer(root, "tokens", 0),
                               .features = 1};
    require(json_array(size, 1, 3, &err), &err);
    shape.rank = json_length(size);
    for (int i = 0; i < shape.rank; i++) {
        int64_t value = 0;
        require(json_integer(json_item(&size, i), 1, INT32_MAX, &value, &err), &err);
        shape.size[i] = (ptrdiff_t)value;
        shape.features *= shape.size[i];
    }
    shape.target = shape.classes == 0 ? DATA_TARGET_NUMBER : shape.targets > 1 ? DATA_TARGET_NEXT : DATA_TARGET_CLASS;
    return shape;
}

static void read_numbers(float *numbers, ptrdiff_t count)
{
    if (fread(numbers, sizeof *numbers, (size_t)count, stdin) != (size_t)count) {
        fprintf(stderr, "layer_gradient: too few numbers on standard input\n");
        exit(1);
    }
}

static void read_targets(struct data_targets y, ptrdiff_t count)
{
    for (ptrdiff_t i = 0; i < count; i++) {
        float number;
        read_numbers(&number, 1);
        if (y.classes)
            y.classes[i] = (int32_t)number;
        else
            y.values[i] = number;
    }
}

static void run(struct trainer *trainer, const struct data_shape *shape, ptrdiff_t B)
{
    for (int i = 0; i < trainer_tensors(trainer); i++)
        read_numbers(trainer_tensor(trainer, i).values, trainer_tensor(trainer, i).count);
    read_numbers(trainer_input(trainer), B * shape->features);
    read_targets(trainer_targets(trainer), B * shape->targets);
    float loss = (float)trainer_gradient(trainer, B).loss;
    fwrite(&loss, sizeof loss, 1, stdout);
    for (int i = 0; i < trainer_tensors(trainer); i++) {
        struct trainer_tensor tensor = trainer_tensor(trainer, i);
        if (tensor.gradient)
            fwrite(tensor.gradient, sizeof *tensor.gradient, (size_t)tensor.count, stdout);
    }
}

int main(int argc, char **argv)
{
    struct error err = ERROR_EMPTY;
    struct json_document *document = NULL;
    struct network *network = NULL;
    struct trainer *trainer = NULL;
    struct candidate functions;
    const char *candidate = "tanh(x)";
    if (argc < 2) {
        fprintf(stderr, "usage: layer_gradient CASE.json [--tensors]\n");
        return 2;
    }
    require(json_read(argv[1], &document, &err), &err);
    struct json root = json_root(document);
    struct data_shape shape = read_shape(&root);
    ptrdiff_t B = (ptrdiff_t)integer(&root, "batch", 4);
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .init = INIT_HE, .input_square = 1};
    require(json_string_or(json_member(&root, "candidate"), &candidate, &err), &err);
    require(candidate_parse(candidate, &functions, &err), &err);
    require(network_read(json_member(&root, "network"), &shape, &network, &err), &err);
    require(blas_limit_isa(options.isa, &err), &err);
    blas_thread_init();
    require(trainer_new(network, &options, &trainer, &err), &err);
    require(trainer_prepare(trainer, &functions, &err), &err);
    float *z = memory_zeroed((size_t)network_random_weights(network) + 1, sizeof *z);
    trainer_start(trainer, z, rng_keyed(0, 0, RNG_TEST));
    if (argc > 2)
        for (int i = 0; i < trainer_tensors(trainer); i++) {
            struct trainer_tensor tensor = trainer_tensor(trainer, i);
            printf("%s %s %td %s\n", tensor.layer, tensor.name, tensor.count, tensor.gradient ? "learned" : "kept");
        }
    else
        run(trainer, &shape, B);
    memory_free(z);
    trainer_free(trainer);
    network_free(network);
    json_document_free(document);
    return 0;
}
