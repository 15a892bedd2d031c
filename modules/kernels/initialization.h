#pragma once

namespace microfiche::kernels {

/// While one lives, modules made on this thread leave their large weights as
/// memory comes, since a checkpoint fills them: drawing the numbers of a
/// full-size model would take longer than reading it, and twice its memory.
class SkipInitialization {
 public:
  SkipInitialization();
  ~SkipInitialization();
  SkipInitialization(const SkipInitialization&) = delete;
  SkipInitialization& operator=(const SkipInitialization&) = delete;

  static bool is_on();
};

} // namespace microfiche::kernels
