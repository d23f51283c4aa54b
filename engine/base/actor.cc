#include "engine/base/actor.h"

namespace caseward {

const v1::Actor& SystemActor() {
  static const v1::Actor& actor = *[] {
    auto* made = new v1::Actor;  // lives for ever: statics of classes with destructors die in an unclear order
    made->set_id("system");
    made->set_kind(v1::Actor::KIND_SYSTEM);
    return made;
  }();
  return actor;
}

}  // namespace caseward
