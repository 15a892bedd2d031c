#pragma once

#include "memory/json_field.h"
#include "memory/turn.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

/// Layouts of conversation files.
enum class Format {
  /// Found by the keys of the first value.
  kAuto,
  kChatGpt,
  kClaude,
  kClaudeCode,
  kShareGpt,
  kOpenAi,
  kLmsys,
  kLongMemEval,
  kLocomo,
  /// Our own, which `export_jsonl` writes.
  kJsonl,
};

/// What an imported file has and a store does not keep.
struct ImportLosses {
  /// Pictures and sound in a message.
  int64_t images = 0;

  /// Attached files.
  int64_t files = 0;

  /// Calls and results of tools.
  int64_t tools = 0;

  /// Answers that were asked for again, edited questions and side chains: the
  /// last branch is kept.
  int64_t branches = 0;

  /// Messages that the source hides or that say nothing: hidden instructions,
  /// thoughts, events.
  int64_t hidden = 0;

  /// Messages without text, for example because only a picture was in them.
  int64_t empty = 0;

  /// Questions of a data set whose answer no turn spells.
  int64_t questions = 0;

  /// Characters U+0000, which become U+FFFD.
  int64_t replaced_characters = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ImportLosses& losses) {
  visit("images", losses.images);
  visit("files", losses.files);
  visit("tools", losses.tools);
  visit("branches", losses.branches);
  visit("hidden", losses.hidden);
  visit("empty", losses.empty);
  visit("questions", losses.questions);
  visit("replaced_characters", losses.replaced_characters);
}

/// A fact that an imported turn states.
struct ImportedFact {
  std::string key;
  std::string value;
  std::string kind;
};

struct ImportedTurn : Turn {
  std::vector<ImportedFact> facts;

  /// Its place in the file, for messages.
  std::string where;
};

/// One conversation of a file.
struct ImportedConversation {
  /// Its id in the source; empty if the format has none.
  std::string name;
  std::string title;
  std::vector<ImportedTurn> turns;

  /// Its place in the file, for messages.
  std::string where;
};

/// What the readers of all formats share.
struct ImportContext {
  /// The format, once it is known.
  Format format = Format::kAuto;

  /// Whether to keep calls and results of tools as turns of kind tool.
  bool keep_tools = false;

  /// Takes the conversations.
  std::function<void(ImportedConversation)> sink;

  ImportLosses losses;
};

/// Reads one format. It throws `InputError` naming the place for a value that
/// is not of the format.
class FormatReader {
 public:
  explicit FormatReader(ImportContext& context) : context_(context) {}
  virtual ~FormatReader() = default;

  /// Reads an element of the file's list, or one line.
  virtual void read(const JsonField& value) = 0;

  /// Called at the end of the file.
  virtual void finish() {}

 protected:
  /// A conversation without turns. Its title is in the field `title`, its name
  /// in the first of the fields `ids` that is there.
  static ImportedConversation begin_conversation(
      const JsonField& value,
      const char* title,
      std::initializer_list<const char*> ids);

  /// Adds a turn; gives it the next number if it has none. Counts it as a loss
  /// if it has no text, or if it is of a tool and those are not kept.
  void add_turn(ImportedConversation& conversation, ImportedTurn turn) const;

  /// Appends a text to the last turn, after a blank line. Counts it as a loss
  /// if it is empty.
  void append_to_last_turn(ImportedConversation& conversation, std::string text)
      const;

  /// Hands over a conversation that has turns.
  void hand_over(ImportedConversation conversation) const;

  ImportContext& context_;
};

/// The role that a source gives as `name`; `names` are its own words for
/// roles, before the usual ones.
struct RoleName {
  std::string_view name;
  Role role;
};
Role read_role(
    const JsonField& field,
    std::initializer_list<RoleName> names = {});

/// The text of a message's content: a text, or a list of parts as in OpenAI's
/// and Anthropic's interfaces, joined by blank lines. Counts other parts as
/// losses; appends calls and results of tools to `tools`.
std::string read_content(
    const JsonField& content,
    ImportLosses& losses,
    std::vector<std::string>& tools);

std::unique_ptr<FormatReader> make_chatgpt_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_claude_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_claude_code_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_sharegpt_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_openai_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_lmsys_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_longmemeval_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_locomo_reader(ImportContext& context);
std::unique_ptr<FormatReader> make_jsonl_reader(ImportContext& context);

} // namespace microfiche::memory
