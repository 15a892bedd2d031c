#include "sweep/run/page_source.h"

#include <algorithm>
#include <cmath>

#include "conditions/page/page_condition.h"
#include "core/error.h"
#include "core/random.h"
#include "core/utf8.h"
#include "page/vision_token_order.h"
#include "sweep/run/page_questions.h"

namespace microfiche::sweep {
namespace {

/// More characters than text tokens usually have on average: the first draft of
/// a page, which is then shortened.
constexpr int64_t kDraftCharactersPerTextToken = 8;

/// Every N-th question is about something that is not on the page.
constexpr int64_t kQuestionsPerNotStated = 8;

/// A passage may begin this many words later so that its length fits a bin.
constexpr int64_t kMostSkippedWords = 20;

/// Refuses axes that need text which is not on a page yet.
void check_collection_axes(const SweepConfig& sweep, const std::string& texts) {
  const auto refuse = [&](bool given, const char* field, const char* instead) {
    check(
        !given,
        field,
        ": the pages of ",
        texts,
        " already have their text; ",
        instead);
  };
  refuse(
      !sweep.characters_per_token.empty(),
      "characters_per_token",
      "give text_token_bins");
  refuse(
      sweep.conditions.text !=
              std::vector<std::string>{conditions::kNaturalText} ||
          !sweep.controls.random_letters.empty() ||
          !sweep.controls.shuffled_words.empty(),
      "conditions.text and controls",
      "leave conditions of the text out");
  refuse(sweep.styles.size() > 1, "styles", "give one");
}

} // namespace

PageSource::PageSource(
    const SweepConfig& sweep,
    std::function<int64_t(std::string_view)> counter)
    : sweep_(sweep), counter_(std::move(counter)), maker_(counter_) {
  if (sweep_.sources.empty()) {
    sources_.emplace("", read_source(sweep_.texts));
  }
  for (const auto& [name, texts] : sweep_.sources) {
    sources_.emplace(name, read_source(texts));
  }
}

PageSource::Source PageSource::read_source(
    const std::vector<std::string>& texts) const {
  Source source;
  const auto folder = sources::find_collection(texts.front());
  if (!folder) {
    source.text.emplace(texts, sweep_.held_out_fraction);
    return source;
  }
  check(
      texts.size() == 1,
      "texts: ",
      texts.front(),
      " is a collection of pages; it must be the only text");
  check_collection_axes(sweep_, texts.front());
  source.pages = folder->collection->read(folder->folder);
  for (const auto& page : source.pages) {
    source.text_tokens.push_back(counter_(page.reference));
  }
  return source;
}

const PageSource::Source& PageSource::source_of(const Cell& cell) const {
  return sources_.at(cell.source.value_or(""));
}

uint64_t PageSource::seed_of(const Cell& cell) const {
  return cell.seed.value_or(sweep_.seed);
}

const SweepStyle& PageSource::style(const std::string& name) const {
  return *std::find_if(
      sweep_.styles.begin(), sweep_.styles.end(), [&](const auto& style) {
        return style.name == name;
      });
}

std::vector<size_t> PageSource::pages_of(const Cell& cell) const {
  const auto& source = source_of(cell);
  std::vector<size_t> pages;
  for (size_t i = 0; i < source.pages.size(); ++i) {
    if (source.text_tokens[i] >= cell.text_tokens->first &&
        source.text_tokens[i] < cell.text_tokens->second &&
        static_cast<int64_t>(pages.size()) < sweep_.pages_per_cell) {
      pages.push_back(i);
    }
  }
  return pages;
}

int64_t PageSource::num_pages(const Cell& cell) const {
  return source_of(cell).text ? sweep_.pages_per_cell
                              : static_cast<int64_t>(pages_of(cell).size());
}

conditions::PageText PageSource::treated_text(
    const Cell& cell,
    int64_t index,
    int64_t characters,
    int64_t skipped_words) const {
  const auto& source = *source_of(cell).text;
  const sources::PassagePosition position{
      seed_of(cell), index, sweep_.pages_per_cell, skipped_words};
  conditions::PageText page{source.passage(position, characters), {}};
  const auto conditions =
      conditions::find_text_conditions(cell.text_condition, name_of(cell));
  if (conditions.empty()) {
    return page;
  }
  RandomStream random(seed_of(cell), "sweep words", index);
  for (const auto& condition : conditions) {
    condition.entry->apply(
        page, {characters, source.text()}, condition.strength, random);
  }
  if (page.pairs.empty()) {
    page.text = sources::shorten_to_characters(page.text, characters);
  }
  return page;
}

conditions::PageText
PageSource::text(const Cell& cell, int64_t index, int64_t vision_tokens) const {
  const auto below = [&](int64_t limit, int64_t skipped_words = 0) {
    int64_t characters = limit * kDraftCharactersPerTextToken;
    auto page = treated_text(cell, index, characters, skipped_words);
    while (counter_(page.text) < limit) {
      characters *= 2;
      page = treated_text(cell, index, characters, skipped_words);
    }
    page.text = sources::shorten_to_tokens(page.text, limit, counter_);
    return page;
  };
  if (cell.characters_per_token) {
    const auto characters = std::max<int64_t>(
        std::llround(
            *cell.characters_per_token * static_cast<double>(vision_tokens)),
        1);
    if (cell.text_condition == conditions::kNaturalText ||
        sweep_.conditions.match_length == MatchLength::kCharacters) {
      return treated_text(cell, index, characters);
    }
    return below(
        counter_(
            treated_text(without_conditions(cell), index, characters).text) +
        1);
  }
  check(
      !conditions::asks_questions(cell.text_condition),
      name_of(cell),
      ": pages with questions need characters_per_token, not text_token_bins");
  const auto [lower, upper] = *cell.text_tokens;
  RandomStream random(seed_of(cell), "sweep length", index);
  auto page = below(random.between(lower + 1, upper));
  // The drawn length may fall inside a long word, or a word may be longer than
  // the bin is wide.
  for (int64_t skipped = 0;
       counter_(page.text) < lower && skipped < kMostSkippedWords;
       ++skipped) {
    page = below(upper, skipped);
  }
  check(
      counter_(page.text) >= lower,
      name_of(cell),
      ", page ",
      index,
      ": no whole number of words has a text length in the bin [",
      lower,
      ", ",
      upper,
      "); use a wider bin");
  return page;
}

SweepPage PageSource::collected_page(const Cell& cell, int64_t index) const {
  const auto& source = source_of(cell);
  const size_t number = pages_of(cell)[index];
  const auto& collected = source.pages[number];
  SweepPage page = *maker_.load(collected.image);
  page.reference = collected.reference;
  page.image_name = collected.name;
  page.text_tokens = source.text_tokens[number];
  page.characters =
      static_cast<int64_t>(decode_utf8(page.reference).text.size());
  return page;
}

SweepPage PageSource::untreated_page(
    const Cell& cell,
    int64_t index,
    const page::ResolutionMode& mode,
    int64_t pixels_per_token) const {
  if (!source_of(cell).text) {
    return collected_page(cell, index);
  }
  const auto& look = style(cell.style);
  const auto fonts = fonts_of(look);
  const auto content =
      text(cell, index, page::count_nominal_tokens(mode, pixels_per_token));
  auto page = *maker_.draw(
      look, fonts[index % fonts.size()], mode, content, pixels_per_token);
  if (!content.pairs.empty() || content.asks_lines) {
    RandomStream random(seed_of(cell), "sweep question", index);
    // Each font has its share of the questions about what is not stated.
    const int64_t round = index / std::ssize(fonts);
    ask(page,
        content,
        look.grid && !content.pairs.empty(),
        /*stated=*/round % kQuestionsPerNotStated != kQuestionsPerNotStated - 1,
        random);
  }
  return page;
}

SweepPage PageSource::make(
    const Cell& cell,
    int64_t index,
    const page::ResolutionMode& mode,
    int64_t pixels_per_token) const {
  auto page = untreated_page(cell, index, mode, pixels_per_token);
  if (!cell.page_condition) {
    return page;
  }
  conditions::PageContext context;
  context.background = background_of(style(cell.style));
  context.other_page = [&] {
    return untreated_page(
               cell, (index + 1) % num_pages(cell), mode, pixels_per_token)
        .image;
  };
  RandomStream random(seed_of(cell), "page condition", index);
  for (const auto& condition : conditions::find_conditions(
           conditions::page_conditions(),
           *cell.page_condition,
           name_of(cell))) {
    page.image = condition.entry->apply(
        std::move(page.image), context, condition.strength, random);
  }
  return page;
}

page::PageImage PageSource::blank(
    const std::string& style_name,
    const page::ResolutionMode& mode) const {
  const auto& look = style(style_name);
  if (look.layout) {
    const auto layout = rendering::in_pixels(*look.layout);
    return page::make_page(
        layout.page_width_px, layout.page_height_px, background_of(look));
  }
  return page::make_page(
      mode.base_size_px, mode.base_size_px, background_of(look));
}

} // namespace microfiche::sweep
