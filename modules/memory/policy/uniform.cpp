#include "memory/policy/choices.h"

namespace microfiche::memory {
namespace {

/// All pages in one mode: the control of every experiment.
struct UniformConfig {
  std::string mode;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, UniformConfig& config) {
  visit("mode", config.mode);
}

std::vector<size_t> choose_uniform(
    const UniformConfig& config,
    const Choices& choices) {
  return std::vector<size_t>(
      choices.num_pages(), choices.find_tier(config.mode, "options.mode"));
}

} // namespace

PolicyKind uniform_policy() {
  return make_policy_kind<UniformConfig>("uniform", choose_uniform);
}

} // namespace microfiche::memory
