#include "data/corpus.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "core/utf8.h"
#include "metrics/white_space.h"

#include <algorithm>
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
  const double place = static_cast<double>(std::stoull(digits, nullptr, 16)) /
      static_cast<double>(uint64_t{1} << (4 * kDigits));
  return place < held_out_fraction ? Split::kHeldOut : Split::kTraining;
}

std::string to_page_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  const auto append_space = [&] {
    if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  };
  for (const char32_t character : decode_utf8(text).text) {
    if (metrics::is_space(character)) {
      append_space();
    } else if (character > 0x20 && character < 0x7f) {
      result += static_cast<char>(character);
    } else {
      result += ascii_form(character);
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

Corpus::Corpus(std::vector<Document> documents) {
  const size_t num_given = documents.size();
  std::set<std::string> seen;
  int64_t end = 0;
  for (auto& document : documents) {
    document.text = to_page_text(document.text);
    if (document.text.empty() || !seen.insert(sha256(document.text)).second) {
      continue;
    }
    end += static_cast<int64_t>(document.text.size());
    ends_.push_back(end);
    documents_.push_back(std::move(document));
  }
  check(
      !documents_.empty(),
      "corpus: none of its ",
      num_given,
      " documents has text for a page; give more documents, or hold out "
      "another fraction");
}

std::string Corpus::passage(RandomStream& random, int64_t characters) const {
  std::string passage;
  while (static_cast<int64_t>(passage.size()) < characters) {
    const int64_t place = random.below(num_characters());
    const size_t index =
        std::upper_bound(ends_.begin(), ends_.end(), place) - ends_.begin();
    const std::string& text = documents_[index].text;
    size_t begin = place - (ends_[index] - static_cast<int64_t>(text.size()));
    // Back to the beginning of the word.
    const size_t space = text.rfind(' ', begin);
    begin = space == std::string::npos ? 0 : space + 1;
    const size_t missing = characters - passage.size();
    const size_t end = std::min(text.find(' ', begin + missing), text.size());
    if (!passage.empty()) {
      passage += ' ';
    }
    passage.append(text, begin, end - begin);
  }
  return passage;
}

} // namespace microfiche::data
