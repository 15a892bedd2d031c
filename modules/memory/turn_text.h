#pragma once

#include "memory/layout_config.h"
#include "memory/turn.h"
#include "rendering/page_renderer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace microfiche::memory {

// Note [Turns on a page]
// A page marks each turn with its number and role. The marks say who said what,
// so the text of a turn must not contain one. There, the bracket of `[12 user`
// and of `[12u]` is drawn as `(`. Characters that no font has are drawn as
// U+FFFD. White space at the end of a turn is left out. The store keeps the
// text as it was.

/// The text of a turn as pages show it; see Note [Turns on a page].
class TurnText {
 public:
  /// Throws `InputError` that names the turn for characters that the fonts
  /// cannot draw, if the layout refuses them.
  TurnText(
      const Turn& turn,
      const LayoutConfig& layout,
      const rendering::PageRenderer& renderer);

  /// The mark before the text, with the space after it. `part` is 0 for a
  /// whole turn, or the number of a page of a long one: `[12 user, part 2] `.
  std::string header(int64_t part) const;

  /// What is drawn after the mark.
  const std::string& body() const {
    return body_;
  }

  /// Bytes of the turn's text.
  int64_t num_bytes() const {
    return num_bytes_;
  }

  /// The byte of the turn's text that byte `at` of the body is of.
  int64_t source_byte(size_t at) const;

  /// The byte of the body for a byte of the turn's text.
  size_t body_byte(int64_t at) const;

  /// Characters that no font has.
  int64_t num_replaced() const {
    return static_cast<int64_t>(replaced_.size());
  }

 private:
  /// Where a replaced character ends in the text and in the body.
  struct Replaced {
    size_t source_end = 0;
    size_t body_end = 0;
  };

  int64_t seq_;
  Role role_;
  TurnHeader style_;
  std::string body_;
  int64_t num_bytes_;
  std::vector<Replaced> replaced_;
};

/// The size of a text without the characters at its end that leave no ink on a
/// page: white space and invisible ones.
size_t inked_size(std::string_view text);

/// The first byte from `at` on that leaves ink, or the size of the text.
size_t next_ink(std::string_view text, size_t at);

/// The text with `(` in place of each bracket that would begin the mark of a
/// turn. It has the same length.
std::string without_turn_marks(std::string text);

} // namespace microfiche::memory
