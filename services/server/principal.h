// Who calls. The actor of a command comes from the credential of the call, never from its body (law L13).
//
// There is one way so far, for development: the header
//
//   caseward-actor: pat.lee; roles=case_manager,asb_lead; region=north; org=homes; kind=staff; on_behalf_of=...
//
// is believed as it stands, which is why the server then listens on a loopback address only and says so loudly. Mutual
// TLS and OpenID Connect take the same seat: an Authenticator that reads the peer's certificate or a token.
//
// What the directory knows of a member of staff counts: the roles recorded are those asserted and those registered, a
// registered region wins, and somebody registered as having left is turned away. Training comes from the directory
// alone.
//
// Threads   any. Failure  UNAUTHENTICATED: no credential, or one that cannot be read; the message says what is
// expected.
//           PERMISSION_DENIED: known, and not welcome.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "caseward/v1/common.pb.h"
#include "engine/directory/directory.h"

namespace caseward {

inline constexpr std::string_view kActorHeader = "caseward-actor";

// What a call brings along.
struct Credentials {
  std::vector<std::string_view> actor_headers;  // every value of kActorHeader
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual absl::StatusOr<v1::Actor> Authenticate(const Credentials& credentials, const Directory& directory) const = 0;
  // May it be asked about commands by topic, whose headers are all there is of a credential?
  virtual bool KnowsSendersByTopic() const { return false; }
  // May this way of authenticating listen there? `address` is "host:port".
  virtual absl::Status MayListenOn(std::string_view address) const = 0;
};

class DevAuthenticator : public Authenticator {
 public:
  absl::StatusOr<v1::Actor> Authenticate(const Credentials& credentials, const Directory& directory) const override;
  bool KnowsSendersByTopic() const override { return true; }
  absl::Status MayListenOn(std::string_view address) const override;
};

// The header's text as an actor. Exposed for its tests.
absl::StatusOr<v1::Actor> ParseActorHeader(std::string_view text);

}  // namespace caseward
