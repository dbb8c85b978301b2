#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# metadata.sh: `linnet metadata` on a model of our own: writes metadata, reads it back, refuses what
# does not fit.  Where unzip or Python is at hand, they read it too.  LINNET is the program; where
# it is for another processor, EMULATOR runs it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
digits=$here/../../examples/digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
cp "$digits/digits_float32.tflite" "$work/float.tflite"
cp "$digits/digits_int8.tflite" "$work/int8.tflite"
cp "$digits/labels.txt" "$work/labels.txt"
cd "$work" || exit 2

linnet() { ${EMULATOR:-} "$LINNET" metadata "$@" >out 2>err; }

fail() {
    echo "metadata.sh: $*"
    cat out err
    failed=$((failed + 1))
}

expect() { # code, text that the output must have, arguments...
    code=$1 text=$2
    shift 2
    linnet "$@"
    got=$?
    if [ $got -ne "$code" ] || ! { [ -z "$text" ] || cat out err | grep -qe "$text"; }; then
        fail "linnet metadata $*: exit code $got, wanted $code and '$text'; it printed:"
    fi
}

same() { # two files, what they are
    cmp -s "$1" "$2" || { diff "$1" "$2"; fail "$3"; }
}

expect 2 'no action frob' frob float.tflite
expect 2 'MODEL is missing' show
expect 1 'has no metadata' show float.tflite
expect 1 'nosuch' show nosuch.tflite
expect 1 'identifier TFL3' show labels.txt

# what does not fit is refused, with the cure
cp float.tflite before.tflite
expect 1 'float32 and has no normalization.*127.5' write-image-classifier float.tflite
printf 'zero\none\n' >short.txt
expect 1 'labels in short.txt are 2' write-image-classifier float.tflite --mean 0 --std 1 \
    --labels short.txt
expect 1 'std of 0' write-image-classifier float.tflite --mean 0 --std 0
expect 1 '2 values of mean' write-image-classifier float.tflite --mean 0,1 --std 1,1
expect 1 'has 4 outputs' write-object-detector float.tflite --mean 0 --std 1
expect 1 'ids, mask and segment ids' write-bert-nl-classifier float.tflite --vocab labels.txt
expect 1 'needs its vocabulary' write-question-answerer float.tflite
expect 1 'sample rate' write-audio-classifier float.tflite
expect 2 'go together' write-image-classifier float.tflite --mean 0
expect 2 'not identity' write-image-classifier float.tflite --transformation cube
expect 1 'names the file .labels.txt., which' set float.tflite - <<'END'
{"subgraph_metadata": [{"input_tensor_metadata": [{}],
 "output_tensor_metadata": [{"associated_files": [{"name": "labels.txt"}]}]}]}
END
echo '{"subgraph_metadata": [{"input_tensor_metadata": [{}]}]}' >json
expect 1 'the model has 1 outputs, but the metadata describes 0' set float.tflite json
echo '{"subgraph_metadata": [{"name": 3}]}' >json
expect 1 'subgraph_metadata\[0\].name is not a string' set float.tflite json
echo '{"nam": "x"}' >json
expect 1 'the metadata has no field nam' set float.tflite json
echo '{"name" "x"}' >json
expect 1 'not JSON' set float.tflite json
same float.tflite before.tflite "what was refused changed the model"

# what fits is written, and comes back
for model in float int8; do
    expect 0 '' write-image-classifier $model.tflite --mean 0 --std 255 --labels labels.txt \
        --name Digits --version 2 --author Us
    expect 0 '"name": "Digits"' show $model.tflite
    expect 0 '"min_parser_version": "1.0.0"' show $model.tflite
    expect 0 '^labels.txt$' show --files $model.tflite
    expect 0 '' extract $model.tflite --output .
    same labels.txt "$digits/labels.txt" "extract gives other labels"
    ${EMULATOR:-} "$LINNET" run $model.tflite --image "$digits/digit7.png" --std 255 \
        --labels labels.txt --top 1 >out 2>err && grep -q '  7  .* 7$' out ||
        fail "the model with metadata does not run"
    linnet show --exact $model.tflite
    cp out json
    expect 0 '' set $model.tflite json --output again.tflite
    same $model.tflite again.tflite "set of what show prints changes the model"
    linnet show --exact $model.tflite
    ${EMULATOR:-} "$LINNET" metadata set - - --output - <again.tflite >out 2>err &&
        fail "a model and JSON cannot both be stdin"
    ${EMULATOR:-} "$LINNET" metadata show - <again.tflite >out 2>err
    ${EMULATOR:-} "$LINNET" metadata show again.tflite >json 2>err
    same out json "a model from stdin shows something else"
done

# files
printf 'null\neins\n' >de.txt
expect 0 '' add-file float.tflite de.txt
expect 0 '^de.txt$' show --files float.tflite
expect 0 '^eins$' extract float.tflite de.txt --output -
expect 1 'names the file .labels.txt., which' remove float.tflite labels.txt
expect 0 '' remove float.tflite de.txt
expect 1 'carries no file de.txt' extract float.tflite de.txt
expect 1 'carries no file de.txt' remove float.tflite de.txt
expect 0 '' remove float.tflite
expect 1 'has no metadata' show float.tflite
expect 0 '' remove int8.tflite --output bare.tflite
expect 0 '' write-image-embedder bare.tflite --mean 0 --std 1 --index de.txt
expect 0 '"min_parser_version": "1.4.0"' show bare.tflite
expect 0 '' write-image-classifier float.tflite --force
expect 0 '"name": "ImageClassifier"' show float.tflite

# others read it
if command -v unzip >/dev/null; then
    unzip -tq int8.tflite >out 2>&1 || fail "unzip finds fault with the archive"
    [ "$(unzip -p int8.tflite labels.txt)" = "$(cat labels.txt)" ] ||
        fail "unzip reads other labels"
fi
if command -v python3 >/dev/null; then
    python3 - >out 2>err <<'END' || fail "Python's zipfile does not read the archive"
import zipfile
with zipfile.ZipFile("int8.tflite") as z:
    assert z.testzip() is None
    assert z.read("labels.txt") == open("labels.txt", "rb").read()
    assert all(i.compress_type == zipfile.ZIP_STORED for i in z.infolist())
with zipfile.ZipFile("int8.tflite", "a") as z:
    z.writestr("more.txt", "added by Python")
END
    expect 0 '^added by Python$' extract int8.tflite more.txt --output -
fi

echo "metadata.sh: $failed failed"
[ $failed -eq 0 ]
