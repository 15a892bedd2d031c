#pragma once

#include "core/json.h"
#include "server/http/reply.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::server {

/// What an answer says about itself besides its text.
struct AnswerHead {
  /// A new identity for each answer.
  std::string id;

  /// Seconds since 1970.
  int64_t created = 0;
  std::string model;
  std::string mode;

  /// How the request differs from what the model was trained on.
  std::vector<std::string> warnings;
};

/// A head with a new id, for the current time.
AnswerHead make_head(const std::string& model, const std::string& mode);

/// The answer to a request that is not streamed.
Json completion_json(
    const AnswerHead& head,
    const std::string& text,
    const AnswerSummary& summary);

// Events of a stream: "data: {...}" and an empty line. With `include_usage`,
// each has the field "usage", as OpenAI's clients expect.

/// The first event of a stream, which has the role.
std::string first_event(const AnswerHead& head, bool include_usage);

/// A piece of text.
std::string
text_event(const AnswerHead& head, const std::string& text, bool include_usage);

/// The end of a stream: the reason, the usage if wanted, "[DONE]".
std::string last_events(
    const AnswerHead& head,
    const AnswerSummary& summary,
    bool include_usage);

/// The end of a stream that failed.
std::string error_event(const ApiError& error);

} // namespace microfiche::server
