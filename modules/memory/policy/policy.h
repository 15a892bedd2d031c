#pragma once

#include "core/config.h"
#include "memory/policy/age.h"
#include "memory/policy/ageing.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace microfiche::memory {

class Choices;

/// Pages with a pin of at least this importance stay at least in this tier.
struct PinConfig {
  /// Minimum importance of a pin that counts, as given by `memory pin
  /// --importance`.
  double importance = 0;

  /// Lowest tier of a pinned page: a resolution mode, or "text", the highest.
  /// Modes are ordered by their positions.
  std::string at_least = "text";
};

/// Pages that a question reached come back to at least this tier.
struct PromoteConfig {
  /// Lowest tier of a promoted page: a resolution mode, or "text", the highest.
  /// Modes are ordered by their positions.
  std::string to = "text";

  /// How many turns a promotion lasts, at least 1.
  int64_t for_turns = 20;

  /// Maximum number of pages that are promoted at the same time, at least 1:
  /// those with the newest hits.
  int64_t at_most = 4;
};

/// What happens when a policy needs more positions than the budget has.
enum class OverBudget {
  /// The oldest pages are dropped; those that are pinned or promoted, last.
  kDropOldest,
  kRefuse,
};

NLOHMANN_JSON_SERIALIZE_ENUM(
    OverBudget,
    {{OverBudget::kDropOldest, "drop_oldest"}, {OverBudget::kRefuse, "refuse"}})

/// A policy file, as in configs/memory.
struct PolicyConfig {
  /// Name of the policy: "uniform", "age_ladder", "budget_fit", "merge" or
  /// "target_curve". Required.
  std::string policy;

  /// The fields of that policy; docs/guide/memory.md lists them.
  Json options = Json::object();

  /// How the age of a page is counted.
  AgeConfig age;

  /// How questions spread over the ages of pages. Expected recall is the mean
  /// by these weights.
  WeightConfig weights;

  /// If set, the lowest tier of pinned pages.
  std::optional<PinConfig> pins;

  /// If set, pages that a question reached come back to a higher tier for some
  /// turns.
  std::optional<PromoteConfig> promote;

  /// How the pictures of pages in a mode are made, by the name of the mode;
  /// "resized" in other modes.
  AgeingByMode ageing;

  /// If the pages take more positions than the budget: "drop_oldest" drops the
  /// oldest pages, those that are pinned or promoted last; "refuse" is an
  /// error.
  OverBudget over_budget = OverBudget::kDropOldest;

  /// "drop_oldest" drops this many pages at a time, at least 1. Each time, the
  /// whole KV cache of the plan is lost, so a large number keeps it longer.
  int64_t drop_quantum = 1;

  /// Keeps the text of a page if it takes no more positions than its picture.
  bool text_when_cheaper = true;
};

/// Throws `InputError` for an importance that is not a number, turns or pages
/// below 1 (also `drop_quantum`), and unknown policies and options.
void validate(const PolicyConfig& config, const std::string& where);

/// Neighbouring pages [begin, end) that stand on one picture.
struct MergedPages {
  size_t begin = 0;
  size_t end = 0;

  /// How it is drawn.
  AgeingConfig ageing;
};

/// The tier of each page; see Note [Tiers].
struct TierChoice {
  std::vector<size_t> tiers;

  /// Pages that share a picture. They have the same tier, a mode.
  std::vector<MergedPages> merged;
};

using ChooseTiers = std::function<TierChoice(const Choices&)>;

/// A way to plan.
struct PolicyKind {
  /// The value of `policy` in a policy file.
  std::string name;

  /// Reads the options. Throws `InputError`, whose message starts with `where`.
  std::function<ChooseTiers(const Json& options, const std::string& where)>
      make;
};

/// Every policy. See docs/guide/memory_policy.md.
const std::vector<PolicyKind>& policy_kinds();

/// A policy with options of type `Config`. `choose` returns a `TierChoice`, or
/// only its `tiers` if the policy merges nothing.
template <ConfigStruct Config, typename Chosen>
PolicyKind make_policy_kind(
    std::string name,
    Chosen (*choose)(const Config&, const Choices&)) {
  return {
      std::move(name),
      [choose](const Json& options, const std::string& where) -> ChooseTiers {
        const auto config = read_config<Config>(options, where);
        return [config, choose](const Choices& choices) -> TierChoice {
          if constexpr (std::is_same_v<Chosen, TierChoice>) {
            return choose(config, choices);
          } else {
            return {.tiers = choose(config, choices), .merged = {}};
          }
        };
      }};
}

/// A policy that was read.
struct Policy {
  PolicyConfig config;

  /// Starts messages: the file.
  std::string where;
};

/// Reads a policy file and applies overrides of `--set`. Throws `InputError`.
Policy load_policy(
    const std::filesystem::path& path,
    const std::vector<std::string>& overrides = {});

/// An age ladder over these modes, most positions first, with quantum 4: the
/// newest 4 to 7 pages get the first, the next 8 the second, the next 16 the
/// third, and so on; all older pages get the last.
Policy default_policy(const std::vector<std::string>& modes);

template <typename Visitor>
void visit_fields(Visitor&& visit, PinConfig& config) {
  visit("importance", config.importance);
  visit("at_least", config.at_least);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, PromoteConfig& config) {
  visit("to", config.to);
  visit("for_turns", config.for_turns);
  visit("at_most", config.at_most);
}

template <typename Visitor>
void visit_fields(Visitor&& visit, PolicyConfig& config) {
  visit("policy", config.policy);
  visit("options", config.options);
  visit("age", config.age);
  visit("weights", config.weights);
  visit("pins", config.pins);
  visit("promote", config.promote);
  visit("ageing", config.ageing);
  visit("over_budget", config.over_budget);
  visit("drop_quantum", config.drop_quantum);
  visit("text_when_cheaper", config.text_when_cheaper);
}

} // namespace microfiche::memory
