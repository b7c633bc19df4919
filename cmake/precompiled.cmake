# assay_precompiled: a target that links it starts from precompiled.h, which clang has read once.
#
# CMake's own precompiled headers would name this build directory in what ccache compares.  Here the
# file beside the result, .sum, is what ccache looks at: the text of all these headers, hashed.
add_library(assay_precompiled INTERFACE)
option(ASSAY_PRECOMPILE "Compile other people's headers once (needs clang)" OFF)
if(NOT ASSAY_PRECOMPILE)
  return()
endif()

set(header ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)
set(precompiled ${PROJECT_BINARY_DIR}/precompiled.pch)
add_library(assay_precompiled_flags OBJECT EXCLUDE_FROM_ALL ${header})
set_target_properties(assay_precompiled_flags PROPERTIES LINKER_LANGUAGE CXX)
target_link_libraries(assay_precompiled_flags PRIVATE Boost::json fmt::fmt GTest::gmock protobuf::libprotobuf)
separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
set(theirs "-D$<JOIN:$<TARGET_PROPERTY:assay_precompiled_flags,COMPILE_DEFINITIONS>,;-D>"
  "$<TARGET_PROPERTY:assay_precompiled_flags,COMPILE_OPTIONS>")
list(APPEND flags -std=c++${CMAKE_CXX_STANDARD} -fPIE -pthread -x c++-header)
add_custom_command(OUTPUT ${precompiled} ${precompiled}.sum
  COMMAND ${CMAKE_CXX_COMPILER} ${flags} "${theirs}" -fpch-instantiate-templates -Xclang -fno-pch-timestamp
    -MD -MT precompiled.pch -MF ${precompiled}.d -o ${precompiled} ${header}
  COMMAND ${CMAKE_CXX_COMPILER} ${flags} "${theirs}" -E -P -dD -o ${precompiled}.text ${header}
  COMMAND ${CMAKE_COMMAND} -E sha256sum precompiled.pch.text > ${precompiled}.sum
  COMMAND ${CMAKE_COMMAND} -E rm ${precompiled}.text
  DEPENDS ${header} DEPFILE ${precompiled}.d
  WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMAND_EXPAND_LISTS VERBATIM
  COMMENT "Precompiling other people's headers")
add_custom_target(assay_precompile DEPENDS ${precompiled})
add_dependencies(assay_precompiled assay_precompile)
# clang refuses what was precompiled with other options; all our code lands in programs, hence PIE.
# It forgets where these headers allow themselves what is deprecated; the release still warns of that.
target_compile_options(assay_precompiled INTERFACE
  "SHELL:-include-pch ${precompiled}" -fPIE -pthread -Wno-deprecated-declarations)
