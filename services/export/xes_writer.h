// Writes XES, the interchange format of process mining (IEEE 1849-2016), piece by piece: nothing is kept, so a log and
// a trace may be larger than memory.
//
//   BeginLog · (BeginTrace · Attribute... · (BeginEvent · Attribute... · EndEvent)... · EndTrace)... · EndLog
//
// Attributes are those of xes_reader.h, so what is written reads back the same. A character that XML 1.0 has no way to
// write (a control character other than tab and line ends) becomes U+FFFD.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "services/import/xes_reader.h"

namespace caseward {

struct XesExtension {
  std::string name;
  std::string prefix;
  std::string uri;
};

// What the log says of itself before its first trace.
struct XesLogHead {
  std::vector<XesExtension> extensions;
  // Attributes that every trace, or event, has; with a value to stand for one that is not known.
  std::vector<XesAttribute> trace_globals;
  std::vector<XesAttribute> event_globals;
  std::vector<XesLogHeader::Classifier> classifiers;
};

class XesWriter {
 public:
  explicit XesWriter(std::ostream& out) : out_(out) {}

  void BeginLog(const XesLogHead& head);
  void BeginTrace();
  void BeginEvent();
  void Attribute(const XesAttribute& attribute);
  void EndEvent();
  void EndTrace();
  void EndLog();

 private:
  void Attribute(const XesAttribute& attribute, std::string_view indent);

  std::ostream& out_;
  bool in_event_ = false;
};

XesAttribute XesText(std::string key, std::string value);
XesAttribute XesDate(std::string key, absl::Time at);
XesAttribute XesNumber(std::string key, int64_t number);
XesAttribute XesFlag(std::string key, bool flag);

// The extensions that IEEE 1849 defines and this program uses: concept, time, org, lifecycle.
std::vector<XesExtension> StandardXesExtensions();

}  // namespace caseward
