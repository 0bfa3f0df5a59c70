#include "runner/machine.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

int machine_threads(int asked, int others, struct machine_threads *threads, struct error *err)
{
    *threads = (struct machine_threads){.asked = asked > 0};
    limits_cores("", &threads->cores);
    int most = threads->cores.most - others, own = threads->cores.count < most ? threads->cores.count : most;
    threads->count = asked > 0 ? asked : own > 1 ? own : 1;
    if (threads->count <= most)
        return 0;
    char hint[80];
    snprintf(hint, sizeof hint, "OMP_THREAD_LIMIT=%d, or without it%s", threads->count + others,
             asked > 1 && most > 0 ? ", or fewer --threads" : "");
    return error_set(err, ERROR_USAGE, asked > 0 ? "--threads" : NULL, hint,
                     "%d thread%s would be started%s, but OMP_THREAD_LIMIT=%d allows no more", threads->count + others,
                     threads->count + others == 1 ? "" : "s", others ? ", one of them for the other processes" : "",
                     threads->cores.most);
}

const char *machine_processor(char *buffer, int size)
{
    snprintf(buffer, (size_t)size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(buffer, (size_t)size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
    return buffer;
}
