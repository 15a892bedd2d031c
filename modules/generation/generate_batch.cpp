#include "generation/generate.h"

#include <utility>

namespace microfiche::generation {

std::vector<GenerationResult> generate(
    decoder::Decoder& decoder,
    std::span<const GenerationRequest> requests,
    const GenerationConfig& config,
    int64_t eos_token_id,
    int64_t first_page) {
  std::vector<GenerationResult> results(requests.size());
  size_t num_started = 0;
  GenerationCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<GenerationRequest> {
    if (num_started == requests.size()) {
      return std::nullopt;
    }
    GenerationRequest request = requests[num_started];
    request.page = first_page + static_cast<int64_t>(num_started++);
    return request;
  };
  callbacks.on_result = [&](int64_t page, GenerationResult result) {
    results[page - first_page] = std::move(result);
  };
  if (!requests.empty()) {
    generate(
        decoder,
        callbacks,
        config,
        eos_token_id,
        static_cast<int64_t>(requests.size()));
  }
  return results;
}

} // namespace microfiche::generation
