#include "memory/sweep/conversation_source.h"

#include "core/error.h"
#include "core/files.h"
#include "data/corpus.h"
#include "memory/import.h"
#include "memory/recall/generated_conversation.h"
#include "memory/timestamp.h"

namespace microfiche::memory {
namespace {

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin) + 1;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

/// A conversation in our own format. It needs a name to be in a store of its
/// own.
std::vector<std::string> lines_of(const ImportedConversation& conversation) {
  std::vector<std::string> lines;
  for (const auto& turn : conversation.turns) {
    Json line = {
        {"conversation",
         conversation.name.empty() ? "conversation" : conversation.name},
        {"seq", turn.seq},
        {"role", name_of(turn.role)},
        {"kind", name_of(turn.kind)},
        {"text", turn.text}};
    if (turn.time_ms) {
      line["time"] = time_text(*turn.time_ms);
    }
    for (const auto& fact : turn.facts) {
      line["facts"].push_back(
          {{"key", fact.key}, {"value", fact.value}, {"kind", fact.kind}});
    }
    lines.push_back(line.dump() + "\n");
  }
  return lines;
}

/// The first conversations of a file, at most `limit`.
std::vector<std::vector<std::string>> read_conversation_file(
    const ConversationFileConfig& config,
    int64_t limit) {
  std::vector<std::vector<std::string>> conversations;
  ImportContext context;
  context.sink = [&](ImportedConversation conversation) {
    if (std::ssize(conversations) < limit) {
      conversations.push_back(lines_of(conversation));
    }
  };
  const MappedFile file(config.file);
  const auto bytes = file.bytes();
  read_conversations(
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
      config.file,
      find_format(config.format),
      context);
  check(
      !conversations.empty(), config.file, ": no conversation with text in it");
  return conversations;
}

} // namespace

ConversationSource::ConversationSource(const ConversationSweep& sweep)
    : sweep_(sweep) {
  const auto& config = sweep.config;
  if (!config.conversations.empty()) {
    for (const auto& document : data::read_documents(config.text)) {
      const auto sentences = filler_sentences(document.text);
      filler_.insert(filler_.end(), sentences.begin(), sentences.end());
    }
  }
  for (const auto& [name, file] : config.conversation_files) {
    files_[name] = read_conversation_file(file, config.conversations_per_cell);
  }
}

std::vector<std::string> ConversationSource::kinds() const {
  std::vector<std::string> names;
  for (const auto& [name, generated] : sweep_.config.conversations) {
    names.push_back(name);
  }
  for (const auto& [name, lines] : files_) {
    names.push_back(name);
  }
  return names;
}

int64_t ConversationSource::count(const std::string& kind) const {
  const auto file = files_.find(kind);
  return file == files_.end() ? sweep_.config.conversations_per_cell
                              : std::ssize(file->second);
}

std::vector<std::string> ConversationSource::lines(
    const std::string& kind,
    int64_t number) const {
  if (const auto file = files_.find(kind); file != files_.end()) {
    return file->second.at(static_cast<size_t>(number));
  }
  auto config = sweep_.config.conversations.at(kind);
  config.seed = sweep_.config.seed + static_cast<uint64_t>(number);
  return split_lines(generate_conversation(config, filler_));
}

int64_t ConversationSource::cloze(const std::string& kind) const {
  const auto file = sweep_.config.conversation_files.find(kind);
  return file == sweep_.config.conversation_files.end() ? 0
                                                        : file->second.cloze;
}

} // namespace microfiche::memory
