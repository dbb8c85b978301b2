#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh: mutates models and feeds them to the fuzz targets, each an equal share of the mutants.
#
#   scripts/fuzz.sh BUILD MUTANTS [PROGRAM...]
#
# mutate_model and mutate_interpreter change bytes; mutate_graph and mutate_engine change what an
# operator is given, and the latter compares the CPU engine with the references.  The last line of
# these two says how often the rarest operator had its turn; none must be left out.
# mutate_metadata changes the metadata of models, mutate_packed models with metadata and files,
# mutate_image, _wav, _vocab and _index images, sound, vocabularies and indexes of searchers.
# mutate_optimize changes models as mutate_graph does and puts them through the passes and the way
# to older releases, mutate_rules the text of rules; mutate_saved_model, _bundle, _onnx and _keras
# change what the converter reads,
# mutate_npy, _npz, _labels and _stats what the quantizer reads.
# Seeds are the models of the op cases, those in the repository and, where there are any, those in
# LINNET_SHARED (default ../shared), of at most MAX_SEED_BYTES (65536).  A finding ends the run;
# mutate.last in the build folder then says which mutant it was.
set -eu
[ $# -ge 2 ] || { sed -n 3,18p "$0"; exit 2; }
build=$1 mutants=$2
shift 2
[ $# -gt 0 ] || set -- mutate_model mutate_interpreter mutate_graph mutate_engine \
    mutate_metadata mutate_packed mutate_image mutate_wav mutate_vocab mutate_index \
    mutate_optimize mutate_rules mutate_saved_model mutate_bundle mutate_onnx mutate_keras \
    mutate_npy mutate_npz mutate_labels mutate_stats
share=$(((mutants + $# - 1) / $#))
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${LINNET_SHARED:-$root/../shared}

seeds=$build/seeds
rm -rf "$seeds"
for archive in "$root"/tests/ops/cases/*.zip; do
    python3 -m zipfile -e "$archive" "$seeds/$(basename "$archive" .zip)"
done
list=$(find "$root/examples" "$root/tests" "$(cd "$seeds" && pwd)" -name '*.tflite' | sort)
if [ -d "$shared/models/zoo" ]; then
    list="$list $(find "$(cd "$shared" && pwd)/models/zoo" -name '*.tflite' | sort)"
fi
models=$list data=$root/tests/data
cd "$build"
for program; do
    [ -x "./$program" ] || { echo "$program: not built, left out"; continue; }
    case $program in
    mutate_metadata) list=$(find "$data" -name '*.tflitemeta' | sort) ;;
    mutate_packed) list=$data/digits_metadata.tflite ;;
    mutate_image) list="$data/turned.jpg $data/halved.jpg $data/four_colors.jpg"
        list="$list $data/small.png $data/deep.png $data/small.bmp" ;;
    mutate_wav) list=$data/tone.wav ;;
    mutate_vocab) list="$data/pieces_unigram.model $data/pieces_bpe.model $data/words.txt"
        list="$list $data/pieces.encoder" ;;
    mutate_saved_model) list=$(find "$data/saved_model" -name saved_model.pb | sort) ;;
    mutate_bundle) list=$(find "$data/saved_model" -name '*.index' | sort) ;;
    mutate_onnx) list=$(find "$data/onnx" -name '*.onnx' | sort) ;;
    mutate_keras) list=$(find "$data/keras" -name '*.keras' -o -name '*.h5' | sort) ;;
    mutate_npy | mutate_npz | mutate_labels | mutate_stats)
        list=$(find "$data/samples/${program#mutate_}" -type f | sort) ;;
    mutate_rules) list=$(find "$data/rules" -type f | sort) ;;
    mutate_index) list="$data/index_float.ldb $data/index_codes.ldb" ;;
    *) list=$models ;;
    esac
    # shellcheck disable=SC2086 # a list of paths without blanks
    "./$program" -n "$share" -s "${FUZZ_SEED:-1}" -m "${MAX_SEED_BYTES:-65536}" -c 1 \
        $list >mutate.log || { cat mutate.log; exit 1; }
    echo "$program: $(grep -v '^ *[0-9]* [A-Za-z_0-9.]*$' mutate.log | tr '\n' ' ')"
done
