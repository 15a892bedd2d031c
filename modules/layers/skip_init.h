#pragma once

namespace microfiche::layers {

/// While one is alive, modules that this thread makes leave their large weights
/// uninitialized, because a checkpoint fills them. Random initialization of a
/// full-size model takes longer than reading it, and twice its memory.
class SkipInitGuard {
 public:
  SkipInitGuard();
  ~SkipInitGuard();
  SkipInitGuard(const SkipInitGuard&) = delete;
  SkipInitGuard& operator=(const SkipInitGuard&) = delete;

  static bool is_active();
};

} // namespace microfiche::layers
