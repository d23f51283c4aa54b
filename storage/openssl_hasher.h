// SHA-256 by OpenSSL. Made for many small digests: the algorithm is looked up once a process and the working context
// once a thread, because looking them up costs more than digesting a short record.
//
// Threads   any; the object has no state.
#pragma once

#include "engine/port/hasher.h"

namespace caseward {

class OpensslHasher final : public Hasher {
 public:
  Sha256Digest Sha256(std::initializer_list<std::string_view> parts) const override;
};

}  // namespace caseward
