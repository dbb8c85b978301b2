# SPDX-License-Identifier: Apache-2.0
# Toolchain for 32-bit ARM (ARMv7 with NEON); its programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
# Where there is none, this machine's own must not be found.
find_program(LINNET_ARM_CXX arm-linux-gnueabihf-g++)
set(CMAKE_CXX_COMPILER ${LINNET_ARM_CXX})
set(CMAKE_C_FLAGS_INIT "-march=armv7-a+simd")
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabihf)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/arm-linux-gnueabihf/pkgconfig)
