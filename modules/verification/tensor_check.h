#pragma once

#include "checkpoint/sharded_checkpoint.h"
#include "verification/published_tensors.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::verification {

/// The tensors of a checkpoint compared with a published list.
struct TensorCheck {
  /// Without tensors that are ignored; see `model::is_ignored_tensor`.
  int64_t tensors = 0;
  int64_t parameters = 0;
  int64_t bytes = 0;

  /// Tensors that are missing, not published, of another shape, or not
  /// bfloat16. Each kind lists the first few names and the number of the rest.
  std::vector<std::string> differences;
};

/// Reads headers only.
TensorCheck check_tensors(
    const checkpoint::Checkpoint& checkpoint,
    const std::vector<PublishedTensor>& published);

/// What the numbers of a checkpoint say about damage.
struct NumberCheck {
  /// Tensors with a NaN or an infinity, without the patch embedding that no
  /// model uses.
  std::vector<std::string> differences;

  /// Matrices of zeros only: a download that stopped early leaves such
  /// holes in a file of the right size.
  std::vector<std::string> warnings;
};

/// Reads all weights of bf16, f16 and f32, and shows progress. Throws
/// `Interrupted` after a signal.
NumberCheck check_numbers(const checkpoint::Checkpoint& checkpoint);

} // namespace microfiche::verification
