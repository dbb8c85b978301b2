/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.h: the names in LN_SCHEMA_FILE as enumerators; included once per format, so without a
 * guard. */
enum {
#define LN_TABLE(table) LN_T_##table,
#include LN_SCHEMA_FILE
};

enum {
#define LN_UNION(name) LN_U_##name,
#include LN_SCHEMA_FILE
};

enum {
#define LN_EACH_FIELD(table, field, slot) LN_##table##_##field = slot,
#include LN_SCHEMA_FILE
};

/* Numbers of union members (LN_QuantizationDetails_BlockwiseQuantization), values of
 * enumerations. */
enum {
#define LN_MEMBER(name, number, table) LN_##name##_##table = number,
#define LN_NAME(names, name, number) LN_##names##_##name = number,
#include LN_SCHEMA_FILE
};
