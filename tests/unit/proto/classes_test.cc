// Every field of the language says who may see it, and personal text has one home (law L11).
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "caseward/v1/case_service.pb.h"
#include "caseward/v1/classes.pb.h"
#include "caseward/v1/intake.pb.h"
#include "caseward/v1/other_services.pb.h"

namespace caseward {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

void AddMessages(const Descriptor* message, std::vector<const Descriptor*>& out) {
  if (message->options().map_entry()) return;
  out.push_back(message);
  for (int i = 0; i < message->nested_type_count(); ++i)
    AddMessages(message->nested_type(i), out);
}

// All messages of the package, reached from the services' files and from what is published on topics.
std::vector<const Descriptor*> AllMessages() {
  std::set<const FileDescriptor*> files;
  std::vector<const FileDescriptor*> waiting = {v1::SubmitRequest::descriptor()->file(),
                                                v1::SubscribeRequest::descriptor()->file(),
                                                v1::IntakeOutcome::descriptor()->file()};
  std::vector<const Descriptor*> messages;
  while (!waiting.empty()) {
    const FileDescriptor* file = waiting.back();
    waiting.pop_back();
    if (file->package() != "caseward.v1" || !files.insert(file).second) continue;
    for (int i = 0; i < file->dependency_count(); ++i)
      waiting.push_back(file->dependency(i));
    for (int i = 0; i < file->message_type_count(); ++i)
      AddMessages(file->message_type(i), messages);
  }
  return messages;
}

// The field's own class, else its message's.
v1::DataClass ClassOf(const FieldDescriptor* field) {
  const v1::DataClass own = field->options().GetExtension(v1::field_class);
  return own != v1::DATA_CLASS_UNSPECIFIED ? own : field->containing_type()->options().GetExtension(v1::fields);
}

const Descriptor* ValueType(const FieldDescriptor* field) {
  if (field->is_map()) field = field->message_type()->map_value();
  return field->message_type();
}

TEST(DataClasses, EveryFieldHasOne) {
  const std::vector<const Descriptor*> messages = AllMessages();
  ASSERT_GT(messages.size(), 100u);
  for (const Descriptor* message : messages) {
    for (int i = 0; i < message->field_count(); ++i) {
      EXPECT_NE(ClassOf(message->field(i)), v1::DATA_CLASS_UNSPECIFIED) << message->field(i)->full_name();
    }
  }
}

TEST(DataClasses, L11_PersonalTextIsOnlyInWords) {
  for (const Descriptor* message : AllMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      const bool is_words = ValueType(field) == v1::Words::descriptor();
      const bool inside_words = message == v1::Words::descriptor() && field->name() == "text";
      EXPECT_EQ(ClassOf(field) != v1::DATA_CLASS_INTERNAL, is_words || inside_words) << field->full_name();
    }
  }
}

TEST(DataClasses, EveryEnumBeginsWithUnspecified) {
  for (const Descriptor* message : AllMessages()) {
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      if (field->enum_type() == nullptr || field->enum_type()->file()->package() != "caseward.v1") continue;
      const std::string& zero = field->enum_type()->FindValueByNumber(0)->name();
      EXPECT_NE(zero.find("UNSPECIFIED"), std::string::npos) << zero;
    }
  }
}

}  // namespace
}  // namespace caseward
