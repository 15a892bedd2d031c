#include "memory/reading/plan_context.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/stop_signal.h"
#include "memory/derived_files.h"
#include "memory/policy/accuracy_table.h"
#include "memory/reading/build_tokens.h"
#include "memory/recall/token_files.h"
#include "model/vision_token_file.h"

#include <torch/torch.h>

#include <algorithm>

// L = positions, D = width of the decoder.

namespace microfiche::memory {
namespace {

/// Positions that one call of the decoder appends: enough for fast matrix
/// products, and few enough for small attention scores.
constexpr int64_t kChunkPositions = 512;

decoder::KvCache make_cache(model::LoadedModel& loaded, int64_t capacity) {
  const int64_t window = loaded.model->decoder->options.window();
  check(
      window == 0,
      loaded.folder.string(),
      ": the decoder forgets its own output after a window of ",
      window,
      " positions; the context of a plan needs one without a window");
  return loaded.model->decoder->make_cache(/*batch=*/1, capacity);
}

/// (1, L) int64 on the device.
torch::Tensor ids_tensor(
    const std::vector<int64_t>& ids,
    model::LoadedModel& loaded) {
  return torch::tensor(ids, torch::kInt64)
      .unsqueeze(0)
      .to(loaded.placement.device);
}

ContextPage text_page(const std::string& text, model::LoadedModel& loaded) {
  auto ids = loaded.tokenizer().encode(text, /*added_tokens=*/false);
  ContextPage page;
  page.id = "text " + sha256(text);
  page.positions = std::ssize(ids);
  page.embeds = [ids = std::vector<int64_t>(ids.begin(), ids.end()), &loaded] {
    return loaded.model->decoder->embed(ids_tensor(ids, loaded)).squeeze(0);
  };
  return page;
}

} // namespace

std::vector<ContextPage> context_pages(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded) {
  const auto model = token_file_model(loaded);
  const auto texts = page_texts(store, plan);
  std::vector<ContextPage> pages;
  for (size_t i = 0; i < plan.items.size(); ++i) {
    const auto& item = plan.items[i];
    if (item.mode == kGone || pages_of_picture(plan, i).back() != i) {
      continue;
    }
    if (item.mode == kText) {
      pages.push_back(text_page(texts[i], loaded));
      continue;
    }
    const auto tokens =
        find_token_file(store, item.page, item.mode, item.how, model);
    check(
        tokens.has_value(),
        store.path().string(),
        ": page ",
        item.page,
        " of plan ",
        plan.id,
        " has no vision tokens of this model in ",
        item.mode,
        "; run `microfiche memory build` with this model");
    ContextPage page;
    page.id = "tokens " + tokens->sha256;
    page.positions = tokens->positions;
    page.embeds = [&store, &loaded, hash = tokens->sha256] {
      // Throws for a file that is missing or has other bytes.
      read_derived_file(store, hash, kTokensExtension);
      return model::read_vision_tokens(
                 derived_file(store, hash, kTokensExtension))
          .tokens.sequence.to(loaded.model->tensor_options());
    };
    pages.push_back(std::move(page));
  }
  return pages;
}

std::vector<ContextPage> text_pages(
    const std::vector<std::string>& texts,
    model::LoadedModel& loaded) {
  std::vector<ContextPage> pages;
  for (const auto& text : texts) {
    pages.push_back(text_page(text, loaded));
  }
  return pages;
}

PlanContext::PlanContext(model::LoadedModel& loaded, int64_t capacity)
    : loaded_(loaded),
      cache_(make_cache(loaded, capacity)),
      step_(loaded.model->decoder) {}

torch::Tensor PlanContext::append(const torch::Tensor& embeds) {
  torch::Tensor hidden;
  for (const auto& chunk : embeds.unsqueeze(0).split(kChunkPositions, 1)) {
    throw_if_stop_requested();
    hidden = loaded_.model->decoder->forward(chunk, &cache_);
  }
  return hidden.select(/*dim=*/1, /*index=*/-1);
}

void PlanContext::cut_to_pages() {
  if (positions() > 0) {
    cache_.truncate(end_of_pages());
  }
}

ContextChange PlanContext::move_to(const std::vector<ContextPage>& pages) {
  int64_t needed = 1;
  for (const auto& page : pages) {
    needed += page.positions;
  }
  check(
      needed <= cache_.capacity(),
      "the pages need ",
      needed,
      " positions, and the context has ",
      cache_.capacity(),
      "; plan with a smaller budget");
  const torch::InferenceMode inference;
  ContextChange change;
  size_t same = 0;
  while (same < std::min(pages.size(), held_.size()) &&
         pages[same].id == held_[same]) {
    change.kept += pages[same++].positions;
  }
  held_.resize(same);
  ends_.resize(same);
  cut_to_pages();
  change.time = measure_time([&] {
    std::vector<torch::Tensor> added;
    if (positions() == 0) {
      added.push_back(loaded_.model->decoder
                          ->embed(ids_tensor(
                              {loaded_.config.language.bos_token_id}, loaded_))
                          .squeeze(0));
    }
    for (size_t i = same; i < pages.size(); ++i) {
      added.push_back(pages[i].embeds());
      change.prefilled += pages[i].positions;
    }
    if (!added.empty()) {
      append(torch::cat(added));
    }
  });
  for (size_t i = same; i < pages.size(); ++i) {
    ends_.push_back(end_of_pages() + pages[i].positions);
    held_.push_back(pages[i].id);
  }
  return change;
}

std::vector<int64_t>
PlanContext::answer(const std::string& prompt, int64_t count, bool past_end) {
  const auto encoded =
      loaded_.tokenizer().encode(prompt, /*added_tokens=*/false);
  const std::vector<int64_t> prompt_ids(encoded.begin(), encoded.end());
  // An answer that was interrupted left some positions.
  cut_to_pages();
  const int64_t before = positions();
  const int64_t needed = before + std::ssize(prompt_ids) + count;
  check(
      needed <= cache_.capacity() && before > 0 && !prompt_ids.empty(),
      "a question of ",
      prompt_ids.size(),
      " tokens and an answer of ",
      count,
      " behind ",
      before,
      " positions need ",
      needed,
      ", and the context has ",
      cache_.capacity());
  const torch::InferenceMode inference;
  std::vector<int64_t> ids;
  auto logits = loaded_.model->decoder->logits(
      append(loaded_.model->decoder->embed(ids_tensor(prompt_ids, loaded_))
                 .squeeze(0)));
  while (std::ssize(ids) < count) {
    const auto id = logits.argmax(-1).item<int64_t>();
    if (id == loaded_.config.language.eos_token_id && !past_end) {
      break;
    }
    ids.push_back(id);
    if (std::ssize(ids) < count) {
      logits = step_.logits(ids_tensor({id}, loaded_), cache_);
    }
  }
  cut_to_pages();
  return ids;
}

} // namespace microfiche::memory
