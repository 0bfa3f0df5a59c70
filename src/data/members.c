/* Members of a description that several formats have. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/format_internal.h"

int data_resolve_path(const char *experiment_path, const char *folder, const char *relative, char **out,
                      struct error *err)
{
    struct text path = TEXT_EMPTY;
    file_beside(experiment_path, folder ? folder : relative, &path);
    if (folder)
        text_addf(&path, "%s%s", path.length && path.data[path.length - 1] == '/' ? "" : "/", relative);
    *out = text_take(&path);
    return *out ? 0 : memory_error(err, relative);
}

int data_read_path(const struct json *data, const char *key, const char *experiment_path, char **out, struct error *err)
{
    const char *path = NULL;
    int status = json_string(json_member(data, key), &path, err);
    if (!status && !*path)
        status = json_fail(json_member(data, key), err, "name a file", "the path is empty");
    return status ? status : data_resolve_path(experiment_path, NULL, path, out, err);
}

int data_choose_target(const struct json *data, const char *const *keys, const char *hint, int *chosen,
                       struct error *err)
{
    *chosen = -1;
    for (int i = 0; keys[i]; i++) {
        struct json value = json_member(data, keys[i]);
        if (!json_exists(value))
            continue;
        if (*chosen >= 0)
            return json_fail(value, err, hint, "\"%s\" is given too: only one thing can be predicted", keys[*chosen]);
        *chosen = i;
    }
    if (*chosen < 0)
        return json_fail(json_member(data, keys[0]), err, hint, "missing; expected a string");
    return 0;
}

int data_read_string(struct json value, char **out, struct error *err)
{
    const char *string;
    int status = json_string(value, &string, err);
    return status ? status : memory_keep_string(string, "the experiment", out, err);
}

int data_read_steps(const struct json *data, ptrdiff_t *steps, struct error *err)
{
    int64_t count = *steps;
    int status = json_integer_or(json_member(data, "steps"), 1, 65536, &count, err);
    *steps = (ptrdiff_t)count;
    return status;
}
