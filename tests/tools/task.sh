#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# task.sh: the commands of tasks: tables, JSON, pictures, refusals; on the model of digits, and on
# those of SHARED where they are.  LINNET is the program; where it is for another processor,
# EMULATOR runs it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
digits=$here/../../examples/digits
model=$here/../data/digits_metadata.tflite
zoo=${SHARED:-}/models/zoo
inputs=${SHARED:-}/models/task/inputs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 count=0
cd "$work" || exit 2

# The exit code, and patterns (basic regular expressions) of which each must be in what is printed.
expect() { # code, patterns with | between them, arguments...
    code=$1 patterns=$2
    shift 2
    ${EMULATOR:-} "$LINNET" "$@" >out 2>&1
    got=$?
    count=$((count + 1))
    if [ $got -ne "$code" ]; then
        echo "task.sh: linnet $*: exit code $got, not $code"
        cat out
        failed=1
    fi
    echo "$patterns" | tr '|' '\n' >wanted
    while IFS= read -r pattern; do
        grep -qe "$pattern" out && continue
        echo "task.sh: linnet $*: without '$pattern':"
        cat out
        failed=1
    done <wanted
}

# A picture of the size that an image has: width and height stand in bytes 16 to 23 of a PNG file.
picture() { # file, width, height
    size=$(od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }')
    [ "$size" = "$2 $3" ] || { echo "task.sh: $1 has $size pixels, not $2 $3"; failed=1; }
}

json() { # each line of the last output is JSON
    command -v python3 >/dev/null || return 0
    python3 -c 'import json, sys; [json.loads(line) for line in open("out")]' ||
        { echo "task.sh: no JSON:"; cat out; failed=1; }
}

# ---- the model of digits ----

expect 0 'digit3.png$|^ *0.99[0-9]*  *3  3$|^ *0.0' classify "$model" "$digits/digit3.png" --max 2
[ "$(wc -l <out)" -eq 3 ] || { echo "task.sh: not three lines:"; cat out; failed=1; }
expect 0 '"input":".*digit3.png"|"index":3,"score":0.99|"name":"3"|digit4.png|"name":"4"' \
    classify "$model" "$digits/digit3.png" "$digits/digit4.png" --json
json
expect 0 '  7$' classify "$model" "$digits/digit7.png" --allow 7 --allow 1
expect 0 ' 0  0$' classify "$model" "$digits/digit7.png" --deny 7
expect 1 'none match' classify "$model" "$digits/digit7.png" --allow seven
expect 1 'no_such.png' classify "$model" no_such.png
expect 1 'write-image-classifier' classify "$digits/digits_float32.tflite" "$digits/digit0.png"
expect 0 '1.0000  *0 *$' classify "$digits/digits_float32.tflite" "$digits/digit0.png" \
    --mean 0 --std 255
expect 2 'MODEL.*missing' classify
# display names by language
printf 'null\neins\nzwei\ndrei\nvier\nfuenf\nsechs\nsieben\nacht\nneun\n' >de.txt
printf 'zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n' >en.txt
${EMULATOR:-} "$LINNET" metadata write-image-classifier "$digits/digits_float32.tflite" --mean 0 \
    --std 255 --labels "$digits/labels.txt" --labels en.txt:en --labels de.txt:de \
    --output languages.tflite || failed=1
expect 0 ' 3  three$' classify languages.tflite "$digits/digit3.png"
expect 0 ' 3  drei$' classify languages.tflite "$digits/digit3.png" --locale de
expect 0 ' 3  3$' classify languages.tflite "$digits/digit3.png" --locale fr
expect 0 '"name":"3","display_name":"drei"' classify languages.tflite "$digits/digit3.png" \
    --locale de --json
expect 0 '10 values|cosine with the one before: 0\.' embed "$model" "$digits/digit3.png" \
    "$digits/digit4.png" --l2
expect 0 '"embeddings":\[\[' embed "$model" "$digits/digit3.png" --json
json
expect 1 'output' detect "$model" "$digits/digit3.png"
expect 1 'AudioProperties' listen "$model" "$here/../data/tone.wav"
expect 1 'tokenizer' answer "$model" "$here/task.sh" 'Who?'

# ---- models and inputs outside of the repository ----

if [ -f "$zoo/ssd_mobilenet_v1_coco_metadata.tflite" ]; then
    expect 0 '  dog$|  cat$|boxes.png' detect "$zoo/ssd_mobilenet_v1_coco_metadata.tflite" \
        "$inputs/cats_and_dogs.jpg" --max 4 --output boxes.png
    picture boxes.png 1200 600
    cmp -s boxes.png "$inputs/cats_and_dogs.jpg" && failed=1
    expect 0 '"width":|"name":"cat"' detect "$zoo/ssd_mobilenet_v1_coco_metadata.tflite" \
        "$inputs/cats_and_dogs.jpg" --json --output boxes.png
    json
    expect 0 '#400080  dog$|mask.png' segment "$zoo/deeplabv3_257_fp32.tflite" \
        "$inputs/cats_and_dogs.jpg" --output mask.png
    picture mask.png 1200 600
    expect 0 '->' segment "$zoo/deeplabv3_257_fp32.tflite" "$here/../data/turned.jpg"
    picture turned.segment.png 8 16 # 16 x 8, to be turned by 90 degrees
    expect 0 '"width":257,"height":257|"name":"dog"' segment "$zoo/deeplabv3_257_fp32.tflite" \
        "$inputs/cats_and_dogs.jpg" --json --output mask.png
    json
    expect 0 '  Speech$' listen "$zoo/yamnet_with_metadata.tflite" "$inputs/speech.wav" --first
    expect 0 '"name":"Speech"' listen "$zoo/yamnet_with_metadata.tflite" "$inputs/speech.wav" --json
    json
    expect 0 '  Negative$' classify "$zoo/nl_classifier_regex.tflite" --text 'What a waste.'
fi
[ $failed -eq 0 ] && echo "task.sh: $count commands are right"
exit $failed
