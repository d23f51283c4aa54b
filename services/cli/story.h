// One generated case as it unfolds: a clock of its own that moves through office hours, the people who act, and a verb
// for each thing they do. What order they do it in is told in year.cc.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "caseward/v1/commands.pb.h"

namespace caseward::cli {

// splitmix64: small, and the same everywhere (the standard's distributions are not).
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // 0 to n - 1.
  int Below(int n) { return static_cast<int>(Next() % static_cast<uint64_t>(n)); }
  int Between(int low, int high) { return low + Below(high - low + 1); }
  bool Percent(int percent) { return Below(100) < percent; }
  template <size_t n>
  const char* Pick(const char* const (&options)[n]) {
    return options[Below(static_cast<int>(n))];
  }

 private:
  uint64_t state_;
};

// Who acts in a case, each as in the caseward-actor header.
struct Cast {
  std::string region;
  std::string contact_centre, duty_manager, owner, colleague, regional_manager, hate_lead, assistant_director;
  // "cm-north-1" of "cm-north-1; roles=case_manager; region=north".
  static std::string IdOf(const std::string& actor) { return actor.substr(0, actor.find(';')); }
};

class Story {
 public:
  struct Line {
    std::string actor;
    v1::Command command;
  };

  Story(std::string id, Cast cast, Dice& dice, absl::Time begins)
      : id_(std::move(id)), cast_(std::move(cast)), dice_(dice), now_(begins) {}

  // ---- time: forward only, and to the next office hour
  void After(absl::Duration at_least, absl::Duration at_most);
  void Hours(int low, int high) { After(absl::Hours(low), absl::Hours(high)); }
  void Days(int low, int high) { After(absl::Hours(24 * low), absl::Hours(24 * high)); }
  absl::Time now() const { return now_; }

  // ---- what people do
  void Report(const std::string& case_type, const std::string& resident, bool anonymous, bool hate_perceived);
  void Triage(const std::string& case_type, bool hate, bool repeat);
  void TriageWithoutAsking();
  void Assign();
  void Contact(v1::RecordContact::With with, v1::RecordContact::Outcome outcome, const char* happened);
  void TellNamedContact();
  void AssessRisk(const char* instrument, const char* band);
  void Plan(const char* action_kind);
  void CompleteAction(bool with_evidence);
  void HandOver(bool complete);
  void ReviewByManager();
  void ReviewMotive();
  void AchieveOutcome(bool content);
  void ProposeClosure(const char* reason);
  void ResidentAnswers(const char* answer);
  void AnswerDisagreement();
  void PrepareClosing();
  void SignClosing(const std::string& by, bool points);
  void Close();
  void FurtherReport();
  void FinishImport(absl::Time up_to);

  const Cast& cast() const { return cast_; }
  std::vector<Line> lines() && { return std::move(lines_); }

 private:
  v1::Command& Say(const std::string& actor);
  v1::RecordStep& Step(const std::string& actor, const char* step);
  static void SetCode(v1::RecordStep& step, const char* field, const std::string& code);
  static void SetFlag(v1::RecordStep& step, const char* field, bool flag);
  static void SetNumber(v1::RecordStep& step, const char* field, int64_t number);
  static void SetWords(v1::RecordStep& step, const char* field, const std::string& text);

  const std::string id_;
  Cast cast_;
  Dice& dice_;
  absl::Time now_;
  int number_ = 0;
  int actions_ = 0;
  std::vector<Line> lines_;
};

}  // namespace caseward::cli
