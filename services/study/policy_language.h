// The language of packs, described from its own definition (proto/caseward/v1/policy.proto with its comments), so that
// page, schema and reader cannot drift apart:
//
//   policy.proto ─▶ descriptors with comments, built into the program ─▶ reference page (docs/policy-reference.md)
//                                                                   └─▶ JSON schema (policies/schema.json), for editors
#pragma once

#include <string>

namespace caseward {

// Markdown: each kind of thing in a pack with its keys, their types and what they mean.
std::string PolicyReference();

// JSON Schema (draft 2020-12) of a pack's YAML as people write it, the shorter forms of docs/policy-authoring.md
// included. It knows keys, kinds of value and codes; that names resolve, `caseward policy check` says.
std::string PolicySchema();

}  // namespace caseward
