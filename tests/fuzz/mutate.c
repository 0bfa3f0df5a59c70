/* Without a fuzzer: runs the files of a folder, and mutants of them that are the same on every machine.
 *
 * mutate_KIND FOLDER MUTANTS [SEED]: every file of the folder as it is, then as many mutants: mutant i is made of file
 * i % files by one to eight changes drawn from a stream of its own. When a mutant ends the process, its number and the
 * bytes (crash-KIND) are left behind. */
#include "fuzz.h"

#include "rng/rng.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 256, SIZE = 1 << 18 };

struct file {
    char name[256];
    size_t size;
    uint8_t *bytes;
};

static struct file files[FILES];
static uint8_t mutant[2 * SIZE];

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static size_t read_folder(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && count < FILES && (entry = readdir(folder));) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(name, "rb");
        if (!file)
            continue;
        struct file *read = &files[count++];
        snprintf(read->name, sizeof read->name, "%s", entry->d_name);
        read->bytes = malloc(SIZE);
        read->size = read->bytes ? fread(read->bytes, 1, SIZE, file) : 0;
        fclose(file);
    }
    if (folder)
        closedir(folder);
    qsort(files, count, sizeof *files, by_name);
    return count;
}

/* Bytes that readers take for more than bytes: ends, signs, brackets, quotes, separators, control and high bytes. */
static uint8_t telling_byte(struct rng *rng)
{
    static const char telling[] = "\0\1\x7f\x80\xff\xfe\n\r\t \"'\\,;:.{}[]()0123456789-+eExpP*/^_#%\x1b\xc3\xa4";
    return (uint8_t)telling[rng_below(rng, sizeof telling - 1)];
}

/* One change of the first `size` bytes of the mutant; the new size. */
static size_t change(struct rng *rng, size_t size, size_t file_count)
{
    size_t at = size ? rng_below(rng, size) : 0;
    size_t length = 1 + rng_below(rng, rng_below(rng, 4) ? 4 : 64);
    const struct file *other = &files[rng_below(rng, file_count)];
    switch (rng_below(rng, 7)) {
    case 0: /* a bit */
        if (size)
            mutant[at] ^= (uint8_t)(1 << rng_below(rng, 8));
        return size;
    case 1: /* a byte */
        if (size)
            mutant[at] = telling_byte(rng);
        return size;
    case 2: /* cut off */
        return at;
    case 3: /* taken out */
        length = length < size - at ? length : size - at;
        memmove(mutant + at, mutant + at + length, size - at - length);
        return size - length;
    case 4: /* put in: a byte again and again */
        if (size + length > SIZE)
            return size;
        memmove(mutant + at + length, mutant + at, size - at);
        memset(mutant + at, telling_byte(rng), length);
        return size + length;
    case 5: /* doubled */
        length = length < size - at ? length : size - at;
        if (size + length > SIZE)
            return size;
        memmove(mutant + at + length, mutant + at, size - at);
        return size + length;
    default: /* a piece of another file */
        length = length < other->size ? length : other->size;
        if (at + length > SIZE || length == 0)
            return size;
        memcpy(mutant + at, other->bytes + rng_below(rng, other->size - length + 1), length);
        return at + length > size ? at + length : size;
    }
}

static size_t make_mutant(uint64_t seed, long number, size_t file_count)
{
    struct rng rng = rng_keyed(seed, (uint64_t)number, RNG_TEST);
    const struct file *file = &files[(size_t)number % file_count];
    size_t size = file->size;
    memcpy(mutant, file->bytes, size);
    for (uint64_t changes = 1 + rng_below(&rng, 8); changes > 0; changes--)
        size = change(&rng, size, file_count);
    return size;
}

static void keep(const char *path, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(mutant, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    size_t count = argc > 2 ? read_folder(argv[1]) : 0;
    if (count == 0) {
        fprintf(stderr, "usage: %s FOLDER MUTANTS [SEED]    (the folder must hold files)\n", argv[0]);
        return 2;
    }
    long mutants = atol(argv[2]);
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    char here[4096], crash[4200];
    snprintf(crash, sizeof crash, "%s/crash-" FUZZ_KIND, realpath(".", here) ? here : ".");
    LLVMFuzzerInitialize(&argc, &argv);
    for (size_t i = 0; i < count; i++)
        LLVMFuzzerTestOneInput(files[i].bytes, files[i].size);
    for (long i = 0; i < mutants; i++) {
        size_t size = make_mutant(seed, i, count);
        keep(crash, size);
        LLVMFuzzerTestOneInput(mutant, size);
    }
    remove(crash);
    printf(FUZZ_KIND ": %zu seeds and %ld mutants of them, none harmful\n", count, mutants);
    return 0;
}
