/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.c: see utf8.h. */
#include "ops/flex/utf8.h"

int ln_utf8_next(const uint8_t *s, size_t n, size_t *used)
{
    static const int least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xC2 ? 0
                          : s[0] < 0xE0 ? 2
                          : s[0] < 0xF0 ? 3
                          : s[0] < 0xF5 ? 4
                                        : 0;
    int code = length < 2 ? s[0] : s[0] & (0x7F >> length);
    *used = 1;
    if (length < 2)
        return length ? code : LN_UTF8_MALFORMED;
    for (; *used < length; ++*used) {
        if (*used >= n || (s[*used] & 0xC0) != 0x80)
            return LN_UTF8_MALFORMED;
        code = code << 6 | (s[*used] & 0x3F);
        const int rest = 6 * (int)(length - *used - 1), low = code << rest;
        const int high = low | ((1 << rest) - 1); /* what it can still become */
        if (high < least[length] || low > LN_UTF8_LAST || (low >= 0xD800 && high <= 0xDFFF))
            return LN_UTF8_MALFORMED;
    }
    return code;
}
