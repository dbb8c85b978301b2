/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: runs the tests of src/media. */
#include "media.h"

int main(void)
{
    int failed = 0;
    media_pixels(&failed);
    media_scores(&failed);
    media_tokens(&failed);
    media_sounds(&failed);
    return failed > 0;
}
