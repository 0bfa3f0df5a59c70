/* The loss of a network: reading it, for data that it must fit, and its normal form. */
#include "nn/network_internal.h"

static bool fits(const struct loss_kind *kind, const struct data_shape *data)
{
    return kind->numbers ? data->target == DATA_TARGET_NUMBER
                         : data->target != DATA_TARGET_NUMBER && kind->outputs(data->classes) > 0;
}

static const char *loss_name(int i)
{
    return loss_kinds[i] ? loss_kinds[i]->name : NULL;
}

static const struct setting loss_naming[] = {
    {"name", SETTING_DESCRIPTOR(struct loss, kind), .name_at = loss_name, .by = "the first that fits the data"}, {0}};
static const struct setting loss_smoothing[] = {
    {"label_smoothing", SETTING_NUMBER(struct loss, smoothing, 0, 0.999),
     .means = "the share of the right class that is spread over all (softmax_cross_entropy alone)"},
    {0}};

static int check_loss(struct json name, struct json smoothing, const struct network *network, struct error *err)
{
    const struct loss *loss = &network->loss;
    if (!fits(loss->kind, &network->data))
        return json_fail(name, err, NULL, "%s does not fit the data, which have %s", loss->kind->name,
                         network->data.target == DATA_TARGET_NUMBER ? "a number to predict" : "classes");
    if (loss->smoothing > 0 && !loss->kind->smooths)
        return json_fail(smoothing, err, NULL, "only softmax_cross_entropy smooths labels");
    return 0;
}

/* "loss": NAME, or {"name": NAME, "label_smoothing": 0.1}; without it the first that fits the data. */
static int loss_read(struct json value, const struct setting *setting, void *object, void *context, struct error *err)
{
    (void)setting, (void)context;
    struct network *network = object;
    const struct settings_part *smoothing = SETTINGS(loss_smoothing, &network->loss);
    int which = 0, status = 0;
    while (!fits(loss_kinds[which], &network->data))
        which++;
    struct json name = json_is_object(value) ? json_member(&value, "name") : value;
    if (json_is_object(value))
        status = settings_known(value, SETTINGS_BOTH(loss_naming, NULL, loss_smoothing, NULL), err);
    if (!status && json_exists(name))
        status = settings_choose(name, loss_name, &which, err);
    if (!status && json_is_object(value))
        status = settings_read(value, smoothing, NULL, err);
    network->loss.kind = loss_kinds[which];
    if (!status)
        status = check_loss(name, json_member(&value, "label_smoothing"), network, err);
    network->outputs = network->loss.kind->numbers ? 1 : network->loss.kind->outputs(network->data.classes);
    return status;
}

static void loss_write(const struct setting *setting, const void *object, const void *context, struct text *out)
{
    (void)setting;
    struct loss loss = ((const struct network *)object)->loss;
    settings_write_object(SETTINGS_BOTH(loss_naming, &loss, loss.kind->smooths ? loss_smoothing : NULL, &loss), context,
                          out);
}
const struct setting_type loss_setting = {
    .form = "the name of a loss, or {\"name\": NAME, ...}", .read = loss_read, .write = loss_write};

static bool kind_topic(int i, struct settings_topic *out)
{
    const struct loss_kind *kind = loss_kinds[i];
    if (kind)
        *out = (struct settings_topic){.name = kind->name, .about = kind->summary};
    return kind != NULL;
}

const struct settings_topic loss_topic = {.name = "loss",
                                          .about = "What a training makes small: \"loss\": NAME, or an object.",
                                          .settings = {loss_naming, loss_smoothing},
                                          .part = kind_topic};
