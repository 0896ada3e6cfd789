#pragma once
// The routines of LAPACK that the ops use, as they are, under names that no other LAPACK has (cmake/lapack.cmake). They read
// matrices by columns, so a row-major matrix is to them its transpose; each op says what it makes of that.
//
// They are pure functions of their arguments: no state is shared, so any number of threads may call them at once.
#include <cstddef>

#define COTANGENT_LAPACK(T, prefix)                                                                                        \
    void cotangent_##prefix##potrf_(const char* uplo, const int* n, T* a, const int* lda, int* info, std::size_t);         \
    void cotangent_##prefix##getrf_(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);             \
    void cotangent_##prefix##gelqf_(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork,   \
                                    int* info);                                                                            \
    void cotangent_##prefix##orglq_(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work, \
                                    const int* lwork, int* info);                                                          \
    void cotangent_##prefix##syevd_(const char* job, const char* uplo, const int* n, T* a, const int* lda, T* w, T* work,  \
                                    const int* lwork, int* iwork, const int* liwork, int* info, std::size_t, std::size_t); \
    void cotangent_##prefix##gesdd_(const char* job, const int* m, const int* n, T* a, const int* lda, T* s, T* u,         \
                                    const int* ldu, T* vt, const int* ldvt, T* work, const int* lwork, int* iwork,         \
                                    int* info, std::size_t);
extern "C" {
COTANGENT_LAPACK(float, s)
COTANGENT_LAPACK(double, d)
}
#undef COTANGENT_LAPACK

namespace cotangent::detail {

/// The routines for T.
template <class T>
struct Lapack;

#define COTANGENT_LAPACK(T, prefix)                               \
    template <>                                                   \
    struct Lapack<T> {                                            \
        static constexpr auto potrf = cotangent_##prefix##potrf_; \
        static constexpr auto getrf = cotangent_##prefix##getrf_; \
        static constexpr auto gelqf = cotangent_##prefix##gelqf_; \
        static constexpr auto orglq = cotangent_##prefix##orglq_; \
        static constexpr auto syevd = cotangent_##prefix##syevd_; \
        static constexpr auto gesdd = cotangent_##prefix##gesdd_; \
    };
COTANGENT_LAPACK(float, s)
COTANGENT_LAPACK(double, d)
#undef COTANGENT_LAPACK

}  // namespace cotangent::detail
