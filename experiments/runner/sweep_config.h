#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.h"
#include "data/text_kind.h"
#include "generation/generation_config.h"
#include "rendering/page_style.h"
#include "rendering/type_size.h"

namespace microfiche::experiments {

using data::TextKind;

/// How the pages of a cell look. Lengths are fractions of the page's side,
/// since a style serves modes of every size.
struct SweepStyle {
  std::string name = "plain";

  /// Font files or families; the pages of a cell take them in turn.
  std::vector<std::string> fonts = {"DejaVu Sans"};

  double margin = 0.02;

  /// Distance of two baselines over the font size.
  double line_height = 1.2;

  /// Sizes in which type comes, from large to small: a page has the first in
  /// which its text fits. Where there are none, type comes in any size within
  /// the bounds that follow, at `line_height`.
  std::vector<rendering::TypeSize> sizes;

  /// Bounds of the font size; within them the largest at which the page's text
  /// fits.
  double min_font_size_px = 4;
  double max_font_size_px = 48;

  rendering::Alignment alignment = rendering::Alignment::kLeft;

  /// "#rrggbb".
  std::string text_colour = "#000000";
  std::string background_colour = "#ffffff";
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepStyle& style) {
  visit("name", style.name);
  visit("fonts", style.fonts);
  visit("margin", style.margin);
  visit("line_height", style.line_height);
  visit("sizes", style.sizes);
  visit("min_font_size_px", style.min_font_size_px);
  visit("max_font_size_px", style.max_font_size_px);
  visit("alignment", style.alignment);
  visit("text_colour", style.text_colour);
  visit("background_colour", style.background_colour);
}

/// Throws `InputError`, naming the field, for values that make no sense.
void validate(const SweepStyle& style, const std::string& where);

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

/// A sweep over resolution mode, text length and page style.
struct SweepConfig {
  /// One line on what the sweep asks; the title of its report.
  std::string title = "Precision over compression ratio";

  /// Model folder; empty for the nano model that ships with the repository.
  std::string model;

  /// Files or folders of text that the model has never seen, `.txt` or `.jsonl`
  /// (see `data::read_documents`).
  std::vector<std::string> texts = {"data/text/held_out"};

  /// Share of documents that was held out by hash when the model was trained on
  /// these same files; 1 takes the files whole.
  double held_out_fraction = 1;

  /// Resolution modes, by name; the model's default mode when empty.
  std::vector<std::string> modes;

  /// Lengths of the text, as characters per nominal vision token.
  std::vector<double> characters_per_token;

  /// Lengths of the text, as bins of text tokens, each [first, second). Beside
  /// or instead of the field above.
  std::vector<std::pair<int64_t, int64_t>> text_token_bins;

  std::vector<SweepStyle> styles = {{}};

  /// Pages per cell, a cell being one mode, length, style and kind of text.
  int64_t pages_per_cell = 50;

  SweepControls controls;

  /// What the model is asked; its own prompt when empty.
  std::string prompt;

  generation::GenerationConfig generation;

  /// Whether the log-likelihood of each reference is computed, too.
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
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepConfig& sweep) {
  visit("title", sweep.title);
  visit("model", sweep.model);
  visit("texts", sweep.texts);
  visit("held_out_fraction", sweep.held_out_fraction);
  visit("modes", sweep.modes);
  visit("characters_per_token", sweep.characters_per_token);
  visit("text_token_bins", sweep.text_token_bins);
  visit("styles", sweep.styles);
  visit("pages_per_cell", sweep.pages_per_cell);
  visit("controls", sweep.controls);
  visit("prompt", sweep.prompt);
  visit("generation", sweep.generation);
  visit("log_likelihood", sweep.log_likelihood);
  visit("profile", sweep.profile);
  visit("batch_pages", sweep.batch_pages);
  visit("pictures_per_cell", sweep.pictures_per_cell);
  visit("seed", sweep.seed);
}

/// Throws `InputError`, naming the field, for values that make no sense.
void validate(const SweepConfig& sweep, const std::string& where);

/// The coordinates of a cell in the grid of a sweep.
struct Cell {
  std::string mode;
  TextKind text = TextKind::kCorpus;
  std::string style;

  /// The length of the text: one of the two.
  std::optional<double> characters_per_token;
  std::optional<std::pair<int64_t, int64_t>> text_tokens;

  bool operator==(const Cell&) const = default;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Cell& cell) {
  visit("mode", cell.mode);
  visit("text", cell.text);
  visit("style", cell.style);
  visit("characters_per_token", cell.characters_per_token);
  visit("text_tokens", cell.text_tokens);
}

/// The cells in the order in which they run: text of the files first, by mode,
/// style and length, then the controls.
std::vector<Cell> cells_of(const SweepConfig& sweep);

/// A name that no other cell of the sweep has, such as
/// "tiny/corpus/plain/10" or "tiny/corpus/plain/600-700".
std::string name_of(const Cell& cell);

} // namespace microfiche::experiments
