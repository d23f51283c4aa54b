// Where an importer's bytes come from: a file as it is, or the same file packed with gzip (told by its first two bytes,
// not by its name). A packed file that ends too soon, or whose checksum does not fit, is DATA_LOSS: half a history is
// not a history.
//
// Memory is bounded: a buffer of 64 KiB each for packed and unpacked bytes, whatever the file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace caseward {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills the front of `out`; 0 means the end.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> out) = 0;
  // Bytes taken from the file so far and its size: for progress. The size is 0 if it is not known.
  virtual uint64_t consumed() const = 0;
  virtual uint64_t size() const = 0;
};

// Opens a file, plain or gzip. NOT_FOUND, PERMISSION_DENIED or INVALID_ARGUMENT (a folder) name the path.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path);

// The same over bytes in memory.
std::unique_ptr<ByteSource> BytesFromString(std::string bytes);

}  // namespace caseward
