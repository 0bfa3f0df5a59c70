/* AdamW's own file: reading it, and its loop against steps worked out by hand and a twin in double. */
#include "testing.h"

#include "base/isa.h"
#include "base/json.h"
#include "base/text.h"
#include "nn/nn_internal.h"
#include "nn/optimiser.h"

#include <math.h>

static int read_optimiser(const char *text, struct optimiser *optimiser, struct error *err)
{
    struct json_document *document = NULL;
    int status = json_parse(text, "test.json", &document, err);
    if (!status)
        status = optimiser_read(json_root(document), optimiser, err);
    json_document_free(document);
    return status;
}

START_TEST(adamw_is_read_and_written)
{
    static const char *const form = "{\"name\":\"adamw\",\"learning_rate\":0.001,\"beta1\":0.9,\"beta2\":0.999,"
                                    "\"epsilon\":1e-08,\"weight_decay\":0.01,\"clip_norm\":0}";
    struct error err;
    struct optimiser optimiser;
    struct text text = TEXT_EMPTY;
    ASSERT_OK(read_optimiser("{\"name\": \"adamw\"}", &optimiser, &err));
    ck_assert(optimiser.kind == OPTIMISER_ADAMW && optimiser.weight_decay == 0.01);
    optimiser_normal_form(&optimiser, &text);
    ck_assert_str_eq(text_string(&text), form);
    text_release(&text);
    ASSERT_OK(read_optimiser(form, &optimiser, &err));
    ASSERT_OK(read_optimiser("{\"name\": \"adamw\", \"weight_decay\": 0, \"beta1\": 0.5}", &optimiser, &err));
    ck_assert(optimiser.weight_decay == 0 && optimiser.beta1 == 0.5);
    ASSERT_FAILS(read_optimiser("{\"name\": \"adamw\", \"momentum\": 0}", &optimiser, &err), ERROR_INPUT,
                 "$.momentum: unknown");
    /* the others keep their defaults */
    ASSERT_OK(read_optimiser("{\"name\": \"adam\"}", &optimiser, &err));
    ck_assert_double_eq(optimiser.weight_decay, 0);
    ASSERT_OK(read_optimiser("{\"name\": \"sgd\"}", &optimiser, &err));
    ck_assert_double_eq(optimiser.weight_decay, 0);
}
END_TEST

/* rate 0.5, decay 0.25, w = 8, g = 3, both betas 0, epsilon 1: w (1 - 0.125) = 7, then less
   0.5 * 3 / (3 + 1) = 0.375; with plain Adam the decay would go into the gradient. */
START_TEST(the_decay_does_not_enter_the_moments)
{
    for (int isa = 0; isa <= (int)isa_best(); isa++) {
        const struct nn_loops *loops = nn_loops_for((enum isa)isa);
        struct adam_step step = {.rate = 0.5f, .epsilon = 1, .scale = 1, .shrink = 0.5f * 0.25f};
        float w = 8, g = 3, m = 0, v = 0;
        loops->adam(1, &step, &g, &w, &m, &v);
        ck_assert_float_eq(w, 6.625f);
        ck_assert(m == 3 && v == 9);
        /* no gradient at all: the weight still shrinks */
        g = m = v = 0;
        loops->adam(1, &step, &g, &w, &m, &v);
        ck_assert_float_eq(w, 6.625f * 0.875f);
    }
}
END_TEST

/* The published algorithm, line by line, over several steps with a changing rate. */
START_TEST(the_loop_is_the_published_algorithm)
{
    enum { N = 37, STEPS = 20 };
    const double beta1 = 0.8, beta2 = 0.95, epsilon = 1e-3, decay = 0.1;
    const struct nn_loops *loops = nn_loops_for(isa_best());
    float w[N], m[N] = {0}, v[N] = {0}, g[N];
    double w2[N], m2[N] = {0}, v2[N] = {0};
    for (int i = 0; i < N; i++) {
        w[i] = (float)(i - 18) * 0.1f;
        w2[i] = (double)w[i];
    }
    for (int t = 1; t <= STEPS; t++) {
        double rate = 0.05 / t, c1 = 1 - pow(beta1, t), c2 = 1 - pow(beta2, t);
        struct adam_step step = {.beta1 = (float)beta1,
                                 .beta2 = (float)beta2,
                                 .rate = (float)(rate * sqrt(c2) / c1),
                                 .epsilon = (float)(epsilon * sqrt(c2)),
                                 .scale = 1,
                                 .shrink = (float)(rate * decay)};
        for (int i = 0; i < N; i++) {
            g[i] = sinf((float)(i * t));
            double gradient = (double)g[i];
            w2[i] *= 1 - rate * decay;
            m2[i] = beta1 * m2[i] + (1 - beta1) * gradient;
            v2[i] = beta2 * v2[i] + (1 - beta2) * gradient * gradient;
            w2[i] -= rate * (m2[i] / c1) / (sqrt(v2[i] / c2) + epsilon);
        }
        loops->adam(N, &step, g, w, m, v);
    }
    for (int i = 0; i < N; i++)
        ck_assert_double_eq_tol((double)w[i], w2[i], 2e-6);
}
END_TEST

int main(void)
{
    return RUN_TESTS("optimiser", 60, adamw_is_read_and_written, the_decay_does_not_enter_the_moments,
                     the_loop_is_the_published_algorithm);
}
