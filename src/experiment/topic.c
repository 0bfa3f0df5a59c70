/* What people read about experiments: the parts, whose tables stand in their rooms, and an example. */
#include "experiment/experiment_internal.h"

#include "fitness/protocol.h"
#include "nn/network.h"
#include "search/search.h"

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
        "Any setting can be given apart from the file too, as training.epochs=5 (option --set).\n"
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
