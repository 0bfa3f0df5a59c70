/* The table of data formats. */
#include "data/format_internal.h"

#define FORMAT(name) extern const struct data_format data_format_##name;
#include "data/formats.def"

const struct data_format *const data_formats[] = {
#define FORMAT(name) &data_format_##name,
#include "data/formats.def"
    NULL,
};
