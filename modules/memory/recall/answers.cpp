#include "memory/recall/answers.h"

#include "core/error.h"
#include "memory/dataset_question.h"
#include "memory/recall/find_value.h"
#include "memory/recall/pruned_text.h"
#include "memory/recall/summary.h"

#include <algorithm>
#include <array>

namespace microfiche::memory {
namespace {

/// In the order of `Method`.
constexpr std::array<std::string_view, 9> kMethodNames = {
    "transcription",
    "wrong_page",
    "blank_page",
    "whole_text",
    "newest_text",
    "oldest_text",
    "summary",
    "pruned_text",
    "text_search"};

/// A page that can be searched.
struct SearchedPage {
  size_t item = 0;
  const ValueText* text = nullptr;
  double seconds = 0;
};

/// The answer to a question of a data set, from the page with this number or,
/// without a number, from any.
Answer find_spelled(
    const std::vector<SearchedPage>& pages,
    const Probe& probe,
    std::optional<size_t> item) {
  Answer answer;
  for (const auto& page : pages) {
    if (item && page.item != *item) {
      continue;
    }
    answer.seconds += page.seconds;
    if (page.text->contains(probe.answer.value)) {
      answer.text = probe.answer.value;
      answer.answered_item = page.item;
      break;
    }
  }
  return answer;
}

/// The answer of the newest page that states the key. `item` is the page of a
/// question of a data set.
Answer find_newest(
    const std::vector<SearchedPage>& newest_first,
    const Probe& probe,
    std::optional<size_t> item) {
  if (probe.answer.kind == kQuestionKind) {
    return find_spelled(newest_first, probe, item);
  }
  const auto& key = probe.key;
  Answer answer;
  for (const bool connected : {true, false}) {
    answer.seconds = 0;
    for (const auto& page : newest_first) {
      answer.seconds += page.seconds;
      if (auto value = page.text->find(key, connected)) {
        answer.text = std::move(*value);
        answer.answered_item = page.item;
        return answer;
      }
    }
  }
  return answer;
}

/// Shorter texts of the pages of a plan.
class CompressedTexts {
 public:
  CompressedTexts() = default;
  explicit CompressedTexts(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      texts_.emplace_back(text);
    }
  }

  std::vector<SearchedPage> newest_first() const {
    std::vector<SearchedPage> pages;
    for (size_t i = texts_.size(); i-- > 0;) {
      pages.push_back({i, &texts_[i]});
    }
    return pages;
  }

 private:
  std::vector<ValueText> texts_;
};

/// Answers questions of one plan.
class Answerer {
 public:
  Answerer(
      Store& store,
      const StoredPlan& plan,
      const std::vector<Probe>& probes,
      const RecallTexts& texts)
      : store_(store), plan_(plan), probes_(probes), texts_(texts) {
    for (const auto& text : texts.exact) {
      exact_.emplace_back(text);
      tokens_.push_back(texts.count_tokens(text));
    }
    for (const auto& page : texts.kept) {
      kept_.push_back(
          page ? std::optional<ValueText>(ValueText(page->text))
               : std::nullopt);
    }
    for (const auto& [mode, page] : texts.blanks) {
      blanks_.emplace(mode, page.text);
    }
    for (size_t i = exact_.size(); i-- > 0;) {
      all_.push_back({i, &exact_[i]});
      if (kept_[i]) {
        kept_pages_.push_back({i, &*kept_[i], texts.kept[i]->seconds});
      }
    }
    newest_ = pages_within(all_, newest_positions_);
    const std::vector<SearchedPage> oldest_first(all_.rbegin(), all_.rend());
    oldest_ = pages_within(oldest_first, oldest_positions_);
    std::reverse(oldest_.begin(), oldest_.end());
    summary_ = CompressedTexts(summarize_texts(
        texts.exact, plan.spent, texts.count_tokens, summary_positions_));
    pruned_ = CompressedTexts(prune_texts(
        texts.exact, plan.spent, texts.count_tokens, pruned_positions_));
  }

  std::vector<Answer> run() {
    std::vector<Answer> answers;
    for (const Method method : kMethods) {
      for (size_t i = 0; i < probes_.size(); ++i) {
        auto answer = answer_by(method, probes_[i]);
        answer.method = method;
        answer.probe = i;
        answer.outcome = classify(answer.text, probes_[i].answer);
        answers.push_back(std::move(answer));
      }
    }
    return answers;
  }

 private:
  /// The first of the pages whose texts together fit into the plan's positions.
  std::vector<SearchedPage> pages_within(
      const std::vector<SearchedPage>& pages,
      int64_t& positions) const {
    std::vector<SearchedPage> kept;
    for (const auto& page : pages) {
      if (positions + tokens_[page.item] > plan_.spent) {
        break;
      }
      positions += tokens_[page.item];
      kept.push_back(page);
    }
    return kept;
  }

  Answer answer_by(Method method, const Probe& probe) {
    switch (method) {
      case Method::kTranscription:
        return with(
            find_newest(kept_pages_, probe, kept_item(probe)), plan_.spent);
      case Method::kWrongPage:
        return with(
            find_newest(with_wrong_page(probe), probe, kept_item(probe)),
            plan_.spent);
      case Method::kBlankPage:
        return with(from_blank(probe), plan_.spent);
      case Method::kWholeText:
        return with(find_newest(all_, probe, probe.item), plan_.text_positions);
      case Method::kNewestText:
        return with(find_newest(newest_, probe, probe.item), newest_positions_);
      case Method::kOldestText:
        return with(find_newest(oldest_, probe, probe.item), oldest_positions_);
      case Method::kSummary:
        return with(
            find_newest(summary_.newest_first(), probe, probe.item),
            summary_positions_);
      case Method::kPrunedText:
        return with(
            find_newest(pruned_.newest_first(), probe, probe.item),
            pruned_positions_);
      case Method::kTextSearch:
        return search_text(probe);
    }
    return {};
  }

  static Answer with(Answer answer, int64_t positions) {
    answer.positions = positions;
    return answer;
  }

  /// The kept pages with another one of the same mode in the place of the page
  /// that states the fact; without that page if there is no other.
  std::vector<SearchedPage> with_wrong_page(const Probe& probe) const {
    if (!probe.item || !kept_[*probe.item]) {
      return kept_pages_;
    }
    const size_t holder = holder_of(*probe.item);
    std::vector<const SearchedPage*> others;
    for (const auto& page : kept_pages_) {
      if (page.item != holder && holder_of(page.item) == page.item &&
          plan_.items[page.item].mode == plan_.items[holder].mode) {
        others.push_back(&page);
      }
    }
    auto pages = kept_pages_;
    const auto place =
        std::find_if(pages.begin(), pages.end(), [&](const SearchedPage& page) {
          return page.item == holder;
        });
    if (others.empty()) {
      pages.erase(place);
    } else {
      place->text = others[*probe.item % others.size()]->text;
    }
    return pages;
  }

  /// The page that has the reading of the probe's page.
  std::optional<size_t> kept_item(const Probe& probe) const {
    return probe.item && kept_[*probe.item] ? holder_of(*probe.item)
                                            : probe.item;
  }

  /// The page that has the text of this one.
  size_t holder_of(size_t item) const {
    return texts_.kept[item]->holder.value_or(item);
  }

  Answer from_blank(const Probe& probe) const {
    Answer answer;
    const auto blank = probe.item ? blanks_.find(plan_.items[*probe.item].mode)
                                  : blanks_.begin();
    if (blank == blanks_.end()) {
      return answer;
    }
    answer = find_newest(
        {{0, &blank->second, texts_.blanks.at(blank->first).seconds}},
        probe,
        std::nullopt);
    answer.answered_item.reset();
    return answer;
  }

  Answer search_text(const Probe& probe) {
    auto found = search(store_, probe.key, kFetchedTurns, plan_.conversation);
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.seq > b.seq;
    });
    std::vector<ValueText> texts;
    int64_t positions = 0;
    for (const auto& turn : found) {
      texts.emplace_back(turn.text);
      positions += texts_.count_tokens(turn.text);
    }
    std::vector<SearchedPage> pages;
    for (const auto& text : texts) {
      pages.push_back({0, &text});
    }
    auto answer = with(find_newest(pages, probe, std::nullopt), positions);
    answer.answered_item.reset();
    return answer;
  }

  Store& store_;
  const StoredPlan& plan_;
  const std::vector<Probe>& probes_;
  const RecallTexts& texts_;
  std::vector<ValueText> exact_;
  std::vector<int64_t> tokens_;
  std::vector<std::optional<ValueText>> kept_;
  std::map<std::string, ValueText> blanks_;

  /// Newest first.
  std::vector<SearchedPage> all_;
  std::vector<SearchedPage> kept_pages_;
  std::vector<SearchedPage> newest_;
  std::vector<SearchedPage> oldest_;
  CompressedTexts summary_;
  CompressedTexts pruned_;
  int64_t newest_positions_ = 0;
  int64_t oldest_positions_ = 0;
  int64_t summary_positions_ = 0;
  int64_t pruned_positions_ = 0;
};

} // namespace

std::string_view name_of(Method method) {
  return kMethodNames.at(static_cast<size_t>(method));
}

int64_t age_in_pages(const StoredPlan& plan, size_t item) {
  return static_cast<int64_t>(plan.items.size() - 1 - item);
}

std::optional<double> characters_per_token(
    const StoredPlan& plan,
    const RecallTexts& texts,
    size_t item) {
  const auto& kept = texts.kept[item];
  if (!kept || kept->vision_tokens == 0) {
    return std::nullopt;
  }
  int64_t characters = 0;
  for (const size_t page : pages_of_picture(plan, item)) {
    characters += plan.items[page].characters;
  }
  return static_cast<double>(characters) /
      static_cast<double>(kept->vision_tokens);
}

std::vector<Answer> answer_probes(
    Store& store,
    const StoredPlan& plan,
    const std::vector<Probe>& probes,
    const RecallTexts& texts) {
  return Answerer(store, plan, probes, texts).run();
}

} // namespace microfiche::memory
