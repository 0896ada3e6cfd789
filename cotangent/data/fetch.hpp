#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cotangent::data {

/// How far a download is.
struct FetchProgress {
    std::string file;
    std::int64_t bytes_done = 0;
    std::int64_t bytes_total = 0;  ///< 0 while unknown
};

struct FetchOptions {
    std::string base_url = {};  ///< where the files lie, ending with a slash; the official home when empty
    /// Sums that stand for the official ones, by the file's name: for a mirror with other bytes of the same data.
    std::map<std::string, std::string> sha256 = {};
    /// Called now and then on the calling thread; an exception ends the download and is rethrown.
    std::function<void(const FetchProgress&)> progress = {};
    int stall_timeout = 30;  ///< seconds without a byte after which it gives up
};

/// Downloads over HTTP or HTTPS. Bytes gather in `PATH.part`, from which a later call resumes; the file appears under its
/// own name when it is whole and its sum is right. A file that is already there with the right sum is kept.
///
/// @param sha256  64 hexadecimal digits; empty skips the check
/// @throws IoError  the server cannot be reached or refuses, or the sum is wrong; the message names the address
void download(const std::string& url, const std::string& path, const std::string& sha256, const FetchOptions& options = {});

/// The datasets that fetch() knows: mnist, fashion-mnist, cifar10.
[[nodiscard]] std::vector<std::string> fetchable_datasets();

/// Downloads a dataset from its official home into `folder`, checked by SHA-256, ready for load_mnist() or load_cifar10().
/// What is there already is not downloaded again.
/// @throws ValueError  the name is not one of fetchable_datasets()
/// @throws IoError     as download()
void fetch(std::string_view dataset, const std::string& folder, const FetchOptions& options = {});

}  // namespace cotangent::data
