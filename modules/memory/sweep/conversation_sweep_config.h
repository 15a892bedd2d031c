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
  /// Fraction of the facts whose turns are pinned, above 0 and below 1.
  double share = 0.2;

  /// Correlations of importance with recency, each in [-1, 1]: 1 pins the
  /// newest facts, 0 facts of any age, -1 the oldest. An axis of the sweep.
  std::vector<double> correlations = {0};
};

template <typename Visitor>
void visit_fields(Visitor&& visit, ImportanceConfig& config) {
  visit("share", config.share);
  visit("correlations", config.correlations);
}

/// Conversations from a file of yours, LongMemEval or LoCoMo.
struct ConversationFileConfig {
  /// Path of the file. Required.
  std::string file;

  /// "auto" finds the format in the file; others are "chatgpt", "claude",
  /// "claude-code", "sharegpt", "openai", "lmsys", "longmemeval", "locomo" and
  /// "jsonl".
  std::string format = "auto";

  /// Maximum number of facts per conversation to make from its sentences, for
  /// files that state none: three words in a row that occur once are the key,
  /// the words behind them the value. 0 for none.
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
  /// Ids that are decoded behind the context at each step, at least 1.
  int64_t answer_ids = 32;

  /// Whether to also compute the whole context at each step, without the KV
  /// cache of the step before.
  bool anew = true;

  /// Whether to also keep the plain text of the pages in a context of its own,
  /// as long as it fits.
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
  /// The sweep's question in one line.
  std::string title;

  /// Kinds of generated conversations, by name. Needed unless
  /// `conversation_files` is given.
  std::map<std::string, GenerateConfig> conversations;

  /// Files of conversations, by name. Needed unless `conversations` is given.
  std::map<std::string, ConversationFileConfig> conversation_files;

  /// Conversations of each kind, at least 1: generated ones have the seeds from
  /// `seed` on; of a file the first ones are used, or all if it has fewer.
  int64_t conversations_per_cell = 6;

  /// File or folder with the text of generated conversations: the turns without
  /// facts are its sentences.
  std::string text = "data/text/training";

  /// File with the style of the pages, as in configs/pages.
  std::string page_style = "configs/pages/nano_memory.json";

  /// What stands before each turn on a page: "full" is number and role (`[12
  /// user]`), "short" is number and first letter (`[12u]`), for small pages.
  TurnHeader turn_header = TurnHeader::kShort;

  /// Policies by name: files, or objects with the fields of such a file
  /// (PolicyConfig).
  std::map<std::string, Json> policies;

  /// Maximum number of positions of the decoder's context that a plan may take.
  /// An axis of the sweep.
  std::vector<int64_t> budgets;

  /// If set, the turns of some facts are pinned.
  std::optional<ImportanceConfig> importance;

  /// Facts per conversation whose pages a question reached before the plan is
  /// made, for policies that promote; 0 for none. An axis of the sweep.
  std::vector<int64_t> hits = {0};

  /// Pages that are read in one context of the decoder, oldest first; the model
  /// must have learned that. An axis of the sweep. See Note [Pages in one
  /// context].
  std::vector<int64_t> pages_per_context = {1};

  /// Turns that are added before each plan; then the sweep measures what growth
  /// costs, and asks nothing. 0 for one plan of the whole conversation.
  int64_t grow_by = 0;

  /// Turns of the first step, if it is another number than `grow_by`; 0 for
  /// `grow_by`.
  int64_t grow_from = 0;

  /// If set, a sweep with `grow_by` also measures what the decoder does at each
  /// step.
  std::optional<ContextCostConfig> context_cost;

  /// Questions per conversation for keys that were never stated, for which no
  /// answer is right.
  int64_t never_stated = 0;

  /// How the text of a reading is generated.
  generation::GenerationConfig generation;

  /// Contexts that are read at the same time, at least 1.
  int64_t batch = 16;

  /// Seed of the first conversation of each kind; each next conversation has
  /// the next seed. It also seeds pins, hits and keys that were never stated.
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

/// A config with its policies and layout, read.
struct ConversationSweep {
  ConversationSweepConfig config;
  std::vector<std::pair<std::string, Policy>> policies;
  LayoutConfig layout;
};

/// Reads a config with `--set` assignments, and its policies. Throws
/// `InputError` for invalid values, and for a policy or a page style that
/// cannot be read. Files are also found below `root`.
ConversationSweep load_conversation_sweep(
    const std::filesystem::path& file,
    const std::filesystem::path& root,
    const std::vector<std::string>& assignments = {});

} // namespace microfiche::memory
