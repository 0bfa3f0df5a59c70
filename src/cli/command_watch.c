/* actsearch watch: what happened inside the networks of a candidate while they trained. */
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/subject.h"
#include "display/output.h"
#include "display/sparks.h"
#include "display/terminal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"seed", 0, OPTION_INTEGER, "N", "the training with this seed index only", .max = 1e9},
    {"last", 0, OPTION_FLAG, .help = "print the last epoch of each training only"},
    {"ascii", 0, OPTION_FLAG, .help = "plot with ASCII characters only"},
    {"no-plot", 0, OPTION_FLAG, .help = "leave the plots out"},
    OPTION_FORMAT,
    OPTION_END,
};

/* The rows that were asked for: all, or those of one seed. */
struct view {
    const struct snapshot *snapshots; /* (count) */
    ptrdiff_t count;
    int64_t seed; /* -1: all */
};

static bool is_seen(const struct view *view, ptrdiff_t i)
{
    return view->seed < 0 || view->snapshots[i].seed_index == view->seed;
}

static int find_rows(const struct subject *subject, struct view *view, struct error *err)
{
    const struct store_ticket *stored = subject->stored;
    char where[80];
    bool any = false;
    snprintf(where, sizeof where, "%.50s, ticket %lld", subject->database, (long long)subject->asked);
    view->snapshots = subject->evaluation->snapshots;
    view->count = subject->evaluation->snapshot_count;
    if (!stored->evaluation)
        return error_set(err, ERROR_INPUT, where, "actsearch top lists those that were", "it was not trained");
    for (ptrdiff_t i = 0; i < view->count; i++)
        any |= is_seen(view, i);
    if (any)
        return 0;
    if (view->count > 0)
        return error_set(err, ERROR_INPUT, where, "leave --seed out to see all", "no epoch of seed %lld was watched",
                         (long long)view->seed);
    if (strstr(subject->source.run->protocol, "\"watch\":true"))
        return error_set(err, ERROR_INPUT, where, NULL, "its training failed before an epoch was finished");
    return error_set(err, ERROR_INPUT, where, "run with --watch into a new database", "this run was not watched");
}

/* ---- the table */

/* Is this row of the last epoch of its training? */
static bool is_last(const struct view *view, ptrdiff_t i)
{
    const struct snapshot *snapshot = &view->snapshots[i];
    for (ptrdiff_t j = view->count - 1; j >= 0; j--)
        if (view->snapshots[j].seed_index == snapshot->seed_index)
            return view->snapshots[j].epoch == snapshot->epoch;
    return false;
}

static int print_table(const struct view *view, bool last, enum output_format format, struct error *err)
{
    static const char *const columns[] = {
        "seed",
        "epoch",
        "layer",
#define WATCHED(name, meaning) #name,
#include "result/watched.def"
#undef WATCHED
    };
    struct output *output = NULL;
    int status = output_new(format, &output, err);
    if (status)
        return status;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        output_column(output, columns[i]);
    for (ptrdiff_t i = 0; i < view->count; i++) {
        const struct snapshot *snapshot = &view->snapshots[i];
        if (!is_seen(view, i) || (last && !is_last(view, i)))
            continue;
        output_integer(output, snapshot->seed_index);
        output_integer(output, snapshot->epoch);
        output_text(output, snapshot->watched.layer);
#define WATCHED(name, meaning) output_number(output, snapshot->watched.name, -1);
#include "result/watched.def"
#undef WATCHED
    }
    status = output_finish(output, err);
    output_free(output);
    return status;
}

/* ---- the plots: a line for each layer, over the epochs, mean over the seeds */

enum quantity { GRADIENT, DEAD };

/* A mean over the seeds; NaN when there is none. */
static double mean_at(const struct view *view, enum quantity quantity, int64_t place, int64_t epoch)
{
    double sum = 0;
    int count = 0;
    for (ptrdiff_t i = 0; i < view->count; i++) {
        const struct snapshot *snapshot = &view->snapshots[i];
        if (!is_seen(view, i) || snapshot->watched.place != place || snapshot->epoch != epoch)
            continue;
        sum += quantity == GRADIENT ? snapshot->watched.gradient_norm : snapshot->watched.dead;
        count++;
    }
    return count ? sum / count : NAN;
}

static void add_plot(const struct view *view, enum quantity quantity, const char *title, struct sparks *sparks,
                     struct text *out)
{
    int64_t epochs = 0, place = -1;
    bool any = false;
    sparks_clear(sparks);
    for (ptrdiff_t i = 0; i < view->count; i++)
        if (is_seen(view, i) && view->snapshots[i].epoch > epochs)
            epochs = view->snapshots[i].epoch;
    for (ptrdiff_t i = 0; i < view->count; i++) {
        const struct snapshot *snapshot = &view->snapshots[i];
        if (!is_seen(view, i) || snapshot->watched.place <= place)
            continue;
        place = snapshot->watched.place;
        double first = mean_at(view, quantity, place, 1);
        if (isnan(first) && isnan(mean_at(view, quantity, place, epochs)))
            continue;
        any = true;
        sparks_line(sparks, snapshot->watched.layer);
        for (int64_t epoch = 1; epoch <= epochs; epoch++)
            sparks_value(sparks, mean_at(view, quantity, place, epoch));
    }
    if (any) {
        text_addf(out, "\n%s, epochs 1 to %lld\n", title, (long long)epochs);
        sparks_draw(sparks, out);
    }
}

static int print_plots(const struct view *view, bool ascii, struct error *err)
{
    bool utf8 = !ascii && terminal_is_utf8();
    struct text out = TEXT_EMPTY;
    struct sparks gradient = {.columns = terminal_plot_width(STDOUT_FILENO), .utf8 = utf8, .logarithmic = true};
    struct sparks dead = {.columns = gradient.columns, .utf8 = utf8, .low = 0, .high = 1};
    add_plot(view, GRADIENT, "gradient norm, on a logarithmic scale", &gradient, &out);
    add_plot(view, DEAD, "share of dead units, from 0 to 1", &dead, &out);
    int status = sparks_failed(&gradient) || sparks_failed(&dead)
                     ? error_set(err, ERROR_MEMORY, NULL, NULL, "no memory for the plots")
                     : output_plain(&out, err);
    sparks_release(&gradient);
    sparks_release(&dead);
    text_release(&out);
    return status;
}

static int run(struct call *call, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    enum output_format format = (enum output_format)arguments_choice(arguments, "format", OUTPUT_TABLE);
    struct view view = {.seed = arguments_integer(arguments, "seed", -1)};
    struct subject subject;
    int status = subject_open(call, &subject, err);
    if (!status)
        status = find_rows(&subject, &view, err);
    if (!status)
        status = print_table(&view, arguments_flag(arguments, "last"), format, err);
    if (!status && format == OUTPUT_TABLE && !arguments_flag(arguments, "no-plot"))
        status = print_plots(&view, arguments_flag(arguments, "ascii"), err);
    subject_release(&subject);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .summary = "what happened in the layers of a candidate's networks",
    .usage = "actsearch watch [options] DATABASE TICKET",
    .description = "Prints for each training, epoch and layer of a run with --watch what was seen on\n"
                   "the first batch of the training data, as it stands, after the epoch: mean and\n"
                   "deviation of what the layer's function saw (input) and gave (output), the share\n"
                   "of dead units (channels that gave one value alone), the share of saturated\n"
                   "inputs (where the slope is below 0.001), the norm of the gradient of what the\n"
                   "layer learns, and by which share of their size the epoch's last step changed\n"
                   "its weights. Then plots of gradient norms and dead shares over the epochs, a\n"
                   "line for each layer, mean over the seeds, the first and the last value behind\n"
                   "it. TICKET is a number of actsearch top, or best, which means its first row.\n",
    .examples = "  actsearch run --watch experiments/spirals.json --db watched.db\n"
                "  actsearch watch watched.db best\n"
                "  actsearch watch watched.db 3 --last --no-plot\n"
                "  actsearch watch watched.db 3 --format csv > layers.csv\n",
    .options = options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
