# cotangent_room(NAME SOURCES ... USES ... TESTS ... BENCHES ... LINKS ... NEEDS ...)
#   SOURCES  .cpp files of the room
#   USES     the rooms on its left that it includes
#   LINKS    libraries its users need too        NEEDS  libraries only its own sources need
#   TESTS    *_test.cpp files, one executable `NAME_test` and one ctest entry a file
#   BENCHES  *_bench.cpp files, one executable `NAME_bench` (Google Benchmark)
function(cotangent_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;USES;TESTS;BENCHES;LINKS;NEEDS" ${ARGN})
    set(target cotangent_${name})
    set(uses ${ROOM_USES})
    list(TRANSFORM uses PREPEND cotangent_)
    if(ROOM_SOURCES)
        add_library(${target} STATIC ${ROOM_SOURCES})
        set(scope PUBLIC)
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:cotangent_warnings> ${ROOM_NEEDS})
        if(COTANGENT_PCH)
            target_precompile_headers(${target} PRIVATE <algorithm> <memory> <span> <string> <vector>)
        endif()
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${target} ${scope}
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
    target_link_libraries(${target} ${scope} cotangent_flags ${uses} ${ROOM_LINKS})
    # Not as headers of the system: compilers would hide the warning of a gradient that cannot depend on its argument.
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} EXPORT_NO_SYSTEM ON)
    add_library(cotangent::${name} ALIAS ${target})
    set_property(GLOBAL APPEND PROPERTY COTANGENT_ROOMS ${target})

    if(COTANGENT_TESTS AND ROOM_TESTS)
        add_executable(${name}_test ${ROOM_TESTS} ${PROJECT_SOURCE_DIR}/tests/main.cpp)
        target_link_libraries(${name}_test PRIVATE ${target} cotangent_warnings cotangent_test_support)
        foreach(file ${ROOM_TESTS})
            cmake_path(GET file STEM stem)
            add_test(NAME ${name}/${stem} COMMAND ${name}_test --no-version --no-intro --source-file=*${file}
                WORKING_DIRECTORY ${CMAKE_BINARY_DIR})  # paths in __FILE__ may be relative to it
        endforeach()
    endif()
    if(COTANGENT_BENCH AND ROOM_BENCHES)
        add_executable(${name}_bench ${ROOM_BENCHES})
        target_link_libraries(${name}_bench PRIVATE ${target} cotangent_warnings benchmark::benchmark_main)
    endif()
endfunction()
