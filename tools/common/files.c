/* SPDX-License-Identifier: Apache-2.0 */
/* files.c: walks folders. */
#include "common/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/tool.h"

/* Deeper than any real tree of cases; ends loops that symbolic links make. */
enum { MAX_DEPTH = 16 };

static void add(file_list *list, const char *path)
{
    if (list->n == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->paths = tool_resize(list->paths, list->capacity, sizeof *list->paths);
    }
    list->paths[list->n++] = tool_copy(path);
}

static void walk(file_list *list, const char *folder, const char *tail, int depth)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = tool_format("%s/%s", folder, entry->d_name);
        struct stat info;
        const bool there = stat(path, &info) == 0;
        if (there && S_ISDIR(info.st_mode) && depth < MAX_DEPTH)
            walk(list, path, tail, depth + 1);
        else if (there && S_ISREG(info.st_mode) && tool_ends_with(path, tail))
            add(list, path);
        tool_free(path);
    }
    if (dir)
        closedir(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool files_find(file_list *list, const char *path, const char *tail)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        tool_error("%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode)) {
        add(list, path);
        return true;
    }
    const size_t before = list->n;
    walk(list, path, tail, 0);
    if (list->n > before)
        qsort(list->paths + before, list->n - before, sizeof *list->paths, by_name);
    return true;
}

void files_free(file_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        tool_free(list->paths[i]);
    tool_free(list->paths);
    memset(list, 0, sizeof *list);
}
