#pragma once

#include "core/config.h"
#include "generation/config/generation_config.h"
#include "memory/layout_config.h"
#include "memory/policy/policy.h"
#include "memory/recall/generated_conversation.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// Some facts are important: their turns are pinned.
struct ImportanceConfig {
  /// The share of the facts, above 0 and below 1.
  double share = 0.2;

  /// Correlation of importance with recency, each in [-1, 1]: 1 pins the newest
  /// facts, 0 any, -1 the oldest. An axis of the sweep.
  std::vector<double> correlations = {0};
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ImportanceConfig& config) {
  visit("share", config.share);
  visit("correlations", config.correlations);
}

/// Conversations of a file that the user has: an own one, LongMemEval, LoCoMo.
struct ConversationFileConfig {
  std::string file;

  /// A name of `format_names()`.
  std::string format = "auto";

  /// Facts per conversation that are made from its sentences; see
  /// `add_cloze_facts`. For files that state none.
  int64_t cloze = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ConversationFileConfig& config) {
  visit("file", config.file);
  visit("format", config.format);
  visit("cloze", config.cloze);
}

/// Measures what the decoder does for a growing conversation, besides encoding;
/// see Note [The context of a plan].
struct ContextCostConfig {
  /// Ids that are decoded behind the context at each step.
  int64_t answer_ids = 32;

  /// Also compute the whole context anew at each step.
  bool anew = true;

  /// Also keep the plain text of the pages in a context of its own, as long as
  /// it fits.
  bool text = true;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ContextCostConfig& config) {
  visit("answer_ids", config.answer_ids);
  visit("anew", config.anew);
  visit("text", config.text);
}

/// A grid of cells over conversations: each cell is one kind of conversation
/// under one policy with one budget, and so on. All cells of a conversation get
/// the same questions.
struct ConversationSweepConfig {
  /// The question in one line.
  std::string title;

  /// Kinds of generated conversations, by name.
  std::map<std::string, GenerateConfig> conversations;

  /// Conversations of files, by name.
  std::map<std::string, ConversationFileConfig> conversation_files;

  /// Conversations of each kind, with seeds from `seed` on; of a file the
  /// first, and no more than it has.
  int64_t conversations_per_cell = 6;

  /// File or folder with the text of the turns without facts.
  std::string text = "data/text/training";

  /// The style of the pages, a file.
  std::string page_style = "configs/pages/nano_memory.json";
  TurnHeader turn_header = TurnHeader::kShort;

  /// Policies by name: files, or objects with the fields of such a file.
  std::map<std::string, Json> policies;

  /// Positions that a plan may take.
  std::vector<int64_t> budgets;

  /// Pins turns; none without it.
  std::optional<ImportanceConfig> importance;

  /// Facts per conversation whose pages a question reached before the plan is
  /// made, for policies that promote; 0: none.
  std::vector<int64_t> hits = {0};

  /// See Note [Pages in one context].
  std::vector<int64_t> pages_per_context = {1};

  /// Turns that are added before each plan; then the sweep measures what growth
  /// costs, and asks nothing. 0: one plan of the whole conversation.
  int64_t grow_by = 0;

  /// Turns of the first step, if it is another number; 0: `grow_by`.
  int64_t grow_from = 0;
  std::optional<ContextCostConfig> context_cost;

  /// Questions per conversation for keys that were never stated.
  int64_t never_stated = 0;

  generation::GenerationConfig generation;

  /// Contexts that are read at the same time.
  int64_t batch = 16;
  uint64_t seed = 0;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ConversationSweepConfig& sweep) {
  visit("title", sweep.title);
  visit("conversations", sweep.conversations);
  visit("conversation_files", sweep.conversation_files);
  visit("conversations_per_cell", sweep.conversations_per_cell);
  visit("text", sweep.text);
  visit("page_style", sweep.page_style);
  visit("turn_header", sweep.turn_header);
  visit("policies", sweep.policies);
  visit("budgets", sweep.budgets);
  visit("importance", sweep.importance);
  visit("hits", sweep.hits);
  visit("pages_per_context", sweep.pages_per_context);
  visit("grow_by", sweep.grow_by);
  visit("grow_from", sweep.grow_from);
  visit("context_cost", sweep.context_cost);
  visit("never_stated", sweep.never_stated);
  visit("generation", sweep.generation);
  visit("batch", sweep.batch);
  visit("seed", sweep.seed);
}

/// Throws `InputError`, naming the field, for invalid values.
void validate(const ConversationSweepConfig& sweep, const std::string& where);

/// Whether a sweep config is one of conversations: it has the field
/// "conversations" or "conversation_files". Throws `InputError` for a file that
/// is not JSON.
bool is_conversation_sweep(const std::filesystem::path& file);

/// Reads a config with `--set` assignments, and its policies. Throws
/// `InputError` for invalid values, and for a policy or a page style that
/// cannot be read. Files are also found below `root`.
struct ConversationSweep {
  ConversationSweepConfig config;
  std::vector<std::pair<std::string, Policy>> policies;
  LayoutConfig layout;
};
ConversationSweep load_conversation_sweep(
    const std::filesystem::path& file,
    const std::filesystem::path& root,
    const std::vector<std::string>& assignments = {});

} // namespace microfiche::memory
