#pragma once

#include "generation/config/generation_config.h"
#include "server/http/server_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::server {

/// A body of /v1/chat/completions.
struct ChatRequest {
  /// The texts of all messages in order, with `<image>` in front if there are
  /// images; empty for the model's default prompt.
  std::string prompt;

  /// Bytes of image files.
  std::vector<std::string> images;

  /// A mode's name; empty for the server's default.
  std::string mode;

  bool stream = false;

  /// Whether a stream ends with the usage counts.
  bool include_usage = false;

  std::vector<std::string> stop;

  /// Leaves special tokens out of the answer.
  bool skip_special_tokens = false;

  double temperature = 0;
  double top_p = 1;
  int64_t top_k = 0;
  uint64_t seed = 0;
  std::optional<int64_t> max_tokens;

  /// The rule against repetition; nothing: as the model's family does.
  std::optional<int64_t> ngram;
  std::optional<int64_t> ngram_window;
  std::optional<std::vector<int64_t>> ngram_whitelist;

  /// Repeats that cut a text, see `GenerationConfig`; 0: none does.
  std::optional<int64_t> loop_repeats;

  /// Texts that the answer may follow; nothing: no draft. See
  /// `generation::Draft`.
  std::optional<std::vector<std::string>> draft;
};

// Note [Fields of a request]
// A field has an effect, or only one value, or none that an answer shows. The
// first kind is read. The second kind (`n`, `tools`, `logprobs` ...) is refused
// by name with status 400 if it has another value than its neutral one, because
// an answer without its effect would be wrong. The third kind (`user`,
// `metadata` ...) is ignored. A field that we do not know is refused, too: it
// may be misspelled.

/// Reads a body. Messages follow the "plain" template of the published code:
/// their texts, without roles. Image parts come before the text, in their
/// order, and the prompt gets one `<image>` and a line break for all of them
/// unless its text has one.
///
/// Throws `ApiError` (status 400) that names the field; see Note [Fields of a
/// request]. Throws `InputError` for text that is not JSON.
ChatRequest parse_chat_request(
    std::string_view body,
    const ServerConfig& limits);

/// How the answer is generated, with `defaults` where the request says nothing.
/// Throws `InputError` as `generation::validate` does.
generation::GenerationConfig generation_config(
    const ChatRequest& request,
    generation::GenerationConfig defaults);

} // namespace microfiche::server
