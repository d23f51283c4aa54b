// What the machine says of a process and of a folder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace caseward::bench {

// Memory of a process that lies in the machine's, and the most that ever did; 0 if there is no such process.
double ResidentMiB(pid_t process);
double PeakResidentMiB(pid_t process);

// What the files of a folder take on the disk.
double FolderMiB(const std::string& folder);
// Puts the files of a folder out of the machine's file cache, so that what reads them next reads the disk.
void ForgetCached(const std::string& folder);

}  // namespace caseward::bench
