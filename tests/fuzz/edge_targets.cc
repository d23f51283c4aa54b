// What comes over the network: commands as bytes, headers, tokens, masks; and the webhook's configuration.
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/util/field_mask_util.h>

#include <fstream>

#include "absl/strings/str_split.h"
#include "caseward/v1/state.pb.h"
#include "engine/base/text.h"
#include "engine/partition/intake.h"
#include "services/host/webhook_cursor.h"
#include "services/host/webhook_post.h"
#include "services/server/edge.h"
#include "services/server/page_token.h"
#include "services/server/principal.h"
#include "services/server/read_mask.h"
#include "services/server/wire_diagnosis.h"
#include "storage/openssl_hasher.h"
#include "tests/fuzz/targets.h"
#include "tests/support/simple_pack.h"
#include "tests/support/temp_folder.h"

namespace caseward::fuzz {

int FuzzWire(Bytes bytes) {
  static const OpensslHasher hasher;
  v1::Command command;
  if (!command.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    DemandGoodMessage(DiagnoseWire(*v1::Command::descriptor(), TextOf(bytes)), "caseward.v1.Command");
    return 0;
  }
  if (const absl::Status checked = CheckCommand(command); !checked.ok()) {
    DemandGoodError(checked, "command");
    return 0;
  }
  PartitionConfig config;
  config.partitions = 4;
  const auto admitted = Admit(command, test::Staff("olu", "officer"), config, hasher);
  if (!admitted.ok()) {
    DemandGoodError(admitted.status());
    return 0;
  }
  Demand(!admitted->route.partition || *admitted->route.partition < config.partitions, "a route leads somewhere");
  std::string logged;
  Demand(command.SerializeToString(&logged), "what is admitted can be logged");
  v1::Command again;
  Demand(again.ParseFromString(logged), "and read back");
  return 0;
}

int FuzzActorHeader(Bytes bytes) {
  const auto actor = ParseActorHeader(TextOf(bytes));
  if (!actor.ok()) {
    DemandGoodError(actor.status(), "caseward-actor");
    return 0;
  }
  Demand(!actor->id().empty(), "an actor has an id");
  Demand(actor->kind() != v1::Actor::KIND_SYSTEM && actor->kind() != v1::Actor::KIND_UNSPECIFIED,
         "nobody says that they are the system");
  Demand(actor->on_behalf_of().empty() || actor->kind() == v1::Actor::KIND_SERVICE, "only a service speaks for others");
  std::string logged;
  Demand(actor->SerializeToString(&logged), "an actor can be logged");
  return 0;
}

int FuzzPageToken(Bytes bytes) {
  const std::string text(TextOf(bytes));
  const auto place = ReadPageToken(text, "question");
  if (place.ok()) {
    Demand(text.empty() || *ReadPageToken(MakePageToken(*place, "question"), "question") == *place,
           "a token printed is read the same");
    Demand(text.empty() || !ReadPageToken(text, "another question").ok(), "a token fits one question");
  } else {
    DemandGoodError(place.status(), "page_token");
  }
  const std::string token = MakePageToken(text, "question");
  const auto back = ReadPageToken(token, "question");
  Demand(back.ok() && *back == text, "any place comes back");
  if (!text.empty() && text != token) {
    // The bytes as a mutation of a token that was made here: either it is that token or it is refused.
    const auto forged = ReadPageToken(token + text.substr(0, 1), "question");
    if (!forged.ok()) {
      DemandGoodError(forged.status(), "page_token");
    } else {
      Demand(*forged == text, "a token that was tampered with is no other token");
    }
  }
  return 0;
}

int FuzzReadMask(Bytes bytes) {
  google::protobuf::FieldMask mask;
  for (const absl::string_view path : absl::StrSplit(AbslText(TextOf(bytes)), ','))
    mask.add_paths(std::string(path));
  const absl::Status checked = CheckMask(mask, *v1::CaseState::descriptor());
  if (!checked.ok()) {
    DemandGoodError(checked, "read_mask.paths[");
    return 0;
  }
  v1::CaseState state;
  state.set_case_id("C-1");
  state.mutable_account()->set_sealed("sealed");
  state.add_clocks()->set_clock("first_contact");
  state.add_steps()->set_step("risk");
  v1::CaseState cut = state;
  ApplyMask(mask, cut);
  v1::CaseState twice = cut;
  ApplyMask(mask, twice);
  Demand(twice.SerializeAsString() == cut.SerializeAsString(), "a mask applied twice is a mask applied once");
  Demand(cut.ByteSizeLong() <= state.ByteSizeLong(), "a mask only takes away");
  return 0;
}

int FuzzWebhook(Bytes bytes) {
  const auto url = WebhookUrl::Parse(TextOf(bytes));
  if (url.ok()) {
    Demand(!url->host.empty() && !url->port.empty(), "a URL has a host and a port");
    Demand(url->target.starts_with("/"), "a URL's target is a path");
    const std::string all = StrCat(url->host, url->port, url->target);
    Demand(all.find_first_of("\r\n \t") == std::string::npos, "nothing slips into the request's lines");
    bool control = false;
    for (const char c : all)
      control = control || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    Demand(!control, "a URL has no control characters");
  } else {
    DemandGoodError(url.status(), "webhook");
  }
  constexpr size_t kCursorShown = 64;  // a file is written for what may be a cursor, not for every URL
  if (bytes.size() > kCursorShown) return 0;
  static const TempFolder folder;
  const std::string path = folder / "cursor";
  std::ofstream(path, std::ios::binary | std::ios::trunc) << TextOf(bytes);
  const auto cursor = ReadCursor(path);
  if (!cursor.ok()) {
    DemandGoodError(cursor.status(), path);
  } else {
    Demand(cursor->has_value(), "a cursor that is there is read");
    Demand(TextOf(bytes).find('-') == std::string_view::npos, "no number of a cursor is negative");
  }
  return 0;
}

}  // namespace caseward::fuzz
