/* The functions that exported C code calls beside those of math.h. */
#include "base/text.h"
#include "export/c_internal.h"

static const struct {
    enum export_helper helper;
    const char *function, *body;
} series[] = {
#define HELPER(macro, function_, ...) {EXPORT_##macro, #function_, #__VA_ARGS__},
#include "expr/bessel.def"
#undef HELPER
};

/* One statement a line: the texts of bessel.def reach us as one long line. */
static void write_series_body(const char *body, struct text *out)
{
    int depth = 0, brackets = 0;
    for (const char *p = body; *p; p++) {
        brackets += (*p == '(') - (*p == ')');
        depth -= *p == '}';
        if (*p == '}' && !text_failed(out))
            out->length -= 4; /* of the indentation of the line that the brace begins */
        text_add_char(out, *p);
        depth += *p == '{';
        bool ends = *p == '{' || (*p == '}' && depth > 0) || (*p == ';' && brackets == 0);
        if (!ends)
            continue;
        text_addf(out, "\n%*s", 4 * depth, "");
        while (p[1] == ' ')
            p++;
    }
    text_add_char(out, '\n');
}

/* The series are summed in double for both types: they take as long either way. */
static void write_series(const char *name, const char *body, bool header, struct text *out)
{
    const char *storage = header ? "static inline" : "static";
    /* The same helper may come from several exported functions. */
    text_addf(out, "\n#ifndef %s_DEFINED\n#define %s_DEFINED", name, name);
    text_addf(out, "\n%s double %s(double x)\n", storage, name);
    write_series_body(body, out);
    text_addf(out, "\n%s float %sf(float x)\n{\n    return (float)%s((double)x);\n}\n", storage, name, name);
    text_add(out, "#endif\n");
}

/* The product of the chain rule, chain_product() of the reference. In double for both types: what is exact there is
   rounded once, as a product in float is. */
static const char times[] = "actsearch_times(double outer, double inner)\n"
                            "{\n"
                            "    return inner == 0 || (outer == 0 && isinf(inner)) ? 0.0 : outer * inner;\n"
                            "}\n";
static const char times_in_float[] = "actsearch_timesf(float outer, float inner)\n"
                                     "{\n"
                                     "    return (float)actsearch_times((double)outer, (double)inner);\n"
                                     "}\n";

static void write_times(bool header, struct text *out)
{
    const char *storage = header ? "static inline" : "static";
    text_add(out, "\n#ifndef actsearch_times_DEFINED\n#define actsearch_times_DEFINED");
    text_addf(out, "\n/* Slopes are multiplied by it where one may be infinite: an exact zero wins. */\n%s double %s",
              storage, times);
    text_addf(out, "\n%s float %s", storage, times_in_float);
    text_add(out, "#endif\n");
}

void c_write_helpers(unsigned helpers, bool header, struct text *out)
{
    if (helpers & 1u << EXPORT_TIMES)
        write_times(header, out);
    for (int i = 0; i < (int)(sizeof series / sizeof *series); i++)
        if (helpers & 1u << series[i].helper)
            write_series(series[i].function, series[i].body, header, out);
}
