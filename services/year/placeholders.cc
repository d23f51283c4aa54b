#include "services/year/placeholders.h"

namespace caseward::year {

std::vector<std::string*> PlaceholdersOf(v1::Command& command) {
  std::vector<std::string*> placeholders;
  const auto look = [&](std::string* text) {
    if (!text->empty() && text->front() == '@') placeholders.push_back(text);
  };
  look(command.mutable_case_id());
  look(command.mutable_resident_id());
  if (command.has_report_case()) {
    look(command.mutable_report_case()->mutable_reporter_id());
    look(command.mutable_report_case()->mutable_subject_of_report_id());
  }
  if (command.has_link_case()) look(command.mutable_link_case()->mutable_other_case_id());
  if (command.has_merge_resident()) look(command.mutable_merge_resident()->mutable_survivor_id());
  if (command.has_split_case()) look(command.mutable_split_case()->mutable_resident_id());
  return placeholders;
}

}  // namespace caseward::year
