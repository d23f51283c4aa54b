// From a YAML tree to a protobuf message: a key is the field of that name. Where people write it shorter than the
// message has it (spans, conditions, triggers, tests of fields, worked examples), the forms are in pack_forms.cc and
// example_forms.cc; docs/policy-authoring.md lists them. What does not fit is a problem with its file and line, and
// reading goes on.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/policy.pb.h"
#include "google/protobuf/message.h"
#include "services/packs/pack_reader.h"
#include "services/packs/yaml_tree.h"

namespace caseward {

class MessageReader {
 public:
  // `pack` takes what a case type's body holds of clocks, rules and so on; null when no pack is read.
  MessageReader(std::string file, v1::Pack* pack, std::vector<FileProblem>& problems, SourceMarks& marks)
      : file_(std::move(file)), pack_(pack), problems_(problems), marks_(marks) {}

  // Where something stands: in the message, and by the keys people wrote.
  struct Where {
    std::string message;
    std::string keys;
    Where Field(std::string_view field, std::string_view key) const;
    Where Item(int message_index, int written_index) const;
    Where Entry(std::string_view key) const;
  };

  // A map into the message's fields, one of its human forms into the message.
  void ReadMessage(const YamlNode& node, google::protobuf::Message& message, const Where& where);

  // Sign-offs named by a rule with whom they must be separate from; checked when the whole pack is known.
  struct Separation {
    std::string subject;
    std::vector<std::string> from;
    FileProblem at;
  };
  const std::vector<Separation>& separations() const { return separations_; }

 private:
  using Message = google::protobuf::Message;
  using FieldDescriptor = google::protobuf::FieldDescriptor;
  struct Form;

  // Generic (message_reader.cc).
  void ReadFields(const YamlNode& node, Message& message, const Where& where);
  void ReadField(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where);
  void ReadList(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where);
  void ReadMessageList(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where);
  void ReadMap(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where);
  void ReadScalar(const YamlNode& node, Message& message, const FieldDescriptor* field, const Where& where, bool add);
  bool ReadEnum(const YamlNode& node, const FieldDescriptor* field, const Where& where, int* number);
  void Mark(const Where& where, int line, int column);
  void Problem(const YamlNode& node, const Where& where, std::string expected, std::string found);
  void UnknownKey(const YamlNode::Key& key, const Where& where, const std::vector<std::string>& known);
  bool NeedMap(const YamlNode& node, const Where& where, std::string_view what);

  // Human forms (pack_forms.cc). True if the message type has one and the node was read by it.
  bool ReadForm(const YamlNode& node, Message& message, const Where& where);
  // Keys that are not fields of the message. True if the key was such a key.
  bool ReadExtraKey(const YamlNode::Key& key, const YamlNode& node, Message& message, const YamlNode& map,
                    const Where& where);
  std::vector<std::string> ExtraKeys(const Message& message) const;
  void ReadSpan(const YamlNode& node, v1::Span& span, const Where& where);
  void ReadInstant(const YamlNode& node, google::protobuf::Timestamp& time, const Where& where);
  void ReadCondition(const YamlNode& node, v1::Condition& condition, const Where& where);
  void ReadConditionKey(const YamlNode::Key& key, const YamlNode& node, v1::Condition& condition, const Where& where);
  void ReadFieldTest(const YamlNode::Key& key, const YamlNode& node, Message& message, const FieldDescriptor* list,
                     const Where& where);
  void ReadFieldTests(const YamlNode& node, Message& message, const FieldDescriptor* list, const Where& where);
  void ReadTrigger(const YamlNode& node, v1::Trigger& trigger, const Where& where);
  void ReadLast(const YamlNode& node, v1::LastStep& last, const Where& where);
  void ReadCount(const YamlNode& node, v1::Count& count, const Where& where);
  void ReadWithin(const YamlNode& node, Message& clock, const FieldDescriptor* list, const Where& where);
  void ReadWarnAt(const YamlNode& node, v1::Clock& clock, const Where& where);
  void ReadNeeds(const YamlNode& node, v1::Rule& rule, const Where& where);
  void ReadNeed(const YamlNode& node, v1::Need& need, const v1::Rule& rule, const Where& where);
  void ReadOfCaseType(const YamlNode::Key& key, const YamlNode& node, const v1::CaseType& type, const YamlNode& map,
                      const Where& where);
  void ReadMinute(const YamlNode& node, Message& message, const char* field, const Where& where);

  // Worked examples (example_forms.cc).
  void ReadExampleRows(const YamlNode& node, Message& message, const FieldDescriptor* list, const Where& where,
                       const std::string& keys);
  void ReadExampleStep(const YamlNode& node, v1::ExampleStep& step, const Where& where);
  void ReadValue(const YamlNode& node, google::protobuf::Value& value, const Where& where);

  const std::string file_;
  v1::Pack* const pack_;
  std::vector<FileProblem>& problems_;
  SourceMarks& marks_;
  std::vector<Separation> separations_;
};

}  // namespace caseward
