#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# convert.sh: what `linnet convert`, `optimize`, `downgrade` and `new-op` do for their users.
#
#   LINNET=path of the command  EMULATOR=what runs it  CC=compiler  LIBRARY=folder of liblinnet.so
#   (CC empty: the plug-in is not compiled)
set -eu
data=$(cd "$(dirname "$0")/../data" && pwd)
include=$(cd "$(dirname "$0")/../../include" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

linnet() {
    # shellcheck disable=SC2086 # an emulator comes with its options
    ${EMULATOR:-} "$LINNET" "$@"
}

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

expect() { # FILE PATTERN
    grep -qe "$2" "$1" || { cat "$1"; fail "no \"$2\" in $1"; }
}

# code WANTED COMMAND...
code() {
    wanted=$1
    shift
    got=0
    "$@" >out.txt 2>err.txt || got=$?
    [ "$got" -eq "$wanted" ] || { cat out.txt err.txt; fail "exit code $got, not $wanted: $*"; }
}

mixed=$data/saved_model/mixed
echo 'rule half: (custom:MyHalve x) => (MUL x 0.5)' >half.rules

# ---- exit codes, stdout, reports ----
code 2 linnet convert "$mixed"
code 2 linnet convert "$mixed" -o m.tflite --input-shape x
code 1 linnet convert nosuch.onnx -o m.tflite
code 1 linnet convert "$mixed" -o m.tflite --rules nosuch.rules
code 1 linnet convert "$data/saved_model/fates" -o m.tflite --report failed.html --explain
expect err.txt 'StrangeOp (1, first in layer/StrangeOp): --allow-custom-ops'
expect out.txt '^Lgamma  *impossible  *layer/Lgamma: --select-tf-ops'
expect failed.html '"error":.*StrangeOp'
[ ! -e m.tflite ] || fail "a model was written"
code 0 linnet convert "$mixed" -o m.tflite --select-tf-ops --allow-custom-ops --rules half.rules \
    --report report.json --progress --explain
expect out.txt '^m.tflite: [0-9]* bytes, 4 operators (4 before the passes), .* s; for Tensor'
expect out.txt '^Lgamma  *flex native'
expect err.txt 'linnet: import'
expect report.json '"MUL v1":	1'
expect report.json '"deflated"'
expect report.json '"fate":	"custom"'
code 0 linnet convert "$mixed" -o - --select-tf-ops --allow-custom-ops --rules half.rules
cmp out.txt m.tflite || fail "stdout is another model"
code 0 linnet convert "$mixed" -o m5.tflite --select-tf-ops --allow-custom-ops --rules half.rules \
    --input-shape x=5,3 --report report.html
linnet inspect m5.tflite >inspect.txt
expect inspect.txt '\[5,3\]'
expect report.html '<!DOCTYPE html>'

# ---- shapes of inputs that are not there ----
for model in "$data/saved_model/dense" "$data/keras/keras_2.h5" "$data/onnx/image.onnx"; do
    code 1 linnet convert "$model" -o shapes.tflite --input-shape nosuch=1,2
    expect err.txt 'no input nosuch'
done

# ---- a model from stdin, and one whose name says nothing ----
code 0 linnet convert "$data/onnx/image.onnx" -o image.tflite
code 0 linnet convert - -o stdin.tflite --optimize <"$data/onnx/image.onnx"
cmp stdin.tflite image.tflite || fail "stdin gives another model"
code 0 linnet optimize - -o again.tflite <image.tflite
cp "$data/keras/keras_2.h5" named
code 0 linnet convert named -o named.tflite
echo 'nothing of the kind' >named
code 1 linnet convert named -o named.tflite
expect err.txt 'does not begin like any of these'
code 0 linnet convert "$data/saved_model/dense/saved_model.pb" -o inside.tflite
code 0 linnet convert "$data/saved_model/dense" -o folder.tflite
cmp inside.tflite folder.tflite || fail 'saved_model.pb is not its folder'
cp "$data/saved_model/dense/saved_model.pb" other.pb
code 1 linnet convert other.pb -o m.tflite
expect err.txt 'give the folder'
code 2 linnet convert named -o named.tflite --optimize --no-optimization

# ---- optimize: one signature, names, shapes ----
code 1 linnet optimize image.tflite -o small.tflite --signature nosuch
expect err.txt 'no signature nosuch'
code 0 linnet optimize image.tflite -o small.tflite --strip-names --signature serving_default
expect out.txt 'constants ('
expect out.txt '^small.tflite: .* for TensorFlow Lite'
[ "$(wc -c <small.tflite)" -lt "$(wc -c <image.tflite)" ] || fail "nothing got smaller"
code 1 linnet optimize image.tflite -o small.tflite --input-shape nosuch=1
code 0 linnet optimize image.tflite -o small.tflite --input-shape x=1,3,20,16

# ---- downgrade: values stay, newer operators go ----
code 2 linnet downgrade image.tflite -o old.tflite
code 1 linnet downgrade image.tflite -o old.tflite --target-version new
expect err.txt 'go like 2.3'
code 1 linnet downgrade image.tflite -o old.tflite --target-version 1.2
expect err.txt 'CONV_2D version 1, which came with 1.5.0'
code 0 linnet downgrade image.tflite -o old.tflite --target-version 2.0
expect out.txt '^old.tflite: .* for TensorFlow Lite [12]\.'

# ---- new-op ----
code 2 linnet new-op
code 2 linnet new-op 'not a name'
code 0 linnet new-op MyThing
code 1 linnet new-op MyThing
expect err.txt 'cannot be made'
linnet inspect --graph my_thing/test.tflite >inspect.txt
expect inspect.txt 'MyThing v1'
if [ -n "${CC:-}" ]; then
    make -s -C my_thing all test CC="$CC" CFLAGS="-O1 -Wall -Wextra -Wpedantic -Werror" \
        LINNET_CFLAGS="-I$include" LINNET_LIBS="-L$LIBRARY -llinnet -Wl,-rpath,$LIBRARY" >make.txt
    expect make.txt 'MyThing: ok'
    code 0 linnet run my_thing/test.tflite --custom-ops ./my_thing/libmy_thing.so
    expect out.txt 'FLOAT32 \[4\]'
    code 0 linnet bench my_thing/test.tflite --custom-ops my_thing/libmy_thing.so --runs 1 \
        --min-seconds 0
    code 1 linnet run my_thing/test.tflite --custom-ops "$LIBRARY/liblinnet.so"
    expect err.txt 'no function linnet_plugin_register'
fi
code 1 linnet run my_thing/test.tflite
code 2 linnet run my_thing/test.tflite --delegate gpu
echo "convert: ok"
