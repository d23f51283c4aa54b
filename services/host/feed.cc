#include "services/host/feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "caseward/v1/classes.pb.h"
#include "engine/base/text.h"
#include "engine/policy/verbs.h"

namespace caseward {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kPackage = "caseward.v1.";

v1::DataClass ClassOf(const FieldDescriptor& field) {
  // Types of other packages (timestamps) have no classes of their own and are classed by the field that holds them; the
  // entry of a map is classed by its field too.
  if (!std::string_view(field.containing_type()->full_name()).starts_with(kPackage) ||
      field.containing_type()->options().map_entry()) {
    return v1::DATA_CLASS_INTERNAL;
  }
  if (field.options().HasExtension(v1::field_class)) {
    return field.options().GetExtension(v1::field_class);
  }
  return field.containing_type()->options().GetExtension(v1::fields);
}

bool Leaves(const FieldDescriptor& field) {
  return ClassOf(field) == v1::DATA_CLASS_INTERNAL && field.message_type() != v1::Words::descriptor();
}

using FieldMap = google::protobuf::Map<std::string, v1::FieldValue>;

// Keeps the fields that the pack declares class INTERNAL.
void RemovePackFields(const v1::StepType* step, FieldMap& fields) {
  for (auto it = fields.begin(); it != fields.end();) {
    bool keep = false;
    if (step != nullptr && !it->second.has_words()) {
      const auto declared = std::find_if(step->fields().begin(), step->fields().end(),
                                         [&](const v1::FieldType& field) { return field.id() == it->first; });
      keep = declared != step->fields().end() && declared->data_class() == v1::DATA_CLASS_INTERNAL;
    }
    it = keep ? std::next(it) : fields.erase(it);
  }
}

// The step's name alone tells more than class INTERNAL.
bool TellsMore(const v1::StepType* step) {
  return step == nullptr || std::any_of(step->fields().begin(), step->fields().end(), [](const v1::FieldType& field) {
           return field.data_class() == v1::DATA_CLASS_SPECIAL || field.data_class() == v1::DATA_CLASS_SAFE_CONTACT;
         });
}

// What goes to an agency of itself says what it is about: such an event tells more than class INTERNAL.
bool TellsMore(const google::protobuf::RepeatedField<int>& data_classes) {
  return std::any_of(data_classes.begin(), data_classes.end(), [](int data_class) {
    return data_class == v1::DATA_CLASS_SPECIAL || data_class == v1::DATA_CLASS_SAFE_CONTACT;
  });
}

// Later events about it do not say which classes it was; without the agency, its number and the service they need not.
bool IsWithoutAgency(const v1::Event& event) {
  return event.has_referral_decided() || event.has_enquiry_made() || event.has_enquiry_answered() ||
         event.has_agency_chased() || event.has_sharing_reviewed();
}

void RemoveAgency(v1::Event& event) {
  if (event.has_referral_decided()) {
    event.mutable_referral_decided()->clear_agency();
    event.mutable_referral_decided()->clear_service();
    event.mutable_referral_decided()->clear_their_reference();
  }
  if (event.has_enquiry_made()) {
    event.mutable_enquiry_made()->clear_agency();
    event.mutable_enquiry_made()->clear_their_reference();
  }
  if (event.has_enquiry_answered()) event.mutable_enquiry_answered()->clear_agency();
  if (event.has_agency_chased()) event.mutable_agency_chased()->clear_agency();
  if (event.has_sharing_reviewed()) event.mutable_sharing_reviewed()->clear_agency();
}

v1::Event Opaque(const v1::Event& event) {
  v1::Event out;
  out.set_derived(event.derived());
  *out.mutable_occurred_at() = event.occurred_at();
  return out;
}

v1::Event FeedEvent(const v1::Event& event, const v1::Decision& decision, const StepLookup& steps);

// What an import could not accept. A refusal says in its own words what was refused (the agency, the classes): of what
// does not leave whole, only the rule does.
void ReduceHistorical(v1::HistoricalFact& fact, const v1::Decision& decision, const StepLookup& steps) {
  bool whole = !fact.would_be().empty();
  for (v1::Event& inner : *fact.mutable_would_be()) {
    whole = whole && !IsWithoutAgency(inner);
    inner = FeedEvent(inner, decision, steps);
    whole = whole && inner.kind_case() != v1::Event::KIND_NOT_SET;
  }
  if (whole || !fact.has_refusal()) return;
  v1::Refusal only;
  only.set_rule(fact.refusal().rule());
  *fact.mutable_refusal() = std::move(only);
}

// The feed form; an event without a kind is opaque.
v1::Event FeedEvent(const v1::Event& event, const v1::Decision& decision, const StepLookup& steps) {
  const auto find = [&](std::string_view step) { return steps(decision.pack_id(), decision.pack_version(), step); };
  if (event.has_step_recorded() && TellsMore(find(event.step_recorded().step()))) {
    return Opaque(event);
  }
  if (TellsMore(event.case_referred().data_classes()) || TellsMore(event.information_shared().data_classes())) {
    return Opaque(event);
  }
  v1::Event out = event;
  RemoveWords(out);
  RemoveAgency(out);
  if (out.has_step_recorded()) {
    RemovePackFields(find(out.step_recorded().step()), *out.mutable_step_recorded()->mutable_fields());
  } else if (out.has_case_reported()) {
    RemovePackFields(find("report"), *out.mutable_case_reported()->mutable_fields());
  } else if (out.has_case_triaged()) {
    RemovePackFields(find("triage"), *out.mutable_case_triaged()->mutable_answers());
  } else if (out.has_history_recorded()) {
    out.mutable_history_recorded()->clear_fields();  // another system's fields: no pack declares their class
  } else if (out.has_historical_fact()) {
    ReduceHistorical(*out.mutable_historical_fact(), decision, steps);
  }
  return out;
}

}  // namespace

void RemoveWords(Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  reflection.MutableUnknownFields(&message)->Clear();
  for (const FieldDescriptor* field : fields) {
    if (!Leaves(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
          RemoveWords(*reflection.MutableRepeatedMessage(&message, field, i));
        }
      } else {
        RemoveWords(*reflection.MutableMessage(&message, field));
      }
    }
  }
}

std::string CloudEventType(std::string_view event_name) {
  constexpr std::string_view kSignOff = "sign_off";
  const size_t split = event_name.starts_with(kSignOff) ? kSignOff.size() : event_name.find('_');
  if (split >= event_name.size()) {
    return StrCat("caseward.", event_name, ".v1");
  }
  return StrCat("caseward.", event_name.substr(0, split), ".", event_name.substr(split + 1), ".v1");
}

std::vector<v1::SubscribeResponse> FeedForm(const v1::Decision& decision, std::string_view log_id,
                                            const StepLookup& steps) {
  std::vector<v1::SubscribeResponse> items;
  const auto& events = decision.accepted().events();
  items.reserve(static_cast<size_t>(events.size()));
  for (int i = 0; i < events.size(); ++i) {
    v1::SubscribeResponse& item = items.emplace_back();
    item.mutable_position()->set_log_id(std::string(log_id));
    item.mutable_position()->set_partition(decision.partition());
    item.mutable_position()->set_sequence(decision.sequence());
    item.set_index(static_cast<uint32_t>(i));
    item.set_last_of_record(i + 1 == events.size());
    *item.mutable_recorded_at() = decision.recorded_at();
    item.set_subject(decision.stream());
    *item.mutable_actor() = decision.actor();
    *item.mutable_event() = FeedEvent(events[i], decision, steps);
    const v1::Event& event = item.event();
    item.set_type(event.kind_case() == v1::Event::KIND_NOT_SET ? std::string(kOpaqueType)
                                                               : CloudEventType(EventName(event.kind_case())));
    item.set_feed_form(kFeedForm);
  }
  return items;
}

}  // namespace caseward
