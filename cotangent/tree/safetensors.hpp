#pragma once
// Trees and named tensors in files of the safetensors format, which PyTorch, JAX, MLX and others read and write:
// 8 bytes little-endian length of the header, the header in JSON, then the tensors' bytes without holes.
// @source https://github.com/huggingface/safetensors#format
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cotangent/tree/tree.hpp"

namespace cotangent {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
/// Free text beside the tensors: the format's `__metadata__`.
using Metadata = std::map<std::string, std::string>;

/// What a file holds. Tensors stand in the order of their bytes.
struct TensorFile {
    NamedTensors tensors;
    Metadata metadata;
};

/// Writes tensors of any dtype under their names, atomically.
///
/// @throws ValueError  a name is there twice, is `__metadata__`, or a text is not UTF-8
/// @throws IoError     the file cannot be written; then nothing has changed
void save_tensors(const std::string& path, const NamedTensors& tensors, const Metadata& metadata = {});

/// Reads all tensors: F32 F64 BF16 I32 I64 U8 BOOL as they are, and what we have no dtype for as the next wider one that
/// holds it: F16 as float32, I8 I16 U16 as int32, U32 as int64. At most 8 axes.
///
/// @throws IoError  the file cannot be read, is damaged or holds another dtype; the message names file, tensor and reason.
///                  No more memory is asked for than the file is long,
///                  four times as much where it is widened.
[[nodiscard]] TensorFile load_tensors(const std::string& path);

/// The same in memory. `source` names the bytes in messages.
[[nodiscard]] std::vector<std::byte> encode_tensors(const NamedTensors& tensors, const Metadata& metadata = {});
[[nodiscard]] TensorFile decode_tensors(std::span<const std::byte> bytes, std::string_view source = "bytes");

namespace detail {

/// The tensors of `file` in the order of `expected`.
/// @throws IoError  names everything that is missing, unexpected, or of another shape or dtype
[[nodiscard]] std::vector<Tensor> matched(std::string_view source, TensorFile& file, const NamedTensors& expected);

template <class T>
void take_leaves(T& tree, TensorFile& file, std::string_view source) {
    std::vector<Tensor> values = matched(source, file, named_leaves<Leaves::all>(tree));
    auto next = values.begin();
    for_each_leaf<Leaves::all>([&](auto& leaf) { assign_leaf(leaf, std::move(*next++)); }, tree);
}

}  // namespace detail

/// Writes all leaves of a tree, Frozen ones too, under their paths. Members that are no leaves are not saved.
///
/// @throws IoError  the file cannot be written; then nothing has changed
template <class T>
void save(const std::string& path, const T& tree, const Metadata& metadata = {}) {
    save_tensors(path, named_leaves<Leaves::all>(tree), metadata);
}

/// Reads the leaves of a tree that has the structure, shapes and dtypes of the one that was saved; returns the metadata.
///
/// @throws IoError  the file is damaged or does not fit; the message names every tensor that is missing, unexpected or
///                  of another shape or dtype. The tree is as it was.
template <class T>
Metadata load(const std::string& path, T& tree) {
    TensorFile file = load_tensors(path);
    detail::take_leaves(tree, file, path);
    return std::move(file.metadata);
}

}  // namespace cotangent
