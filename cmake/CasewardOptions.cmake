# Compiler settings of every Caseward target. Third-party headers are SYSTEM, so that our warnings stay about our code.
option(CASEWARD_TESTS "Build the test ladder" ON)
option(CASEWARD_BENCH "Build the benchmarks" ON)
option(CASEWARD_TOGETHER "Compile the files of a folder by the handful: quicker from nothing, slower after an edit" OFF)
set(CASEWARD_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_DEPEND=1 CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=time_macros,pch_defines ${CCACHE})
endif()

# Forty programs are linked in a build; the other linker of the same package takes two fifths of the time.
find_program(GOLD ld.gold)
if(GOLD)
  add_link_options(-fuse-ld=gold)
endif()

if(CASEWARD_SANITIZE)
  add_compile_options(-fsanitize=${CASEWARD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CASEWARD_SANITIZE})
  if(CASEWARD_SANITIZE MATCHES thread)
    # Protobuf's headers give map fields two more members under this macro, which the distribution's library does not have.
    # libstdc++ still has to know: it does without a shared_ptr trick that the sanitizer misreads.
    add_compile_options(-U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
  endif()
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)
endif()

# Warnings are errors in our own targets; generated code is built without them.
add_library(caseward_warnings INTERFACE)
target_compile_options(caseward_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wimplicit-fallthrough -Wswitch-enum -Werror)
