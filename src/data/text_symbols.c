/* Texts: one stretch of symbols for each part, cut into samples of `steps` symbols.
 *
 *   train            | validation      | test            | left over
 *   sssssSSSSSsssss+ | sssssSSSSS+     | sssssSSSSS+     |
 *
 * The symbol behind the last sample of a part (+) is only a target. So the parts share no symbol, not
 * even by their targets. */
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <string.h>

enum { BYTES = 256, PARTS = 3 };

static void add_name(int byte, struct text *out)
{
    if (byte == '\n' || byte == '\r' || byte == '\t')
        text_addf(out, "\\%c", byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't');
    else if (byte < ' ' || byte > '~')
        text_addf(out, "0x%02x", (unsigned)byte);
    else
        text_add_char(out, (char)byte);
}

/* Numbers the bytes that occur, in their order; number: (BYTES). Fills shape and names of the set. */
static int number_symbols(const uint8_t *symbols, ptrdiff_t length, ptrdiff_t steps, const char *where, uint8_t *number,
                          struct data_set *set, struct error *err)
{
    bool occurs[BYTES] = {false};
    int count = 0;
    for (ptrdiff_t i = 0; i < length; i++)
        occurs[symbols[i]] = true;
    set->class_names = memory_zeroed(BYTES, sizeof *set->class_names);
    if (!set->class_names)
        return memory_error(err, where);
    set->shape = (struct data_shape){
        .rank = 2, .size = {steps, 1}, .features = steps, .target = DATA_TARGET_NEXT, .targets = steps};
    for (int byte = 0; byte < BYTES; byte++) {
        struct text name = TEXT_EMPTY;
        if (!occurs[byte])
            continue;
        number[byte] = (uint8_t)count;
        add_name(byte, &name);
        set->shape.classes = set->shape.tokens = count + 1;
        set->class_names[count] = text_take(&name);
        if (!set->class_names[count++])
            return memory_error(err, where);
    }
    if (count < 2)
        return error_set(err, ERROR_INPUT, where, "use a text with at least two different symbols",
                         "the text has %d different symbol%s, so there is nothing to predict", count,
                         count == 1 ? "" : "s");
    return 0;
}

static int check_length(ptrdiff_t steps, ptrdiff_t length, const char *where, struct error *err)
{
    if (length > INT32_MAX)
        return error_set(err, ERROR_INPUT, where, "use a part of it", "the text has %td bytes, the limit is %d", length,
                         INT32_MAX);
    if (length < PARTS * (steps + 1))
        return error_set(err, ERROR_INPUT, where, "use a longer text or lower \"steps\"",
                         "the text has %td bytes, too few for a sample of %td steps in each part", length, steps);
    return 0;
}

int data_symbols_load(const struct data_spec *spec, ptrdiff_t steps, const uint8_t *symbols, ptrdiff_t length,
                      const char *where, struct data_set *set, struct data_rows *test, struct error *err)
{
    uint8_t number[BYTES] = {0};
    ptrdiff_t count[PARTS], first = 0;
    struct data_rows *parts[PARTS] = {&set->rows[DATA_TRAIN], &set->rows[DATA_VALIDATION], test};
    int status = check_length(steps, length, where, err);
    if (!status)
        status = data_divide_count(spec, where, (length - PARTS) / steps, count, err);
    if (!status)
        status = number_symbols(symbols, length, steps, where, number, set, err);
    set->factor = 1;
    for (int part = 0; !status && part < PARTS && parts[part]; part++) {
        struct data_rows *rows = parts[part];
        status = data_rows_init(rows, &set->shape, count[part], true, err);
        if (status)
            break;
        ptrdiff_t stretch = count[part] * steps + 1;
        for (ptrdiff_t i = 0; i < stretch; i++)
            rows->bytes[i] = number[symbols[first + i]];
        for (ptrdiff_t i = 0; i < rows->count; i++)
            rows->source[i] = (int32_t)(first + i * steps);
        rows->digest = data_digest_integer(data_digest_start(&set->shape), first);
        rows->digest = hash_bytes(rows->digest, symbols + first, (size_t)stretch);
        first += stretch;
    }
    return status;
}
