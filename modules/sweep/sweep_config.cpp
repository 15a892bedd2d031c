#include "sweep/sweep_config.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/table.h"
#include "metrics/score.h"

namespace microfiche::sweep {
namespace {

/// Throws for a duplicate in a list of names: two cells would have one name.
void check_distinct(
    const std::vector<std::string>& names,
    const std::string& where) {
  std::set<std::string> seen;
  for (const auto& name : names) {
    check(seen.insert(name).second, where, ": \"", name, "\" is given twice");
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

void check_one_of(
    bool one_is_given,
    bool several_are_given,
    const std::string& one,
    const std::string& several,
    const std::string& where) {
  check(
      !one_is_given || !several_are_given,
      where,
      ": both ",
      one,
      " and ",
      several,
      " are given; leave one of them out");
}

void check_readers(const SweepConfig& sweep, const std::string& where) {
  const std::vector<std::string> known = {"model", "text", "tesseract"};
  check_one_of(
      sweep.reader != SweepConfig().reader,
      !sweep.readers.empty(),
      "reader",
      "readers",
      where);
  auto readers = sweep.readers;
  readers.push_back(sweep.reader);
  for (const auto& reader : readers) {
    check(
        std::find(known.begin(), known.end(), reader) != known.end(),
        where,
        ": unknown reader \"",
        reader,
        "\"",
        did_you_mean(reader, known),
        "; there are model, text and tesseract");
  }
  check(
      sweep.draft.empty() || sweep.draft == "reference",
      where,
      ": draft: expected \"reference\" or nothing, got \"",
      sweep.draft,
      "\"");
  check(
      sweep.draft.empty() ||
          (sweep.readers.empty()
               ? sweep.reader != "tesseract"
               : std::ranges::any_of(
                     sweep.readers,
                     [](const auto& reader) { return reader != "tesseract"; })),
      where,
      ": draft has no effect on reader \"tesseract\"; leave it out");
}

template <typename T>
void check_names(
    const std::map<std::string, T>& axis,
    const std::string& where) {
  check(!axis.contains(""), where, ": a name must not be empty");
}

template <typename T>
std::vector<std::string> texts_of(const std::vector<T>& numbers) {
  std::vector<std::string> texts;
  for (const T number : numbers) {
    texts.push_back(std::to_string(number));
  }
  return texts;
}

} // namespace

void validate(const SweepConditions& conditions, const std::string& where) {
  for (const auto& [name, list] :
       {std::pair(".text", &conditions.text),
        std::pair(".page", &conditions.page),
        std::pair(".tokens", &conditions.tokens)}) {
    check(
        !list->empty(),
        where,
        name,
        " must have at least one; the untouched page is \"",
        list == &conditions.text ? conditions::kNaturalText
                                 : conditions::kNoCondition,
        "\"");
    check_distinct(*list, where + name);
  }
}

namespace {

void check_sources(const SweepConfig& sweep, const std::string& where) {
  check(!sweep.texts.empty(), where, ": texts must name at least one file");
  for (const auto& [name, texts] : sweep.sources) {
    check(!texts.empty(), where, ": sources.", name, " must name a file");
  }
  check_names(sweep.sources, where + ": sources");
  check(
      sweep.held_out_fraction > 0 && sweep.held_out_fraction <= 1,
      where,
      ": held_out_fraction must be in (0, 1], got ",
      sweep.held_out_fraction);
}

/// What reads a page, and how.
void check_reading(const SweepConfig& sweep, const std::string& where) {
  check_one_of(
      !sweep.model.empty(), !sweep.models.empty(), "model", "models", where);
  check_one_of(
      !sweep.prompt.empty(),
      !sweep.prompts.empty(),
      "prompt",
      "prompts",
      where);
  check_distinct(sweep.models, where + ": models");
  check_distinct(sweep.dtypes, where + ": dtypes");
  check_distinct(sweep.readers, where + ": readers");
  check_readers(sweep, where);
  check_names(sweep.prompts, where + ": prompts");
  check_names(sweep.decodings, where + ": decodings");
  check_distinct(texts_of(sweep.windows), where + ": windows");
  for (const int64_t window : sweep.windows) {
    check(
        window >= 0,
        where,
        ": windows: expected a number of positions, or 0 for the model's own "
        "attention, got ",
        window);
  }
}

void check_text_lengths(const SweepConfig& sweep, const std::string& where) {
  const bool parts_have_lengths =
      std::all_of(sweep.parts.begin(), sweep.parts.end(), [](const auto& part) {
        return part.second.characters_per_token.has_value();
      });
  check(
      !sweep.characters_per_token.empty() || !sweep.text_token_bins.empty() ||
          (!sweep.parts.empty() && parts_have_lengths),
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
}

void check_page_fields(const SweepConfig& sweep, const std::string& where) {
  for (const auto& mode : sweep.own_modes) {
    page::validate(mode, where + ": own_modes");
  }
  check_distinct(sweep.modes, where + ": modes");
  check_distinct(texts_of(sweep.seeds), where + ": seeds");
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
}

void check_parts(const SweepConfig& sweep, const std::string& where) {
  for (const auto& [name, part] : sweep.parts) {
    const auto at = concat(where, ": parts.", name);
    validate(config_of(sweep, part, at).conditions, at);
    check_lengths(
        part.characters_per_token.value_or(std::vector<double>()),
        at + ".characters_per_token");
  }
  check(
      sweep.parts.empty() || !sweep.modes.empty(),
      where,
      ": parts select from modes, so modes must be given");
}

} // namespace

void validate(const SweepConfig& sweep, const std::string& where) {
  check_sources(sweep, where);
  check_reading(sweep, where);
  check_page_fields(sweep, where);
  check_parts(sweep, where);
  check_text_lengths(sweep, where);
  auto named = sweep;
  if (named.modes.empty()) {
    named.modes = {"own"};
  }
  std::vector<std::string> cells;
  for (const auto& cell : cells_of(named)) {
    cells.push_back(name_of(cell));
  }
  check_distinct(cells, where + ": the cells");
  try {
    metrics::find_profile(sweep.profile);
  } catch (const UsageError& error) {
    throw InputError(concat(where, ": profile: ", error.what()));
  }
}

} // namespace microfiche::sweep
