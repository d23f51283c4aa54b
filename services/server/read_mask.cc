#include "services/server/read_mask.h"

#include <google/protobuf/util/field_mask_util.h>

#include "engine/base/text.h"

namespace caseward {

using google::protobuf::util::FieldMaskUtil;

absl::Status CheckMask(const google::protobuf::FieldMask& mask, const google::protobuf::Descriptor& type) {
  for (int i = 0; i < mask.paths_size(); ++i) {
    if (!FieldMaskUtil::GetFieldDescriptors(&type, mask.paths(i), nullptr)) {
      return absl::InvalidArgumentError(
          StrCat("read_mask.paths[", i, "]: expected the name of a field of ", type.full_name(), "; found another"));
    }
  }
  return absl::OkStatus();
}

void ApplyMask(const google::protobuf::FieldMask& mask, google::protobuf::Message& message) {
  if (!mask.paths().empty()) {
    FieldMaskUtil::TrimMessage(mask, &message);
  }
}

}  // namespace caseward
