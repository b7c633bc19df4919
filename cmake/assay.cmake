include(GoogleTest)
include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)

# assay_library(NAME SOURCES ... LINKS ... [TESTS ...] [TEST_LINKS ...])
#
# One directory of src/ is one library `assay_NAME`; its LINKS are the arrows of
# docs/architecture.md.  TESTS become one program `NAME_test` that CTest runs
# case by case.
function(assay_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(assay_${name} STATIC ${ARG_SOURCES})
  target_include_directories(assay_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(assay_${name} PUBLIC ${ARG_LINKS} PRIVATE assay_warnings assay_precompiled)
  if(ASSAY_TESTS AND ARG_TESTS)
    assay_test(${name}_test SOURCES ${ARG_TESTS} LINKS assay_${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

# assay_test(NAME SOURCES ... LINKS ... [OPTIONS ...]): a GoogleTest program, discovered by CTest.
# With compiler OPTIONS of its own it does without the precompiled headers: they were made without.
function(assay_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;OPTIONS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} assay_warnings GTest::gmock GTest::gtest_main)
  if(ARG_OPTIONS)
    target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  else()
    target_link_libraries(${name} PRIVATE assay_precompiled)
  endif()
  target_compile_definitions(${name} PRIVATE ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120)
endfunction()

# Warnings for our own code only; -Werror comes from the presets.
add_library(assay_warnings INTERFACE)
target_compile_options(assay_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wswitch-enum -Wold-style-cast -Wnon-virtual-dtor)
