/* A process of remote workers: one thread, the I/O thread, talks to the coordinator; the others evaluate. Orders wait
   in one queue and results in another, both under one lock; what is sent and received is the I/O thread's alone. */
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

struct server {
    const struct evaluator *evaluator;
    const struct coordinator *coordinator;
    const struct executor_options *options;
    struct watchdog *watchdog;
    atomic_int drop; /* raised by the coordinator alone: what happens here is its decision */

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

static void fail(struct server *server, int status, const struct error *err)
{
    if (!server->status) {
        server->status = status;
        server->err = *err;
    }
}

/* ---- a training thread */

static struct task *next_task(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    struct task *task;
    while (!(task = pull(&server->waiting)) && !server->over)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
    return task;
}

static void finish(struct server *server, struct task *task, int status, const struct error *err)
{
    pthread_mutex_lock(&server->lock);
    if (status)
        fail(server, status, err);
    put(&server->finished, task);
    pthread_mutex_unlock(&server->lock);
}

static void work(struct server *server, int place)
{
    struct error err = ERROR_EMPTY;
    struct worker worker;
    struct task *task;
    int status = worker_open(&worker, server->evaluator, server->watchdog, place, &server->drop, &err);
    if (status) {
        pthread_mutex_lock(&server->lock);
        fail(server, status, &err);
        pthread_mutex_unlock(&server->lock);
    }
    while (!status && (task = next_task(server))) {
        status = worker_evaluate(&worker, &task->assignment, &task->evaluation, &err);
        finish(server, task, status, &err);
    }
    worker_close(&worker);
}

/* ---- the I/O thread */

static int obey(struct server *server, const struct order *order, struct error *err)
{
    struct task *task = NULL;
    if (order->kind == ORDER_EVALUATE) {
        task = memory_zeroed(1, sizeof *task);
        if (!task)
            return memory_error(err, "a candidate");
        task->assignment = order->assignment;
    }
    if (order->kind == ORDER_DROP || order->kind == ORDER_END)
        atomic_store(&server->drop, 1);
    pthread_mutex_lock(&server->lock);
    if (task)
        put(&server->waiting, task);
    server->over = server->over || order->kind == ORDER_END;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return 0;
}

/* What has been finished goes to the coordinator. */
static int report(struct server *server, bool *any, struct error *err)
{
    int status = 0;
    while (!status) {
        pthread_mutex_lock(&server->lock);
        struct task *task = server->status ? NULL : pull(&server->finished);
        pthread_mutex_unlock(&server->lock);
        if (!task)
            break;
        *any = true;
        status =
            server->coordinator->report(server->coordinator->context, task->assignment.ticket, &task->evaluation, err);
        task_free(task);
    }
    return status;
}

static int receive(struct server *server, bool *any, struct error *err)
{
    struct order order;
    int status = 0;
    do {
        status = server->coordinator->receive(server->coordinator->context, &order, err);
        if (!status && order.kind != ORDER_NONE) {
            *any = true;
            status = obey(server, &order, err);
        }
    } while (!status && order.kind != ORDER_NONE && order.kind != ORDER_END);
    return status;
}

/* A signal that came here is the coordinator's affair. */
static void pass_on(struct server *server, int *told)
{
    const struct executor_stop *stop = server->options->stop;
    int level = !stop ? 0 : atomic_load(&stop->abort) ? 2 : atomic_load(&stop->drain) ? 1 : 0;
    if (level > *told)
        server->coordinator->stop(server->coordinator->context, level == 2);
    *told = level;
}

static void talk(struct server *server)
{
    const struct coordinator *coordinator = server->coordinator;
    struct error err = ERROR_EMPTY;
    struct backoff backoff = {0};
    int told = 0;
    bool over = false, said = false;
    while (!over) {
        bool any = false;
        int status = report(server, &any, &err);
        if (!status)
            status = receive(server, &any, &err);
        pass_on(server, &told);
        any = !coordinator->idle(coordinator->context) || any;
        pthread_mutex_lock(&server->lock);
        if (status)
            fail(server, status, &err);
        over = server->over;
        bool failed = server->status && !said;
        pthread_mutex_unlock(&server->lock);
        if (failed)
            coordinator->fail(coordinator->context, &server->err);
        said = said || failed;
        if (!over)
            backoff_after(&backoff, any);
    }
}

/* ---- the threads together */

static void thread_main(struct server *server, int number)
{
    TAKE_OVER(server);
    if (number == 0)
        talk(server);
    else
        work(server, number - 1);
    HAND_OVER(server);
}

UNSEEN static void serve_on_threads(struct server *server, int threads)
{
#pragma omp parallel num_threads(threads) default(none) shared(server)
    thread_main(server, omp_get_thread_num());
}

int executor_serve(const struct evaluator *evaluator, const struct coordinator *coordinator,
                   const struct executor_options *options, struct error *err)
{
    struct server server = {.evaluator = evaluator, .coordinator = coordinator, .options = options};
    pthread_mutex_init(&server.lock, NULL);
    pthread_cond_init(&server.changed, NULL);
    int status = threads_can_start(options->threads + 1, err);
    if (!status)
        status = watchdog_new(options->threads, options->limit_seconds, &server.drop, &server.watchdog, err);
    if (!status) {
        HAND_OVER(&server);
        serve_on_threads(&server, options->threads + 1);
        TAKE_OVER(&server);
        status = server.status;
        if (status)
            *err = server.err;
    } else {
        coordinator->fail(coordinator->context, err);
    }
    watchdog_free(server.watchdog);
    queue_release(&server.waiting);
    queue_release(&server.finished);
    pthread_cond_destroy(&server.changed);
    pthread_mutex_destroy(&server.lock);
    return status;
}
