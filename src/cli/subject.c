#include "cli/subject.h"

#include "base/error.h"
#include "base/text.h"
#include "base/unicode.h"
#include "candidate/candidate.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/expression.h"
#include "expr/catalogue.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int best_ticket(struct store *store, int64_t *ticket, struct error *err)
{
    struct store_query *query = NULL;
    bool row = false;
    int status = store_query_new(store, "SELECT ticket FROM leaderboard WHERE rank = 1 LIMIT 1", &query, err);
    if (!status)
        status = store_query_next(query, &row, err);
    if (!status && row)
        *ticket = store_query_cell(query, 0).integer;
    else if (!status)
        status = error_set(err, ERROR_INPUT, NULL, "let the run go on until a candidate is scored",
                           "the database holds no scored candidate yet");
    store_query_free(query);
    return status;
}

/* A number or "best", and behind a point, counted from 1 as people do, which of the functions. */
static int read_ticket(struct store *store, const char *text, struct subject *subject, int64_t *ticket,
                       struct error *err)
{
    size_t length = strcspn(text, ".");
    bool best = length == 4 && strncmp(text, "best", 4) == 0;
    char *end = NULL;
    errno = 0;
    long long value = best ? 0 : strtoll(text, &end, 10);
    bool good = best || (end == text + length && length > 0 && !errno && value >= 0);
    subject->chosen = text[length] == '.';
    if (good && subject->chosen) {
        subject->function = text[length + 1] - '1';
        good = subject->function >= 0 && subject->function < 9 && !text[length + 2];
    }
    if (!good)
        return error_set(err, ERROR_USAGE, NULL, "give a number of actsearch top, or best", "\"%s\" is no ticket",
                         EXCERPT(text, 40));
    if (best)
        return best_ticket(store, ticket, err);
    if (value >= store_count(store))
        return error_set(err, ERROR_INPUT, NULL, "actsearch top lists them", "there is no ticket %lld, only 0 to %lld",
                         value, (long long)store_count(store) - 1);
    *ticket = value;
    return 0;
}

static int open_row(struct subject *subject, int64_t ticket, struct error *err)
{
    store_cursor_free(subject->cursor);
    subject->cursor = NULL;
    int status = store_cursor_new(subject->store, ticket, &subject->cursor, err);
    if (!status)
        status = store_cursor_next(subject->cursor, &subject->stored, err);
    if (!status && subject->stored && subject->stored->evaluation)
        subject->evaluation = subject->stored->evaluation;
    if (!status && !subject->stored)
        status = error_set(err, ERROR_INPUT, NULL, NULL, "there is no ticket %lld", (long long)ticket);
    return status;
}

/* No number of it is one. */
static const struct evaluation not_evaluated = {
    .result = {.outcome = OUTCOME_aborted, .objectives = 1, .objective = {{NAN, NAN}}}};

bool subject_is_shared(const struct subject *subject)
{
    bool shared = false;
    for (ptrdiff_t i = 0; i < subject->evaluation->parameter_count; i++)
        shared |= subject->evaluation->parameters[i].layer == LEARNED_BY_ALL;
    return shared;
}

/* A parameter that did not stay finite is NaN in the database, and so are its figures then. */
struct subject_parameter subject_parameter(const struct subject *subject, int64_t layer, int index)
{
    struct subject_parameter figures = {.least = INFINITY, .largest = -INFINITY};
    bool shared = subject_is_shared(subject);
    for (ptrdiff_t i = 0; i < subject->evaluation->parameter_count; i++) {
        const struct learned *p = &subject->evaluation->parameters[i];
        bool asked = layer == SUBJECT_ALL ? !shared || p->layer == LEARNED_BY_ALL : p->layer == layer;
        if (p->function != subject->function || p->index != index || !asked)
            continue;
        figures.mean += p->value;
        figures.least = p->value < figures.least ? p->value : figures.least;
        figures.largest = p->value > figures.largest ? p->value : figures.largest;
        figures.channels = p->channel >= figures.channels ? p->channel + 1 : figures.channels;
        figures.count++;
    }
    figures.mean /= (double)figures.count;
    if (!isfinite(figures.mean))
        figures.mean = figures.least = figures.largest = NAN;
    return figures;
}

int64_t subject_layers(const struct subject *subject)
{
    int64_t layers = 0;
    for (ptrdiff_t i = 0; i < subject->evaluation->parameter_count; i++)
        if (subject->evaluation->parameters[i].function == subject->function &&
            subject->evaluation->parameters[i].layer >= layers)
            layers = subject->evaluation->parameters[i].layer + 1;
    return layers;
}

const char *subject_average(const struct subject *subject)
{
    bool layers = subject_layers(subject) > 1 && !subject_is_shared(subject);
    if (subject_parameter(subject, SUBJECT_ALL, 0).channels)
        return layers ? "the seeds, the layers and their channels" : "the seeds and the channels";
    return layers ? "the seeds and the layers" : "the seeds";
}

/* Only when all of them are there and are numbers: a training that failed may leave neither. */
static void take_parameters(struct subject *subject)
{
    int count = tree_parameter_count(&subject->activation.trained);
    subject->trained = count > 0;
    for (int j = 0; j < count; j++) {
        subject->parameters[j] = subject_parameter(subject, SUBJECT_ALL, j).mean;
        subject->trained &= isfinite(subject->parameters[j]);
    }
}

static int read_stored(struct subject *subject, struct error *err)
{
    struct candidate candidate;
    int status = candidate_parse(subject->stored->proposal.simplified, &candidate, err);
    if (status)
        return status;
    subject->functions = candidate.count;
    if (subject->function >= candidate.count)
        return error_set(err, ERROR_USAGE, subject->database, "leave the point and the number out, or take a lower one",
                         "ticket %lld has %d function%s", (long long)subject->asked, candidate.count,
                         candidate.count == 1 ? "" : "s");
    struct tree trained = candidate_function(&candidate, subject->function);
    subject->activation = activation_stored(&trained);
    take_parameters(subject);
    return 0;
}

static int open_stored(struct subject *subject, const char *path, const char *which, struct error *err)
{
    int64_t ticket = 0;
    subject->database = path;
    int status = database_open(path, &subject->store, err);
    if (!status && (status = read_ticket(subject->store, which, subject, &ticket, err)) != 0)
        error_prefix(err, path);
    subject->asked = ticket;
    if (!status)
        status = open_row(subject, ticket, err);
    if (!status && subject->stored->proposal.same_as != STORE_NONE)
        status = open_row(subject, subject->stored->proposal.same_as, err);
    if (!status)
        status = store_source(subject->store, subject->stored->proposal.ticket, &subject->source, err);
    if (!status)
        status = read_stored(subject, err);
    return status;
}

/* One word: a function, unless it is a database, which lacks its ticket then. Names decide nothing: a folder exp or a
   file relu may stand beside the functions of these names. */
static int open_word(struct call *call, const char *word, struct subject *subject, struct error *err)
{
    if (store_is_database(word))
        return error_set(err, ERROR_USAGE, word, "add a ticket of actsearch top, or best", "which of its candidates?");
    int status = expression_read(call, word, &subject->activation, err);
    struct error better = ERROR_EMPTY;
    if (status != ERROR_INPUT || database_explain(word, &better) == 0)
        return status;
    text_release(&call->note); /* of a place in an expression */
    *err = better;
    return better.code;
}

int subject_open(struct call *call, struct subject *subject, struct error *err)
{
    const struct arguments *arguments = call->arguments;
    const char *first = arguments->items[0];
    *subject = (struct subject){.evaluation = &not_evaluated, .functions = 1};
    int status;
    if (arguments->count == 2)
        status = open_stored(subject, first, arguments->items[1], err);
    else
        status = open_word(call, first, subject, err);
    if (!status)
        status = catalogue_new(&subject->catalogue, err);
    if (!status) {
        const struct known *known = catalogue_of(subject->catalogue, &subject->activation.trained);
        subject->name = known ? known->name : NULL;
    }
    return status;
}

int subject_check_chosen(const struct subject *subject, struct error *err)
{
    if (subject->functions == 1 || subject->chosen)
        return 0;
    return error_set(err, ERROR_USAGE, subject->database, "write its number behind the ticket, from .1 on",
                     "ticket %lld has %d functions: which of them?", (long long)subject->asked, subject->functions);
}

void subject_release(struct subject *subject)
{
    store_cursor_free(subject->cursor);
    store_close(subject->store, NULL);
    catalogue_free(subject->catalogue);
    *subject = (struct subject){.evaluation = &not_evaluated};
}
