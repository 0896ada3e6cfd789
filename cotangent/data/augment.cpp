#include "cotangent/data/augment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>

#include "cotangent/data/detail/split_mix.hpp"
#include "cotangent/tensor/threads.hpp"

namespace cotangent::data {
namespace {

using detail::SplitMix;

/// The sides of every picture of a batch.
struct Sides {
    int height, width, channels;
    [[nodiscard]] int row() const { return width * channels; }
    [[nodiscard]] int size() const { return height * width * channels; }
};

void check_batch(const char* op, const Tensor& images, std::initializer_list<std::int64_t> channels) {
    const bool fits = images.rank() == 4 &&
                      std::find(channels.begin(), channels.end(), images.length(3)) != channels.end() &&
                      images.length(1) < (1 << 15) && images.length(2) < (1 << 15);
    if (!fits) {
        throw ShapeError(fmt::format("{}: images have shape {}, expected [B, H, W, {}]", op, to_string(images.shape()),
                                     channels.size() == 1 ? "4" : "1, 3 or 4"));
    }
    if (images.dtype() != Dtype::uint8) {
        throw DtypeError(fmt::format("{}: images have dtype {}, expected uint8", op, name(images.dtype())));
    }
}

void check_share(const char* op, const char* option, double value) {
    if (!(value >= 0 && value <= 1))
        throw ValueError(fmt::format("{}: {} is {}, expected one in [0, 1]", op, option, value));
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f)); }

/// Calls `f(from, to, random)` for each picture, in pieces that depend on the shape alone.
template <class F>
Tensor for_each_picture(const Tensor& images, Rng& rng, int channels, const F& f) {
    const Sides in{static_cast<int>(images.length(1)), static_cast<int>(images.length(2)),
                   static_cast<int>(images.length(3))};
    const std::int64_t in_size = in.size(), out_size = std::int64_t{in.height} * in.width * channels;
    Tensor result = Tensor::uninitialized({images.length(0), in.height, in.width, channels}, Dtype::uint8);
    if (result.is_empty()) return result;
    const std::uint8_t* from = images.data<std::uint8_t>();
    std::uint8_t* to = result.fresh_data<std::uint8_t>();
    const Rng streams = rng.split();
    parallel_for(images.length(0), std::max<std::int64_t>(1, (1 << 15) / in_size),
                 [&](std::int64_t first, std::int64_t last) {
                     for (std::int64_t i = first; i < last; ++i) {
                         SplitMix random{streams.fork(static_cast<std::uint64_t>(i)).bits()};
                         f(in, from + i * in_size, to + i * out_size, random);
                     }
                 });
    return result;
}

/// Source coordinates of output pixel (x, y): x' = xx x + xy y + x0, y' = yx x + yy y + y0.
struct Affine {
    float xx, xy, x0, yx, yy, y0;
};

Affine draw_affine(const Sides& sides, SplitMix& random, const AffineOptions& options) {
    const auto within = [&](double limit) { return (2.0 * static_cast<double>(random.uniform()) - 1) * limit; };
    constexpr double radian = std::numbers::pi / 180;
    const double angle = within(options.degrees) * radian;
    const double low = std::log(options.smallest_scale), high = std::log(options.largest_scale);
    const double scale = std::exp(low + (high - low) * static_cast<double>(random.uniform()));
    const double lean = std::tan(within(options.shear_degrees) * radian);
    const double move_x = within(options.translate) * sides.width, move_y = within(options.translate) * sides.height;
    // Output = turn * scale * lean * input about the middle, so input = lean^-1 * turn^-1 * output / scale.
    const double c = std::cos(angle) / scale, s = std::sin(angle) / scale;
    const double xx = c + lean * s, xy = s - lean * c, yx = -s, yy = c;
    const double mid_x = (sides.width - 1) / 2.0, mid_y = (sides.height - 1) / 2.0;
    const double to_x = mid_x + move_x, to_y = mid_y + move_y;
    return {static_cast<float>(xx), static_cast<float>(xy), static_cast<float>(mid_x - xx * to_x - xy * to_y),
            static_cast<float>(yx), static_cast<float>(yy), static_cast<float>(mid_y - yx * to_x - yy * to_y)};
}

/// A picture with a border of two pixels around it, so that no tap needs a test, each pixel packed in 32 bits, so that
/// a tap is one load and the compiler turns sixteen into a gather.
void pack(const Sides& sides, const std::uint8_t* from, std::uint8_t fill, std::vector<std::uint32_t>& padded) {
    const int stride = sides.width + 4;
    const std::uint32_t outside = sides.channels == 4 ? 0 : fill * 0x010101u;
    padded.assign(static_cast<std::size_t>(stride) * (sides.height + 4), outside);
    for (int y = 0; y < sides.height; ++y) {
        std::uint32_t* to = padded.data() + (y + 2) * stride + 2;
        for (int x = 0; x < sides.width; ++x, from += sides.channels) {
            to[x] = from[0];
            for (int c = 1; c < sides.channels; ++c) to[x] |= std::uint32_t{from[c]} << 8 * c;
        }
    }
}

/// One row of the result, packed likewise. With alpha, colours are weighted by it.
template <bool has_alpha>
void warp_row(const Sides& sides, const std::uint32_t* __restrict padded, const Affine& map, float y,
              std::uint32_t* __restrict to) {
    const int stride = sides.width + 4, width = sides.width;
    const float most_x = static_cast<float>(sides.width) + 2.5f, most_y = static_cast<float>(sides.height) + 2.5f;
    const float from_x = map.xy * y + map.x0 + 2, from_y = map.yy * y + map.y0 + 2;
    for (int x = 0; x < width; ++x) {
        // Beyond the border everything is fill: clamping keeps the taps inside it.
        float sx = map.xx * static_cast<float>(x) + from_x, sy = map.yx * static_cast<float>(x) + from_y;
        sx = sx < 0.5f ? 0.5f : sx > most_x ? most_x : sx;
        sy = sy < 0.5f ? 0.5f : sy > most_y ? most_y : sy;
        const int ix = static_cast<int>(sx), iy = static_cast<int>(sy);
        const float right = sx - static_cast<float>(ix), down = sy - static_cast<float>(iy);
        const int at = iy * stride + ix;
        const std::uint32_t a = padded[at], b = padded[at + 1], c = padded[at + stride], d = padded[at + stride + 1];
        float wa = (1 - right) * (1 - down), wb = right * (1 - down), wc = (1 - right) * down, wd = right * down;
        const auto part = [](std::uint32_t pixel, int shift) {
            return static_cast<float>(static_cast<int>(pixel >> shift & 255u));
        };
        std::uint32_t result = 0;
        if constexpr (has_alpha) {
            wa *= part(a, 24), wb *= part(b, 24), wc *= part(c, 24), wd *= part(d, 24);
            const float alpha = wa + wb + wc + wd;
            const float inverse = 1 / (alpha > 1e-6f ? alpha : 1e-6f);
            wa *= inverse, wb *= inverse, wc *= inverse, wd *= inverse;
            result = static_cast<std::uint32_t>(static_cast<int>(alpha + 0.5f)) << 24;
        }
        // Spelled out: a loop here would keep the outer one from being vectorised.
        const auto mix = [&](int shift) {
            const float value = wa * part(a, shift) + wb * part(b, shift) + wc * part(c, shift) + wd * part(d, shift);
            return static_cast<std::uint32_t>(static_cast<int>(value + 0.5f)) << shift;
        };
        result |= mix(0) | mix(8) | mix(16);
        to[x] = result;
    }
}

using Colour = std::array<float, 3>;

Colour draw_colour(SplitMix& random) {
    Colour colour;
    for (float& part : colour) part = random.uniform(0, 255);
    return colour;
}

/// Smooth noise in [0, 1]: random values at the corners of a grid, blended with a smooth step.
class Clouds {
public:
    explicit Clouds(SplitMix& random) : cells_(2 + static_cast<int>(random.below(5))) {
        corners_.resize(static_cast<std::size_t>(cells_ + 1) * (cells_ + 1));
        for (float& value : corners_) value = random.uniform();
    }
    [[nodiscard]] float at(float x, float y) const {
        const float gx = x * static_cast<float>(cells_), gy = y * static_cast<float>(cells_);
        const int ix = std::min(cells_ - 1, static_cast<int>(gx)), iy = std::min(cells_ - 1, static_cast<int>(gy));
        const float tx = smooth(gx - static_cast<float>(ix)), ty = smooth(gy - static_cast<float>(iy));
        const float* corner = corners_.data() + iy * (cells_ + 1) + ix;
        const float top = corner[0] + tx * (corner[1] - corner[0]);
        const float bottom = corner[cells_ + 1] + tx * (corner[cells_ + 2] - corner[cells_ + 1]);
        return top + ty * (bottom - top);
    }

private:
    static float smooth(float t) { return t * t * (3 - 2 * t); }
    int cells_;
    std::vector<float> corners_;
};

/// Lays `from` over `behind(x, y)`, with x and y in [0, 1).
template <class F>
void lay_over(const Sides& sides, const std::uint8_t* from, std::uint8_t* to, const F& behind) {
    for (int y = 0; y < sides.height; ++y) {
        for (int x = 0; x < sides.width; ++x, from += 4, to += 3) {
            const Colour colour = behind((static_cast<float>(x) + 0.5f) / static_cast<float>(sides.width),
                                         (static_cast<float>(y) + 0.5f) / static_cast<float>(sides.height));
            const float alpha = static_cast<float>(from[3]) / 255;
            for (int c = 0; c < 3; ++c) to[c] = to_byte(static_cast<float>(from[c]) * alpha + colour[c] * (1 - alpha));
        }
    }
}

Colour blend(const Colour& a, const Colour& b, float t) {
    return {a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])};
}

}  // namespace

Augmentation in_order(std::vector<Augmentation> steps) {
    return [steps = std::move(steps)](const Tensor& images, Rng& rng) {
        Tensor result = images;
        for (const Augmentation& step : steps) {
            Rng own = rng.split();
            result = step(result, own);
        }
        return result;
    };
}

Tensor random_affine(const Tensor& images, Rng& rng, const AffineOptions& options) {
    check_batch("random_affine", images, {1, 3, 4});
    if (!(options.smallest_scale >= 0.01 && options.largest_scale >= options.smallest_scale &&
          options.largest_scale <= 100)) {
        throw ValueError(fmt::format("random_affine: scales are in [{}, {}], expected a range within [0.01, 100]",
                                     options.smallest_scale, options.largest_scale));
    }
    check_share("random_affine", "translate", options.translate);
    if (!(std::abs(options.shear_degrees) < 90)) {
        throw ValueError(
            fmt::format("random_affine: shear_degrees is {}, expected one in (-90, 90)", options.shear_degrees));
    }
    if (!(std::abs(options.degrees) <= 360)) {
        throw ValueError(fmt::format("random_affine: degrees is {}, expected one in [0, 360]", options.degrees));
    }
    const int channels = static_cast<int>(images.length(3));
    return for_each_picture(images, rng, channels,
                            [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
                                const Affine map = draw_affine(sides, random, options);
                                thread_local std::vector<std::uint32_t> padded, row;
                                pack(sides, from, options.fill, padded);
                                row.resize(static_cast<std::size_t>(sides.width));
                                for (int y = 0; y < sides.height; ++y) {
                                    if (channels == 4)
                                        warp_row<true>(sides, padded.data(), map, static_cast<float>(y), row.data());
                                    else warp_row<false>(sides, padded.data(), map, static_cast<float>(y), row.data());
                                    for (int x = 0; x < sides.width; ++x, to += channels) {
                                        for (int c = 0; c < channels; ++c)
                                            to[c] = static_cast<std::uint8_t>(row[x] >> 8 * c);
                                    }
                                }
                            });
}

Tensor random_flip(const Tensor& images, Rng& rng, double probability) {
    check_batch("random_flip", images, {1, 3, 4});
    check_share("random_flip", "probability", probability);
    const int channels = static_cast<int>(images.length(3));
    return for_each_picture(images, rng, channels,
                            [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
                                if (static_cast<double>(random.uniform()) >= probability) {
                                    std::memcpy(to, from, static_cast<std::size_t>(sides.size()));
                                    return;
                                }
                                for (int y = 0; y < sides.height; ++y, from += sides.row(), to += sides.row()) {
                                    for (int x = 0; x < sides.width; ++x) {
                                        for (int c = 0; c < channels; ++c)
                                            to[x * channels + c] = from[(sides.width - 1 - x) * channels + c];
                                    }
                                }
                            });
}

Tensor color_jitter(const Tensor& images, Rng& rng, const ColorJitterOptions& options) {
    check_batch("color_jitter", images, {1, 3, 4});
    check_share("color_jitter", "brightness", options.brightness);
    check_share("color_jitter", "contrast", options.contrast);
    check_share("color_jitter", "saturation", options.saturation);
    check_share("color_jitter", "hue", options.hue);
    const int channels = static_cast<int>(images.length(3));
    constexpr float luma[3] = {0.299f, 0.587f, 0.114f};
    return for_each_picture(
        images, rng, channels, [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
            const auto factor = [&](double range) {
                return random.uniform(static_cast<float>(1 - range), static_cast<float>(1 + range));
            };
            const float brightness = factor(options.brightness), contrast = factor(options.contrast);
            const float saturation = factor(options.saturation);
            const float turn = (factor(options.hue) - 1) * 2 * std::numbers::pi_v<float>;
            const int pixels = sides.height * sides.width;
            double grey = 0;
            for (int p = 0; p < pixels; ++p) {
                const std::uint8_t* pixel = from + p * channels;
                if (channels == 1) grey += pixel[0];
                else
                    grey +=
                        static_cast<double>(luma[0] * static_cast<float>(pixel[0]) + luma[1] * static_cast<float>(pixel[1]) +
                                            luma[2] * static_cast<float>(pixel[2]));
            }
            // All four steps are linear: one matrix and one offset for the whole picture.
            const float gain = brightness * contrast;
            const float offset = (1 - contrast) * brightness * static_cast<float>(grey / pixels);
            if (channels == 1) {
                for (int p = 0; p < pixels; ++p) to[p] = to_byte(gain * static_cast<float>(from[p]) + offset);
                return;
            }
            const float c = std::cos(turn) * saturation, s = std::sin(turn) * saturation;
            // RGB -> YIQ, turn and scale (I, Q), YIQ -> RGB; the matrices of NTSC 1953.
            constexpr float to_i[3] = {0.5959f, -0.2746f, -0.3213f}, to_q[3] = {0.2115f, -0.5227f, 0.3112f};
            constexpr float from_i[3] = {0.956f, -0.272f, -1.106f}, from_q[3] = {0.619f, -0.647f, 1.703f};
            float matrix[3][3];
            for (int row = 0; row < 3; ++row) {
                for (int column = 0; column < 3; ++column) {
                    const float i = c * to_i[column] - s * to_q[column], q = s * to_i[column] + c * to_q[column];
                    matrix[row][column] = gain * (luma[column] + from_i[row] * i + from_q[row] * q);
                }
            }
            for (int p = 0; p < pixels; ++p, from += channels, to += channels) {
                const float red = static_cast<float>(from[0]), green = static_cast<float>(from[1]),
                            blue = static_cast<float>(from[2]);
                for (int k = 0; k < 3; ++k)
                    to[k] = to_byte(matrix[k][0] * red + matrix[k][1] * green + matrix[k][2] * blue + offset);
                if (channels == 4) to[3] = from[3];
            }
        });
}

Tensor random_crop(const Tensor& images, Rng& rng, const CropOptions& options) {
    check_batch("random_crop", images, {1, 3, 4});
    const int padding = options.padding;
    if (padding < 0 || padding > (1 << 15)) {
        throw ValueError(fmt::format("random_crop: padding is {}, expected one in [0, 32768]", padding));
    }
    const int channels = static_cast<int>(images.length(3));
    return for_each_picture(
        images, rng, channels, [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
            const auto shift = [&] { return static_cast<int>(random.below(2 * std::uint64_t(padding) + 1)) - padding; };
            const int down = shift(), right = shift();
            std::memset(to, options.fill, static_cast<std::size_t>(sides.size()));
            const int first = std::max(0, -right), last = std::min(sides.width, sides.width - right);
            for (int y = std::max(0, -down); y < std::min(sides.height, sides.height - down) && first < last; ++y) {
                std::memcpy(to + y * sides.row() + first * channels,
                            from + (y + down) * sides.row() + (first + right) * channels,
                            static_cast<std::size_t>((last - first) * channels));
            }
        });
}

Tensor random_cutout(const Tensor& images, Rng& rng, const CutoutOptions& options) {
    check_batch("random_cutout", images, {1, 3, 4});
    check_share("random_cutout", "probability", options.probability);
    if (options.size < 1 || options.size > (1 << 15)) {
        throw ValueError(fmt::format("random_cutout: size is {}, expected one in [1, 32768]", options.size));
    }
    const int channels = static_cast<int>(images.length(3));
    return for_each_picture(images, rng, channels,
                            [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
                                std::memcpy(to, from, static_cast<std::size_t>(sides.size()));
                                if (static_cast<double>(random.uniform()) >= options.probability) return;
                                const int top = static_cast<int>(random.below(sides.height)) - options.size / 2;
                                const int left = static_cast<int>(random.below(sides.width)) - options.size / 2;
                                const int first = std::max(0, left), last = std::min(sides.width, left + options.size);
                                for (int y = std::max(0, top); y < std::min(sides.height, top + options.size); ++y) {
                                    std::memset(to + y * sides.row() + first * channels, options.fill,
                                                static_cast<std::size_t>((last - first) * channels));
                                }
                            });
}

Tensor random_background(const Tensor& images, Rng& rng, const BackgroundOptions& options) {
    check_batch("random_background", images, {4});
    const double total = options.plain + options.gradient + options.noise;
    if (!(options.plain >= 0 && options.gradient >= 0 && options.noise >= 0 && total > 0 && std::isfinite(total))) {
        throw ValueError(fmt::format("random_background: weights are {}, {}, {}, expected none below 0 and one above",
                                     options.plain, options.gradient, options.noise));
    }
    return for_each_picture(
        images, rng, 3, [&](const Sides& sides, const std::uint8_t* from, std::uint8_t* to, SplitMix& random) {
            const double kind = static_cast<double>(random.uniform()) * total;
            const Colour first = draw_colour(random), second = draw_colour(random);
            if (kind < options.plain) {
                lay_over(sides, from, to, [&](float, float) { return first; });
            } else if (kind < options.plain + options.gradient) {
                const float angle = random.uniform(0, 2 * std::numbers::pi_v<float>);
                const float across = std::cos(angle) * 0.5f, down = std::sin(angle) * 0.5f;
                lay_over(sides, from, to, [&](float x, float y) {
                    return blend(first, second, std::clamp(0.5f + across * (2 * x - 1) + down * (2 * y - 1), 0.0f, 1.0f));
                });
            } else {
                const Clouds clouds(random);
                const float grain = random.uniform(0, 40);
                lay_over(sides, from, to, [&](float x, float y) {
                    Colour colour = blend(first, second, clouds.at(x, y));
                    const float speck = grain * (random.uniform() - 0.5f);
                    for (float& part : colour) part = std::clamp(part + speck, 0.0f, 255.0f);
                    return colour;
                });
            }
        });
}

}  // namespace cotangent::data
