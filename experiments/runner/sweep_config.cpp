#include "experiments/runner/sweep_config.h"

#include <cmath>
#include <set>

#include "experiments/runner/table.h"
#include "metrics/score.h"

namespace microfiche::experiments {
namespace {

/// Throws when a list of names has one twice, which would be two cells of one
/// name.
void check_distinct(
    const std::vector<std::string>& names,
    const std::string& where) {
  std::set<std::string> seen;
  for (const auto& name : names) {
    check(seen.insert(name).second, where, ": \"", name, "\" stands twice");
  }
}

void check_lengths(
    const std::vector<double>& lengths,
    const std::string& where) {
  std::vector<std::string> names;
  for (const double length : lengths) {
    check(
        length > 0 && std::isfinite(length),
        where,
        ": characters per vision token must be positive, got ",
        length);
    names.push_back(exact(length));
  }
  check_distinct(names, where);
}

} // namespace

void validate(const SweepStyle& style, const std::string& where) {
  check(!style.name.empty(), where, ".name must not be empty");
  check(
      style.name.find_first_of("/\\") == std::string::npos,
      where,
      ".name must not have slashes, got ",
      style.name);
  check(!style.fonts.empty(), where, ".fonts must name at least one font");
  check(
      style.margin >= 0 && style.margin < 0.5,
      where,
      ".margin must be in [0, 0.5), a fraction of the page's side, got ",
      style.margin);
  check(
      style.line_height >= 0.5 && style.line_height <= 10,
      where,
      ".line_height must be in [0.5, 10], got ",
      style.line_height);
  check(
      0 < style.min_font_size_px &&
          style.min_font_size_px <= style.max_font_size_px,
      where,
      ".min_font_size_px must be positive and at most max_font_size_px, got ",
      style.min_font_size_px,
      " and ",
      style.max_font_size_px);
  rendering::parse_colour(style.text_colour, where + ".text_colour");
  rendering::parse_colour(
      style.background_colour, where + ".background_colour");
}

void validate(const SweepConfig& sweep, const std::string& where) {
  check(!sweep.texts.empty(), where, ": texts must name at least one file");
  check(
      sweep.held_out_fraction > 0 && sweep.held_out_fraction <= 1,
      where,
      ": held_out_fraction must be in (0, 1], got ",
      sweep.held_out_fraction);
  check(
      !sweep.characters_per_token.empty() || !sweep.text_token_bins.empty(),
      where,
      ": no text length; give characters_per_token, such as [5, 10, 24], or "
      "text_token_bins, such as [[600, 700]]");
  check_lengths(sweep.characters_per_token, where + ": characters_per_token");
  check_lengths(
      sweep.controls.random_letters, where + ": controls.random_letters");
  check_lengths(
      sweep.controls.shuffled_words, where + ": controls.shuffled_words");
  std::vector<std::string> bins;
  for (const auto& [lower, upper] : sweep.text_token_bins) {
    check(
        0 < lower && lower < upper,
        where,
        ": text_token_bins must be ranges [lower, upper) with 0 < lower < "
        "upper, got [",
        lower,
        ", ",
        upper,
        ")");
    bins.push_back(concat(lower, "-", upper));
  }
  check_distinct(bins, where + ": text_token_bins");
  check_distinct(sweep.modes, where + ": modes");
  std::vector<std::string> styles;
  for (const auto& style : sweep.styles) {
    styles.push_back(style.name);
  }
  check(!styles.empty(), where, ": styles must have at least one style");
  check_distinct(styles, where + ": styles");
  for (const auto& [name, value] :
       {std::pair("pages_per_cell", sweep.pages_per_cell),
        std::pair("batch_pages", sweep.batch_pages)}) {
    check(
        value >= 1 && value <= 100000,
        where,
        ": ",
        name,
        " must be in [1, 100000], got ",
        value);
  }
  check(
      sweep.pictures_per_cell >= 0,
      where,
      ": pictures_per_cell must not be negative, got ",
      sweep.pictures_per_cell);
  try {
    metrics::find_profile(sweep.profile);
  } catch (const UsageError& error) {
    throw InputError(concat(where, ": profile: ", error.what()));
  }
}

std::vector<Cell> cells_of(const SweepConfig& sweep) {
  std::vector<Cell> corpus;
  std::vector<Cell> controls;
  for (const auto& mode : sweep.modes) {
    for (const auto& style : sweep.styles) {
      const auto add = [&](TextKind text,
                           const std::vector<double>& lengths,
                           std::vector<Cell>& cells) {
        for (const double length : lengths) {
          cells.push_back({mode, text, style.name, length, std::nullopt});
        }
      };
      add(TextKind::kCorpus, sweep.characters_per_token, corpus);
      for (const auto& bin : sweep.text_token_bins) {
        corpus.push_back(
            {mode, TextKind::kCorpus, style.name, std::nullopt, bin});
      }
      add(TextKind::kRandomLetters, sweep.controls.random_letters, controls);
      add(TextKind::kShuffledWords, sweep.controls.shuffled_words, controls);
    }
  }
  corpus.insert(corpus.end(), controls.begin(), controls.end());
  return corpus;
}

std::string name_of(const Cell& cell) {
  const auto length = cell.characters_per_token
      ? exact(*cell.characters_per_token)
      : concat(cell.text_tokens->first, "-", cell.text_tokens->second);
  return concat(
      cell.mode,
      "/",
      Json(cell.text).get<std::string>(),
      "/",
      cell.style,
      "/",
      length);
}

} // namespace microfiche::experiments
