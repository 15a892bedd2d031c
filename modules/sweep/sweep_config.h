#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "conditions/condition.h"
#include "conditions/text/text_condition.h"
#include "core/config.h"
#include "generation/generation_config.h"
#include "page/resolution_mode.h"
#include "sweep/cell.h"
#include "sweep/sweep_style.h"

namespace microfiche::sweep {

/// Pages that show how much of a score is reading.
struct SweepControls {
  /// Scores each page against what was read from other pages of its cell. Costs
  /// no reading.
  bool wrong_page = true;

  /// Reads an empty page and scores what comes out against every page.
  bool blank_page = true;

  /// Further cells of random letters at these lengths, in characters per vision
  /// token.
  std::vector<double> random_letters;

  /// The same of shuffled words.
  std::vector<double> shuffled_words;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepControls& controls) {
  visit("wrong_page", controls.wrong_page);
  visit("blank_page", controls.blank_page);
  visit("random_letters", controls.random_letters);
  visit("shuffled_words", controls.shuffled_words);
}

/// How several lists of conditions are combined.
enum class Combine {
  /// Every combination.
  kGrid,
  /// The first of each list, and beside that one change at a time.
  kOneAtATime,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Combine,
    {{Combine::kGrid, "grid"}, {Combine::kOneAtATime, "one_at_a_time"}})

/// In what a text that a condition wrote is as long as the natural one.
enum class MatchLength { kCharacters, kTextTokens };

NLOHMANN_JSON_SERIALIZE_ENUM(
    MatchLength,
    {{MatchLength::kCharacters, "characters"},
     {MatchLength::kTextTokens, "text_tokens"}})

/// What is done to pages on their way, see Note [Conditions]: three axes of the
/// grid, whose first values stand for the untouched page.
struct SweepConditions {
  /// Of `text_conditions()`.
  std::vector<std::string> text = {conditions::kNaturalText};

  /// Of `page_conditions()`.
  std::vector<std::string> page = {conditions::kNoCondition};

  /// Of `token_conditions()`.
  std::vector<std::string> tokens = {conditions::kNoCondition};

  Combine combine = Combine::kGrid;

  /// For lengths in characters per token; a bin of text tokens is one for every
  /// text.
  MatchLength match_length = MatchLength::kCharacters;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepConditions& conditions) {
  visit("text", conditions.text);
  visit("page", conditions.page);
  visit("tokens", conditions.tokens);
  visit("combine", conditions.combine);
  visit("match_length", conditions.match_length);
}

/// Throws `InputError`, naming the field, for conditions that are not there.
void validate(const SweepConditions& conditions, const std::string& where);

/// A grid of cells over everything that a page passes through. Axes that are
/// left out have one value and no part in the names of cells.
struct SweepConfig {
  /// One line on what the sweep asks; the title of its report.
  std::string title = "Precision over compression ratio";

  /// Model folder; empty for the nano model that ships with the repository.
  std::string model;

  /// Several model folders, instead of the one above.
  std::vector<std::string> models;

  /// Number types to compute in, by the names that `--dtype` takes; what the
  /// command says where the list is empty.
  std::vector<std::string> dtypes;

  /// Files or folders of text that the model has never seen, `.txt` or `.jsonl`
  /// (see `data::read_documents`), or one folder of pages with their references
  /// as "collection:folder" (see `page_collections`).
  std::vector<std::string> texts = {"data/text/held_out"};

  /// Several sources of text by name, each a list as above, instead of it.
  std::map<std::string, std::vector<std::string>> sources;

  /// Share of documents that was held out by hash when the model was trained on
  /// these same files; 1 takes the files whole.
  double held_out_fraction = 1;

  /// Resolution modes, by name; the model's default mode when empty.
  std::vector<std::string> modes;

  /// Modes that the model's config does not have.
  std::vector<page::ResolutionMode> own_modes;

  /// Lengths of the text, as characters per nominal vision token.
  std::vector<double> characters_per_token;

  /// Lengths of the text, as bins of text tokens, each [first, second). Beside
  /// or instead of the field above.
  std::vector<std::pair<int64_t, int64_t>> text_token_bins;

  std::vector<SweepStyle> styles = {{}};

  SweepConditions conditions;

  /// Pages per cell; of a collection at most so many, the first ones.
  int64_t pages_per_cell = 50;

  SweepControls controls;

  /// What the model is asked; its own prompt when empty.
  std::string prompt;

  /// Several prompts by name, instead of it.
  std::map<std::string, std::string> prompts;

  generation::GenerationConfig generation;

  /// Several ways of decoding by name, instead of it.
  std::map<std::string, generation::GenerationConfig> decodings;

  /// Whether the log-likelihood of each reference is computed, with its page
  /// and without, and with it the model's confidence at each token.
  bool log_likelihood = false;

  /// What texts are made equal in before they are scored, and which metric
  /// leads; see `metrics::all_profiles`.
  std::string profile = "nfkc-ws";

  /// Pages that are encoded and decoded together.
  int64_t batch_pages = 25;

  /// Pages of each cell, the first ones, whose picture is kept for the report.
  int64_t pictures_per_cell = 2;

  /// Seeds the choice of text and every other draw of the run.
  uint64_t seed = 0;

  /// Several seeds, instead of the one above.
  std::vector<uint64_t> seeds;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepConfig& sweep) {
  visit("title", sweep.title);
  visit("model", sweep.model);
  visit("models", sweep.models);
  visit("dtypes", sweep.dtypes);
  visit("texts", sweep.texts);
  visit("sources", sweep.sources);
  visit("held_out_fraction", sweep.held_out_fraction);
  visit("modes", sweep.modes);
  visit("own_modes", sweep.own_modes);
  visit("characters_per_token", sweep.characters_per_token);
  visit("text_token_bins", sweep.text_token_bins);
  visit("styles", sweep.styles);
  visit("conditions", sweep.conditions);
  visit("pages_per_cell", sweep.pages_per_cell);
  visit("controls", sweep.controls);
  visit("prompt", sweep.prompt);
  visit("prompts", sweep.prompts);
  visit("generation", sweep.generation);
  visit("decodings", sweep.decodings);
  visit("log_likelihood", sweep.log_likelihood);
  visit("profile", sweep.profile);
  visit("batch_pages", sweep.batch_pages);
  visit("pictures_per_cell", sweep.pictures_per_cell);
  visit("seed", sweep.seed);
  visit("seeds", sweep.seeds);
}

/// Throws `InputError`, naming the field, for values that make no sense.
void validate(const SweepConfig& sweep, const std::string& where);

/// The cells in the order in which they run: models and dtypes outermost, then
/// text of the files by mode, style, condition and length, then the further
/// cells of `controls`.
std::vector<Cell> cells_of(const SweepConfig& sweep);

} // namespace microfiche::sweep
