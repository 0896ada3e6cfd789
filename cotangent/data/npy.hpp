#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "cotangent/tensor/tensor.hpp"

namespace cotangent::data {

/// Reads an array that NumPy saved: format versions 1 to 3, little-endian or single-byte elements of dtype float32,
/// float64, int32, int64, uint8 or bool. Fortran order becomes row-major.
/// @throws IoError  the file is absent, damaged, or of another dtype; the message names it and says why
/// @source  NumPy, numpy/lib/format.py
[[nodiscard]] Tensor read_npy(const std::string& path);
[[nodiscard]] Tensor decode_npy(std::span<const std::byte> bytes);

/// What `numpy.load` reads. @throws DtypeError  bfloat16, which NumPy does not have; cast() first
void write_npy(const std::string& path, const Tensor& tensor);
[[nodiscard]] std::vector<std::byte> encode_npy(const Tensor& tensor);

using NamedArrays = std::map<std::string, Tensor>;

/// Reads the arrays of an .npz file (a zip archive of .npy files, stored or deflated) under their names.
/// @throws IoError  the file is absent, damaged, encrypted, or larger than 4 GiB
[[nodiscard]] NamedArrays read_npz(const std::string& path);
[[nodiscard]] NamedArrays decode_npz(std::span<const std::byte> bytes);

enum class NpzCompression : std::uint8_t { stored, deflated };

/// What `numpy.savez` and `numpy.savez_compressed` write.
/// @throws ValueError  the archive would be larger than 4 GiB
void write_npz(const std::string& path, const NamedArrays& arrays, NpzCompression compression = NpzCompression::stored);
[[nodiscard]] std::vector<std::byte> encode_npz(const NamedArrays& arrays,
                                                NpzCompression compression = NpzCompression::stored);

}  // namespace cotangent::data
