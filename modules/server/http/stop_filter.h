#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace microfiche::server {

/// Ends a text before the first of some strings. A piece that may be the
/// beginning of one is held back until the next piece decides.
class StopFilter {
 public:
  explicit StopFilter(std::vector<std::string> stops = {});

  /// The new text that is certainly before a stop string; may be empty. Empty
  /// from the stop string on.
  std::string push(std::string_view text);

  /// What was held back, at the end of the text.
  std::string finish();

  /// Whether a stop string has come.
  bool stopped() const {
    return stopped_;
  }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

} // namespace microfiche::server
