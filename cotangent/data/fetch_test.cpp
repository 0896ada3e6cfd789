#include "cotangent/data/fetch.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

#include "cotangent/data/cifar10.hpp"
#include "cotangent/data/detail/file.hpp"
#include "cotangent/data/detail/mutate.hpp"
#include "cotangent/data/detail/tar.hpp"
#include "cotangent/data/detail/testing.hpp"

namespace data = cotangent::data;

namespace {

/// An HTTP server on the loopback interface, one request at a time.
class Server {
public:
    std::map<std::string, std::string> files;  // path -> content; set before the first request
    std::atomic<bool> has_ranges = true;
    std::atomic<std::size_t> cut_after = std::string::npos;  // closes the connection after so many bytes of a body
    std::atomic<int> requests = 0;
    std::atomic<long> last_start = 0;

    Server() {
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        ::setenv("no_proxy", "127.0.0.1", 1);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        ::close(socket_);
    }
    [[nodiscard]] std::string url(const std::string& file) const {
        return "http://127.0.0.1:" + std::to_string(port_) + "/" + file;
    }

private:
    void serve() {
        while (true) {
            const int client = ::accept(socket_, nullptr, nullptr);
            if (client < 0) return;
            std::string request;
            char block[4096];
            while (request.find("\r\n\r\n") == std::string::npos) {
                const auto count = ::recv(client, block, sizeof block, 0);
                if (count <= 0) break;
                request.append(block, static_cast<std::size_t>(count));
            }
            ++requests;
            answer(client, request);
            ::close(client);
        }
    }
    void answer(int client, const std::string& request) {
        const std::string path = request.substr(5, request.find(' ', 5) - 5);
        const auto found = files.find(path);
        const auto range = request.find("Range: bytes=");
        const long start =
            range != std::string::npos && has_ranges ? std::strtol(request.c_str() + range + 13, nullptr, 10) : 0;
        last_start = start;
        std::string head, body;
        if (found == files.end()) {
            head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n";
        } else if (start >= static_cast<long>(found->second.size())) {
            head = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n";
        } else {
            const auto size = found->second.size();
            body = found->second.substr(static_cast<std::size_t>(start));
            head = start > 0 ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(start) + "-" +
                                   std::to_string(size - 1) + "/" + std::to_string(size) + "\r\n"
                             : "HTTP/1.1 200 OK\r\n";
            head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        }
        const std::string all = head + "Connection: close\r\n\r\n" + body.substr(0, cut_after);
        for (std::size_t sent = 0; sent < all.size();) {
            const auto count = ::send(client, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return;
            sent += static_cast<std::size_t>(count);
        }
    }
    int socket_ = -1, port_ = 0;
    std::thread thread_;
};

std::string contents(const std::filesystem::path& path) {
    const auto bytes = data::detail::read_file("test", path);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put(const std::filesystem::path& path, const std::string& text) {
    data::detail::write_file("test", path, std::as_bytes(std::span(text)));
}

// printf abc | sha256sum
const std::string abc_sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A file of a tar archive, without the archive's end.
std::string tar_entry(const std::string& name, const std::string& content) {
    std::string header(512, '\0');
    std::copy(name.begin(), name.end(), header.begin());
    std::snprintf(header.data() + 124, 12, "%011zo", content.size());
    header[156] = '0';
    std::memcpy(header.data() + 257, "ustar\0" "00", 8);
    std::memset(header.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    std::snprintf(header.data() + 148, 8, "%06o", sum);
    return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

std::string gzipped(const std::string& text) {
    z_stream stream{};
    REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/// Six files of CIFAR-10's names and sizes under its folder's name; all pictures of file k have label k.
std::string cifar_archive(int files) {
    std::string tar;
    for (int k = 0; k < files; ++k) {
        std::string records(10000 * 3073, '\x20');
        for (std::size_t at = 0; at < records.size(); at += 3073) records[at] = static_cast<char>(k);
        tar += tar_entry("cifar-10-batches-bin/" + (k < 5 ? "data_batch_" + std::to_string(k + 1) : "test_batch") + ".bin", records);
    }
    return gzipped(tar + std::string(1024, '\0'));
}

}  // namespace

TEST_CASE("a download arrives whole, once, and tells how far it is") {
    Server server;
    server.files["abc"] = "abc";
    const data::testing::TemporaryFolder folder;
    std::int64_t done = 0, total = 0;
    const data::FetchOptions options{.progress = [&](const data::FetchProgress& progress) {
        CHECK(progress.file == "abc");
        CHECK(progress.bytes_done >= done);
        done = progress.bytes_done, total = progress.bytes_total;
    }};
    data::download(server.url("abc"), folder / "new/abc", abc_sum, options);
    CHECK(contents(folder / "new/abc") == "abc");
    CHECK(!std::filesystem::exists(folder / "new/abc.part"));
    CHECK(done == 3);
    CHECK(total == 3);
    data::download(server.url("abc"), folder / "new/abc", abc_sum);
    CHECK(server.requests == 1);
    // A damaged file is replaced.
    put(folder / "new/abc", "abd");
    data::download(server.url("abc"), folder / "new/abc", abc_sum);
    CHECK(contents(folder / "new/abc") == "abc");
}

TEST_CASE("a broken download resumes where it ended") {
    Server server;
    std::string& big = server.files["big"];
    for (int i = 0; i < 200000; ++i) big.push_back(static_cast<char>(i * 7 % 251));
    server.cut_after = 70000;
    const data::testing::TemporaryFolder folder;
    CHECK_THROWS_AS(data::download(server.url("big"), folder / "big", ""), cotangent::IoError);
    CHECK(!std::filesystem::exists(folder / "big"));
    CHECK(std::filesystem::file_size(folder / "big.part") == 70000);
    server.cut_after = std::string::npos;
    data::download(server.url("big"), folder / "big", "");
    CHECK(server.last_start == 70000);
    CHECK(contents(folder / "big") == big);
}

TEST_CASE("a server without ranges, or a part too many bytes long, starts the download anew") {
    Server server;
    server.files["abc"] = "abc";
    const data::testing::TemporaryFolder folder;
    server.has_ranges = false;
    put(folder / "abc.part", "ab");
    data::download(server.url("abc"), folder / "abc", abc_sum);
    CHECK(contents(folder / "abc") == "abc");
    server.has_ranges = true;
    for (const char* left : {"abcd", "xy", "abc"}) {
        std::filesystem::remove(folder / "abc");
        put(folder / "abc.part", left);
        data::download(server.url("abc"), folder / "abc", abc_sum);
        CHECK(contents(folder / "abc") == "abc");
    }
}

TEST_CASE("a wrong sum, a missing file and a dead server are errors that name the address") {
    const data::testing::TemporaryFolder folder;
    std::string dead;
    {
        Server server;
        server.files["abc"] = "abd";
        CHECK_THROWS_WITH_AS(
            data::download(server.url("abc"), folder / "abc", abc_sum),
            ("download: " + server.url("abc") +
             " has SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, expected " + abc_sum)
                .c_str(),
            cotangent::IoError);
        CHECK(!std::filesystem::exists(folder / "abc"));
        CHECK(!std::filesystem::exists(folder / "abc.part"));
        CHECK_THROWS_WITH_AS(
            data::download(server.url("none"), folder / "none", ""),
            ("download: cannot fetch " + server.url("none") + ": The requested URL returned error: 404").c_str(),
            cotangent::IoError);
        dead = server.url("abc");
    }
    CHECK_THROWS_AS(data::download(dead, folder / "abc", abc_sum), cotangent::IoError);
    CHECK_THROWS_AS(data::download("file:///etc/passwd", folder / "abc", ""), cotangent::IoError);
    CHECK_THROWS_WITH_AS(data::fetch("imagenet", folder.path()),
                         "fetch: dataset is `imagenet`, expected one of mnist, fashion-mnist, cifar10",
                         cotangent::ValueError);
}

TEST_CASE("an exception of the progress function ends the download") {
    Server server;
    server.files["abc"] = "abc";
    const data::testing::TemporaryFolder folder;
    const data::FetchOptions options{.progress = [](const data::FetchProgress&) { throw std::runtime_error("enough"); }};
    CHECK_THROWS_WITH_AS(data::download(server.url("abc"), folder / "abc", abc_sum, options), "enough", std::runtime_error);
    CHECK(!std::filesystem::exists(folder / "abc"));
}

TEST_CASE("fetch checks MNIST by its published sums") {
    const auto home = data::testing::shared_data("mnist");
    if (home.empty()) return;
    Server server;
    for (const char* file : {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz"}) {
        server.files[file] = contents(home / file);
    }
    server.files["train-images-idx3-ubyte.gz"] = "not MNIST";
    const data::testing::TemporaryFolder folder;
    CHECK_THROWS_AS(data::fetch("mnist", folder.path(), {.base_url = server.url("")}), cotangent::IoError);
    for (const auto& [file, content] : server.files)
        CHECK(std::filesystem::exists(folder / file) == (content != "not MNIST"));
}

TEST_CASE("fetch unpacks CIFAR-10 once, and refuses an archive that does not hold it") {
    const std::string file = "cifar-10-binary.tar.gz";
    Server server;
    server.files[file] = cifar_archive(6);
    const data::testing::TemporaryFolder folder;
    // The archive is not the official one, and the message says what its sum is.
    std::string refusal;
    try {
        data::fetch("cifar10", folder.path(), {.base_url = server.url("")});
    } catch (const cotangent::IoError& error) {
        refusal = error.what();
    }
    const auto at = refusal.find("has SHA-256 ");
    REQUIRE(at != std::string::npos);
    CHECK(refusal.find("expected c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd") != std::string::npos);
    CHECK(std::filesystem::is_empty(folder.path()));

    const data::FetchOptions options{.base_url = server.url(""), .sha256 = {{file, refusal.substr(at + 12, 64)}}};
    data::fetch("cifar10", folder.path(), options);
    CHECK(!std::filesystem::exists(folder / file));  // unpacked, it is of no use
    const auto train = data::load_cifar10(folder.path()), test = data::load_cifar10(folder.path(), data::Part::test);
    CHECK(train.images.shape() == cotangent::Shape{50000, 32, 32, 3});
    CHECK(train.labels.values<std::int64_t>()[49999] == 4);
    CHECK(test.size() == 10000);
    CHECK(test.labels.values<std::int64_t>()[0] == 5);
    CHECK(test.images.values<std::uint8_t>()[0] == 0x20);
    const int before = server.requests;
    data::fetch("cifar10", folder.path(), options);
    CHECK(server.requests == before);

    std::filesystem::remove_all(folder / "cifar-10-batches-bin");
    for (const std::string& wrong : {cifar_archive(5), gzipped("no archive"), std::string("not packed")}) {
        server.files[file] = wrong;
        CHECK_THROWS_WITH_AS(data::fetch("cifar10", folder.path(), {.base_url = server.url(""), .sha256 = {{file, ""}}}),
                             doctest::Contains(file.c_str()), cotangent::IoError);
        std::filesystem::remove(folder / file);
    }
}

TEST_CASE("tar archives give their files, and damaged ones are refused") {
    const std::string text = tar_entry("folder/one.txt", "content") + std::string(1024, '\0');
    const auto view = std::as_bytes(std::span(text));
    const std::vector<std::byte> archive(view.begin(), view.end());
    const auto files = data::detail::list_tar(archive);
    REQUIRE(files.size() == 1);
    CHECK(files[0].name == "folder/one.txt");
    CHECK(std::string(reinterpret_cast<const char*>(files[0].content.data()), files[0].content.size()) == "content");
    CHECK(data::testing::survive_mutations(archive, 3000, [](const auto& bytes) { (void)data::detail::list_tar(bytes); }) >
          500);
}
