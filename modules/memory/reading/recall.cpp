#include "memory/reading/recall.h"

#include <numeric>

namespace microfiche::memory {

RecallResult recall(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const RecallConfig& config,
    const std::function<void(int64_t, int64_t)>& progress) {
  RecallResult result;
  auto& run = result.run;
  run.plan = plan;
  // First, so that a store without facts is refused before anything is read.
  run.probes =
      draw_probes(store, plan, stated_facts(store, plan), config.probes);
  PlanReader reader(store, plan, loaded, config.reading);
  std::vector<size_t> items(plan.items.size());
  std::iota(items.begin(), items.end(), size_t{0});
  run.texts.exact = reader.exact();
  run.texts.kept = reader.read(items, progress);
  run.texts.blanks = reader.read_blanks();
  run.texts.count_tokens = [&loaded](const std::string& text) {
    return static_cast<int64_t>(
        loaded.tokenizer().encode(text, /*added_tokens=*/false).size());
  };
  run.answers = answer_probes(store, plan, run.probes, run.texts);
  result.saved = save_answers(
      store,
      plan,
      {reader.model(), reader.reading_config()},
      run.probes,
      run.texts,
      run.answers);
  result.context_positions = reader.context_positions();
  result.num_read = reader.num_read();
  result.num_reused = reader.num_reused();
  return result;
}

} // namespace microfiche::memory
