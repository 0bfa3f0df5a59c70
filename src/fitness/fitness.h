/* Fitness: trains one candidate under a protocol and scores it. The first law of the design lives
 * here: an evaluation depends on the assignment, the protocol, the network, the data, the seed and the
 * instruction level, and on nothing else: no clock, no thread, no earlier candidate.
 *
 * A `struct fitness` is immutable and shared by all threads. Each thread has its own worker, with all
 * the memory that training needs. Initial numbers are drawn once for all candidates: with the same
 * training seed every candidate starts from the same numbers (scaled for it by the initialisation)
 * and sees the samples in the same order.
 *
 * It must not know experiments, searches or databases, nor which part it is that it measures on. */
#ifndef ACTSEARCH_FITNESS_FITNESS_H
#define ACTSEARCH_FITNESS_FITNESS_H

#include "base/isa.h"
#include "candidate/assignment.h"
#include "fitness/protocol.h"
#include "result/evaluation.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct data_set;
struct error;
struct fitness;
struct fitness_worker;
struct network;

/* *borrows* network and data, which must fit each other and live longer; copies the protocol, which protocol_settle()
   has fixed. A candidate is trained on the train part and measured on `measured`: a search takes the validation part,
   and who may open the test part of the same division can take that; ERROR_INPUT when it is of another one. Limits the
   numerical library of the whole process to `isa` (nn/blas.h). Returns owned. ERROR_MEMORY names the need when not even
   one worker fits into this machine; ERROR_UNSUPPORTED when the process has already worked at another level. */
int fitness_new(const struct protocol *protocol, const struct network *network, const struct data_set *data,
                struct data_part measured, uint64_t seed, enum isa isa, struct fitness **fitness, struct error *err);
void fitness_free(struct fitness *fitness); /* accepts NULL */

/* Bytes that are shared by all workers (without the data), and bytes of each worker, at most. */
size_t fitness_shared_bytes(const struct fitness *fitness);
size_t fitness_worker_bytes(const struct fitness *fitness);

/* Refuses with ERROR_MEMORY when that many workers need more than the machine has. */
int fitness_check_memory(const struct fitness *fitness, int workers, struct error *err);

/* A digest of what some steps of this training come to, in hexadecimal. Processors of one instruction level need not
   round alike: the library blocks its sums by the sizes of caches. Those that agree here train alike, as far as a few
   steps can tell; whole and partial batches are among them. Takes the memory of a worker and the time of two steps.
   ERROR_MEMORY. */
enum { FITNESS_DIGEST = 17 };
int fitness_arithmetic(const struct fitness *fitness, char digest[FITNESS_DIGEST], struct error *err);

/* Made, used and freed by one thread. Returns owned; *borrows* the fitness. */
int fitness_worker_new(const struct fitness *fitness, struct fitness_worker **worker, struct error *err);
void fitness_worker_free(struct fitness_worker *worker); /* accepts NULL */

/* Trains and scores a candidate, whose functions have no OP_arg leaves; of one rung so far. When *abort becomes
   non-zero (NULL: never) it returns soon with the outcome "aborted". Failures of the candidate are outcomes; errors are
   ERROR_MEMORY only. *out starts as EVALUATION_EMPTY or is used again. */
int fitness_evaluate(const struct fitness *fitness, struct fitness_worker *worker, const struct assignment *assignment,
                     const atomic_int *abort, struct evaluation *out, struct error *err);

#endif
