# Build functions. Every target in the project is declared through these functions,
# so that warnings, hardening and sanitizers are set in one place.
include_guard()

option(SVIDENCE_BUILD_TESTS "Build unit and integration tests" ON)
option(SVIDENCE_BUILD_FUZZERS "Build fuzz targets (clang only)" OFF)
option(SVIDENCE_BUILD_BENCH "Build the programs that script/bench measures with" OFF)
option(SVIDENCE_WERROR "Treat warnings as errors" ON)
set(SVIDENCE_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, e.g. address,undefined")

option(SVIDENCE_COVERAGE "Instrument for gcov" OFF)

# Off in the presets release and tidy, where a missing #include then shows.
option(SVIDENCE_PCH "Precompile the headers that nearly every file includes" OFF)

# ccache where there is one: a compiler launcher set by the user wins. The
# sloppiness is what ccache asks for before it handles precompiled headers.
find_program(SVIDENCE_CCACHE ccache)
if(SVIDENCE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros "${SVIDENCE_CCACHE}")
endif()

# plain_flags: language, warnings, hardening. flags: those and the sanitizers or
# coverage of the preset; every target but the static shim takes these.
add_library(svidence_plain_flags INTERFACE)
add_library(svidence::plain_flags ALIAS svidence_plain_flags)
add_library(svidence_flags INTERFACE)
add_library(svidence::flags ALIAS svidence_flags)
target_link_libraries(svidence_flags INTERFACE svidence::plain_flags)
target_compile_features(svidence_plain_flags INTERFACE cxx_std_20)
target_compile_options(svidence_plain_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Werror=unused-result -Werror=switch
  $<$<BOOL:${SVIDENCE_WERROR}>:-Werror>
  -fstack-protector-strong -fno-omit-frame-pointer -pthread)
# An empty optional, an index out of range: abort, with NDEBUG too.
target_compile_definitions(svidence_plain_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(svidence_plain_flags INTERFACE -Wl,-z,relro,-z,now)
if(SVIDENCE_COVERAGE)
  target_compile_options(svidence_flags INTERFACE --coverage)
  target_link_options(svidence_flags INTERFACE --coverage)
endif()
if(SVIDENCE_SANITIZE)
  target_compile_options(svidence_flags INTERFACE
    -fsanitize=${SVIDENCE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(svidence_flags INTERFACE -fsanitize=${SVIDENCE_SANITIZE})
else()
  target_compile_definitions(svidence_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()

# Two sets of precompiled headers: one for libraries and programs, one for tests.
# They halve what a build costs, most of which is reading these headers again.
function(svidence_pch_owner name)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pch/${name}.cc" CONTENT "")
  add_library(svidence_${name} OBJECT "${PROJECT_BINARY_DIR}/pch/${name}.cc")
  target_link_libraries(svidence_${name} PRIVATE svidence::flags absl::statusor ${ARGN})
  target_compile_options(svidence_${name} PRIVATE -fpch-preprocess)
  target_precompile_headers(svidence_${name} PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional>
    <span> <string> <string_view> <thread> <utility> <vector> <absl/status/statusor.h>)
endfunction()
function(svidence_use_pch target owner)
  if(SVIDENCE_PCH)
    target_compile_options(${target} PRIVATE -fpch-preprocess)
    target_precompile_headers(${target} REUSE_FROM svidence_${owner})
  endif()
endfunction()

# svidence_library(<name> SRCS ... DEPS ... [PRIVATE_DEPS ...])
# Declares svidence_<name> and its alias svidence::<name>. DEPS are what the
# headers need; PRIVATE_DEPS are what only the .cc files need.
function(svidence_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS;PRIVATE_DEPS")
  add_library(svidence_${name} STATIC ${arg_SRCS})
  add_library(svidence::${name} ALIAS svidence_${name})
  target_include_directories(svidence_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(svidence_${name}
    PUBLIC ${arg_DEPS} PRIVATE svidence::flags ${arg_PRIVATE_DEPS})
  svidence_use_pch(svidence_${name} pch)
endfunction()

# svidence_test(<name> LABEL <one of unit, grpc, integration, crash> SRCS ... DEPS ...
#               [TIMEOUT <seconds, for those that script/test --long lets run>])
# crash: kills other processes and lets disks fail; there, sanitizers would only be slow.
# One label each: gtest_discover_tests() keeps only the first of a list.
function(svidence_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SRCS;DEPS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS}
    GTest::gmock GTest::gtest_main)
  svidence_use_pch(${name} test_pch)
  include(GoogleTest)
  gtest_discover_tests(${name} NO_PRETTY_VALUES PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${arg_LABEL})
endfunction()

# svidence_binary(<name> SRCS ... DEPS ...)
# Declares one program; it is built into <build>/bin.
function(svidence_binary name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS")
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS})
  svidence_use_pch(${name} pch)
endfunction()

# svidence_fuzz(<name> SRCS ... DEPS ...)
function(svidence_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS")
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
