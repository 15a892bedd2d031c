#pragma once

#include "training/trainer.h"
#include "training/training_config.h"

#include "core/config.h"
#include "core/files.h"
#include "tests/support/folders.h"
#include "tests/support/logged_losses.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace microfiche::tests {

/// A model folder to train: the goldens' sizes and the byte tokenizer.
inline void write_small_model(const std::filesystem::path& folder) {
  write_file(
      folder / "config.json",
      read_file(data_path("training/model/config.json")));
  write_file(folder / "tokenizer.json", read_file(byte_tokenizer()));
}

/// The same with random weights to start from.
inline void write_small_model_with_weights(
    const std::filesystem::path& folder) {
  write_small_model(folder);
  torch::manual_seed(5);
  model::save_model(
      model::make_model(
          model::load_model_config(folder / "config.json"), byte_tokenizer()),
      folder,
      torch::kFloat32,
      byte_tokenizer());
}

/// A training of two stages and seven steps that takes a second, in `folder`.
inline training::TrainingConfig small_training(
    const std::filesystem::path& folder) {
  write_small_model(folder / "model");
  write_file(
      folder / "text" / "training.txt",
      "The quick brown fox jumps over the lazy dog, and the dog sleeps on.");
  write_file(
      folder / "text" / "held_out.txt", "A page that nobody has ever seen.");
  const Json json = parse_json(
      R"({
        "model": "model",
        "corpus": ["training.txt"],
        "held_out": ["held_out.txt"],
        "stages": [
          {
            "name": "encoder", "steps": 3,
            "pages": {"modes": {"one": 1, "four": 1},
                      "characters_per_token": [4, 6]},
            "batch": {"characters": 60, "points_per_page": 8},
            "losses": {"reading": 0, "glyph": 1},
            "rates": [{"match": "encoder.*"}, {"match": "heads.glyph.*"}]
          },
          {
            "name": "reading", "steps": 4, "batches_per_step": 2,
            "pages": {"modes": {"one": 1, "four": 1},
                      "characters_per_token": [4, 6]},
            "batch": {"characters": 60, "points_per_page": 8},
            "losses": {"reading": 1, "glyph": 0.1, "balance": 0.01},
            "schedule": {"warmup_steps": 2},
            "rates": [{"match": "heads.reading.*", "muon": 0, "adam": 0},
                      {"match": "*"}]
          }
        ],
        "glyph_head": {"width": 16, "cells": 2},
        "evaluation": {"modes": ["one"], "characters_per_token": [5],
                       "pages": 2},
        "checkpoints": {"every_steps": 2, "keep": 2},
        "log_every": 1, "workers": 2
      })",
      "small training");
  auto config = read_config<training::TrainingConfig>(json, "small training");
  config.model = folder / "model";
  config.corpus = {folder / "text" / "training.txt"};
  config.held_out = {folder / "text" / "held_out.txt"};
  return config;
}

/// A stage that learns two pages of three letters by heart, and an evaluation
/// that reads them.
inline void learn_two_texts(
    training::TrainingConfig& config,
    training::StageConfig stage,
    const std::filesystem::path& folder) {
  write_file(folder / "pages" / "a.txt", "cab");
  write_file(folder / "pages" / "b.txt", "fed");
  config.corpus = {folder / "pages"};
  config.held_out = config.corpus;
  stage.batches_per_step = 1;
  stage.pages->modes = {{"one", 1.0}};
  stage.pages->texts = {{"corpus", 1.0}};
  stage.pages->characters_per_token = {3, 3};
  config.stages = {stage};
  config.evaluation.texts = {"corpus"};
  config.evaluation.characters_per_token = {3};
  config.evaluation.pages = 8;
  config.checkpoints.every_steps = 0;
}

/// Trains an adapter with dropout in place of the weights of a small training,
/// in one stage of four steps.
inline void train_adapter(training::TrainingConfig& config) {
  write_small_model_with_weights(config.model);
  config.from_weights = true;
  config.adapter = model::AdapterConfig{.rank = 2, .alpha = 4, .dropout = 0.2};
  auto& stage = config.stages[1];
  stage.losses["glyph"] = 0;
  stage.batch.points_per_page = 0;
  stage.rates = {training::RateRule{.match = "adapter", .adam = 0.01}};
  config.stages = {stage};
}

/// The losses of an uninterrupted run.
inline std::map<int64_t, double> undisturbed_losses(
    const training::TrainingConfig& config) {
  const TemporaryFolder run;
  training::Trainer(config, run.path(), torch::kCPU).run();
  return logged_losses(run.path());
}

} // namespace microfiche::tests
