#include "tests/support/simulation/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "tests/support/simulation/child.h"

namespace caseward::test {
namespace {

class Shrinking {
 public:
  Shrinking(Script script, const std::string& law, const Probe& probe, size_t runs_max)
      : best_(std::move(script)), law_(law), probe_(probe), runs_max_(runs_max) {}

  Shrunk Run() {
    LeaveOut();
    size_t before = 0;
    do {
      before = best_.actions.size();
      MakePlain();
      LeaveOut();
    } while (best_.actions.size() < before && runs_ < runs_max_);
    return {.script = std::move(best_), .runs = runs_};
  }

 private:
  bool Try(Script candidate) {
    if (runs_ >= runs_max_) return false;
    ++runs_;
    if (probe_(candidate) != law_) return false;
    best_ = std::move(candidate);
    return true;
  }

  // Later actions first: they lean on earlier ones.
  bool LeaveOut(size_t part) {
    bool shorter = false;
    for (size_t end = best_.actions.size(); end > 0;) {
      const size_t begin = end > part ? end - part : 0;
      Script candidate = best_;
      candidate.actions.erase(candidate.actions.begin() + static_cast<int64_t>(begin),
                              candidate.actions.begin() + static_cast<int64_t>(end));
      shorter = Try(std::move(candidate)) || shorter;
      end = std::min(begin, best_.actions.size());
    }
    return shorter;
  }

  void LeaveOut() {
    for (size_t part = std::max<size_t>(best_.actions.size() / 2, 1); part > 1; part /= 2)
      LeaveOut(part);
    while (LeaveOut(1)) {
    }
  }

  void MakePlain() {
    const Mix plain;
    for (int Mix::*field : {&Mix::delays, &Mix::shared, &Mix::inbox_max, &Mix::round_max, &Mix::cached_cases,
                            &Mix::cached_lines, &Mix::ids_kept_hours, &Mix::intake_idle_seconds}) {
      if (best_.mix.*field == plain.*field) continue;
      Script candidate = best_;
      candidate.mix.*field = plain.*field;
      Try(std::move(candidate));
    }
    for (size_t i = 0; i < best_.actions.size(); ++i) {
      for (size_t n = 0; n < best_.actions[i].numbers.size(); ++n) {
        if (best_.actions[i].numbers[n] == 0) continue;
        Script candidate = best_;
        candidate.actions[i].numbers[n] = 0;
        Try(std::move(candidate));
      }
      SayLess(i);
    }
  }

  // What the command need not say: its own fields but the ids, and those of its verb.
  void SayLess(size_t i) {
    const auto& verbs = *v1::Command::descriptor()->FindOneofByName("verb");
    const auto whole = [](v1::Command& command) -> google::protobuf::Message& { return command; };
    LeaveOutFields(i, whole, [&](const google::protobuf::FieldDescriptor& field) {
      return field.name() != "command_id" && field.name() != "case_id" && field.containing_oneof() != &verbs;
    });
    const auto verb = [&](v1::Command& command) -> google::protobuf::Message& {
      const google::protobuf::Reflection& reflection = *command.GetReflection();
      return *reflection.MutableMessage(&command, reflection.GetOneofFieldDescriptor(command, &verbs));
    };
    if (best_.actions[i].command.verb_case() == v1::Command::VERB_NOT_SET) return;
    LeaveOutFields(i, verb, [](const google::protobuf::FieldDescriptor&) { return true; });
  }

  template <typename Part, typename May>
  void LeaveOutFields(size_t i, Part part, May may) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    const google::protobuf::Message& message = part(best_.actions[i].command);
    message.GetReflection()->ListFields(message, &fields);
    for (const google::protobuf::FieldDescriptor* field : fields) {
      if (!may(*field)) continue;
      Script candidate = best_;
      google::protobuf::Message& changed = part(candidate.actions[i].command);
      changed.GetReflection()->ClearField(&changed, field);
      Try(std::move(candidate));
    }
  }

  Script best_;
  const std::string law_;
  const Probe& probe_;
  const size_t runs_max_;
  size_t runs_ = 0;
};

}  // namespace

Shrunk Shrink(Script script, const std::string& law, const Probe& probe, size_t runs_max) {
  return Shrinking(std::move(script), law, probe, runs_max).Run();
}

std::string Play(const Script& script, const SimulationOptions& options) {
  Simulation simulation(script, options);
  simulation.Run();
  return simulation.BrokenLaw();
}

std::string PlayApart(const Script& script, const SimulationOptions& options) {
  Child child([&](const Child::Tell& tell) { tell(Play(script, options)); });
  std::string law;
  while (child.Read(law)) {
  }
  return child.Wait() ? law : "the process ended";
}

}  // namespace caseward::test
