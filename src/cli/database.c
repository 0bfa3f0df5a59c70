#include "cli/database.h"

#include "base/error.h"
#include "base/file.h"
#include "display/output.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void database_say(void *context, const char *line)
{
    (void)context;
    output_remark("actsearch: %s", line);
}

int database_open(const char *path, struct store **store, struct error *err)
{
    struct store_options options = {.say = database_say};
    return store_open_reader(path, &options, store, err);
}

static bool ends_with(const char *word, const char *ending)
{
    size_t length = strlen(word), tail = strlen(ending);
    return length > tail && strcmp(word + length - tail, ending) == 0;
}

int database_explain(const char *word, struct error *err)
{
    static const char hint[] = "name an expression, or a database that actsearch run made and a ticket in it";
    struct stat info;
    bool named_like_one = ends_with(word, ".db") || ends_with(word, ".sqlite") || ends_with(word, ".sqlite3");
    if (stat(word, &info) != 0)
        return named_like_one ? file_error(err, word, "open", errno) : 0;
    if (S_ISDIR(info.st_mode))
        return error_set(err, ERROR_INPUT, word, hint, "this is a folder");
    if (!S_ISREG(info.st_mode))
        return error_set(err, ERROR_INPUT, word, hint, "this is no file");
    if (info.st_size == 0)
        return error_set(err, ERROR_INPUT, word, hint, "this file is empty");
    return error_set(err, ERROR_INPUT, word, hint, "this file is not a database");
}
