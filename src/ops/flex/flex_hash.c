/* SPDX-License-Identifier: Apache-2.0 */
/* flex_hash.c: strings as numbers.
 *
 *   StringToHashBucket         the remainder of a hash like MurmurHash64A
 *   StringToHashBucketStrong   of SipHash-2-4 with a key
 *   DecodeRaw                  the bytes as numbers: x -> [x.., bytes / size]
 *   DecodePaddedRaw            cut or filled up with zeros to as many bytes as input 1 says
 * StringToHashBucketFast: flex_string.c. */
#include <string.h>

#include "base/proto.h"
#include "fb/reader.h"
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"

static uint64_t murmur(ln_string s)
{
    const uint64_t m = 0xc6a4a7935bd1e995;
    const uint8_t *p = (const uint8_t *)s.text;
    size_t n = s.n;
    uint64_t h = 0xDECAFCAFFE ^ (uint64_t)n * m;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t k = ln_le64(p) * m;
        k = (k ^ k >> 47) * m;
        h = (h ^ k) * m;
    }
    for (size_t i = n; i > 0; i--)
        h ^= (uint64_t)p[i - 1] << (8 * (i - 1));
    h *= n > 0 ? m : 1;
    h = (h ^ h >> 47) * m;
    return h ^ h >> 47;
}

/* ---- SipHash-2-4 ---- */

static uint64_t turn(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], int n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = turn(v[1], 13) ^ v[0];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] = turn(v[0], 32) + v[3];
        v[2] += v[1];
        v[1] = turn(v[1], 17) ^ v[2];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] = turn(v[2], 32);
    }
}

static uint64_t sip(ln_string s, const uint64_t key[2])
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    const uint8_t *p = (const uint8_t *)s.text;
    size_t n = s.n;
    uint64_t last = (uint64_t)s.n << 56;
    for (; n >= 8; n -= 8, p += 8) {
        const uint64_t k = ln_le64(p);
        v[3] ^= k;
        rounds(v, 2);
        v[0] ^= k;
    }
    for (size_t i = 0; i < n; i++)
        last |= (uint64_t)p[i] << (8 * i);
    v[3] ^= last;
    rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- buckets ---- */

static ln_status bucket_infer(ln_call *c)
{
    const int64_t buckets = ln_flex_int(c, "num_buckets", 0);
    LN_CHECK(c, buckets >= 1, "num_buckets is %lld", (long long)buckets);
    return ln_infer_texts(c, kTfLiteInt64);
}

static ln_status bucket_eval(ln_call *c, const uint64_t *key)
{
    const uint64_t buckets = (uint64_t)ln_flex_int(c, "num_buckets", 1);
    ln_strings x;
    LN_TRY(ln_strings_open(c->diag, c->in[0], &x));
    for (int i = 0, n = ln_count(c->out[0]); i < n; i++) {
        const ln_string s = ln_strings_at(&x, i);
        c->out[0]->data.i64[i] = (int64_t)((key ? sip(s, key) : murmur(s)) % buckets);
    }
    return LN_OK;
}

static ln_status plain_eval(ln_call *c)
{
    return bucket_eval(c, NULL);
}

static ln_status strong_eval(ln_call *c)
{
    int64_t key[2];
    LN_CHECK(c, ln_flex_longs(c, "key", 2, key) == 2, "the key is none of two numbers");
    return bucket_eval(c, (const uint64_t[]){(uint64_t)key[0], (uint64_t)key[1]});
}

LN_FLEX_OP(string_to_hash_bucket, "StringToHashBucket", 1, 1, 1, bucket_infer, plain_eval);
LN_FLEX_OP(string_to_hash_bucket_strong, "StringToHashBucketStrong", 1, 1, 1, bucket_infer,
           strong_eval);

/* ---- raw bytes ---- */

enum {
    RAW = LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) | LN_BIT(Complex64) |
          LN_BIT(Complex128)
};

/* The type, and how many bytes of each text it takes; -1: not known. */
static ln_status raw_size(ln_call *c, TfLiteType *type, int *bytes)
{
    ln_strings x;
    int n;
    *type = ln_flex_type(c, "out_type", kTfLiteFloat32);
    *bytes = -1;
    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    LN_CHECK(c, ln_type_in(*type, RAW), "out_type is %s", ln_type_name(*type));
    LN_CHECK(c, ln_flex_flag(c, "little_endian", true) || ln_type_size(*type) == 1,
             "the bytes are in another order than this machine's");
    if (c->n_in == 2 && !ln_known(c, 1))
        return LN_OK;
    if (c->n_in == 2) {
        LN_TRY(ln_read_ints(c, 1, 1, bytes, &n));
        LN_CHECK(c, n == 1 && *bytes > 0, "the length is %d", n == 1 ? *bytes : -1);
    } else if (ln_known(c, 0)) {
        LN_TRY(ln_strings_open(c->diag, c->in[0], &x));
        *bytes = x.count ? (int)LN_MIN(ln_strings_at(&x, 0).n, INT32_MAX) : 0;
        for (int i = 1; i < x.count; i++)
            LN_CHECK(c, ln_strings_at(&x, i).n == (size_t)*bytes,
                     "text %d has %zu bytes, the first %d", i, ln_strings_at(&x, i).n, *bytes);
    }
    LN_CHECK(c, *bytes < 0 || *bytes % (int)ln_type_size(*type) == 0, "%d bytes are no %s", *bytes,
             ln_type_name(*type));
    return LN_OK;
}

static ln_status raw_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[0]);
    TfLiteType type;
    int bytes;
    LN_TRY(raw_size(c, &type, &bytes));
    LN_CHECK(c, y.rank < LN_MAX_RANK, "the result has rank %d", y.rank + 1);
    y.dim[y.rank++] = bytes < 0 ? -1 : bytes / (int)ln_type_size(type);
    return ln_set_out(c, 0, type, &y);
}

static ln_status raw_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    TfLiteType type;
    ln_strings x;
    int bytes;
    LN_TRY(raw_size(c, &type, &bytes));
    LN_TRY(ln_strings_open(c->diag, c->in[0], &x));
    if (y->bytes > 0)
        memset(y->data.raw, 0, y->bytes);
    for (int i = 0, n = ln_count(c->in[0]); bytes > 0 && i < n; i++) {
        const ln_string s = ln_strings_at(&x, i);
        if (s.n > 0)
            memcpy(y->data.raw + (size_t)i * (size_t)bytes, s.text, LN_MIN(s.n, (size_t)bytes));
    }
    if (type == kTfLiteBool)
        for (int i = 0, n = ln_count(y); i < n; i++)
            y->data.uint8[i] = y->data.uint8[i] != 0;
    return LN_OK;
}

LN_FLEX_OP(decode_raw, "DecodeRaw", 1, 1, 1, raw_infer, raw_eval);
LN_FLEX_OP(decode_padded_raw, "DecodePaddedRaw", 2, 2, 1, raw_infer, raw_eval);
