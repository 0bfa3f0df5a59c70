/* A process of the crew: one thread, the courier, talks to the chief; the others train. Orders wait in one queue and
   results in another, both under one lock; what is sent and received is the courier's alone. */
#include "base/error.h"
#include "base/memory.h"
#include "executor/executor_internal.h"

#include <omp.h>
#include <pthread.h>
#include <time.h>

struct task {
    struct task *next;
    struct assignment assignment;
    struct evaluation evaluation;
};

struct queue {
    struct task *first, *last;
};

struct crewman {
    const struct evaluator *evaluator;
    const struct chief *chief;
    const struct executor_options *options;
    struct timekeeper *keeper;
    atomic_int drop; /* raised by the chief alone: what happens here is his decision */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct queue waiting, finished;
    bool over;
    int status; /* of the first thread that failed, and why */
    struct error err;
};

static void put(struct queue *queue, struct task *task)
{
    task->next = NULL;
    *(queue->first ? &queue->last->next : &queue->first) = task;
    queue->last = task;
}

static struct task *pull(struct queue *queue)
{
    struct task *task = queue->first;
    if (task)
        queue->first = task->next;
    return task;
}

static void task_free(struct task *task)
{
    evaluation_release(&task->evaluation);
    memory_free(task);
}

static void queue_release(struct queue *queue)
{
    for (struct task *task; (task = pull(queue));)
        task_free(task);
}

static void fail(struct crewman *man, int status, const struct error *err)
{
    if (!man->status) {
        man->status = status;
        man->err = *err;
    }
}

/* ---- a training thread */

static struct task *next_task(struct crewman *man)
{
    pthread_mutex_lock(&man->lock);
    struct task *task;
    while (!(task = pull(&man->waiting)) && !man->over)
        pthread_cond_wait(&man->changed, &man->lock);
    pthread_mutex_unlock(&man->lock);
    return task;
}

static void finish(struct crewman *man, struct task *task, int status, const struct error *err)
{
    pthread_mutex_lock(&man->lock);
    if (status)
        fail(man, status, err);
    put(&man->finished, task);
    pthread_mutex_unlock(&man->lock);
}

static void work(struct crewman *man, int place)
{
    struct error err = ERROR_EMPTY;
    struct post post;
    struct task *task;
    int status = post_open(&post, man->evaluator, man->keeper, place, &man->drop, &err);
    if (status) {
        pthread_mutex_lock(&man->lock);
        fail(man, status, &err);
        pthread_mutex_unlock(&man->lock);
    }
    while (!status && (task = next_task(man))) {
        status = post_evaluate(&post, &task->assignment, &task->evaluation, &err);
        finish(man, task, status, &err);
    }
    post_close(&post);
}

/* ---- the courier */

static int obey(struct crewman *man, const struct order *order, struct error *err)
{
    struct task *task = NULL;
    if (order->kind == ORDER_EVALUATE) {
        task = memory_zeroed(1, sizeof *task);
        if (!task)
            return memory_error(err, "a candidate");
        task->assignment = order->assignment;
    }
    if (order->kind == ORDER_DROP || order->kind == ORDER_END)
        atomic_store(&man->drop, 1);
    pthread_mutex_lock(&man->lock);
    if (task)
        put(&man->waiting, task);
    man->over = man->over || order->kind == ORDER_END;
    pthread_cond_broadcast(&man->changed);
    pthread_mutex_unlock(&man->lock);
    return 0;
}

/* What has been finished goes to the chief. */
static int report(struct crewman *man, bool *any, struct error *err)
{
    int status = 0;
    while (!status) {
        pthread_mutex_lock(&man->lock);
        struct task *task = man->status ? NULL : pull(&man->finished);
        pthread_mutex_unlock(&man->lock);
        if (!task)
            break;
        *any = true;
        status = man->chief->report(man->chief->context, task->assignment.ticket, &task->evaluation, err);
        task_free(task);
    }
    return status;
}

static int receive(struct crewman *man, bool *any, struct error *err)
{
    struct order order;
    int status = 0;
    do {
        status = man->chief->receive(man->chief->context, &order, err);
        if (!status && order.kind != ORDER_NONE) {
            *any = true;
            status = obey(man, &order, err);
        }
    } while (!status && order.kind != ORDER_NONE && order.kind != ORDER_END);
    return status;
}

/* A signal that came here is the chief's affair. */
static void pass_on(struct crewman *man, int *told)
{
    const struct executor_stop *stop = man->options->stop;
    int level = !stop ? 0 : atomic_load(&stop->abort) ? 2 : atomic_load(&stop->drain) ? 1 : 0;
    if (level > *told)
        man->chief->stop(man->chief->context, level == 2);
    *told = level;
}

static void carry(struct crewman *man)
{
    const struct chief *chief = man->chief;
    struct error err = ERROR_EMPTY;
    struct rest rest = {0};
    int told = 0;
    bool over = false, said = false;
    while (!over) {
        bool any = false;
        int status = report(man, &any, &err);
        if (!status)
            status = receive(man, &any, &err);
        pass_on(man, &told);
        any = !chief->idle(chief->context) || any;
        pthread_mutex_lock(&man->lock);
        if (status)
            fail(man, status, &err);
        over = man->over;
        bool failed = man->status && !said;
        pthread_mutex_unlock(&man->lock);
        if (failed)
            chief->fail(chief->context, &man->err);
        said = said || failed;
        if (!over)
            rest_after(&rest, any);
    }
}

/* ---- the threads together */

static void thread_main(struct crewman *man, int number)
{
    TAKE_OVER(man);
    if (number == 0)
        carry(man);
    else
        work(man, number - 1);
    HAND_OVER(man);
}

UNSEEN static void serve_on_threads(struct crewman *man, int threads)
{
#pragma omp parallel num_threads(threads) default(none) shared(man)
    thread_main(man, omp_get_thread_num());
}

int executor_serve(const struct evaluator *evaluator, const struct chief *chief, const struct executor_options *options,
                   struct error *err)
{
    struct crewman man = {.evaluator = evaluator, .chief = chief, .options = options};
    pthread_mutex_init(&man.lock, NULL);
    pthread_cond_init(&man.changed, NULL);
    int status = threads_can_start(options->threads + 1, err);
    if (!status)
        status = timekeeper_new(options->threads, options->limit_seconds, &man.drop, &man.keeper, err);
    if (!status) {
        HAND_OVER(&man);
        serve_on_threads(&man, options->threads + 1);
        TAKE_OVER(&man);
        status = man.status;
        if (status)
            *err = man.err;
    } else {
        chief->fail(chief->context, err);
    }
    timekeeper_free(man.keeper);
    queue_release(&man.waiting);
    queue_release(&man.finished);
    pthread_cond_destroy(&man.changed);
    pthread_mutex_destroy(&man.lock);
    return status;
}
