#include "display/monitor.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "display/leaderboard.h"
#include "display/output.h"
#include "display/terminal.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 200, LOG_SECONDS = 5 };

struct monitor {
    struct executor_stop stop;
    bool terminal;           /* one that lets a line be written over */
    atomic_bool quiet, mute; /* no progress; nothing at all */
    double grace;            /* seconds */
    sigset_t heard;
    pthread_t thread;
    atomic_bool over;
    int signals;     /* heard so far; this and the next three are the thread's own */
    int shown;       /* characters of progress in the terminal's last line */
    double first_at; /* by clock_seconds() */
    double deadline; /* what is in training then is dropped; 0: none */

    pthread_mutex_t lock; /* of what follows: written by the observer, read by the thread */
    struct progress progress;
    char formula[200];
    bool observed;
    double observed_at;    /* by clock_seconds() */
    int64_t first_tickets; /* that were there at the start */
};

/* ---- the line */

/* 0:07, 12:34, 1:02:03 */
static void add_duration(double seconds, struct text *out)
{
    long s = (long)(seconds + 0.5);
    if (s >= 3600)
        text_addf(out, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        text_addf(out, "%ld:%02ld", s / 60, s % 60);
}

/* What is done and to do of the thing that is counted; both 0 when the end is not known. */
static void share_done(const struct monitor *monitor, double *done, double *all, double *done_now)
{
    const struct progress *progress = &monitor->progress;
    *done = *all = *done_now = 0;
    if (progress->to_train > 0) {
        *done = (double)progress->trained;
        *all = (double)progress->to_train;
        *done_now = (double)progress->trained_now;
    } else if (progress->tickets_expected > 0) {
        *done = (double)progress->tickets;
        *all = (double)progress->tickets_expected;
        *done_now = (double)(progress->tickets - monitor->first_tickets);
    }
    if (*done > *all)
        *done = *all;
}

static void add_line(const struct monitor *monitor, struct text *out)
{
    const struct progress *progress = &monitor->progress;
    double done, all, done_now;
    double seconds = progress->seconds + (progress->finished ? 0 : clock_seconds() - monitor->observed_at);
    share_done(monitor, &done, &all, &done_now);
    bool ended_early = progress->finished && done < all; /* so no share: the reason follows */
    if (all > 0 && !ended_early)
        text_addf(out, "%3.0f%%  %.0f/%.0f", 100 * done / all, done, all);
    else
        text_addf(out, "%lld trained", (long long)progress->trained);
    if (seconds > 0 && progress->trained_now > 0)
        text_addf(out, "  %.1f/s", (double)progress->trained_now / seconds);
    bool estimated = !progress->finished && done_now > 0 && seconds > 0;
    text_add(out, estimated ? "  " : "  in ");
    add_duration(estimated ? (all - done) * seconds / done_now : seconds, out);
    text_add(out, estimated ? " left" : "");
    if (progress->best.ticket >= 0) {
        const struct result *best = &progress->best.result;
        text_add(out, "  first ");
        leaderboard_add_score(result_score(best), result_score_deviation(best), best->seeds, out);
        text_addf(out, "  %s", monitor->formula);
    }
}

/* Over the line that stands there, with blanks where that one was longer: no terminal needs to understand more than a
   carriage return. It must not reach the last column, or it would wrap. */
static void write_over(struct monitor *monitor, const char *string)
{
    int width = terminal_width(STDERR_FILENO) - 1;
    int bytes = (int)character_bytes(string, width), shown = characters(string);
    shown = shown < width ? shown : width;
    int rest = (monitor->shown < width ? monitor->shown : width) - shown;
    fprintf(stderr, "\r%.*s%*s", bytes, string, rest > 0 ? rest : 0, "");
    monitor->shown = shown;
}

static void show(struct monitor *monitor)
{
    struct text line = TEXT_EMPTY;
    add_line(monitor, &line);
    const char *string = text_string(&line);
    if (monitor->terminal) {
        write_over(monitor, string);
    } else {
        fprintf(stderr, "%s\n", string);
    }
    fflush(stderr);
    text_release(&line);
}

/* Why it ended, if it came to an end by itself. */
static void show_end(const struct monitor *monitor)
{
    struct text reason = TEXT_EMPTY;
    if (monitor->progress.finished)
        search_end_describe(&monitor->progress.account, &reason);
    if (reason.length)
        fprintf(stderr, "ended: %s\n", text_string(&reason));
    text_release(&reason);
}

/* A line of its own, which stays. */
static void say(struct monitor *monitor, const char *message)
{
    if (monitor->mute)
        return;
    if (monitor->terminal && monitor->shown > 0) {
        write_over(monitor, "");
        fputc('\r', stderr);
    }
    output_remark("%s", message);
}

/* ---- the thread */

static void drop(struct monitor *monitor, const char *why)
{
    if (atomic_exchange(&monitor->stop.abort, 1) == 0)
        say(monitor, why);
    monitor->deadline = 0;
}

void monitor_say(void *context, const char *line)
{
    struct text text = TEXT_EMPTY;
    text_addf(&text, "actsearch: %s", line);
    say(context, text_string(&text));
    text_release(&text);
}

/* The system repeats it every second, and kills at the hard limit, which all threads come nearer to. */
static double seconds_to_hard_limit(const struct monitor *monitor)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_max == RLIM_INFINITY || limit.rlim_max <= limit.rlim_cur)
        return INFINITY;
    double threads = monitor->progress.workers > 0 ? (double)monitor->progress.workers : 1;
    return (double)(limit.rlim_max - limit.rlim_cur) / (threads + 1);
}

/* What a launcher and a batch script both pass on comes twice. */
static void hear(struct monitor *monitor, int signal)
{
    enum { ECHO_SECONDS = 2 };
    char message[120];
    bool person = signal == SIGINT, first = monitor->signals++ == 0;
    double grace = signal == SIGXCPU ? fmin(monitor->grace, seconds_to_hard_limit(monitor)) : monitor->grace;
    if (!first && !person && signal != SIGQUIT &&
        (signal == SIGXCPU || clock_seconds() - monitor->first_at < ECHO_SECONDS))
        return;
    if (signal == SIGQUIT)
        first = false;
    atomic_store(&monitor->stop.drain, 1);
    if (!first) {
        drop(monitor, "dropping what is in training");
        return;
    }
    monitor->first_at = clock_seconds();
    monitor->deadline = person ? 0 : clock_seconds() + grace;
    snprintf(message, sizeof message, "stopping when what is in training is finished, in %.0f s at the latest", grace);
    say(monitor, person ? "stopping when what is in training is finished; once more to drop it" : message);
}

static void *live(void *context)
{
    struct monitor *monitor = context;
    struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    double last = clock_seconds();
    int64_t shown = -1;
    while (!atomic_load(&monitor->over)) {
        int signal = sigtimedwait(&monitor->heard, NULL, &tick);
        if (signal > 0 && !atomic_load(&monitor->over))
            hear(monitor, signal);
        if (monitor->deadline > 0 && clock_seconds() > monitor->deadline)
            drop(monitor, "the grace period is over: dropping what is in training");
        pthread_mutex_lock(&monitor->lock);
        bool due = monitor->terminal || (clock_seconds() - last >= LOG_SECONDS && monitor->progress.tickets != shown);
        if (!monitor->quiet && monitor->observed && due && !atomic_load(&monitor->over)) {
            show(monitor);
            shown = monitor->progress.tickets;
            last = clock_seconds();
        }
        pthread_mutex_unlock(&monitor->lock);
    }
    return NULL;
}

void monitor_signals(sigset_t *set)
{
    static const int stops[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU, SIGALRM, SIGPWR};
    struct sigaction action;
    sigemptyset(set);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (stops[i] != SIGHUP || sigaction(SIGHUP, NULL, &action) != 0 || action.sa_handler != SIG_IGN)
            sigaddset(set, stops[i]);
}

int monitor_new(bool quiet, double grace_seconds, struct monitor **monitor, struct error *err)
{
    *monitor = NULL;
    struct monitor *made = memory_zeroed(1, sizeof *made);
    sigset_t before;
    if (!made)
        return memory_error(err, "the progress");
    made->quiet = quiet;
    made->grace = grace_seconds;
    made->terminal = terminal_rewrites(STDERR_FILENO);
    pthread_mutex_init(&made->lock, NULL);
    monitor_signals(&made->heard);
    pthread_sigmask(SIG_BLOCK, &made->heard, &before);
    int failure = pthread_create(&made->thread, NULL, live, made);
    if (failure) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        memory_free(made);
        return error_set(err, ERROR_MEMORY, NULL, "end some other processes", "cannot start a thread: %s",
                         strerror(failure));
    }
    *monitor = made;
    return 0;
}

void monitor_mute(struct monitor *monitor)
{
    monitor->quiet = monitor->mute = true;
}

void monitor_end(struct monitor *monitor)
{
    if (!monitor || atomic_exchange(&monitor->over, true))
        return;
    pthread_kill(monitor->thread, SIGINT); /* wakes it; it looks at `over` first */
    pthread_join(monitor->thread, NULL);
    if (monitor->observed && !monitor->quiet) {
        show(monitor);
        if (monitor->terminal)
            fputc('\n', stderr);
        show_end(monitor);
    }
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor)
        return;
    monitor_end(monitor);
    pthread_mutex_destroy(&monitor->lock);
    memory_free(monitor);
}

struct executor_stop *monitor_stop(struct monitor *monitor)
{
    return &monitor->stop;
}

void monitor_observe(void *context, const struct progress *progress)
{
    struct monitor *monitor = context;
    pthread_mutex_lock(&monitor->lock);
    if (!monitor->observed)
        monitor->first_tickets = progress->tickets;
    monitor->observed = true;
    monitor->observed_at = clock_seconds();
    monitor->progress = *progress;
    monitor->progress.best.formula = NULL;
    if (progress->best.ticket >= 0)
        snprintf(monitor->formula, sizeof monitor->formula, "%s", progress->best.formula);
    pthread_mutex_unlock(&monitor->lock);
}
