/* SPDX-License-Identifier: Apache-2.0 */
/* label_table.h: classes of files by name: lines of a text, or the folders that files lie in.  A
 * class is a number, or a name with the number of its place in a list. */
#ifndef LABEL_TABLE_H
#define LABEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { LABEL_MAX_CLASS = 1 << 24, LABEL_ERROR = 256 };

typedef struct label_table label_table;

label_table *label_table_create(void);
void label_table_free(label_table *t);
/* The names of the classes, one per line, before anything else. */
void label_table_set_classes(label_table *t, const char *text);
/* Lines "file,class", or a class per line: that of the sample at that place.  Fields
 * may be quoted; a line of headings is left out.  False with the reason in error[LABEL_ERROR]. */
bool label_table_read(label_table *t, const char *text, char *error);
/* From now on a file's class is its folder's name; all files are to be added. */
void label_table_add_folder(label_table *t, const char *path);
/* Gives the names numbers, once all are there: `known`, where that has all of them, or their places
 * in sorted order.  False with the reason in error[LABEL_ERROR] where one is not in the list that
 * was set. */
bool label_table_finish(label_table *t, const char *const *known, size_t n_known, char *error);
/* The class of sample `at` (from 0 on) from file `path`; -1 where none is known. */
int label_table_find(const label_table *t, const char *path, size_t at);
/* How many classes there are; 0 where they are numbers.  The name of one of them. */
size_t label_table_count(const label_table *t);
const char *label_table_name(const label_table *t, size_t class_number);

#endif
