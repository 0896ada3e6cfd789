#pragma once
#include <filesystem>
#include <fstream>
#include <string>

#include "cotangent/tensor/error.hpp"

namespace cotangent::gradbench {

/// A text file of numbers between spaces or colons. Every reading says what it expected where it fails.
class NumberFile {
public:
    explicit NumberFile(const std::filesystem::path& path) : path_(path), stream_(path) {
        if (!stream_) throw IoError("gradbench: cannot open " + path.string());
    }
    template <class Number>
    void operator()(Number& number) {
        if (!(stream_ >> number))
            throw IoError("gradbench: " + path_.string() + " has no number at byte " + std::to_string(place()) +
                          ", expected one");
        while (stream_.peek() == ':') stream_.get();
    }
    template <class Number>
    [[nodiscard]] Number next() {
        Number number{};
        (*this)(number);
        return number;
    }
    /// The text up to the next colon.
    [[nodiscard]] std::string word() {
        std::string text;
        std::getline(stream_ >> std::ws, text, ':');
        return text;
    }
    [[nodiscard]] bool at_end() { return (stream_ >> std::ws).eof(); }

private:
    [[nodiscard]] std::streamoff place() {
        stream_.clear();
        return stream_.tellg();
    }

    std::filesystem::path path_;
    std::ifstream stream_;
};

}  // namespace cotangent::gradbench
