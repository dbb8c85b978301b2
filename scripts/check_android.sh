#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_android.sh: builds the library for AArch64 as Android's NDK would (clang, lld, its flags),
# but with the C library of Debian's cross compiler in place of Android's.  Its segments must be for
# pages of 16 kB, and of the system it may need only what Android has had since version 5 (API 21).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_C_COMPILER_LAUNCHER=ccache

compile="--target=aarch64-linux-gnu -D__ANDROID__ -DANDROID -fdata-sections -ffunction-sections \
-funwind-tables -fstack-protector-strong -no-canonical-prefixes -D_FORTIFY_SOURCE=2 -Wformat \
-Werror=format-security"
link="-fuse-ld=lld -Wl,--build-id=sha1 -Wl,--no-rosegment -Wl,--no-undefined-version \
-Wl,--fatal-warnings -Wl,--no-undefined -Qunused-arguments"
cmake -S "$root" -B "$work/build" -G Ninja $launcher -DCMAKE_SYSTEM_NAME=Linux -DANDROID=ON \
    -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_C_FLAGS=$compile" "-DCMAKE_SHARED_LINKER_FLAGS=$link" -DLINNET_WERROR=ON \
    -DLINNET_TOOLS=OFF -DLINNET_TASK=OFF -DLINNET_TESTS=OFF >"$work/log" 2>&1 &&
    cmake --build "$work/build" --target linnet tensorflowlite_c >>"$work/log" 2>&1 ||
    { tail -n 30 "$work/log"; exit 1; }

# Functions of Android's libc, libm and libdl, as far as this library is about them; bcmp is what
# clang makes of memcmp for GNU's systems only.
cat >"$work/android" <<'END'
__cxa_finalize __errno __errno_location __memcpy_chk __memmove_chk __memset_chk __sF
__snprintf_chk __stack_chk_fail __stack_chk_guard __strlen_chk __vsnprintf_chk __getauxval
abort bcmp calloc clock_gettime close fstat fsync free getauxval getenv getpid madvise malloc memchr
memcmp memcpy memmove memset mmap munmap open qsort read realloc rename snprintf strcmp strerror
strlen strncmp strstr strtod strtof strtoll sysconf unlink vsnprintf write
pthread_cond_broadcast pthread_cond_destroy pthread_cond_init pthread_cond_signal
pthread_cond_wait pthread_create pthread_join pthread_mutex_destroy pthread_mutex_init
pthread_mutex_lock pthread_mutex_unlock
acos acosf acosh acoshf asin asinf asinh asinhf atan atan2 atan2f atanf atanh atanhf cbrt cbrtf cos
cosf cosh coshf erf erfc erfcf erff exp expf expm1 expm1f fmod fmodf frexp hypot hypotf ldexp ldexpf
log log1p log1pf logf nextafter nextafterf pow powf sin sincos sincosf sinf sinh sinhf sqrt sqrtf
tan tanf tanh tanhf tgamma
dlclose dlopen dlsym
END
tr ' ' '\n' <"$work/android" | sort -u >"$work/has"
for library in liblinnet.so libtensorflowlite_c.so; do
    llvm=$(command -v llvm-readelf || echo readelf)
    pages=$("$llvm" -lW "$work/build/$library" | awk '$1 == "LOAD" { print $NF }' | sort -u)
    [ "$pages" = 0x4000 ] || { echo "$library: pages of $pages"; exit 1; }
    nm -D --undefined-only "$work/build/$library" | awk '$1 == "U" { print $2 }' |
        sed 's/@.*//' | sort -u >"$work/needs"
    missing=$(comm -23 "$work/needs" "$work/has")
    [ -z "$missing" ] || { echo "$library needs:" $missing; exit 1; }
    echo "$library: pages of 16 kB, $(wc -l <"$work/needs") functions of the system"
done
echo "check_android: 2 libraries are as Android wants them"
