#include "cotangent/grad/compile/assemble_kernel.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "cotangent/grad/compile/detail/kernel_testing.hpp"

namespace detail = cotangent::detail;
using detail::Arithmetic, detail::KernelPlan;
using detail::kernel_testing::all_ops, detail::kernel_testing::assembles, detail::kernel_testing::expected,
    detail::kernel_testing::is_same, detail::kernel_testing::Numbers;

namespace {

/// Of up to 30 steps on values before them; null: registers do not suffice for it.
template <class T>
std::optional<KernelPlan> random_plan(Numbers<T>& random) {
    KernelPlan plan;
    plan.dtype = sizeof(T) == 4 ? cotangent::Dtype::float32 : cotangent::Dtype::float64;
    // The last two are numbers, for divisors.
    for (unsigned k = random.pick(5) + 1; k-- > 0;) plan.repeats.push_back(random.pick(3) == 0);
    plan.repeats.insert(plan.repeats.end(), {true, true});
    const int inputs = static_cast<int>(plan.repeats.size());
    for (unsigned k = random.pick(30) + 1; k-- > 0;) {
        KernelPlan::Step step;
        step.op = all_ops[random.pick(all_ops.size())];
        const int before = inputs + static_cast<int>(plan.steps.size());
        for (int i = 0; i < detail::operand_count(step.op); ++i) {
            const bool late = before > inputs && random.pick(2) == 0;  // chains, so that values die
            step.operands[static_cast<std::size_t>(i)] =
                late ? before - 1 : static_cast<int>(random.pick(static_cast<std::size_t>(before)));
        }
        if (step.op == Arithmetic::divide_by_number) step.operands[1] = inputs - 2, step.operands[2] = inputs - 1;
        step.is_written = random.pick(6) == 0;
        plan.steps.push_back(step);
    }
    plan.steps.back().is_written = true;
    if (!detail::can_assemble(plan)) return std::nullopt;
    return plan;
}

/// Runs a plan on arrays of `count` elements, and compares each with expected().
template <class T>
void check(const KernelPlan& plan, std::int64_t count, Numbers<T>& random) {
    constexpr std::size_t lanes = 16;  // more than any register has
    constexpr T canary = T(123456);
    const std::size_t inputs = plan.repeats.size(), n = static_cast<std::size_t>(count);
    std::vector<std::vector<T>> values(inputs + plan.steps.size());
    for (std::size_t id = 0; id < inputs; ++id) {
        values[id].assign(plan.repeats[id] ? lanes : n, plan.repeats[id] ? random() : T(0));
        if (!plan.repeats[id])
            for (T& x : values[id]) x = random();
    }
    values[inputs - 1].assign(lanes, T(1) / values[inputs - 2][0]);
    std::vector<std::vector<T>> written(plan.steps.size());
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
    for (std::size_t id = 0; id < inputs; ++id) in.push_back(reinterpret_cast<const std::byte*>(values[id].data()));
    for (std::size_t k = 0; k < plan.steps.size(); ++k) {
        if (!plan.steps[k].is_written) continue;
        written[k].assign(n + lanes, canary);
        out.push_back(reinterpret_cast<std::byte*>(written[k].data()));
    }
    const detail::AssembledKernel made = detail::assemble(plan);
    REQUIRE(static_cast<bool>(made.kernel));
    made.kernel(nullptr, in.data(), nullptr, out.data(), count);
    for (std::size_t k = 0; k < plan.steps.size(); ++k) {
        const KernelPlan::Step& step = plan.steps[k];
        std::vector<T>& result = values[inputs + k];
        for (std::size_t e = 0; e < n; ++e) {
            std::array<T, 3> x{};
            for (std::size_t i = 0; i < static_cast<std::size_t>(detail::operand_count(step.op)); ++i) {
                const auto id = static_cast<std::size_t>(step.operands[i]);
                x[i] = values[id][id < inputs && plan.repeats[id] ? 0 : e];
            }
            result.push_back(expected(step.op, x[0], x[1], x[2]));
            if (!step.is_written || is_same(written[k][e], result[e])) continue;
            CAPTURE(k);
            CAPTURE(e);
            CAPTURE(static_cast<int>(step.op));
            REQUIRE(written[k][e] == result[e]);
        }
        if (step.is_written)
            for (std::size_t e = n; e < n + lanes; ++e) REQUIRE(written[k][e] == canary);
    }
}

template <class T>
void check_many() {
    Numbers<T> random(7);
    int assembled = 0;
    for (int k = 0; k < 400; ++k) {
        const auto plan = random_plan(random);
        if (!plan) continue;
        ++assembled;
        CAPTURE(k);
        for (const std::int64_t count : {1, 3, 4, 7, 8, 9, 64, 131}) check<T>(*plan, count, random);
    }
    CHECK(assembled > 100);
}

/// y = op(x...), all of it arrays but what a division divides by.
KernelPlan one_step(Arithmetic op, cotangent::Dtype dtype) {
    KernelPlan plan;
    plan.dtype = dtype;
    KernelPlan::Step step;
    step.op = op;
    step.is_written = true;
    for (int i = 0; i < detail::operand_count(op); ++i) {
        step.operands[static_cast<std::size_t>(i)] = i;
        plan.repeats.push_back(op == Arithmetic::divide_by_number && i > 0);
    }
    if (op != Arithmetic::divide_by_number) {
        plan.repeats.insert(plan.repeats.end(), {true, true});  // as check() has it
    }
    plan.steps.push_back(step);
    return plan;
}

}  // namespace

TEST_CASE("each op of an assembled kernel rounds as C++ does, special numbers too") {
    if (!assembles()) return;
    Numbers<double> doubles(1);
    Numbers<float> floats(2);
    for (const Arithmetic op : all_ops) {
        CAPTURE(static_cast<int>(op));
        for (int k = 0; k < 20; ++k) {
            check<double>(one_step(op, cotangent::Dtype::float64), 500, doubles);
            check<float>(one_step(op, cotangent::Dtype::float32), 500, floats);
        }
    }
}

TEST_CASE("random kernels do what their steps do one by one, and write nothing behind their arrays") {
    if (!assembles()) return;
    check_many<double>();
    check_many<float>();
}

TEST_CASE("a result may lie where an input lies that is not read later") {
    if (!assembles()) return;
    // y = x + x; z = y * y + x, in the place of x.
    KernelPlan plan;
    plan.repeats = {false};
    plan.steps.push_back({Arithmetic::add, {0, 0, -1}, false});
    plan.steps.push_back({Arithmetic::multiply_add, {1, 1, 0}, true});
    std::vector<double> x(37);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = 0.5 * static_cast<double>(k);
    const std::vector<double> before = x;
    const std::byte* in[] = {reinterpret_cast<const std::byte*>(x.data())};
    std::byte* out[] = {reinterpret_cast<std::byte*>(x.data())};
    detail::assemble(plan).kernel(nullptr, in, nullptr, out, 37);
    for (std::size_t k = 0; k < x.size(); ++k) CHECK(x[k] == 4 * before[k] * before[k] + before[k]);
}

TEST_CASE("what has too many values at once for the registers is not assembled") {
    // Sums of all pairs of neighbours first, then all of those in one chain.
    const auto wide = [](int count) {
        KernelPlan plan;
        plan.repeats.assign(1, false);
        for (int k = 0; k < count; ++k) plan.steps.push_back({Arithmetic::square, {k, -1, -1}, false});
        for (int k = count; k > 0; --k)
            plan.steps.push_back({Arithmetic::add, {static_cast<int>(plan.steps.size()), k, -1}, k == 1});
        return plan;
    };
    CHECK_FALSE(detail::can_assemble(wide(12)));
    CHECK(detail::can_assemble(wide(6)) == assembles());
}
