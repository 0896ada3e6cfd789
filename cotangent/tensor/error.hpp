#pragma once
#include <stdexcept>
#include <string>

namespace cotangent {

/// Root of everything the library throws. Messages read `op: argument has X, expected Y for Z`.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A shape, rank or axis does not fit.
class ShapeError : public Error {
public:
    using Error::Error;
};

/// A dtype does not fit; nothing is converted unless cast() is called.
class DtypeError : public Error {
public:
    using Error::Error;
};

/// An argument is outside its range.
class ValueError : public Error {
public:
    using Error::Error;
};

/// A file or stream could not be read or written; the message names it.
class IoError : public Error {
public:
    using Error::Error;
};

}  // namespace cotangent

namespace ct = cotangent;  ///< what callers write
