/* Which journal a database gets where. */
#include "fixture.h"

#include "store/store_internal.h"

START_TEST(shared_file_systems_are_known_by_their_numbers)
{
    static const struct {
        int64_t type;
        const char *name;
    } all[] = {{0x6969, "NFS"},         {0xff534d42, "CIFS"},         {0xfe534d42, "SMB"},
               {0x517b, "SMB"},         {0x0bd00bd0, "Lustre"},       {0x47504653, "GPFS"},
               {0x19830326, "BeeGFS"},  {0x00c36400, "CephFS"},       {0x5346414f, "AFS"},
               {0x6b414653, "AFS"},     {0x65735546, "FUSE"},         {0x01021997, "9p"},
               {0xaad7aaea, "Panasas"}, {0x20030528, "OrangeFS"},     {0x7461636f, "OCFS2"},
               {0x01161970, "GFS2"},    {(int32_t)0xff534d42, "CIFS"}}; /* where the number has a sign */
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_pstr_eq(file_system_shared(all[i].type), all[i].name);
}
END_TEST

START_TEST(local_file_systems_are_not_among_them)
{
    /* ext4, XFS, btrfs, tmpfs, ramfs, ZFS, overlay, f2fs, ISO 9660 */
    static const int64_t all[] = {0xef53,     0x58465342, 0x9123683e, 0x01021994, 0x858458f6,
                                  0x2fc12fc1, 0x794c7630, 0xf2f52010, 0x9660};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_ptr_null(file_system_shared(all[i]));
}
END_TEST

static const char *mode_of(struct store *store)
{
    static char mode[16];
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(store->db, "PRAGMA journal_mode", -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    snprintf(mode, sizeof mode, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return mode;
}

static int synchronous_of(struct store *store)
{
    struct error err;
    int64_t value = -1;
    ASSERT_OK(store_integer(store, "PRAGMA synchronous", &value, &err));
    return (int)value;
}

START_TEST(each_journal_is_as_asked_for_and_synced_fully)
{
    static const struct {
        enum store_journal asked;
        const char *mode;
        int synchronous; /* 2: FULL, 3: EXTRA */
    } cases[] = {{STORE_JOURNAL_AUTO, "wal", 2}, {STORE_JOURNAL_WAL, "wal", 2}, {STORE_JOURNAL_DELETE, "delete", 3}};
    fixture_begin(); /* in memory or below /tmp: local */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        fixture_options.journal = cases[i].asked;
        struct store *store = NULL;
        ASSERT_OK(store_open(path, &example_run, &fixture_options, &store, &err));
        ck_assert_str_eq(mode_of(store), cases[i].mode);
        ck_assert_int_eq(synchronous_of(store), cases[i].synchronous);
        ASSERT_OK(store_close(store, &err));
        assert_no_side_files();
    }
    fixture_end();
}
END_TEST

START_TEST(no_log_is_kept_where_hosts_share)
{
    struct error err;
    enum store_journal journal = STORE_JOURNAL_AUTO;
    ASSERT_OK(journal_decide("run.db", "Lustre", STORE_JOURNAL_AUTO, &journal, &err));
    ck_assert_int_eq(journal, STORE_JOURNAL_DELETE);
    ASSERT_OK(journal_decide("run.db", NULL, STORE_JOURNAL_AUTO, &journal, &err));
    ck_assert_int_eq(journal, STORE_JOURNAL_WAL);
    ASSERT_FAILS(journal_decide("run.db", "Lustre", STORE_JOURNAL_WAL, &journal, &err), ERROR_UNSUPPORTED,
                 "run.db: a write-ahead log cannot be kept on Lustre, which other hosts may share; leave the journal");
}
END_TEST

START_TEST(a_folder_says_which_file_system_it_is_on)
{
    struct error err;
    const char *shared_as = "unknown";
    fixture_begin();
    ASSERT_OK(file_system_of(path, &shared_as, &err));
    ck_assert_ptr_null(shared_as);
    ASSERT_FAILS(file_system_of("/no/folder/run.db", &shared_as, &err), ERROR_IO, "cannot ask for its file system");
    fixture_end();
}
END_TEST

int main(void)
{
    return RUN_TESTS("file_system", 30, shared_file_systems_are_known_by_their_numbers,
                     local_file_systems_are_not_among_them, each_journal_is_as_asked_for_and_synced_fully,
                     a_folder_says_which_file_system_it_is_on, no_log_is_kept_where_hosts_share);
}
