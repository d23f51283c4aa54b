#include "engine/partition/front.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/text.h"

namespace caseward {

absl::Status Front::CheckOpen() const {
  if (open_) return absl::OkStatus();
  return absl::UnavailableError(
      StrCat("partition ", partition_, " takes no commands now (", view_.condition, "): ", view_.why));
}

absl::Status Front::Push(Pending pending) {
  {
    std::lock_guard lock(mutex_);
    if (absl::Status s = CheckOpen(); !s.ok()) return s;
    if (commands_.size() >= inbox_max_) {
      return absl::ResourceExhaustedError(
          StrCat("partition ", partition_, ": ", inbox_max_, " commands wait already; try again, reads still answer"));
    }
    commands_.push_back(std::move(pending));
  }
  Wake();
  return absl::OkStatus();
}

absl::Status Front::PushBarrier(Done done) {
  {
    std::lock_guard lock(mutex_);
    if (absl::Status s = CheckOpen(); !s.ok()) return s;
    if (barriers_.size() >= inbox_max_) {
      return absl::ResourceExhaustedError(
          StrCat("partition ", partition_, ": ", inbox_max_, " LATEST reads wait already"));
    }
    barriers_.push_back(std::move(done));
  }
  Wake();
  return absl::OkStatus();
}

void Front::PushResume(Done done) {
  {
    std::lock_guard lock(mutex_);
    if (resumes_.size() < inbox_max_) resumes_.push_back(std::exchange(done, nullptr));
  }
  if (done != nullptr) {
    done(absl::ResourceExhaustedError(StrCat("partition ", partition_, ": too many ask already that it resumes")));
    return;
  }
  Wake();
}

absl::Status Front::PushAcceptance(Acceptance acceptance) {
  {
    std::lock_guard lock(mutex_);
    if (absl::Status s = CheckOpen(); !s.ok()) return s;
    if (acceptances_.size() >= inbox_max_) {
      return absl::ResourceExhaustedError(StrCat("partition ", partition_, ": too many ask already that it goes on"));
    }
    acceptances_.push_back(std::move(acceptance));
  }
  Wake();
  return absl::OkStatus();
}

std::vector<Front::Acceptance> Front::PopAcceptances() {
  std::lock_guard lock(mutex_);
  return std::exchange(acceptances_, {});
}

size_t Front::waiting() const {
  std::lock_guard lock(mutex_);
  return commands_.size();
}

std::vector<Front::Done> Front::PopResumes() {
  std::lock_guard lock(mutex_);
  return std::exchange(resumes_, {});
}

void Front::WhenApplied(uint64_t sequence, Done done) {
  absl::Status status;
  {
    std::lock_guard lock(mutex_);
    const bool applied = has_applied_ && view_.position.sequence() >= sequence;
    if (!applied) {
      status = view_.condition == "STOPPED" ? CheckOpen() : absl::OkStatus();
      if (status.ok() && applied_.size() >= inbox_max_) {
        status =
            absl::ResourceExhaustedError(StrCat("partition ", partition_, ": too many readers wait for a position"));
      }
      if (status.ok()) {
        applied_.emplace(sequence, std::move(done));
        return;
      }
    }
  }
  done(std::move(status));
}

PartitionView Front::view() const {
  std::lock_guard lock(mutex_);
  PartitionView view = view_;
  view.inbox = commands_.size();
  return view;
}

void Front::SetWaker(std::function<void()> waker) {
  std::lock_guard lock(mutex_);
  waker_ = std::move(waker);
}

void Front::Wake() const {
  std::function<void()> waker;
  {
    std::lock_guard lock(mutex_);
    waker = waker_;
  }
  if (waker) waker();
}

void Front::NoteInbox() {
  {
    std::lock_guard lock(mutex_);
    inbox_note_ = true;
  }
  Wake();
}

void Front::NoteIntake() {
  {
    std::lock_guard lock(mutex_);
    intake_note_ = true;
  }
  Wake();
}

void Front::NoteLog() {
  {
    std::lock_guard lock(mutex_);
    log_note_ = true;
  }
  Wake();
}

void Front::Own(bool own) {
  {
    std::lock_guard lock(mutex_);
    owner_wanted_ = own;
  }
  Wake();
}

std::vector<Pending> Front::PopCommands(size_t limit, size_t bytes) {
  std::vector<Pending> popped;
  std::lock_guard lock(mutex_);
  popped.reserve(std::min(limit, commands_.size()));
  size_t taken = 0;
  while (!commands_.empty() && popped.size() < limit && taken < bytes) {
    taken += commands_.front().admitted.bytes;
    popped.push_back(std::move(commands_.front()));
    commands_.pop_front();
  }
  return popped;
}

void Front::Return(std::vector<Pending> pending) {
  std::lock_guard lock(mutex_);
  commands_.insert(commands_.begin(), std::make_move_iterator(pending.begin()), std::make_move_iterator(pending.end()));
}

std::vector<Front::Done> Front::PopBarriers() {
  std::lock_guard lock(mutex_);
  return std::exchange(barriers_, {});
}

bool Front::TakeInboxNote() {
  std::lock_guard lock(mutex_);
  return std::exchange(inbox_note_, false);
}

bool Front::TakeIntakeNote() {
  std::lock_guard lock(mutex_);
  return std::exchange(intake_note_, false);
}

bool Front::TakeLogNote() {
  std::lock_guard lock(mutex_);
  return std::exchange(log_note_, false);
}

bool Front::owner_wanted() const {
  std::lock_guard lock(mutex_);
  return owner_wanted_;
}

bool Front::idle() const {
  std::lock_guard lock(mutex_);
  return commands_.empty() && barriers_.empty() && !inbox_note_;
}

void Front::Publish(PartitionView view, bool open) {
  std::lock_guard lock(mutex_);
  owner_ = view.owner;
  has_applied_ = !view.position.log_id().empty();
  view_ = std::move(view);
  open_ = open;
}

std::vector<Front::Done> Front::PopApplied(uint64_t sequence) {
  std::vector<Done> done;
  std::lock_guard lock(mutex_);
  const auto end = applied_.upper_bound(sequence);
  for (auto it = applied_.begin(); it != end; ++it)
    done.push_back(std::move(it->second));
  applied_.erase(applied_.begin(), end);
  return done;
}

Front::Everybody Front::PopOwners() {
  Everybody owners;
  std::lock_guard lock(mutex_);
  owners.commands.assign(std::make_move_iterator(commands_.begin()), std::make_move_iterator(commands_.end()));
  commands_.clear();
  owners.waiting = std::exchange(barriers_, {});
  for (Acceptance& acceptance : std::exchange(acceptances_, {}))
    owners.waiting.push_back(std::move(acceptance.done));
  return owners;
}

Front::Everybody Front::PopEverybody() {
  Everybody all = PopOwners();
  std::lock_guard lock(mutex_);
  for (auto& [sequence, done] : applied_)
    all.waiting.push_back(std::move(done));
  applied_.clear();
  std::move(resumes_.begin(), resumes_.end(), std::back_inserter(all.waiting));
  resumes_.clear();
  return all;
}

}  // namespace caseward
