#include "memory/reading/build_tokens.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/utf8.h"
#include "memory/derived_files.h"
#include "memory/pages.h"
#include "memory/policy/accuracy_table.h"
#include "memory/reading/aged_page.h"
#include "memory/reading/shrink_tokens.h"
#include "model/vision_token_file.h"
#include "page/image_file.h"
#include "page/page_views.h"
#include "page/vision_token_order.h"

#include <algorithm>
#include <map>
#include <vector>

namespace microfiche::memory {
namespace {

/// Pages that are encoded together.
constexpr size_t kBatchPages = 16;

/// A page of the plan that has a picture.
struct PictureItem {
  const StoredPlanItem* item = nullptr;
  StoredRendering original;

  /// Its vision tokens in the mode that it is encoded in, if they become fewer
  /// and are there.
  std::optional<StoredTokenFile> source;
};

/// Mode and way, without the pages on a picture.
using ModeAndWay = std::pair<std::string, std::string>;

std::string where_of(const Store& store, const StoredPlan& plan) {
  return concat(store.path().string(), ": plan ", plan.id);
}

page::ResolutionMode mode_of(
    const Store& store,
    const StoredPlan& plan,
    const std::string& name,
    const model::LoadedModel& loaded) {
  try {
    return loaded.find_mode(name);
  } catch (const UsageError& error) {
    throw InputError(concat(
        where_of(store, plan),
        " was made for another model; run `microfiche memory plan` with this "
        "one: ",
        error.what()));
  }
}

/// Writes one token file and returns its row; it has no id yet.
StoredTokenFile save_tokens(
    const Store& store,
    const model::VisionTokens& tokens,
    const TokenFileModel& model,
    int64_t& num_bytes) {
  // No row has this name, so the next build removes what a killed one left.
  const auto file = store.files_folder() / concat("new", kTokensExtension);
  model::write_vision_tokens(file, {tokens, model.sha256});
  const auto bytes = read_file(file);
  StoredTokenFile row;
  row.nominal = tokens.counts.nominal;
  row.valid = tokens.counts.valid;
  row.positions = tokens.counts.positions;
  row.sha256 = save_derived_file(store, bytes, kTokensExtension);
  num_bytes += static_cast<int64_t>(bytes.size());
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return row;
}

class TokenBuilder {
 public:
  TokenBuilder(
      Store& store,
      const StoredPlan& plan,
      model::LoadedModel& loaded,
      const std::function<void(int64_t, int64_t)>& progress)
      : store_(store),
        plan_(plan),
        loaded_(loaded),
        model_(token_file_model(loaded)),
        ager_(store, plan),
        progress_(progress) {}

  BuildReport run() {
    // What a killed build left.
    remove_unused_files(store_);
    const auto work = find_work();
    for (const auto& [way, items] : work) {
      const auto mode = mode_of(store_, plan_, way.first, loaded_);
      for (size_t i = 0; i < items.size(); i += kBatchPages) {
        throw_if_stop_requested();
        const size_t end = std::min(items.size(), i + kBatchPages);
        encode(
            {items.begin() + static_cast<int64_t>(i),
             items.begin() + static_cast<int64_t>(end)},
            mode);
        step(static_cast<int64_t>(end - i));
      }
    }
    return report_;
  }

 private:
  void step(int64_t count) {
    done_ += count;
    if (progress_) {
      progress_(done_, report_.encoded + report_.shrunk + report_.reused);
    }
  }

  /// The pages without vision tokens. Checks all pages of the plan.
  std::map<ModeAndWay, std::vector<PictureItem>> find_work() {
    std::map<ModeAndWay, std::vector<PictureItem>> work;
    for (size_t i = 0; i < plan_.items.size(); ++i) {
      const auto& item = plan_.items[i];
      if (item.mode == kGone || item.mode == kText) {
        ++(item.mode == kGone ? report_.gone : report_.as_text);
        continue;
      }
      if (pages_of_picture(plan_, i).back() != i) {
        continue;
      }
      const auto mode = mode_of(store_, plan_, item.mode, loaded_);
      const auto merged = read_merged_pages(item.how, where_of(store_, plan_));
      for (const int64_t page : merged) {
        check(
            std::any_of(
                plan_.items.begin(),
                plan_.items.end(),
                [&](const auto& other) { return other.page == page; }),
            where_of(store_, plan_),
            ": page ",
            page,
            ", which stands on one picture with page ",
            item.page,
            ", was erased; run `microfiche memory plan`");
      }
      const auto original =
          original_of(store_, merged.empty() ? item.page : merged.front());
      const int64_t positions = page::count_vision_tokens(
                                    mode,
                                    original.width,
                                    original.height,
                                    loaded_.config.pixels_per_token())
                                    .positions;
      check(
          positions == item.positions,
          where_of(store_, plan_),
          " gives page ",
          item.page,
          " ",
          item.positions,
          " positions in ",
          item.mode,
          ", and this model needs ",
          positions,
          "; it was made for another model, run `microfiche memory plan`");
      const auto ageing = read_ageing(item.how, where_of(store_, plan_));
      const auto encoded =
          encoded_mode(ageing, mode, loaded_, where_of(store_, plan_));
      if (find_built(picture_of(item, original, mode, encoded))) {
        ++report_.reused;
        continue;
      }
      auto& picture = work[{item.mode, ageing_text(ageing)}].emplace_back(
          PictureItem{&item, original, std::nullopt});
      if (ageing.shrinks_tokens()) {
        auto first = item;
        first.how = ageing_text({});
        picture.source =
            find_built(picture_of(first, original, encoded, encoded));
      }
      ++(picture.source ? report_.shrunk : report_.encoded);
      report_.of_other_models +=
          has_tokens_of_others(store_, item.page, item.mode, model_) ? 1 : 0;
    }
    step(report_.reused);
    return work;
  }

  /// The picture of a page in `mode`, which the encoder gets in `encoded`.
  ResizedPage picture_of(
      const StoredPlanItem& item,
      const StoredRendering& original,
      const page::ResolutionMode& mode,
      const page::ResolutionMode& encoded) const {
    ResizedPage page;
    page.merged = read_merged_pages(item.how, where_of(store_, plan_));
    page.page = page.merged.empty() ? item.page : page.merged.front();
    page.original = original.id;
    page.original_png = original.png_sha256;
    page.mode = mode.name;
    page.how = item.how;
    page.mode_json = write_config(mode).dump();
    if (encoded.name != mode.name) {
      page.mode_json += write_config(encoded).dump();
    }
    page.characters = original.characters;
    page.width = encoded.base_size_px;
    page.height = encoded.base_size_px;
    const auto side = encoded.fit == page::Fit::kPad
        ? std::max(original.width, original.height)
        : original.height;
    page.type_px = original.type_px *
        static_cast<double>(encoded.base_size_px) / static_cast<double>(side);
    return page;
  }

  std::optional<StoredTokenFile> find_built(const ResizedPage& page) const {
    auto tokens = find_token_file(store_, key_of(page), model_);
    return tokens &&
            std::filesystem::exists(
                derived_file(store_, tokens->sha256, kTokensExtension))
        ? tokens
        : std::nullopt;
  }

  /// The picture as the encoder gets it. `row` gets what a page that is drawn
  /// again has on it.
  page::PageViews view_of(
      const PictureItem& picture,
      const AgeingConfig& ageing,
      const page::ResolutionMode& mode,
      ResizedPage& row) {
    if (ageing.draws()) {
      const auto drawn = ager_.draw(*picture.item, mode, ageing);
      row.characters =
          static_cast<int64_t>(decode_utf8(drawn.text).text.size());
      row.type_px = drawn.type_px;
      return page::make_views(drawn.image, mode);
    }
    const auto bytes =
        read_derived_file(store_, picture.original.png_sha256, kPngExtension);
    return page::make_views(
        page::decode_image(
            std::as_bytes(std::span(bytes)),
            derived_file(store_, picture.original.png_sha256, kPngExtension)
                .string()),
        mode);
  }

  /// The vision tokens of pages, encoded now or read from their files.
  std::vector<model::VisionTokens> tokens_of(
      const std::vector<PictureItem>& items,
      const std::vector<page::PageViews>& views,
      const page::ResolutionMode& encoded) {
    std::vector<page::PageViews> unknown;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!items[i].source) {
        unknown.push_back(views[i]);
      }
    }
    std::vector<model::VisionTokens> made;
    if (!unknown.empty()) {
      report_.encode_time += measure_time([&] {
        const torch::InferenceMode inference;
        made = loaded_.model->encode(unknown, encoded);
      });
    }
    std::vector<model::VisionTokens> tokens;
    for (auto next = made.begin(); const auto& item : items) {
      if (!item.source) {
        tokens.push_back(std::move(*next++));
        continue;
      }
      // Throws for a file that has other bytes.
      read_derived_file(store_, item.source->sha256, kTokensExtension);
      tokens.push_back(
          model::read_vision_tokens(
              derived_file(store_, item.source->sha256, kTokensExtension))
              .tokens);
    }
    return tokens;
  }

  void encode(
      const std::vector<PictureItem>& items,
      const page::ResolutionMode& mode) {
    const auto ageing =
        read_ageing(items.front().item->how, where_of(store_, plan_));
    const auto encoded =
        encoded_mode(ageing, mode, loaded_, where_of(store_, plan_));
    std::vector<page::PageViews> views;
    std::vector<ResizedPage> rows_of_pages;
    for (const auto& picture : items) {
      auto& row = rows_of_pages.emplace_back(
          picture_of(*picture.item, picture.original, mode, encoded));
      views.push_back(view_of(picture, ageing, encoded, row));
    }
    auto tokens = tokens_of(items, views, encoded);
    for (auto& page : tokens) {
      page = shrink_tokens(std::move(page), ageing, mode, loaded_);
    }
    // Files first, so that no row names a file that is not there.
    std::vector<std::string> pictures;
    std::vector<StoredTokenFile> rows;
    for (size_t i = 0; i < items.size(); ++i) {
      pictures.push_back(save_derived_file(
          store_, page::encode_png(views[i].global_view), kPngExtension));
      rows.push_back(
          save_tokens(store_, tokens[i], model_, report_.token_bytes));
    }
    Transaction transaction(store_.database());
    for (size_t i = 0; i < items.size(); ++i) {
      const auto& page = rows_of_pages[i];
      // A row whose file was deleted, and its reading.
      if (const auto lost = find_token_file(store_, key_of(page), model_)) {
        Statement forget(
            store_.database(), "DELETE FROM token_file WHERE id = ?1");
        forget.bind(lost->id).run();
      }
      add_token_file(store_, page, pictures[i], model_, rows[i]);
    }
    transaction.commit();
  }

  Store& store_;
  const StoredPlan& plan_;
  model::LoadedModel& loaded_;
  TokenFileModel model_;
  PageAger ager_;
  const std::function<void(int64_t, int64_t)>& progress_;
  BuildReport report_;
  int64_t done_ = 0;
};

} // namespace

TokenFileModel token_file_model(const model::LoadedModel& loaded) {
  return {loaded.hash(), model::dtype_name(loaded.placement)};
}

BuildReport build_tokens(
    Store& store,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const std::function<void(int64_t, int64_t)>& progress) {
  return TokenBuilder(store, plan, loaded, progress).run();
}

} // namespace microfiche::memory
