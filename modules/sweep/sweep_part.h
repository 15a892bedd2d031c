#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config.h"

namespace microfiche::sweep {

/// A part of a sweep: a grid over some values of its axes. Several parts say
/// what one grid cannot, such as five lengths in one mode and one length in all
/// modes. An axis that a part leaves out has the sweep's own values.
struct SweepPart {
  /// Styles of the sweep, as names or patterns with `*`, such as "size *".
  /// Empty for all.
  std::vector<std::string> styles;

  /// Some of the sweep's `modes`; empty for all.
  std::vector<std::string> modes;

  /// Some of the sweep's `readers`; empty for all.
  std::vector<std::string> readers;

  /// Lengths of the text in characters per vision token, instead of the sweep's
  /// `characters_per_token` and `text_token_bins`. Null for the sweep's own.
  std::optional<std::vector<double>> characters_per_token;

  /// Conditions of the text, instead of the sweep's `conditions.text`. Null for
  /// the sweep's own.
  std::optional<std::vector<std::string>> text;

  /// Conditions of the page's image, instead of the sweep's `conditions.page`.
  /// Null for the sweep's own.
  std::optional<std::vector<std::string>> page;

  /// Conditions of the vision tokens, instead of the sweep's
  /// `conditions.tokens`. Null for the sweep's own.
  std::optional<std::vector<std::string>> tokens;

  /// Lengths of extra cells of random letters, in characters per vision token;
  /// empty for no such cells.
  std::vector<double> random_letters;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, SweepPart& part) {
  visit("styles", part.styles);
  visit("modes", part.modes);
  visit("readers", part.readers);
  visit("characters_per_token", part.characters_per_token);
  visit("text", part.text);
  visit("page", part.page);
  visit("tokens", part.tokens);
  visit("random_letters", part.random_letters);
}

struct SweepConfig;

/// The sweep with the values of a part alone. Throws `InputError`, which
/// `where` starts, for a mode, style or reader that the sweep does not have.
SweepConfig
config_of(SweepConfig sweep, const SweepPart& part, const std::string& where);

} // namespace microfiche::sweep
