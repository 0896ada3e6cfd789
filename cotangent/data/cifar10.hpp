#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "cotangent/data/dataset.hpp"

namespace cotangent::data {

/// Reads CIFAR-10 in its binary layout: records of one byte of label, then 1,024 bytes each of red, green and blue.
///
/// @param folder  holds data_batch_*.bin and test_batch*.bin (any number of them, read in the order of their names), each
///                perhaps with .gz or .xz; or holds a folder cifar-10-batches-bin that does
/// @param part    train or test
/// @return        images [N, 32, 32, 3]
/// @throws IoError     there is no such file, or one is damaged; the message names it
/// @throws ValueError  part is validation: CIFAR-10 has none, split() makes one
/// @source  Krizhevsky 2009, "Learning multiple layers of features from tiny images"
[[nodiscard]] ImageDataset load_cifar10(const std::string& folder, Part part = Part::train);

/// The records of one such file, unpacked. @throws IoError
[[nodiscard]] ImageDataset decode_cifar10(std::span<const std::byte> bytes);

}  // namespace cotangent::data
