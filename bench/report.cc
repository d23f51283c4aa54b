#include "bench/report.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace caseward::bench {

void Report::Put(Figure figure) {
  std::printf("%-52s %14.2f %-12s", figure.name.c_str(), figure.value, figure.unit.c_str());
  if (!figure.against.empty()) {
    std::printf("  ratio %6.3f  ", figure.ratio);
    if (!figure.goal.empty()) std::printf("goal %-8s %s  ", figure.goal.c_str(), figure.met ? "met" : "MISSED");
    std::printf("(against %s: %.2f)", figure.against.c_str(), figure.bare);
  }
  std::printf("\n");
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

void Report::Add(std::string name, double value, std::string unit) {
  Figure figure;
  figure.name = std::move(name);
  figure.value = value;
  figure.unit = std::move(unit);
  Put(std::move(figure));
}

void Report::Beside(std::string name, double value, std::string unit, std::string against, double bare) {
  Put({std::move(name), value, std::move(unit), std::move(against), bare, bare > 0 ? value / bare : 0, "", true});
}

void Report::AtLeast(std::string name, double value, std::string unit, std::string against, double bare, double goal) {
  const double ratio = bare > 0 ? value / bare : 0;
  Put({std::move(name), value, std::move(unit), std::move(against), bare, ratio, absl::StrFormat(">= %g", goal),
       ratio >= goal});
}

void Report::AtMost(std::string name, double value, std::string unit, std::string against, double bare, double goal) {
  const double ratio = bare > 0 ? value / bare : 0;
  Put({std::move(name), value, std::move(unit), std::move(against), bare, ratio, absl::StrFormat("<= %g", goal),
       ratio <= goal});
}

bool Report::WriteJson(const std::string& path) const {
  std::ofstream out(path);
  out << "[\n";
  for (size_t i = 0; i < figures_.size(); ++i) {
    const Figure& f = figures_[i];
    out << absl::StrFormat("  {\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", \"against\": \"%s\", ", f.name,
                           f.value, f.unit, f.against)
        << absl::StrFormat("\"ratio\": %.6g, \"goal\": \"%s\", \"met\": %s}%s\n", f.ratio, f.goal,
                           f.met ? "true" : "false", i + 1 < figures_.size() ? "," : "");
  }
  out << "]\n";
  return out.good();
}

}  // namespace caseward::bench
