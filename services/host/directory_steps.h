// The steps of published packs, as the feed looks them up.
#pragma once

#include <memory>

#include "engine/directory/directory.h"
#include "services/host/feed.h"

namespace caseward {

// Holds the snapshot. A pack version that this build cannot use has no steps, so its events leave opaque.
inline StepLookup StepsOf(std::shared_ptr<const Directory> directory) {
  return [directory = std::move(directory)](std::string_view pack_id, uint32_t version,
                                            std::string_view step) -> const v1::StepType* {
    const CompiledPack* pack = directory->Pack(pack_id, version);
    return pack == nullptr ? nullptr : pack->step(step);
  };
}

}  // namespace caseward
