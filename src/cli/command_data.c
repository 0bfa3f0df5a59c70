/* data: what the data of an experiment look like, and whether they read as they are meant. */
#include "data/data.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/workbench.h"
#include "display/output.h"
#include "experiment/experiment.h"
#include "nn/network.h"
#include "nn/trainer.h"

#include <float.h>
#include <math.h>

static const char *const split_names[] = {[DATA_TRAIN] = "train", [DATA_VALIDATION] = "validation"};

static const struct option options[] = {
    {"splits", 0, OPTION_FLAG, .help = "print which rows of the source are in which part instead (CSV by default)"},
    OPTION_SET,
    OPTION_FORMAT,
    OPTION_END,
};

static int print_splits(const struct data_set *set, enum output_format format, struct error *err)
{
    struct output *output = NULL;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    output_column(output, "split");
    output_column(output, "index");
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        for (ptrdiff_t i = 0; i < data_size(data_part(set, (enum data_split)split)); i++) {
            output_text(output, split_names[split]);
            output_integer(output, data_index(data_part(set, (enum data_split)split), i));
        }
    status = output_finish(output, err);
    output_free(output);
    return status;
}

static int print_classes(const struct data_set *set, enum output_format format, struct error *err)
{
    struct output *output = NULL;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    output_column(output, data_shape(set).tokens ? "symbol" : "class");
    for (int split = 0; split < DATA_SPLIT_COUNT; split++)
        output_column(output, split_names[split]);
    for (int class = 0; class < data_shape(set).classes; class ++) {
        output_text(output, data_class_name(set, class));
        for (int split = 0; split < DATA_SPLIT_COUNT; split++)
            output_integer(output, data_class_count(data_part(set, (enum data_split)split), class));
    }
    status = output_finish(output, err);
    output_free(output);
    return status;
}

/* What the numbers to predict of a part look like, as the source has them. */
struct summary {
    double mean, deviation, smallest, largest;
};

/* The digits that are known of a number that was kept as (number - mean) / deviation in single precision. */
static double known_digits(double value, double largest_kept, double deviation)
{
    double error = deviation * fmax(1, largest_kept) * FLT_EPSILON;
    double decimals = floor(-log10(error)) - 1;
    if (decimals >= 0 && decimals <= 22) {
        double scale = pow(10, decimals); /* exact */
        value = round(value * scale) / scale;
    }
    return value + 0.0; /* no negative zero */
}

static int measure(struct data_part part, struct summary *summary, struct error *err)
{
    float *x = memory_array((size_t)data_shape(part.set).features, sizeof *x);
    if (!x)
        return memory_error(err, "the data");
    struct data_number number = data_number(part.set);
    double sum = 0, largest_kept = 0;
    *summary = (struct summary){.smallest = INFINITY, .largest = -INFINITY};
    for (ptrdiff_t i = 0; i < data_size(part); i++) {
        float y = 0;
        data_gather_range(part, i, 1, x, (struct data_targets){.values = &y});
        double value = number.mean + number.deviation * (double)y;
        sum += value;
        largest_kept = fmax(largest_kept, fabs((double)y));
        summary->smallest = fmin(summary->smallest, value);
        summary->largest = fmax(summary->largest, value);
    }
    memory_free(x);
    summary->mean = sum / (double)data_size(part);
    summary->deviation = number.deviation * sqrt(data_target_variance(part));
    double *const all[] = {&summary->mean, &summary->deviation, &summary->smallest, &summary->largest};
    for (int i = 0; i < 4; i++)
        *all[i] = known_digits(*all[i], largest_kept, number.deviation);
    return 0;
}

static int print_numbers(const struct data_set *set, enum output_format format, struct error *err)
{
    static const char *const columns[] = {"split", "samples", "mean", "deviation", "smallest", "largest"};
    struct output *output = NULL;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        output_column(output, columns[i]);
    for (int split = 0; !status && split < DATA_SPLIT_COUNT; split++) {
        struct summary summary = {0};
        status = measure(data_part(set, (enum data_split)split), &summary, err);
        if (status)
            break;
        output_text(output, split_names[split]);
        output_integer(output, data_size(data_part(set, (enum data_split)split)));
        output_number(output, summary.mean, -1);
        output_number(output, summary.deviation, -1);
        output_number(output, summary.smallest, -1);
        output_number(output, summary.largest, -1);
    }
    if (!status)
        status = output_finish(output, err);
    output_free(output);
    return status;
}

/* For a candidate with as many learned parameters as there can be. */
static size_t bytes_of_a_thread(const struct experiment *experiment)
{
    const struct protocol *protocol = &experiment->protocol;
    ptrdiff_t samples = data_size(data_part(experiment->set, DATA_TRAIN));
    const struct trainer_options planned = {.isa = isa_best(),
                                            .batch = protocol->batch < samples ? protocol->batch : samples,
                                            .optimiser = protocol->optimiser,
                                            .init = protocol->init,
                                            .watch = protocol->watch,
                                            .input_square = 1};
    return trainer_bytes(experiment->network, &planned);
}

static int print_head(const struct experiment *experiment, struct error *err)
{
    struct text out = TEXT_EMPTY;
    data_describe(experiment->set, &out);
    text_add(&out, "\nnetwork: ");
    network_describe(experiment->network, &out);
    text_addf(&out, "\nmemory: at most %.1f MiB for each training thread",
              (double)bytes_of_a_thread(experiment) / (1 << 20));
    text_addf(&out, "\ndigest: %016llx\n\n", (unsigned long long)data_digest(experiment->set));
    int status = output_plain(&out, err);
    text_release(&out);
    return status;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    bool splits = arguments_flag(arguments, "splits");
    enum output_format format =
        (enum output_format)arguments_choice(arguments, "format", splits ? OUTPUT_CSV : OUTPUT_TABLE);
    struct experiment *experiment = NULL;
    int status = workbench_read(arguments, arguments->items[0], NULL, false, &experiment, err);
    if (!status)
        status = experiment_open_data(experiment, err);
    if (!status && splits)
        status = print_splits(experiment->set, format, err);
    if (!status && !splits && format == OUTPUT_TABLE)
        status = print_head(experiment, err);
    if (!status && !splits)
        status = data_shape(experiment->set).target == DATA_TARGET_NUMBER ? print_numbers(experiment->set, format, err)
                                                                          : print_classes(experiment->set, format, err);
    experiment_free(experiment);
    return status;
}

const struct command command_data = {
    .name = "data",
    .summary = "describe the data of an experiment and how they are divided",
    .usage = "actsearch data [options] EXPERIMENT",
    .description = "Reads the data of an experiment and prints what they are, the network that\n"
                   "fits them, and how often each class is to be predicted in the parts that a\n"
                   "search sees, or how the numbers to predict are spread. The test part stays\n"
                   "sealed: a search cannot read it. --splits prints the row numbers in the source,\n"
                   "counted from 0, so that other programs can use the same division; of a text,\n"
                   "the byte at which each sample begins.\n",
    .examples = "  actsearch data experiments/spirals.json\n"
                "  actsearch data --splits experiments/fashion-mlp.json > splits.csv\n",
    .options = options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
