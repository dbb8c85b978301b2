# SPDX-License-Identifier: Apache-2.0
# Makes a C source with the bytes of a file:
#   cmake -DIN=file -DOUT=file.c -DNAME=name [-DPAGE=page] -P embed.cmake
# With PAGE, the texts of page.css and page.js stand where the file has @STYLE@ and @SCRIPT@.
if(PAGE)
    file(READ ${IN} text)
    file(READ ${PAGE}.css style)
    file(READ ${PAGE}.js script)
    string(REPLACE "@STYLE@\n" "${style}" text "${text}")
    string(REPLACE "@SCRIPT@\n" "${script}" text "${text}")
    file(WRITE ${OUT}.page "${text}")
    set(IN ${OUT}.page)
endif()
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REPEAT "....." 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "/* Made by embed.cmake. */
#include <stddef.h>
extern const unsigned char ${NAME}[];
extern const size_t ${NAME}_size;
const unsigned char ${NAME}[] = {
${bytes}
};
const size_t ${NAME}_size = sizeof ${NAME};
")
