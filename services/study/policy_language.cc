#include "services/study/policy_language.h"

#include <cstddef>
#include <memory>
#include <set>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/text.h"
#include "engine/policy/enum_names.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "services/study/language_source.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::string Squeezed(const std::string& comment) {
  std::string out;
  for (const absl::string_view word : absl::StrSplit(comment, absl::ByAnyChar(" \n"), absl::SkipEmpty()))
    absl::StrAppend(&out, out.empty() ? "" : " ", word);
  return absl::StrReplaceAll(out, {{"|", "\\|"}});
}

// "a list of clocks", "P1, P2 or P3", "text".
std::string KindOf(const FieldDescriptor& field) {
  std::string one;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field.is_map()) {
        const FieldDescriptor& value = *field.message_type()->FindFieldByName("value");
        return StrCat("map from name to ", KindOf(value));
      }
      one = field.message_type()->name();
      if (field.message_type()->file()->package() == PolicyLanguage().package() && one != "Span")
        one = StrCat("[", one, "](#", absl::AsciiStrToLower(one), ")");
      break;
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names = EnumValueNames(*field.enum_type());
      one = absl::StrJoin(names, ", ");
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL: one = "true or false"; break;
    case FieldDescriptor::CPPTYPE_STRING: one = "text"; break;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: one = "number"; break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: one = "decimal"; break;
  }
  return field.is_repeated() ? StrCat("list of ", one) : one;
}

void WriteMessage(const Descriptor& message, std::string& out) {
  out += StrCat("\n## ", message.name(), "\n\n");
  if (const std::string comment = CommentOf(message); !comment.empty()) out += Squeezed(comment) + "\n\n";
  out += "| key | value | meaning |\n|---|---|---|\n";
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string key = field.name() == "case_state" ? "case" : field.name();
    out += StrCat("| `", key, "` | ", KindOf(field), " | ", Squeezed(CommentOf(field)), " |\n");
  }
  for (int i = 0; i < message.enum_type_count(); ++i) {
    const EnumDescriptor& type = *message.enum_type(i);
    for (int n = 1; n < type.value_count(); ++n) {
      const std::string comment = Squeezed(CommentOf(*type.value(n)));
      if (!comment.empty()) out += StrCat("\n`", EnumValueName(*type.value(n)), "`: ", comment, "\n");
    }
  }
}

}  // namespace

std::string PolicyReference() {
  std::string out =
      "# The language of packs, key by key\n\n"
      "Made from the comments of `proto/caseward/v1/policy.proto` by `caseward policy schema --reference`; not written "
      "by\n"
      "hand. [policy-authoring.md](policy-authoring.md) teaches the language and lists the shorter forms in which most "
      "of\n"
      "this may be written.\n";
  for (const Descriptor* type : LanguageTypes())
    WriteMessage(*type, out);
  return out;
}

}  // namespace caseward
