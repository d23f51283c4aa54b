#include "services/server/principal.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/actor.h"
#include "engine/base/text.h"
#include "engine/base/validate.h"

namespace caseward {
namespace {

constexpr size_t kRolesMax = 32;
constexpr size_t kPlaceMax = 64;
constexpr std::string_view kActorForm =
    "\"caseward-actor: <id>; roles=a,b; region=north; org=x; kind=staff|service|partner\"";

absl::Status Unreadable(std::string_view part, std::string_view why) {
  return absl::UnauthenticatedError(StrCat("header caseward-actor, ", part, ": ", why, "; expected ", kActorForm));
}

absl::StatusOr<v1::Actor::Kind> ParseKind(std::string_view text) {
  if (text == "staff") {
    return v1::Actor::KIND_STAFF;
  }
  if (text == "service") {
    return v1::Actor::KIND_SERVICE;
  }
  if (text == "partner") {
    return v1::Actor::KIND_PARTNER;
  }
  return Unreadable("kind", "expected staff, service or partner");
}

absl::Status AddRoles(std::string_view text, v1::Actor& actor) {
  for (const absl::string_view raw : absl::StrSplit(AbslText(text), ',', absl::SkipWhitespace())) {
    const std::string_view role = StdText(absl::StripAsciiWhitespace(raw));
    if (auto name = ParseName(role); !name.ok()) {
      return Unreadable("roles", StdText(name.status().message()));
    }
    if (!HasRole(actor, role)) {
      actor.add_roles(std::string(role));
    }
  }
  if (static_cast<size_t>(actor.roles_size()) > kRolesMax) {
    return Unreadable("roles", StrCat("expected at most ", kRolesMax, "; found ", actor.roles_size()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ParsePlace(std::string_view part, std::string_view text) {
  const bool legal = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == ' ' || c == '_' || c == '-' || c == '.';
  });
  if (text.empty() || text.size() > kPlaceMax || !legal) {
    return Unreadable(part, StrCat("expected 1 to ", kPlaceMax, " of [A-Za-z0-9 ._-]"));
  }
  return std::string(text);
}

absl::Status SetPart(std::string_view key, std::string_view value, v1::Actor& actor) {
  if (key == "roles") {
    return AddRoles(value, actor);
  }
  if (key == "kind") {
    auto kind = ParseKind(value);
    actor.set_kind(kind.ok() ? *kind : v1::Actor::KIND_UNSPECIFIED);
    return kind.status();
  }
  if (key == "region" || key == "org") {
    auto place = ParsePlace(key, value);
    if (place.ok()) {
      (key == "region" ? actor.mutable_region() : actor.mutable_org())->assign(*place);
    }
    return place.status();
  }
  if (key == "on_behalf_of") {
    if (auto id = ParseActorId(value); !id.ok()) {
      return Unreadable(key, StdText(id.status().message()));
    }
    actor.set_on_behalf_of(std::string(value));
    return absl::OkStatus();
  }
  if (key == "trained") {
    return Unreadable(key, "training is not taken from the header: register the person with register_staff");
  }
  return Unreadable("a part after the id", "its name is not known");
}

// What the directory says of a member of staff, added to what the credential asserts. Nobody speaks for a leaver; the
// roles of a service stay those that its own credential asserts.
absl::Status AddDirectory(const Directory& directory, v1::Actor& actor) {
  if (!IsNamedHuman(actor)) {
    return absl::OkStatus();
  }
  const v1::StaffState* staff = directory.Staff(PersonOf(actor));
  if (staff == nullptr) {
    return absl::OkStatus();
  }
  if (staff->left()) {
    return absl::PermissionDeniedError(
        StrCat("actor ", PersonOf(actor), ": the directory says that this person has left"));
  }
  if (actor.kind() == v1::Actor::KIND_SERVICE) {
    return absl::OkStatus();
  }
  for (const std::string& role : staff->roles()) {
    if (!HasRole(actor, role)) {
      actor.add_roles(role);
    }
  }
  if (!staff->region().empty()) {
    actor.set_region(staff->region());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Actor> ParseActorHeader(std::string_view text) {
  v1::Actor actor;
  actor.set_kind(v1::Actor::KIND_STAFF);
  bool first = true;
  for (const absl::string_view raw : absl::StrSplit(AbslText(text), ';')) {
    const std::string_view part = StdText(absl::StripAsciiWhitespace(raw));
    if (first) {
      if (auto id = ParseActorId(part); !id.ok()) {
        return Unreadable("id", StdText(id.status().message()));
      }
      actor.set_id(std::string(part));
      first = false;
      continue;
    }
    if (part.empty()) {
      continue;
    }
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return Unreadable("a part after the id", "expected name=value");
    }
    if (absl::Status set = SetPart(part.substr(0, equals), part.substr(equals + 1), actor); !set.ok()) {
      return set;
    }
  }
  if (!actor.on_behalf_of().empty() && actor.kind() != v1::Actor::KIND_SERVICE) {
    return Unreadable("on_behalf_of", "only a service (kind=service) speaks for a person");
  }
  return actor;
}

absl::StatusOr<v1::Actor> DevAuthenticator::Authenticate(const Credentials& credentials,
                                                         const Directory& directory) const {
  if (credentials.actor_headers.size() != 1) {
    return absl::UnauthenticatedError(StrCat("expected one header ", kActorForm, "; found ",
                                             credentials.actor_headers.size(), " (this server runs with --auth dev)"));
  }
  auto actor = ParseActorHeader(credentials.actor_headers.front());
  if (!actor.ok()) {
    return actor;
  }
  if (absl::Status added = AddDirectory(directory, *actor); !added.ok()) {
    return added;
  }
  return actor;
}

absl::Status DevAuthenticator::MayListenOn(std::string_view address) const {
  const size_t colon = address.rfind(':');
  const std::string_view host = address.substr(0, colon);
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  if (host == "localhost" || host == "[::1]" || (numeric && host.starts_with("127."))) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      StrCat("--auth dev believes whatever a caller says it is, so it listens on a loopback address only, such as "
             "127.0.0.1:7400; found ",
             address));
}

}  // namespace caseward
