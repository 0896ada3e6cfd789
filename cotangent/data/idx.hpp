#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cotangent/data/dataset.hpp"

namespace cotangent::data {

/// Reads an IDX file, the format of MNIST: big-endian arrays of uint8, int32, float32 or float64, of any rank up to 8.
/// Names that end with .gz or .xz are unpacked.
/// @throws IoError  the file is absent, damaged, or of an element type that tensors do not have
/// @source  LeCun, Cortes, Burges, "The MNIST database of handwritten digits"
[[nodiscard]] Tensor read_idx(const std::string& path);

/// The same from memory. @throws IoError
[[nodiscard]] Tensor decode_idx(std::span<const std::byte> bytes);

/// Reads the pictures and labels of MNIST, or of a dataset in its layout such as Fashion-MNIST or KMNIST.
///
/// @param folder       holds train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-..., each perhaps with .gz
/// @param part         train or test
/// @param class_names  ten names; digits when empty
/// @return             images [N, 28, 28, 1]
/// @throws IoError     a file is absent or damaged, or pictures and labels are not as many
/// @throws ValueError  part is validation: MNIST has none, split() makes one
[[nodiscard]] ImageDataset load_mnist(const std::string& folder, Part part = Part::train,
                                      std::vector<std::string> class_names = {});

/// T-shirt/top, Trouser, ...: the names that Fashion-MNIST gives its ten classes.
[[nodiscard]] std::vector<std::string> fashion_mnist_class_names();

}  // namespace cotangent::data
