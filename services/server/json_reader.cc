#include "services/server/json_reader.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

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

absl::Status ParseJson(std::string_view text, google::protobuf::Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("expected ", message.GetDescriptor()->name(), " as JSON; found ", Fault(status.message().ToString())));
}

}  // namespace caseward
