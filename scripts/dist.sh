#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dist.sh: builds what is released, into dist/: for each processor a tarball (to be unpacked
# anywhere) and Debian packages, and the sources.
#
#   scripts/dist.sh [x86_64|aarch64]...     default: this machine's, and aarch64 where there is a
#                                           cross compiler
set -eu
cd "$(dirname "$0")/.."
root=$PWD
out=$root/dist
here=$(uname -m)
if [ $# -eq 0 ]; then
    set -- "$here"
    [ "$here" = aarch64 ] || ! command -v aarch64-linux-gnu-gcc >/dev/null || set -- "$@" aarch64
fi
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache
mkdir -p "$out"

configure() { # folder of libraries, prefix
    # shellcheck disable=SC2086 # options, each without blanks
    cmake -S . -B "$build" -G Ninja $launcher $toolchain -DLINNET_TESTS=OFF \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_LIBDIR="$1" -DCMAKE_INSTALL_PREFIX="$2"
    cmake --build "$build"
}

for processor in "$@"; do
    build=$root/build-dist-$processor
    toolchain=
    [ "$processor" = "$here" ] ||
        toolchain=-DCMAKE_TOOLCHAIN_FILE=$root/cmake/$processor-linux-gnu.cmake
    configure lib /usr/local
    (cd "$build" && cpack -G TGZ -B "$out")
    command -v dpkg-deb >/dev/null || continue
    # Debian has libraries in a folder per processor.
    configure "lib/$processor-linux-gnu" /usr
    (cd "$build" && cpack -G DEB -B "$out")
done
rm -rf "$out/_CPack_Packages"
if command -v git >/dev/null && git rev-parse --git-dir >/dev/null 2>&1; then
    version=$(sed -n 's/^project(linnet VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    git archive --prefix="linnet-$version/" -o "$out/linnet-$version-source.tar.gz" HEAD
fi
ls -l "$out"
