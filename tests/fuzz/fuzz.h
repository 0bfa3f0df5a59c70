/* Fuzzing: bytes in, the program's commands run on them within the process.
 *
 * What may come out is a result or one of the errors that a user's input can cause. A crash, a report of a sanitizer, a
 * leak, and the error that names a defect of the program ("internal", exit status 70) all end the process, as a
 * fuzzer wants it. Two programs are made of each line of kinds.def: fuzz_KIND, with libFuzzer (preset fuzz), and
 * mutate_KIND, which runs seeds and reproducible mutants of them with any compiler. */
#ifndef ACTSEARCH_FUZZ_H
#define ACTSEARCH_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The interface of libFuzzer. Both return 0. The working folder of the process becomes a fresh one, with the small
   files in it that the commands name; it is removed when the process ends well. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The program's own main(), compiled under another name. */
int actsearch_main(int argc, char **argv);

#endif
