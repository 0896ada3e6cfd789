// Every problem, by every side that was built, against what JAX computes (testdata/make_expected.py).
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "cotangent/tensor/error.hpp"
#include "sides/side.hpp"

#include <nlohmann/json.hpp>

namespace gb = cotangent::gradbench;

namespace {

std::filesystem::path data() {
    const char* home = std::getenv("COTANGENT_DATA");
    return std::filesystem::path(home ? home : "../shared/data") / "autodiff";
}

/// Does this problem need files that are absent here?
bool is_missing(const std::string& name) {
    const bool reads = name.starts_with("ba") || name.starts_with("hand") ||
                       (name.starts_with("lstm") && name.find("_b") == std::string::npos);
    if (!reads || std::filesystem::exists(data())) return false;
    MESSAGE("skipped " << name << ": COTANGENT_DATA has no folder autodiff");
    return true;
}

const nlohmann::json& expected() {
    static const nlohmann::json all = nlohmann::json::parse(std::ifstream(GRADBENCH_TESTDATA "/expected.json"))["problems"];
    return all;
}

/// Twelve digits of the largest number: sums of up to 10^5 terms in another order.
constexpr double tolerance = 1e-12;

}  // namespace

TEST_CASE("objectives have the values that JAX computes") {
    for (const auto& [name, wanted] : expected().items()) {
        if (is_missing(name)) continue;
        CAPTURE(name);
        const gb::Problem problem = gb::make_problem(name, data());
        CHECK(gb::objective_of(problem)() == doctest::Approx(wanted["value"].get<double>()).epsilon(tolerance));
    }
}

TEST_CASE("gradients and Jacobians are those that JAX computes") {
    for (const auto& [name, wanted] : expected().items()) {
        if (is_missing(name)) continue;
        const gb::Problem problem = gb::make_problem(name, data());
        for (const gb::Side& side : gb::sides()) {
            const auto run = side.make(problem);
            if (!run) continue;
            CAPTURE(name);
            CAPTURE(side.name);
            for (int repeat = 0; repeat < 2; ++repeat) run->gradient();  // the second must not see the first
            const std::vector<double> result = run->result();
            REQUIRE(result.size() == wanted["size"].get<std::size_t>());
            double squares = 0;
            for (const double x : result) squares += x * x;
            const double norm = wanted["norm"];
            CHECK(std::sqrt(squares) == doctest::Approx(norm).epsilon(tolerance));
            for (std::size_t k = 0; k < wanted["places"].size(); ++k) {
                const std::size_t place = wanted["places"][k];
                CAPTURE(place);
                CHECK(std::abs(result[place] - wanted["gradient"][k].get<double>()) <= tolerance * norm);
            }
        }
    }
}

TEST_CASE("gradients are those that differences give") {
    for (const std::string name : {"gmm_d3_k4_n20", "lstm_l2_c30_b5", "ode_n7_s20", "llsq_n11_m5", "lse_n9", "det_l5",
                                   "kmeans_n40_k3_d2", "building_s20"}) {
        const gb::Problem problem = gb::make_problem(name, data());
        const std::vector<double> differences = std::visit(
            [](auto p) -> std::vector<double> {
                std::vector<double> result;
                if constexpr (gb::ScalarProblem<decltype(p)>) {
                    for (double& x : p.parameters) {
                        const double at = x, step = 1e-5 * std::max(std::abs(at), 1e-3);
                        const auto value = [&](double moved) {
                            x = moved;
                            return p(std::span<const double>(p.parameters));
                        };
                        result.push_back((value(at + step) - value(at - step)) / (2 * step));
                        x = at;
                    }
                }
                return result;
            },
            problem);
        double largest = 0;
        for (const double x : differences) largest = std::max(largest, std::abs(x));
        for (const gb::Side& side : gb::sides()) {
            const auto run = side.make(problem);
            if (!run) continue;
            CAPTURE(name);
            CAPTURE(side.name);
            run->gradient();
            const std::vector<double> result = run->result();
            REQUIRE(result.size() == differences.size());
            for (std::size_t k = 0; k < result.size(); ++k) CHECK(std::abs(result[k] - differences[k]) <= 1e-6 * largest);
        }
    }
}

TEST_CASE("a name that is no problem is refused") {
    CHECK_THROWS_WITH_AS((void)gb::make_problem("gmm_dx", data()),
                         doctest::Contains("problem is gmm_dx, expected one such as building_s20"), ct::ValueError);
    CHECK_THROWS_AS((void)gb::make_problem("polynomial", data()), ct::ValueError);
}
