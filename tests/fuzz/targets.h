// The fuzz rung: every parser of bytes that come from outside, each as a function that must come back whatever the
// bytes are. A target checks what holds for any input (nothing crashes, an error says where and never quotes personal
// words, what was read and printed again is read the same) and reports a broken promise with Demand.
//
//   tests/fuzz/corpus/<target>/*   seeds, small and our own; *.txtpb are protobuf text and become the message's bytes
//   build/.../tests/fuzz_replay_test   the corpus and a fixed number of mutations of each seed: the rung
//   build/.../tests/caseward_fuzz      the same for as long as you like, or one input again by its name
#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace caseward::fuzz {

using Bytes = std::span<const uint8_t>;
inline std::string_view TextOf(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Target {
  std::string name;
  int (*run)(Bytes);
  // Mutations of each seed that the rung tries.
  int mutations = 200;
  std::vector<std::string> tokens{};
  // What seeds in protobuf text are; null: seeds are as they lie there.
  const google::protobuf::Descriptor* message = nullptr;
};
const std::vector<Target>& Targets();

// ---- what holds for any input. A broken promise is kept until TakeBroken: the runner says which input broke it.
void Demand(bool holds, std::string_view promise);
std::vector<std::string> TakeBroken();

// Personal words, as seeds and tokens have them: no error may say this name.
inline constexpr std::string_view kPersonalWord = "Zebedee";
// `status` is an error people can use: it has a message, says `where` (any, if empty), is valid UTF-8 of a bounded
// length, and holds no personal word.
enum class Quotes {
  kNothing,   // the text may be personal words, whatever field it stands in
  kNamesOnly  // what stands in "quotes" is the name of a key or a flag's own text, never a value
};
void DemandGoodError(const absl::Status& status, std::string_view where = "", Quotes quotes = Quotes::kNothing);
void DemandGoodMessage(std::string_view message, std::string_view where = "", Quotes quotes = Quotes::kNothing);

// ---- engine_targets.cc
int FuzzRecord(Bytes bytes);    // a log record → parsed, applied to a state, its feed form
int FuzzSubmit(Bytes bytes);    // a command → admitted, decided, applied; replay agrees
int FuzzPack(Bytes bytes);      // a pack as a message, as PublishPack brings it
int FuzzCalendar(Bytes bytes);  // a calendar as a message
int FuzzText(Bytes bytes);      // ids, names, instants and spans

// ---- reader_targets.cc
int FuzzXes(Bytes bytes);       // an XES log, plain or gzip, and the commands made of it
int FuzzPackYaml(Bytes bytes);  // a policy pack and its worked examples
int FuzzCalendarYaml(Bytes bytes);
int FuzzMapYaml(Bytes bytes);
int FuzzJsonLine(Bytes bytes);  // a command as `caseward submit` reads it

// ---- edge_targets.cc
int FuzzWire(Bytes bytes);         // a command as gRPC brings it: diagnosed or checked
int FuzzActorHeader(Bytes bytes);  // who calls
int FuzzPageToken(Bytes bytes);
int FuzzReadMask(Bytes bytes);
int FuzzWebhook(Bytes bytes);  // its URL and its cursor file

// ---- storage_targets.cc
int FuzzFrame(Bytes bytes);  // a record's frame, a wrapped key and sealed words, as they lie on disk
int FuzzStateKey(Bytes bytes);

}  // namespace caseward::fuzz
