// A miniature of the engine: values that remember the op that made them, rules written in ops, and the two walks. It is
// whole: first, second and mixed derivatives. docs/guide/inside.md walks through it.
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace {

// [value]
struct Record;

/// A number, and the record of the op that made it; none for a constant.
struct Value {
    double number = 0;
    std::shared_ptr<const Record> record;

    Value(double constant) : number(constant) {}
    Value(double value, std::shared_ptr<const Record> made_by) : number(value), record(std::move(made_by)) {}
};
// [value]

// [record]
/// Given the inputs and the derivative of the output, the derivative of each input (vjp); and the other way round (jvp).
struct Rules {
    std::function<std::vector<Value>(const std::vector<Value>& x, const Value& cotangent)> vjp;
    std::function<Value(const std::vector<Value>& x, const std::vector<Value>& tangents)> jvp;
};

struct Record {
    int id;  // grows: what an op reads is older than what it makes
    std::vector<Value> inputs;
    Rules rules;
};

Value remember(double output, std::vector<Value> inputs, Rules rules) {
    static int next_id = 0;
    return {output, std::make_shared<const Record>(Record{next_id++, std::move(inputs), std::move(rules)})};
}
/// What an op returns: it remembers only where an input is being differentiated, so otherwise it costs nothing.
Value record(double output, std::vector<Value> inputs, Rules rules) {
    bool differentiated = false;
    for (const Value& input : inputs) differentiated = differentiated || input.record;
    return differentiated ? remember(output, std::move(inputs), std::move(rules)) : Value(output);
}
// [record]

// [ops]
Value operator+(const Value& a, const Value& b);
Value operator*(const Value& a, const Value& b);
Value sin(const Value& x);
Value cos(const Value& x);

Value operator+(const Value& a, const Value& b) {
    return record(a.number + b.number, {a, b},
                  {[](auto&, auto& g) {
                       return std::vector{g, g};
                   },
                   [](auto&, auto& t) { return t[0] + t[1]; }});
}
Value operator*(const Value& a, const Value& b) {
    return record(a.number * b.number, {a, b},
                  {[](auto& x, auto& g) {
                       return std::vector{g * x[1], g * x[0]};
                   },
                   [](auto& x, auto& t) { return t[0] * x[1] + x[0] * t[1]; }});
}
Value sin(const Value& x) {
    return record(std::sin(x.number), {x},
                  {[](auto& in, auto& g) { return std::vector{g * cos(in[0])}; },
                   [](auto& in, auto& t) { return t[0] * cos(in[0]); }});
}
Value cos(const Value& x) {
    return record(std::cos(x.number), {x},
                  {[](auto& in, auto& g) { return std::vector{g * -1.0 * sin(in[0])}; },
                   [](auto& in, auto& t) { return t[0] * -1.0 * sin(in[0]); }});
}
// [ops]

// [walk]
using Records = std::map<int, const Record*>;  // in the order of their ids: a topological order

/// The records between a variable and an output.
Records between(const Value& variable, const Value& output) {
    Records found;
    std::vector<const Record*> open;
    const auto visit = [&](const Value& value) {
        const Record* made_by = value.record.get();
        if (made_by && made_by->id >= variable.record->id && found.emplace(made_by->id, made_by).second)
            open.push_back(made_by);
    };
    visit(output);
    while (!open.empty()) {
        const Record* made_by = open.back();
        open.pop_back();
        for (const Value& input : made_by->inputs) visit(input);
    }
    return found;
}
// [walk]

// [variable]
/// A value with a record of its own: what a derivative is taken with respect to. Nested derivatives have one each, and so
/// cannot be confused.
Value watch(const Value& x) {
    return remember(x.number, {x}, {[](auto&, auto& g) { return std::vector{g}; }, [](auto&, auto& t) { return t[0]; }});
}
// [variable]

// [pull]
/// Reverse mode: from the output back, each record hands its cotangent to its inputs.
Value pull(const Value& variable, const Value& output) {
    const Records records = between(variable, output);
    std::map<int, Value> cotangents;
    if (output.record) cotangents.emplace(output.record->id, 1.0);
    for (auto it = records.rbegin(); it != records.rend(); ++it) {
        const auto& [id, made_by] = *it;
        const auto cotangent = cotangents.find(id);
        if (cotangent == cotangents.end() || id == variable.record->id) continue;
        const std::vector<Value> given = made_by->rules.vjp(made_by->inputs, cotangent->second);
        for (std::size_t i = 0; i < given.size(); ++i) {
            if (!made_by->inputs[i].record) continue;
            const auto [sum, first] = cotangents.emplace(made_by->inputs[i].record->id, given[i]);
            if (!first) sum->second = sum->second + given[i];
        }
    }
    const auto found = cotangents.find(variable.record->id);
    return found == cotangents.end() ? Value(0) : found->second;
}
// [pull]

// [push]
/// Forward mode: from the variable on, each record makes its tangent of those of its inputs.
Value push(const Value& variable, const Value& output) {
    std::map<int, Value> tangents{{variable.record->id, Value(1)}};
    for (const auto& [id, made_by] : between(variable, output)) {
        if (id == variable.record->id) continue;
        std::vector<Value> along;
        for (const Value& input : made_by->inputs) {
            const auto tangent = input.record ? tangents.find(input.record->id) : tangents.end();
            along.push_back(tangent == tangents.end() ? Value(0) : tangent->second);
        }
        tangents.emplace(id, made_by->rules.jvp(made_by->inputs, along));
    }
    const auto found = output.record ? tangents.find(output.record->id) : tangents.end();
    return found == tangents.end() ? Value(0) : found->second;
}
// [push]

// [words]
using Function = std::function<Value(const Value&)>;
Function reverse(const Function& f) {
    return [f](const Value& x) {
        const Value variable = watch(x);
        return pull(variable, f(variable));
    };
}
Function forward(const Function& f) {
    return [f](const Value& x) {
        const Value variable = watch(x);
        return push(variable, f(variable));
    };
}
// [words]

}  // namespace

int main() {
    // [use]
    const Function f = [](const Value& x) { return x * sin(x); };
    std::printf("f'   %.6f %.6f\n", reverse(f)(0.5).number, forward(f)(0.5).number);  // sin x + x cos x
    std::printf("f''  %.6f %.6f %.6f %.6f\n", reverse(reverse(f))(0.5).number, reverse(forward(f))(0.5).number,
                forward(reverse(f))(0.5).number, forward(forward(f))(0.5).number);  // 2 cos x - x sin x
    const Function outer = [](const Value& x) {
        return x * reverse([x](const Value& y) { return x + y; })(1.0);  // d/dx (x * d/dy (x + y)) = 1, not 2
    };
    std::printf("1 =  %.6f\n", reverse(outer)(1.0).number);
    // [use]
}
