/* Digests, against the published test vectors of FNV-1a. */
#include "testing.h"

#include "base/hash.h"

START_TEST(digests_are_those_of_the_authors)
{
    static const struct {
        const char *text;
        uint64_t digest;
    } vectors[] = {
        {"", 0xcbf29ce484222325u},
        {"a", 0xaf63dc4c8601ec8cu},
        {"foobar", 0x85944171f73967e8u},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        ck_assert_uint_eq(hash_bytes(HASH_START, vectors[i].text, strlen(vectors[i].text)), vectors[i].digest);
    ck_assert_uint_eq(hash_step(HASH_START, 'a'), vectors[1].digest);
    ck_assert_uint_eq(hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar", 3), vectors[2].digest);
}
END_TEST

int main(void)
{
    return RUN_TESTS("hash", 10, digests_are_those_of_the_authors);
}
