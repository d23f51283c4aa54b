// What lies on disk and may have been damaged there: frames, wrapped keys, sealed words, keys of state.
#include "engine/base/text.h"
#include "engine/partition/state_keys.h"
#include "storage/crypto.h"
#include "storage/record_frame.h"
#include "storage/wrapped_key.h"
#include "tests/fuzz/targets.h"

namespace caseward::fuzz {

int FuzzFrame(Bytes bytes) {
  const std::string_view text = TextOf(bytes);
  if (const auto record = OpenFrame(1, 12, text); record.ok()) {
    std::string again;
    AppendFrame(1, 12, *record, again);
    Demand(again == text, "a frame that opens is the frame of its record");
  } else {
    DemandGoodError(record.status(), "12");
  }
  std::string framed;
  AppendFrame(1, 12, text, framed);
  const auto back = OpenFrame(1, 12, framed);
  Demand(back.ok() && *back == text, "any record comes back");
  Demand(!OpenFrame(1, 13, framed).ok() && !OpenFrame(2, 12, framed).ok(), "a record that was moved is found");

  static const std::string& master = *new std::string(crypto::kKeyBytes, 'm');
  for (const absl::Status& status :
       {UnwrapKey(master, "s/R-1", text).status(), SubjectsOfWrapped("s/R-1", text).status(),
        MasterKeyIdOfWrapped("s/R-1", text).status()}) {
    if (!status.ok()) DemandGoodError(status, "s/R-1");
  }
  const std::string nonce(crypto::kNonceBytes, 'n');
  Demand(!crypto::Open(master, nonce, "R-1", text).ok(), "nobody makes sealed words without the key");
  return 0;
}

int FuzzStateKey(Bytes bytes) {
  const std::string_view text = TextOf(bytes);
  if (const auto timer = keys::ParseTimer(text)) {
    constexpr size_t kPartitionBytes = 2;
    const auto again = keys::ParseTimer(keys::TimerKey(ReadBig16(text.substr(0, kPartitionBytes)), *timer));
    Demand(again && again->due == timer->due && again->case_id == timer->case_id && again->clock == timer->clock &&
               again->edge == timer->edge,
           "a timer's key printed is read the same");
  }
  if (const auto at = keys::ParseExpiry(text)) Demand(*at != absl::InfiniteFuture(), "an expiry is a time");
  return 0;
}

}  // namespace caseward::fuzz
