/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5_file.c: addresses, object headers (versions 1 and 2), global heaps and trees. */
#include <string.h>

#include "import/keras/hdf5_file.h"

/* ---- bytes ---- */

ln_h5_cursor ln_h5_from(ln_h5 *h, uint64_t address)
{
    if (address > UINT64_MAX - h->base || address + h->base > h->n)
        return (ln_h5_cursor){h->data, h->data, true};
    return (ln_h5_cursor){h->data + (size_t)(address + h->base), h->data + h->n, false};
}

ln_h5_cursor ln_h5_at(ln_h5 *h, uint64_t address, uint64_t n)
{
    ln_h5_cursor c = ln_h5_from(h, address);
    if (c.bad || n > (uint64_t)(c.end - c.at))
        return (ln_h5_cursor){h->data, h->data, true};
    c.end = c.at + (size_t)n;
    return c;
}

ln_h5_cursor ln_h5_take(ln_h5_cursor *c, uint64_t n)
{
    if (c->bad || n > (uint64_t)(c->end - c->at)) {
        c->bad = true;
        return (ln_h5_cursor){c->end, c->end, true};
    }
    const ln_h5_cursor part = {c->at, c->at + (size_t)n, false};
    c->at = part.end;
    return part;
}

uint64_t ln_h5_get(ln_h5_cursor *c, int bytes)
{
    const ln_h5_cursor part = ln_h5_take(c, (uint64_t)bytes);
    uint64_t v = 0;
    for (int i = 0; !part.bad && i < bytes; i++)
        v |= (uint64_t)part.at[i] << (8 * i);
    return v;
}

bool ln_h5_signed(ln_h5_cursor *c, const char *letters)
{
    const ln_h5_cursor part = ln_h5_take(c, 4);
    return !part.bad && memcmp(part.at, letters, 4) == 0;
}

bool ln_h5_spend(ln_h5 *h, uint64_t bytes)
{
    if (bytes > h->left)
        return false;
    h->left -= (size_t)bytes;
    return true;
}

/* ---- object headers ---- */

static bool open_second(ln_h5_messages *m, ln_h5_cursor c)
{
    const int version = (int)ln_h5_get(&c, 1), flags = (int)ln_h5_get(&c, 1);
    ln_h5_take(&c, (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0)); /* times; when it gets dense */
    const uint64_t size = ln_h5_get(&c, 1 << (flags & 3));
    m->second = true;
    m->ordered = flags & 4;
    m->block = ln_h5_take(&c, size);
    return version == 2 && !m->block.bad;
}

bool ln_h5_open_object(ln_h5 *h, uint64_t address, ln_h5_messages *m)
{
    ln_h5_cursor c = ln_h5_from(h, address), again = c;
    *m = (ln_h5_messages){.h = h};
    if (h->visits-- <= 0)
        return false;
    if (ln_h5_signed(&again, "OHDR"))
        return open_second(m, again);
    const int version = (int)ln_h5_get(&c, 1);
    ln_h5_take(&c, 7); /* how many messages there are, and who refers to it */
    const uint64_t size = ln_h5_get(&c, 4);
    ln_h5_take(&c, 4);
    m->block = ln_h5_take(&c, size);
    return version == 1 && !m->block.bad;
}

static bool next_block(ln_h5_messages *m)
{
    if (m->n_more == 0 || m->h->visits-- <= 0)
        return false;
    m->n_more--;
    m->block = ln_h5_at(m->h, m->more[m->n_more].address, m->more[m->n_more].size);
    if (!m->second)
        return !m->block.bad;
    return ln_h5_signed(&m->block, "OCHK") && m->block.end - m->block.at >= 4 &&
           (m->block.end -= 4, true); /* a checksum */
}

bool ln_h5_next(ln_h5_messages *m, int *type, ln_h5_cursor *body)
{
    for (;;) {
        ln_h5_cursor *c = &m->block;
        const int least = m->second ? 4 + 2 * m->ordered : 8;
        if (c->end - c->at < least) {
            if (!next_block(m))
                return false;
            continue;
        }
        *type = (int)ln_h5_get(c, m->second ? 1 : 2);
        const uint64_t size = ln_h5_get(c, 2);
        const int flags = (int)ln_h5_get(c, 1);
        ln_h5_take(c, m->second ? (m->ordered ? 2 : 0) : 3);
        *body = ln_h5_take(c, size);
        if (body->bad)
            return false;
        if (*type == LN_H5_CONTINUED) {
            if (m->n_more == (int)(sizeof m->more / sizeof *m->more))
                return false;
            m->more[m->n_more].address = ln_h5_get(body, 8);
            m->more[m->n_more++].size = ln_h5_get(body, 8);
        } else if (!(flags & 2)) { /* not shared: that is nothing Keras writes */
            return true;
        }
    }
}

bool ln_h5_message(ln_h5 *h, uint64_t object, int type, ln_h5_cursor *body)
{
    ln_h5_messages m;
    int found;
    if (!ln_h5_open_object(h, object, &m))
        return false;
    while (ln_h5_next(&m, &found, body))
        if (found == type)
            return true;
    return false;
}

/* ---- global heaps ---- */

ln_h5_cursor ln_h5_heap_object(ln_h5 *h, uint64_t collection, uint64_t index)
{
    const ln_h5_cursor none = {h->data, h->data, true};
    ln_h5_cursor c = ln_h5_from(h, collection);
    if (!ln_h5_signed(&c, "GCOL"))
        return none;
    ln_h5_take(&c, 4);
    const uint64_t size = ln_h5_get(&c, 8);
    c = ln_h5_at(h, collection, size);
    ln_h5_take(&c, 16);
    while (!c.bad && c.end - c.at >= 16 && h->visits-- > 0) {
        const uint64_t number = ln_h5_get(&c, 2);
        ln_h5_take(&c, 6);
        const uint64_t bytes = ln_h5_get(&c, 8);
        if (number == 0) /* what is free stands last */
            break;
        ln_h5_cursor object = ln_h5_take(&c, bytes);
        if (number == index)
            return object;
        ln_h5_take(&c, (8 - bytes % 8) % 8);
    }
    return none;
}

/* ---- trees ---- */

bool ln_h5_open_tree(ln_h5 *h, uint64_t address, int kind, int above, ln_h5_tree *t)
{
    ln_h5_cursor c = ln_h5_from(h, address);
    if (!ln_h5_signed(&c, "TREE") || h->visits-- <= 0)
        return false;
    const int found = (int)ln_h5_get(&c, 1);
    t->level = (int)ln_h5_get(&c, 1);
    t->n = (int)ln_h5_get(&c, 2);
    ln_h5_take(&c, 16); /* its neighbors */
    t->entries = c;
    return found == kind && t->level < above;
}
