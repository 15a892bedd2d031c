#include "data/corpus.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/plural.h"
#include "core/table.h"
#include "core/terminal.h"
#include "core/utf8.h"
#include "data/word_breaks.h"
#include "metrics/white_space.h"
#include "rendering/page_renderer.h"
#include "rendering/visible_text.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace microfiche::data {
namespace {

namespace fs = std::filesystem;

void check_utf8(std::string_view text, const std::string& where) {
  const int64_t invalid = decode_utf8(text).num_invalid;
  check(
      invalid == 0,
      where,
      ": expected UTF-8, got ",
      invalid,
      " malformed sequences; convert it first (iconv -t UTF-8)");
}

Document read_text_file(const fs::path& path) {
  Document document{path.filename().string(), read_file(path), path.string()};
  check_utf8(document.text, document.where);
  return document;
}

Document parse_line(std::string_view line, const std::string& where) {
  const Json json = parse_json(line, where);
  check(json.is_object(), where, ": expected an object with \"text\"");
  const auto text = json.find("text");
  check(
      text != json.end() && text->is_string(),
      where,
      ": expected a string in the field \"text\"");
  Document document{where, text->get<std::string>(), where};
  if (const auto id = json.find("id"); id != json.end()) {
    document.id = id->is_string() ? id->get<std::string>() : id->dump();
  }
  return document;
}

void read_lines(const fs::path& path, std::vector<Document>& documents) {
  for_each_line(path, [&](std::string_view line, const std::string& where) {
    documents.push_back(parse_line(line, where));
  });
}

bool is_document_file(const fs::path& path) {
  return path.extension() == ".txt" || path.extension() == ".jsonl";
}

void read_document_file(
    const fs::path& path,
    std::vector<Document>& documents) {
  if (path.extension() == ".jsonl") {
    read_lines(path, documents);
  } else {
    documents.push_back(read_text_file(path));
  }
}

/// The ASCII form of a character that is not ASCII; empty when it has none.
std::string_view ascii_form(char32_t character) {
  switch (character) {
    case U'\u2018':
    case U'\u2019':
    case U'\u201b':
    case U'\u2032':
      return "'";
    case U'\u201c':
    case U'\u201d':
    case U'\u201e':
    case U'\u2033':
      return "\"";
    case U'\u2010':
    case U'\u2011':
    case U'\u2012':
    case U'\u2013':
    case U'\u2212':
      return "-";
    case U'\u2014':
    case U'\u2015':
      return "--";
    case U'\u2026':
      return "...";
    default:
      return "";
  }
}

/// Whether a character leaves ink on a page: no control character and not
/// invisible.
bool has_ink(char32_t character) {
  const bool control =
      character <= 0x20 || (character >= 0x7f && character < 0xa0);
  return !control && !rendering::is_invisible(character);
}

/// The name of a character, and the first font that cannot draw it.
struct Undrawable {
  std::string name;
  std::string font;
};

/// The characters of the documents that one of the fonts cannot draw.
std::map<char32_t, Undrawable> find_undrawable(
    const std::vector<Document>& documents,
    const std::vector<std::string>& fonts) {
  std::set<char32_t> characters;
  for (const auto& document : documents) {
    to_page_text(document.text, [&](char32_t character) {
      return characters.insert(character).second;
    });
  }
  std::string distinct;
  for (const char32_t character : characters) {
    distinct += encode_utf8({&character, 1}) + " ";
  }
  std::map<char32_t, Undrawable> found;
  if (distinct.empty()) {
    return found;
  }
  for (const auto& font : fonts) {
    rendering::PageStyle style;
    style.font = font;
    const rendering::PageRenderer renderer(style);
    for (const auto& [begin, end, name] : renderer.find_undrawable(
             distinct, static_cast<int64_t>(characters.size()))) {
      const auto bytes = std::string_view(distinct).substr(begin, end - begin);
      for (const char32_t character : decode_utf8(bytes).text) {
        found.emplace(character, Undrawable{name, font});
      }
    }
  }
  return found;
}

/// Warns about dropped characters; throws if they are too many.
void report_dropped(
    const std::map<char32_t, Undrawable>& undrawable,
    const std::map<char32_t, int64_t>& dropped,
    int64_t num_dropped,
    int64_t num_characters,
    const std::string& where) {
  if (num_dropped == 0) {
    return;
  }
  constexpr size_t kMaxListed = 5;
  std::vector<std::pair<int64_t, char32_t>> by_count;
  for (const auto& [character, count] : dropped) {
    by_count.emplace_back(count, character);
  }
  std::sort(by_count.rbegin(), by_count.rend());
  std::string list;
  for (size_t i = 0; i < std::min(by_count.size(), kMaxListed); ++i) {
    const auto& [name, font] = undrawable.at(by_count[i].second);
    list += concat(
        i == 0 ? "" : ", ",
        name,
        " (",
        count_of(by_count[i].first, "time"),
        ", ",
        font,
        ")");
  }
  if (by_count.size() > kMaxListed) {
    list += concat(" and ", by_count.size() - kMaxListed, " others");
  }
  const double share =
      static_cast<double>(num_dropped) / static_cast<double>(num_characters);
  const auto message = concat(
      where,
      ": the fonts cannot draw ",
      num_dropped,
      " of ",
      num_characters,
      " characters (",
      fixed(100 * share, 2),
      " %): ",
      list);
  check(
      share <= kMaxDroppedShare,
      message,
      "; at most ",
      fixed(100 * kMaxDroppedShare, 0),
      " % may be dropped. Choose fonts that have these characters, or remove "
      "the characters from the text");
  warn(message + "; they are dropped");
}

} // namespace

std::vector<Document> read_documents(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  check(fs::exists(status), path.string(), ": no such file or folder");
  std::vector<Document> documents;
  if (fs::is_directory(status)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && is_document_file(entry.path())) {
        files.push_back(entry.path());
      }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      read_document_file(file, documents);
    }
  } else {
    check(
        is_document_file(path),
        path.string(),
        ": expected a .txt or .jsonl file or a folder of them");
    read_document_file(path, documents);
  }
  check(!documents.empty(), path.string(), ": no document in it");
  return documents;
}

Split split_of(const Document& document, double held_out_fraction) {
  // The first 13 digits are 52 bits, which a double holds exactly.
  constexpr int kDigits = 13;
  const std::string digits = sha256(document.text).substr(0, kDigits);
  const double position =
      static_cast<double>(std::stoull(digits, nullptr, 16)) /
      static_cast<double>(uint64_t{1} << (4 * kDigits));
  return position < held_out_fraction ? Split::kHeldOut : Split::kTraining;
}

std::string to_page_text(
    std::string_view text,
    const std::function<bool(char32_t)>& keep) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t character : decode_utf8(text).text) {
    if (metrics::is_space(character)) {
      if (!result.empty() && result.back() != ' ') {
        result += ' ';
      }
    } else if (const auto ascii = ascii_form(character); !ascii.empty()) {
      result += ascii;
    } else if (
        character < 0x7f ? character > 0x20
                         : has_ink(character) && keep(character)) {
      result += encode_utf8({&character, 1});
    }
  }
  if (!result.empty() && result.back() == ' ') {
    result.pop_back();
  }
  return result;
}

std::vector<Document> read_documents(const std::vector<fs::path>& paths) {
  std::vector<Document> documents;
  for (const auto& path : paths) {
    for (auto& document : read_documents(path)) {
      documents.push_back(std::move(document));
    }
  }
  return documents;
}

std::vector<Document> select_split(
    std::vector<Document> documents,
    double held_out_fraction,
    Split split) {
  std::erase_if(documents, [&](const Document& document) {
    return split_of(document, held_out_fraction) != split;
  });
  return documents;
}

Corpus::Corpus(
    std::vector<Document> documents,
    const std::vector<std::string>& fonts,
    const std::string& name) {
  const size_t num_documents = documents.size();
  const auto undrawable = find_undrawable(documents, fonts);
  std::map<char32_t, int64_t> dropped;
  std::set<std::string> seen;
  int64_t num_kept = 0;
  int64_t end = 0;
  for (auto& document : documents) {
    document.text = to_page_text(document.text, [&](char32_t character) {
      const bool drop = undrawable.contains(character);
      if (drop) {
        ++dropped[character];
        ++num_dropped_;
      }
      return !drop;
    });
    const auto num_in_document = count_code_points(document.text);
    num_kept += num_in_document;
    if (document.text.empty() || !seen.insert(sha256(document.text)).second) {
      continue;
    }
    end += static_cast<int64_t>(document.text.size());
    ends_.push_back(end);
    num_characters_ += num_in_document;
    documents_.push_back(std::move(document));
  }
  report_dropped(
      undrawable, dropped, num_dropped_, num_kept + num_dropped_, name);
  check(
      !documents_.empty(),
      name,
      ": none of its ",
      count_of(static_cast<int64_t>(num_documents), "document"),
      " has text for a page; give more documents, or change the held-out "
      "fraction");
}

std::string Corpus::passage(RandomStream& random, int64_t characters) const {
  std::string passage;
  int64_t missing = characters;
  while (missing > 0) {
    const int64_t position = random.below(ends_.back());
    const size_t index =
        std::upper_bound(ends_.begin(), ends_.end(), position) - ends_.begin();
    const std::string& text = documents_[index].text;
    size_t begin =
        position - (ends_[index] - static_cast<int64_t>(text.size()));
    // Back to the beginning of the word.
    while (begin > 0 && !ends_word(text, begin)) {
      --begin;
    }
    begin += text[begin] == ' ';
    size_t end = begin;
    for (; end < text.size() && (missing > 0 || !ends_word(text, end)); ++end) {
      missing -= !continues_code_point(text[end]);
    }
    if (!passage.empty()) {
      passage += ' ';
      --missing;
    }
    passage.append(text, begin, end - begin);
  }
  return passage;
}

} // namespace microfiche::data
