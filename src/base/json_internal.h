/* What stands before cJSON: it takes more than JSON is, and takes the first of two equal keys without a word. */
#ifndef ACTSEARCH_BASE_JSON_INTERNAL_H
#define ACTSEARCH_BASE_JSON_INTERNAL_H

#include <stddef.h>

struct error;

/* Refuses what is not JSON to the letter (RFC 8259), or says two things, or cannot be kept as it is written:
   two equal keys of an object, a number that a double does not hold, a zero in a string. text[length] is 0. */
int json_scan(const char *text, size_t length, const char *name, struct error *err);

#endif
