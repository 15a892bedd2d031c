#include "sweep/run/page_checks.h"

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/error.h"
#include "core/utf8.h"
#include "data/corpus.h"
#include "sweep/run/page_maker.h"

namespace microfiche::sweep {
namespace {

/// Pages from this length on are not equal by chance.
constexpr int64_t kMinCopiedCharacters = 20;

using Characters = std::set<char32_t>;

void check_copies(const Cell& cell, const std::vector<std::string>& texts) {
  std::set<std::string> distinct;
  int64_t num_long_copies = 0;
  for (const auto& text : texts) {
    num_long_copies += !distinct.insert(text).second &&
        count_code_points(text) >= kMinCopiedCharacters;
  }
  check(
      num_long_copies == 0 && 2 * distinct.size() > texts.size(),
      name_of(cell),
      ": too little text: of ",
      texts.size(),
      " pages only ",
      distinct.size(),
      " differ; give more text, or a smaller pages_per_cell");
}

/// The characters of each page of a cell.
std::vector<Characters> characters_of(
    const PageSource& source,
    const Cell& cell,
    int64_t vision_tokens) {
  std::vector<std::string> texts;
  std::vector<Characters> characters;
  for (int64_t page = 0; page < source.num_pages(cell); ++page) {
    texts.push_back(source.text(cell, page, vision_tokens).text);
    const auto decoded = decode_utf8(texts.back()).text;
    characters.emplace_back(decoded.begin(), decoded.end());
  }
  check_copies(cell, texts);
  return characters;
}

/// Where a character first stands in the files of a cell: "a.txt: byte 7".
std::string position_of(
    const std::string& character,
    const std::vector<std::string>& paths,
    const Cell& cell) {
  for (const auto& path : paths) {
    for (const auto& document : data::read_documents(path)) {
      const size_t byte = document.text.find(character);
      if (byte != std::string::npos) {
        return concat(document.where, ": byte ", byte);
      }
    }
  }
  return name_of(cell);
}

void check_drawable(
    const PageSource& source,
    const Cell& cell,
    const SweepStyle& style,
    const std::string& font,
    const Characters& characters) {
  std::string text;
  for (const char32_t character : characters) {
    text += encode_utf8({&character, 1}) + " ";
  }
  const auto undrawable = find_undrawable(style, font, text);
  if (undrawable) {
    const auto begin = undrawable->byte_begin;
    throw InputError(concat(
        position_of(
            text.substr(begin, undrawable->byte_end - begin),
            source.texts(cell),
            cell),
        ": font \"",
        font,
        "\" of style \"",
        style.name,
        "\" cannot draw ",
        undrawable->name,
        "; choose a font that has it, or remove it from the text"));
  }
}

} // namespace

void check_pages(
    const PageSource& source,
    const std::vector<Cell>& cells,
    const std::function<int64_t(const Cell&)>& vision_tokens) {
  // Styles have the same texts, and cells the same fonts.
  std::map<std::string, std::vector<Characters>> by_text;
  std::map<std::string, Characters> drawable;
  for (const auto& cell : cells) {
    if (!source.has_text(cell)) {
      continue;
    }
    const int64_t tokens = vision_tokens(cell);
    auto coordinates = page_coordinates(cell);
    coordinates.style.clear();
    coordinates.mode.clear();
    auto& pages = by_text[concat(
        name_of(coordinates), "/", cell.text_tokens ? 0 : tokens)];
    if (pages.empty()) {
      pages = characters_of(source, cell, tokens);
    }
    const auto& style = source.style(cell.style);
    const auto fonts = fonts_of(style);
    for (size_t i = 0; i < fonts.size(); ++i) {
      auto& known = drawable[style.name + "\n" + fonts[i]];
      Characters unknown;
      for (size_t page = i; page < pages.size(); page += fonts.size()) {
        for (const char32_t character : pages[page]) {
          if (known.insert(character).second) {
            unknown.insert(character);
          }
        }
      }
      check_drawable(source, cell, style, fonts[i], unknown);
    }
  }
}

} // namespace microfiche::sweep
