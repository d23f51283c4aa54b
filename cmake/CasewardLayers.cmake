# Layering that the compiler enforces: a target sees only the include roots of what it may use. Each folder gets a root of
# its own in the build tree that holds one symbolic link to it, so that `#include "storage/x.h"` in engine/ fails as
# "No such file or directory" (proved by tests/build/layering_test.sh).

# caseward_library(NAME FOLDER folder [SUBFOLDERS names...] [DEPENDS targets...] [PRIVATE targets...])
# All .cc files of the folder (and of the sub-folders named) but main.cc.
function(caseward_library NAME)
  cmake_parse_arguments(ARG "" "FOLDER" "SUBFOLDERS;DEPENDS;PRIVATE" ${ARGN})
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
  if(sources)
    add_library(${NAME} STATIC ${sources})
    target_include_directories(${NAME} PUBLIC ${root})
    target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE} caseward_warnings)
  else()
    add_library(${NAME} INTERFACE)
    target_include_directories(${NAME} INTERFACE ${root})
    target_link_libraries(${NAME} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# caseward_test(NAME RUNG rung SOURCES files... DEPENDS targets...)
# Registered test by test, labelled with its rung; the working directory is the source tree.
function(caseward_test NAME)
  cmake_parse_arguments(ARG "" "RUNG;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} test_support caseward_test_main caseward_warnings)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  gtest_discover_tests(${NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_RUNG} TIMEOUT ${ARG_TIMEOUT})
endfunction()
