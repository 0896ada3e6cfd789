# cmake -DCOMPILER=... -DINCLUDE=... -DFILE=... -P check.cmake
# FILE must fail to compile with exactly one error: the sentence in its first line, `// expect: SENTENCE`.
file(READ ${FILE} text)
string(REGEX REPLACE "^// expect: ([^\n]*)\n.*" "\\1" expected "${text}")
execute_process(
    COMMAND ${COMPILER} -std=c++20 -Werror=deprecated-declarations -fsyntax-only -I${INCLUDE} ${FILE}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
    message(FATAL_ERROR "compiles, expected: ${expected}")
endif()
string(FIND "${output}" "${expected}" place)
if(place EQUAL -1)
    message(FATAL_ERROR "expected: ${expected}\ngot:\n${output}")
endif()
string(REGEX MATCHALL " error: " errors "${output}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "expected one error, got ${count}:\n${output}")
endif()
