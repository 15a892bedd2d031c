#include "memory/policy/policy.h"

#include "core/error.h"

#include <cmath>

namespace microfiche::memory {
namespace {

const PolicyKind& find_kind_of(
    const PolicyConfig& config,
    const std::string& where) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& kind : policy_kinds()) {
    if (kind.name == config.policy) {
      return kind;
    }
    names.push_back(kind.name);
    list += (list.empty() ? "" : ", ") + kind.name;
  }
  throw InputError(concat(
      where,
      ": policy: no policy \"",
      config.policy,
      "\"; there are ",
      list,
      did_you_mean(config.policy, names)));
}

} // namespace

void validate(const PolicyConfig& config, const std::string& where) {
  if (config.pins) {
    check(
        std::isfinite(config.pins->importance),
        where,
        ": pins.importance: must be finite");
  }
  if (config.promote) {
    check(
        config.promote->for_turns >= 1,
        where,
        ": promote.for_turns: must be at least 1, got ",
        config.promote->for_turns);
    check(
        config.promote->at_most >= 1,
        where,
        ": promote.at_most: must be at least 1, got ",
        config.promote->at_most);
  }
  for (const auto& [mode, ageing] : config.ageing) {
    validate(ageing, concat(where, ": ageing.", mode));
  }
  check(
      config.drop_quantum >= 1,
      where,
      ": drop_quantum: must be at least 1, got ",
      config.drop_quantum);
  find_kind_of(config, where).make(config.options, where + ": options");
}

Policy load_policy(
    const std::filesystem::path& path,
    const std::vector<std::string>& overrides) {
  return {load_config<PolicyConfig>(path, overrides), path.string()};
}

Policy default_policy(const std::vector<std::string>& modes) {
  constexpr int64_t kQuantum = 4;
  PolicyConfig config;
  config.policy = "age_ladder";
  config.age.quantum = kQuantum;
  Json steps = Json::array();
  int64_t pages = kQuantum;
  int64_t end = 0;
  for (size_t i = 0; i < modes.size(); ++i) {
    end += pages;
    pages *= 2;
    steps.push_back({{"mode", modes[i]}});
    if (i + 1 < modes.size()) {
      steps.back()["up_to"] = end - 1;
    }
  }
  config.options = {{"steps", steps}};
  validate(config, "default policy");
  return {config, "default policy"};
}

} // namespace microfiche::memory
