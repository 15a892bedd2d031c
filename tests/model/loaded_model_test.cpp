#include "tests/model/loaded_model_fixture.h"

#include "core/files.h"
#include "model/checkpoint_names.h"

#include <ATen/Parallel.h>

#include <vector>

namespace microfiche::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST_F(LoadedModelTest, LoadsWhatWasSaved) {
  const auto saved = tests::make_tiny_model();

  const auto loaded = load_model(folder.path());

  const auto expected = saved.model->named_parameters();
  const auto actual = loaded.model->named_parameters();
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& item : expected) {
    EXPECT_TRUE(torch::equal(actual[item.key()], item.value())) << item.key();
  }
  EXPECT_EQ(loaded.config.toolkit.default_prompt, "<image>");
  EXPECT_FALSE(loaded.model->is_training());
}

TEST_F(LoadedModelTest, APublishedFolderSurvivesLoadingAndSaving) {
  const auto loaded = load_model(tests::parity_model());
  tests::TemporaryFolder copy;

  save_model(loaded, copy.path(), torch::kFloat32, /*tokenizer_file=*/"");

  const auto expected = read_tensors(tests::parity_model());
  const auto actual = read_tensors(copy.path());
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_TRUE(torch::equal(actual.at(name), tensor)) << name;
  }
  EXPECT_EQ(read_json_file(copy.path() / "config.json")["tile_tag"], "2D");
}

TEST_F(LoadedModelTest, SavesBfloat16) {
  tests::TemporaryFolder copy;

  save_model(
      load_model(folder.path()),
      copy.path(),
      torch::kBFloat16,
      tests::byte_tokenizer());

  const auto original = load_model(folder.path());
  const auto rounded = load_model(copy.path());
  EXPECT_EQ(
      read_tensors(copy.path()).at("lm_head.weight").scalar_type(),
      torch::kBFloat16);
  EXPECT_TRUE(torch::equal(
      rounded.model->decoder->lm_head->weight,
      original.model->decoder->lm_head->weight.to(torch::kBFloat16)
          .to(torch::kFloat32)));
  // The dtype of the weights is not the dtype of computation.
  EXPECT_EQ(
      read_json_file(copy.path() / "config.json")["torch_dtype"], "float32");
}

TEST_F(LoadedModelTest, ASavedConfigKeepsItsOneDtypeField) {
  Json json = read_json_file(folder.path() / "config.json");
  json.erase("torch_dtype");
  json["dtype"] = "bfloat16";
  write_json_file(folder.path() / "config.json", json);

  const tests::TemporaryFolder copy;
  save_model(
      load_model(folder.path()),
      copy.path(),
      torch::kBFloat16,
      tests::byte_tokenizer());

  const Json saved = read_json_file(copy.path() / "config.json");
  EXPECT_EQ(saved["dtype"], "bfloat16");
  EXPECT_FALSE(saved.contains("torch_dtype"));
}

TEST_F(LoadedModelTest, AFloat16ConfigNamesTheDtypeThatIsSaved) {
  Json json = read_json_file(folder.path() / "config.json");
  json["torch_dtype"] = "float16";
  json["language_config"]["dtype"] = "float16";
  write_json_file(folder.path() / "config.json", json);

  const tests::TemporaryFolder copy;
  save_model(
      load_model(folder.path()),
      copy.path(),
      torch::kFloat32,
      tests::byte_tokenizer());

  EXPECT_EQ(load_model_config(copy.path() / "config.json").dtype(), "float32");
  EXPECT_EQ(
      read_tensors(copy.path()).at("lm_head.weight").scalar_type(),
      torch::kFloat32);
}

TEST_F(LoadedModelTest, WeightsOfTheRightTypeStayInTheFile) {
  const auto loaded = load_model(folder.path());

  const auto bytes = loaded.checkpoint->find("lm_head.weight")->bytes;
  EXPECT_EQ(
      loaded.model->decoder->lm_head->weight.const_data_ptr(), bytes.data());
}

TEST_F(LoadedModelTest, WritingToAWeightDoesNotReachTheFile) {
  const auto file = folder.path() / "model.safetensors";
  const std::string before = read_file(file);
  {
    const torch::NoGradGuard no_grad;
    load_model(folder.path()).model->decoder->lm_head->weight.zero_();
  }

  EXPECT_EQ(read_file(file), before);
}

TEST_F(LoadedModelTest, WeightsOutliveTheRestOfTheModel) {
  const auto weight = load_model(folder.path()).model->decoder->lm_head->weight;

  EXPECT_TRUE(torch::equal(
      weight, load_model(folder.path()).model->decoder->lm_head->weight));
}

TEST_F(LoadedModelTest, OutputIsBitwiseEqualForAnyNumberOfThreads) {
  const auto loaded = load_model(tests::nano_model());
  const int before = at::get_num_threads();
  // About seven of 28 ids per expert; see `kernels::linear`.
  const auto outputs_with = [&](const char* mode, int threads) {
    at::set_num_threads(threads);
    return outputs(loaded, loaded.find_mode(mode), /*num_ids=*/28);
  };
  for (const char* mode : {"nano-4", "nano-9", "nano-16"}) {
    const auto expected = outputs_with(mode, 1);

    for (const int threads : {2, 4}) {
      EXPECT_TRUE(torch::equal(outputs_with(mode, threads), expected))
          << mode << ", " << threads << " threads";
    }
  }
  at::set_num_threads(before);
}

TEST_F(LoadedModelTest, RunsInBfloat16) {
  const auto loaded =
      load_model(folder.path(), {torch::kCPU, torch::kBFloat16});

  for (const auto& parameter : loaded.model->parameters()) {
    EXPECT_EQ(parameter.scalar_type(), torch::kBFloat16);
  }
}

TEST_F(LoadedModelTest, ReadsHalfPrecisionFiles) {
  change([](Tensors& tensors) {
    for (auto& [name, tensor] : tensors) {
      tensor = tensor.to(torch::kFloat16);
    }
  });

  const auto loaded = load_model(folder.path());

  EXPECT_TRUE(torch::allclose(
      loaded.model->view_separator,
      tests::make_tiny_model().model->view_separator,
      /*rtol=*/1e-3,
      /*atol=*/1e-3));
}

TEST_F(LoadedModelTest, IgnoresTheTableOfResavedCopies) {
  change([](Tensors& tensors) {
    tensors["model.vision_model.embeddings.position_ids"] =
        torch::arange(10).unsqueeze(0);
  });

  EXPECT_NO_THROW(load_model(folder.path()));
}

TEST_F(LoadedModelTest, ReadsShards) {
  const auto tensors = read_tensors(folder.path());
  Json map = Json::object();
  Tensors shards[2];
  for (const auto& [name, tensor] : tensors) {
    const size_t shard = map.size() % 2;
    shards[shard][name] = tensor;
    map[name] = concat("part-", shard, ".safetensors");
  }
  std::filesystem::remove(folder.path() / "model.safetensors");
  write_tensors(folder.path() / "part-0.safetensors", shards[0]);
  write_tensors(folder.path() / "part-1.safetensors", shards[1]);
  write_json_file(
      folder.path() / "model.safetensors.index.json",
      {{"metadata", Json::object()}, {"weight_map", map}});

  const auto loaded = load_model(folder.path());

  EXPECT_TRUE(torch::equal(
      loaded.model->decoder->lm_head->weight, tensors.at("lm_head.weight")));
}

TEST_F(LoadedModelTest, ListsTensorsThatDoNotFit) {
  change([](Tensors& tensors) {
    tensors.erase("model.norm.weight");
    tensors["model.extra"] = torch::zeros({1});
    tensors["lm_head.weight"] = torch::zeros({260, 31});
    tensors["model.image_newline"] = torch::zeros({32}, torch::kInt64);
  });

  EXPECT_THAT(
      [&] { load_model(folder.path()); },
      ThrowsMessage<InputError>(AllOf(
          HasSubstr("missing (1):\n    model.norm.weight"),
          HasSubstr("unexpected (1):\n    model.extra"),
          HasSubstr("lm_head.weight: expected [260, 32] from config.json, got "
                    "[260, 31]"),
          HasSubstr("model.image_newline: I64"))));
}

TEST_F(LoadedModelTest, ListsNoMoreThanTenTensorsByName) {
  change([](Tensors& tensors) {
    for (int i = 0; i < 25; ++i) {
      tensors[concat("extra.", i)] = torch::zeros({1});
    }
  });

  expect_refused("and 15 more");
}

TEST_F(LoadedModelTest, RefusesATokenizerThatExceedsTheEmbedding) {
  auto json = nlohmann::json::parse(read_file(tests::byte_tokenizer()));
  json["added_tokens"].push_back(
      {{"id", 300},
       {"content", "<more>"},
       {"single_word", false},
       {"lstrip", false},
       {"rstrip", false},
       {"normalized", false},
       {"special", true}});
  write_file(folder.path() / "tokenizer.json", json.dump());

  expect_refused("its largest id is 300 but the model's embedding has rows");
}

TEST_F(LoadedModelTest, RefusesATruncatedCheckpoint) {
  const auto file = folder.path() / "model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 100);

  expect_refused("model.safetensors");
}

TEST_F(LoadedModelTest, SaysThatAFolderIsMissing) {
  EXPECT_THAT(
      [&] { load_model(folder.path() / "nowhere"); },
      ThrowsMessage<InputError>(HasSubstr("which does not exist")));
}

TEST_F(LoadedModelTest, WorksWithoutATokenizerUntilTextIsNeeded) {
  std::filesystem::remove(folder.path() / "tokenizer.json");

  const auto loaded = load_model(folder.path());

  EXPECT_THAT(
      [&] { loaded.tokenizer(); },
      ThrowsMessage<InputError>(HasSubstr("there is no tokenizer.json")));
}

TEST_F(LoadedModelTest, TheHashChangesWithTheWeights) {
  const std::string before = load_model(folder.path()).hash();
  change([](Tensors& tensors) { tensors["model.norm.weight"][0] += 1; });

  EXPECT_NE(load_model(folder.path()).hash(), before);
}

} // namespace
} // namespace microfiche::model
