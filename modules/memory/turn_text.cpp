#include "memory/turn_text.h"

#include "core/error.h"
#include "core/utf8.h"
#include "rendering/visible_text.h"

#include <algorithm>
#include <array>
#include <limits>

namespace microfiche::memory {
namespace {

constexpr std::array kRoles = {
    Role::kUser,
    Role::kAssistant,
    Role::kSystem,
    Role::kTool};

/// White space as the renderer takes it: Unicode's separators, and line breaks.
bool is_space(char32_t character) {
  constexpr std::array<char32_t, 15> kSpaces = {
      ' ',
      '\t',
      '\n',
      '\r',
      '\v',
      '\f',
      0x85,
      0xA0,
      0x1680,
      0x2028,
      0x2029,
      0x202F,
      0x205F,
      0x3000,
      0x180E};
  return (character >= 0x2000 && character <= 0x200A) ||
      std::find(kSpaces.begin(), kSpaces.end(), character) != kSpaces.end();
}

bool leaves_ink(char32_t character) {
  return !is_space(character) && !rendering::is_invisible(character);
}

/// The character at a byte of valid UTF-8, and its bytes.
std::pair<char32_t, size_t> character_at(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && continues_code_point(text[end])) {
    ++end;
  }
  return {decode_utf8(text.substr(at, end - at)).text.front(), end - at};
}

/// The characters after a bracket that leave ink, as many as a mark may have.
/// Another bracket ends them, so that each byte is looked at once.
std::string ink_after(std::string_view text, size_t at) {
  constexpr size_t kMostSeen = 40;
  std::string seen;
  while (at < text.size() && text[at] != '[' && seen.size() < kMostSeen) {
    const auto [character, size] = character_at(text, at);
    if (leaves_ink(character)) {
      seen += text.substr(at, size);
    }
    at += size;
  }
  return seen;
}

/// Whether these characters, after a bracket, make the mark of a turn.
bool makes_mark(std::string_view seen) {
  const size_t digits =
      std::min(seen.find_first_not_of("0123456789"), seen.size());
  if (digits == 0) {
    return false;
  }
  seen.remove_prefix(digits);
  return std::any_of(kRoles.begin(), kRoles.end(), [&](Role role) {
    const auto name = name_of(role);
    const bool is_short = seen.starts_with(name.front()) && seen.size() > 1 &&
        (seen[1] == ']' || seen[1] == '.');
    return is_short || seen.starts_with(name);
  });
}

} // namespace

size_t inked_size(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t at = end - 1;
    while (at > 0 && continues_code_point(text[at])) {
      --at;
    }
    if (leaves_ink(character_at(text, at).first)) {
      break;
    }
    end = at;
  }
  return end;
}

size_t next_ink(std::string_view text, size_t at) {
  while (at < text.size()) {
    const auto [character, size] = character_at(text, at);
    if (leaves_ink(character)) {
      break;
    }
    at += size;
  }
  return at;
}

std::string without_turn_marks(std::string text) {
  for (size_t at = text.find('['); at != std::string::npos;
       at = text.find('[', at + 1)) {
    if (makes_mark(ink_after(text, at + 1))) {
      text[at] = '(';
    }
  }
  return text;
}

TurnText::TurnText(
    const Turn& turn,
    const LayoutConfig& layout,
    const rendering::PageRenderer& renderer)
    : seq_(turn.seq),
      role_(turn.role),
      style_(layout.turn_header),
      num_bytes_(static_cast<int64_t>(turn.text.size())) {
  const std::string source = without_turn_marks(turn.text);
  const bool refuse = layout.undrawable == Undrawable::kRefuse;
  const auto undrawable = renderer.find_undrawable(
      source, refuse ? 1 : std::numeric_limits<int64_t>::max());
  check(
      !refuse || undrawable.empty(),
      "turn ",
      turn.seq,
      ": no font of the page style has ",
      undrawable.empty() ? "" : undrawable.front().name,
      " at byte ",
      undrawable.empty() ? 0 : undrawable.front().byte_begin,
      "; name one in fallback_fonts, or set undrawable to replace");
  constexpr std::string_view kMark = "\xEF\xBF\xBD";
  const std::string_view mark =
      undrawable.empty() || renderer.find_undrawable(kMark).empty() ? kMark
                                                                    : "?";
  size_t at = 0;
  for (const auto& character : undrawable) {
    body_.append(source, at, static_cast<size_t>(character.byte_begin) - at);
    body_ += mark;
    at = static_cast<size_t>(character.byte_end);
    replaced_.push_back({at, body_.size()});
  }
  body_.append(source, at);
  body_.resize(inked_size(body_));
}

std::string TurnText::header(int64_t part) const {
  const auto name = name_of(role_);
  if (style_ == TurnHeader::kShort) {
    return part == 0 ? concat("[", seq_, name.front(), "] ")
                     : concat("[", seq_, name.front(), ".", part, "] ");
  }
  return part == 0 ? concat("[", seq_, " ", name, "] ")
                   : concat("[", seq_, " ", name, ", part ", part, "] ");
}

int64_t TurnText::source_byte(size_t at) const {
  const auto next = std::upper_bound(
      replaced_.begin(),
      replaced_.end(),
      at,
      [](size_t byte, const Replaced& entry) { return byte < entry.body_end; });
  const Replaced before =
      next == replaced_.begin() ? Replaced{} : *std::prev(next);
  return static_cast<int64_t>(before.source_end + at - before.body_end);
}

size_t TurnText::body_byte(int64_t at) const {
  const auto byte = static_cast<size_t>(at);
  const auto next = std::upper_bound(
      replaced_.begin(),
      replaced_.end(),
      byte,
      [](size_t value, const Replaced& entry) {
        return value < entry.source_end;
      });
  const Replaced before =
      next == replaced_.begin() ? Replaced{} : *std::prev(next);
  return std::min(before.body_end + byte - before.source_end, body_.size());
}

} // namespace microfiche::memory
