#include <array>
#include <cstring>
#include <string>

#include "engine/base/check.h"
#include "engine/policy/checklist_state.h"

namespace caseward {
namespace {

std::string_view Bytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::array<char, 8> BigEndian(uint64_t number) {
  std::array<char, 8> out{};
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>(number >> (56 - 8 * i));
  return out;
}

}  // namespace

ItemState StateOfItem(const CompiledChecklistItem& item, std::string_view subject, const Facts& facts) {
  ItemState state;
  state.passed = (item.unless.has_value() && item.unless->Holds(facts)) || item.pass.Holds(facts);
  if (state.passed || item.source->firm()) return state;
  for (const v1::WaiverState& waiver : facts.state.waivers()) {
    if (waiver.subject() == subject && waiver.item() == item.source->id()) state.waived = true;
  }
  return state;
}

bool ChecklistPasses(const CompiledChecklist& checklist, const Facts& facts) {
  for (const CompiledChecklistItem& item : checklist.items) {
    ItemState state = StateOfItem(item, "", facts);
    if (state.passed) continue;
    for (const v1::WaiverState& waiver : facts.state.waivers()) {
      const CompiledSignOff* type = facts.pack.sign_off(waiver.subject(), facts.state.case_type());
      if (type == nullptr || type->checklist != &checklist) continue;
      if (!item.source->firm() && waiver.item() == item.source->id()) state.waived = true;
    }
    if (!state.waived) return false;
  }
  return true;
}

std::vector<v1::ChecklistItemValue> ChecklistValues(std::string_view subject, const Facts& facts) {
  std::vector<v1::ChecklistItemValue> values;
  const CompiledSignOff* type = facts.pack.sign_off(subject, facts.state.case_type());
  if (type == nullptr || type->checklist == nullptr) return values;
  values.reserve(type->checklist->items.size());
  for (const CompiledChecklistItem& item : type->checklist->items) {
    const ItemState state = StateOfItem(item, subject, facts);
    v1::ChecklistItemValue& value = values.emplace_back();
    value.set_id(item.source->id());
    value.set_passed(state.passed);
    value.set_waived(state.waived);
  }
  return values;
}

// A chain of digests, one link an item, so that nothing has to be gathered first. Each variable part is preceded by its
// length: no two different sign-offs give the same bytes.
Sha256Digest SignOffDigest(std::string_view subject, const Facts& facts) {
  CHECK(facts.hasher != nullptr);
  const auto subject_size = BigEndian(subject.size());
  Sha256Digest digest =
      facts.hasher->Sha256({"caseward sign-off 1", {subject_size.data(), subject_size.size()}, subject});
  const CompiledSignOff* type = facts.pack.sign_off(subject, facts.state.case_type());
  if (type != nullptr && type->checklist != nullptr) {
    for (const CompiledChecklistItem& item : type->checklist->items) {
      const ItemState state = StateOfItem(item, subject, facts);
      const std::string_view value = state.passed ? "passed" : state.waived ? "waived" : "open";
      const auto id_size = BigEndian(item.source->id().size());
      digest = facts.hasher->Sha256({Bytes(digest), {id_size.data(), id_size.size()}, item.source->id(), value});
    }
  }
  const auto version = BigEndian(facts.state.last_substantive_version());
  return facts.hasher->Sha256({Bytes(digest), {version.data(), version.size()}});
}

std::string SignOffHash(std::string_view subject, const Facts& facts) {
  return std::string(Bytes(SignOffDigest(subject, facts)));
}

}  // namespace caseward
