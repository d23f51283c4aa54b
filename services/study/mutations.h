// Small changes to a pack, one at a time, to see whether its examples notice: each duration longer and shorter, each
// role another, each condition dropped, negated or narrowed, each verb let go. A change that no example notices is a
// sentence of the policy that nothing would defend.
//
//   v1::Pack ─▶ MutationsOf ─▶ Apply(one) ─▶ another pack
//
// Made by walking the message, so that a new kind of condition is changed without being named here; what may be
// changed, and how, is the table in mutations.cc. Pure and in a fixed order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "caseward/v1/policy.pb.h"

namespace caseward {

struct Mutation {
  enum class Kind { kDuration, kRole, kCondition, kVerb };
  enum class Change { kSetNumber, kSetText, kDrop, kNegate, kAdd };
  // One step from a message to what is inside it.
  struct Hop {
    const google::protobuf::FieldDescriptor* field = nullptr;
    int index = -1;  // -1: not a list, or the list itself
  };

  Kind kind = Kind::kCondition;
  std::string of;    // "clock first_contact"
  std::string name;  // "clock first_contact: within[0].span 1 working_day -> 2 working_days"; unique
  // The list of the pack it lies in, and where.
  int list = 0;  // field number of Pack
  int index = 0;
  Change change = Change::kDrop;
  std::vector<Hop> path;  // from the pack to what changes
  int64_t number = 0;
  std::string text;
};

std::string_view MutationKindName(Mutation::Kind kind);

// All of them, in the order of the pack. A few do not compile: whoever applies them finds out.
std::vector<Mutation> MutationsOf(const v1::Pack& pack);

// Changes a copy of the pack that MutationsOf was asked about.
void Apply(const Mutation& mutation, v1::Pack& pack);

}  // namespace caseward
