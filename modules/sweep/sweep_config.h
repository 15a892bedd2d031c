#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "conditions/condition.h"
#include "conditions/text/text_condition.h"
#include "core/config.h"
#include "generation/config/generation_config.h"
#include "page/resolution_mode.h"
#include "sweep/cell.h"
#include "sweep/sweep_part.h"
#include "sweep/sweep_style.h"

namespace microfiche::sweep {

/// Controls, which show how much of a score comes from reading.
struct SweepControls {
  /// Scores each page against the readings of other pages of its cell, which
  /// gives a floor of the score. Needs no extra reading.
  bool wrong_page = true;

  /// Reads an empty page and scores the result against every page. Not with
  /// questions.
  bool blank_page = true;

  /// Extra cells of random letters at these lengths, in characters per vision
  /// token. With `parts`, set `random_letters` of a part instead.
  std::vector<double> random_letters;

  /// Extra cells of the words of the text in random order, at these lengths in
  /// characters per vision token. Not with `parts`.
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
  /// The first of each list, and each other value alone.
  kOneAtATime,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    Combine,
    {{Combine::kGrid, "grid"}, {Combine::kOneAtATime, "one_at_a_time"}})

/// The unit in which the text of a condition is as long as the natural text.
enum class MatchLength { kCharacters, kTextTokens };

NLOHMANN_JSON_SERIALIZE_ENUM(
    MatchLength,
    {{MatchLength::kCharacters, "characters"},
     {MatchLength::kTextTokens, "text_tokens"}})

/// Changes that are made to a page on purpose, see Note [Conditions]: three
/// axes of the grid. The first value of each is the baseline.
struct SweepConditions {
  /// Changes of the text before it is set, each as name and strength, such as
  /// "swapped_letters:20"; several as "a+b:1". "corpus" is the natural text.
  /// experiments/README.md lists all names.
  std::vector<std::string> text = {conditions::kNaturalText};

  /// Changes of the page's image, such as "rotation:3" or "rotation:3+blur:1".
  /// "none" is the untouched page. experiments/README.md lists all names.
  std::vector<std::string> page = {conditions::kNoCondition};

  /// Changes of the vision tokens, such as "quantize_int8" or "drop_random:20".
  /// "none" leaves them as they are. experiments/README.md lists all names.
  std::vector<std::string> tokens = {conditions::kNoCondition};

  /// How the three lists are combined: "grid" is every combination,
  /// "one_at_a_time" the first value of each list, and each other value alone.
  Combine combine = Combine::kGrid;

  /// Unit in which a changed text is as long as the natural text, if the length
  /// is one of `characters_per_token`. Bins of text tokens hold for every text.
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

/// Throws `InputError`, naming the field, for an empty or repeating list.
void validate(const SweepConditions& conditions, const std::string& where);

/// A grid of cells over everything that affects a page. An axis that is left
/// out has one value and does not appear in the names of cells.
struct SweepConfig {
  /// The sweep's question in one line; the title of its report.
  std::string title = "Precision over compression ratio";

  /// Model folder; empty for the nano model that ships with the repository.
  /// `--model` replaces it.
  std::string model;

  /// Several model folders, instead of `model`.
  std::vector<std::string> models;

  /// Number types to compute in: "f32", "bf16", "int8", "int4" or "auto", as
  /// for `--dtype`. If the list is empty, the command decides.
  std::vector<std::string> dtypes;

  /// Windows of the decoder over its own output, as of `--window`: how many of
  /// the last output positions an output position sees, itself included. 0 is
  /// the model's own attention.
  std::vector<int64_t> windows;

  /// What reads the pages: "model"; "text", the same model with the text in
  /// place of the page (only for questions); or "tesseract", which shows what
  /// the pixels hold.
  std::string reader = "model";

  /// Several readers, instead of `reader`.
  std::vector<std::string> readers;

  /// Text that the model has never seen: .txt files, .jsonl files and folders
  /// of them, or one folder of finished pages as "pages:DIR", "fox_en:DIR",
  /// "fox_cn:DIR" or "omnidocbench:DIR".
  std::vector<std::string> texts = {"data/text/held_out"};

  /// Several sources of text by name, each a list as in `texts`, instead of
  /// `texts`.
  std::map<std::string, std::vector<std::string>> sources;

  /// Fraction of the documents that was held out by hash when the model was
  /// trained on the same files; only those are used. 1 uses all documents.
  double held_out_fraction = 1;

  /// Resolution modes by name; if empty, the model's default mode.
  std::vector<std::string> modes;

  /// Modes that the model's config does not have; `modes` names those to use.
  std::vector<page::ResolutionMode> own_modes;

  /// Lengths of the text, in characters per vision token that a square page of
  /// the mode takes.
  std::vector<double> characters_per_token;

  /// Lengths of the text as bins of text tokens, each `[from, to]` without `to`
  /// itself. With or instead of `characters_per_token`.
  std::vector<std::pair<int64_t, int64_t>> text_token_bins;

  /// The looks of the pages; by default one with all defaults.
  std::vector<SweepStyle> styles = {{}};

  /// Grids over some of the sweep's values, by name; the cells of the sweep are
  /// those of all parts. If empty, the sweep is one grid. Needs `modes`.
  std::map<std::string, SweepPart> parts;

  /// Changes that are made on purpose to the text, the page's image and the
  /// vision tokens.
  SweepConditions conditions;

  /// Pages per cell, 1 to 100000; of a folder of finished pages the first ones,
  /// at most this number.
  int64_t pages_per_cell = 50;

  /// Controls, which show how much of a score comes from reading.
  SweepControls controls;

  /// The prompt, with `<image>`; empty for the model's own prompt.
  std::string prompt;

  /// Several prompts by name, instead of `prompt`.
  std::map<std::string, std::string> prompts;

  /// How the text of a reading is generated.
  generation::GenerationConfig generation;

  /// Several generation configs by name, instead of `generation`.
  std::map<std::string, generation::GenerationConfig> decodings;

  /// Whether to compute the log-likelihood of each reference with and without
  /// its page, and the model's confidence at each token. Not with questions.
  bool log_likelihood = false;

  /// "reference": reads each page with its own text as a draft, which is faster
  /// and changes no reading (see Note [Drafts]); times are then not those of a
  /// reader without the reference. Empty: no drafts.
  std::string draft;

  /// The text normalization before scoring, and the headline metric: "paper",
  /// "fox-official", "omnidocbench", "cer", "wer", "nfkc-ws", "raw" or "all";
  /// see docs/precision.md.
  std::string profile = "nfkc-ws";

  /// Pages that are encoded and decoded together, 1 to 100000.
  int64_t batch_pages = 25;

  /// How many pages of each cell, from the first, keep their images for the
  /// report.
  int64_t pictures_per_cell = 2;

  /// Seeds the choice of text and the random draws of conditions.
  /// `generation.seed` seeds sampling.
  uint64_t seed = 0;

  /// Several seeds, instead of `seed`.
  std::vector<uint64_t> seeds;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepConfig& sweep) {
  visit("title", sweep.title);
  visit("model", sweep.model);
  visit("models", sweep.models);
  visit("dtypes", sweep.dtypes);
  visit("windows", sweep.windows);
  visit("reader", sweep.reader);
  visit("readers", sweep.readers);
  visit("texts", sweep.texts);
  visit("sources", sweep.sources);
  visit("held_out_fraction", sweep.held_out_fraction);
  visit("modes", sweep.modes);
  visit("own_modes", sweep.own_modes);
  visit("characters_per_token", sweep.characters_per_token);
  visit("text_token_bins", sweep.text_token_bins);
  visit("styles", sweep.styles);
  visit("parts", sweep.parts);
  visit("conditions", sweep.conditions);
  visit("pages_per_cell", sweep.pages_per_cell);
  visit("controls", sweep.controls);
  visit("prompt", sweep.prompt);
  visit("prompts", sweep.prompts);
  visit("generation", sweep.generation);
  visit("decodings", sweep.decodings);
  visit("log_likelihood", sweep.log_likelihood);
  visit("draft", sweep.draft);
  visit("profile", sweep.profile);
  visit("batch_pages", sweep.batch_pages);
  visit("pictures_per_cell", sweep.pictures_per_cell);
  visit("seed", sweep.seed);
  visit("seeds", sweep.seeds);
}

/// Throws `InputError`, naming the field, for invalid values. `load_sweep` also
/// checks the names of conditions and the prompts.
void validate(const SweepConfig& sweep, const std::string& where);

} // namespace microfiche::sweep
