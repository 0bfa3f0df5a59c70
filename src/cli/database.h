/* Databases as the commands read them: who has to wait for another program says so on standard error. */
#ifndef ACTSEARCH_CLI_DATABASE_H
#define ACTSEARCH_CLI_DATABASE_H

struct error;
struct store;

/* store_open_read(), with a line when it has to wait. */
int database_open(const char *path, struct store **store, struct error *err);

/* For struct store_options: writes the line to standard error. The context is not used. */
void database_say(void *context, const char *line);

/* A word of the command line that is no expression: if it is the name of something on the disk, or looks like that of a
   database, says what that is. 0: neither. */
int database_explain(const char *word, struct error *err);

#endif
