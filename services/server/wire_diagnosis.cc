#include "services/server/wire_diagnosis.h"

#include <cstdint>
#include <optional>

#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kDepthMax = 100;  // as protobuf's parser

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string Join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : StrCat(path, ".", name);
}

std::string Where(const std::string& path, size_t at) {
  return StrCat(path.empty() ? "the message" : path, ", at byte ", at, ": ");
}

// Walks bytes along a message type until something is wrong.
class Walker {
 public:
  explicit Walker(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string> Walk(const Descriptor& type, size_t end, const std::string& path, int depth) {
    if (depth > kDepthMax) {
      return Where(path, at_) + StrCat("expected at most ", kDepthMax, " messages inside one another");
    }
    while (at_ < end) {
      const size_t start = at_;
      const std::optional<uint64_t> tag = Varint(end);
      if (!tag) {
        return Where(path, start) + "the message ends in the middle of a field, or a number is too long";
      }
      if (auto wrong = WalkField(type, *tag, end, path, depth)) {
        return wrong;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> WalkField(const Descriptor& type, uint64_t tag, size_t end, const std::string& path,
                                       int depth) {
    const uint64_t number = tag >> 3;
    if (number == 0 || number > static_cast<uint64_t>(FieldDescriptor::kMaxNumber)) {
      return Where(path, at_) + StrCat("expected a field number; found ", number);
    }
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(number));
    const std::string name = Join(path, field == nullptr ? StrCat("#", number) : field->name());
    switch (tag & 7) {
      case kVarint:
        return Varint(end) ? std::nullopt : std::optional(Where(name, at_) + "expected a number; the message ends");
      case kFixed64: return Skip(8, end, name);
      case kFixed32: return Skip(4, end, name);
      case kBytes: return WalkBytes(field, end, name, depth);
      default: return Where(name, at_) + StrCat("expected wire type 0, 1, 2 or 5; found ", tag & 7);
    }
  }

  std::optional<std::string> WalkBytes(const FieldDescriptor* field, size_t end, const std::string& name, int depth) {
    const std::optional<uint64_t> length = Varint(end);
    if (!length || *length > end - at_) {
      return Where(name, at_) + (length ? StrCat("expected ", *length, " bytes; the message ends after ", end - at_)
                                        : "expected a length; the message ends");
    }
    const size_t inner_end = at_ + static_cast<size_t>(*length);
    if (field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE) {
      return Walk(*field->message_type(), inner_end, name, depth + 1);
    }
    if (field != nullptr && field->type() == FieldDescriptor::TYPE_STRING &&
        !IsValidUtf8(bytes_.substr(at_, static_cast<size_t>(*length)))) {
      return Where(name, at_) + "expected UTF-8; found bytes that are not";
    }
    at_ = inner_end;
    return std::nullopt;
  }

  std::optional<std::string> Skip(size_t count, size_t end, const std::string& name) {
    if (end - at_ < count) {
      return Where(name, at_) + StrCat("expected ", count, " bytes; the message ends after ", end - at_);
    }
    at_ += count;
    return std::nullopt;
  }

  std::optional<uint64_t> Varint(size_t end) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ < end; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }

  const std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

std::string DiagnoseWire(const Descriptor& type, std::string_view bytes) {
  const std::string expected = StrCat("expected a message of type ", type.full_name(), ": ");
  Walker walker(bytes);
  if (auto wrong = walker.Walk(type, bytes.size(), "", 0)) {
    return expected + *wrong;
  }
  return expected + "the bytes do not fit its fields' types";
}

}  // namespace caseward
