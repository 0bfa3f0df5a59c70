/* Networks: read, refused with their place, written as a normal form. */
#include "nn_testing.h"

#include "base/text.h"

static const char *const good = "{\"layers\": [{\"type\": \"dense\", \"units\": 128}, {\"type\": \"activation\"},"
                                "{\"type\": \"dense\", \"units\": 64, \"name\": \"narrow\"},"
                                "{\"type\": \"activation\", \"function\": \"tanh(x)\", \"name\": \"squash\"},"
                                "{\"type\": \"dense\", \"units\": \"classes\"}]}";

START_TEST(a_description_is_read)
{
    struct error err;
    struct network *network = NULL;
    ASSERT_OK(read_network(good, 784, 10, &network, &err));
    ck_assert_int_eq((int)network_features(network), 784);
    ck_assert_int_eq(network_classes(network), 10);
    ck_assert_int_eq(network_activations(network), 2);
    ck_assert_str_eq(network_activation_name(network, 0), "act1");
    ck_assert_str_eq(network_activation_name(network, 1), "squash");
    ck_assert_ptr_null(network_activation_name(network, 2));
    ck_assert_int_eq((int)network_random_weights(network), 784 * 128 + 128 * 64 + 64 * 10);
    ck_assert_int_eq((int)network_parameters(network), 784 * 128 + 128 * 64 + 64 * 10 + 128 + 64 + 10);
    struct text text = TEXT_EMPTY;
    network_describe(network, &text);
    ck_assert_str_eq(text_string(&text), "784-128-64-10, 109386 parameters, 1 activation slot");
    text_release(&text);
    network_free(network);
}
END_TEST

/* The short form is the long one, and a normal form reads back to itself. */
START_TEST(equal_networks_have_equal_normal_forms)
{
    static const char *const texts[] = {
        "{\"mlp\": [128, 64]}",
        "{\"loss\": \"softmax_cross_entropy\", \"layers\": [{\"type\": \"dense\", \"units\": 128}, {\"type\": "
        "\"activation\"},"
        "{\"name\": \"dense2\", \"type\": \"dense\", \"units\": 64}, {\"type\": \"activation\", \"name\": \"act2\"},"
        "{\"type\": \"dense\", \"units\": 10}]}",
        NULL, /* the normal form of the one before */
        good, /* another network */
    };
    struct text forms[4];
    struct error err;
    for (int i = 0; i < 4; i++) {
        struct network *network = NULL;
        ASSERT_OK(read_network(texts[i] ? texts[i] : text_string(&forms[i - 1]), 784, 10, &network, &err));
        forms[i] = TEXT_EMPTY;
        network_normal_form(network, &forms[i]);
        network_free(network);
    }
    ck_assert_str_eq(text_string(&forms[0]), text_string(&forms[1]));
    ck_assert_str_eq(text_string(&forms[1]), text_string(&forms[2]));
    ck_assert_str_ne(text_string(&forms[2]), text_string(&forms[3]));
    ck_assert_ptr_nonnull(strstr(text_string(&forms[3]), "tanh"));
    for (int i = 0; i < 4; i++)
        text_release(&forms[i]);
}
END_TEST

/* Layers are not hidden because their values have the shape of the layer before. */
START_TEST(every_layer_with_weights_is_described)
{
#define CONV "{\"type\": \"conv2d\", \"channels\": 3, \"kernel\": 3, \"padding\": \"same\"}"
#define ACTIVATION "{\"type\": \"activation\"}"
    static const struct {
        const char *text, *layers;
        int features; /* 0: images of 6 x 6 x 3 */
    } cases[] = {
        {"{\"mlp\": [8, 8, 8]}", "4-8-8-8-3", 4},
        {"{\"mlp\": [4, 3]}", "4-4-3-3", 4},
        {"{\"mlp\": [3]}", "3-3-3", 3},
        {"{\"layers\": [{\"type\": \"dense\", \"units\": 4}, {\"type\": \"batch_norm\"}, " ACTIVATION
         ", {\"type\": \"dropout\", \"rate\": 0.5}, {\"type\": \"dense\", \"units\": 4}, " ACTIVATION ", " ACTIVATION
         ", {\"type\": \"dense\", \"units\": \"outputs\"}]}",
         "4-4-4-3", 4},
        {"{\"layers\": [" CONV ", " ACTIVATION ", " CONV ", {\"type\": \"batch_norm\"}, " CONV
         ", {\"type\": \"flatten\"}, {\"type\": \"dense\", \"units\": 3}]}",
         "6x6x3-6x6x3-6x6x3-6x6x3-3", 0},
        {"{\"layers\": [" CONV ", {\"type\": \"residual\", \"layers\": [" CONV ", " ACTIVATION ", " CONV
         "]}, " ACTIVATION ", {\"type\": \"residual\", \"layers\": [" CONV "], \"shortcut\": [" CONV
         ", {\"type\": \"batch_norm\"}, " CONV "]}, " CONV
         ", {\"type\": \"global_average_pool\"}, {\"type\": \"dense\", \"units\": 3}]}",
         "6x6x3-6x6x3-6x6x3-6x6x3-6x6x3-(6x6x3)-(6x6x3)-6x6x3-3-3", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct network *network = NULL;
        struct text text = TEXT_EMPTY;
        const struct data_shape data = cases[i].features ? row_data(cases[i].features, 3) : image_data(6, 6, 3, 3);
        ASSERT_OK(read_network_for(cases[i].text, &data, &network, &err));
        network_describe(network, &text);
        size_t length = strlen(cases[i].layers);
        ck_assert_msg(strncmp(text_string(&text), cases[i].layers, length) == 0 && text_string(&text)[length] == ',',
                      "%s instead of %s", text_string(&text), cases[i].layers);
        text_release(&text);
        network_free(network);
    }
#undef CONV
#undef ACTIVATION
}
END_TEST

/* A fixed function is what it would be as a candidate. */
START_TEST(a_fixed_function_is_trained_as_a_candidate_would_be)
{
    static const char *const pairs[][2] = {{"max(x,0)", "\"function\":\"relu(x)\""},
                                           {"sqrt(x^2)", "\"function\":\"abs(x)\""},
                                           {"x/(1+exp(-x))", "\"function\":\"silu(x)\""}};
    struct error err;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char description[256];
        snprintf(description, sizeof description,
                 "{\"layers\": [{\"type\": \"activation\"}, {\"type\": \"activation\", \"function\": \"%s\"},"
                 "{\"type\": \"dense\", \"units\": \"classes\"}]}",
                 pairs[i][0]);
        struct network *network = NULL;
        struct text form = TEXT_EMPTY;
        ASSERT_OK(read_network(description, 8, 3, &network, &err));
        network_normal_form(network, &form);
        ck_assert_msg(strstr(text_string(&form), pairs[i][1]) != NULL, "%s", text_string(&form));
        text_release(&form);
        network_free(network);
    }
}
END_TEST

START_TEST(wrong_descriptions_are_refused_with_their_place)
{
    static const struct {
        const char *text, *fragment;
    } cases[] = {
        {"[]", "expected an object"},
        {"{}", "either \"layers\" or \"mlp\""},
        {"{\"mlp\": [3], \"layers\": []}", "either \"layers\" or \"mlp\""},
        {"{\"mlp\": []}", "$.mlp: expected an array"},
        {"{\"mlp\": [16, 0]}", "$.mlp[1]: expected an integer"},
        {"{\"mlp\": [16, 2.5]}", "$.mlp[1]: expected an integer"},
        {"{\"mpl\": [16]}", "$.mpl: unknown key"},
        {"{\"mlp\": [16], \"loss\": \"hinge\"}", "$.loss: expected one of softmax_cross_entropy"},
        {"{\"layers\": [{\"type\": \"dense\"}]}", "$.layers[0].units: missing"},
        {"{\"layers\": [{\"type\": \"dense\", \"units\": \"class\"}]}",
         "$.layers[0].units: expected one of outputs, classes"},
        {"{\"layers\": [{\"type\": \"dense\", \"units\": 3, \"unit\": 1}]}", "$.layers[0].unit: unknown key"},
        {"{\"layers\": [{\"type\": \"dens\", \"units\": 3}]}", "$.layers[0].type: expected one of dense, activation"},
        {"{\"layers\": [{\"type\": \"activation\"}, {\"type\": \"dense\", \"units\": 11}]}",
         "$.layers[1]: the last layer, dense1, gives 11, but the data and the loss want 10 outputs"},
        {"{\"layers\": [{\"type\": \"dense\", \"units\": \"classes\"}]}", "no layer is open for the candidate"},
        {"{\"layers\": [{\"type\": \"activation\", \"function\": \"tanh(\"}]}", "$.layers[0].function: column"},
        {"{\"layers\": [{\"type\": \"activation\", \"name\": \"\"}]}", "$.layers[0].name: a layer's name has 1 to 31"},
        {"{\"layers\": [{\"type\": \"activation\", \"name\": \"a\"}, {\"type\": \"activation\", \"name\": \"a\"}]}",
         "$.layers[1]: two layers are called \"a\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        struct network *network = NULL;
        ASSERT_FAILS(read_network(cases[i].text, 784, 10, &network, &err), ERROR_INPUT, cases[i].fragment);
        ck_assert_ptr_null(network);
    }
}
END_TEST

START_TEST(every_failed_allocation_is_an_error)
{
    struct error err;
    const struct trainer_options options = {
        .isa = ISA_PORTABLE, .batch = 4, .optimiser = optimiser_default(), .input_square = 1};
    const struct data_shape data = row_data(12, 10);
    struct candidate functions = parse_candidate("p*x");
    int failures = 0;
    for (long n = 1;; n++) {
        struct network *network = NULL;
        struct trainer *trainer = NULL;
        struct json_document *document = NULL;
        ASSERT_OK(parse_json(good, "test.json", &document, &err));
        memory_fail_at(n);
        err = ERROR_EMPTY;
        int status = network_read(json_root(document), &data, &network, &err);
        if (!status)
            status = trainer_new(network, &options, &trainer, &err);
        if (!status)
            status = trainer_prepare(trainer, &functions, &err);
        memory_fail_never();
        json_document_free(document);
        trainer_free(trainer);
        network_free(network);
        if (!status)
            break;
        ck_assert_int_eq(status, ERROR_MEMORY);
        failures++;
    }
    ck_assert_int_ge(failures, 5);
}
END_TEST

int main(void)
{
    return RUN_TESTS("network", 60, a_description_is_read, equal_networks_have_equal_normal_forms,
                     every_layer_with_weights_is_described, a_fixed_function_is_trained_as_a_candidate_would_be,
                     wrong_descriptions_are_refused_with_their_place, every_failed_allocation_is_an_error);
}
