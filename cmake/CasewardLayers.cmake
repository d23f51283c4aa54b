# Layering that the compiler enforces: a target sees only the include roots of what it may use. Each folder gets a root of
# its own in the build tree that holds one symbolic link to it, so that `#include "storage/x.h"` in engine/ fails as
# "No such file or directory" (proved by tests/build/layering_test.sh).

# The headers that nearly every file reads, compiled once: three quarters of a compilation was reading them. They belong to
# the lowest layer, so using them steps around no boundary. They fit only files that are optimised alike.
function(caseward_precompile_headers)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "// Holds the precompiled headers.\n")
  caseward_precompiled_set(caseward_precompiled)
  if(CASEWARD_QUICKLY)
    caseward_precompiled_set(caseward_precompiled_quickly)
    target_compile_options(caseward_precompiled_quickly PRIVATE ${CASEWARD_QUICKLY})
  endif()
endfunction()
function(caseward_precompiled_set NAME)
  add_library(${NAME} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(${NAME} PRIVATE caseward_proto absl::statusor absl::strings absl::time
    absl::flat_hash_map absl::any_invocable absl::function_ref caseward_warnings)
  target_compile_options(${NAME} PRIVATE -Wno-error=invalid-pch)
  target_precompile_headers(${NAME} PRIVATE
    <algorithm> <functional> <map> <memory> <optional> <string> <string_view> <variant> <vector>
    <absl/container/flat_hash_map.h> <absl/functional/any_invocable.h> <absl/functional/function_ref.h>
    <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h> <absl/time/time.h>
    <caseward/v1/decision.pb.h> <caseward/v1/explanation.pb.h> <caseward/v1/state.pb.h>)
  add_dependencies(${NAME} caseward_proto)
endfunction()
function(caseward_reuse_headers NAME SET)
  if(TARGET ${SET})
    target_precompile_headers(${NAME} REUSE_FROM ${SET})
    target_compile_options(${NAME} PRIVATE -Wno-error=invalid-pch)
  endif()
endfunction()

# A test's own code runs once and compiles often: without optimising it takes a third less. The libraries it tests stay as
# they run.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CASEWARD_QUICKLY -O0)
endif()
function(caseward_compile_quickly NAME)
  if(CASEWARD_QUICKLY)
    target_compile_options(${NAME} PRIVATE ${CASEWARD_QUICKLY})
    caseward_reuse_headers(${NAME} caseward_precompiled_quickly)
  else()
    caseward_reuse_headers(${NAME} caseward_precompiled)
  endif()
endfunction()

# Most of a compilation is reading headers: eight files as one take little longer than two. Only what is built from nothing
# is built so; the sanitizers' builds compile each file by itself, which shows that it includes what it uses. Files of one
# folder then share their unnamed namespaces: what clashes gets another name.
function(caseward_compile_together NAME)
  set_target_properties(${NAME} PROPERTIES UNITY_BUILD ${CASEWARD_TOGETHER} UNITY_BUILD_BATCH_SIZE 8)
  if(CASEWARD_TOGETHER)
    # A type of the .cc file inside another of the .cc file: seen as one of a header, which it is not.
    target_compile_options(${NAME} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# caseward_library(NAME FOLDER folder [SUBFOLDERS names...] [FILES names...] [DEPENDS targets...] [PRIVATE targets...])
# All .cc files of the folder (and of the sub-folders named) but main.cc; or, where a folder holds several libraries, the
# FILES that it names.
function(caseward_library NAME)
  cmake_parse_arguments(ARG "" "FOLDER" "SUBFOLDERS;FILES;DEPENDS;PRIVATE" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/roots/${NAME})
  get_filename_component(parent ${ARG_FOLDER} DIRECTORY)
  file(MAKE_DIRECTORY ${root}/${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${ARG_FOLDER} ${root}/${ARG_FOLDER} SYMBOLIC)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_FOLDER}/*.cc)
  foreach(sub ${ARG_SUBFOLDERS})
    file(GLOB more CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_FOLDER}/${sub}/*.cc)
    list(APPEND sources ${more})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(ARG_FILES)
    list(TRANSFORM ARG_FILES PREPEND ${CMAKE_SOURCE_DIR}/${ARG_FOLDER}/ OUTPUT_VARIABLE sources)
  endif()
  if(sources)
    add_library(${NAME} STATIC ${sources})
    target_include_directories(${NAME} PUBLIC ${root})
    target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE} caseward_warnings)
    caseward_reuse_headers(${NAME} caseward_precompiled)
    caseward_compile_together(${NAME})
  else()
    add_library(${NAME} INTERFACE)
    target_include_directories(${NAME} INTERFACE ${root})
    target_link_libraries(${NAME} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# caseward_test(NAME RUNG rung SOURCES files... DEPENDS targets... [FIXTURE name] [PREFIX text] [TOGETHER])
# Registered test by test, labelled with its rung; the working directory is the source tree. It links what DEPENDS names and
# the headers of tests/support, nothing else: an edit rebuilds what it reaches. A fixture is started by ctest before the first
# of its tests and stopped after the last; tests that are built twice need a PREFIX, because ctest knows them by name.
function(caseward_test NAME)
  cmake_parse_arguments(ARG "TOGETHER" "RUNG;TIMEOUT;FIXTURE;PREFIX" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} support_files caseward_test_main caseward_warnings)
  caseward_compile_quickly(${NAME})
  if(ARG_TOGETHER)
    caseward_compile_together(${NAME})
  endif()
  set_property(GLOBAL APPEND PROPERTY CASEWARD_TESTS_${ARG_RUNG} ${NAME})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(fixture)
  if(ARG_FIXTURE)
    set(fixture FIXTURES_REQUIRED ${ARG_FIXTURE})
  endif()
  gtest_discover_tests(${NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 60 TEST_PREFIX "${ARG_PREFIX}"
    PROPERTIES LABELS ${ARG_RUNG} TIMEOUT ${ARG_TIMEOUT} ${fixture})
endfunction()
