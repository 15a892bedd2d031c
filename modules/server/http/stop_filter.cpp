#include "server/http/stop_filter.h"

#include <algorithm>
#include <utility>

namespace microfiche::server {

StopFilter::StopFilter(std::vector<std::string> stops)
    : stops_(std::move(stops)) {}

std::string StopFilter::push(std::string_view text) {
  if (stopped_) {
    return "";
  }
  held_ += text;
  size_t first = std::string::npos;
  size_t longest_begin = 0;
  for (const auto& stop : stops_) {
    first = std::min(first, held_.find(stop));
    // The end of the text may be the beginning of the stop string.
    for (size_t n = std::min(stop.size() - 1, held_.size()); n > 0; --n) {
      if (held_.ends_with(std::string_view(stop).substr(0, n))) {
        longest_begin = std::max(longest_begin, n);
        break;
      }
    }
  }
  if (first != std::string::npos) {
    stopped_ = true;
    held_.resize(first);
    return std::exchange(held_, "");
  }
  std::string safe = held_.substr(0, held_.size() - longest_begin);
  held_.erase(0, safe.size());
  return safe;
}

std::string StopFilter::finish() {
  return std::exchange(held_, "");
}

} // namespace microfiche::server
