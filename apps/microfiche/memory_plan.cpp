#include "memory_commands.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/plural.h"
#include "core/terminal.h"
#include "memory/plans.h"
#include "memory/policy/plan_table.h"
#include "memory/reading/plan_input.h"
#include "memory/timestamp.h"
#include "model/memory_estimate.h"
#include "model/model_config.h"
#include "tokenizer/tokenizer.h"

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
    policy = memory::default_policy(memory::ladder_modes(config, input));
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
    write_file("-", memory::plan_json(plan, id).dump(2) + "\n");
    return;
  }
  write_file(
      "-",
      concat(
          to_text(memory::plan_table(plan)),
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

} // namespace microfiche::apps
