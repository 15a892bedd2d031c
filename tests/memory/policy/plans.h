#pragma once

#include "memory/policy/plan.h"

#include "core/error.h"
#include "core/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace microfiche::tests {

/// Pages of one turn each, with the positions of the nano model's modes and a
/// text of 100 tokens.
inline memory::PlanInput nano_input(int64_t num_pages) {
  memory::PlanInput input;
  input.modes = {"nano-9", "nano-4", "nano-1"};
  for (int64_t i = 1; i <= num_pages; ++i) {
    memory::PageState page;
    page.page = 100 + i;
    page.first_seq = i;
    page.last_seq = i;
    page.text_positions = 100;
    page.positions = {13, 7, 3};
    input.pages.push_back(page);
  }
  input.budget = 1000;
  input.now_seq = num_pages;
  input.max_positions = 4096;
  input.kv_bytes_per_position = 6144;
  return input;
}

inline memory::Policy policy_of(const std::string& json) {
  return {
      read_config<memory::PolicyConfig>(parse_json(json, "p.json"), "p.json"),
      "p.json"};
}

inline memory::Policy uniform(const std::string& mode) {
  return policy_of(
      R"({"policy": "uniform", "options": {"mode": ")" + mode + R"("}})");
}

inline std::vector<std::string> modes_of(const memory::Plan& plan) {
  std::vector<std::string> modes;
  for (const auto& item : plan.items) {
    modes.push_back(item.mode);
  }
  return modes;
}

/// Measured with the nano model on pages of six facts at 26.6 px.
inline memory::AccuracyTable nano_accuracy() {
  memory::AccuracyTable table;
  table.rows = {
      {"nano-9", std::nullopt, 1.0, 240},
      {"nano-4", std::nullopt, 0.817, 240},
      {"nano-1", std::nullopt, 0.0, 240}};
  return table;
}

} // namespace microfiche::tests
