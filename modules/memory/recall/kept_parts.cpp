#include "memory/recall/kept_parts.h"

#include <algorithm>
#include <numeric>

namespace microfiche::memory {

std::vector<std::string> keep_best_parts(
    const std::vector<TextPart>& parts,
    size_t num_texts,
    const std::string& separator,
    int64_t max_tokens,
    int64_t& num_tokens) {
  const auto score_per_token = [&](size_t i) {
    const auto tokens = std::max<int64_t>(parts[i].tokens, 1);
    return parts[i].score / static_cast<double>(tokens);
  };
  std::vector<size_t> order(parts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return score_per_token(a) > score_per_token(b);
  });
  std::vector<bool> kept(parts.size());
  num_tokens = 0;
  for (const size_t i : order) {
    if (num_tokens + parts[i].tokens <= max_tokens) {
      num_tokens += parts[i].tokens;
      kept[i] = true;
    }
  }
  std::vector<std::string> texts(num_texts);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (kept[i]) {
      auto& text = texts[parts[i].text];
      text += (text.empty() ? "" : separator) + parts[i].words;
    }
  }
  return texts;
}

} // namespace microfiche::memory
