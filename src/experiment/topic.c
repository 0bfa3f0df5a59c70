/* What people read about experiments: the parts, whose tables stand in their rooms, and an example. */
#include "experiment/experiment_internal.h"

#include "fitness/protocol.h"
#include "nn/network.h"
#include "search/search.h"

/* ---- data, which have no tables yet: tests/experiment/test_help.c holds these keys against data_spec_read() */

#define READ_BY_DATA .kind = SETTING_IS_OWN, .type = &setting_elsewhere
#define TEST                                                                                                           \
    {                                                                                                                  \
        "test", READ_BY_DATA, .form = "likewise", .by = "all that is left", .means = "which no search sees"            \
    }
#define SCALE                                                                                                          \
    {                                                                                                                  \
        "scale", READ_BY_DATA, .form = "one of \"standard\", \"unit\", \"none\"", .by = "\"standard\"",                \
                               .means = "inputs to mean 0 and variance 1, into [0, 1], or as they are"                 \
    }
#define A_PATH READ_BY_DATA, .form = "a path"

static const struct setting shared[] = {
    {"format", READ_BY_DATA, .form = "one of those below", .required = true},
    {"train", READ_BY_DATA, .form = "a share of the rows below 1, or a number of rows", .by = "by the format",
     .means = "what networks learn from"},
    {"validation", READ_BY_DATA, .form = "likewise", .by = "by the format", .means = "what the score is measured on"},
    {0}};
static const struct setting idx[] = {
    {"folder", A_PATH, .by = "", .means = "of the four files of MNIST, under their names; or each by itself:"},
    {"train_images", A_PATH, .by = ""},
    {"train_labels", A_PATH, .by = ""},
    {"test_images", A_PATH, .by = ""},
    {"test_labels", A_PATH, .by = ""},
    SCALE,
    {0}};
static const struct setting cifar10[] = {
    {"folder", A_PATH, .required = true, .means = "of data_batch_1.bin to data_batch_5.bin and test_batch.bin"},
    SCALE,
    {0}};
static const struct setting npy[] = {
    {"inputs", A_PATH, .required = true,
     .means = "of an array (N, features), (N, height, width) or (N, height, width, channels)"},
    {"labels", A_PATH, .by = "", .means = "of integers (N): classes to predict; or:"},
    {"target", A_PATH, .by = "", .means = "of numbers (N) to predict"},
    TEST,
    SCALE,
    {0}};
static const struct setting csv[] = {
    {"file", A_PATH, .required = true},
    {"label", READ_BY_DATA, .form = "a column", .by = "", .means = "of classes to predict; or:"},
    {"target", READ_BY_DATA, .form = "a column", .by = "", .means = "of numbers to predict; or:"},
    {"target_file", A_PATH, .by = "", .means = "of a file of such numbers"},
    {"ignore", READ_BY_DATA, .form = "an array of columns", .by = "none"},
    {"one_hot", READ_BY_DATA, .form = "an array of columns", .by = "none",
     .means = "of words, which become a column of 0 and 1 for each word"},
    {"separator", READ_BY_DATA, .form = "one of \",\", \";\", \"\\t\", \" \", \"|\", \":\"", .by = "\",\""},
    {"decimal", READ_BY_DATA, .form = "one of \".\", \",\"", .by = "\".\""},
    {"header", READ_BY_DATA, .form = "true or false", .by = "true",
     .means = "the first line names the columns; else they are \"1\", \"2\", ..."},
    {"skip", READ_BY_DATA, .form = "an integer from 0 to 1000000", .by = "0", .means = "lines before anything is read"},
    TEST,
    SCALE,
    {0}};
static const struct setting text[] = {
    {"file", A_PATH, .required = true, .means = "whose bytes are the symbols"},
    {"steps", READ_BY_DATA, .form = "an integer from 1 to 65536", .by = "64", .means = "symbols of a sample"},
    TEST,
    {0}};
static const struct setting made_up[] = {
    {"name", READ_BY_DATA, .form = "the name of a set", .required = true,
     .means = "a wrong one is answered by those that there are"},
    {"samples", READ_BY_DATA, .form = "an integer from 10 to 100000000", .by = "1000"},
    {"noise", READ_BY_DATA, .form = "a number from 0 to 100", .by = "0.05"},
    {"classes", READ_BY_DATA, .form = "an integer", .by = "the fewest that the set can have"},
    {"steps", READ_BY_DATA, .form = "an integer from 1 to 65536", .by = "32", .means = "of sequences alone"},
    TEST,
    SCALE,
    {0}};

static bool format_part(int i, struct settings_topic *out)
{
    static const struct settings_topic formats[] = {
        {.name = "idx", .about = "Images with labels, as MNIST and Fashion-MNIST come.", .settings = {idx}},
        {.name = "cifar10", .about = "The binary files of CIFAR-10.", .settings = {cifar10}},
        {.name = "npy", .about = "Arrays of NumPy.", .settings = {npy}},
        {.name = "csv", .about = "A table.", .settings = {csv}},
        {.name = "text", .about = "A text, whose next symbol is to be predicted.", .settings = {text}},
        {.name = "made_up", .about = "A set that is made from the seed and needs no files.", .settings = {made_up}}};
    const int count = (int)(sizeof formats / sizeof *formats);
    if (i < count)
        *out = formats[i];
    return i < count;
}

static const struct settings_topic data_topic = {
    .name = "data",
    .about = "What is learnt, and how it is divided. actsearch data EXPERIMENT shows what is read; src/data/data.h "
             "says more.",
    .settings = {shared},
    .part = format_part,
};

/* ---- the whole */

static bool experiment_part(int i, struct settings_topic *out)
{
    const struct settings_topic *const parts[] = {&data_topic, &network_topic, &training_topic, &search_topic};
    const int count = (int)(sizeof parts / sizeof *parts);
    if (i < count)
        *out = *parts[i];
    return i < count;
}

const struct settings_topic experiment_topic = {
    .name = "experiment",
    .about =
        "An experiment is a JSON file that says which activation functions may be proposed, on which data and in which "
        "network they are tried, how each is trained and scored, and how the search goes. actsearch run FILE begins "
        "it. "
        "Any setting can be given at the command line too: --set training.epochs=5.\n"
        "Paths start at the folder of the file. What is not listed here is refused.",
    .settings = {experiment_settings},
    .part = experiment_part,
    .example = "{\n"
               "  \"name\": \"moons\",\n"
               "  \"grammar\": {\n"
               "    \"name\": \"small\",\n"
               "    \"unary\": [\"tanh\", \"sigmoid\", \"relu\", \"softplus\", \"sin\"],\n"
               "    \"binary\": [\"add\", \"mul\", {\"name\": \"max\", \"weight\": 0.5}],\n"
               "    \"leaves\": {\"x\": 4, \"constants\": {\"values\": [0.5, 1, 2]}},\n"
               "    \"shapes\": {\"templates\": [\"binary(x, unary(x))\",\n"
               "                             \"binary(unary(x), unary(leaf))\"]}\n"
               "  },\n"
               "  \"data\": {\"format\": \"made_up\", \"name\": \"moons\", \"samples\": 600},\n"
               "  \"network\": {\n"
               "    \"layers\": [{\"type\": \"dense\", \"units\": 16}, {\"type\": \"activation\"},\n"
               "               {\"type\": \"dense\", \"units\": 16}, {\"type\": \"activation\"},\n"
               "               {\"type\": \"dense\", \"units\": \"outputs\"}]\n"
               "  },\n"
               "  \"training\": {\n"
               "    \"epochs\": 5, \"batch\": 32,\n"
               "    \"optimiser\": {\"name\": \"adam\", \"learning_rate\": 0.01},\n"
               "    \"schedule\": {\"name\": \"cosine\"}\n"
               "  },\n"
               "  \"search\": {\"strategy\": \"aging\", \"evaluations\": 30, \"population\": 10},\n"
               "  \"seed\": 1\n"
               "}\n",
};
