# Build functions. Every target in the project is declared through these functions,
# so that warnings, hardening and sanitizers are set in one place.
include_guard()

option(SVIDENCE_BUILD_TESTS "Build unit and integration tests" ON)
option(SVIDENCE_BUILD_FUZZERS "Build fuzz targets (clang only)" OFF)
option(SVIDENCE_WERROR "Treat warnings as errors" ON)
set(SVIDENCE_SANITIZE "" CACHE STRING "Comma list for -fsanitize=, e.g. address,undefined")

option(SVIDENCE_COVERAGE "Instrument for gcov" OFF)

# ccache where there is one: a compiler launcher set by the user wins.
find_program(SVIDENCE_CCACHE ccache)
if(SVIDENCE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${SVIDENCE_CCACHE}")
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
  -fstack-protector-strong -fno-omit-frame-pointer)
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
endfunction()

# svidence_test(<name> LABEL <one of unit, grpc, integration> SRCS ... DEPS ...)
# One label each: gtest_discover_tests() keeps only the first of a list.
function(svidence_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SRCS;DEPS")
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS}
    GTest::gmock GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name} NO_PRETTY_VALUES PROPERTIES TIMEOUT 180 LABELS ${arg_LABEL})
endfunction()

# svidence_binary(<name> SRCS ... DEPS ...)
# Declares one program; it is built into <build>/bin.
function(svidence_binary name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS")
  add_executable(${name} ${arg_SRCS})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS})
endfunction()

# svidence_fuzz(<name> SRCS ... DEPS ...)
function(svidence_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SRCS;DEPS")
  add_executable(${name} ${arg_SRCS})
  target_link_libraries(${name} PRIVATE svidence::flags ${arg_DEPS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
