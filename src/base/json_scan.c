/* clang-format off */
/* The productions, after RFC 8259:
 *
 *   text   = space value space
 *   value  = object | array | string | number | "true" | "false" | "null"
 *   object = "{" space [ string space ":" value { "," string space ":" value } ] "}"
 *   array  = "[" space [ value { "," value } ] "]"
 *   number = [ "-" ] ( "0" | digit1-9 { digit } ) [ "." digit { digit } ]
 *            [ ( "e" | "E" ) [ "+" | "-" ] digit { digit } ]
 *   string = '"' { any UTF-8 character but a control character, '"' and '\' | "\" escape } '"' */
/* clang-format on */
#include "base/error.h"
#include "base/json_internal.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unicode.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 100, LONGEST_NUMBER = 60 };

/* A member of an object that is still open. */
struct key {
    size_t start, length; /* of its name in scan->names, escapes resolved */
    const char *place;    /* in the text */
    const char *names;    /* for the comparison: set when all names are there */
};

/* Where in the document we are: the value at each depth is a member or an item. */
struct level {
    bool object;
    int index;
    ptrdiff_t first; /* of the object's keys */
};

struct scan {
    const char *text, *p, *end, *name;
    struct text names;
    struct key *keys;
    ptrdiff_t key_count, key_capacity;
    struct level levels[DEEPEST];
    int depth;
    struct error *err;
};

static int scan_value(struct scan *scan);

/* ---- errors */

static void count_lines(const struct scan *scan, const char *place, int *line, int *column)
{
    *line = *column = 1;
    for (const char *p = scan->text; p < place; p++) {
        *column += ((unsigned char)*p & 0xc0) != 0x80;
        if (*p == '\n') {
            ++*line;
            *column = 1;
        }
    }
}

/* An error at a place of the text; `path` is appended to it, or empty. */
__attribute__((format(printf, 5, 6))) static int fail_at(const struct scan *scan, const char *place, const char *path,
                                                         const char *hint, const char *what, ...)
{
    int line, column;
    count_lines(scan, place, &line, &column);
    struct text where = TEXT_EMPTY;
    text_addf(&where, "%s:%d:%d%s%s", scan->name, line, column, *path ? ": " : "", path);
    va_list args;
    va_start(args, what);
    int status = error_setv(scan->err, ERROR_INPUT, text_string(&where), hint, what, args);
    va_end(args);
    text_release(&where);
    return status;
}

static const char *const common_hint = "look for a missing comma, quote or bracket just before it";

/* Something stands here that cannot. What people write most often has its own hint. */
static int fail_token(const struct scan *scan)
{
    static const struct {
        const char *token, *what, *hint;
    } known[] = {
        {"//", "a comment is not JSON", "remove it; what people should know goes into \"description\""},
        {"/*", "a comment is not JSON", "remove it; what people should know goes into \"description\""},
        {"#", "a comment is not JSON", "remove it; what people should know goes into \"description\""},
        {"'", "a string stands between double quotes", "write \" instead of '"},
        {"+", "a number begins with a digit or a minus", "leave the plus out"},
        {".", "a number begins with a digit or a minus", "write a 0 before the point"},
        {"-.", "a number has a digit before its point", "write a 0 before the point"},
        {"NaN", "NaN is not JSON", "write a number"},
        {"Infinity", "Infinity is not JSON", "write a number"},
        {"-Infinity", "Infinity is not JSON", "write a number"},
        {"True", "True is not JSON", "write true"},
        {"False", "False is not JSON", "write false"},
        {"None", "None is not JSON", "write null"},
    };
    if (scan->p >= scan->end)
        return fail_at(scan, scan->p, "", common_hint, "the JSON text ends too early");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(scan->p, known[i].token, strlen(known[i].token)) == 0)
            return fail_at(scan, scan->p, "", known[i].hint, "%s", known[i].what);
    return fail_at(scan, scan->p, "", common_hint, "not valid JSON near \"%s\"", EXCERPT(scan->p, 20));
}

/* ---- tokens */

static void skip_space(struct scan *scan)
{
    scan->p += strspn(scan->p, " \t\r\n");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p)
{
    while (is_digit(*p))
        p++;
    return p;
}

/* True when the number is whole as it is written: no more digits behind the point than the exponent moves. */
static bool is_written_whole(const char *number, const char *end)
{
    const char *point = memchr(number, '.', (size_t)(end - number)), *e = number;
    while (e < end && *e != 'e' && *e != 'E')
        e++;
    long behind = 0;
    const char *last = e - 1;
    if (point) {
        while (*last == '0')
            last--;
        behind = (long)(last - point);
    }
    while (behind == 0 && last > number &&
           (*last == '0' || *last == '.')) /* zeros before the point count against 1e-3 */
        behind -= *last-- == '0';
    return behind <= (e < end ? strtol(e + 1, NULL, 10) : 0);
}

static bool is_zero(const char *number)
{
    while (*number == '-' || *number == '0' || *number == '.')
        number++;
    return !(*number >= '1' && *number <= '9');
}

/* A double must be able to say what stands there: not infinite, not 0 or whole by rounding, no digit of an integer
   lost. */
static int check_number(const struct scan *scan, const char *start)
{
    int length = (int)(scan->p - start);
    if (length > LONGEST_NUMBER)
        return fail_at(scan, start, "", "write at most 17 digits: a double has no more", "a number of %d characters",
                       length);
    char digits[LONGEST_NUMBER + 1], exact[400];
    snprintf(digits, sizeof digits, "%.*s", length, start);
    double value = strtod(digits, NULL);
    if (!isfinite(value))
        return fail_at(scan, start, "", "write a smaller one", "the number %s is too large", digits);
    if (value == 0 && !is_zero(digits))
        return fail_at(scan, start, "", "write 0, or a larger one", "the number %s is too small: it would become 0",
                       digits);
    bool whole = value == floor(value);
    snprintf(exact, sizeof exact, "%.0f", value);
    if (whole && !strpbrk(digits, ".eE") && strcmp(exact, digits) != 0 && !is_zero(digits))
        return fail_at(scan, start, "", "integers are exact up to 9007199254740992",
                       "the integer %s cannot be kept: it would become %s", digits, exact);
    if (whole && !is_zero(digits) && !is_written_whole(digits, digits + length))
        return fail_at(scan, start, "", "write fewer digits", "the number %s cannot be kept: it would become %s",
                       digits, exact);
    return 0;
}

static int scan_number(struct scan *scan)
{
    const char *start = scan->p, *p = start + (*start == '-'), *digits = p;
    if (!is_digit(*p))
        return fail_token(scan);
    p = skip_digits(p);
    if (*digits == '0' && p > digits + 1)
        return fail_at(scan, start, "", "leave the zeros before it out", "a number with leading zeros is not JSON");
    if (*digits == '0' && (*p == 'x' || *p == 'X'))
        return fail_at(scan, start, "", "write it as a decimal number", "a hexadecimal number is not JSON");
    if (*p == '.') {
        if (!is_digit(p[1]))
            return fail_at(scan, start, "", "write a 0 behind the point", "a number has a digit behind its point");
        p = skip_digits(p + 1);
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        if (!is_digit(*p))
            return fail_at(scan, start, "", "write it as in 1e-3", "the exponent of a number is missing");
        p = skip_digits(p);
    }
    scan->p = p;
    return check_number(scan, start);
}

static int scan_word(struct scan *scan)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(scan->p, words[i], length) == 0) {
            scan->p += length;
            return 0;
        }
    }
    return fail_token(scan);
}

/* The four digits behind \u; -1 when they are not. */
static int32_t four_digits(const char *p)
{
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit = p[i] ? strchr("0123456789abcdef", p[i] | (p[i] >= 'A' ? 0x20 : 0)) : NULL;
        if (!digit)
            return -1;
        code = code << 4 | (int32_t)(digit - "0123456789abcdef");
    }
    return code;
}

static void add_code(int32_t code, struct text *out)
{
    if (code < 0x80) {
        text_add_char(out, (char)code);
    } else if (code < 0x800) {
        text_add_char(out, (char)(0xc0 | code >> 6));
        text_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        if (code < 0x10000) {
            text_add_char(out, (char)(0xe0 | code >> 12));
        } else {
            text_add_char(out, (char)(0xf0 | code >> 18));
            text_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        }
        text_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* \uXXXX, two of them for a character beyond the first 65,536; p at the backslash. */
static int scan_code(struct scan *scan, struct text *out)
{
    const char *start = scan->p;
    int32_t code = four_digits(start + 2), low = -1;
    if (code < 0)
        return fail_at(scan, start, "", "write it as in \\u00e9", "\\u needs four hexadecimal digits");
    if (code == 0)
        return fail_at(scan, start, "", "leave it out", "a text cannot hold a zero character");
    scan->p += 6;
    if (code >= 0xd800 && code <= 0xdbff && scan->p[0] == '\\' && scan->p[1] == 'u')
        low = four_digits(scan->p + 2);
    if (low >= 0xdc00 && low <= 0xdfff) {
        scan->p += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xd800 && code <= 0xdfff) {
        return fail_at(scan, start, "", "write the character itself, as UTF-8",
                       "\\u%.4s is half a character: its other half is missing", start + 2);
    }
    add_code(code, out);
    return 0;
}

static int scan_escape(struct scan *scan, struct text *out)
{
    static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    char c = scan->p[1];
    if (c == 'u')
        return scan_code(scan, out);
    const char *found = c ? strchr(letters, c) : NULL;
    char shown[UNICODE_SHOWN];
    if (!found) {
        unicode_show(scan->p + 1, (size_t)(scan->end - scan->p - 1), shown);
        return fail_at(scan, scan->p, "", "write a backslash twice (\\\\)", "\"\\%s\" is no escape of JSON",
                       c ? shown : "");
    }
    text_add_char(out, meaning[found - letters]);
    scan->p += 2;
    return 0;
}

/* Appends what the string means to `out`. */
static int scan_string(struct scan *scan, struct text *out)
{
    const char *start = scan->p++;
    while (scan->p < scan->end && *scan->p != '"') {
        unsigned char c = (unsigned char)*scan->p;
        int bytes = unicode_length(scan->p, (size_t)(scan->end - scan->p));
        if (c < 0x20)
            return fail_at(scan, scan->p, "",
                           c == '\n' ? "is its closing quote missing? a new line within it is written \\n"
                                     : "write it as an escape: \\t for a tab, \\u001b for the byte 1b",
                           "a string holds the control character \\x%02x", c);
        if (c == '\\') {
            int status = scan_escape(scan, out);
            if (status)
                return status;
            continue;
        }
        text_add_bytes(out, scan->p, (size_t)bytes);
        scan->p += bytes;
    }
    if (scan->p >= scan->end)
        return fail_at(scan, start, "", "write a \" at its end",
                       "the JSON text ends too early: this string is never closed");
    scan->p++;
    return 0;
}

/* ---- objects and arrays */

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->names + x->start, y->names + y->start, shorter);
    if (order == 0)
        order = (x->length > y->length) - (x->length < y->length);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* The path of the value we are in. */
static void add_path(const struct scan *scan, int depth, struct text *out)
{
    text_add_char(out, '$');
    for (int i = 0; i < depth; i++) {
        const struct level *level = &scan->levels[i];
        ptrdiff_t last = i + 1 < scan->depth ? scan->levels[i + 1].first - 1 : scan->key_count - 1;
        if (!level->object)
            text_addf(out, "[%d]", level->index);
        else if (last >= level->first) {
            text_add_char(out, '.');
            text_add_bytes(out, text_string(&scan->names) + scan->keys[last].start, scan->keys[last].length);
        }
    }
}

static int twice(const struct scan *scan, const struct key *first, const struct key *second)
{
    struct text path = TEXT_EMPTY;
    add_path(scan, scan->depth - 1, &path);
    text_add_char(&path, '.');
    text_add_bytes(&path, second->names + second->start, second->length);
    int line, column;
    count_lines(scan, first->place, &line, &column);
    int status = fail_at(scan, second->place, text_string(&path), "remove one of the two",
                         "this key is given twice, first at line %d, column %d", line, column);
    text_release(&path);
    return status;
}

/* At the end of an object: no two keys may be the same. Of several pairs the one that ends first is told. */
static int check_keys(struct scan *scan, ptrdiff_t first)
{
    struct key *keys = scan->keys + first;
    ptrdiff_t count = scan->key_count - first, found = 0;
    if (text_failed(&scan->names))
        return memory_error(scan->err, scan->name);
    for (ptrdiff_t i = 0; i < count; i++)
        keys[i].names = text_string(&scan->names);
    if (count > 1)
        qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    for (ptrdiff_t i = 1; i < count; i++) {
        bool same = keys[i].length == keys[i - 1].length &&
                    memcmp(keys[i].names + keys[i].start, keys[i].names + keys[i - 1].start, keys[i].length) == 0;
        if (same && (found == 0 || keys[i].place < keys[found].place))
            found = i;
    }
    return found ? twice(scan, &keys[found - 1], &keys[found]) : 0;
}

static int add_key(struct scan *scan)
{
    if (scan->key_count == scan->key_capacity) {
        ptrdiff_t capacity = scan->key_capacity ? 2 * scan->key_capacity : 64;
        struct key *keys = memory_resize(scan->keys, (size_t)capacity, sizeof *keys);
        if (!keys)
            return memory_error(scan->err, scan->name);
        scan->keys = keys;
        scan->key_capacity = capacity;
    }
    struct key *key = &scan->keys[scan->key_count];
    *key = (struct key){.start = scan->names.length, .place = scan->p};
    int status = *scan->p == '"' ? scan_string(scan, &scan->names) : fail_token(scan);
    key->length = scan->names.length - key->start;
    scan->key_count += !status;
    return status;
}

static int scan_member(struct scan *scan)
{
    int status = add_key(scan);
    if (status)
        return status;
    skip_space(scan);
    if (*scan->p != ':')
        return fail_token(scan);
    scan->p++;
    return scan_value(scan);
}

/* Members or items up to the closing bracket; p at the opening one. */
static int scan_list(struct scan *scan, bool object)
{
    char closing = object ? '}' : ']';
    struct level *level = &scan->levels[scan->depth];
    if (scan->depth == DEEPEST)
        return fail_at(scan, scan->p, "", "is this the right file?", "brackets are nested more than %d deep", DEEPEST);
    *level = (struct level){.object = object, .first = scan->key_count};
    size_t names = scan->names.length;
    int status = 0;
    scan->depth++;
    scan->p++;
    skip_space(scan);
    for (bool more = *scan->p != closing; more && !status; level->index++) {
        status = object ? scan_member(scan) : scan_value(scan);
        if (status)
            break;
        const char *comma = scan->p;
        more = *scan->p == ',';
        if (more) {
            scan->p++;
            skip_space(scan);
        }
        if (more && *scan->p == closing)
            status = fail_at(scan, comma, "", "remove the comma", "a comma stands before a closing %c", closing);
        else if (!more && *scan->p != closing)
            status = fail_token(scan);
    }
    if (!status && object)
        status = check_keys(scan, level->first);
    scan->p += !status;
    scan->key_count = status ? scan->key_count : level->first;
    if (!status && !text_failed(&scan->names))
        scan->names.length = names;
    scan->depth--;
    return status;
}

/* A value and the space around it. */
static int scan_value(struct scan *scan)
{
    int status;
    skip_space(scan);
    if (*scan->p == '{' || *scan->p == '[') {
        status = scan_list(scan, *scan->p == '{');
    } else if (*scan->p == '"') {
        struct text ignored = TEXT_EMPTY;
        status = scan_string(scan, &ignored);
        text_release(&ignored);
    } else if (*scan->p == '-' || is_digit(*scan->p)) {
        status = scan_number(scan);
    } else {
        status = scan_word(scan);
    }
    if (!status)
        skip_space(scan);
    return status;
}

/* ---- the whole */

/* Bytes that are no JSON text at all. */
static int check_bytes(const struct scan *scan, size_t length)
{
    size_t bad = 0;
    const char *zero = memchr(scan->text, 0, length);
    bool wide = length >= 2 && (memcmp(scan->text, "\xff\xfe", 2) == 0 || memcmp(scan->text, "\xfe\xff", 2) == 0);
    if (wide || (length >= 2 && zero && zero < scan->text + 2)) {
        struct text hint = TEXT_EMPTY;
        text_add(&hint, "save it as UTF-8: iconv -f UTF-16 -t UTF-8 ");
        text_add_shell(&hint, scan->name);
        text_add(&hint, " > utf8.json");
        int status = error_set(scan->err, ERROR_INPUT, scan->name, text_string(&hint),
                               "this is UTF-16, but JSON is read as UTF-8");
        text_release(&hint);
        return status;
    }
    if (zero)
        return fail_at(scan, zero, "", "is this the right file?", "holds a zero byte, so it is not JSON");
    if (!unicode_valid(scan->text, length, &bad)) {
        struct text hint = TEXT_EMPTY;
        text_add(&hint, "save it as UTF-8: iconv -f LATIN1 -t UTF-8 ");
        text_add_shell(&hint, scan->name);
        text_add(&hint, " > utf8.json");
        int status = fail_at(scan, scan->text + bad, "", text_string(&hint), "the byte %02x is not UTF-8",
                             (unsigned char)scan->text[bad]);
        text_release(&hint);
        return status;
    }
    return 0;
}

int json_scan(const char *text, size_t length, const char *name, struct error *err)
{
    struct scan scan = {.text = text, .p = text, .end = text + length, .name = name, .err = err};
    int status = check_bytes(&scan, length);
    if (!status && strspn(text, " \t\r\n") == length)
        status = error_set(err, ERROR_INPUT, name, "is this the right file?", "the file is empty, so it is not JSON");
    if (!status)
        status = scan_value(&scan);
    if (!status && scan.p < scan.end)
        status = fail_at(&scan, scan.p, "", "remove it, or look for a bracket that closes too early",
                         "text follows the end of the JSON value: \"%s\"", EXCERPT(scan.p, 20));
    memory_free(scan.keys);
    text_release(&scan.names);
    return status;
}
