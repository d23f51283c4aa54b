// Where a command may name a case or a person by the command that makes them, "@<command id>", because what is written
// beforehand cannot know their ids. Whoever sends it puts the id in its place.
#pragma once

#include <string>
#include <vector>

#include "caseward/v1/commands.pb.h"

namespace caseward::year {

// The fields of the command that hold such a name now; theirs to write to while the command lives.
std::vector<std::string*> PlaceholdersOf(v1::Command& command);

}  // namespace caseward::year
