/* Unicode: what came from outside, as text that may be shown and stored.
 *
 * File names, cells, keys and whatever else a person or a file hands over can be any bytes. What this program
 * stores or prints is UTF-8 throughout, and nothing in it steers a terminal. So every such text goes through the
 * one step below on its way out: a well-formed character stays, everything else is written as an escape:
 *
 *   \x1b     a control byte, or a byte that is no part of a UTF-8 character
 *   \u202e   a control character that takes several bytes: C1, line ends, marks that turn the direction of writing
 *
 * Thread-safe: no state. */
#ifndef ACTSEARCH_BASE_UNICODE_H
#define ACTSEARCH_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

enum { UNICODE_SHOWN = 8 }; /* the longest form of one step, with its end */

/* Bytes of the well-formed UTF-8 character at `bytes`, of which `left` may be looked at; 0 when there is none.
   Overlong forms, surrogates and what lies above U+10FFFF are not well-formed. */
int unicode_length(const char *bytes, size_t left);

/* True when all of it is UTF-8; else *bad is the place of the first byte that is not. A zero byte is a character. */
bool unicode_valid(const char *bytes, size_t length, size_t *bad);

/* One step: the character or byte at `bytes` as it may be shown, into `shown`; returns how many bytes it was. */
size_t unicode_show(const char *bytes, size_t left, char shown[UNICODE_SHOWN]);

/* The length of `bytes` cut to at most `limit` bytes without cutting a character in two. */
size_t unicode_cut(const char *bytes, size_t length, size_t limit);

/* The beginning of a text for a message: at most `limit` bytes of it and three dots for the rest, no character cut
   in two. Writes into `buffer`, which has limit + 4 bytes, and returns it. */
const char *unicode_excerpt(const char *string, size_t limit, char *buffer);
#define EXCERPT(string, limit) unicode_excerpt(string, limit, (char[(limit) + 4]){0})

#endif
