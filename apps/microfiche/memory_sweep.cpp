#include "memory_commands.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json_difference.h"
#include "core/terminal.h"
#include "memory/sweep/cell_rows.h"
#include "sweep/run/environment.h"

#include <ATen/Parallel.h>
#include <functional>

// sweep, for a config with conversations.

namespace microfiche::apps {
namespace {

void write_table(const std::filesystem::path& file, const Table& table) {
  write_file(file, to_csv(table));
}

std::string break_even_text(const memory::BreakEven& found) {
  return concat(
      found.cell.policy,
      ", seed ",
      found.seed,
      found.turns
          ? concat(
                ": in all, the pages take no more processor time than "
                "the text from turn ",
                *found.turns,
                " on")
          : ": in all, the pages take more processor time than the text",
      ", up to turn ",
      found.last_turns,
      ", the last with text in a context");
}

/// Writes the tables of the conversations that are finished, and returns that
/// of the cells. Cells without any are left out.
Table write_results(
    const memory::ConversationSweep& sweep,
    const model::LoadedModel& loaded,
    const std::filesystem::path& folder,
    const std::vector<memory::CellResult>& all) {
  std::vector<memory::CellResult> results;
  std::vector<Json> cells;
  for (const auto& result : all) {
    if (!result.runs.empty()) {
      results.push_back(result);
      cells.push_back(memory::cell_json(result, sweep.config.seed));
    }
  }
  auto table = memory::cell_table(cells);
  write_file(folder / "cells.json", Json(cells).dump(2) + "\n");
  write_table(folder / "cells.csv", table);
  write_table(
      folder / "places.csv", memory::place_table(results, sweep.config.seed));
  write_table(
      folder / "ages.csv", memory::age_table(results, sweep.config.seed));
  write_file(
      folder / "accuracy.json",
      write_config(
          memory::accuracy_of(
              results, loaded.folder.filename().string() + " " + loaded.hash()))
              .dump(2) +
          "\n");
  return table;
}

/// Refuses the folder of another run: its stores hold other conversations.
void check_folder(const std::filesystem::path& folder, const Json& config) {
  const auto file = folder / "config.json";
  if (!std::filesystem::exists(file)) {
    return;
  }
  check(
      read_json_file(file).contains("conversations"),
      folder.string(),
      ": holds another kind of run; choose another folder with -o");
  // Reading and writing again fills in the defaults on both sides.
  const auto before =
      write_config(load_config<memory::ConversationSweepConfig>(file));
  check_same_run(file, "", first_difference(before, config));
}

} // namespace

void run_conversation_sweep(
    const std::string& file,
    const CommonArguments& common,
    const std::optional<uint64_t>& seed,
    const std::filesystem::path& folder) {
  auto sweep =
      memory::load_conversation_sweep(file, MICROFICHE_SOURCE_DIR, common.set);
  if (seed) {
    sweep.config.seed = *seed;
  }
  auto loaded = open_model(common);
  check_folder(folder, write_config(sweep.config));
  // First, so that a folder that cannot be written is refused early.
  write_file(folder / "config.json", write_config(sweep.config).dump(2) + "\n");
  write_file(
      folder / "environment.json",
      sweep::describe_environment(
          loaded.provenance(),
          {sweep.layout.page_style.font},
          at::get_num_threads())
              .dump(2) +
          "\n");
  LazyProgress progress("running", "conversation");
  if (sweep.config.grow_by > 0) {
    const auto rows =
        memory::grow_conversations(sweep, loaded, folder, std::ref(progress));
    const auto table = memory::growth_table(rows);
    progress.finish();
    write_table(folder / "growth.csv", table);
    write_file("-", to_text(table));
    for (const auto& found : memory::break_even(rows)) {
      write_file("-", break_even_text(found) + "\n");
    }
    say((folder / "growth.csv").string());
    return;
  }
  Table table;
  memory::ConversationSweepCallbacks callbacks;
  callbacks.progress = std::ref(progress);
  callbacks.results = [&](const std::vector<memory::CellResult>& results) {
    table = write_results(sweep, loaded, folder, results);
  };
  try {
    memory::run_conversations(sweep, loaded, folder, callbacks);
  } catch (...) {
    progress.finish();
    if (!table.rows.empty()) {
      say(concat(
          folder.string(),
          ": the tables have the conversations that are finished; the same "
          "command with -o resumes"));
    }
    throw;
  }
  progress.finish();
  write_file("-", to_text(table));
  say(concat(
      folder.string(),
      ": cells.json, cells.csv, places.csv, ages.csv, accuracy.json"));
}

} // namespace microfiche::apps
