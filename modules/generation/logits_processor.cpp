#include "generation/logits_processor.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace microfiche::generation {

std::vector<int64_t> NoRepeatNgram::banned(
    std::span<const int64_t> prompt,
    std::span<const int64_t> generated) const {
  std::vector<int64_t> sequence;
  if (window == 0) {
    sequence.reserve(prompt.size() + generated.size());
    sequence.assign(prompt.begin(), prompt.end());
  } else if (window_over_prompt) {
    const auto in_prompt = std::clamp<int64_t>(
        window - static_cast<int64_t>(generated.size()),
        0,
        static_cast<int64_t>(prompt.size()));
    sequence.assign(prompt.end() - in_prompt, prompt.end());
  }
  sequence.insert(sequence.end(), generated.begin(), generated.end());
  const int64_t length = static_cast<int64_t>(sequence.size());
  // The official windowed rule ignores single ids.
  if (size == 0 || length < size ||
      (window > 0 && !window_over_prompt && size == 1)) {
    return {};
  }

  const auto prefix = sequence.end() - (size - 1);
  const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, length - window);
  std::vector<int64_t> ids;
  for (int64_t begin = first; begin + size <= length; ++begin) {
    const auto candidate = sequence.begin() + begin;
    if (std::equal(prefix, sequence.end(), candidate)) {
      ids.push_back(candidate[size - 1]);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::erase_if(ids, [&](int64_t id) {
    return std::find(whitelist.begin(), whitelist.end(), id) != whitelist.end();
  });
  return ids;
}

LoopDetector::LoopDetector(int64_t repeats, int64_t min_ids)
    : repeats_(repeats),
      min_ids_(min_ids),
      run_(repeats == 0 ? 0 : kMaxPeriod, 0) {}

bool LoopDetector::push(int64_t id) {
  ids_.push_back(id);
  const int64_t last = static_cast<int64_t>(ids_.size()) - 1;
  bool loop = false;
  for (int64_t period = 1; period <= static_cast<int64_t>(run_.size());
       ++period) {
    int64_t& run = run_[period - 1];
    run = period <= last && ids_[last - period] == id ? run + 1 : 0;
    loop |= run + period >= std::max(repeats_ * period, min_ids_);
  }
  return loop;
}

int64_t sample_id(
    std::span<const float> logits,
    const GenerationConfig& config,
    RandomStream& random) {
  const auto more_likely = [&](int64_t a, int64_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  };
  std::vector<int64_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), int64_t{0});
  std::erase_if(ids, [&](int64_t id) { return !std::isfinite(logits[id]); });
  check<NumericError>(
      !ids.empty(),
      "no id is left to sample from: all logits are infinite or NaN");
  if (config.top_k > 0 && config.top_k < static_cast<int64_t>(ids.size())) {
    std::nth_element(
        ids.begin(), ids.begin() + config.top_k, ids.end(), more_likely);
    ids.resize(config.top_k);
  }
  std::sort(ids.begin(), ids.end(), more_likely);

  std::vector<double> weights(ids.size());
  std::transform(ids.begin(), ids.end(), weights.begin(), [&](int64_t id) {
    return std::exp((logits[id] - logits[ids[0]]) / config.temperature);
  });
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double kept = 0.0;
  size_t count = 0;
  while (count < ids.size() && kept < config.top_p * total) {
    kept += weights[count++];
  }
  double remaining = random.uniform() * kept;
  for (size_t i = 0; i < count; ++i) {
    remaining -= weights[i];
    if (remaining < 0) {
      return ids[i];
    }
  }
  return ids[count - 1];
}

} // namespace microfiche::generation
