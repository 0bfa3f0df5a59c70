/* Advice for a CSV file that does not read: what it looks like, and the setting that reads it so, or the command that
 * mends it. It looks at the first lines only, and only when there is an error to hint. */
#include "base/json.h"
#include "data/csv_internal.h"

#include <stdlib.h>
#include <string.h>

enum { LINES = 50, MOST_NAMES = 1000 };

/* The lines of the sample as one separator cuts them. Blank lines are not counted. */
struct layout {
    char separator;
    int lines;
    long number[LINES]; /* of a line in the file, from 1 */
    int cells[LINES];
    bool last_empty[LINES]; /* its last cell */
    int figures[LINES];     /* cells that are numbers */
    int usual, agreeing;    /* the most frequent count of cells, and how many lines have it */
    double clear;           /* 1 for cells that are numbers, 1/2 for texts without another separator; the mean */
};

struct piece {
    const char *start;
    size_t length;
};

static bool in_set(char c, const char *set)
{
    return c && strchr(set, c);
}

/* The next cell of a line, without its quotes and the blanks around it; returns what is behind it and its separator. */
static const char *next_piece(const char *p, const char *end, char separator, struct piece *piece, bool *last)
{
    const char *blanks = separator == '\t' ? " \r" : " \t\r";
    while (p < end && in_set(*p, blanks))
        p++;
    const char *close = NULL;
    if (p < end && *p == '"')
        for (close = p + 1; close < end && (*close != '"' || (close + 1 < end && close[1] == '"' && close++));)
            close++;
    const char *stop = close ? close : p;
    while (stop < end && *stop != separator && !(separator == ' ' && *stop == '\t'))
        stop++;
    *piece = close ? (struct piece){p + 1, (size_t)(close - p - 1)} : (struct piece){p, (size_t)(stop - p)};
    while (piece->length > 0 && in_set(piece->start[piece->length - 1], " \t\r"))
        piece->length--;
    const char *next = stop < end ? stop + 1 : end;
    if (separator == ' ')
        while (next < end && in_set(*next, blanks))
            next++;
    *last = stop >= end || (separator == ' ' && next >= end);
    return next;
}

/* A number in any of the ways in which people write them. */
static bool is_figure(struct piece piece)
{
    bool digit = false;
    for (size_t i = 0; i < piece.length; i++) {
        if (!in_set(piece.start[i], "0123456789.,eE+-"))
            return false;
        digit = digit || (piece.start[i] >= '0' && piece.start[i] <= '9');
    }
    return digit;
}

/* A text that no other separator would cut. */
static bool is_clear(struct piece piece)
{
    for (size_t i = 0; i < piece.length; i++)
        if (in_set(piece.start[i], ",;\t|"))
            return false;
    return true;
}

static void find_usual(struct layout *layout)
{
    for (int i = 0; i < layout->lines; i++) {
        int count = 0;
        for (int k = 0; k < layout->lines; k++)
            count += layout->cells[k] == layout->cells[i];
        if (count > layout->agreeing || (count == layout->agreeing && layout->cells[i] > layout->usual)) {
            layout->agreeing = count;
            layout->usual = layout->cells[i];
        }
    }
}

static void lay_out(const struct csv *csv, char separator, struct layout *layout)
{
    *layout = (struct layout){.separator = separator};
    const char *p = text_string(&csv->sample), *end = p + csv->sample.length;
    double cells = 0, clear = 0;
    for (long line = 1; p < end && layout->lines < LINES; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop : end;
        const char *q = p, *blank = p;
        p = stop + 1;
        while (blank < stop && in_set(*blank, " \t\r"))
            blank++;
        if (blank == stop || line <= csv->skip)
            continue;
        int i = layout->lines++;
        layout->number[i] = line;
        for (bool last = false; !last; layout->cells[i]++) {
            struct piece piece;
            q = next_piece(q, stop, separator, &piece, &last);
            layout->figures[i] += is_figure(piece);
            layout->last_empty[i] = piece.length == 0;
            clear += is_figure(piece) ? 1 : is_clear(piece) ? 0.5 : 0;
            cells++;
        }
    }
    layout->clear = cells > 0 ? clear / cells : 0;
    find_usual(layout);
}

static bool fits(const struct layout *layout)
{
    return layout->usual >= 2 && layout->agreeing >= 0.8 * layout->lines && layout->agreeing >= 1;
}

static void add_separator(char separator, struct text *out)
{
    text_addf(out, "\"separator\": \"%s\"", separator == '\t' ? "\\t" : (char[]){separator, '\0'});
}

/* ---- what may be otherwise, in the order in which it must be mended */

/* Lines that tell of the table: "# made by", "@relation", "% of", "sep=;". */
static bool advise_lines_before(const struct csv *csv, struct text *hint)
{
    const char *p = text_string(&csv->sample);
    int lines = 0;
    char separator = '\0';
    for (int i = 0; i < csv->skip && p; i++)
        p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL;
    while (p && *p) {
        const char *start = p + strspn(p, " \t\"");
        bool excel = strncmp(start, "sep=", 4) == 0 && in_set(start[4], ",;\t|:") && in_set(start[5], "\"\r\n");
        if (!in_set(*start, "#%@") && !excel && !(lines && in_set(*start, "\r\n")))
            break;
        separator = excel ? start[4] : separator;
        lines++;
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
    }
    if (lines == 0)
        return false;
    text_addf(hint, "the table begins %d line%s further down: set \"skip\": %d", lines, lines == 1 ? "" : "s",
              csv->skip + lines);
    if (separator && separator != csv->separator) {
        text_add(hint, " and ");
        add_separator(separator, hint);
    }
    return true;
}

static bool advise_separator(const struct csv *csv, const struct layout *now, struct text *hint)
{
    static const char candidates[] = ";\t|, ";
    struct layout best = *now, other;
    for (int i = 0; candidates[i]; i++) {
        lay_out(csv, candidates[i], &other);
        if (fits(&other) && (!fits(&best) || other.clear > best.clear + 0.1))
            best = other;
    }
    if (best.separator == csv->separator)
        return false;
    text_add(hint, "set ");
    add_separator(best.separator, hint);
    return true;
}

/* The cells of a line of the sample; returns how many, at most `limit`. */
static int cut_line(const struct csv *csv, long line, struct piece *pieces, int limit)
{
    const char *p = text_string(&csv->sample);
    for (long i = 1; i < line; i++)
        p = strchr(p, '\n') + 1;
    const char *end = strchrnul(p, '\n');
    int count = 0;
    for (bool last = false; !last && count < limit;)
        p = next_piece(p, end, csv->separator, &pieces[count++], &last);
    return count;
}

/* The place of the column to predict in a header line, from 1; 0: not there. */
static int place_of_predicted(const struct csv *csv, long line)
{
    struct piece pieces[MOST_NAMES];
    int count = cut_line(csv, line, pieces, MOST_NAMES);
    for (int i = 0; csv->predicted && i < count; i++)
        if (pieces[i].length == strlen(csv->predicted) &&
            memcmp(pieces[i].start, csv->predicted, pieces[i].length) == 0)
            return i + 1;
    return 0;
}

/* The name in a header line of the column that was to be predicted by its number. */
static void add_naming(const struct csv *csv, long line, struct text *hint)
{
    struct piece pieces[MOST_NAMES];
    int count = cut_line(csv, line, pieces, MOST_NAMES);
    int number = csv->predicted ? atoi(csv->predicted) : 0;
    text_add(hint, ", and name columns so");
    if (!csv->role || number < 1 || number > count)
        return;
    struct text name = TEXT_EMPTY;
    text_add_bytes(&name, pieces[number - 1].start, pieces[number - 1].length);
    text_addf(hint, ": \"%s\": ", csv->role);
    json_quote(text_string(&name), hint);
    text_release(&name);
}

static void add_numbering(const struct csv *csv, int column, struct text *hint)
{
    if (csv->role && csv->predicted)
        text_addf(hint, ", and name columns by number: \"%s\": \"%d\"", csv->role, column);
}

/* The commands that take the separator away from the ends of lines. */
static void add_trimming(const struct csv *csv, const char *lines, struct text *hint)
{
    text_addf(hint, "a separator ends %s: take it away by sed '%ss/%s\\r*$//' ", *lines ? "the header" : "every line",
              *lines ? "1" : "",
              csv->separator == '\t'  ? "\\t"
              : csv->separator == '|' ? "[|]"
                                      : (char[]){csv->separator, '\0'});
    text_add_shell(hint, csv->path);
    text_add(hint, " > trimmed.csv, and name that file");
}

/* Lines of another width than the header: a title above it, row names without a header, a separator too many. */
static bool advise_widths(const struct csv *csv, const struct layout *now, struct text *hint)
{
    if (now->lines < 2 || now->agreeing < now->lines - now->lines / 5 - 1 || now->cells[0] == now->usual)
        return false;
    bool rows_empty = true;
    int first = 0;
    while (now->cells[first] != now->usual)
        first++;
    for (int i = first; i < now->lines; i++)
        rows_empty = rows_empty && now->last_empty[i];
    if (csv->header && now->cells[0] == now->usual + 1 && now->last_empty[0]) {
        add_trimming(csv, "1", hint);
    } else if (csv->header && now->cells[0] == now->usual - 1 && rows_empty) {
        add_trimming(csv, "", hint);
    } else if (csv->header && first == 1 && now->figures[0] == 0 && now->cells[0] == now->usual - 1 && now->usual > 2) {
        int place = place_of_predicted(csv, now->number[0]);
        text_addf(hint,
                  "the header has no name for the first column, as R writes its row names: set \"skip\": %ld and "
                  "\"header\": false and \"ignore\": [\"1\"]",
                  now->number[0]);
        add_numbering(csv, place ? place + 1 : now->usual, hint);
    } else if (csv->separator == ',' && first == 1 && now->usual == 2 * now->cells[0]) {
        text_add(hint, "the commas within the numbers separate cells too: export the table with points, or with "
                       "semicolons between the cells");
    } else if (now->usual > 1 && now->cells[0] < now->usual) {
        text_addf(hint, "the table begins further down: set \"skip\": %ld", now->number[first] - 1);
    } else {
        return false;
    }
    return true;
}

/* A first line of numbers is no header, but numbers in order may number the columns; and one of words is none but a
   header, where numbers follow. */
static bool advise_header(const struct csv *csv, const struct layout *now, struct text *hint)
{
    if (now->lines < 1)
        return false;
    bool words_only = now->figures[0] == 0, numbers_only = now->figures[0] == now->cells[0];
    bool alike = now->lines > 1 && now->figures[0] > 0 && now->figures[0] == now->figures[1];
    if (csv->header && now->cells[0] > 1 && (numbers_only || (alike && 2 * now->figures[0] > now->cells[0]))) {
        if (place_of_predicted(csv, now->number[0]))
            return false;
        text_add(hint, "the first line holds numbers, so it is no header: set \"header\": false");
        add_numbering(csv, now->usual, hint);
        return true;
    }
    if (!csv->header && words_only && now->lines > 1 && now->figures[1] > 0) {
        text_add(hint, "the first line names the columns: set \"header\": true");
        add_naming(csv, now->number[0], hint);
        return true;
    }
    return false;
}

bool csv_advice(const struct csv *csv, struct text *hint)
{
    struct layout now;
    lay_out(csv, csv->separator, &now);
    return advise_lines_before(csv, hint) || advise_separator(csv, &now, hint) || advise_widths(csv, &now, hint) ||
           advise_header(csv, &now, hint);
}

/* ---- numbers */

/* Digits in groups of three, the groups separated by `mark` (bytes); what follows them in *rest. */
static bool is_grouped(const char *cell, const char *mark, const char **rest)
{
    static const char digit[] = "0123456789";
    const char *p = cell + (*cell == '-' || *cell == '+');
    size_t length = strspn(p, digit), groups = 0, bytes = strlen(mark);
    if (length < 1 || length > 3)
        return false;
    for (p += length; strncmp(p, mark, bytes) == 0 && strspn(p + bytes, digit) == 3; groups++)
        p += bytes + 3;
    *rest = p;
    return groups > 0;
}

static bool is_fraction(const char *p, char point)
{
    return *p == '\0' || (*p == point && p[1 + strspn(p + 1, "0123456789")] == '\0');
}

static bool is_decimal_comma(const char *cell)
{
    const char *p = cell + (*cell == '-' || *cell == '+');
    size_t whole = strspn(p, "0123456789"), part = p[whole] == ',' ? strspn(p + whole + 1, "0123456789") : 0;
    return p[whole] == ',' && whole + part > 0 && p[whole + 1 + part] == '\0';
}

/* The command that takes a mark between digits away. */
static void add_removal(const struct csv *csv, const char *mark, struct text *hint)
{
    text_addf(hint,
              "take the marks between thousands away by sed -E ':a; s/([0-9])%s([0-9]{3}([^0-9]|$))/\\1\\2/; ta' ",
              strcmp(mark, "'") == 0   ? "'\\''"
              : strcmp(mark, ".") == 0 ? "[.]"
                                       : mark);
    text_add_shell(hint, csv->path);
    text_add(hint, " > plain.csv, and name that file");
}

/* The same where the mark is the separator too: only within quotes. */
static void add_quoted_removal(const struct csv *csv, struct text *hint)
{
    text_addf(hint,
              "take the marks between thousands away by sed -E ':a; s/(\"-?[0-9]+)%c([0-9]{3}[^\"]*\")/\\1\\2/; ta' ",
              csv->separator);
    text_add_shell(hint, csv->path);
    text_add(hint, " > plain.csv, and name that file");
}

/* Numbers of the file have decimal points, so that a comma in one is none. */
static bool has_points(const struct csv *csv)
{
    struct piece pieces[MOST_NAMES];
    const char *sample = text_string(&csv->sample), *p = sample;
    long line = 1;
    for (int looked = 0; *p && looked < LINES; looked++, line++) {
        int count = cut_line(csv, line, pieces, MOST_NAMES);
        for (int i = 0; i < count; i++)
            if (is_figure(pieces[i]) && memchr(pieces[i].start, '.', pieces[i].length))
                return true;
        p = strchrnul(p, '\n');
        p += *p == '\n';
    }
    return false;
}

bool csv_advice_number(const struct csv *csv, const char *cell, struct text *hint)
{
    static const char *const marks[] = {",", ".", " ", "'", "\u00a0", "\u202f", "\u2019", "_"};
    const char *rest;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        bool comma = i == 0, point = i == 1;
        if (!is_grouped(cell, marks[i], &rest) || (comma && is_decimal_comma(cell) && !has_points(csv)))
            continue;
        if (!is_fraction(rest, '.') && !is_fraction(rest, ','))
            continue;
        if (point && csv->decimal == '.' && *rest == '\0' && rest - cell <= 7)
            continue;
        if (*marks[i] == csv->separator)
            add_quoted_removal(csv, hint);
        else
            add_removal(csv, marks[i], hint);
        if (*rest == ',' && csv->decimal != ',')
            text_add(hint, "; then set \"decimal\": \",\"");
        return true;
    }
    if (csv->decimal == '.' && is_decimal_comma(cell)) {
        text_add(hint, "set \"decimal\": \",\"");
        if (is_grouped(cell, ",", &rest))
            text_add(hint, " if the comma is a decimal one, else take it away");
        return true;
    }
    if (csv->decimal == ',' && strchr(cell, '.') && !csv->comma_seen) {
        text_add(hint, "set \"decimal\": \".\"");
        return true;
    }
    return false;
}
