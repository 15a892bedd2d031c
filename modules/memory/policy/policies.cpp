#include "memory/policy/policy.h"

// One line per policy. Each is a file of this folder that defines
// `PolicyKind NAME_policy()`.
#define MICROFICHE_POLICIES(POLICY) \
  POLICY(age_ladder)                \
  POLICY(budget_fit)                \
  POLICY(merge)                     \
  POLICY(target_curve)              \
  POLICY(uniform)

namespace microfiche::memory {

#define MICROFICHE_DECLARE(name) PolicyKind name##_policy();
MICROFICHE_POLICIES(MICROFICHE_DECLARE)
#undef MICROFICHE_DECLARE

const std::vector<PolicyKind>& policy_kinds() {
#define MICROFICHE_LIST(name) name##_policy(),
  static const std::vector<PolicyKind> kinds = {
      MICROFICHE_POLICIES(MICROFICHE_LIST)};
#undef MICROFICHE_LIST
  return kinds;
}

} // namespace microfiche::memory
