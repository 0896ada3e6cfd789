# What a build may vary, and the flags every target shares.
option(COTANGENT_APPS "Build the cotangent command" ON)
option(COTANGENT_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(COTANGENT_BENCH "Build the benchmarks" OFF)
option(COTANGENT_WERROR "Turn warnings into errors" OFF)
option(COTANGENT_PCH "Use precompiled headers (they hide missing includes)" OFF)
set(COTANGENT_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")

# The instruction set is named, never `native`: a named level can be cached, repeated and read in a bug report.
# The default is the widest level that the building machine has; docs/design/instruction_set.md says why.
if(NOT DEFINED COTANGENT_ARCH)
    set(level "")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND EXISTS /proc/cpuinfo)
        file(STRINGS /proc/cpuinfo flags REGEX "^flags" LIMIT_COUNT 1)
        set(level x86-64-v2)
        if(flags MATCHES " avx2 " AND flags MATCHES " fma " AND flags MATCHES " bmi2 ")
            set(level x86-64-v3)
        endif()
        if(flags MATCHES " avx512f " AND flags MATCHES " avx512bw " AND flags MATCHES " avx512vl " AND flags MATCHES " avx512dq ")
            set(level x86-64-v4)
        endif()
    endif()
    set(COTANGENT_ARCH "${level}" CACHE STRING "-march level: x86-64-v2, x86-64-v3, x86-64-v4, or empty")
endif()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O3")  # checks at the user's boundary stay; there are no asserts to turn off

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(cotangent_flags INTERFACE)
target_compile_features(cotangent_flags INTERFACE cxx_std_20)
if(COTANGENT_ARCH)
    # Public: lanes.hpp compiles to vectors of this width, in the library and in its users alike.
    target_compile_options(cotangent_flags INTERFACE -march=${COTANGENT_ARCH})
endif()
target_compile_options(cotangent_flags INTERFACE -fno-math-errno -fno-trapping-math -ffp-contract=fast)

add_library(cotangent_warnings INTERFACE)
target_compile_options(cotangent_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Vectors passed by value between our own inlined functions: the note about the ABI does not apply. The others fire
    # inside fmt and std::vector when GCC 12 loses track of a size.
    target_compile_options(cotangent_warnings INTERFACE -Wno-psabi -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(COTANGENT_WERROR)
    target_compile_options(cotangent_warnings INTERFACE -Werror)
endif()
if(COTANGENT_SANITIZE)
    add_compile_options(-fsanitize=${COTANGENT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
    add_link_options(-fsanitize=${COTANGENT_SANITIZE})
endif()
