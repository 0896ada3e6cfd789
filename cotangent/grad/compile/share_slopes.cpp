// y = f(x) on the way forward, g f'(x) on the way back: most of f' is what f takes too, an error function or an exponential.
// Made with y, it costs little more than y, and it is kept in x's stead: g f' is a product then.
#include "cotangent/grad/compile/elementwise_operation.hpp"
#include "cotangent/grad/compile/graph.hpp"

namespace cotangent::detail {
namespace {

/// The g f'(x) of y = f(x), if nothing else takes x. It comes after y: only a rule of the op that made y makes it.
Instruction* find_product_with_slope(const Links& links, const Graph& graph, const Instruction& map) {
    const Operand& x = map.inputs[0];
    const std::vector<Instruction*>& users = links.users(x.value);
    if (users.size() != 2 || links.is_result(x.value) || !links.maker(x.value)) return nullptr;
    if (!(x.shape == graph.value(map.outputs[0]).shape)) return nullptr;
    Instruction* const product = users[users[0] == &map ? 1 : 0];
    const bool is_product = product != &map && product->operation.tag == map.operation.slope_tag &&
                            product->operation.attributes == map.operation.attributes && product->inputs.size() == 2 &&
                            key_of(product->inputs[1]) == key_of(x);
    return is_product ? product : nullptr;
}

}  // namespace

void share_slopes(Graph& graph, const std::vector<Operand>& results) {
    const Links links(graph, results);
    for (Instruction& map : graph.instructions) {
        if (!map.operation.with_slope) continue;
        Instruction* const product = find_product_with_slope(links, graph, map);
        if (!product) continue;
        const Operand& x = map.inputs[0];
        const int slope = graph.new_value(x.shape, x.dtype);
        map.operation.name = "map_and_slope";
        map.operation.kernel = map.operation.with_slope;
        map.operation.padded = map.operation.with_slope = nullptr;
        map.operation.tag = nullptr;
        map.outputs.push_back(slope);
        product->operation = elementwise_operation<Product, 2>("multiply", x.dtype);
        product->inputs[1] = graph.value(slope).whole(slope);
    }
}

}  // namespace cotangent::detail
