// Stockham's transform: each pass of radix r turns r numbers that lie n/r apart into r neighbours, so the result comes out
// in order and every loop runs over contiguous memory. Several lines are transformed side by side, element j of all of them
// together, which fills the vector registers from the first pass on. Real and imaginary parts lie apart.
//
// Lengths with a prime factor above 50 go by Bluestein's convolution: j k = (j^2 + k^2 - (k - j)^2) / 2 makes the transform
// a convolution with exp(pi i j^2 / n), which has a length that may be chosen.
//
// The backward transform is the forward one with real and imaginary parts exchanged on both ends.
//
// Source: Swarztrauber 1984, FFT algorithms for vector computers, Parallel Computing 1(1); Bluestein 1970, A linear
// filtering approach to the computation of discrete Fourier transform, IEEE Trans. Audio Electroacoustics 18(4).
#include "cotangent/tensor/linalg/fft_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

#include "cotangent/tensor/lanes.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::detail {
namespace {

constexpr std::int64_t largest_radix = 50;

/// exp(-2 pi i k / n) to the last bit or two: the angle is brought below pi/4 in integers.
std::pair<double, double> root(std::int64_t k, std::int64_t n) {
    k %= n;
    const bool lower = 2 * k > n;
    if (lower) k = n - k;
    const bool left = 4 * k > n;                              // angles measured from the nearer end of the real axis
    const std::int64_t from_axis = left ? n - 2 * k : 2 * k;  // in units of pi / n
    const bool steep = 4 * from_axis > n;
    const double angle = std::numbers::pi *
                         (steep ? static_cast<double>(n - 2 * from_axis) / 2 : static_cast<double>(from_axis)) /
                         static_cast<double>(n);
    double c = steep ? std::sin(angle) : std::cos(angle), s = steep ? std::cos(angle) : std::sin(angle);
    if (left) c = -c;
    return {c, lower ? s : -s};
}

template <class V>
struct Complex {
    V re, im;
    friend Complex operator+(const Complex& a, const Complex& b) { return {a.re + b.re, a.im + b.im}; }
    friend Complex operator-(const Complex& a, const Complex& b) { return {a.re - b.re, a.im - b.im}; }
    friend Complex operator*(const V& a, const Complex& b) { return {a * b.re, a * b.im}; }
    friend Complex operator*(const Complex& a, const Complex& b) {
        return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    }
    [[nodiscard]] Complex times_minus_i() const { return {im, -re}; }
};

/// a[0 .. r-1] becomes its transform.
template <int r, class V>
[[gnu::always_inline]] inline void butterfly(std::array<Complex<V>, r>& a) {
    if constexpr (r == 2) {
        a = {a[0] + a[1], a[0] - a[1]};
    } else if constexpr (r == 3) {
        const V half = static_cast<V>(0.5), sine = static_cast<V>(0.86602540378443864676);
        const auto sum = a[1] + a[2], middle = a[0] - half * sum, turned = (sine * (a[1] - a[2])).times_minus_i();
        a = {a[0] + sum, middle + turned, middle - turned};
    } else if constexpr (r == 4) {
        const auto even = a[0] + a[2], odd = a[0] - a[2], sum = a[1] + a[3], turned = (a[1] - a[3]).times_minus_i();
        a = {even + sum, odd + turned, even - sum, odd - turned};
    } else {
        static_assert(r == 5);
        const V c1 = static_cast<V>(0.30901699437494742410), c2 = static_cast<V>(-0.80901699437494742410);
        const V s1 = static_cast<V>(0.95105651629515357212), s2 = static_cast<V>(0.58778525229247312917);
        const auto sum1 = a[1] + a[4], sum2 = a[2] + a[3], difference1 = a[1] - a[4], difference2 = a[2] - a[3];
        const auto middle1 = a[0] + c1 * sum1 + c2 * sum2, middle2 = a[0] + c2 * sum1 + c1 * sum2;
        const auto turned1 = (s1 * difference1 + s2 * difference2).times_minus_i();
        const auto turned2 = (s2 * difference1 - s1 * difference2).times_minus_i();
        a = {a[0] + sum1 + sum2, middle1 + turned1, middle2 + turned2, middle2 - turned2, middle1 - turned1};
    }
}

/// Real and imaginary parts of the same numbers.
template <class T>
struct Parts {
    T *re, *im;
    [[nodiscard]] Parts at(std::int64_t k) const { return {re + k, im + k}; }
};

template <class V, class T>
[[gnu::always_inline]] inline V load(const T* from) {
    if constexpr (std::is_same_v<V, T>) return *from;
    else return V::load(from);
}
template <class V, class T>
[[gnu::always_inline]] inline void store(const V& value, T* to) {
    if constexpr (std::is_same_v<V, T>) *to = value;
    else value.store(to);
}

template <class T>
class FftPlan {
public:
    explicit FftPlan(std::int64_t n) : n_(n) {
        std::int64_t rest = n;
        std::vector<std::int64_t> radices;
        const auto take = [&](std::int64_t r) {
            while (rest % r == 0) {
                radices.push_back(r);
                rest /= r;
            }
        };
        for (const std::int64_t r : {4, 2, 3, 5}) take(r);
        for (std::int64_t r = 7; r <= largest_radix && rest > 1; r += 2) take(r);
        if (rest > 1) {
            prepare_convolution();
            return;
        }
        std::int64_t length = n;
        for (const std::int64_t r : radices) {
            Pass pass{r, length / r, {}};
            for (std::int64_t p = 0; p < pass.count; ++p)
                for (std::int64_t k = 1; k < r; ++k) append(pass.twiddles, root(p * k, length));
            if (r > 5)
                for (std::int64_t k = 0; k < r; ++k) append(pass.roots, root(k, r));
            passes_.push_back(std::move(pass));
            length /= r;
        }
    }

    /// Elements of work memory for each line.
    [[nodiscard]] std::int64_t work_size() const {
        return convolution_ ? 2 * convolution_->n_ + convolution_->work_size() : 2 * n_;
    }

    /// x, element j of all `lines` at [j * lines ..], becomes its transform.
    void run(std::int64_t lines, Parts<T> x, T* work) const {
        if (convolution_) return convolve(lines, x, work);
        Parts<T> from = x, to{work, work + n_ * lines};
        std::int64_t stride = lines;
        for (const Pass& pass : passes_) {
            switch (pass.radix) {
                case 2: run_pass<2>(pass, stride, from, to); break;
                case 3: run_pass<3>(pass, stride, from, to); break;
                case 4: run_pass<4>(pass, stride, from, to); break;
                case 5: run_pass<5>(pass, stride, from, to); break;
                default: run_any(pass, stride, from, to);
            }
            std::swap(from, to);
            stride *= pass.radix;
        }
        if (from.re == x.re) return;
        std::copy_n(from.re, n_ * lines, x.re);
        std::copy_n(from.im, n_ * lines, x.im);
    }

private:
    struct Pass {
        std::int64_t radix, count;
        std::vector<Complex<T>> twiddles;  // [count][radix - 1]
        std::vector<Complex<T>> roots{};   // for a radix without a butterfly of its own
    };

    static void append(std::vector<Complex<T>>& list, std::pair<double, double> value) {
        list.push_back({static_cast<T>(value.first), static_cast<T>(value.second)});
    }

    template <int r, class V>
    [[gnu::always_inline]] static void step(const Pass& pass, std::int64_t p, std::int64_t q, std::int64_t stride,
                                            const Parts<T>& from, const Parts<T>& to) {
        std::array<Complex<V>, r> a;
        for (int k = 0; k < r; ++k) {
            const std::int64_t at = q + stride * (p + pass.count * k);
            a[static_cast<std::size_t>(k)] = {load<V>(from.re + at), load<V>(from.im + at)};
        }
        butterfly<r>(a);
        for (int k = 0; k < r; ++k) {
            auto value = a[static_cast<std::size_t>(k)];
            if (k > 0) {
                const Complex<T>& w = pass.twiddles[static_cast<std::size_t>(p * (r - 1) + k - 1)];
                value = value * Complex<V>{V(w.re), V(w.im)};
            }
            const std::int64_t at = q + stride * (r * p + k);
            store(value.re, to.re + at);
            store(value.im, to.im + at);
        }
    }

    template <int r>
    static void run_pass(const Pass& pass, std::int64_t stride, const Parts<T>& from, const Parts<T>& to) {
        using L = Lanes<T>;
        for (std::int64_t p = 0; p < pass.count; ++p) {
            std::int64_t q = 0;
            for (; q + L::count <= stride; q += L::count) step<r, L>(pass, p, q, stride, from, to);
            for (; q < stride; ++q) step<r, T>(pass, p, q, stride, from, to);
        }
    }

    static void run_any(const Pass& pass, std::int64_t stride, const Parts<T>& from, const Parts<T>& to) {
        const std::int64_t r = pass.radix;
        for (std::int64_t p = 0; p < pass.count; ++p)
            for (std::int64_t k = 0; k < r; ++k) {
                const Complex<T> w =
                    k == 0 ? Complex<T>{1, 0} : pass.twiddles[static_cast<std::size_t>(p * (r - 1) + k - 1)];
                const Parts<T> out = to.at(stride * (r * p + k));
                std::fill_n(out.re, stride, T(0));
                std::fill_n(out.im, stride, T(0));
                for (std::int64_t j = 0; j < r; ++j) {
                    const Complex<T> factor = w * pass.roots[static_cast<std::size_t>(j * k % r)];
                    const Parts<T> in = from.at(stride * (p + pass.count * j));
                    T* __restrict re = out.re, * __restrict im = out.im;
                    for (std::int64_t q = 0; q < stride; ++q) {
                        re[q] += factor.re * in.re[q] - factor.im * in.im[q];
                        im[q] += factor.re * in.im[q] + factor.im * in.re[q];
                    }
                }
            }
    }

    /// The shortest length from 2n - 1 on that 2, 3 and 5 divide.
    static std::int64_t convolution_length(std::int64_t n) {
        std::int64_t best = 1;
        while (best < 2 * n - 1) best *= 2;
        for (std::int64_t five = 1; five < best; five *= 5)
            for (std::int64_t three = five; three < best; three *= 3) {
                std::int64_t length = three;
                while (length < 2 * n - 1) length *= 2;
                best = std::min(best, length);
            }
        return best;
    }

    void prepare_convolution() {
        convolution_ = std::make_unique<FftPlan>(convolution_length(n_));
        const std::int64_t m = convolution_->n_;
        std::vector<T> re(static_cast<std::size_t>(m)), im(re), work(static_cast<std::size_t>(convolution_->work_size()));
        for (std::int64_t j = 0, square = 0; j < n_; ++j) {
            append(chirp_, root(square, 2 * n_));
            const Complex<T>& c = chirp_.back();
            for (const std::int64_t at : {j, (m - j) % m}) {
                re[static_cast<std::size_t>(at)] = c.re / static_cast<T>(m);
                im[static_cast<std::size_t>(at)] = -c.im / static_cast<T>(m);
            }
            square = (square + 2 * j + 1) % (2 * n_);  // (j + 1)^2
        }
        convolution_->run(1, {re.data(), im.data()}, work.data());
        for (std::size_t k = 0; k < re.size(); ++k) kernel_.push_back({re[k], im[k]});
    }

    void convolve(std::int64_t lines, Parts<T> x, T* work) const {
        const std::int64_t m = convolution_->n_;
        const Parts<T> a{work, work + m * lines};
        T* const rest = work + 2 * m * lines;
        const auto multiply = [&](std::int64_t count, const std::vector<Complex<T>>& by, const Parts<T>& from,
                                  const Parts<T>& to, T sign) {
            for (std::int64_t j = 0; j < count; ++j) {
                const Complex<T> c = by[static_cast<std::size_t>(j)];
                for (std::int64_t q = j * lines; q < (j + 1) * lines; ++q) {
                    const T re = from.re[q] * c.re - from.im[q] * c.im, im = from.re[q] * c.im + from.im[q] * c.re;
                    to.re[q] = re;
                    to.im[q] = sign * im;  // -1: the conjugate, so that the next forward transform goes backward
                }
            }
        };
        multiply(n_, chirp_, x, a, 1);
        for (T* part : {a.re, a.im}) std::fill(part + n_ * lines, part + m * lines, T(0));
        convolution_->run(lines, a, rest);
        multiply(m, kernel_, a, a, -1);
        convolution_->run(lines, a, rest);
        for (std::int64_t q = 0; q < n_ * lines; ++q) a.im[q] = -a.im[q];
        multiply(n_, chirp_, a, x, 1);
    }

    std::int64_t n_;
    std::vector<Pass> passes_;
    std::unique_ptr<FftPlan> convolution_;
    std::vector<Complex<T>> chirp_, kernel_;
};

/// What a length needs, made once: a thread keeps its last few.
template <class Made>
std::shared_ptr<const Made> made_for(std::int64_t n) {
    thread_local std::array<std::pair<std::int64_t, std::shared_ptr<const Made>>, 16> kept;
    thread_local std::size_t next = 0;
    for (const auto& [length, made] : kept)
        if (made && length == n) return made;
    kept[next] = {n, std::make_shared<const Made>(n)};
    return kept[std::exchange(next, (next + 1) % kept.size())].second;
}

/// exp(-2 pi i k / n) for k = 0 .. n/2: what turns half as many complex numbers into n real ones.
template <class T>
struct HalfRoots {
    std::vector<Complex<T>> values;
    explicit HalfRoots(std::int64_t n) {
        for (std::int64_t k = 0; k <= n / 2; ++k) {
            const auto [c, s] = root(k, n);
            values.push_back({static_cast<T>(c), static_cast<T>(s)});
        }
    }
    const Complex<T>& operator[](std::int64_t k) const { return values[static_cast<std::size_t>(k)]; }
};

/// f(line, element) for all, in tiles: where they are worked on the lines' elements lie side by side, outside each line by
/// itself, unless the lines are `adjacent` there too.
template <class F>
void for_each_element(std::int64_t lines, std::int64_t elements, const F& f, bool adjacent = false) {
    if (adjacent) {
        for (std::int64_t j = 0; j < elements; ++j)
            for (std::int64_t line = 0; line < lines; ++line) f(line, j);
        return;
    }
    constexpr std::int64_t tile = 16;
    for (std::int64_t first = 0; first < elements; first += tile)
        for (std::int64_t line = 0; line < lines; ++line)
            for (std::int64_t j = first; j < std::min(elements, first + tile); ++j) f(line, j);
}

/// Transforms `count` lines in blocks of neighbours: load(first line, lines, parts), the plan, store(...).
template <class T, class Load, class Store>
void for_each_block(std::int64_t count, std::int64_t n, const Load& load_block, const Store& store_block) {
    const auto plan = made_for<FftPlan<T>>(n);
    const std::int64_t width = std::clamp<std::int64_t>(2048 / n, 1, 4) * Lanes<T>::count;
    const std::int64_t blocks = (count + width - 1) / width;
    parallel_for(blocks, std::max<std::int64_t>(1, 8192 / (n * width)),
                 [&](std::int64_t first_block, std::int64_t last_block) {
                     std::vector<T> memory(static_cast<std::size_t>((2 * n + plan->work_size()) * std::min(width, count)));
                     for (std::int64_t block = first_block; block < last_block; ++block) {
                         const std::int64_t first = block * width, lines = std::min(width, count - first);
                         const Parts<T> x{memory.data(), memory.data() + n * lines};
                         load_block(first, lines, x);
                         plan->run(lines, x, memory.data() + 2 * n * lines);
                         store_block(first, lines, x);
                     }
                 });
}

}  // namespace

template <class T>
void fft_complex(const FftLines& lines, bool inverse, T scale, const T* x, T* y) {
    const auto [outer, n, inner] = lines;
    const auto starts_of = [inner = inner, n = n](std::int64_t first, std::int64_t count) {
        std::array<std::int64_t, 4 * Lanes<T>::count> starts{};
        for (std::int64_t q = 0; q < count; ++q)
            starts[static_cast<std::size_t>(q)] = 2 * ((first + q) / inner * n * inner + (first + q) % inner);
        return starts;
    };
    for_each_block<T>(
        outer * inner, n,
        [&, n = n, inner = inner](std::int64_t first, std::int64_t count, Parts<T> to) {
            if (inverse) std::swap(to.re, to.im);
            const auto starts = starts_of(first, count);
            for_each_element(
                count, n,
                [&](std::int64_t q, std::int64_t j) {
                    const T* from = x + starts[static_cast<std::size_t>(q)] + 2 * j * inner;
                    to.re[j * count + q] = from[0];
                    to.im[j * count + q] = from[1];
                },
                inner > 1);
        },
        [&, n = n, inner = inner](std::int64_t first, std::int64_t count, Parts<T> from) {
            if (inverse) std::swap(from.re, from.im);
            const auto starts = starts_of(first, count);
            for_each_element(
                count, n,
                [&](std::int64_t q, std::int64_t j) {
                    T* to = y + starts[static_cast<std::size_t>(q)] + 2 * j * inner;
                    to[0] = scale * from.re[j * count + q];
                    to[1] = scale * from.im[j * count + q];
                },
                inner > 1);
        });
}

// An even number of real values is half as many complex ones, z[j] = x[2j] + i x[2j + 1]. With h = n/2 and w = exp(-2 pi i /
// n):
//     X[k] = (Z[k] + conj Z[h-k]) / 2 - i w^k (Z[k] - conj Z[h-k]) / 2
template <class T>
void fft_from_real(const FftLines& lines, T scale, const T* x, T* y) {
    const std::int64_t n = lines.length, half = n / 2 + 1;
    const bool packed = n % 2 == 0;
    const std::int64_t h = packed ? n / 2 : n;
    const auto roots = made_for<HalfRoots<T>>(n);
    for_each_block<T>(
        lines.outer, h,
        [&](std::int64_t first, std::int64_t count, const Parts<T>& to) {
            for_each_element(count, h, [&](std::int64_t q, std::int64_t j) {
                const T* from = x + (first + q) * n;
                to.re[j * count + q] = packed ? from[2 * j] : from[j];
                to.im[j * count + q] = packed ? from[2 * j + 1] : T(0);
            });
        },
        [&](std::int64_t first, std::int64_t count, const Parts<T>& from) {
            for_each_element(count, half, [&](std::int64_t q, std::int64_t k) {
                T* to = y + ((first + q) * half + k) * 2;
                const auto value = [&](std::int64_t at) {
                    return Complex<T>{from.re[at * count + q], from.im[at * count + q]};
                };
                Complex<T> z = value(k == h ? 0 : k);
                if (packed) {
                    const Complex<T> other = value(k == 0 ? 0 : h - k), mirrored{other.re, -other.im};
                    z = T(0.5) * (z + mirrored + (*roots)[k] * (z - mirrored).times_minus_i());
                }
                to[0] = scale * z.re;
                to[1] = scale * z.im;
            });
        });
}

// The same backward: Z[k] = X[k] + conj X[h-k] + i conj(w)^k (X[k] - conj X[h-k]).
template <class T>
void fft_to_real(const FftLines& lines, T scale, const T* x, T* y) {
    const std::int64_t n = lines.length, half = n / 2 + 1;
    const bool packed = n % 2 == 0;
    const std::int64_t h = packed ? n / 2 : n;
    const auto roots = made_for<HalfRoots<T>>(n);
    for_each_block<T>(
        lines.outer, h,
        [&](std::int64_t first, std::int64_t count, const Parts<T>& to) {
            for_each_element(count, h, [&](std::int64_t q, std::int64_t k) {
                const T* from = x + (first + q) * half * 2;
                const auto value = [&](std::int64_t at) {
                    return Complex<T>{from[2 * at], at == 0 || 2 * at == n ? T(0) : from[2 * at + 1]};
                };
                const auto conjugate = [](const Complex<T>& z) { return Complex<T>{z.re, -z.im}; };
                Complex<T> z;
                if (packed) {
                    const Complex<T> a = value(k), mirrored = conjugate(value(h - k));
                    z = a + mirrored - (conjugate((*roots)[k]) * (a - mirrored)).times_minus_i();
                } else {
                    z = k < half ? value(k) : conjugate(value(n - k));
                }
                to.im[k * count + q] = z.re;  // exchanged: backward
                to.re[k * count + q] = z.im;
            });
        },
        [&](std::int64_t first, std::int64_t count, const Parts<T>& from) {
            for_each_element(count, h, [&](std::int64_t q, std::int64_t j) {
                T* to = y + (first + q) * n;
                to[packed ? 2 * j : j] = scale * from.im[j * count + q];
                if (packed) to[2 * j + 1] = scale * from.re[j * count + q];
            });
        });
}

template void fft_complex<float>(const FftLines&, bool, float, const float*, float*);
template void fft_complex<double>(const FftLines&, bool, double, const double*, double*);
template void fft_from_real<float>(const FftLines&, float, const float*, float*);
template void fft_from_real<double>(const FftLines&, double, const double*, double*);
template void fft_to_real<float>(const FftLines&, float, const float*, float*);
template void fft_to_real<double>(const FftLines&, double, const double*, double*);

}  // namespace cotangent::detail
