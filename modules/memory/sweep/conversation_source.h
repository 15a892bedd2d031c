#pragma once

#include "memory/sweep/conversation_sweep_config.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace microfiche::memory {

/// The conversations of a sweep: generated ones and those of files, by the name
/// of their kind.
class ConversationSource {
 public:
  /// Reads all files. The sweep must outlive this object. Throws `InputError`
  /// as `read_conversations`, and for a file without conversations.
  explicit ConversationSource(const ConversationSweep& sweep);

  /// The names of all kinds.
  std::vector<std::string> kinds() const;

  /// Conversations of a kind: `conversations_per_cell`, or all of a file that
  /// has fewer.
  int64_t count(const std::string& kind) const;

  /// The lines of one conversation in our own format; see `Format::kJsonl`.
  std::vector<std::string> lines(const std::string& kind, int64_t number) const;

  /// `ConversationFileConfig::cloze` of a kind; 0 for a generated one.
  int64_t cloze(const std::string& kind) const;

 private:
  const ConversationSweep& sweep_;

  /// Text of the turns without facts, if a conversation is generated.
  std::vector<std::string> filler_;

  /// Lines of each conversation of each file.
  std::map<std::string, std::vector<std::vector<std::string>>> files_;
};

} // namespace microfiche::memory
