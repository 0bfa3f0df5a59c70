/* Terminals: how wide they are and whether they show more than ASCII. */
#ifndef ACTSEARCH_CLI_TERMINAL_H
#define ACTSEARCH_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal behind `fd`; 0 when it is none, so that nothing needs to be cut. The
   environment's COLUMNS goes first. */
int terminal_width(int fd);

/* Do the locale's variables name UTF-8? */
bool terminal_is_utf8(void);

/* Characters (not bytes) of a UTF-8 string. */
int characters(const char *string);

/* Bytes of its first `count` characters, or of all when it has fewer. */
size_t character_bytes(const char *string, int count);

#endif
