#include "document/grounding.h"

#include "core/error.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace microfiche::document {
namespace {

constexpr std::string_view kRef = "<|ref|>";
constexpr std::string_view kRefEnd = "<|/ref|>";
constexpr std::string_view kDet = "<|det|>";
constexpr std::string_view kDetEnd = "<|/det|>";
constexpr int64_t kLargestCoordinate = 999;

/// Parses `[[x1, y1, x2, y2], ...]`, or one box without the outer brackets.
/// Spaces and line breaks may separate the parts.
class BoxListParser {
 public:
  BoxListParser(std::string_view text, int64_t page_width, int64_t page_height)
      : text_(text), page_width_(page_width), page_height_(page_height) {}

  /// The boxes in pixels, or none when the text is not exactly such a list.
  std::optional<std::vector<Box>> parse() {
    std::vector<Box> boxes;
    if (!take('[')) {
      return std::nullopt;
    }
    do {
      const auto box = parse_box();
      if (!box) {
        return std::nullopt;
      }
      boxes.push_back(*box);
    } while (take(','));
    if (!take(']')) {
      return std::nullopt;
    }
    skip_space();
    return text_.empty() ? std::optional(std::move(boxes)) : std::nullopt;
  }

  /// The only box, or none when the text is not exactly `[x1, y1, x2, y2]`.
  std::optional<std::vector<Box>> parse_single() {
    const auto box = parse_box();
    skip_space();
    return box && text_.empty() ? std::optional(std::vector<Box>{*box})
                                : std::nullopt;
  }

 private:
  std::optional<Box> parse_box() {
    std::array<int64_t, 4> corners = {};
    char before = '[';
    for (auto& coordinate : corners) {
      const auto number =
          take(std::exchange(before, ',')) ? parse_coordinate() : std::nullopt;
      if (!number) {
        return std::nullopt;
      }
      coordinate = *number;
    }
    if (!take(']')) {
      return std::nullopt;
    }
    return Box{
        to_pixel(corners[0], page_width_),
        to_pixel(corners[1], page_height_),
        to_pixel(corners[2], page_width_),
        to_pixel(corners[3], page_height_)};
  }

  /// One to three digits without a leading zero.
  std::optional<int64_t> parse_coordinate() {
    skip_space();
    int64_t value = 0;
    size_t digits = 0;
    while (digits < text_.size() && text_[digits] >= '0' &&
           text_[digits] <= '9' && value <= kLargestCoordinate) {
      value = value * 10 + (text_[digits] - '0');
      ++digits;
    }
    if (digits == 0 || value > kLargestCoordinate ||
        (digits > 1 && text_[0] == '0')) {
      return std::nullopt;
    }
    text_.remove_prefix(digits);
    return value;
  }

  static int64_t to_pixel(int64_t coordinate, int64_t side) {
    return static_cast<int64_t>(
        static_cast<double>(coordinate) /
        static_cast<double>(kLargestCoordinate) * static_cast<double>(side));
  }

  void skip_space() {
    text_.remove_prefix(
        std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
  }

  bool take(char expected) {
    skip_space();
    if (!text_.starts_with(expected)) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  std::string_view text_;
  int64_t page_width_;
  int64_t page_height_;
};

/// The mark that begins at byte `at`, or an empty string.
std::string_view mark_at(std::string_view text, size_t at) {
  for (const auto mark : {kRef, kRefEnd, kDet, kDetEnd}) {
    if (text.substr(at).starts_with(mark)) {
      return mark;
    }
  }
  return {};
}

/// The byte at which the next mark begins, from `at`; the size of the text if
/// there is none.
size_t find_mark(std::string_view text, size_t at) {
  while (true) {
    at = text.find("<|", at);
    if (at == std::string_view::npos) {
      return text.size();
    }
    if (!mark_at(text, at).empty()) {
      return at;
    }
    at += 2;
  }
}

/// Markup and the byte at which it ends. Broken markup has no boxes and ends
/// where it stops looking like markup.
struct Markup {
  size_t end = 0;
  std::string_view label;
  std::optional<std::vector<Box>> boxes;
};

/// Reads `MARK...END` at `at` and moves past it, or only past MARK where
/// another mark than END comes next. Returns what is between the two.
std::optional<std::string_view> take_between(
    std::string_view text,
    size_t& at,
    std::string_view mark,
    std::string_view end) {
  const size_t begin = at + mark.size();
  const size_t next = find_mark(text, begin);
  if (mark_at(text, next) != end) {
    at = begin;
    return std::nullopt;
  }
  at = next + end.size();
  return text.substr(begin, next - begin);
}

/// Splits `LABEL [...]` into its label and its brackets. Returns no label if
/// there is none.
std::pair<std::string_view, std::string_view> split_label(
    std::string_view text) {
  const auto skip_space = [](std::string_view piece) {
    piece.remove_prefix(
        std::min(piece.find_first_not_of(" \t\r\n"), piece.size()));
    return piece;
  };
  constexpr std::string_view kFirst =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view kOthers =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-0123456789";
  text = skip_space(text);
  if (text.find_first_of(kFirst) != 0) {
    return {};
  }
  const size_t end = std::min(text.find_first_not_of(kOthers), text.size());
  return {text.substr(0, end), skip_space(text.substr(end))};
}

Markup read_markup(
    std::string_view text,
    size_t begin,
    int64_t page_width,
    int64_t page_height) {
  Markup markup;
  size_t& at = markup.end;
  at = begin;
  const auto first = mark_at(text, at);
  if (first == kDet) {
    if (const auto inner = take_between(text, at, kDet, kDetEnd)) {
      const auto [label, box] = split_label(*inner);
      if (!label.empty()) {
        markup.label = label;
        markup.boxes =
            BoxListParser(box, page_width, page_height).parse_single();
      }
    }
    return markup;
  }
  if (first != kRef) {
    at += first.size();
    return markup;
  }
  const auto label = take_between(text, at, kRef, kRefEnd);
  if (!label || mark_at(text, at) != kDet) {
    return markup;
  }
  const auto list = take_between(text, at, kDet, kDetEnd);
  if (list) {
    markup.label = *label;
    markup.boxes = BoxListParser(*list, page_width, page_height).parse();
  }
  return markup;
}

std::string
replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string replaced;
  while (true) {
    const size_t at = std::min(text.find(from), text.size());
    replaced += text.substr(0, at);
    if (at == text.size()) {
      return replaced;
    }
    replaced += to;
    text.remove_prefix(at + from.size());
  }
}

/// Removes the line breaks at both ends and all but two in a row.
std::string tidy_line_breaks(std::string_view text) {
  std::string tidy;
  size_t pending = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++pending;
      continue;
    }
    if (!tidy.empty()) {
      tidy.append(std::min<size_t>(pending, 2), '\n');
    }
    pending = 0;
    tidy += c;
  }
  return tidy;
}

/// The file name, with bytes that would end a Markdown link as %XX.
std::string escape_link(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string link;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7F ||
        std::string_view("()<>%\\\"").find(c) != std::string_view::npos) {
      link += '%';
      link += kHex[byte >> 4];
      link += kHex[byte & 15];
    } else {
      link += c;
    }
  }
  return link;
}

} // namespace

bool is_empty(const Box& box) {
  return box.left >= box.right || box.top >= box.bottom;
}

GroundedText parse_grounding(
    std::string_view text,
    int64_t page_width,
    int64_t page_height) {
  check(
      page_width >= 1 && page_height >= 1,
      "parse_grounding: expected a page of at least one pixel, got ",
      page_width,
      " x ",
      page_height);
  GroundedText grounded;
  Block block;
  const auto finish = [&] {
    if (!block.boxes.empty() || !block.content.empty()) {
      grounded.blocks.push_back(std::move(block));
    }
  };
  for (size_t at = 0; at < text.size();) {
    const size_t next = find_mark(text, at);
    block.content += text.substr(at, next - at);
    if (next == text.size()) {
      break;
    }
    auto markup = read_markup(text, next, page_width, page_height);
    at = markup.end;
    if (markup.boxes) {
      finish();
      block = {std::string(markup.label), std::move(*markup.boxes), ""};
    } else {
      ++grounded.num_broken;
      block.content += text.substr(next, at - next);
    }
  }
  finish();
  return grounded;
}

std::vector<Figure> find_figures(const GroundedText& text) {
  std::vector<Figure> figures;
  for (size_t i = 0; i < text.blocks.size(); ++i) {
    if (text.blocks[i].label != "image") {
      continue;
    }
    for (const auto& box : text.blocks[i].boxes) {
      if (!is_empty(box)) {
        figures.push_back({static_cast<int64_t>(i), box});
      }
    }
  }
  return figures;
}

std::string to_markdown(const GroundedText& text, const FigureName& name) {
  const auto figures = find_figures(text);
  std::string markdown;
  size_t figure = 0;
  for (size_t i = 0; i < text.blocks.size(); ++i) {
    for (; figure < figures.size() &&
         figures[figure].block == static_cast<int64_t>(i);
         ++figure) {
      const auto file = name(static_cast<int64_t>(figure));
      markdown += concat("![](", escape_link(file), ")\n");
    }
    markdown += replace_all(
        replace_all(text.blocks[i].content, "\\coloneqq", ":="),
        "\\eqqcolon",
        "=:");
  }
  return tidy_line_breaks(markdown);
}

} // namespace microfiche::document
