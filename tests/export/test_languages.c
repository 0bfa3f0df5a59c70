/* What every language of export must do, held for all of the table and for one that exists only here: if that takes no
   more than a descriptor, a further one is no more than a file and an entry. */
#include "testing.h"

#include "base/memory.h"
#include "base/text.h"
#include "export/language.h"
#include "expr/catalogue.h"
#include "expr/moderate_tree.h"
#include "expr/parse.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

/* ---- pseudo-code */

static double exact(double number)
{
    return number;
}

static const struct precision real = {"real", "", exact};

static int pseudo_name(const struct export_options *options, struct error *err)
{
    return *options->name ? 0 : error_set(err, ERROR_USAGE, "--name", NULL, "a function must have a name");
}

static void pseudo_literal(double value, const struct precision *precision, struct text *out)
{
    (void)precision;
    text_addf(out, value < 0 ? "(%g)" : "%g", value);
}

static void pseudo_number(const char *digits, const struct precision *precision, struct text *out)
{
    (void)precision;
    text_add(out, digits);
}

static void pseudo_call(const char *function, const char *const *arguments, int count,
                        const struct precision *precision, struct text *out)
{
    (void)precision;
    text_addf(out, "%s[%s", function, arguments[0]);
    for (int i = 1; i < count; i++)
        text_addf(out, "; %s", arguments[i]);
    text_add(out, "]");
}

static void pseudo_choice(const char *condition, const char *yes, const char *no, struct text *out)
{
    text_addf(out, "%s if %s else %s", yes, condition, no);
}

static const char *pseudo_sign(const char *in_c)
{
    static const char *const signs[][2] = {{"==", "="}, {"!=", "<>"}, {"&&", "and"}, {"||", "or"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strcmp(signs[i][0], in_c) == 0)
            return signs[i][1];
    return in_c;
}

static void pseudo_parameter(int index, const struct precision *precision, struct text *out)
{
    text_addf(out, "  take %s p%d\n", precision->type, index);
}

static void pseudo_assign(const char *name, const char *value, const struct precision *precision, struct text *out)
{
    (void)precision;
    text_addf(out, "  %s := %s\n", name, value);
}

static void pseudo_result(const char *value, struct text *out)
{
    text_addf(out, "  give %s\n", value);
}

static const struct language pseudo;

static void pseudo_file(const struct exported *exported, struct text *out)
{
    unsigned helpers = 0;
    for (const char *const *line = exported->options->provenance; line && *line; line++)
        text_addf(out, "-- %s\n", *line);
    for (int derivative = 0; derivative < 2; derivative++) {
        struct exported_function function = {
            .tree = exported->tree, .derivative = derivative, .with_parameters = true, .precision = &real};
        text_addf(out, "%s%s of x\n", exported->options->name, derivative ? "'" : "");
        helpers |= export_body(&pseudo, &function, out);
    }
    for (int i = 0; i < EXPORT_HELPERS; i++)
        if (helpers >> i & 1)
            text_addf(out, "needs %s\n", export_helper_name((enum export_helper)i));
}

static const struct language pseudo = {
    .name = "pseudo",
    .ending = ".pseudo",
    .check_name = pseudo_name,
    .file = pseudo_file,
    .literal = pseudo_literal,
    .number = pseudo_number,
    .call = pseudo_call,
    .choice = pseudo_choice,
    .sign = pseudo_sign,
    .parameter = pseudo_parameter,
    .assign = pseudo_assign,
    .result = pseudo_result,
};

static void check_pseudo(const char *expression, const char *expected)
{
    struct error err;
    struct tree tree;
    struct text code = TEXT_EMPTY;
    ASSERT_OK(tree_parse(expression, &tree, &err));
    ASSERT_OK(export_code(&pseudo, &tree, &(struct export_options){.name = "f"}, &code, &err));
    ck_assert_str_eq(text_string(&code), expected);
    text_release(&code);
}

START_TEST(another_language_is_a_descriptor)
{
    check_pseudo("relu(x - 0.5)*p1{2} - 3", "f of x\n  take real p1\n  t1 := x - 0.5\n"
                                            "  t2 := 0.0 if t1 < 0 else t1\n  t3 := t2 * p1\n  give t3 - 3\n"
                                            "f' of x\n  take real p1\n  t1 := x - 0.5\n"
                                            "  d2 := 1.0 if t1 > 0 else 0.0\n  d3 := p1 * d2\n  give d3\n");
    check_pseudo("max(x, -2)", "f of x\n  give x if x > (-2) or x <> x else (-2)\n"
                               "f' of x\n  give 1.0 if x > (-2) else 0.0 if x < (-2) else 0.5\n");
    check_pseudo("bessel_i0e(2*x)",
                 "f of x\n  t1 := 2 * x\n  give I0E[t1]\n"
                 "f' of x\n  t1 := 2 * x\n  give (-I01E[t1] if t1 > 0 else I01E[t1] if t1 < 0 else t1) * 2\n"
                 "needs I0E\nneeds I01E\n");
    check_pseudo("exp(sin(x)) + t", "f of x\n  t1 := sin[x]\n  t2 := exp[t1]\n  give t2 + 1\n"
                                    "f' of x\n  t1 := sin[x]\n  d1 := cos[x]\n  t2 := exp[t1]\n"
                                    "  d2 := TIMES[t2; d1]\n  give d2\nneeds TIMES\n");
}
END_TEST

/* ---- the contract */

static void check_words(const struct language *language)
{
    ck_assert(language->name && *language->name && language->ending && strlen(language->ending) > 1);
    for (const char *p = language->name; *p; p++)
        ck_assert_msg(islower((unsigned char)*p) || isdigit((unsigned char)*p), "a language is called \"%s\"",
                      language->name);
    ck_assert_msg(*language->ending == '.' && !strpbrk(language->ending, "/ "), "files of %s end in \"%s\"",
                  language->name, language->ending);
}

static void check_literals(const struct language *language)
{
    static const double numbers[] = {0, 1, 0.1, 1e300, 1e-320, -2, -0.1, -1e300};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct text literal = TEXT_EMPTY;
        language->literal(numbers[i], &real, &literal);
        ck_assert_msg(literal.length > 0 && (*text_string(&literal) == '(') == (numbers[i] < 0),
                      "%s: %g is \"%s\", which may not stand behind an operator", language->name, numbers[i],
                      text_string(&literal));
        text_release(&literal);
    }
}

/* Twice the same, with the name and the provenance in it, and nothing that only the search knows. */
static void check_export(const struct language *language, const struct tree *tree)
{
    static const char *const provenance[] = {"found by chance", NULL};
    struct export_set sets[] = {{.suffix = "", .values = {0.5, -1}}, {.suffix = "_act2", .remark = "the second"}};
    struct error err;
    for (int kind = 0; kind < 3; kind++) {
        struct text first = TEXT_EMPTY, second = TEXT_EMPTY;
        struct export_options options = {.name = "hill", .provenance = provenance, .header = kind == 1};
        if (kind == 2 && tree_parameter_count(tree) > 0) {
            options.sets = sets;
            options.set_count = 2;
        }
        ASSERT_OK(export_code(language, tree, &options, &first, &err));
        ASSERT_OK(export_code(language, tree, &options, &second, &err));
        if (strcmp(text_string(&first), text_string(&second)) != 0 || !strstr(text_string(&first), "hill") ||
            !strstr(text_string(&first), "found by chance"))
            ck_abort_msg("%s: without name or provenance, or not twice the same:\n%s", language->name,
                         text_string(&first));
        text_release(&first);
        text_release(&second);
    }
}

static void check_all_exports(const struct language *language)
{
    struct error err;
    struct tree x = tree_x(), tree;
    for (int op = TREE_FIRST_UNARY; op < OP_COUNT; op++) {
        if (op < TREE_FIRST_BINARY)
            ASSERT_OK(tree_unary((enum op)op, &x, &tree, &err));
        else
            ASSERT_OK(tree_binary((enum op)op, &x, &x, &tree, &err));
        check_export(language, &tree);
    }
    struct catalogue *catalogue = NULL;
    ASSERT_OK(catalogue_new(&catalogue, &err));
    for (int i = 0; i < catalogue_count(catalogue); i++)
        check_export(language, &catalogue_at(catalogue, i)->tree);
    catalogue_free(catalogue);
    struct random random = {20261129};
    for (int i = 0; i < 100; i++) {
        tree = i % 2 ? moderate_tree(&random, i, true) : random_tree(&random, 1 + i);
        check_export(language, &tree);
    }
}

static void check_refusals(const struct language *language)
{
    struct error err;
    struct tree tree;
    struct text code = TEXT_EMPTY;
    ASSERT_FAILS(export_code(language, &(struct tree){.count = 0}, &(struct export_options){.name = ""}, &code, &err),
                 ERROR_USAGE, "name");
    ck_assert_int_eq(code.length, 0);
    ASSERT_OK(tree_parse("p0*bessel_i0e(x) + 0.1*t*sqrt(relu(x))", &tree, &err));
    int status = ERROR_MEMORY, n;
    for (n = 1; status; n++) {
        memory_fail_at(n);
        status = export_code(language, &tree, &(struct export_options){.name = "hill"}, &code, &err);
        memory_fail_never();
        ck_assert(status == 0 || status == ERROR_MEMORY);
        text_release(&code);
    }
    ck_assert_int_gt(n, 5);
}

static void check_contract(const struct language *language)
{
    check_words(language);
    check_literals(language);
    check_all_exports(language);
    check_refusals(language);
}

START_TEST(every_language_holds_the_contract)
{
    const struct language *language;
    int count = 0;
    for (; (language = export_language_at(count)); count++) {
        ck_assert_ptr_eq(export_language(language->name), language);
        for (int i = 0; i < count; i++)
            ck_assert_str_ne(export_language_at(i)->ending, language->ending);
        check_contract(language);
    }
    ck_assert_int_gt(count, 0);
    ck_assert_ptr_eq(export_language("c"), &language_c);
    ck_assert_ptr_null(export_language("pseudo"));
    ck_assert_ptr_null(export_language_at(-1));
}
END_TEST

START_TEST(the_language_of_this_test_holds_it)
{
    check_contract(&pseudo);
}
END_TEST

int main(void)
{
    return RUN_TESTS("languages", 120, another_language_is_a_descriptor, every_language_holds_the_contract,
                     the_language_of_this_test_holds_it);
}
