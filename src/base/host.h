/* The host that this process runs on. */
#ifndef ACTSEARCH_BASE_HOST_H
#define ACTSEARCH_BASE_HOST_H

#include <stddef.h>

/* Its name, or "unknown"; cut to `size` bytes with the end. */
void host_name(char *name, size_t size);

#endif
