#include "display/lineage.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "display/json_writer.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>

enum { MOST_ANCESTORS = 500, MOST_LINES = 30, MOST_INDENT = 120 };

/* ---- reading */

static int64_t ticket_of(struct store_cell cell)
{
    return cell.kind == STORE_CELL_INTEGER ? cell.integer : STORE_NONE;
}

static int add_ancestor(const struct store_query *query, struct lineage *lineage, struct error *err)
{
    struct ancestor *grown = memory_resize(lineage->ancestors, (size_t)lineage->count + 1, sizeof *grown);
    if (!grown)
        return memory_error(err, "the lineage");
    lineage->ancestors = grown;
    struct store_cell operator= store_query_cell(query, 4), function = store_query_cell(query, 5);
    struct store_cell score = store_query_cell(query, 6);
    struct ancestor *ancestor = &grown[lineage->count++];
    *ancestor = (struct ancestor){
        .generation = store_query_cell(query, 0).integer,
        .ticket = store_query_cell(query, 1).integer,
        .parents = {ticket_of(store_query_cell(query, 2)), ticket_of(store_query_cell(query, 3))},
        .operator= memory_copy_string(operator.text ? operator.text : ""),
        .function = memory_copy_string(function.text ? function.text : ""),
        .score = score.kind == STORE_CELL_REAL ? score.real : NAN,
    };
    return ancestor->operator&& ancestor->function ? 0 : memory_error(err, "the lineage");
}

int lineage_read(struct store *store, int64_t ticket, struct lineage *lineage, struct error *err)
{
    char sql[240];
    snprintf(sql, sizeof sql,
             "SELECT generation, ancestor, parent1, parent2, operator, function, score FROM lineage "
             "WHERE ticket = %lld ORDER BY generation, ancestor LIMIT %d",
             (long long)ticket, MOST_ANCESTORS);
    struct store_query *query = NULL;
    bool row = false;
    *lineage = LINEAGE_EMPTY;
    int status = store_query_new(store, sql, &query, err);
    while (!status && !(status = store_query_next(query, &row, err)) && row)
        status = add_ancestor(query, lineage, err);
    store_query_free(query);
    return status;
}

void lineage_release(struct lineage *lineage)
{
    for (ptrdiff_t i = 0; i < lineage->count; i++) {
        memory_free(lineage->ancestors[i].operator);
        memory_free(lineage->ancestors[i].function);
    }
    memory_free(lineage->ancestors);
    *lineage = LINEAGE_EMPTY;
}

/* ---- the tree */

struct drawing {
    const struct lineage *lineage;
    bool utf8;
    bool shown[MOST_ANCESTORS];
    int lines;
    bool cut;
    char indent[MOST_INDENT + 16];
    struct text *out;
};

static ptrdiff_t place_of(const struct lineage *lineage, int64_t ticket)
{
    for (ptrdiff_t i = 0; i < lineage->count; i++)
        if (lineage->ancestors[i].ticket == ticket)
            return i;
    return -1;
}

static void add_line(const struct drawing *drawing, const struct ancestor *ancestor, bool again)
{
    text_addf(drawing->out, "%lld  %s", (long long)ancestor->ticket, ancestor->function);
    if (again) {
        text_add(drawing->out, "  (see above)\n");
        return;
    }
    if (isfinite(ancestor->score))
        text_addf(drawing->out, "  %.4f", ancestor->score);
    text_addf(drawing->out, "  by %s\n", ancestor->operator);
}

/* An ancestor and, below it, its parents; `length`: of the indentation of its own line. */
static void add_branch(struct drawing *drawing, ptrdiff_t place, int length)
{
    const struct ancestor *ancestor = &drawing->lineage->ancestors[place];
    bool again = drawing->shown[place];
    drawing->shown[place] = true;
    drawing->lines++;
    add_line(drawing, ancestor, again);
    for (int i = 0; i < 2 && !again; i++) {
        if (ancestor->parents[i] == STORE_NONE || (i == 1 && ancestor->parents[1] == ancestor->parents[0]))
            continue;
        ptrdiff_t parent = place_of(drawing->lineage, ancestor->parents[i]);
        if (parent < 0 || drawing->lines >= MOST_LINES || length + 8 > MOST_INDENT) {
            drawing->cut = true;
            return;
        }
        bool last = i == 1 || ancestor->parents[1] == STORE_NONE || ancestor->parents[1] == ancestor->parents[0];
        text_addf(drawing->out, "  %.*s", length, drawing->indent);
        text_add(drawing->out, drawing->utf8 ? (last ? "└─ " : "├─ ") : last ? "`- " : "|- ");
        const char *below = last ? "   " : drawing->utf8 ? "│  " : "|  ";
        add_branch(drawing, parent, length + snprintf(drawing->indent + length, 8, "%s", below));
    }
}

void lineage_add_tree(const struct lineage *lineage, bool utf8, struct text *out)
{
    struct drawing drawing = {.lineage = lineage, .utf8 = utf8, .out = out};
    if (lineage->count < 2)
        return;
    text_add(out, "\nlineage\n  ");
    add_branch(&drawing, 0, 0);
    if (drawing.cut)
        text_addf(out, "  and older ones, %lld in all: see the view lineage\n", (long long)lineage->count - 1);
}

void lineage_add_json(const struct lineage *lineage, struct text *out)
{
    text_add(out, "[");
    for (ptrdiff_t i = 0; i < lineage->count; i++) {
        const struct ancestor *ancestor = &lineage->ancestors[i];
        member_separator(out);
        text_add(out, "{");
        member_integer(out, "ticket", ancestor->ticket);
        member_integer(out, "generation", ancestor->generation);
        member_key(out, "parents");
        text_add(out, "[");
        for (int k = 0; k < 2; k++)
            if (ancestor->parents[k] != STORE_NONE) {
                member_separator(out);
                text_addf(out, "%lld", (long long)ancestor->parents[k]);
            }
        text_add(out, "]");
        member_text(out, "operator", ancestor->operator);
        member_text(out, "function", ancestor->function);
        member_number(out, "score", ancestor->score);
        text_add(out, "}");
    }
    text_add(out, "]");
}
