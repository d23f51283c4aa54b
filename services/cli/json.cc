#include "services/cli/json.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "absl/strings/str_format.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward::cli {

namespace {

// Maps in key order, so that the same message is the same line every time.
std::string OrderedBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

google::protobuf::util::TypeResolver& Resolver() {
  static google::protobuf::util::TypeResolver& resolver = *google::protobuf::util::NewTypeResolverForDescriptorPool(
      "type.googleapis.com", google::protobuf::DescriptorPool::generated_pool());
  return resolver;
}

// What protobuf says is wrong, without the values it quotes: they may be personal words, and this goes to logs. Its
// messages are "(path): invalid value "x" for type T", "path key: Cannot find field.", or one line about the syntax and
// then the text around it.
std::string Fault(std::string_view said) {
  constexpr std::string_view kInvalid = ": invalid value ";
  constexpr std::string_view kForType = " for type ";
  constexpr std::string_view kNoField = ": Cannot find field.";
  const size_t invalid = said.find(kInvalid);
  const size_t type = said.rfind(kForType);
  if (invalid != std::string_view::npos && type != std::string_view::npos && type > invalid) {
    return StrCat("a value at ", QuotedShort(said.substr(0, invalid)), " that is no ",
                  QuotedShort(said.substr(type + kForType.size())));
  }
  if (said.ends_with(kNoField)) {
    return StrCat("a field it does not have, ", QuotedShort(said.substr(0, said.size() - kNoField.size())));
  }
  return QuotedShort(said.substr(0, said.find('\n')));
}

}  // namespace

std::string ToJsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::BinaryToJsonString(
      &Resolver(), "type.googleapis.com/" + message.GetDescriptor()->full_name(), OrderedBytes(message), &text,
      options);
  return status.ok() ? text : "{}";
}

absl::Status FromJson(std::string_view text, google::protobuf::Message* message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("expected ", message->GetDescriptor()->name(), " as JSON; found ", Fault(status.message().ToString())));
}

std::string JsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const unsigned char u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      out += absl::StrFormat("\\u%04x", u);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace caseward::cli
