/* The I/O thread: takes work for remote workers and brings back what they made. */
#ifndef ACTSEARCH_EXECUTOR_IO_THREAD_H
#define ACTSEARCH_EXECUTOR_IO_THREAD_H

#include "executor/pipeline.h"

/* Until there is nothing more for them to do and nothing of theirs is missing; or until they do not answer. */
void io_thread(struct pipeline *pipeline, const struct remote_workers *remote);

#endif
