/* Clocks: for people and for patience. No result may depend on them. */
#ifndef ACTSEARCH_BASE_CLOCK_H
#define ACTSEARCH_BASE_CLOCK_H

/* Seconds of a clock that is never set back, from some moment on. */
double clock_seconds(void);

/* Seconds of processor time that this thread has used. */
double clock_thread_seconds(void);

/* Seconds since 1970, by the clock that people set. */
double clock_date(void);

/* Sleeps for so long, or until a signal comes. */
void clock_sleep(double seconds);

#endif
