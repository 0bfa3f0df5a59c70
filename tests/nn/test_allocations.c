/* Nothing is allocated in a training step. Every allocation of the process is counted, the numerical library's too: the
 * program has its own malloc() and so on, which count and hand on to the C library's. Sanitizers and valgrind bring
 * their own; there only the project's own counter is left. */
#include "nn_testing.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS 1
#else
#define COUNTS 0
#endif

static atomic_long allocations;

#if COUNTS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
    allocations++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = memalign(alignment, size);
    return *out ? 0 : ENOMEM;
}
#endif

#define SLOT "{'type':'activation'},"
#define END "{'type':'dense','units':'outputs'}]}"

static const struct {
    const char *what, *network;
    int rank; /* of a sample */
} cases[] = {
    {"an MLP", "{'mlp':[32,16]}", 1},
    {"a CNN",
     "{'layers':[{'type':'conv2d','channels':16,'kernel':3,'padding':1}," SLOT
     "{'type':'max_pool','size':2},{'type':'conv2d','channels':8,'kernel':3},{'type':'batch_norm'}"
     "," SLOT "{'type':'dropout','rate':0.1},{'type':'flatten'}," END,
     3},
    {"an LSTM", "{'layers':[{'type':'lstm','units':16}," END, 2},
    {"attention",
     "{'layers':[{'type':'residual','layers':[{'type':'layer_norm'},{'type':'attention','heads':2}]}"
     "," SLOT END,
     2},
};
enum { CASES = sizeof cases / sizeof *cases, B = 24, STEPS = 6 };

static struct network *network_of(int number)
{
    struct data_shape row = row_data(100, 10), image = image_data(12, 12, 1, 10), sequence = sequence_data(12, 8, 5);
    const struct data_shape *data[] = {&row, &sequence, &image};
    struct network *network;
    struct error err;
    ASSERT_OK(read_network_for(cases[number].network, data[cases[number].rank - 1], &network, &err));
    return network;
}

/* The project's own counter sees none at all. The library's products and convolutions take memory for the time of a
   call: so many in every step, and no more from step to step. */
START_TEST(a_step_allocates_nothing)
{
    blas_thread_init();
    struct network *network = network_of(_i);
    struct trainer_options options = {
        .isa = isa_best(), .batch = B, .optimiser = optimiser_default(), .init = INIT_HE, .input_square = 1};
    struct trainer *trainer = make_trainer(network, &options, "p*tanh(x)");
    long in_step[STEPS];
    for (int s = 0; s < STEPS; s++) {
        fill_batch(trainer, network, B, (uint64_t)s);
        long ours = memory_allocations(), all = allocations;
        trainer_gradient(trainer, B);
        trainer_update(trainer, 0.01);
        in_step[s] = allocations - all;
        trainer_measure(trainer, B);
        ck_assert_int_eq((int)(memory_allocations() - ours), 0);
        if (s > 1)
            ck_assert_msg(in_step[s] == in_step[1], "%s: %ld allocations in step %d, %ld in step 1", cases[_i].what,
                          in_step[s], s, in_step[1]);
    }
    if (COUNTS)
        printf("%s: %ld allocations a step, all of the library\n", cases[_i].what, in_step[1]);
    trainer_free(trainer);
    network_free(network);
}
END_TEST

/* A counter that counts nothing would find nothing. */
START_TEST(the_counter_counts)
{
    long before = allocations, ours = memory_allocations();
    memory_free(memory_array(10, 10));
    ck_assert_int_eq((int)(memory_allocations() - ours), 1);
    if (COUNTS && !getenv("ACTSEARCH_SWEEP")) /* valgrind has its own malloc() */
        ck_assert_int_ge((int)(allocations - before), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocations");
    TCase *tcase = tcase_create("allocations");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_step_allocates_nothing, 0, CASES);
    tcase_add_test(tcase, the_counter_counts);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
