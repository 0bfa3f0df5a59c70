/* Terminals: what the one behind a file descriptor shows, and how wide it is. */
#ifndef ACTSEARCH_DISPLAY_TERMINAL_H
#define ACTSEARCH_DISPLAY_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Columns of the terminal behind `fd`; 0 when it is none, so that nothing needs to be cut. The
   environment's COLUMNS goes first. */
int terminal_width(int fd);

/* Columns for a plot there, or in a file: as wide as the terminal, but readable. */
int terminal_plot_width(int fd);

/* May a line be written over with a carriage return? To a terminal that says of itself (TERM) that it is dumb, or
   nothing at all, one writes as to a file. */
bool terminal_rewrites(int fd);

/* Escape sequences for colours: a terminal that understands them, and nobody said no (NO_COLOR, CLICOLOR=0). */
bool terminal_has_colours(int fd);

/* Is UTF-8 the character set that the locale's variables name? */
bool terminal_is_utf8(void);

/* Characters (not bytes) of a UTF-8 string. */
int characters(const char *string);

/* Bytes of its first `count` characters, or of all when it has fewer. */
size_t character_bytes(const char *string, int count);

#endif
