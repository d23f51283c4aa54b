// How a log record lies on disk, the same in every log we keep ourselves:
//
//   crc32c (4, big endian) ‖ length (4, big endian) ‖ bytes
//
// The checksum covers the partition, the sequence, the length and the bytes, so a record that was altered, cut short or
// moved to another place is found when it is read, and is named.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace caseward {

inline constexpr size_t kFrameHeader = 8;
// A round's records are far smaller; a length beyond this is damage.
inline constexpr size_t kMaxRecordBytes = 64u << 20;

// The eight bytes in front of `record`.
std::string FrameHeader(uint32_t partition, uint64_t sequence, std::string_view record);
// Appends the frame of `record` to `out`.
void AppendFrame(uint32_t partition, uint64_t sequence, std::string_view record, std::string& out);

// The bytes of the record in `frame` (a view into it), or DATA_LOSS that names partition and sequence.
absl::StatusOr<std::string_view> OpenFrame(uint32_t partition, uint64_t sequence, std::string_view frame);

// Big-endian integers, so that keys sort as numbers do.
void AppendBig16(uint32_t value, std::string& out);
void AppendBig32(uint32_t value, std::string& out);
void AppendBig64(uint64_t value, std::string& out);
// `bytes` holds at least the integer.
uint32_t ReadBig16(std::string_view bytes);
uint32_t ReadBig32(std::string_view bytes);
uint64_t ReadBig64(std::string_view bytes);

}  // namespace caseward
