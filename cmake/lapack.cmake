# LAPACK as one object inside the library: the routines that cotangent/tensor/linalg/lapack.hpp declares and what they call,
# taken from Debian's reference LAPACK and BLAS. Every symbol is renamed or made local, so that no other LAPACK or BLAS of a
# program, or of the system's alternatives, can take its place. The BLAS calls that cost the time come back to our own loops,
# and what it wants of Fortran's run time too (linalg/blas_of_lapack.cpp). docs/design/linear_algebra.md says why.
find_library(LAPACK_ARCHIVE liblapack_pic.a REQUIRED)
cmake_path(GET LAPACK_ARCHIVE PARENT_PATH lapack_folder)
find_library(BLAS_ARCHIVE libblas.a PATHS ${lapack_folder}/blas NO_DEFAULT_PATH REQUIRED)

set(COTANGENT_LAPACK_OBJECT ${PROJECT_BINARY_DIR}/lapack/lapack.o)
if(NOT EXISTS ${COTANGENT_LAPACK_OBJECT} OR ${CMAKE_CURRENT_LIST_FILE} IS_NEWER_THAN ${COTANGENT_LAPACK_OBJECT})
    set(renames "xerbla_ cotangent_xerbla_\n")
    string(APPEND renames "_gfortran_concat_string cotangent_concat_string\n_gfortran_string_len_trim cotangent_len_trim\n")
    set(kept "")
    set(roots "")
    foreach(type s d)
        foreach(routine potrf getrf gelqf orglq syevd gesdd)
            string(APPEND renames "${type}${routine}_ cotangent_${type}${routine}_\n")
            string(APPEND kept "cotangent_${type}${routine}_\n")
            list(APPEND roots -u cotangent_${type}${routine}_)
        endforeach()
        foreach(routine gemm gemv ger symv syrk syr2k trmm trsm)
            string(APPEND renames "${type}${routine}_ cotangent_${type}${routine}_\n")
        endforeach()
    endforeach()
    set(folder ${PROJECT_BINARY_DIR}/lapack)
    file(WRITE ${folder}/renames.txt ${renames})
    file(WRITE ${folder}/kept.txt ${kept})
    file(COPY_FILE ${BLAS_ARCHIVE} ${folder}/blas.a)
    foreach(command
            "${CMAKE_OBJCOPY};--redefine-syms=${folder}/renames.txt;${LAPACK_ARCHIVE};${folder}/lapack.a"
            "${CMAKE_AR};d;${folder}/lapack.a;xerbla.o"
            "${CMAKE_AR};d;${folder}/blas.a;xerbla.o"
            "${CMAKE_OBJCOPY};--redefine-sym;xerbla_=cotangent_xerbla_;${folder}/blas.a"
            "${CMAKE_LINKER};-r;-o;${folder}/linked.o;${roots};${folder}/lapack.a;${folder}/blas.a"
            "${CMAKE_OBJCOPY};--keep-global-symbols=${folder}/kept.txt;${folder}/linked.o;${COTANGENT_LAPACK_OBJECT}")
        execute_process(COMMAND ${command} COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    file(REMOVE ${folder}/lapack.a ${folder}/blas.a ${folder}/linked.o)
endif()
