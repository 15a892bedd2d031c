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
  /// Scores each page against the readings of other pages of its cell. Needs no
  /// extra reading.
  bool wrong_page = true;

  /// Reads an empty page and scores the result against every page.
  bool blank_page = true;

  /// Extra cells of random letters at these lengths, in characters per vision
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

/// The conditions of a sweep, see Note [Conditions]: three axes of the grid.
/// The first value of each is the baseline.
struct SweepConditions {
  /// Of `text_conditions()`.
  std::vector<std::string> text = {conditions::kNaturalText};

  /// Of `page_conditions()`.
  std::vector<std::string> page = {conditions::kNoCondition};

  /// Of `token_conditions()`.
  std::vector<std::string> tokens = {conditions::kNoCondition};

  Combine combine = Combine::kGrid;

  /// For lengths in characters per token. Bins of text tokens hold for every
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

/// Throws `InputError`, naming the field, for an empty or repeating list.
void validate(const SweepConditions& conditions, const std::string& where);

/// A grid of cells over everything that affects a page. An axis that is left
/// out has one value and does not appear in the names of cells.
struct SweepConfig {
  /// The sweep's question in one line; the title of its report.
  std::string title = "Precision over compression ratio";

  /// Model folder; empty for the nano model that ships with the repository.
  std::string model;

  /// Several model folders, instead of `model`.
  std::vector<std::string> models;

  /// Number types to compute in, by the names of `--dtype`. If the list is
  /// empty, the command decides.
  std::vector<std::string> dtypes;

  /// Windows of the decoder over its own output, as of `--window`: how many of
  /// the last output positions an output position sees, itself included. 0 is
  /// the model's own attention.
  std::vector<int64_t> windows;

  /// Who reads the pages: "model", "text", the same model with the text in
  /// place of the page (only for questions), or "tesseract", which shows what
  /// the pixels hold; see `make_tesseract_reader`.
  std::string reader = "model";

  /// Several readers, instead of `reader`.
  std::vector<std::string> readers;

  /// Files or folders of text that the model has never seen, `.txt` or `.jsonl`
  /// (see `data::read_documents`), or one folder of pages with their references
  /// as "collection:folder" (see `page_collections`).
  std::vector<std::string> texts = {"data/text/held_out"};

  /// Several sources of text by name, each a list as above, instead of `texts`.
  std::map<std::string, std::vector<std::string>> sources;

  /// Share of documents that was held out by hash when the model was trained on
  /// the same files; 1 uses all documents.
  double held_out_fraction = 1;

  /// Resolution modes, by name; the model's default mode when empty.
  std::vector<std::string> modes;

  /// Modes that the model's config does not have.
  std::vector<page::ResolutionMode> own_modes;

  /// Lengths of the text, as characters per nominal vision token.
  std::vector<double> characters_per_token;

  /// Lengths of the text, as bins of text tokens, each [first, second), with or
  /// instead of the field above.
  std::vector<std::pair<int64_t, int64_t>> text_token_bins;

  std::vector<SweepStyle> styles = {{}};

  /// Grids over some of the values above and below, by name; the cells of the
  /// sweep are those of all parts. If empty, the sweep is one grid.
  std::map<std::string, SweepPart> parts;

  SweepConditions conditions;

  /// Pages per cell; of a collection the first ones, at most this number.
  int64_t pages_per_cell = 50;

  SweepControls controls;

  /// With `<image>`; empty for the model's own prompt.
  std::string prompt;

  /// Several prompts by name, instead of `prompt`.
  std::map<std::string, std::string> prompts;

  generation::GenerationConfig generation;

  /// Several generation configs by name, instead of `generation`.
  std::map<std::string, generation::GenerationConfig> decodings;

  /// Whether to compute the log-likelihood of each reference with and without
  /// its page, and the model's confidence at each token.
  bool log_likelihood = false;

  /// "reference": reads each page with its own text as a draft, which is faster
  /// and changes no reading (see Note [Drafts]); times are then not those of a
  /// reader without the reference. Empty: no drafts.
  std::string draft;

  /// The text normalization before scoring, and the headline metric; see
  /// `metrics::all_profiles`.
  std::string profile = "nfkc-ws";

  /// Pages that are encoded and decoded together.
  int64_t batch_pages = 25;

  /// The images of the first pages of each cell are kept for the report.
  int64_t pictures_per_cell = 2;

  /// Seeds the choice of text and every other random draw of the run.
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

/// The cells in the order in which they run: models and dtypes outermost, then
/// text of the files by mode, style, condition and length, then the extra cells
/// of `controls`.
std::vector<Cell> cells_of(const SweepConfig& sweep);

} // namespace microfiche::sweep
