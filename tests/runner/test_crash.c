/* Evaluations that kill their process. Every run is a child's; this process only looks at what it left. */
#include "fakes.h"

#include "runner/list_source.h"

/* One of the baselines, which every run trains. */
static const char victim[] = "tanh(x)";

static bool has_note(const char *path)
{
    struct text note = TEXT_EMPTY;
    quarantine_path(path, &note);
    bool there = access(text_string(&note), F_OK) == 0;
    text_release(&note);
    return there;
}

/* What is set down about the victim at the end. */
static void assert_passed_over(const char *path)
{
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome = 'crashed'"), 1);
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM evaluation JOIN proposal USING (ticket)"
                                       " WHERE evaluation.outcome = 'crashed' AND simplified = 'tanh(x)'"),
                     1);
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM crash JOIN proposal USING (ticket)"
                                       " WHERE simplified = 'tanh(x)'"),
                     CRASHES_TO_QUARANTINE);
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM crash"), CRASHES_TO_QUARANTINE);
    ck_assert_int_gt(fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome = 'ok'"), 40);
}

START_TEST(what_kills_its_process_twice_is_passed_over)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS};
    for (int i = 0; i < 5; i++) {
        struct fake killing = {.pause = 500, .kills = victim, .by = signals[i]};
        char path[FAKE_PATH];
        fake_path(path);
        struct fake_run run = {
            .path = path, .fake = &killing, .evaluations = 40, .window = 8, .threads = 2, .notes = true};
        for (int life = 0; life < CRASHES_TO_QUARANTINE; life++) {
            int status = fake_wait(fake_start(&run));
            ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == signals[i], "life %d ended with %x", life, status);
            ck_assert(has_note(path));
        }
        ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
        ck_assert(!has_note(path));
        assert_passed_over(path);
        fake_remove(path);
    }
}
END_TEST

/* A signal from outside says nothing against the candidate, or a run that was killed would end otherwise. */
START_TEST(a_kill_from_outside_is_no_evidence)
{
    static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT};
    atomic_llong *reached = fake_shared_counter();
    struct fake hanging = {.kills = victim, .hanging = reached}, healthy = {.pause = 0};
    for (int i = 0; i < 3; i++) {
        char path[FAKE_PATH];
        fake_path(path);
        struct fake_run run = {
            .path = path, .fake = &hanging, .evaluations = 40, .window = 8, .threads = 1, .notes = true};
        for (int life = 0; life < 3; life++) {
            atomic_store(reached, 0);
            pid_t child = fake_start(&run);
            fake_wait_for(reached, 1);
            kill(child, signals[i]);
            ck_assert(WIFSIGNALED(fake_wait(child)));
            ck_assert(!has_note(path));
        }
        run.fake = &healthy;
        ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
        ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM crash"), 0);
        ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome = 'crashed'"), 0);
        fake_remove(path);
    }
    fake_free_counter(reached);
}
END_TEST

static void write_note(const char *path, const char *text)
{
    struct text note = TEXT_EMPTY;
    quarantine_path(path, &note);
    FILE *file = fopen(text_string(&note), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    text_release(&note);
}

/* A note beside a new database is of one that is gone; a line that is none, and one that is there twice, do no harm. */
START_TEST(notes_are_taken_with_care)
{
    struct fake healthy = {.pause = 0};
    char path[FAKE_PATH];
    fake_path(path);
    struct fake_run run = {.path = path, .fake = &healthy, .evaluations = 10, .window = 8, .threads = 1, .notes = true};
    write_note(path, "0 SIGSEGV there:1\n0 SIGSEGV there:2\n");
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    ck_assert(!has_note(path));
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM crash"), 0);
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM evaluation WHERE outcome = 'crashed'"), 0);
    write_note(path, "7 SIGSEGV there:1\n7 SIGSEGV there:1\nrubbish\n-3 SIGSEGV x:1\n8 SIGBUS there:2\n9 SIGS");
    ck_assert_int_eq(fake_wait(fake_start(&run)), 0);
    ck_assert_int_eq(fake_number(path, "SELECT count(*) FROM crash"), 2);
    fake_remove(path);
}
END_TEST

/* Of a list there is no database that could keep a note: the process says it with its last breath. */
START_TEST(a_list_tells_which_function_killed_it)
{
    static const char *const names[] = {"relu(x)", "tanh(x)", "sin(x)"};
    int ends[2];
    char said[200] = "";
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fake killing = {.kills = victim, .by = SIGSEGV};
        struct evaluator evaluator = fake_evaluator(&killing);
        struct executor_options options = {.threads = 2};
        struct candidate candidates[3];
        struct evaluation evaluations[3] = {EVALUATION_EMPTY, EVALUATION_EMPTY, EVALUATION_EMPTY};
        struct list_source list;
        struct error err;
        dup2(ends[1], STDERR_FILENO);
        for (int i = 0; i < 3; i++)
            candidate_parse(names[i], &candidates[i], &err);
        crash_tell(names, 3);
        list_source_init(&list, candidates, names, evaluations, 3, 2);
        struct source work = list_source_for_executor(&list);
        executor_run(&work, &evaluator, &options, &err);
        _exit(0);
    }
    close(ends[1]);
    int status = fake_wait(child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    ck_assert_int_gt(read(ends[0], said, sizeof said - 1), 0);
    ck_assert_str_eq(said, "actsearch: tanh(x) has killed the process by SIGSEGV\n");
    close(ends[0]);
}
END_TEST

int main(void)
{
    return RUN_TESTS("crash", 60, a_list_tells_which_function_killed_it, what_kills_its_process_twice_is_passed_over,
                     a_kill_from_outside_is_no_evidence, notes_are_taken_with_care);
}
