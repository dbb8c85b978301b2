/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: runs stored inputs through a fuzz target, without a fuzzing engine: what ordinary
 * tests link with a target.
 *
 *   replay FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long n = -1;
    if (f && fseek(f, 0, SEEK_END) == 0)
        n = ftell(f);
    if (n >= 0 && fseek(f, 0, SEEK_SET) == 0)
        data = malloc(n > 0 ? (size_t)n : 1); /* exactly, so that the sanitizer sees its end */
    const int ok = data && fread(data, 1, (size_t)n, f) == (size_t)n;
    if (f)
        fclose(f);
    if (ok)
        LLVMFuzzerTestOneInput(data, (size_t)n);
    else
        fprintf(stderr, "replay: %s cannot be read\n", path);
    free(data);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;
    for (int i = 1; i < argc; i++) {
        fprintf(stderr, "%s\n", argv[i]);
        failed |= replay(argv[i]);
    }
    printf("%d inputs replayed\n", argc - 1);
    return failed;
}
