// How far each partition's log had been acknowledged, in a small file beside it. RocksDB cannot tell a write-ahead log
// whose end was torn by a crash (harmless: nobody had been told) from one whose acknowledged end was cut off later.
// This can: the file is written after the log is synced and before anyone is told, so it never runs ahead of the log,
// and a log that ends before it has lost acknowledged records. It is not synced itself: it survives a killed process
// and an orderly shutdown, and after a power cut it may lag, which only makes it less strict.
//
// Threads   one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace caseward {

class AckedEnds {
 public:
  // Opens or creates `path`. The ends found, 0 where nothing readable is found, are in ends().
  static absl::StatusOr<AckedEnds> Open(const std::string& path, uint32_t partitions);
  AckedEnds(AckedEnds&& other) noexcept;
  AckedEnds& operator=(AckedEnds&& other) noexcept;
  ~AckedEnds();

  const std::vector<uint64_t>& ends() const { return ends_; }
  // Remembers; a failure to write only makes the check less strict.
  void Set(uint32_t partition, uint64_t end) { ends_[partition] = end; }
  void Write();

 private:
  AckedEnds(int fd, uint32_t partitions) : fd_(fd), ends_(partitions) {}
  int fd_ = -1;
  std::vector<uint64_t> ends_;
  std::string bytes_;
};

}  // namespace caseward
