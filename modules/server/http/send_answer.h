#pragma once

// Only for the sources of the server: it shows cpp-httplib's types.

#include "server/http/chat_answer.h"
#include "server/http/job.h"
#include "server/http/server_metrics.h"

#include <httplib.h>

#include <memory>

namespace microfiche::server {

/// How a client wants its answer.
struct AnswerForm {
  /// As server-sent events.
  bool stream = false;

  /// Whether a stream ends with the usage counts.
  bool include_usage = false;
};

/// Answers with the text of a request that is in the queue, as it comes.
/// Cancels the request when its client closes the connection.
///
/// Throws the request's `ApiError` if it fails before its first text. The
/// response of a stream uses `metrics` until it is sent.
void send_answer(
    std::shared_ptr<Job> job,
    const AnswerHead& head,
    const AnswerForm& form,
    ServerMetrics& metrics,
    httplib::Response& response);

} // namespace microfiche::server
