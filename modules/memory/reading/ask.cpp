#include "memory/reading/ask.h"

#include "core/crypto.h"
#include "core/error.h"
#include "core/stop_signal.h"
#include "core/utf8.h"
#include "data/question_mix.h"
#include "generation/read.h"
#include "memory/dataset_question.h"
#include "memory/policy/accuracy_table.h"
#include "memory/recall/answers.h"
#include "memory/recall/find_value.h"
#include "model/prompt.h"

#include <algorithm>

namespace microfiche::memory {
namespace {

/// A value takes far fewer.
constexpr int64_t kMaxAnswerTokens = 64;

/// The pages that a plan keeps, newest first.
std::vector<size_t> kept_items(const StoredPlan& plan) {
  std::vector<size_t> items;
  for (size_t i = plan.items.size(); i-- > 0;) {
    if (plan.items[i].mode != kGone) {
      items.push_back(i);
    }
  }
  return items;
}

/// An answer from a page, or from the context whose newest page it is.
FoundAnswer on_page(
    const PlanReader& reader,
    const StoredPlan& plan,
    size_t item,
    std::string value) {
  FoundAnswer answer;
  answer.value = std::move(value);
  answer.item = item;
  answer.last_seq = plan.items[item].last_seq;
  const auto pages = plan.items[item].mode == kText ? std::vector<size_t>{item}
                                                    : reader.context_of(item);
  answer.first_seq = plan.items[pages.front()].first_seq;
  for (const size_t page : pages) {
    answer.positions += plan.items[page].positions;
  }
  return answer;
}

} // namespace

std::string key_of_question(
    Store& store,
    int64_t conversation,
    const std::string& question) {
  Statement query(
      store.database(),
      "SELECT DISTINCT key FROM fact JOIN turn ON turn.id = fact.turn "
      "WHERE conversation = ?1 AND fact.kind <> ?2");
  // A question of a data set is no key that a page states.
  query.bind(conversation, kQuestionKind);
  std::vector<std::string> keys;
  while (query.next()) {
    keys.push_back(query.text(0));
  }
  auto key = find_key(question, keys);
  check<UsageError>(
      !key.empty(),
      "ask: the question \"",
      question,
      "\" has no word to look for; name the thing, as in \"What is the code of "
      "locker 17?\"");
  return key;
}

std::optional<FoundAnswer> ask_by_transcription(
    PlanReader& reader,
    const StoredPlan& plan,
    const std::string& key,
    int64_t batch,
    const std::function<void(int64_t, int64_t)>& progress) {
  const auto items = kept_items(plan);
  const auto total = static_cast<int64_t>(items.size());
  std::vector<ValueText> texts;
  for (size_t begin = 0; begin < items.size();
       begin += static_cast<size_t>(batch)) {
    const size_t end =
        std::min(items.size(), begin + static_cast<size_t>(batch));
    const auto kept = reader.read(
        {items.begin() + static_cast<int64_t>(begin),
         items.begin() + static_cast<int64_t>(end)});
    for (const auto& page : kept) {
      texts.emplace_back(page->text);
      if (auto value = texts.back().find(key, /*connected=*/true)) {
        return on_page(
            reader, plan, items[texts.size() - 1], std::move(*value));
      }
    }
    if (progress) {
      progress(static_cast<int64_t>(end), total);
    }
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    if (auto value = texts[i].find(key, /*connected=*/false)) {
      return on_page(reader, plan, items[i], std::move(*value));
    }
  }
  return std::nullopt;
}

void check_answers_questions(const model::LoadedModel& loaded) {
  const auto& trained = loaded.config.toolkit.trained_on;
  check(
      trained && trained->questions,
      loaded.folder.string(),
      ": this model has not learned to answer a question about a page "
      "(microfiche.trained_on.questions of its config.json is not true); use "
      "--by transcription");
}

std::optional<FoundAnswer> ask_by_lookup(
    const PlanReader& reader,
    const StoredPlan& plan,
    model::LoadedModel& loaded,
    const std::string& key,
    const std::function<void(int64_t, int64_t)>& progress) {
  check_answers_questions(loaded);
  const auto items = kept_items(plan);
  generation::ReadConfig config;
  config.prompt = std::string(model::kImageToken) + key + " ";
  config.generation.max_new_tokens = kMaxAnswerTokens;
  for (size_t i = 0; i < items.size(); ++i) {
    throw_if_stop_requested();
    std::string value;
    if (plan.items[items[i]].mode == kText) {
      const ValueText text(reader.exact()[items[i]]);
      value = text.find(key, /*connected=*/true)
                  .value_or(text.find(key, /*connected=*/false).value_or(""));
    } else {
      // The other pages of a context come with its newest.
      const auto& context = reader.context_of(items[i]);
      if (context.back() != items[i]) {
        continue;
      }
      const model::VisionTokens tokens[] = {reader.load_tokens(context)};
      const auto answer =
          generation::read_vision_tokens(loaded, tokens, config).front().text;
      value = strip(std::string_view(answer).substr(0, answer.find('\n')));
    }
    if (!value.empty() && value != data::kNotStated) {
      return on_page(reader, plan, items[i], replace_invalid_utf8(value));
    }
    if (progress) {
      progress(static_cast<int64_t>(i + 1), static_cast<int64_t>(items.size()));
    }
  }
  return std::nullopt;
}

std::optional<FoundAnswer>
ask_text(Store& store, int64_t conversation, const std::string& key) {
  auto found = search(store, key, kFetchedTurns, conversation);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.seq > b.seq;
  });
  for (const bool connected : {true, false}) {
    for (const auto& turn : found) {
      if (auto value = ValueText(turn.text).find(key, connected)) {
        return FoundAnswer{
            std::move(*value), std::nullopt, turn.seq, turn.seq, 0};
      }
    }
  }
  return std::nullopt;
}

void record_access(
    Store& store,
    const StoredPlan& plan,
    size_t item,
    const std::string& key,
    int64_t now_ms) {
  Transaction transaction(store.database());
  Statement insert(
      store.database(),
      "INSERT INTO access (page, at_seq, at_ms, probe_sha256, hit) "
      "VALUES (?1, ?2, ?3, ?4, 1)");
  insert.bind(plan.items[item].page, plan.now_seq, now_ms, sha256(key)).run();
  transaction.commit();
}

} // namespace microfiche::memory
