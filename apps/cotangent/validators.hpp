#pragma once
// What numbers and names of the command line have to be. CLI11's own ranges let NaN pass, and name bounds of 300 digits.
#include <cmath>
#include <string>

#include <CLI/CLI.hpp>

namespace cotangent::app {

/// A number for which `is_fine` holds; `expected` says which those are.
template <class IsFine>
[[nodiscard]] CLI::Validator number_that(IsFine is_fine, const char* expected) {
    return CLI::Validator(
        [is_fine, expected](const std::string& text) {
            double value = 0;
            const bool fine = CLI::detail::lexical_cast(text, value) && std::isfinite(value) && is_fine(value);
            return fine ? std::string() : "is " + text + ", expected " + expected;
        },
        "");
}
[[nodiscard]] inline CLI::Validator above_zero() {
    return number_that([](double v) { return v > 0; }, "a number above 0");
}
[[nodiscard]] inline CLI::Validator not_below_zero() {
    return number_that([](double v) { return v >= 0; }, "a number of 0 or more");
}
/// A name about which `wrong` has nothing to say.
[[nodiscard]] inline CLI::Validator name_that(std::string (*wrong)(const std::string&)) {
    return CLI::Validator([wrong](const std::string& text) { return wrong(text); }, "");
}

}  // namespace cotangent::app
