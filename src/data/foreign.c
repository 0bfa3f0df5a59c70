/* Files of a wrong kind: recognised by their first bytes, with a hint at how to convert or to name them. */
#include "base/error.h"
#include "base/text.h"
#include "data/data_internal.h"

#include <string.h>
#include <strings.h>

/* A way that ends in a file that this program reads. FILE stands for the path, as a shell reads it. */
#define BY_PANDAS(reader)                                                                                              \
    "make a CSV file of it: python3 -c \"import sys, pandas; pandas." reader                                           \
    "(sys.argv[1]).to_csv('table.csv', index=False)\" FILE"

struct foreign {
    const char *bytes;
    int length;
    const char *what, *hint;
};

/* Files that this program reads, in another format. */
static const struct foreign formats[] = {
#define MARK(bytes, length, what, hint) {bytes, length, what, hint},
#include "data/formats.def"
};

static const struct foreign kinds[] = {
    {"\x1f\x8b", 2, "a gzip file within a gzip file", "unpack it once: zcat FILE > once.gz"},
    {"BZh", 3, "a bzip2 file", "unpack it: bunzip2 -k FILE"},
    {"\xfd"
     "7zXZ",
     5, "an xz file", "unpack it: xz -dk FILE"},
    {"\x28\xb5\x2f\xfd", 4, "a zstd file", "unpack it: zstd -dk FILE"},
    {"7z\xbc\xaf", 4, "a 7-zip archive", "unpack it: 7z x FILE"},
    {"Rar!", 4, "a RAR archive", "unpack it: unrar x FILE"},
    {"PK\x03\x04", 4, "a zip archive", "unpack it: unzip FILE"},
    {"\xd0\xcf\x11\xe0", 4, "a spreadsheet of Excel 97",
     "save it as CSV: libreoffice --headless --convert-to csv FILE"},
    {"PAR1", 4, "a Parquet file", BY_PANDAS("read_parquet")},
    {"ARROW1", 6, "an Arrow (Feather) file", BY_PANDAS("read_feather")},
    {"FEA1", 4, "a Feather file", BY_PANDAS("read_feather")},
    {"\x89HDF", 4, "an HDF5 file", BY_PANDAS("read_hdf")},
    {"\x80\x04\x95", 3, "a Python pickle", BY_PANDAS("read_pickle")},
    {"\x80\x05\x95", 3, "a Python pickle", BY_PANDAS("read_pickle")},
    {"SQLite format 3", 15, "an SQLite database",
     "export a table of it: sqlite3 -header -csv FILE 'SELECT * FROM NAME'"},
    {"%PDF", 4, "a PDF file", "take the table itself from where this file came from"},
    {"\x89PNG", 4, "a PNG image", "is this the right file?"},
    {"\xff\xd8\xff", 3, "a JPEG image", "is this the right file?"},
    {"version https://git-lfs", 23, "only the pointer of Git LFS to a file", "fetch the file itself: git lfs pull"},
    {"{", 1, "a JSON text", BY_PANDAS("read_json")},
    {"[", 1, "a JSON text", BY_PANDAS("read_json")},
};

/* Kinds whose first bytes are common to many: found by what follows. */
static const struct foreign spreadsheet = {"", 0, "a spreadsheet (xlsx, ods)",
                                           "save it as CSV: libreoffice --headless --convert-to csv FILE"},
                            arrays = {"", 0, "an archive of NPY arrays (npz)", "unpack it: unzip FILE"},
                            page = {"", 0, "a web page (HTML)",
                                    "download the file itself: the link that says raw or download"},
                            wide = {"", 0, "a text in UTF-16",
                                    "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > utf8.csv, and name that file"};

static bool begins(const struct foreign *kind, const char *bytes, size_t length)
{
    return length >= (size_t)kind->length && memcmp(bytes, kind->bytes, (size_t)kind->length) == 0;
}

static bool holds(const char *bytes, size_t length, const char *word)
{
    return memmem(bytes, length, word, strlen(word)) != NULL;
}

/* Every second byte of the beginning is zero, as of Latin letters in UTF-16. */
static bool is_wide(const char *bytes, size_t length)
{
    if (length >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return true;
    size_t zeros[2] = {0}, looked = length < 64 ? length & ~(size_t)1 : 64;
    for (size_t i = 0; i < looked; i++)
        zeros[i % 2] += bytes[i] == 0;
    return looked >= 4 && ((zeros[0] == looked / 2 && zeros[1] == 0) || (zeros[1] == looked / 2 && zeros[0] == 0));
}

static bool is_page(const char *bytes, size_t length)
{
    static const char *const begins[] = {"<!doctype", "<html", "<?xml", "<head", "<body", "<table"};
    size_t blank = strspn(bytes, " \t\r\n");
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (length - blank >= strlen(begins[i]) && strncasecmp(bytes + blank, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static const struct foreign *find(const char *bytes, size_t length)
{
    if (length >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0) {
        if (holds(bytes, length, "[Content_Types]") || holds(bytes, length, "xl/") ||
            holds(bytes, length, "opendocument.spreadsheet"))
            return &spreadsheet;
        if (holds(bytes, length, ".npy"))
            return &arrays;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (begins(&formats[i], bytes, length))
            return &formats[i];
    if (is_wide(bytes, length))
        return &wide;
    if (is_page(bytes, length))
        return &page;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (begins(&kinds[i], bytes, length))
            return &kinds[i];
    return NULL;
}

int data_refuse_foreign(const char *path, const char *bytes, size_t length, const char *expected, struct error *err)
{
    const struct foreign *kind = find(bytes, length);
    if (!kind)
        return 0;
    struct text hint = TEXT_EMPTY;
    const char *place = strstr(kind->hint, "FILE");
    text_add_bytes(&hint, kind->hint, place ? (size_t)(place - kind->hint) : strlen(kind->hint));
    if (place) {
        text_add_shell(&hint, path);
        text_add(&hint, place + strlen("FILE"));
    }
    int status =
        error_set(err, ERROR_INPUT, path, text_string(&hint), "this is %s, but %s was expected", kind->what, expected);
    text_release(&hint);
    return status;
}
