/* What actsearch help says beside the commands: how the files are written that people write. */
#ifndef ACTSEARCH_CLI_HELP_H
#define ACTSEARCH_CLI_HELP_H

#include <stdbool.h>

struct error;
struct text;

bool help_knows(const char *name);

/* Appends a line for each topic. */
void help_list(struct text *out);

/* Appends the topic, or one part of it (NULL: all). ERROR_USAGE for a part that there is not. */
int help_describe(const char *name, const char *part, struct text *out, struct error *err);

#endif
