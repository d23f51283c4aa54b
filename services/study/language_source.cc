#include "services/study/language_source.h"

#include <cstddef>

#include "engine/base/check.h"
#include "google/protobuf/descriptor.pb.h"

namespace caseward {

// Made by cmake/embed.cmake from policy.proto and what it imports.
extern const unsigned char kPolicySource[];
extern const std::size_t kPolicySourceSize;

const google::protobuf::FileDescriptor& PolicyLanguage() {
  static const auto& file = *[] {
    google::protobuf::FileDescriptorSet set;
    CHECK(set.ParseFromArray(kPolicySource, static_cast<int>(kPolicySourceSize)));
    auto* pool = new google::protobuf::DescriptorPool;
    for (const google::protobuf::FileDescriptorProto& one : set.file())
      CHECK(pool->BuildFile(one) != nullptr);
    return pool->FindFileByName("caseward/v1/policy.proto");
  }();
  return file;
}

}  // namespace caseward
