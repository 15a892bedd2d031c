#pragma once

#include "memory/policy/ageing.h"
#include "memory/reading/build_tokens.h"
#include "memory/reading/read_pages.h"
#include "tests/memory/recall/planned_stores.h"
#include "tests/support/tiny_model.h"

#include <string>
#include <vector>

namespace microfiche::tests {

/// Four pages with a fact each, and the tiny model. In "t4" a page of
/// `small_layout` takes 7 positions (2 rows of 2 and a newline, a separator),
/// in "t9" 13.
class TinyMemoryTest : public PlannedStoreTest {
 protected:
  TinyMemoryTest() : store(open()), model(load_tiny_model()) {
    fill(
        store,
        {{"kib is one.", "kib", "one"},
         {"mot is two.", "mot", "two"},
         {"dal is six.", "dal", "six"},
         {"ruf is ten.", "ruf", "ten"}});
    reading.generation.max_new_tokens = 12;
  }

  /// A plan with the positions that the tiny model needs.
  memory::StoredPlan plan_of(
      const std::vector<std::string>& modes,
      const memory::AgeingConfig& ageing = {}) {
    auto plan = make_plan(store, modes);
    plan.spent = 0;
    for (auto& item : plan.items) {
      item.how = memory::ageing_text(ageing);
      item.positions = item.mode == "t4" ? 7 : item.mode == "t9" ? 13 : 0;
      plan.spent += item.positions;
    }
    return plan;
  }

  memory::BuildReport build(const memory::StoredPlan& plan) {
    return memory::build_tokens(store, plan, model);
  }

  /// The texts of the kept pages; "-" for a page that is gone.
  std::vector<std::string> read(
      const memory::StoredPlan& plan,
      const std::vector<size_t>& items) {
    memory::PlanReader reader(store, plan, model, reading);
    std::vector<std::string> texts;
    for (const auto& page : reader.read(items)) {
      texts.push_back(page ? page->text : "-");
    }
    num_read = reader.num_read();
    num_reused = reader.num_reused();
    return texts;
  }

  /// From files, because only those have a hash.
  model::LoadedModel load_tiny_model() const {
    write_tiny_model(folder.path() / "model");
    return model::load_model(folder.path() / "model");
  }

  memory::Store store;
  model::LoadedModel model;
  memory::PageReadingConfig reading;
  int64_t num_read = 0;
  int64_t num_reused = 0;
};

} // namespace microfiche::tests
