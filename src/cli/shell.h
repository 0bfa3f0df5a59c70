/* Words as a shell reads them. */
#ifndef ACTSEARCH_CLI_SHELL_H
#define ACTSEARCH_CLI_SHELL_H

struct text;

/* Appends a word so that a shell reads it as it is: between quotes where it must be. */
void shell_quote(const char *word, struct text *out);

/* Appends a word for a place between double quotes, where $NAME and ${NAME} keep their meaning and nothing else does.
 */
void shell_escape(const char *word, struct text *out);

#endif
