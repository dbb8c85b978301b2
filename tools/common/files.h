/* SPDX-License-Identifier: Apache-2.0 */
/* files.h: finds files by the end of their names. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct file_list {
    char **paths;
    size_t n, capacity;
} file_list;

/* Adds `path` itself when it is a file, else every file under it whose name ends in `tail`, in
 * order of their names.  False with a message on stderr when there is no such path. */
bool files_find(file_list *list, const char *path, const char *tail);
void files_free(file_list *list);

#endif
