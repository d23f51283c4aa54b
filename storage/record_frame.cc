#include "storage/record_frame.h"

#include "engine/base/check.h"
#include "engine/base/text.h"
#include "storage/crc32c.h"

namespace caseward {
namespace {

void AppendBig(uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((value >> shift) & 0xff));
}
uint64_t ReadBig(std::string_view bytes, size_t size) {
  CHECK(bytes.size() >= size);
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

uint32_t Checksum(uint32_t partition, uint64_t sequence, std::string_view record) {
  std::string place;
  AppendBig16(partition, place);
  AppendBig64(sequence, place);
  AppendBig32(static_cast<uint32_t>(record.size()), place);
  return Crc32c(Crc32c(0, place), record);
}

}  // namespace

void AppendBig16(uint32_t value, std::string& out) { AppendBig(value, 2, out); }
void AppendBig32(uint32_t value, std::string& out) { AppendBig(value, 4, out); }
void AppendBig64(uint64_t value, std::string& out) { AppendBig(value, 8, out); }
uint32_t ReadBig16(std::string_view bytes) { return static_cast<uint32_t>(ReadBig(bytes, 2)); }
uint32_t ReadBig32(std::string_view bytes) { return static_cast<uint32_t>(ReadBig(bytes, 4)); }
uint64_t ReadBig64(std::string_view bytes) { return ReadBig(bytes, 8); }

std::string FrameHeader(uint32_t partition, uint64_t sequence, std::string_view record) {
  std::string out;
  AppendBig32(Checksum(partition, sequence, record), out);
  AppendBig32(static_cast<uint32_t>(record.size()), out);
  return out;
}

void AppendFrame(uint32_t partition, uint64_t sequence, std::string_view record, std::string& out) {
  out += FrameHeader(partition, sequence, record);
  out += record;
}

absl::StatusOr<std::string_view> OpenFrame(uint32_t partition, uint64_t sequence, std::string_view frame) {
  const auto damaged = [&](std::string_view what) {
    return absl::DataLossError(StrCat("log partition ", partition, " sequence ", sequence, ": ", what));
  };
  if (frame.size() < kFrameHeader) return damaged(StrCat("expected a frame, found ", frame.size(), " bytes"));
  const uint32_t checksum = ReadBig32(frame);
  const uint32_t length = ReadBig32(frame.substr(4));
  const std::string_view record = frame.substr(kFrameHeader);
  if (length != record.size()) {
    return damaged(StrCat("expected a record of ", length, " bytes, found ", record.size()));
  }
  if (checksum != Checksum(partition, sequence, record)) {
    return damaged("the record does not match its checksum; it was altered after it was written");
  }
  return record;
}

}  // namespace caseward
