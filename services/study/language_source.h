// policy.proto as the compiler of protos read it, comments included: they are not in the descriptors that generated
// code carries, so the program holds a copy of its own.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace caseward {

const google::protobuf::FileDescriptor& PolicyLanguage();

// What a pack may be made of: the messages of policy.proto in their order, then those of the system's other files that
// these have fields of. Not Span, which people write as one text ("2 days").
std::vector<const google::protobuf::Descriptor*> LanguageTypes();

// What is written above a message, a field or a value, or else behind it.
template <typename Descriptor>
std::string CommentOf(const Descriptor& thing) {
  google::protobuf::SourceLocation at;
  if (!thing.GetSourceLocation(&at)) return "";
  return at.leading_comments.empty() ? at.trailing_comments : at.leading_comments;
}

}  // namespace caseward
