#include "memory_commands.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/plans.h"
#include "memory/reading/plan_input.h"
#include "memory/timestamp.h"
#include "model/memory_estimate.h"
#include "model/model_config.h"
#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <memory>

namespace microfiche::apps {
namespace {

using memory::Store;

struct MemoryPlanArguments : MemoryArguments {
  std::string conversation;
  std::string policy;
  std::string accuracy;
  int64_t budget = 0;
  int64_t now = 0;
  bool dry_run = false;
  std::string format = "table";
};

/// Modes of a model that it was trained on, or all, most positions first.
std::vector<std::string> ladder_modes(
    const model::ModelConfig& config,
    const memory::PlanInput& input) {
  const auto& trained = config.toolkit.trained_on;
  std::vector<size_t> order;
  for (size_t i = 0; i < input.modes.size(); ++i) {
    const bool known = !trained || trained->modes.empty() ||
        std::count(
            trained->modes.begin(), trained->modes.end(), input.modes[i]) > 0;
    if (known) {
      order.push_back(i);
    }
  }
  const auto& positions = input.pages.back().positions;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return positions[a] > positions[b];
  });
  std::vector<std::string> names;
  for (const size_t i : order) {
    names.push_back(input.modes[i]);
  }
  return names;
}

memory::AccuracyTable load_accuracy(const std::string& file) {
  if (file.empty()) {
    return {};
  }
  auto table = load_config<memory::AccuracyTable>(file);
  check(!table.rows.empty(), file, ": rows: expected at least one row");
  return table;
}

memory::PlanInput plan_input(
    Store& store,
    const memory::Conversation& conversation,
    const model::ModelConfig& config,
    const MemoryPlanArguments& arguments) {
  const auto tokenizer = tokenizer::Tokenizer::load(
      model_folder(arguments.common) / "tokenizer.json");
  const auto placement =
      model::find_placement("cpu", arguments.common.dtype, config.dtype());
  auto input =
      memory::make_plan_input(store, conversation.id, config, tokenizer);
  if (arguments.budget > 0) {
    input.budget = arguments.budget;
  }
  if (arguments.now > 0) {
    input.now_seq = arguments.now;
  }
  input.kv_bytes_per_position = model::kv_cache_bytes(config, placement);
  return input;
}

std::string recall_text(const std::optional<double>& recall) {
  return recall ? fixed(*recall, 3) : "-";
}

std::string range_text(int64_t first, int64_t last) {
  return first == last ? concat(first) : concat(first, "-", last);
}

bool has_picture(const memory::PlanItem& item) {
  return item.mode != memory::kGone && item.mode != memory::kText;
}

/// With the way in which the picture is made.
std::string name_of_mode(const memory::PlanItem& item) {
  return has_picture(item)
      ? memory::aged_mode_name(item.mode, item.ageing, item.merged.size())
      : item.mode;
}

/// As a store has it; null without a picture.
Json how_json(const memory::PlanItem& item) {
  return has_picture(item) ? Json(memory::ageing_text(item.ageing, item.merged))
                           : Json(nullptr);
}

/// Neighbouring pages that share mode, way and reason are one row.
Table plan_table(const memory::Plan& plan) {
  Table table;
  table.header = {
      "pages",
      "turns",
      "age",
      "mode",
      "positions",
      "KV bytes",
      "expected recall",
      "reason"};
  const auto& items = plan.items;
  for (size_t begin = 0; begin < items.size();) {
    const auto& first = items[begin];
    const auto name = name_of_mode(first);
    size_t end = begin;
    int64_t positions = 0;
    double recall = 0;
    bool known = true;
    for (; end < items.size() && name_of_mode(items[end]) == name &&
         items[end].reason == first.reason;
         ++end) {
      positions += items[end].positions;
      known = known && items[end].expected_recall.has_value();
      recall += items[end].expected_recall.value_or(0);
    }
    const auto& last = items[end - 1];
    table.rows.push_back(
        {range_text(static_cast<int64_t>(begin) + 1, static_cast<int64_t>(end)),
         range_text(first.first_seq, last.last_seq),
         range_text(last.age, first.age),
         name,
         concat(positions),
         concat(plan.spent > 0 ? positions * (plan.kv_bytes / plan.spent) : 0),
         recall_text(
             known ? std::optional(recall / static_cast<double>(end - begin))
                   : std::nullopt),
         std::string(name_of(first.reason))});
    begin = end;
  }
  return table;
}

Json plan_json(const memory::Plan& plan, const std::optional<int64_t>& id) {
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  Json json = {
      {"plan", id ? Json(*id) : Json(nullptr)},
      {"budget", plan.budget},
      {"now", plan.now_seq},
      {"positions", plan.spent},
      {"text_positions", plan.text_positions},
      {"kv_bytes", plan.kv_bytes},
      {"expected_recall", number(plan.expected_recall)},
      {"pages", Json::array()}};
  for (const auto& item : plan.items) {
    json["pages"].push_back(
        {{"page", item.page},
         {"turns", {item.first_seq, item.last_seq}},
         {"age", item.age},
         {"mode", item.mode},
         {"how", how_json(item)},
         {"positions", item.positions},
         {"expected_recall", number(item.expected_recall)},
         {"reason", name_of(item.reason)}});
  }
  return json;
}

void run_plan(const MemoryPlanArguments& arguments) {
  apply_common_arguments(arguments.common);
  // Files first, so that a bad one is found before the pages are counted.
  std::optional<memory::Policy> policy;
  if (!arguments.policy.empty()) {
    policy = memory::load_policy(arguments.policy, arguments.common.set);
  }
  const auto accuracy = load_accuracy(arguments.accuracy);
  Store store(
      arguments.store,
      arguments.dry_run ? Store::Mode::kRead : Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  const auto config_file = model_folder(arguments.common) / "config.json";
  const auto config = model::load_model_config(config_file);
  auto input = plan_input(store, conversation, config, arguments);
  input.accuracy = accuracy;
  if (!policy) {
    policy = memory::default_policy(ladder_modes(config, input));
  }
  const auto plan = memory::make_plan(*policy, input);
  std::optional<int64_t> id;
  if (!arguments.dry_run) {
    id = memory::save_plan(
        store,
        conversation.id,
        *policy,
        plan,
        sha256(read_file(config_file)),
        memory::system_time_ms());
  }
  if (arguments.format == "json") {
    write_file("-", plan_json(plan, id).dump(2) + "\n");
    return;
  }
  write_file(
      "-",
      concat(
          to_text(plan_table(plan)),
          id ? concat("plan ", *id, ": ") : std::string("dry run: "),
          plan.spent,
          " of ",
          plan.budget,
          " positions (plain text: ",
          plan.text_positions,
          "), ",
          plan.kv_bytes,
          " bytes of KV cache, expected recall ",
          plan.expected_recall ? fixed(*plan.expected_recall, 3)
              : arguments.accuracy.empty()
              ? "unknown without --accuracy"
              : "unknown: --accuracy has no row for "
                "some of the pages",
          "\n"));
}

struct MemoryPinArguments : MemoryArguments {
  std::string conversation;
  int64_t turn = 0;
  double importance = 1;
};

void add_pin_options(CLI::App& command, MemoryPinArguments& arguments) {
  command.add_option("turn", arguments.turn, "Number of the turn")
      ->type_name("SEQ")
      ->required();
  command
      .add_option(
          "--conversation",
          arguments.conversation,
          "Number or name of the conversation; default: the only one")
      ->type_name("ID");
}

void run_pin(const MemoryPinArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  memory::pin_turn(
      store, conversation.id, arguments.turn, arguments.importance);
  say(concat("pinned ", conversation.name, ":", arguments.turn));
}

void run_unpin(const MemoryPinArguments& arguments) {
  apply_common_arguments(arguments.common);
  Store store(arguments.store, Store::Mode::kWrite);
  const auto conversation = choose_conversation(store, arguments.conversation);
  const bool removed =
      memory::unpin_turn(store, conversation.id, arguments.turn);
  say(concat(
      conversation.name,
      ":",
      arguments.turn,
      removed ? " is no longer pinned" : " was not pinned"));
}

} // namespace

void add_memory_plan(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPlanArguments>();
  auto* command = memory.add_subcommand(
      "plan",
      "microfiche memory plan --budget 4000 --store my.db\n"
      "microfiche memory plan --policy configs/memory/nano_ladder.json "
      "--dry-run --store my.db\n\n"
      "Decides how many positions of the decoder's context each page gets, and "
      "says what that costs before anything is encoded. Keeps the plan in the "
      "store. Pages that do not fit are dropped from the plan, the oldest "
      "first; the store keeps them.");
  command
      ->add_option(
          "--conversation",
          arguments->conversation,
          "Number or name of the conversation; default: the only one")
      ->type_name("ID");
  command
      ->add_option(
          "--budget",
          arguments->budget,
          "Positions that the pages may take; default: those of the model")
      ->type_name("N")
      ->check(whole_number());
  auto* policy =
      command
          ->add_option(
              "--policy",
              arguments->policy,
              "Policy, a JSON file as in configs/memory; default: an age "
              "ladder over the modes that the model was trained on")
          ->type_name("FILE");
  command
      ->add_option(
          "--accuracy",
          arguments->accuracy,
          "Measured recall by mode, a JSON file; default: none, expected "
          "recall is unknown")
      ->type_name("FILE");
  command
      ->add_option(
          "--now",
          arguments->now,
          "The turn that counts as now; default: the newest of the "
          "conversation")
      ->type_name("SEQ")
      ->check(whole_number());
  command->add_flag(
      "--dry-run", arguments->dry_run, "Only print; keep no plan");
  add_format_option(*command, arguments->format);
  add_model_folder_option(*command, arguments->common);
  command
      ->add_option(
          "--set",
          arguments->common.set,
          "Set a field of the policy, e.g. age.quantum=8")
      ->type_name("path.to.field=value")
      ->allow_extra_args(false)
      ->needs(policy);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_plan(*arguments); });
}

void add_memory_pin(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPinArguments>();
  auto* command = memory.add_subcommand(
      "pin",
      "microfiche memory pin 12 --store my.db\n\n"
      "Pins a turn: policies with pins keep its page well legible.");
  add_pin_options(*command, *arguments);
  command
      ->add_option(
          "--importance",
          arguments->importance,
          "A number that the policy's pins.importance is compared with")
      ->capture_default_str();
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_pin(*arguments); });
}

void add_memory_unpin(CLI::App& memory) {
  auto arguments = std::make_shared<MemoryPinArguments>();
  auto* command = memory.add_subcommand(
      "unpin",
      "microfiche memory unpin 12 --store my.db\n\n"
      "Removes the pin of a turn.");
  add_pin_options(*command, *arguments);
  add_store_options(*command, *arguments);
  command->callback([arguments] { run_unpin(*arguments); });
}

} // namespace microfiche::apps
