// Turns the names of a FieldTest into descriptors, while a pack is compiled. A name may be
//
//   owner            a field of the message at hand
//   plan.review_by   a field of a message inside it
//   answer           a field the pack declares for the step at hand: a key of the map of declared fields
//
// and its values become numbers where the field is an enum, a number or a boolean. What cannot be resolved is a
// problem.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/events.pb.h"
#include "engine/policy/condition.h"
#include "engine/policy/pack_names.h"

namespace caseward {

using FieldTests = google::protobuf::RepeatedPtrField<v1::FieldTest>;

// The message that fields are looked up in.
struct FieldPlace {
  const google::protobuf::Descriptor* message = nullptr;
  std::string name;                        // what people call it: "contact_made", "the case", "step risk_assessment"
  std::string declared_in;                 // its map of declared fields, or "": none
  std::vector<const v1::StepType*> steps;  // that declare them; none: any key is taken (an imported history)
  bool only_declared = false;              // the message's own fields cannot be named ("last")
  const google::protobuf::Descriptor* also = nullptr;  // more names to suggest from
  bool words = true;  // presence of words may be tested; lines that conditions count have none
};

// The body of an event. For a recorded step, its tests say which step's fields they mean.
FieldPlace PlaceOfEvent(v1::Event::KindCase kind, const FieldTests& tests, const PackNames& names);
FieldPlace PlaceOfStep(const v1::StepType& step);
FieldPlace PlaceOfMessage(const google::protobuf::Descriptor* message, std::string name);

class FieldResolver {
 public:
  FieldResolver(const PackNames& names, PackProblems& problems) : names_(names), problems_(problems) {}

  // True if the place has such a field.
  bool Has(const FieldPlace& place, std::string_view field) const;
  // The test, or a problem at `path` and an empty path in the result.
  CompiledField Resolve(const FieldPlace& place, const v1::FieldTest& test, const std::string& path);
  std::vector<CompiledField> ResolveAll(const FieldPlace& place, const FieldTests& tests, const std::string& path);

  // A field that holds a time, by name. Problem if there is none.
  CompiledField ResolveTime(const FieldPlace& place, std::string_view field, const std::string& path);
  // A field to compare by value, for `distinct_by`.
  CompiledField ResolveValue(const FieldPlace& place, std::string_view field, const std::string& path);
  // An event's name or one of the three that stand for many.
  CompiledMatch ResolveMatch(const v1::EventMatch& match, const std::string& path, bool words);

 private:
  struct Found {
    CompiledField field;
    const v1::FieldType* declared = nullptr;  // null for a message's own field
    bool ok = false;
  };
  Found Find(const FieldPlace& place, std::string_view field) const;
  static bool HoldsTime(const Found& found);
  void CheckTimeTest(const Found& found, const v1::FieldTest& test, const std::string& path);
  void Unknown(const FieldPlace& place, std::string_view field, const std::string& path);
  void CheckValues(const FieldPlace& place, const Found& found, const v1::FieldTest& test, const std::string& path,
                   CompiledField& out);
  void CheckDeclaredValues(const v1::FieldType& declared, const v1::FieldTest& test, const std::string& path,
                           CompiledField& out);
  void CheckOwnValues(const FieldPlace& place, const google::protobuf::FieldDescriptor& field,
                      const v1::FieldTest& test, const std::string& path, CompiledField& out);
  void CheckNamedValue(const google::protobuf::FieldDescriptor& field, const std::string& value,
                       const std::string& path);
  void NeedNumber(const v1::FieldTest& test, const std::string& path, CompiledField& out);
  void NeedBool(const v1::FieldTest& test, const std::string& path, CompiledField& out);

  const PackNames& names_;
  PackProblems& problems_;
};

}  // namespace caseward
