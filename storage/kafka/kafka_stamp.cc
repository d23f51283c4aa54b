#include "storage/kafka/kafka_stamp.h"

#include "storage/record_frame.h"

namespace caseward {
namespace {

constexpr char kStampVersion = 1;
constexpr size_t kStampBytes = 26;
constexpr std::string_view kKinds = "fcrmkbyd";

}  // namespace

std::string EncodeStamp(const KafkaStamp& stamp) {
  std::string out = {kStampVersion, static_cast<char>(stamp.kind)};
  AppendBig64(stamp.term, out);
  AppendBig64(stamp.sequence, out);
  AppendBig32(stamp.from_partition, out);
  AppendBig32(stamp.n, out);
  return out;
}

std::optional<KafkaStamp> DecodeStamp(std::string_view bytes) {
  if (bytes.size() != kStampBytes || bytes[0] != kStampVersion || kKinds.find(bytes[1]) == std::string_view::npos)
    return std::nullopt;
  KafkaStamp out;
  out.kind = static_cast<KafkaKind>(bytes[1]);
  out.term = ReadBig64(bytes.substr(2));
  out.sequence = ReadBig64(bytes.substr(10));
  out.from_partition = ReadBig32(bytes.substr(18));
  out.n = ReadBig32(bytes.substr(22));
  return out;
}

}  // namespace caseward
