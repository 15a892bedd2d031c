#include "server/http/reply.h"

#include <utility>

namespace microfiche::server {

void Reply::push(std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      return;
    }
    text_ += text;
    if (!max_buffer_) {
      return;
    }
    if (text_.size() > *max_buffer_) {
      error_ = ApiError(
          503,
          concat(
              "the client took too long to read its answer: more than ",
              *max_buffer_,
              " bytes were waiting"),
          "",
          "slow_client");
      ended_ = true;
    }
  }
  changed_.notify_all();
}

void Reply::finish(AnswerSummary summary) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      summary_ = std::move(summary);
      ended_ = true;
    }
  }
  changed_.notify_all();
}

void Reply::fail(ApiError error) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      error_ = std::move(error);
      ended_ = true;
    }
  }
  changed_.notify_all();
}

void Reply::cancel() {
  fail(ApiError(499, "the client closed the connection", "", "cancelled"));
}

Reply::Piece Reply::take(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(
      lock, longest, [&] { return ended_ || (max_buffer_ && !text_.empty()); });
  if (!max_buffer_ && !ended_) {
    return {};
  }
  return {std::exchange(text_, ""), ended_};
}

std::optional<AnswerSummary> Reply::summary() const {
  const std::lock_guard lock(mutex_);
  return summary_;
}

std::optional<ApiError> Reply::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

} // namespace microfiche::server
