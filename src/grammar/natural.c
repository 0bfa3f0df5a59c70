#include "grammar/natural.h"

#include "base/error.h"
#include "base/text.h"

void natural_set(struct natural *n, uint64_t value)
{
    n->length = 0;
    for (; value; value >>= 32)
        n->limb[n->length++] = (uint32_t)value;
}

bool natural_is_zero(const struct natural *n)
{
    return n->length == 0;
}

static void put_carry(struct natural *sum, int at, uint64_t carry)
{
    for (; carry; at++) {
        if (at >= sum->length) {
            ALWAYS(at < NATURAL_LIMBS);
            sum->limb[at] = 0;
            sum->length = at + 1;
        }
        carry += sum->limb[at];
        sum->limb[at] = (uint32_t)carry;
        carry >>= 32;
    }
}

void natural_add_product(struct natural *sum, const struct natural *a, const struct natural *b)
{
    if (natural_is_zero(a) || natural_is_zero(b))
        return;
    ALWAYS(a->length + b->length - 1 <= NATURAL_LIMBS);
    while (sum->length < a->length + b->length - 1)
        sum->limb[sum->length++] = 0;
    for (int i = 0; i < a->length; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < b->length; j++) {
            carry += (uint64_t)a->limb[i] * b->limb[j] + sum->limb[i + j];
            sum->limb[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        put_carry(sum, i + b->length, carry);
    }
}

bool natural_fits(const struct natural *n)
{
    return n->length < 2 || (n->length == 2 && n->limb[1] < 0x80000000u);
}

int64_t natural_value(const struct natural *n)
{
    ALWAYS(natural_fits(n));
    uint64_t value = 0;
    for (int i = n->length; i-- > 0;)
        value = value << 32 | n->limb[i];
    return (int64_t)value;
}

/* Divides by 1,000 in place, returns the remainder: the last three digits. */
static uint32_t divide_by_thousand(struct natural *n)
{
    uint64_t rest = 0;
    for (int i = n->length; i-- > 0;) {
        rest = rest << 32 | n->limb[i];
        n->limb[i] = (uint32_t)(rest / 1000);
        rest %= 1000;
    }
    while (n->length && n->limb[n->length - 1] == 0)
        n->length--;
    return (uint32_t)rest;
}

void natural_print(const struct natural *n, const char *separator, struct text *out)
{
    uint32_t groups[NATURAL_LIMBS * 4]; /* a limb has less than ten digits */
    int count = 0;
    struct natural rest = *n;
    do
        groups[count++] = divide_by_thousand(&rest);
    while (!natural_is_zero(&rest));
    text_addf(out, "%u", groups[--count]);
    while (count-- > 0)
        text_addf(out, "%s%03u", separator, groups[count]);
}
