# SPDX-License-Identifier: Apache-2.0
# LINNET_MODELS: a library with only what these models need: their operators, and fast code for
# their operators and types; the C interface stays whole.  LINNET_ISAS: fast code for these
# instruction sets, if more than one.  See docs/building.md.
#
# The lists that everything is built from (ops.def, rows.def, eltwise.def, families.def, keep.h) are
# written anew into the build folder, without the lines that are not needed, and found there first;
# the linker leaves out what no list names.  Operators that are left out are still named by the
# engine's tables: there they stand for ln_op_absent, which no node has.
include(cmake/flatbuffer.cmake)
set(minimal ${CMAKE_CURRENT_BINARY_DIR}/minimal)
set(head "/* Made by minimal.cmake. */\n")
if(NOT LINNET_MODELS) # what another choice in this folder may have left
    file(REMOVE_RECURSE ${minimal})
endif()
include_directories(BEFORE ${minimal})

include(cmake/families.cmake)

# What rows of those in `weighted` are for, by the ends of their names.
set(types_of_rows "_q8=[su]8" "_s16=s16" "_hybrid=f32 s[48]" "=f32")

# Rows of cpu/strips.h, and bytes of a model whose images are hardly large enough for them.
set(strips "^(inverted_residual|depthwise_separable)")
set(small_network 131072)

# Vector families that wait for memory more than they compute, or do little of a network's work.
set(small_families unary binary quantized convert select pool reduce rescale softmax)

# Writes a list into the build folder; the text may have anything.
function(write_list name text)
    file(CONFIGURE OUTPUT ${minimal}/${name} CONTENT "${text}" @ONLY)
endfunction()

# Sets ${out} to whether one of the models' nodes fits the pattern.
function(has_node out pattern)
    set(found FALSE)
    foreach(node ${facts})
        if(node MATCHES "^(${pattern})")
            set(found TRUE)
        endif()
    endforeach()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# ---- what the models have ----

set(model_codes)
set(model_customs)
set(model_types)
set(model_nodes)
set(largest 0)
foreach(model ${LINNET_MODELS})
    get_filename_component(model ${model} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    file(SIZE ${model} size)
    if(size GREATER largest)
        set(largest ${size})
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${model})
    linnet_read_model(${model})
endforeach()

# ---- operators ----

set(kept_ops)
set(all_ops)
set(all_steps)
set(steps)
set(facts)
if(LINNET_MODELS)
    # The constant of a custom operator by the operator's name.
    set(custom_constants)
    file(GLOB op_sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} src/ops/*.c)
    foreach(source ${op_sources})
        file(READ ${source} text)
        string(REGEX MATCHALL "const ln_op ln_op_[a-z0-9_]+ = {[ \n]*\\.name = \"[^\"]*\"" ops
               "${text}")
        foreach(op ${ops})
            string(REGEX MATCH "ln_op ln_op_([a-z0-9_]+) = .*\"(.*)\"" unused "${op}")
            if(CMAKE_MATCH_2 IN_LIST model_customs)
                list(APPEND custom_constants ${CMAKE_MATCH_1})
            endif()
        endforeach()
    endforeach()

    set(list "${head}#ifndef LN_OP\n#define LN_OP(code, name)\n#endif\n#ifndef LN_CUSTOM_OP\n")
    string(APPEND list "#define LN_CUSTOM_OP(name)\n#endif\n")
    set(absent "${head}struct ln_op;\nextern const struct ln_op ln_op_absent;\n")
    file(STRINGS src/ops/ops.def lines REGEX "^LN_(CUSTOM_)?OP\\(")
    foreach(line ${lines})
        string(REGEX MATCH "^LN_(CUSTOM_)?OP\\((([0-9]+), *)?([a-z0-9_]+)\\)" unused "${line}")
        set(code "${CMAKE_MATCH_3}")
        set(name "${CMAKE_MATCH_4}")
        list(APPEND all_ops ${name})
        if(name IN_LIST custom_constants OR (NOT code STREQUAL "" AND code IN_LIST model_codes))
            list(APPEND kept_ops ${name})
            set(op_with_code_${code} ${name})
            string(APPEND list "${line}\n")
        else()
            string(APPEND absent "#define ln_op_${name} ln_op_absent\n")
        endif()
    endforeach()
    write_list(ops/ops.def "${list}#undef LN_OP\n#undef LN_CUSTOM_OP\n")
    write_list(absent.h "${absent}")
    write_list(absent.c "#include \"ops/op.h\"
extern const ln_op ln_op_absent;
const ln_op ln_op_absent = {.name = \"\"};
")
    list(APPEND LINNET_SOURCES ${minimal}/absent.c)

    set(wholes concatenation pack split split_v unpack) # operators with ln_op.whole
    list(REMOVE_ITEM wholes ${kept_ops})
    list(LENGTH wholes absent_wholes)
    if(absent_wholes EQUAL 5)
        add_compile_definitions(LN_NO_WHOLES)
    endif()

    set(list "${head}")
    file(STRINGS src/cpu/eltwise.def lines REGEX "^LN_CPU_STEP\\(")
    foreach(line ${lines})
        string(REGEX MATCH "^LN_CPU_STEP\\(([a-z0-9_]+)" unused "${line}")
        list(APPEND all_steps ${CMAKE_MATCH_1})
        if(CMAKE_MATCH_1 IN_LIST kept_ops)
            list(APPEND steps ${CMAKE_MATCH_1})
            string(APPEND list "${line}\n")
        endif()
    endforeach()
    write_list(cpu/eltwise.def "${list}")

    foreach(node ${model_nodes})
        string(REGEX MATCH "^([0-9]+)(.*)$" unused "${node}")
        set(name "${op_with_code_${CMAKE_MATCH_1}}")
        list(APPEND facts "${name}${CMAKE_MATCH_2}")
        if(name IN_LIST steps)
            list(APPEND facts "step${CMAKE_MATCH_2}")
        endif()
    endforeach()
endif()

# ---- the engine ----

if(LINNET_MODELS)
    # The operator of a row by the row's name, from the file that defines it.
    file(GLOB row_sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} src/cpu/*.c)
    foreach(source ${row_sources})
        file(READ ${source} text)
        string(REGEX MATCHALL
               "ln_cpu_row ln_cpu_[a-z0-9_]+ = {[^}]*\\.op = &ln_op_[a-z0-9_]+" rows "${text}")
        foreach(row ${rows})
            string(REGEX MATCH "ln_cpu_row ln_cpu_([a-z0-9_]+) = .*&ln_op_([a-z0-9_]+)$" unused
                   "${row}")
            set(op_of_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
        endforeach()
    endforeach()

    set(list "${head}")
    set(kept_rows)
    file(STRINGS src/cpu/rows.def lines REGEX "^(LN_CPU_ROW\\(|#)")
    foreach(line ${lines})
        if(line MATCHES "^LN_CPU_ROW\\(([a-z0-9_]+)")
            set(name ${CMAKE_MATCH_1})
            set(needed TRUE)
            if("${op_of_${name}}" MATCHES "^${weighted}$")
                foreach(rule ${types_of_rows})
                    string(REGEX MATCH "^(.*)=(.*)$" unused "${rule}")
                    set(types "${CMAKE_MATCH_2}")
                    if(name MATCHES "${CMAKE_MATCH_1}$")
                        has_node(needed "${op_of_${name}} ${types}")
                        if(name MATCHES "${strips}" AND largest LESS small_network)
                            set(needed FALSE)
                        endif()
                        break()
                    endif()
                endforeach()
            elseif(DEFINED op_of_${name} AND NOT op_of_${name} IN_LIST kept_ops)
                set(needed FALSE)
            elseif(name IN_LIST all_ops AND NOT name IN_LIST kept_ops) # from a macro
                set(needed FALSE)
            endif()
            if(NOT needed)
                continue()
            endif()
            list(APPEND kept_rows ${name})
        endif()
        string(APPEND list "${line}\n")
    endforeach()
    write_list(cpu/rows.def "${list}")
    set_property(SOURCE ${row_sources} APPEND PROPERTY COMPILE_OPTIONS
                 "-include${minimal}/absent.h")

    # Words of kernels/keep.h: types, operators, and how the engine names uses of both.
    set(list "${head}#define LN_KEEP(what, ...) LN_KEEP_##what(NULL, __VA_ARGS__)\n")
    string(APPEND list "#define LN_KEEP_ALL(what, ...) LN_KEEP_##what({NULL}, __VA_ARGS__)\n")
    string(APPEND list "#define LN_KEEP_ITEM(what, ...) LN_KEEP_##what(, __VA_ARGS__)\n")
    set(words ${model_types} ${kept_ops})
    if("quantize" IN_LIST kept_ops)
        list(APPEND words rescale)
    endif()
    if("mean" IN_LIST kept_ops OR "sum" IN_LIST kept_ops)
        list(APPEND words fold_rows)
    endif()
    foreach(type f32 s8 u8 s16)
        set(folding "${reductions}|${pools}")
        if(type MATCHES "8") # whose maxima are a kernel of their own
            set(folding "${reductions}|average_pool_2d")
        endif()
        has_node(folds "(${folding}) ${type}")
        if(folds)
            list(APPEND words fold_${type})
        endif()
        has_node(pairs "(add|sub|mul) ${type}")
        if(pairs)
            list(APPEND words pair_${type})
        endif()
    endforeach()
    foreach(word ${all_steps} log_softmax space_to_batch_nd s8 u8 s16 s32 rescale pair_s8 pair_u8
                 pair_s16 fold_rows fold_f32 fold_s8 fold_u8 fold_s16)
        if(word IN_LIST words)
            string(APPEND list "#define LN_KEEP_${word}(none, ...) __VA_ARGS__\n")
        else()
            string(APPEND list "#define LN_KEEP_${word}(none, ...) none\n")
        endif()
    endforeach()
    write_list(kernels/keep.h "${list}")
endif()

set(list "${head}")
set(kept_families)
file(STRINGS src/kernels/families.def lines REGEX "^(LN_VECTOR|LN_FLOATS|LN_TILES|#)")
foreach(line ${lines})
    if(line MATCHES "^LN_(VECTOR|FLOATS|TILES)\\(([a-z0-9_]+)(, ([a-z0-9]+))?\\)")
        set(form ${CMAKE_MATCH_1})
        set(name ${CMAKE_MATCH_2})
        set(isas portable ${LINNET_ISAS})
        set(floats false)
        if(form STREQUAL "FLOATS")
            set(floats true)
        endif()
        if(NOT form STREQUAL "TILES")
            set(isas ${LINNET_VECTOR_ISAS})
        elseif(CMAKE_MATCH_4 IN_LIST isas)
            set(isas ${CMAKE_MATCH_4})
        else()
            continue()
        endif()
        if(LINNET_MODELS AND DEFINED nodes_of_${name})
            has_node(needed "${nodes_of_${name}}")
            if(NOT needed)
                continue()
            endif()
        endif()
        list(APPEND kept_families ${name})
        set(line)
        foreach(isa ${isas})
            string(APPEND line "LN_INIT(${name}, ${isa}, ${floats})\n")
        endforeach()
    endif()
    string(APPEND list "${line}\n")
endforeach()
if(NOT kept_families) # the table wants one
    list(GET LINNET_VECTOR_ISAS 0 isa)
    string(APPEND list "LN_INIT(select, ${isa}, true)\n")
    list(APPEND kept_families select)
endif()
write_list(kernels/families.def "${list}")
foreach(source ${LINNET_VECTOR_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    if(NOT name IN_LIST kept_families)
        list(REMOVE_ITEM LINNET_VECTOR_SOURCES ${source})
    endif()
endforeach()

# ---- small rather than fast, but for the engine's tight loops ----

if(LINNET_MODELS)
    list(LENGTH kept_ops n)
    list(REMOVE_DUPLICATES kept_families)
    list(JOIN kept_ops " " kept_ops)
    list(JOIN kept_rows " " kept_rows)
    list(JOIN kept_families " " kept_families)
    message(STATUS "minimal build, ${n} operators: ${kept_ops}")
    message(STATUS "rows of the engine: ${kept_rows}; families of kernels: ${kept_families}")
    set_property(SOURCE ${op_sources} ${LINNET_SMALL_SOURCES} PROPERTY COMPILE_OPTIONS "")
    set_property(SOURCE ${LINNET_TILE_SOURCES} APPEND PROPERTY COMPILE_OPTIONS -O2)
    # what runs while a model loads, or only on the weakest x86
    set(rare src/cpu/patches_q8.c src/kernels/kernels.c src/kernels/quantized_line.c)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
        list(APPEND rare src/kernels/plain/depthwise_q8.c src/kernels/plain/gemm_q8.c
             src/kernels/plain/pack_q8.c src/kernels/plain/recurrent_dots.c
             src/kernels/plain/take_q8.c)
    endif()
    set(small $<IF:$<BOOL:${LINNET_HAS_OZ}>,-Oz,-Os>)
    set_property(SOURCE ${rare} APPEND PROPERTY COMPILE_OPTIONS ${small})
    foreach(family ${small_families})
        set_property(SOURCE src/kernels/vector/${family}.c APPEND PROPERTY COMPILE_OPTIONS ${small})
    endforeach()
    set_property(SOURCE src/kernels/lut/lut8_avx2.c APPEND PROPERTY COMPILE_OPTIONS ${small})
    add_compile_options(-fno-asynchronous-unwind-tables -fno-unwind-tables)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux" OR ANDROID)
        # no pages between code and constants; no detours for calls within the library
        list(APPEND LINNET_LINK_OPTIONS -Wl,-z,noseparate-code -Wl,-Bsymbolic-functions)
    endif()
    # functions that only what is left out uses
    set_property(SOURCE ${LINNET_VECTOR_SOURCES} ${row_sources} APPEND PROPERTY COMPILE_OPTIONS
                 -Wno-unused-function -Wno-missing-braces)
    # What is exported is kept, so the library exports the C interface but not linnet/model.h, which
    # writes and prints models.  The command needs that too.
    if(NOT LINNET_TOOLS AND NOT APPLE)
        set(exports "{
    global: TfLite*; kTfLite*; ln_version; ln_last_error; ln_options_*; ln_tflite_interpreter_*;
    local: *;
};
")
        write_list(linnet.map "${exports}")
        write_list(tensorflowlite_c.map "VERS_1.0 ${exports}")
        set(LINNET_MAP ${minimal}/linnet.map)
        set(LINNET_TFLITE_MAP ${minimal}/tensorflowlite_c.map)
    endif()
endif()
