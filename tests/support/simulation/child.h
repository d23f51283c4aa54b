// A process of one's own that does a piece of work and tells what it found, for work that may end it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace caseward::test {

class Child {
 public:
  using Tell = std::function<void(std::string_view)>;

  // Begins at once. `work` runs there; what it tells is read here.
  explicit Child(const std::function<void(const Tell&)>& work);
  // Ends it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // To be waited on for more to read; -1: nothing more comes.
  int descriptor() const { return from_; }
  // Waits for more, and adds it to `text`. False: there is nothing more.
  bool Read(std::string& text);
  // Waits for its end. True if it came there by itself.
  bool Wait();

 private:
  pid_t id_ = -1;
  int from_ = -1;
};

}  // namespace caseward::test
