// What a foreign log's events say of a case besides that they happened: who has it, whether its clocks are held,
// whether it is closed. One object a case; it is told the events in order of time and answers with the verbs that the
// map asks for.
//
//   event ─▶ Before: resume · reopen · assign | hand over, accept, reject ─▶ (its record) ─▶ After: pause · propose,
//   close
//
// It follows the log and not the engine: what the pack's rules refuse becomes a historical fact (design §5), and the
// course goes on as the log has it. So a pause that was refused is followed by a resume that is refused too.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "caseward/v1/commands.pb.h"
#include "services/import/xes_map.h"
#include "services/import/xes_reader.h"

namespace caseward {

class CaseCourse {
 public:
  // Gives a command to fill in; `what` tells it from the other commands of the same event: a letter.
  using Add = absl::FunctionRef<v1::Command&(std::string_view what)>;

  explicit CaseCourse(const XesMap& map) : map_(map) {}

  void Before(const XesLogHeader& header, const XesEvent& event, Add add);
  void After(const XesLogHeader& header, const XesEvent& event, Add add);

 private:
  void Owner(const XesLogHeader& header, const XesEvent& event, Add add);
  void HandOver(const std::string& to, bool taken, Add add);

  const XesMap& map_;
  std::string owner_;
  std::string handed_to_;  // and not accepted
  bool closed_ = false;
  std::map<std::string, std::string> held_;  // clock → reason
};

// The attribute, or the log's declared default where the map says that it counts; null: neither.
const XesAttribute* FindMapped(const std::vector<XesAttribute>& attributes, const std::vector<XesAttribute>& globals,
                               const XesPath& path, const XesMap& map);

// A name of the log as an id that an owner may have: what does not fit becomes '_'.
std::string OwnerId(std::string_view name);

}  // namespace caseward
