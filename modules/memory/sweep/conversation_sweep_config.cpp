#include "memory/sweep/conversation_sweep_config.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json.h"
#include "memory/import.h"

#include <algorithm>
#include <set>

namespace microfiche::memory {
namespace {

namespace fs = std::filesystem;

/// The file as it is or, if there is none, below `root`, so that the configs of
/// this repository work in any folder.
fs::path find_file(const std::string& file, const fs::path& root) {
  const auto below = root / file;
  return !fs::exists(file) && fs::exists(below) ? below : fs::path(file);
}

template <typename T>
void check_axis(
    const std::vector<T>& values,
    T lowest,
    T highest,
    const std::string& where) {
  check(!values.empty(), where, ": expected at least one value");
  for (const auto& value : values) {
    check(
        value >= lowest && value <= highest,
        where,
        ": expected values from ",
        lowest,
        " to ",
        highest,
        ", got ",
        value);
  }
  check(
      std::set<T>(values.begin(), values.end()).size() == values.size(),
      where,
      ": a value is there twice");
}

constexpr int64_t kMost = 1000000;

} // namespace

void validate(const ConversationSweepConfig& sweep, const std::string& where) {
  check(
      !sweep.conversations.empty() || !sweep.conversation_files.empty(),
      where,
      ": conversations: expected at least one kind, or a file in "
      "conversation_files");
  for (const auto& [name, file] : sweep.conversation_files) {
    const auto field = concat(where, ": conversation_files.", name);
    check(!file.file.empty(), field, ": expected a file");
    check(
        !sweep.conversations.contains(name),
        field,
        ": conversations has the same name");
    const auto formats = format_names();
    check(
        std::find(formats.begin(), formats.end(), file.format) != formats.end(),
        field,
        ".format: no format \"",
        file.format,
        '"',
        did_you_mean(file.format, formats));
    check(
        file.cloze >= 0, field, ".cloze: must be at least 0, got ", file.cloze);
  }
  for (const auto& [name, kind] : sweep.conversations) {
    check(
        kind.facts >= 1 && kind.updates >= 0 &&
            kind.facts + kind.updates <= kind.turns,
        where,
        ": conversations.",
        name,
        ": expected at least 1 fact, 0 updates, and as many turns as both, got ",
        kind.facts,
        ", ",
        kind.updates,
        " and ",
        kind.turns);
  }
  check(
      sweep.conversations_per_cell >= 1 && sweep.batch >= 1 &&
          sweep.never_stated >= 0 && sweep.grow_by >= 0 && sweep.grow_from >= 0,
      where,
      ": conversations_per_cell and batch must be at least 1, never_stated, "
      "grow_by and grow_from at least 0");
  check(
      sweep.grow_by > 0 || (sweep.grow_from == 0 && !sweep.context_cost),
      where,
      ": grow_from and context_cost have no effect without grow_by");
  check(
      !sweep.context_cost || sweep.context_cost->answer_ids >= 1,
      where,
      ": context_cost.answer_ids: expected at least 1");
  check(!sweep.policies.empty(), where, ": policies: expected at least one");
  check_axis(sweep.budgets, int64_t{1}, kMost, where + ": budgets");
  check_axis(sweep.hits, int64_t{0}, kMost, where + ": hits");
  check_axis(
      sweep.pages_per_context,
      int64_t{1},
      kMost,
      where + ": pages_per_context");
  if (sweep.importance) {
    check(
        sweep.importance->share > 0 && sweep.importance->share < 1,
        where,
        ": importance.share: expected a share above 0 and below 1, got ",
        sweep.importance->share);
    check_axis(
        sweep.importance->correlations,
        -1.0,
        1.0,
        where + ": importance.correlations");
  }
  check(
      sweep.grow_by == 0 ||
          (!sweep.importance && sweep.hits == std::vector<int64_t>{0} &&
           sweep.never_stated == 0 && sweep.pages_per_context.size() == 1),
      where,
      ": grow_by: nothing is asked, so importance, hits, never_stated and "
      "pages_per_context have no effect");
}

bool is_conversation_sweep(const fs::path& file) {
  const auto json = read_json_file(file);
  return json.is_object() &&
      (json.contains("conversations") || json.contains("conversation_files"));
}

ConversationSweep load_conversation_sweep(
    const fs::path& file,
    const fs::path& root,
    const std::vector<std::string>& assignments) {
  auto json = read_json_file(file);
  for (const auto& assignment : assignments) {
    apply_override(json, assignment);
  }
  const auto where = file.string();
  ConversationSweep sweep;
  sweep.config = read_config<ConversationSweepConfig>(json, where);
  for (const auto& [name, policy] : sweep.config.policies) {
    if (policy.is_string()) {
      sweep.policies.emplace_back(
          name, load_policy(find_file(policy.get<std::string>(), root)));
    } else {
      const auto field = concat(where, ": policies.", name);
      sweep.policies.emplace_back(
          name, Policy{read_config<PolicyConfig>(policy, field), field});
    }
  }
  sweep.config.text = find_file(sweep.config.text, root).string();
  const auto style = find_file(sweep.config.page_style, root);
  sweep.layout.page_style =
      read_config<rendering::PageStyle>(read_json_file(style), style.string());
  sweep.layout.turn_header = sweep.config.turn_header;
  return sweep;
}

} // namespace microfiche::memory
