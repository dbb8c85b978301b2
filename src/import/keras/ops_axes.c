/* SPDX-License-Identifier: Apache-2.0 */
/* ops_axes.c: functions of keras.ops that take apart and put together axes: einops' notation,
 * diagonals, turns, and picking along an axis. */
#include <ctype.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

static ln_shape shape_of(const ln_keras_call *c)
{
    return ln_emit_shape(c->e, ln_keras_x(c));
}

/* ---- Rearrange: "b (h p) c -> b h (p c)" ---- */

typedef struct side {
    char name[LN_MAX_RANK][32];
    int group[LN_MAX_RANK]; /* that the axis is in; groups are counted from 0 */
    int n, groups;
} side;

/* False where it is no list of names in parentheses of at most one level. */
static bool read_side(const char *text, size_t n, side *to)
{
    bool inside = false;
    *to = (side){.n = 0};
    for (size_t i = 0; i < n;) {
        const char ch = text[i];
        size_t length = 0;
        while (i + length < n &&
               (isalnum((unsigned char)text[i + length]) || text[i + length] == '_'))
            length++;
        if (length) {
            if (to->n == LN_MAX_RANK || length >= sizeof to->name[0])
                return false;
            memcpy(to->name[to->n], text + i, length);
            to->group[to->n++] = to->groups;
            to->groups += !inside;
            i += length;
            continue;
        }
        if (ch == '(' ? inside : ch == ')' ? !inside : !isspace((unsigned char)ch))
            return false;
        to->groups += ch == ')';
        inside = ch == '(' || (inside && ch != ')');
        i++;
    }
    return !inside && to->n > 0;
}

static int find_name(const side *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->name[i], name) == 0)
            return i;
    return -1;
}

/* Lengths of the axes of x once they are apart; LN_KERAS_AS - i: as long as axis i of x. */
static bool lengths(ln_keras_call *c, const side *left, ln_shape *apart)
{
    const ln_shape s = shape_of(c);
    apart->rank = left->n;
    if (left->groups != s.rank)
        return false;
    for (int g = 0; g < s.rank; g++) {
        int alone = 0, open = -1;
        int64_t known = 1;
        for (int i = 0; i < left->n; i++) {
            if (left->group[i] != g)
                continue;
            const int v = ln_keras_arg_int(c, -1, left->name[i], -1);
            alone++;
            apart->dim[i] = v;
            if (v < 1 && open >= 0)
                return false;
            open = v < 1 ? i : open;
            known = v < 1 ? known : known * v;
            if (known > INT32_MAX)
                return false;
        }
        if (alone == 0 || (s.dim[g] >= 0 && s.dim[g] % known) ||
            (open < 0 && s.dim[g] >= 0 && s.dim[g] != known))
            return false;
        if (open >= 0)
            apart->dim[open] = alone == 1     ? LN_KERAS_AS - g
                               : s.dim[g] < 0 ? -1
                                              : s.dim[g] / (int)known;
    }
    return true;
}

/* Axes of y that are one group become one axis. */
static ln_id together(ln_keras_call *c, const side *right, ln_id y)
{
    const ln_shape s = ln_emit_shape(c->e, y);
    ln_shape to = {.rank = right->groups};
    if (!ln_emit_ok(c->e) || right->groups == right->n)
        return y;
    for (int g = 0; g < to.rank; g++) {
        int first = 0, n = 0;
        for (int i = right->n - 1; i >= 0; i--)
            if (right->group[i] == g) {
                first = i;
                n++;
            }
        to.dim[g] = n == 1 ? LN_KERAS_AS - first : ln_shape_count(&s, first, first + n);
    }
    return ln_keras_reshape(c->e, y, &to);
}

void ln_keras_rearrange_op(ln_keras_call *c)
{
    const cJSON *json = ln_keras_arg_json(c, 1, "pattern");
    const char *text = cJSON_IsString(json) ? json->valuestring : "", *arrow = strstr(text, "->");
    side left, right;
    ln_shape apart = {0};
    int perm[LN_MAX_RANK];
    bool good = arrow && read_side(text, (size_t)(arrow - text), &left) &&
                read_side(arrow + 2, strlen(arrow + 2), &right) && left.n == right.n &&
                lengths(c, &left, &apart);
    unsigned seen = 0;
    for (int i = 0; good && i < right.n; i++) {
        perm[i] = find_name(&left, right.name[i]);
        good = perm[i] >= 0 && !(seen >> perm[i] & 1);
        seen |= good ? 1U << perm[i] : 0;
    }
    if (!good) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "the pattern \"%s\" for this tensor", text);
        return;
    }
    ln_id y = left.n == left.groups ? ln_keras_x(c) : ln_keras_reshape(c->e, ln_keras_x(c), &apart);
    y = ln_emit_transpose(c->e, y, left.n, perm);
    ln_keras_out(c, together(c, &right, y));
}

/* ---- turns ---- */

static ln_id reversed(ln_keras_call *c, ln_id x, int axis)
{
    return ln_keras_binary(c->e, &ln_op_reverse_v2, x, ln_emit_ints(c->e, 1, &axis));
}

static ln_id swapped(ln_keras_call *c, ln_id x, int a, int b)
{
    int perm[LN_MAX_RANK];
    const int rank = ln_emit_shape(c->e, x).rank;
    for (int i = 0; i < rank; i++)
        perm[i] = i == a ? b : i == b ? a : i;
    return ln_emit_transpose(c->e, x, rank, perm);
}

/* Fliplr: the second axis, Flipud: the first. */
void ln_keras_flip_one_op(ln_keras_call *c)
{
    const int axis = strcmp(c->row->name, "Fliplr") == 0;
    ln_keras_axis(c, axis, shape_of(c).rank);
    ln_keras_out(c, reversed(c, ln_keras_x(c), axis));
}

void ln_keras_rot90_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK] = {0, 1};
    const int rank = shape_of(c).rank, k = (ln_keras_arg_int(c, -1, "k", 1) % 4 + 4) % 4;
    const int n = ln_keras_arg_json(c, -1, "axes") ? ln_keras_ints(c, -1, "axes", axes) : 2;
    const int a = ln_keras_axis(c, axes[0], rank), b = ln_keras_axis(c, axes[1], rank);
    if (n != 2 || a == b) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axes are not two");
        return;
    }
    if (k > 1) /* on TensorFlow Keras 3.15 gives another result than on other backends */
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "%d quarter turns, which differ between Keras's backends: flip instead", k);
    const ln_id x = ln_keras_x(c);
    ln_keras_out(c, k ? swapped(c, reversed(c, x, b), a, b) : x);
}

/* ---- diagonals ---- */

/* The diagonals of the matrices that two axes make, as a last axis. */
static ln_id diagonal(ln_keras_call *c)
{
    enum { LONGEST = 1 << 20 };
    const ln_shape s = shape_of(c);
    const int a = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis1", 0), s.rank),
              b = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis2", 1), s.rank),
              offset = ln_keras_arg_int(c, -1, "offset", 0);
    int perm[LN_MAX_RANK], n = 0;
    ln_shape flat = {.rank = s.rank - 1};
    if (!ln_emit_ok(c->e))
        return -1;
    const int h = s.dim[a], w = s.dim[b];
    if (a == b || h < 1 || w < 1 || h > LONGEST || w > LONGEST || offset <= -h || offset >= w ||
        h > INT32_MAX / w)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "diagonal %d of %d x %d", offset, h, w);
    for (int i = 0; i < s.rank; i++)
        if (i != a && i != b)
            perm[n++] = i;
    perm[n] = a;
    perm[n + 1] = b;
    for (int i = 0; i < n; i++)
        flat.dim[i] = LN_KERAS_AS - i;
    flat.dim[n] = h * w;
    const int row = offset < 0 ? -offset : 0, column = offset > 0 ? offset : 0;
    const int length = LN_MIN(h - row, w - column);
    int *places = ln_arena_new(&c->k->arena, (size_t)length, sizeof *places);
    for (int i = 0; places && i < length; i++)
        places[i] = (int)((int64_t)(row + i) * w + column + i);
    const ln_id x = ln_emit_transpose(c->e, ln_keras_x(c), s.rank, perm);
    return ln_emit_gather(c->e, ln_keras_reshape(c->e, x, &flat),
                          places ? ln_emit_ints(c->e, length, places) : -1, n);
}

/* Diagonal, and Trace: its sum */
void ln_keras_diagonal_op(ln_keras_call *c)
{
    const ln_id y = diagonal(c);
    const int last = -1;
    ln_keras_out(c, strcmp(c->row->name, "Trace") == 0
                        ? ln_emit_reduce(c->e, &ln_op_sum, y, 1, &last, false)
                        : y);
}

/* ---- picking ---- */

/* y[..., i, ...] = x[..., indices[..., i, ...], ...]: rows of both, with a number per row. */
void ln_keras_take_along_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_shape row = {.rank = 1, .dim = {-1}};
    const bool flat = !ln_keras_arg_json(c, -1, "axis");
    ln_id x = ln_keras_x(c),
          at = ln_keras_operand(c, ln_keras_arg_find(c, 1, "indices"), kTfLiteInt32);
    x = flat ? ln_emit_reshape(e, x, &row) : x;
    at = flat ? ln_emit_reshape(e, at, &row) : at;
    const ln_shape s = ln_emit_shape(e, x), t = ln_emit_shape(e, at);
    const int axis = ln_keras_axis(c, flat ? 0 : ln_keras_arg_int(c, -1, "axis", 0), s.rank);
    const int n = ln_emit_ok(e) && s.rank == t.rank ? s.dim[axis] : -1;
    for (int i = 0; n > 0 && i < s.rank; i++)
        if (i != axis && s.dim[i] != t.dim[i])
            ln_emit_fail(e, LN_ERR_UNSUPPORTED, "indices of another shape than the tensor");
    if (n < 1 || t.dim[axis] < 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "picking along an open axis: give --input-shape");
        return;
    }
    const ln_id x_last = swapped(c, x, axis, s.rank - 1),
                at_last = swapped(c, at, axis, s.rank - 1);
    const ln_shape rows = {.rank = 2, .dim = {-1, t.dim[axis]}};
    const ln_id in[] = {ln_keras_with(e, &ln_op_less, at_last, 0),
                        ln_keras_with(e, &ln_op_add, at_last, n), at_last};
    const ln_id places = ln_emit_reshape(e, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in), &rows);
    const ln_id count = ln_emit_dim(e, places, 0);
    const ln_id begin = ln_keras_with(e, &ln_op_mul, ln_emit_range(e, count), n);
    const ln_id y =
        ln_emit_gather(e, ln_emit_reshape(e, x_last, &row),
                       ln_keras_binary(e, &ln_op_add, places, ln_emit_expand_dims(e, begin, 1)), 0);
    const ln_id back = ln_keras_binary(e, &ln_op_reshape, y, ln_emit_shape_of(e, at_last));
    ln_keras_out(c, swapped(c, back, axis, s.rank - 1));
}

/* The i-th of three items along an axis, and the one behind it, of a times those of b. */
static ln_id turned(ln_keras_call *c, ln_id x, int axis, int by)
{
    const int places[] = {by % 3, (1 + by) % 3, (2 + by) % 3};
    return ln_emit_gather(c->e, x, ln_emit_ints(c->e, 3, places), axis);
}

void ln_keras_cross_op(ln_keras_call *c)
{
    const ln_id a = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32),
                b = ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(c->e, a), t = ln_emit_shape(c->e, b);
    const int all = ln_keras_arg_int(c, -1, "axis", -1),
              axis = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axisa", all), s.rank),
              other = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axisb", all), t.rank),
              made = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axisc", all), s.rank);
    if (!ln_emit_ok(c->e))
        return;
    if (s.rank != t.rank || axis != other || axis != made || s.dim[axis] != 3 || t.dim[axis] != 3) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other than vectors of 3 along the same axis");
        return;
    }
    ln_keras_out(
        c, ln_keras_binary(
               c->e, &ln_op_sub,
               ln_keras_binary(c->e, &ln_op_mul, turned(c, a, axis, 1), turned(c, b, axis, 2)),
               ln_keras_binary(c->e, &ln_op_mul, turned(c, a, axis, 2), turned(c, b, axis, 1))));
}
