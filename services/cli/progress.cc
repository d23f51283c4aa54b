#include "services/cli/progress.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace caseward::cli {
namespace {

constexpr absl::Duration kSilentFor = absl::Seconds(2);
constexpr absl::Duration kEvery = absl::Milliseconds(100);

uint64_t Rate(uint64_t done, absl::Duration took) {
  const double seconds = std::max(absl::ToDoubleSeconds(took), 1e-3);
  return static_cast<uint64_t>(static_cast<double>(done) / seconds);
}

}  // namespace

std::string WithCommas(uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

Progress::Progress(std::ostream& err, bool terminal, std::string unit)
    : err_(err), terminal_(terminal), unit_(std::move(unit)), began_(absl::Now()), last_shown_(began_) {}

Progress::~Progress() { Finish(); }

absl::Duration Progress::elapsed() const { return absl::Now() - began_; }

void Progress::Update(uint64_t done, uint64_t of) {
  UpdateShare(done, of == 0 ? 0 : static_cast<double>(done) / static_cast<double>(of));
}

void Progress::UpdateShare(uint64_t done, double share) {
  if (!terminal_) return;
  const absl::Time now = absl::Now();
  if (now - began_ < kSilentFor || now - last_shown_ < kEvery) return;
  last_shown_ = now;
  shown_ = true;
  std::string line = absl::StrCat(WithCommas(done), " ", unit_, "  ", WithCommas(Rate(done, now - began_)), "/s");
  if (share > 0) {
    const absl::Duration left = (now - began_) * ((1 - std::min(share, 1.0)) / share);
    absl::StrAppend(
        &line, absl::StrFormat("  %3.0f %%  about %d s left", 100 * std::min(share, 1.0), absl::ToInt64Seconds(left)));
  }
  err_ << "\r\033[K" << line << std::flush;
}

void Progress::Finish() {
  if (shown_) err_ << "\r\033[K" << std::flush;
  shown_ = false;
}

std::string Progress::Summary(uint64_t done, const std::string& unit, absl::Duration took) {
  return absl::StrFormat("%s %s in %.1f s (%s/s)", WithCommas(done), unit, absl::ToDoubleSeconds(took),
                         WithCommas(Rate(done, took)));
}

}  // namespace caseward::cli
