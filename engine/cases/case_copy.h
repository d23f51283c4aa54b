// A case's state on memory of its own. A decision lets its events change a copy of the case, which is made of some
// hundred small parts: one piece of memory for all of them is quicker to make, and given back at once.
#pragma once

#include <memory>
#include <utility>

#include "caseward/v1/state.pb.h"
#include "google/protobuf/arena.h"

namespace caseward {

inline std::shared_ptr<v1::CaseState> CopyOfCase(const v1::CaseState& state) {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 8 << 10;  // most cases fit into two or three blocks
  options.max_block_size = 32 << 10;
  auto arena = std::make_shared<google::protobuf::Arena>(options);
  auto* copy = google::protobuf::Arena::CreateMessage<v1::CaseState>(arena.get());
  copy->CopyFrom(state);
  return {std::move(arena), copy};
}

}  // namespace caseward
