#include "cotangent/grad/compile/assemble_small.hpp"

#include <doctest/doctest.h>

#include "cotangent/grad/compile/detail/kernel_testing.hpp"

namespace detail = cotangent::detail;
using detail::Arithmetic, detail::SmallPlan;
using detail::kernel_testing::all_ops, detail::kernel_testing::assembles, detail::kernel_testing::expected,
    detail::kernel_testing::is_same, detail::kernel_testing::Numbers;

namespace {

/// A plan and memory for its values, each followed by room that nothing may be written to.
template <class T>
struct Memory {
    static constexpr std::size_t lanes = 64 / sizeof(T);
    SmallPlan plan;
    std::vector<std::vector<T>> values;

    int add(std::int64_t count, Numbers<T>& random, bool is_input) {
        const std::size_t room = (static_cast<std::size_t>(count) + lanes - 1) / lanes * lanes;
        auto& numbers = values.emplace_back(room + lanes, T(123456));
        const bool is_filled = count == 1 && random.pick(2) == 0;
        for (std::size_t k = 0; is_input && k < (is_filled ? lanes : static_cast<std::size_t>(count)); ++k)
            numbers[k] = is_filled && k > 0 ? numbers[0] : random();
        plan.values.push_back({nullptr, count, is_filled});
        return static_cast<int>(values.size()) - 1;
    }
    /// Once no value is added any more.
    void point() {
        for (std::size_t k = 0; k < values.size(); ++k)
            plan.values[k].memory = reinterpret_cast<std::byte*>(values[k].data());
    }
};

/// Of up to 60 steps on numbers and arrays of `count`.
template <class T>
Memory<T> random_memory(Numbers<T>& random, std::int64_t count) {
    Memory<T> memory;
    memory.plan.dtype = sizeof(T) == 4 ? cotangent::Dtype::float32 : cotangent::Dtype::float64;
    for (unsigned k = random.pick(6) + 2; k-- > 0;) (void)memory.add(random.pick(3) == 0 ? 1 : count, random, true);
    std::vector<SmallPlan::Step> steps;
    for (unsigned k = random.pick(60) + 1; k-- > 0;) {
        const auto any = [&] {
            return static_cast<int>(random.pick(2) == 0 ? memory.values.size() - 1 : random.pick(memory.values.size()));
        };
        SmallPlan::Step step;
        const bool sums = sizeof(T) == 8 && random.pick(8) == 0;
        if (!sums) do
                step.op = all_ops[random.pick(all_ops.size())];
            while (step.op == Arithmetic::divide_by_number);
        std::int64_t length = 1;
        for (int i = 0; i < (sums ? 1 : detail::operand_count(step.op)); ++i) {
            step.operands[static_cast<std::size_t>(i)] = any();
            if (!sums)
                length = std::max(
                    length, memory.plan.values[static_cast<std::size_t>(step.operands[static_cast<std::size_t>(i)])].count);
        }
        step.mean = sums && random.pick(2) == 0;
        step.result = memory.add(length, random, false);
        steps.push_back(step);
    }
    memory.plan.steps = std::move(steps);
    memory.point();
    return memory;
}

/// Compares each value with what its step makes of those before it; sums to rounding.
template <class T>
void check(const SmallPlan& plan, const std::vector<std::vector<T>>& seen, const std::vector<std::vector<T>>& before) {
    std::vector<std::vector<T>> values = before;
    for (std::size_t s = 0; s < plan.steps.size(); ++s) {
        CAPTURE(s);
        const SmallPlan::Step& step = plan.steps[s];
        const auto result = static_cast<std::size_t>(step.result);
        const auto count = static_cast<std::size_t>(plan.values[result].count);
        const bool is_written = plan.values[result].memory != nullptr;
        const auto element = [&](int id, std::size_t e) {
            const auto v = static_cast<std::size_t>(id);
            return values[v][plan.values[v].count == 1 ? 0 : e];
        };
        if (step.op == Arithmetic::none) {
            const auto terms = static_cast<std::size_t>(plan.values[static_cast<std::size_t>(step.operands[0])].count);
            T sum = 0, size = 0;
            for (std::size_t e = 0; e < terms; ++e)
                sum += element(step.operands[0], e), size += std::abs(element(step.operands[0], e));
            if (step.mean) sum /= static_cast<T>(terms), size /= static_cast<T>(terms);
            const T got = seen[result][0];
            // An overflow of one order of terms need not be one of another.
            REQUIRE((is_same(got, sum) || !std::isfinite(size) || std::abs(got - sum) <= 1e-14 * size));
            values[result][0] = got;
            continue;
        }
        for (std::size_t e = 0; e < count; ++e) {
            std::array<T, 3> x{};
            for (std::size_t i = 0; i < static_cast<std::size_t>(detail::operand_count(step.op)); ++i)
                x[i] = element(step.operands[i], e);
            values[result][e] = expected(step.op, x[0], x[1], x[2]);
            CAPTURE(static_cast<int>(step.op));
            if (is_written) REQUIRE((is_same(seen[result][e], values[result][e])));
        }
        if (is_written && count == 1)  // in every lane
            for (std::size_t e = 1; e < Memory<T>::lanes / 2; ++e) REQUIRE(is_same(seen[result][e], values[result][0]));
    }
    for (std::size_t v = 0; v < seen.size(); ++v)
        for (std::size_t e = seen[v].size() - Memory<T>::lanes; e < seen[v].size(); ++e) REQUIRE(seen[v][e] == T(123456));
}

template <class T>
void check_many() {
    Numbers<T> random(11);
    for (int k = 0; k < 300; ++k) {
        CAPTURE(k);
        constexpr std::array<std::int64_t, 8> counts{1, 2, 4, 5, 8, 17, 46, 64};
        auto memory = random_memory(random, counts[random.pick(counts.size())]);
        // All results are written, or sums only and the last.
        const bool writes_all = random.pick(2) == 0;
        for (const SmallPlan::Step& step : memory.plan.steps)
            if (!writes_all && step.op != Arithmetic::none && &step != &memory.plan.steps.back())
                memory.plan.values[static_cast<std::size_t>(step.result)].memory = nullptr;
        const auto before = memory.values;
        const detail::AssembledKernel made = detail::assemble(memory.plan);
        REQUIRE(static_cast<bool>(made.kernel));
        for (int call = 0; call < 2; ++call) made.kernel(nullptr, nullptr, nullptr, nullptr, 0);
        check<T>(memory.plan, memory.values, before);
    }
}

}  // namespace

TEST_CASE("random kernels of small values do what their steps do one by one") {
    if (!assembles()) return;
    check_many<double>();
    check_many<float>();
}

TEST_CASE("a kernel of more values than there are registers keeps the others in memory") {
    if (!assembles()) return;
    // Forty squares, added up from the last to the first.
    constexpr int count = 40;
    Numbers<double> random(3);
    Memory<double> memory;
    const int x = memory.add(8, random, true);
    std::vector<int> squares;
    for (int k = 0; k < count; ++k) {
        const int from = k == 0 ? x : squares.back();
        squares.push_back(memory.add(8, random, false));
        memory.plan.steps.push_back(
            {k % 2 == 0 ? Arithmetic::negative : Arithmetic::square, false, {from, -1, -1}, squares.back()});
    }
    int sum = squares.back();
    for (int k = count - 1; k-- > 0;) {
        const int next = memory.add(8, random, false);
        memory.plan.steps.push_back({Arithmetic::add, false, {sum, squares[static_cast<std::size_t>(k)], -1}, next});
        sum = next;
    }
    memory.point();
    for (const SmallPlan::Step& step : memory.plan.steps)
        if (step.result != sum) memory.plan.values[static_cast<std::size_t>(step.result)].memory = nullptr;
    for (double& number : memory.values[static_cast<std::size_t>(x)]) number = number == 123456 ? number : 0.5;
    const auto before = memory.values;
    const detail::AssembledKernel made = detail::assemble(memory.plan);
    REQUIRE(static_cast<bool>(made.kernel));
    made.kernel(nullptr, nullptr, nullptr, nullptr, 0);
    check<double>(memory.plan, memory.values, before);
}
