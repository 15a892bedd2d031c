#pragma once

#include <string>

namespace microfiche::verification {

/// A number that the published weights reach on a user's machine.
struct Bound {
  /// What is measured, e.g. "mode tiny: median 1 - normalised edit distance".
  std::string name;
  double at_least = 0;
  double value = 0;

  /// The published figure that the limit comes from.
  std::string reason;

  bool is_met() const {
    return value >= at_least;
  }
};

template <typename Visitor>
void visit_fields(Visitor&& visit, Bound& bound) {
  visit("name", bound.name);
  visit("at_least", bound.at_least);
  visit("value", bound.value);
  visit("reason", bound.reason);
}

} // namespace microfiche::verification
