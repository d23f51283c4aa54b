#include "services/study/language_source.h"

#include <algorithm>
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

std::vector<const google::protobuf::Descriptor*> LanguageTypes() {
  std::vector<const google::protobuf::Descriptor*> types;
  for (int i = 0; i < PolicyLanguage().message_type_count(); ++i)
    types.push_back(PolicyLanguage().message_type(i));
  for (size_t n = 0; n < types.size(); ++n) {
    const google::protobuf::Descriptor& type = *types[n];
    for (int i = 0; i < type.field_count(); ++i) {
      const google::protobuf::Descriptor* used = type.field(i)->message_type();
      const bool ours = used != nullptr && used->file()->package() == PolicyLanguage().package();
      if (!ours || used->options().map_entry() || used->name() == "Span") continue;
      if (std::find(types.begin(), types.end(), used) == types.end()) types.push_back(used);
    }
  }
  return types;
}

}  // namespace caseward
