# Runs PROGRAM; fails unless it ends with 0 and prints what PATTERN, a regular expression, matches.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
message("${output}${errors}")
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} ended with ${result}")
endif()
if(NOT output MATCHES "${PATTERN}")
    message(FATAL_ERROR "the output does not match: ${PATTERN}")
endif()
