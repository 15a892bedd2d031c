#pragma once

#include "server/http/api_error.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace microfiche::server {

/// Counts and times of a finished answer.
struct AnswerSummary {
  /// Ids of the prompt, vision tokens included, and of the answer.
  int64_t prompt_ids = 0;
  int64_t answer_ids = 0;

  /// Vision tokens of all images; see Note [Vision tokens and positions].
  int64_t nominal_tokens = 0;
  int64_t valid_tokens = 0;
  int64_t positions = 0;

  /// "eos", "length", "loop" or "stop_string".
  std::string stop;

  /// With a draft: decoder calls after the prompt, ids that were drafted, and
  /// those that the model chose, too.
  bool has_draft = false;
  int64_t steps = 0;
  int64_t drafted = 0;
  int64_t accepted = 0;

  /// From arrival to the beginning of the encoding, of the encoding, and shares
  /// of the batch's time.
  double queue_seconds = 0;
  double encode_seconds = 0;
  double prefill_seconds = 0;
  double decode_seconds = 0;

  /// From arrival to the first id.
  double first_token_seconds = 0;
};

/// The way of an answer from the batch to its client's connection, each in a
/// thread of its own.
class Reply {
 public:
  /// `max_buffer` is the most text, in bytes, that waits for the client.
  /// Without it the answer is whole: its text comes at the end, whatever its
  /// size, and no piece of it wakes the connection.
  explicit Reply(std::optional<size_t> max_buffer) : max_buffer_(max_buffer) {}

  // For the batch.

  /// Adds text. If the client has too much text to take, the answer
  /// fails, and `ended()` is true from then on.
  void push(std::string_view text);
  void finish(AnswerSummary summary);
  void fail(ApiError error);

  /// Whether the answer is finished or has failed, or the client is gone.
  bool ended() const {
    return ended_;
  }

  // For the connection.

  /// What has come since the last call.
  struct Piece {
    std::string text;
    /// No more text will come.
    bool last = false;
  };

  /// Waits for text or the end, at most this long; for the end alone if the
  /// answer is whole.
  Piece take(std::chrono::milliseconds longest);

  /// The client is gone.
  void cancel();

  /// How the answer ended; for after the last piece. `summary` is empty if it
  /// failed.
  std::optional<AnswerSummary> summary() const;
  std::optional<ApiError> error() const;

 private:
  const std::optional<size_t> max_buffer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::optional<AnswerSummary> summary_;
  std::optional<ApiError> error_;
  std::atomic<bool> ended_ = false;
};

} // namespace microfiche::server
