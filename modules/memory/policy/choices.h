#pragma once

#include "memory/policy/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace microfiche::memory {

/// What a policy chooses from: pages by tiers; see Note [Tiers]. It must not
/// outlive its `PlanInput`.
class Choices {
 public:
  /// Throws `InputError` as `make_plan` for the input.
  Choices(const Policy& policy, const PlanInput& input);

  size_t num_pages() const {
    return input_.pages.size();
  }

  /// "gone", the modes and "text".
  size_t num_tiers() const {
    return input_.modes.size() + 2;
  }

  /// The tier of this name. Throws `InputError` that names the field of the
  /// policy and lists the tiers.
  size_t find_tier(const std::string& name, const std::string& field) const;
  const std::string& tier_name(size_t tier) const {
    return names_[tier];
  }

  /// How the pictures of a tier are made.
  const AgeingConfig& ageing(size_t tier) const {
    return ageing_[tier];
  }

  /// Positions of a page in a tier.
  int64_t positions(size_t page, size_t tier) const;

  /// Positions of the texts of pages [begin, end).
  int64_t text_positions(size_t begin, size_t end) const;

  /// Expected recall; none without a row in the accuracy table.
  std::optional<double> recall(size_t page, size_t tier) const;

  /// The same of pages that share a picture.
  std::optional<double> recall(const MergedPages& pages, size_t tier) const;

  /// Throws `InputError` when the accuracy table has no row for a mode of a
  /// page. With no rows at all, tells how to give a table.
  double measured_recall(size_t page, size_t tier) const;

  /// Whether a table has rows for this page and tier.
  bool is_measured(size_t page, size_t tier) const {
    return recall(page, tier).has_value();
  }

  /// The age of a page, and the share of questions that are about it.
  int64_t age(size_t page) const {
    return ages_[page];
  }
  double weight(size_t page) const {
    return weights_[page];
  }

  /// The lowest tier that pins and hits allow, and which of them: `kPin`,
  /// `kHit`, or `kPolicy` without either.
  size_t floor(size_t page) const {
    return floors_[page];
  }
  Reason floor_reason(size_t page) const {
    return floor_reasons_[page];
  }

  int64_t budget() const {
    return input_.budget;
  }

  /// The file of the policy, for messages.
  const std::string& where() const {
    return where_;
  }

 private:
  void check_input() const;
  void check_source(size_t tier) const;
  void raise_floor(size_t page, size_t tier, Reason reason);
  void apply_pins(const PinConfig& pins);
  void apply_hits(const PromoteConfig& promote);

  const PlanInput& input_;
  std::string where_;
  /// Names by tier, and the index in `PlanInput::modes` of each mode.
  std::vector<std::string> names_;
  std::vector<size_t> mode_of_tier_;
  /// By tier.
  std::vector<AgeingConfig> ageing_;
  std::vector<int64_t> ages_;
  std::vector<double> weights_;
  std::vector<size_t> floors_;
  std::vector<Reason> floor_reasons_;
};

} // namespace microfiche::memory
