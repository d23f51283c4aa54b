// What a benchmark says: a list of figures, each a ratio against the bare part in the same run, because absolute
// figures wander between machines.
#pragma once

#include <string>
#include <vector>

namespace caseward::bench {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  // The bare part and its value, if the figure is compared; ratio = value ÷ bare.
  std::string against;
  double bare = 0;
  double ratio = 0;
  // ">= 0.35", "<= 1.5", or empty.
  std::string goal;
  bool met = true;
};

class Report {
 public:
  void Add(std::string name, double value, std::string unit);
  // Compared, and no goal.
  void Beside(std::string name, double value, std::string unit, std::string against, double bare);
  void AtLeast(std::string name, double value, std::string unit, std::string against, double bare, double goal);
  void AtMost(std::string name, double value, std::string unit, std::string against, double bare, double goal);

  // A list of {name, value, unit, against, ratio, goal, met}. False if the file could not be written.
  bool WriteJson(const std::string& path) const;

 private:
  void Put(Figure figure);
  std::vector<Figure> figures_;
};

}  // namespace caseward::bench
