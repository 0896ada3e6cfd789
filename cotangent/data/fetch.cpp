#include "cotangent/data/fetch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>

#include "cotangent/data/detail/compression.hpp"
#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/tar.hpp"
#include "cotangent/tensor/error.hpp"

namespace cotangent::data {
namespace {

namespace fs = std::filesystem;

struct RemoteFile {
    const char* name;
    const char* sha256;
};
struct RemoteDataset {
    const char* name;
    const char* home;
    std::vector<RemoteFile> files;
};

// The sums that TensorFlow Datasets and others publish for the same files.
const std::vector<RemoteDataset>& catalogue() {
    static const std::vector<RemoteDataset> datasets = {
        {"mnist",
         "https://ossci-datasets.s3.amazonaws.com/mnist/",
         {{"t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
          {"t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
          {"train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
          {"train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"}}},
        {"fashion-mnist",
         "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
         {{"t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
          {"t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
          {"train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
          {"train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"}}},
        {"cifar10",
         "https://www.cs.toronto.edu/~kriz/",
         {{"cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}}},
    };
    return datasets;
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string sha256_of(const fs::path& path) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (!file) throw IoError(fmt::format("download: cannot read {}: {}", path.string(), std::strerror(errno)));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        throw Error("download: OpenSSL has no SHA-256");
    std::vector<unsigned char> block(1 << 16);
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
        EVP_DigestUpdate(context.get(), block.data(), count);
    }
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
    std::string text;
    for (const unsigned byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

/// One request, and what its callbacks need.
struct Transfer {
    std::FILE* file = nullptr;
    const FetchOptions* options = nullptr;
    FetchProgress progress;
    std::int64_t resumed_at = 0;
    std::exception_ptr failure;
};

std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* context) {
    return std::fwrite(bytes, 1, count, static_cast<Transfer*>(context)->file);
}

int on_progress(void* context, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto* transfer = static_cast<Transfer*>(context);
    if (!transfer->options->progress) return 0;
    transfer->progress.bytes_done = transfer->resumed_at + done;
    transfer->progress.bytes_total = total > 0 ? transfer->resumed_at + total : 0;
    try {
        transfer->options->progress(transfer->progress);
        return 0;
    } catch (...) {
        transfer->failure = std::current_exception();
        return 1;
    }
}

enum class Outcome : std::uint8_t { done, cannot_resume };

/// Fetches what is missing of the part file.
Outcome request(const std::string& url, const fs::path& part, const std::string& name, const FetchOptions& options) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(started == CURLE_OK ? curl_easy_init() : nullptr,
                                                                   curl_easy_cleanup);
    if (!curl) throw Error("download: libcurl does not start");
    std::error_code absent;
    const auto size = fs::file_size(part, absent);
    Transfer transfer;
    transfer.options = &options;
    transfer.progress.file = name;
    transfer.resumed_at = absent ? 0 : static_cast<std::int64_t>(size);
    std::unique_ptr<std::FILE, CloseFile> file(std::fopen(part.c_str(), "ab"));
    if (!file) throw IoError(fmt::format("download: cannot write {}: {}", part.string(), std::strerror(errno)));
    transfer.file = file.get();

    std::array<char, CURL_ERROR_SIZE> reason{};
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "cotangent");
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.stall_timeout));
    curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout));
    curl_easy_setopt(curl.get(), CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.resumed_at));
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &transfer);
    const CURLcode code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool is_written = std::fclose(file.release()) == 0;
    if (transfer.failure) std::rethrow_exception(transfer.failure);
    // The server does not do ranges, or the part is as long as the whole or longer.
    if (transfer.resumed_at > 0 && (code == CURLE_RANGE_ERROR || status == 416)) return Outcome::cannot_resume;
    if (code != CURLE_OK) {
        throw IoError(
            fmt::format("download: cannot fetch {}: {}", url, reason[0] ? reason.data() : curl_easy_strerror(code)));
    }
    if (!is_written) throw IoError(fmt::format("download: cannot write {}: {}", part.string(), std::strerror(errno)));
    return Outcome::done;
}

bool has_sum(const fs::path& path, const std::string& sha256) {
    std::error_code absent;
    return fs::is_regular_file(path, absent) && (sha256.empty() || sha256_of(path) == sha256);
}

constexpr std::array cifar_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
constexpr std::uintmax_t cifar_file_bytes = 10000 * 3073;

bool has_cifar(const fs::path& folder) {
    return std::all_of(cifar_files.begin(), cifar_files.end(), [&](const char* name) {
        std::error_code absent;
        const auto size = fs::file_size(folder / name, absent);
        return !absent && size == cifar_file_bytes;
    });
}

void unpack_cifar(const fs::path& archive, const fs::path& folder) {
    constexpr std::size_t most_bytes = std::size_t{1} << 29;
    const auto bytes = detail::read_unpacked("fetch", archive, most_bytes);
    fs::create_directories(folder);
    try {
        for (const auto& [name, content] : detail::list_tar(bytes)) {
            // The last part of the name only: nothing is written outside the folder.
            const std::string file = fs::path(name).filename().string();
            if (std::find(cifar_files.begin(), cifar_files.end(), file) == cifar_files.end()) continue;
            detail::write_file("fetch", folder / file, content);
        }
    } catch (const IoError& error) {
        throw IoError(fmt::format("fetch: cannot unpack {}: {}", archive.string(), error.what()));
    }
    if (!has_cifar(folder)) throw IoError(fmt::format("fetch: {} does not hold CIFAR-10", archive.string()));
}

}  // namespace

void download(const std::string& url, const std::string& to, const std::string& sha256, const FetchOptions& options) {
    const fs::path path = to;
    if (has_sum(path, sha256)) return;
    fs::path part = path;
    part += ".part";
    std::error_code ignored;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
    const bool has_part = fs::exists(part, ignored);
    // The part may be whole: the last run ended before its sum was taken.
    if (!(has_part && !sha256.empty() && has_sum(part, sha256))) {
        if (request(url, part, path.filename().string(), options) == Outcome::cannot_resume) {
            fs::remove(part, ignored);
            (void)request(url, part, path.filename().string(), options);
        }
        if (!sha256.empty()) {
            std::string found = sha256_of(part);
            // A part may be left of another version of the file: start once more, from nothing.
            if (found != sha256 && has_part) {
                fs::remove(part, ignored);
                (void)request(url, part, path.filename().string(), options);
                found = sha256_of(part);
            }
            if (found != sha256) {
                fs::remove(part, ignored);
                throw IoError(fmt::format("download: {} has SHA-256 {}, expected {}", url, found, sha256));
            }
        }
    }
    std::error_code error;
    fs::rename(part, path, error);
    if (error) throw IoError(fmt::format("download: cannot write {}: {}", path.string(), error.message()));
}

std::vector<std::string> fetchable_datasets() {
    std::vector<std::string> names;
    for (const auto& dataset : catalogue()) names.emplace_back(dataset.name);
    return names;
}

void fetch(std::string_view dataset, const std::string& to, const FetchOptions& options) {
    const fs::path folder = to;
    const auto found =
        std::find_if(catalogue().begin(), catalogue().end(), [&](const auto& one) { return one.name == dataset; });
    if (found == catalogue().end()) {
        throw ValueError(
            fmt::format("fetch: dataset is `{}`, expected one of {}", dataset, fmt::join(fetchable_datasets(), ", ")));
    }
    const bool is_cifar = dataset == "cifar10";
    const fs::path unpacked = folder / "cifar-10-batches-bin";
    if (is_cifar && has_cifar(unpacked)) return;
    const std::string home = options.base_url.empty() ? found->home : options.base_url;
    for (const auto& file : found->files) {
        const auto other = options.sha256.find(file.name);
        download(home + file.name, folder / file.name, other == options.sha256.end() ? file.sha256 : other->second, options);
        if (!is_cifar) continue;
        unpack_cifar(folder / file.name, unpacked);
        std::error_code ignored;
        fs::remove(folder / file.name, ignored);
    }
}

}  // namespace cotangent::data
